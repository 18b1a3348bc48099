"""The command ``leadloop``: one line of help per command, one clear message per mistake."""

from __future__ import annotations

import sys

import typer

from scoring.errors import LeadLoopError
from serving.cli import (
    check,
    demo,
    explain,
    forget,
    handoff,
    imports,
    keys,
    models,
    plan,
    queue,
    report,
    score,
    serve,
    train,
    watch,
    work,
)
from serving.cli.terminal import complain

app = typer.Typer(
    name="leadloop",
    help="Lead scoring that learns from what sales records: readable, calibrated, honest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
for module in (
    demo,
    imports,
    check,
    train,
    score,
    explain,
    forget,
    models,
    watch,
    plan,
    handoff,
    queue,
    report,
    serve,
    work,
    keys,
):
    module.register(app)


def main() -> None:
    """Run the command line: 0 done, 1 the user's data or settings are wrong, 2 wrong usage."""
    try:
        app()
    except LeadLoopError as error:
        complain(str(error))
        sys.exit(1)
