"""From a file of leads to labelled leads that can be learned from, every row and column accounted for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.audit import Finding, audit
from scoring.categories import Categories
from scoring.clean import Cleaned, Column
from scoring.dates import DAY
from scoring.errors import DataError
from scoring.features import Feature, define, feature_columns
from scoring.io.files import Rejected, TableRead, read_table
from scoring.label_state import Labels
from scoring.labels import flat_labels
from scoring.points import Rule, points_card
from scoring.schema import Guess, guess_columns
from scoring.scorecard import Meta
from training.choice import Leads
from training.own_points import OwnPoints

Floats = npt.NDArray[np.float64]
LEAST_OF_EACH = 10
BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user asks for, wherever the leads come from.

    Parameters
    ----------
    exclude, keep : tuple of str
        Columns to leave out, and columns to keep whatever is found in them.
    types, axes : mapping of str to str
        Column types and axes that overrule the guess.
    date_order : str, optional
        Overrules the guess.
    target : str
        The stage whose likelihood is learned.
    horizon_days : int, optional
        Days within which it must be reached.
    time_zone : str
        Where times without an offset were written down.
    missing : tuple of str
        More words that mean *not known*.
    max_rejected : float
        Share of rows that may be unreadable.
    points : sequence of Rule
        The points rule the team scores by today.
    """

    exclude: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    target: str = "won"
    horizon_days: int | None = None
    time_zone: str = "UTC"
    missing: tuple[str, ...] = ()
    max_rejected: float = 0.01
    points: Sequence[Rule] = ()


@dataclass(frozen=True, slots=True)
class Wanted(Asked):
    """What the user asks for of a file: which column is what, and what is left to guess.

    Parameters
    ----------
    label : str
        The column that says what became of the lead.
    positive, open_values : sequence of str, optional
        Label values that mean *converted*, and those that are not outcomes yet.
    time_column, closed_column, id_column : str, optional
        When a lead is scored, when it was resolved, and what names it.
    encoding : str, optional
        Overrules the guess.
    """

    label: str
    positive: Sequence[str] | None = None
    open_values: Sequence[str] | None = None
    time_column: str | None = None
    closed_column: str | None = None
    id_column: str | None = None
    encoding: str | None = None

    def named(self) -> dict[str, str]:
        """Each column that was named, by the flag that named it."""
        flags = {
            "--label": self.label,
            "--time-column": self.time_column,
            "--closed-column": self.closed_column,
            "--id-column": self.id_column,
        }
        return {flag: column for flag, column in flags.items() if column}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where leads come from.

    Parameters
    ----------
    name : str
        What the reader calls it.
    digest : str
        Fingerprint of all that was read.
    path : Path or None
        The file; None for the store.
    """

    name: str
    digest: str
    path: Path | None = None

    def to_dict(self) -> dict[str, str]:
        """A JSON-ready record."""
        where = {} if self.path is None else {"path": str(self.path.resolve())}
        return {"file": self.name, **where, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Intake:
    """Labelled leads, and what became of every row and column on the way.

    Parameters
    ----------
    origin : Origin
        Where they come from.
    rows : int
        Rows that were read, blank ones not counted.
    guesses : list of Guess
        How each column is read.
    labels : Labels
        What was observed of each row.
    findings : list of Finding
        The leakage audit.
    rejected : list of Rejected
        Rows that cannot be used, and why.
    notes : list of str
        What the reader should know.
    columns, features : tuple
        What the model reads.
    leads : Leads
        Labelled leads.
    lead_ids : list of str
        Their ids.
    known : array of float or None
        When each label was known.
    points : OwnPoints or None
        The team's own rule, on these leads.
    used : dict of str to str
        Why each column is not read, or an empty string.
    id_column : str or None
        The column that names a lead.
    use : array of str or None
        What each row is like: ``creation`` or ``open``; None where all are alike.
    """

    origin: Origin
    rows: int
    guesses: list[Guess]
    labels: Labels
    findings: list[Finding]
    rejected: list[Rejected]
    notes: list[str]
    columns: tuple[Column, ...]
    features: tuple[Feature, ...]
    leads: Leads
    lead_ids: list[str]
    known: Floats | None
    points: OwnPoints | None
    used: dict[str, str]
    id_column: str | None
    use: npt.NDArray[np.str_] | None = None


def take_in(path: Path, wanted: Wanted) -> Intake:
    """Read a flat file of leads with a label column.

    Parameters
    ----------
    path : Path
        CSV or Parquet.
    wanted : Wanted
        Which column is what.

    Raises
    ------
    DataError
        If the file cannot be read, a named column is not there, too many rows are unreadable, or there is
        too little to learn from.
    """
    read = read_table(path, encoding=wanted.encoding)
    _check_names(read.table.column_names, wanted, path)
    guesses = _guesses(read.table, wanted)
    columns = [guess.column for guess in guesses]
    cleaned = {column.name: column.clean_array(read.table.column(column.name)) for column in columns}
    created, closed = _times(cleaned, wanted.time_column), _times(cleaned, wanted.closed_column)
    labels = flat_labels(
        read.table.column(wanted.label).to_pandas(),
        column=wanted.label,
        positive=wanted.positive,
        open_values=wanted.open_values,
        created=created,
        closed=closed,
        horizon=wanted.horizon_days,
        time_zone=wanted.time_zone,
    )
    label = labels.y
    counted = np.flatnonzero(~np.isnan(label))
    _check_enough(label[counted], wanted.label)
    findings = _audit(columns, cleaned, label, counted, created, wanted)
    used = _used(columns, findings, wanted)
    read_columns = tuple(column for column in columns if not used[column.name])
    wrong = _unreadable(read_columns, cleaned, counted, wanted.time_column)
    rejected = [
        *read.rejected,
        *(Rejected(int(read.numbers[row]), why) for row, why in sorted(wrong.items())),
    ]
    _check_rejected(rejected, read, wanted.max_rejected, path)
    rows = np.array([row for row in counted if row not in wrong], dtype=np.intp)
    features = tuple(define(read_columns, wanted.time_column))
    typed = {column.name: _rows_of(cleaned[column.name].values, rows) for column in read_columns}
    as_of = None if created is None else created[rows]
    ids = _ids(read, columns, wanted)
    leads = Leads(
        columns=feature_columns(features, typed, as_of),
        label=label[rows].astype(int),
        weight=np.ones(len(rows)),
        axes={feature.name: feature.axis for feature in features},
        time=as_of,
        groups=_groups([ids[1][row] for row in rows]),
    )
    horizon = wanted.horizon_days
    return Intake(
        origin=Origin(path.name, digest_of(path), path),
        rows=read.table.num_rows + len(read.rejected),
        guesses=guesses,
        labels=labels,
        findings=findings,
        rejected=rejected,
        notes=[*read.notes, *labels.findings, *(note for guess in guesses for note in guess.findings)],
        columns=read_columns,
        features=features,
        leads=leads,
        lead_ids=[ids[1][row] for row in rows],
        known=as_of + horizon * DAY if as_of is not None and horizon else None,
        points=_points(wanted, columns, cleaned, rows, as_of),
        used=used,
        id_column=ids[0],
    )


def digest_of(path: Path) -> str:
    """Fingerprint of a file's bytes."""
    digest = blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _check_names(names: Sequence[str], wanted: Wanted, path: Path) -> None:
    lists = {"--exclude": wanted.exclude, "--keep": wanted.keep}
    given = [
        *wanted.named().items(),
        *((flag, column) for flag, columns in lists.items() for column in columns),
    ]
    for flag, column in given:
        if column not in names:
            near = difflib.get_close_matches(column, names, n=1, cutoff=0.5)
            hint = f" Did you mean '{near[0]}'?" if near else f" It has: {', '.join(names)}."
            raise DataError(f"{flag} names '{column}', but {path.name} has no such column.{hint}")
    for flag, column in wanted.named().items():
        if flag != "--label" and column == wanted.label:
            raise DataError(f"{flag} names '{column}', but that is the label. Name another column.")


def _guesses(table: pa.Table, wanted: Wanted) -> list[Guess]:
    forced = {column: "date" for column in (wanted.time_column, wanted.closed_column) if column}
    if wanted.id_column:
        forced[wanted.id_column] = "id"
    return guess_columns(
        table.drop_columns([wanted.label]),
        types={**wanted.types, **forced},
        axes=wanted.axes,
        date_order=wanted.date_order,
        time_zone=wanted.time_zone,
        missing=wanted.missing,
    )


def _times(cleaned: Mapping[str, Cleaned], name: str | None) -> Floats | None:
    if name is None:
        return None
    values = cleaned[name].values
    if not isinstance(values, np.ndarray) or np.isnan(values).all():
        raise DataError(
            f"Column '{name}' must hold times. None could be read; name the order with --date-order."
        )
    return values


def _check_enough(label: Floats, column: str) -> None:
    converted = int(label.sum())
    if min(converted, len(label) - converted) < LEAST_OF_EACH:
        raise DataError(
            f"Column '{column}' has {converted:,} converted and {len(label) - converted:,} other leads that count. "
            f"A model needs at least {LEAST_OF_EACH} of each; check --positive, --open-values and --horizon."
        )


def _audit(
    columns: Sequence[Column],
    cleaned: Mapping[str, Cleaned],
    label: Floats,
    counted: npt.NDArray[np.intp],
    created: Floats | None,
    wanted: Wanted,
) -> list[Finding]:
    """Leakage findings on the leads that count; the columns that say when are not suspects."""
    times = {wanted.time_column, wanted.closed_column}
    suspects = [column for column in columns if column.name not in times]
    values = {column.name: _rows_of(cleaned[column.name].values, counted) for column in suspects}
    late = None if created is None else created[counted] > np.nanmedian(created[counted])
    return audit(
        suspects,
        values,
        label[counted],
        keep=[name for name in wanted.keep if name not in times],
        exclude=[name for name in wanted.exclude if name not in times],
        late=late,
    )


def _used(columns: Sequence[Column], findings: Sequence[Finding], wanted: Wanted) -> dict[str, str]:
    """Why each column is not read; empty for those that are."""
    used = {column.name: "" for column in columns}
    for column in columns:
        if column.type == "id" and column.name not in wanted.keep:
            used[column.name] = "identifier"
    for finding in findings:
        if finding.left_out and not used[finding.column]:
            used[finding.column] = finding.code
    if wanted.closed_column:
        used[wanted.closed_column] = "closed column"
    if wanted.time_column:
        used[wanted.time_column] = ""
    return used


def _unreadable(
    columns: Sequence[Column],
    cleaned: Mapping[str, Cleaned],
    counted: npt.NDArray[np.intp],
    time_column: str | None,
) -> dict[int, str]:
    wrong: dict[int, str] = {}
    counts = np.zeros(max((len(cleaned[c.name].values) for c in columns), default=0), dtype=bool)
    counts[counted] = True
    for column in columns:
        for row, rule in cleaned[column.name].errors.items():
            if counts[row]:
                why = f"Column '{column.name}' {rule}."
                wrong[row] = f"{wrong[row]} {why}" if row in wrong else why
    if time_column is not None:
        values = cleaned[time_column].values
        assert isinstance(values, np.ndarray)
        for row in counted[np.isnan(values[counted])]:
            wrong.setdefault(int(row), f"Column '{time_column}' must hold a time; it is empty.")
    return wrong


def _check_rejected(rejected: Sequence[Rejected], read: TableRead, most: float, path: Path) -> None:
    total = read.table.num_rows + len(read.rejected)
    if len(rejected) > most * total:
        first = rejected[0]
        raise TooManyRejected(
            f"{len(rejected):,} of {total:,} rows of {path.name} cannot be used, more than {most:.1%} "
            f"(first: row {first.row}: {first.reason}) "
            "All are listed beside it. Mend them, set --type for the column, or raise --max-rejected.",
            rejected,
        )


class TooManyRejected(DataError):
    """More rows are unreadable than the user allows; they are listed in ``rejected``."""

    def __init__(self, message: str, rejected: Sequence[Rejected]) -> None:
        super().__init__(message)
        self.rejected = list(rejected)


def _rows_of(values: Floats | Categories, rows: npt.NDArray[np.intp]) -> Floats | Categories:
    return values[rows] if isinstance(values, np.ndarray) else Categories(values.codes[rows], values.levels)


def _ids(read: TableRead, columns: Sequence[Column], wanted: Wanted) -> tuple[str | None, list[str]]:
    """The column that names leads, and the id of each row; the row number where there is none."""
    name = wanted.id_column or next((column.name for column in columns if column.type == "id"), None)
    if name is None:
        return None, [str(number) for number in read.numbers]
    shown = read.table.column(name).cast(pa.string()).to_pylist()
    return name, [cell or str(number) for cell, number in zip(shown, read.numbers, strict=True)]


def _groups(ids: Sequence[str]) -> npt.NDArray[np.intp] | None:
    """The lead of each row, where a lead has several."""
    distinct, places = np.unique(np.asarray(ids, dtype=object).astype(str), return_inverse=True)
    return None if len(distinct) == len(ids) else places.astype(np.intp)


def _points(
    wanted: Wanted,
    columns: Sequence[Column],
    cleaned: Mapping[str, Cleaned],
    rows: npt.NDArray[np.intp],
    as_of: Floats | None,
) -> OwnPoints | None:
    """What the user's own rule gives each lead."""
    if not wanted.points:
        return None
    card = points_card(wanted.points, columns, Meta("", wanted.target, wanted.horizon_days))
    typed = {column.name: _rows_of(cleaned[column.name].values, rows) for column in card.columns}
    return OwnPoints(card, feature_columns(card.features, typed, as_of), len(rows))
