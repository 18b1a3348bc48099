"""``leadloop models``, ``promote`` and ``rollback``: what is kept, what is live, and changing it."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from scoring.errors import LeadLoopError
from scoring.io.settings import Settings
from scoring.io.store import Champion, ModelInfo, open_store
from scoring.scorecard import Scorecard
from serving.cli.aliases import is_learned, mirror
from serving.cli.terminal import console, settings
from serving.proposing import after_promotion


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("models", rich_help_panel="Models")(models)
    app.command("promote", rich_help_panel="Models")(promote)
    app.command("rollback", rich_help_panel="Models")(rollback)


def models(
    target: Annotated[str | None, typer.Option(metavar="STAGE", help="Only models of this target.")] = None,
) -> None:
    """List the trained models, the newest first, which of them is live, and which shadows it."""
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        kept = store.models(target)
        if not kept:
            console.print("No model yet. Train one: leadloop train LEADS.csv --label COLUMN", markup=False)
            return
        live = {info.target: store.champion(info.target) for info in kept if store.champions(info.target)}
        rivals = [store.challenger(name) for name in live] if run_settings.challenger.shadow else []
    states = {champion.version: "live" for champion in live.values() if champion}
    states |= {rival.version: "shadows" for rival in rivals if rival}
    console.print(_table(kept, states))
    for line in _differences(run_settings, live):
        console.print(line, markup=False)


def promote(
    version: Annotated[str, typer.Argument(help="A version that leadloop models lists.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "promoted by hand",
) -> None:
    """Put a trained model into service; a running server takes it up within seconds."""
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        Scorecard.from_json(store.model(version).scorecard)  # what no server could take up never goes live
        champion = store.promote(version, getpass.getuser(), reason, datetime.now(UTC))
        mirror(run_settings, champion.target, champion)
        told = after_promotion(store, champion.target)
    console.print(f"Model {champion.version} is live for {champion.target}.", markup=False)
    if is_learned(champion) and not (run_settings.home / "reviews" / f"{version}.html").is_file():
        console.print(f"Nobody has reviewed it yet: leadloop review {version}", markup=False, soft_wrap=True)
    _say_handoffs(told)


def rollback(
    target: Annotated[
        str | None, typer.Option(metavar="STAGE", help="The target; the primary one by default.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")] = "rolled back by hand",
) -> None:
    """Undo the last promotion: the model that was live before is live again."""
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        champion = store.rollback(target, getpass.getuser(), reason, datetime.now(UTC))
        mirror(run_settings, champion.target, champion)
        told = after_promotion(store, champion.target)
    console.print(f"Model {champion.version} is live again for {champion.target}.", markup=False)
    _say_handoffs(told)


def _say_handoffs(told: str | None) -> None:
    """What becomes of the handoffs of the policy in force, which a model never changes."""
    if told is not None:
        console.print(told, markup=False, soft_wrap=True)


def _table(kept: list[ModelInfo], states: dict[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("version", "target", "trained", "rows", "log loss", "AUC", "state"):
        # A version is copied into other commands, so it is never cut.
        whole = max(len(info.version) for info in kept) if title == "version" else None
        table.add_column(title, min_width=whole)
    for info in kept:
        loss, auc = (info.metrics.get(name) for name in ("log_loss", "auc"))
        table.add_row(
            info.version,
            info.target if info.horizon_days is None else f"{info.target} in {info.horizon_days} days",
            f"{info.created_at:%Y-%m-%d %H:%M}",
            f"{info.source.get('rows', 0):,}",
            "" if loss is None else f"{loss:.4f}",
            "" if auc is None else f"{auc:.4f}",
            states.get(info.version, ""),
        )
    return table


def _differences(run_settings: Settings, live: dict[str, Champion | None]) -> list[str]:
    """Where MLflow's aliases say something else than the store."""
    from scoring.io.registry import open_registry

    try:
        registry = open_registry(run_settings)
        lines = []
        for target, champion in live.items():
            alias = registry.aliases(target).get("champion")
            if champion is not None and is_learned(champion) and alias != champion.version:
                lines.append(
                    f"MLflow's alias for {target} names {alias or 'nothing'}, the store {champion.version}. "
                    f"The store decides; leadloop promote {champion.version} puts the alias right."
                )
        return lines
    except LeadLoopError:
        return []
