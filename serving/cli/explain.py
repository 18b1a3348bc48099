"""``leadloop explain``: one lead's score as a sum that adds up, with its reasons in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from scoring.errors import DataError, SettingsError
from scoring.io.files import open_table
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.leads import lead_features
from scoring.ledger import OneLead
from scoring.reasons import Lang, sentence
from scoring.scorecard import Score, Scorecard
from serving.batch.intake import id_column, lead_ids, missing_columns
from serving.cli.chosen import CHAMPION, MODEL_HELP, choose
from serving.cli.moment import AS_OF_HELP, moment
from serving.cli.terminal import console, errors, settings
from serving.explaining import Part, parts_of

_ROUND = 6


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain", rich_help_panel="Leads")(explain)


def explain(
    lead_id: Annotated[
        str,
        typer.Argument(
            metavar="LEAD_ID",
            help="The lead, as the store or its list names it; in a list also its row number.",
        ),
    ],
    source: Annotated[
        Path | None,
        typer.Option(
            "--in",
            metavar="FILE",
            help="The list that holds the lead: CSV or Parquet. [default: what the store knows of the lead, else "
            "the list the model learned from]",
        ),
    ] = None,
    model: Annotated[str, typer.Option(metavar="champion|VERSION|PATH", help=MODEL_HELP)] = CHAMPION,
    target: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="Which champion: sql, won, … [default: the primary target]"),
    ] = None,
    as_of: Annotated[str | None, typer.Option(metavar="TIME", help=AS_OF_HELP)] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="E", help="The encoding of the list, where the guess is wrong.")
    ] = None,
    lang: Annotated[
        Literal["en", "ja"] | None,
        typer.Option(help="The language of the reasons. [default: the one of the settings]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Show why a lead has its score: what each property adds, and what became of leads like it.

    The base and the contributions add up to the log-odds, from which the likelihood follows. Beside each
    value stands the cell it was read from. A lead that the store knows is seen as it was known at `--as-of`.

    Examples: `leadloop explain 00042` and `leadloop explain 00042 --in leads.csv`
    """
    given = settings()
    # To the microsecond: what the store was told a moment ago is known by now.
    at = datetime.now(UTC) if as_of is None else moment(as_of, given.time.zone)
    card = choose(model, target, given).card
    found = _found(card, given, lead_id, source, encoding, at.timestamp())
    try:
        features = lead_features(card, found.properties, at.timestamp(), found.known)
        score = card.score_one(features)
    except DataError as error:
        raise DataError(f"The lead in {found.where} cannot be scored. {error}") from error
    if as_json:
        answer = _answer(card, lead_id, found, features, score, at, lang or given.language.default)
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=_plain))
        return
    _show(card, lead_id, found, features, score, lang or given.language.default)


def _found(
    card: Scorecard, given: Settings, lead_id: str, source: Path | None, encoding: str | None, at: float
) -> FoundLead:
    """The lead in the list that is named; else in the store, or in the list that the model learned from."""
    if source is not None:
        return find_lead(card, source, lead_id, encoding)
    with open_store(given.database_url, given.primary) as store:
        known = store.lead(lead_id)
        if known is not None:
            return known_lead(known, at)
        file = _learned_from(card, store)
    try:
        return find_lead(card, file, lead_id, encoding)
    except DataError as error:
        raise DataError(f"The store does not know the lead. {error}") from error


def _learned_from(card: Scorecard, store: Store) -> Path:
    """The list that a model learned from, where it still is; the store knows it, the artifact does not."""
    kept = [info for info in store.models() if info.digest == card.digest]
    path = kept[0].source.get("path") if kept else None
    if isinstance(path, str) and Path(path).is_file():
        return Path(path)
    why = f"{path} is not there any more" if path else "the model does not say what it learned from"
    raise SettingsError(
        f"The store does not know the lead, so --in FILE must name the list that holds the lead: {why}."
    )


@dataclass(frozen=True, slots=True)
class FoundLead:
    """A lead as its list holds it, or as the store knew it.

    Parameters
    ----------
    properties : dict of str to object
        Its cells.
    where : str
        Where they stand.
    row : int or None
        In which row of the list.
    notes : tuple of str
        What the reader should know of it.
    known : OneLead or None
        What happened to it, where the store knows.
    """

    properties: dict[str, object]
    where: str
    row: int | None = None
    notes: tuple[str, ...] = ()
    known: OneLead | None = None


def known_lead(known: OneLead, at: float) -> FoundLead:
    """A lead as the store knew it at some time.

    Parameters
    ----------
    known : OneLead
        All that is known of it.
    at : float
        The time, in seconds since 1970 UTC.
    """
    late = ("The lead was created later than the time as which it is seen.",) if known.created > at else ()
    return FoundLead(known.properties_at(at), "the store", notes=late, known=known)


def find_lead(card: Scorecard, file: Path, lead_id: str, encoding: str | None = None) -> FoundLead:
    """The first row of a list that holds the lead.

    Parameters
    ----------
    card : Scorecard
        Its id column is looked for first.
    file : Path
        The list.
    lead_id : str
        What names the lead.
    encoding : str, optional
        Of the list, where the guess is wrong.

    Raises
    ------
    DataError
        If the list does not hold it.
    """
    with open_table(file, encoding=encoding) as reader:
        names = reader.schema.names
        named_by = id_column(card, names)
        notes = missing_columns(card, names, file.name)
        for batch in reader:
            at = pc.index(lead_ids(batch, named_by), pa.scalar(lead_id, pa.string())).as_py()
            if at >= 0:
                row = batch.rows.slice(at, 1).to_pylist()[0]
                number = int(np.asarray(batch.numbers)[at])
                return FoundLead(row, f"row {number} of {file.name}", number, tuple(notes))
    where = "a row number" if named_by is None else f"column '{named_by}'"
    raise DataError(f"{file.name} has no lead with that id in {where}. Ids keep leading zeros, as in 00042.")


def _answer(
    card: Scorecard,
    lead_id: str,
    found: FoundLead,
    features: Mapping[str, float | str | None],
    score: Score,
    at: datetime,
    lang: Lang,
) -> dict[str, Any]:
    """Everything, unrounded, so that it adds up in other programs too."""
    return {
        "lead_id": lead_id,
        "row": found.row,
        "likelihood": score.likelihood,
        "likelihood_low": score.likelihood_low,
        "likelihood_high": score.likelihood_high,
        "score": score.score,
        "grade": score.grade,
        "fit": score.fit,
        "engagement": score.engagement,
        "label": score.label,
        "log_odds": score.log_odds,
        "base": score.base,
        "contributions": score.contributions,
        "parts": [asdict(part) for part in parts_of(card, found.properties, features, score)],
        "reasons": [sentence(card, reason, lang) for reason in score.reasons],
        "model": {
            "version": card.meta.version,
            "target": card.meta.target,
            "horizon_days": card.meta.horizon_days,
        },
        "as_of": at.isoformat(),
        "notes": list(found.notes),
    }


def _show(
    card: Scorecard,
    lead_id: str,
    found: FoundLead,
    features: Mapping[str, float | str | None],
    score: Score,
    lang: Lang,
) -> None:
    """Everything, for people."""
    meta = card.meta
    within = "" if meta.horizon_days is None else f" within {meta.horizon_days} days"
    console.print(f"[bold]Lead {escape(lead_id)}[/] ({escape(found.where)})", soft_wrap=True)
    console.print(
        f"{score.likelihood:.1%} likely to reach {meta.target}{within} "
        f"(90 % interval {score.likelihood_low:.1%} to {score.likelihood_high:.1%})",
        markup=False,
        soft_wrap=True,
    )
    label = f"  label {score.label}" if score.label else ""
    console.print(f"score {score.score}  grade {score.grade}{label}  model {meta.version}", markup=False)
    for reason in score.reasons:
        console.print(f"  {sentence(card, reason, lang)}", markup=False, soft_wrap=True)
    held = "in the list" if found.known is None else "in the store"
    console.print(_sum(parts_of(card, found.properties, features, score), score, held))
    for note in found.notes:
        errors.print("[bold yellow]Note[/] ", end="")
        errors.print(note, markup=False, soft_wrap=True)


def _sum(parts: list[Part], score: Score, held: str) -> Table:
    """The sum as a table."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("feature", "log-odds", overflow="fold")
    table.add_column(held, overflow="fold")
    table.add_column("read as", overflow="fold")
    table.add_column("adds", f"{score.log_odds:+.{_ROUND}f}", justify="right", no_wrap=True)
    table.add_row("base", "", "", f"{score.base:+.{_ROUND}f}")
    for part in parts:
        cells = ", ".join("" if cell is None else str(cell) for cell in part.cells.values())
        table.add_row(
            escape(part.feature),
            escape(cells),
            escape(_value(part.value)),
            f"{part.contribution:+.{_ROUND}f}",
        )
    return table


def _value(value: object) -> str:
    """A feature's value as it is shown."""
    if value is None:
        return "not given"
    return f"{value:,.10g}" if isinstance(value, float) else str(value)


def _plain(value: object) -> str:
    """What JSON has no form for, as text."""
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
