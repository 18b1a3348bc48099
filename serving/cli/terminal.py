"""What every command shares: where it prints, how it complains, and the settings it runs under."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from rich.console import Console

from scoring.io.settings import Settings, load_settings

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def complain(message: str) -> None:
    """Tell the user what is wrong, in one message."""
    errors.print("[bold red]Error[/] ", end="")
    errors.print(message, markup=False, soft_wrap=True)


@cache
def settings() -> Settings:
    """The settings of this run: ``leadloop.toml`` in the working folder, then the environment."""
    return load_settings(os.environ, Path.cwd())
