"""``leadloop check``: what can be learned from the store, before anything is."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from scoring.errors import DataError
from scoring.io.store import open_store
from scoring.observed import Ways
from scoring.points import LEAST_CALIBRATED
from scoring.readiness import LEAST_FORWARD, Readiness, TargetReadiness, readiness
from serving.cli.moment import moment
from serving.cli.terminal import console, settings

SHOWN_PROPERTIES = 12
_STATES = {
    "forward": "can be learned, and judged forward in time",
    "random": "can be learned, but judged on random folds only",
    "cold": "too little to learn from",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", rich_help_panel="Start here")(check)


def check(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="TIME", help="Check what was known at this time. [default: now]")
    ] = None,
) -> None:
    """Say what can be learned from the store: leads, outcomes, maturity, coverage, duplicates and leaks.

    A lead counts only once it is mature: its horizon, and the usual delay of recording, have passed. Leads from
    before outcomes were recorded are unknown, not lost.
    """
    given = settings()
    with open_store(given.database_url, given.primary) as store:
        ledger = store.ledger()
        live = {target: store.champion(target) for target in given.targets if store.champions(target)}
    if as_of is not None:
        ledger = ledger.known_at(moment(as_of, given.time.zone).timestamp())
    if not len(ledger):
        raise DataError("The store holds no leads. Fill it with `leadloop import LEADS`.")
    found = readiness(ledger, given.targets, Ways(time_zone=given.time.zone, missing=given.reading.missing))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    _show(found, points=bool(given.points))
    for target, champion in live.items():
        if champion is not None:
            console.print(f"Live for {target}: {champion.version}.", markup=False)


def _show(found: Readiness, *, points: bool) -> None:
    say = console.print
    events = ", ".join(f"{count:,} {name}" for name, count in found.events.items() if count)
    say(f"[bold]{found.leads:,} leads[/], created {found.first} to {found.last}; {events or 'no events'}.")
    if found.duplicates:
        say(
            f"{found.duplicates:,} leads share an e-mail address or a phone number with an earlier one.",
            markup=False,
        )
    if found.early_outcomes:
        say(f"Outcomes before their lead's creation, left out: {found.early_outcomes:,}.", markup=False)
    say()
    say(_targets(found.targets))
    for target in found.targets:
        say(_verdict(target), markup=False, soft_wrap=True)
    say()
    if found.advised is None:
        say(
            "[bold]Advice[/] Not enough outcomes for any target yet. "
            + ("Your points rule serves until then." if points else "Score by points until then: list")
            + ("" if points else " \\[\\[points]] in leadloop.toml, and they serve at once."),
            soft_wrap=True,
        )
        return
    say(f"[bold]Advice[/] Learn {found.advised}: leadloop train --target {found.advised}")
    _history(found)
    _leaks(found)


def _targets(targets: tuple[TargetReadiness, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (
        "target",
        "reached",
        "mature",
        "converted",
        "censored",
        "outside",
        "snapshots",
    ):
        table.add_column(title)
    for one in targets:
        rate = "" if one.rate is None else f" ({one.rate:.1%})"
        table.add_row(
            f"{one.target} in {one.horizon_days} days",
            f"{one.reached:,}",
            f"{one.mature:,}",
            f"{one.converted:,}{rate}",
            f"{one.censored:,}",
            f"{one.outside:,}",
            f"{one.snapshots:,}",
        )
    return table


def _verdict(one: TargetReadiness) -> str:
    said = f"{one.target}: {_STATES[one.state]}"
    if one.since is not None:
        said += f"; outcomes are trusted from {one.since} to {one.until}"
    if one.missing:
        when = (
            ""
            if one.ready_in_months is None
            else f", about {one.ready_in_months:.0f} months at the pace of late"
        )
        said += (
            f"; {one.missing} more converted leads for a test forward in time ({LEAST_FORWARD} in all{when})"
        )
    if one.delay_days >= 0.05:
        said += f"; sales writes down 95 % of them within {one.delay_days:.1f} days"
    if one.state == "cold":
        said += f". Points serve until {LEAST_CALIBRATED} converted leads calibrate them"
    return said + "."


def _history(found: Readiness) -> None:
    names = found.without_history
    if names:
        shown = ", ".join(names[:SHOWN_PROPERTIES]) + (", …" if len(names) > SHOWN_PROPERTIES else "")
        console.print(
            f"Without history, so judged like a flat file: {len(names)} properties ({shown}).",
            markup=False,
            soft_wrap=True,
        )


def _leaks(found: Readiness) -> None:
    grave = [finding for finding in found.findings if finding.severity != "note"]
    if not grave:
        console.print("No property seems to know the outcome in advance.", markup=False)
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("property", "severity", "found", "advice"):
        table.add_column(title, overflow="fold")
    for finding in grave:
        evidence = ", ".join(
            f"{name.replace('_', ' ')} {value:.3g}" for name, value in finding.evidence.items()
        )
        out = " (left out)" if finding.left_out else ""
        said = f"{finding.code.replace('_', ' ')}: {evidence}"
        table.add_row(*map(escape, (finding.column, finding.severity + out, said, finding.advice)))
    console.print(table)
