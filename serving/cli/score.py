"""``leadloop score``: a lead list in a file gets likelihoods, grades, ranks and reasons."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from scoring.errors import DataError, SettingsError
from scoring.io.settings import Settings
from scoring.reasons import Lang
from serving.batch import MOST_REASONS, BatchSummary, Step, score_file
from serving.batch import Progress as Told
from serving.cli.chosen import CHAMPION, MODEL_HELP, Chosen, choose
from serving.cli.moment import AS_OF_HELP, moment
from serving.cli.terminal import console, errors, settings, stopped_cleanly, tolerance

SECONDS_BETWEEN_LINES = 10.0
_DOING: dict[Step, str] = {"score": "Scoring", "write": "Writing"}
_DONE: dict[Step, str] = {"score": "scored", "write": "written"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("score", rich_help_panel="Leads")(score)


def score(
    target_path: Annotated[
        Path,
        typer.Option(
            "--out", "-o", metavar="OUT", help="Where the scored list goes: CSV or Parquet, by its suffix."
        ),
    ],
    source: Annotated[
        Path | None, typer.Argument(metavar="[IN]", help="The lead list: CSV or Parquet, one row per lead.")
    ] = None,
    open_: Annotated[
        bool,
        typer.Option(
            "--open", help="Score the open leads of the store instead, and keep the scores in its log."
        ),
    ] = False,
    model: Annotated[str, typer.Option(metavar="champion|VERSION|PATH", help=MODEL_HELP)] = CHAMPION,
    target: Annotated[
        str | None,
        typer.Option(metavar="STAGE", help="Which champion: sql, won, … [default: the primary target]"),
    ] = None,
    as_of: Annotated[str | None, typer.Option(metavar="TIME", help=AS_OF_HELP)] = None,
    encoding: Annotated[
        str | None,
        typer.Option(metavar="E", help="The encoding of IN, where the guess is wrong: utf-8, cp932, utf-16."),
    ] = None,
    lang: Annotated[
        Literal["en", "ja"] | None,
        typer.Option(help="The language of the reasons. [default: the one of the settings]"),
    ] = None,
    limit_reasons: Annotated[
        int, typer.Option(metavar="N", min=0, max=10, help="At most so many reasons per lead.")
    ] = MOST_REASONS,
    max_rejected: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="The share of rows that may be unreadable: 1% or 0.01. Above it OUT is written, but the "
            "exit status is 1. [default: the one of the settings, 1%]",
        ),
    ] = None,
) -> None:
    """Score a lead list: whom to call first, how likely each lead is, and why.

    OUT has a row for each lead, in the order of IN: likelihood with its 90 % interval, score, grade, fit,
    engagement, label, decision, expected value, rank (1 = call first) and reasons. A row with a value that
    cannot be read is *not_scored* and says why; a line that does not split into columns is listed beside OUT
    in NAME.rejected.csv. Rows in = rows in OUT + rejected.

    With `--open` the leads are those of the store that are open, as they were known at `--as-of`. A run that was
    interrupted is gone on with: no lead is scored twice.

    Examples: `leadloop score leads.csv -o scored.csv` and `leadloop score --open -o scored.csv`
    """
    given = settings()
    if open_ != (source is None):
        raise SettingsError("Name either a lead list, or --open for the open leads of the store.")
    if source is None:
        _score_open(given, model, target, as_of, target_path, lang or given.language.default, limit_reasons)
        return
    tolerated = tolerance(max_rejected, given)
    at = moment(as_of, given.time.zone)
    chosen = choose(model, target, given)
    with stopped_cleanly(), _shown() as told:
        summary = score_file(
            chosen.card,
            source,
            target_path,
            as_of=at.timestamp(),
            lang=lang or given.language.default,
            encoding=encoding,
            max_rejected=tolerated,
            worth=chosen.worth(given.value),
            handoff=chosen.handoff,
            reasons=limit_reasons,
            progress=told,
        )
    _say(summary, chosen)
    if summary.too_many_unreadable:
        raise DataError(
            f"{summary.unreadable:,} of {summary.rows_in:,} rows of {source.name} are unreadable, more than "
            f"{_percent(tolerated)}. {target_path} is written without scores for them. "
            "Put the rows right, or allow more with --max-rejected."
        )


def _score_open(
    given: Settings, model: str, target: str | None, as_of: str | None, out: Path, lang: Lang, reasons: int
) -> None:
    """Score the store's open leads."""
    from scoring.io.store import open_store
    from serving.open_leads import challenger_of, score_open

    chosen = choose(model, target, given)
    at = None if as_of is None else moment(as_of, given.time.zone).timestamp()
    with stopped_cleanly(), _shown() as told, open_store(given.database_url, given.primary) as store:
        shadows = given.challenger.shadow and model == CHAMPION
        done = score_open(
            store,
            chosen.card,
            out,
            as_of=at,
            now=datetime.now(UTC).timestamp(),
            lang=lang,
            reasons=reasons,
            worth=chosen.worth(given.value),
            handoff=chosen.handoff,
            shadow=challenger_of(store, chosen.card.meta.target) if shadows else None,
            told=lambda leads, total: told("score", leads, total),
        )
    seen = datetime.fromtimestamp(done.run.as_of, UTC).isoformat(timespec="seconds")
    again = " (an interrupted run, gone on with)" if done.run.resumed else ""
    console.print(
        f"{done.open:,} open leads as of {seen}{again}, in {done.target}", markup=False, soft_wrap=True
    )
    grades = " · ".join(f"{grade} {done.grades.get(grade, 0):,}" for grade in "ABCD")
    console.print(
        f"  scored      {done.scored:,}  ({grades}), {done.logged:,} new in the score log", markup=False
    )
    for why, count in done.why.items():
        console.print(f"  not scored  {count:,} × {why}", markup=False, soft_wrap=True)


@contextmanager
def _shown() -> Iterator[Told]:
    """Progress: a bar on a terminal, a line now and then elsewhere."""
    if not errors.is_terminal:
        yield _line_now_and_then()
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bars:
        tasks = {step: bars.add_task(doing, total=None, visible=False) for step, doing in _DOING.items()}
        yield lambda step, done, total: bars.update(tasks[step], completed=done, total=total, visible=True)


def _line_now_and_then() -> Told:
    """A line for who reads a log."""
    last = time.monotonic()

    def told(step: Step, done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            of = "" if total is None else f" of {total:,}"
            errors.print(f"{done:,}{of} rows {_DONE[step]} …", markup=False)

    return told


def _say(summary: BatchSummary, chosen: Chosen) -> None:
    """What was done, for a reader in a hurry."""
    say = console.print
    meta = chosen.card.meta
    say(
        f"{summary.rows_in:,} rows in = {summary.rows_out:,} in {summary.target} "
        f"+ {summary.rejected:,} rejected",
        markup=False,
        soft_wrap=True,
    )
    grades = " · ".join(f"{grade} {summary.grades.get(grade, 0):,}" for grade in "ABCD")
    say(f"  scored      {summary.scored:,}  ({grades})", markup=False)
    if summary.not_scored:
        say(f"  not scored  {summary.not_scored:,}", markup=False)
        for why, count in summary.why.items():
            say(f"              {count:,} × {why}", markup=False, soft_wrap=True)
    if summary.rejected_path is not None:
        say(
            f"  rejected    {summary.rejected:,}, listed in {summary.rejected_path}",
            markup=False,
            soft_wrap=True,
        )
    if summary.blank:
        say(f"  blank       {summary.blank:,}  (no cell holds anything: no leads)", markup=False)
    within = "" if meta.horizon_days is None else f" within {meta.horizon_days} days"
    at = datetime.fromtimestamp(summary.as_of, UTC).isoformat()
    say(
        f"  model       {meta.version}: {meta.target}{within}; leads as of {at}", markup=False, soft_wrap=True
    )
    for note in summary.notes:
        errors.print("[bold yellow]Note[/] ", end="")
        errors.print(note, markup=False, soft_wrap=True)


def _percent(share: float) -> str:
    """A share in percent."""
    return f"{share * 100:g} %"
