"""``leadloop demo``: a simulated company, a trained model, scored leads and a running service."""

from __future__ import annotations

import json
import os
import shlex
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scoring.scorecard import Scorecard
from serving.cli.chosen import CHAMPION, choose
from serving.cli.terminal import console, settings

if TYPE_CHECKING:
    from scoring.io.settings import Settings

SETTINGS_FILE = "leadloop.toml"
DEAL = 500_000.0
SELLING, LEADS_PER_REP = 6, 15
_TABLES = ("activities", "touches", "outcomes", "changes", "assignments", "campaigns")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", rich_help_panel="Start here")(demo)


def demo(
    leads: Annotated[int, typer.Option(min=1000, max=200_000, help="Leads to make up.")] = 6000,
    seed: Annotated[int, typer.Option(help="Another seed makes up another company.")] = 1,
    end: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day of the export; today by default.")
    ] = None,
    serve: Annotated[bool, typer.Option(help="Start the service at the end.")] = True,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the service; 0 takes a free one.")
    ] = None,
) -> None:
    """Make up a Japanese B2B company's CRM, learn from it, score its open leads, and serve the model.

    Everything is written to LEADLOOP_HOME (by default the folder models/).
    """
    from serving.batch import score_file
    from serving.cli import serve as service
    from serving.cli.train.run import run
    from training.intake import Wanted
    from training.run import Effort
    from training.simulate import simulate

    run_settings = settings()
    now = datetime.now(UTC)
    folder = run_settings.home / "demo"
    console.rule("1 · A company is made up")
    world = simulate(folder, end=_day(end) if end else now.date(), leads=leads, seed=seed)
    console.print(
        f"{leads:,} leads from {world.start} to {world.end}, {world.mature:,} of them old enough to count, "
        f"{world.won_rate:.1%} won within 90 days.\nTables of the CRM, with English and Japanese values: {folder}",
        markup=False,
    )
    _write_settings(folder)
    console.rule("2 · A model is learned from what sales recorded")
    wanted = Wanted(
        label="Converted",
        time_column="created_at",
        horizon_days=90,
        target="won",
        time_zone="Asia/Tokyo",
        points=run_settings.points,
    )
    effort = Effort(jobs=os.cpu_count() or 1, cache=run_settings.home / "cache")
    run(world.training_file, wanted, effort, run_settings, promote="yes")
    console.rule("3 · The open leads are scored")
    chosen = choose(CHAMPION, "won", run_settings)
    card, scored = chosen.card, folder / "scored.csv"
    summary = score_file(
        card,
        world.open_leads_file,
        scored,
        as_of=now.timestamp(),
        lang=run_settings.language.default,
        worth=chosen.worth(run_settings.value),
    )
    unread = f", {summary.not_scored:,} that cannot be read" if summary.not_scored else ""
    console.print(
        f"{summary.scored:,} open leads{unread}; whom to call first and why: {scored}", markup=False
    )
    console.rule("4 · The model is served")
    port = run_settings.serve.port if port is None else port
    console.print(
        _what_next(card, world.open_leads_file, run_settings, port, serve), markup=False, soft_wrap=True
    )
    if serve:
        service.run(run_settings, run_settings.serve.host, port, 1)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("--end must be a day such as 2026-10-01.") from error


def _what_next(card: Scorecard, open_leads: Path, run_settings: Settings, port: int, serve: bool) -> str:
    base = f"http://{run_settings.serve.host}:{port}"
    lead_id, properties = _first_lead(card, open_leads)
    body = json.dumps({"lead_id": lead_id, "properties": properties}, ensure_ascii=False)
    curl = f"curl -s {base}/v1/score -H 'content-type: application/json' -d {shlex.quote(body)}"
    lines = ["Start the service:  leadloop serve"] if not serve else []
    closing = _closing(open_leads.parents[1])
    return "\n".join(
        [*lines, f"Open  {base}/docs", f"Try   {curl}", *closing, "Stop with Ctrl-C." if serve else ""]
    )


def _closing(folder: Path) -> list[str]:
    """How the loop is closed on the same company: its tables, its reps and its calendar are there."""
    told = " ".join(f"--{table} {folder / table}.csv" for table in _TABLES)
    return [
        "Close the loop, with what happened to every lead (in another terminal, a few minutes):",
        f"  export LEADLOOP_CONFIG={folder / SETTINGS_FILE}",
        f"  leadloop import {folder / 'leads.csv'} {told}",
        "  leadloop check",
        "  leadloop train --target sql && leadloop train --target won --promote yes",
        "  leadloop handoff propose && leadloop handoff publish --reason 'agreed by both sides'",
        "  leadloop handoff run && leadloop queue",
    ]


def _write_settings(folder: Path) -> None:
    """The company's settings: where it is, when it works, who sells, and what a deal brings."""
    from training.simulate.world import REPS

    lines = [
        "# The invented company of the demo.",
        "[time]",
        'zone = "Asia/Tokyo"',
        "",
        "[calendar]",
        'country = "JP"',
    ]
    lines += [
        "",
        "[value]",
        f"deal = {DEAL}",
        'currency = "JPY"',
        "",
        "[capacity]",
        f"leads_per_rep = {LEADS_PER_REP}",
    ]
    for name in REPS[:SELLING]:
        lines += ["", "[[reps]]", f'name = "{name}"']
    (folder / SETTINGS_FILE).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _first_lead(card: Scorecard, open_leads: Path) -> tuple[str, dict[str, object]]:
    """A lead's id and the properties that the model reads of it, as a form would send them."""
    from scoring.io.files import read_table

    row = read_table(open_leads).table.slice(0, 1).to_pylist()[0]
    properties = {
        column.name: column.clean(row[column.name]) if column.type == "number" else row[column.name]
        for column in card.columns
        if row.get(column.name) is not None
    }
    return row["lead_id"], properties
