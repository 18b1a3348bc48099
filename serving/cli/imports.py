"""``leadloop import``: what the CRM tells of leads, into the store."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich import box
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from scoring.contract import CONTRACTS
from scoring.contract_cells import Customs
from scoring.errors import DataError, SettingsError
from scoring.io.mapping_file import read_meaning
from scoring.io.outputs import rejected_path
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from serving.cli.terminal import console, errors, settings
from serving.cold_start import serve_points
from serving.importing import Imported, Refused, Told, import_files, olist_files

SECONDS_BETWEEN_LINES = 10.0
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import", rich_help_panel="Leads")(import_)


def _file(metavar: str, says: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar=metavar, help=says)
    return option


def import_(
    leads: Annotated[
        Path | None,
        typer.Argument(
            metavar="LEADS",
            help="The leads: CSV or Parquet, one row each. Columns beside their id and creation are properties.",
            show_default=False,
        ),
    ] = None,
    activities: Annotated[Path | None, _file("FILE", "What leads did.")] = None,
    outcomes: Annotated[Path | None, _file("FILE", "The stages they reached.")] = None,
    touches: Annotated[Path | None, _file("FILE", "What sales did to them.")] = None,
    changes: Annotated[Path | None, _file("FILE", "The history of their properties.")] = None,
    assignments: Annotated[Path | None, _file("FILE", "Who got them, and when.")] = None,
    campaigns: Annotated[Path | None, _file("FILE", "What campaigns cost in each month.")] = None,
    format_: Annotated[
        Literal["csv", "olist", "hubspot", "salesforce"],
        typer.Option("--format", help="Whose headers, dates and stages the files have."),
    ] = "csv",
    mapping: Annotated[
        Path | None,
        _file(
            "M.toml",
            'What headers and stages mean: [leads] "Header" = "name", [stages] "Closed Won" = "won".',
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")
    ] = False,
    skip_rejected: Annotated[
        bool, typer.Option("--skip-rejected", help="Keep the good rows where others have errors.")
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option(
            metavar="E", help="The encoding of the files, where the guess is wrong: utf-8, cp932, utf-16."
        ),
    ] = None,
    date_order: Annotated[
        Literal["dmy", "mdy", "ymd"] | None,
        typer.Option(help="The order of dates whose year does not stand in front, where the guess is wrong."),
    ] = None,
) -> None:
    """Take what your CRM tells of leads into the store; importing the same files again changes nothing.

    All of it is kept, or nothing: where a row has an error, every error is said and listed beside its file in
    NAME.rejected.csv. A value that differs from the one in the store is kept as a change as of now.

    Example: `leadloop import leads.csv --outcomes deals.csv --dry-run`
    """
    given = settings()
    files = _files(
        leads,
        format_,
        {
            "activities": activities,
            "outcomes": outcomes,
            "touches": touches,
            "changes": changes,
            "assignments": assignments,
            "campaigns": campaigns,
        },
    )
    meaning = read_meaning(format_, mapping)
    customs = Customs(given.time.zone, date_order, given.reading.missing)
    with open_store(given.database_url) as store, _shown() as told:
        done = import_files(
            store,
            files,
            meaning,
            customs,
            datetime.now(UTC),
            encoding=encoding,
            skip_rejected=skip_rejected,
            dry_run=dry_run,
            told=told,
        )
        if not dry_run:
            _points(store, given)
    _say(done, dry_run=dry_run)
    if done.refused and not skip_rejected:
        raise DataError(_refusal(done.refused, dry_run=dry_run))


def _points(store: Store, given: Settings) -> None:
    """Let the points rule serve where nothing can be learned yet; that it cannot does not undo an import."""
    try:
        live = serve_points(store, given, datetime.now(UTC))
    except SettingsError as error:
        errors.print(f"[bold yellow]Note[/] {escape(str(error))}", soft_wrap=True)
        return
    if live:
        console.print(f"Your points rule serves for {', '.join(live)}.", markup=False)


def _files(leads: Path | None, format_: str, others: Mapping[str, Path | None]) -> dict[str, Path]:
    """The file of each table that is given."""
    files = {table: path for table, path in others.items() if path is not None}
    if leads is not None and leads.is_dir() and format_ == "olist":
        return olist_files(leads) | files
    if leads is not None:
        files["leads"] = leads
    if not files:
        raise typer.BadParameter("Name a file: LEADS, or one of the tables with its option.")
    return files


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
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=errors, transient=True) as bars:

        def told(doing: str, done: int, total: int | None) -> None:
            if doing not in tasks:
                tasks[doing] = bars.add_task(doing, total=total)
            bars.update(tasks[doing], completed=done, total=total)

        yield told


def _line_now_and_then() -> Told:
    """A line for who reads a log."""
    last = time.monotonic()

    def told(doing: str, done: int, total: int | None) -> None:
        nonlocal last
        if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
            last = time.monotonic()
            of = "" if total is None else f" of {total:,}"
            errors.print(f"{doing}: {done:,}{of} rows …", markup=False)

    return told


def _say(done: Imported, *, dry_run: bool) -> None:
    """What became of every row."""
    if done.written or dry_run:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("table")
        for title in ("rows", "new", "changed", "unchanged", "rejected"):
            table.add_column(title, justify="right")
        for name in CONTRACTS:
            if name in done.counts:
                count = done.counts[name]
                cells = (count.rows, count.new, count.changed, count.unchanged, count.rejected)
                table.add_row(name, *(f"{cell:,}" for cell in cells))
        console.print(table)
    for one in done.refused:
        _list(one, dry_run=dry_run)
    for note in done.notes:
        errors.print("[bold yellow]Note[/] ", end="")
        errors.print(note, markup=False, soft_wrap=True)
    if done.written and not any(
        count.new or count.changed or count.implied for count in done.counts.values()
    ):
        console.print("Nothing changed: the store has all of this already.")
    if dry_run:
        console.print("Nothing was written: this was a dry run.")


def _list(refused: Refused, *, dry_run: bool) -> None:
    """The first of the rows that were not kept, and where all of them are listed."""
    rows = len({one.row for one in refused.rows})
    console.print(f"{refused.path.name}: {rows:,} {'row' if rows == 1 else 'rows'} rejected", markup=False)
    for one in refused.rows[:_SHOWN]:
        console.print(f"  row {one.row:,}: {one.reason}", markup=False, soft_wrap=True)
    more = len(refused.rows) - _SHOWN
    if more > 0:
        console.print(f"  … and {more:,} more")
    if not dry_run:
        console.print(f"  All are listed in {rejected_path(refused.path)}", markup=False, soft_wrap=True)


def _refusal(refused: list[Refused], *, dry_run: bool) -> str:
    """What to do about rows that were not kept."""
    files = ", ".join(one.path.name for one in refused)
    would = "would be" if dry_run else "was"
    return (
        f"Nothing {would} imported: rows of {files} have errors, as said above. "
        "Put them right, or keep the good rows with --skip-rejected."
    )
