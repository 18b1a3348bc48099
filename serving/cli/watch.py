"""``leadloop watch``: what has become of what is live."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from scoring.errors import NoChampion
from scoring.io.store import open_store
from serving.cli.terminal import console, settings
from serving.watcher import Watched, watch_store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watch", rich_help_panel="Models")(watch)


def watch(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Look after what is live: input drift, missing values, calibration of past scores, freshness of the data.

    Past scores are held against outcomes only once they are mature. The result says whether to train again; it is
    kept in the store.
    """
    given = settings()
    with open_store(given.database_url, given.primary) as store:
        found = watch_store(store, list(given.targets), datetime.now(UTC))
    if not found:
        raise NoChampion(
            "No model is live yet, so there is nothing to watch. Train one with `leadloop train`."
        )
    if as_json:
        records = [
            {
                "target": one.target,
                "version": one.version,
                "retrain": one.retrain,
                "findings": [finding.to_dict() for finding in one.findings],
            }
            for one in found
        ]
        typer.echo(json.dumps(records, ensure_ascii=False, indent=2))
        return
    for one in found:
        _show(one)


def _show(one: Watched) -> None:
    console.print(f"[bold]{escape(one.target)}[/], model {escape(one.version)}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("severity", "what", "found", "advice"):
        table.add_column(title, overflow="fold")
    for finding in one.findings:
        evidence = ", ".join(
            f"{name.replace('_', ' ')} {value:.3g}" for name, value in finding.evidence.items()
        )
        table.add_row(
            *map(escape, (finding.severity, f"{finding.code}: {finding.subject}", evidence, finding.advice))
        )
    console.print(table)
    target = escape(one.target)
    advice = f"Train again: leadloop train --target {target}" if one.retrain else "No need to train again."
    console.print(advice)
