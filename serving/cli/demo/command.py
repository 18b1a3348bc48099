"""``leadloop demo``: a simulated company that has worked with LeadLoop for some weeks, and its pages."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from scoring.errors import SettingsError
from scoring.io.settings import Settings, load_settings
from scoring.io.store import open_store
from scoring.reasons import Lang
from serving.cli.demo.company import LEADS, Company, choose_company, write_settings
from serving.cli.terminal import console, settings, stopped_cleanly


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", rich_help_panel="Start here")(demo)


def demo(
    leads: Annotated[
        int | None, typer.Option(min=600, max=200_000, help=f"Leads to make up. [default: {LEADS}]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Another seed makes up another company. [default: 1]")
    ] = None,
    end: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Its last day, not after today. [default: today]")
    ] = None,
    lang: Annotated[
        Literal["en", "ja"] | None,
        typer.Option(help="Its language, for readers who chose none. [default: en]"),
    ] = None,
    serve: Annotated[bool, typer.Option(help="Start the service at the end.")] = True,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, help="Port of the service. [default: the one of the settings, or a free one]"
        ),
    ] = None,
) -> None:
    """Make up a Japanese B2B company that has worked with LeadLoop for 15 weeks, and serve its pages.

    Its CRM is imported, models are learned from what was known when it began, and from then on leads are scored, handed
    over and answered day by day. What was stopped on the way is gone on with; what is whole is served at once. All of
    it is in LEADLOOP_HOME (by default the folder models/), which must hold no leads of your own.
    """
    from serving.cli import serve as service
    from serving.cli.demo.closing import what_next
    from serving.cli.demo.making import make

    own = settings()
    with stopped_cleanly():
        company = _company(own, leads, seed, end)
        given = _settings_of(company, lang)
        at = _free(given.serve.host, port, given.serve.port) if serve else port or given.serve.port
        if company.is_whole:
            console.print(
                f"The demo's company of {company.leads:,} leads until {company.end} is in {own.home} already, and is "
                f"served as it is. For another one delete {own.home}, or name another LEADLOOP_HOME.",
                markup=False,
                soft_wrap=True,
            )
        else:
            make(company, given)
    console.rule("The pages")
    console.print(what_next(given, company, at, serve=serve), markup=False, soft_wrap=True)
    if serve:
        service.run(given, given.serve.host, at, 1)


def _free(host: str, asked: int | None, usual: int) -> int:
    """A port to serve at: the one that is asked for, else the usual one, or any if that is taken."""
    from serving.cli.serve import listening

    try:
        with listening(host, usual if asked is None else asked) as found:
            return int(found.getsockname()[1])
    except SettingsError:
        if asked is not None:
            raise
    with listening(host, 0) as found:
        return int(found.getsockname()[1])


def _company(own: Settings, leads: int | None, seed: int | None, end: str | None) -> Company:
    today = datetime.now(UTC).date()
    try:
        last = None if end is None else date.fromisoformat(end)
    except ValueError as error:
        raise typer.BadParameter("--end must be a day such as 2026-10-01.") from error
    if last is not None and last > today:
        raise typer.BadParameter("--end must not lie after today.")
    with open_store(own.database_url, own.primary) as store:
        return choose_company(store, own.home / "demo", leads, seed, last, today)


def _settings_of(company: Company, lang: Lang | None) -> Settings:
    """What the company has set, in place of what the reader has."""
    from training.simulate.world import REPS

    if not company.settings_file.exists():
        write_settings(company, REPS, lang or "en")
    said = {} if lang is None else {"LEADLOOP_LANGUAGE_DEFAULT": lang}
    return load_settings({**os.environ, "LEADLOOP_CONFIG": str(company.settings_file), **said}, Path.cwd())
