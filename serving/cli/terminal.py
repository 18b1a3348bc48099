"""What every command shares: where it prints, how it complains, and the settings it runs under."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Protocol

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scoring.errors import SettingsError
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


def tolerance(text: str | None, given: Settings) -> float:
    """The share of rows that may be unreadable, written as 1% or 0.01; by default that of the settings."""
    if text is None:
        return given.reading.max_rejected
    number, percent, rest = text.strip().partition("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = -1.0
    if rest or not 0 <= share <= 1:
        raise SettingsError(f"--max-rejected must be a share such as 1% or 0.01, got '{text}'.")
    return share


@contextmanager
def stopped_cleanly(status: int | None = None) -> Iterator[None]:
    """A request to end is taken like Ctrl-C, so that nothing half done stays behind.

    Parameters
    ----------
    status : int, optional
        The exit status where being ended is no failure; by default the one that tells of the request.
    """

    def stop(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number if status is None else status)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Paragraphs(Protocol):
    """A part of a report: a title, paragraphs and perhaps a table."""

    @property
    def title(self) -> str:
        """What it is about."""

    @property
    def text(self) -> Sequence[str]:
        """Paragraphs."""

    @property
    def table(self) -> Rows | None:
        """A table, or none."""


class Rows(Protocol):
    """Rows under a header."""

    @property
    def header(self) -> Sequence[str]:
        """Column titles."""

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """Cells as text."""


def show(section: Paragraphs) -> None:
    """Print a part of a report."""
    console.print()
    console.print(f"[bold]{escape(section.title)}[/]")
    for paragraph in section.text:
        console.print(paragraph, markup=False)
    if section.table is not None:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for title in section.table.header:
            table.add_column(escape(title), overflow="fold")
        for row in section.table.rows:
            table.add_row(*map(escape, row))
        console.print(table)
