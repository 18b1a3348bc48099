"""``leadloop forget``: a lead who wants to be forgotten is."""

from __future__ import annotations

from typing import Annotated

import typer

from scoring.errors import DataError
from scoring.io.store import open_store
from serving.cli.terminal import console, settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("forget", rich_help_panel="Leads")(forget)


def forget(lead_id: Annotated[str, typer.Argument(help="The lead, as the store has it.")]) -> None:
    """Erase a lead with all that happened to it and all that it was scored, at once and for good."""
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        gone = store.forget(lead_id)
    if not gone.anything:
        raise DataError("Nothing is kept of the lead that was named. Nothing was changed.")
    console.print(
        f"Forgotten: the lead, {gone.events:,} events, {gone.scores:,} scores, "
        f"{gone.predictions:,} test predictions.",
        markup=False,
    )
