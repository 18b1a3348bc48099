"""``leadloop demo``: a simulated company, a trained model, scored leads and a running service."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
