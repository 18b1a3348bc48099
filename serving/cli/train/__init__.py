"""``leadloop train`` and ``leadloop review``: their options, and what they do."""

import typer

from serving.cli.train import command, review

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    command.register(app)
    review.register(app)
