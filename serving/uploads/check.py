"""What a lead list holds, before it is scored: how it was read, what the models find in it, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from scoring.categories import Categories
from scoring.contract import LEADS
from scoring.contract_cells import Customs, read_column
from scoring.errors import SettingsError
from scoring.headers import contract_name
from scoring.io.files import Batch, TableReader, open_table
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.known_leads import known_ids
from scoring.mappings import Meaning, name_columns
from scoring.schema import Guess, guess_columns
from scoring.scorecard import Scorecard
from serving.batch.intake import columns_read, id_column, near_name
from serving.uploads.errands import Tell

# From so many rows on the types of columns are judged by those before.
JUDGED: Final = 20_000
SHOWN: Final = 20
PREVIEWED: Final = 5
LONGEST: Final = 60
_ID: Final = LEADS.columns[0]


@dataclass(frozen=True, slots=True)
class ColumnSeen:
    """A column of the list.

    Parameters
    ----------
    name, type : str
        Its header, and what it holds.
    order : str or None
        Of dates: the order in which they are written.
    unclear : bool
        Whether another order would do as well.
    filled : float
        The share of rows that say something.
    read : bool
        Whether a model reads it.
    """

    name: str
    type: str
    order: str | None
    unclear: bool
    filled: float
    read: bool


@dataclass(frozen=True, slots=True)
class Missing:
    """A column that a model reads and the list lacks, and the one that is perhaps meant."""

    name: str
    near: str | None


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be scored, and why; never what it holds."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class ListCheck:
    """What a list holds.

    Parameters
    ----------
    encoding, delimiter : str or None
        How a text file is written; None for Parquet.
    rows, blank : int
        Rows that split into columns, and rows in which no cell holds anything.
    rejected : int
        Rows that do not split.
    unreadable : int
        Rows that do, and hold a value that a model cannot read.
    faults : tuple of RowFault
        The first of both.
    columns : tuple of ColumnSeen
        In the order of the list.
    reads : int
        How many columns the models read.
    missing : tuple of Missing
        Those that the list lacks.
    model : str or None
        The version that would score; None where nothing is live.
    reads_events : bool
        Whether it also reads what happened to a lead, which a list does not tell.
    id_column : str or None
        The column that names leads.
    unnamed : int
        Rows in which it is empty.
    repeated : int
        Rows that name a lead which stands in an earlier row.
    repeats : tuple of int
        The first of these.
    known : int
        Leads that the store has.
    can_take : bool
        Whether the list tells what the store must know of a lead.
    notes : tuple of str
        What had to be decided about the header.
    preview : tuple of tuple of (str or None)
        The first rows as they stand, cut to what a page shows.
    """

    encoding: str | None
    delimiter: str | None
    rows: int
    blank: int
    rejected: int
    unreadable: int
    faults: tuple[RowFault, ...]
    columns: tuple[ColumnSeen, ...]
    reads: int
    missing: tuple[Missing, ...]
    model: str | None
    reads_events: bool
    id_column: str | None
    unnamed: int
    repeated: int
    repeats: tuple[int, ...]
    known: int
    can_take: bool
    notes: tuple[str, ...]
    preview: tuple[tuple[str | None, ...], ...]


def check_list(
    path: Path, cards: Sequence[Scorecard], store: Store, customs: Customs, encoding: str | None, tell: Tell
) -> dict[str, Any]:
    """What a list holds, as JSON has it; see :class:`ListCheck`.

    Parameters
    ----------
    path : Path
        The list.
    cards : sequence of Scorecard
        What would score it, the one that is asked first; empty where nothing is live.
    store : Store
        Which leads are known.
    customs : Customs
        How the team writes times and *no answer*.
    encoding : str or None
        Of the list, where the guess is wrong.
    tell : callable
        Is told how far it is.

    Raises
    ------
    DataError
        If it cannot be read at all.
    """
    with open_table(path, encoding=encoding) as reader:
        seen = _Seen(cards, customs, _named_by(cards, reader.schema.names))
        for batch in reader:
            seen.add(batch)
            tell("check", reader.rows, None)
        return asdict(_checked(reader, seen, cards, store, customs))


class _Seen:
    """What is kept of the rows while they are read."""

    def __init__(self, cards: Sequence[Scorecard], customs: Customs, named_by: str | None) -> None:
        self.named_by = named_by
        self.sample: list[pa.RecordBatch] = []
        self.ids: set[str] = set()
        self.repeats: list[int] = []
        self.faults: list[RowFault] = []
        self.repeated = self.unnamed = self.unreadable = 0
        self._customs, self._judged = customs, 0
        self._columns = list(dict.fromkeys(column for card in cards for column in card.columns))

    def add(self, batch: Batch) -> None:
        """Look at some rows."""
        if self._judged < JUDGED:
            self.sample.append(batch.rows.slice(0, JUDGED - self._judged))
            self._judged += self.sample[-1].num_rows
        self._look_for_faults(batch)
        if self.named_by is not None:
            self._look_at_ids(batch, self.named_by)

    def _look_for_faults(self, batch: Batch) -> None:
        """Rows that hold a value which a model cannot read."""
        found: dict[int, list[str]] = {}
        for column in self._columns:
            if column.name in batch.rows.schema.names:
                errors = column.clean_array(batch.rows.column(column.name)).errors
                for row, rule in errors.items():
                    found.setdefault(row, []).append(f"Column '{column.name}' {rule}.")
        self.unreadable += len(found)
        for row in sorted(found)[: SHOWN - len(self.faults)]:
            self.faults.append(RowFault(int(batch.numbers[row]), " ".join(dict.fromkeys(found[row]))))

    def _look_at_ids(self, batch: Batch, named_by: str) -> None:
        """Rows that name no lead, or one that was named before."""
        ids = read_column(_ID, batch.rows.column(named_by), self._customs).values
        assert isinstance(ids, Categories)
        self.unnamed += int((ids.codes < 0).sum())
        _, first = np.unique(ids.codes, return_index=True)
        again = np.ones(len(ids.codes), dtype=bool)
        again[first] = False
        before = np.array([*(level in self.ids for level in ids.levels), False])
        again = (again | before[ids.codes]) & (ids.codes >= 0)
        self.repeated += int(again.sum())
        self.repeats += batch.numbers[again][: SHOWN - len(self.repeats)].tolist()
        self.ids.update(ids.levels)


def _named_by(cards: Sequence[Scorecard], names: Sequence[str]) -> str | None:
    """The column that names leads."""
    if cards:
        return id_column(cards[0], names)
    return next((name for name in names if name == "lead_id" or contract_name(name) == "lead_id"), None)


def _checked(
    reader: TableReader, seen: _Seen, cards: Sequence[Scorecard], store: Store, customs: Customs
) -> ListCheck:
    names, dialect = reader.schema.names, reader.dialect
    read = own_columns(cards)
    sample = pa.Table.from_batches(seen.sample, reader.schema)
    split = [RowFault(one.row, one.reason) for one in reader.rejected]
    with reading(store.engine) as connection:
        known = len(known_ids(connection, seen.ids))
    return ListCheck(
        encoding=dialect.encoding if dialect else None,
        delimiter=dialect.delimiter if dialect else None,
        rows=reader.rows,
        blank=reader.blank,
        rejected=len(split),
        unreadable=seen.unreadable,
        faults=tuple(sorted([*seen.faults, *split], key=lambda one: one.row)[:SHOWN]),
        columns=_columns(sample, read, customs),
        reads=len(read),
        missing=_missing(read, names),
        model=cards[0].meta.version if cards else None,
        reads_events=any(card.of_events for card in cards),
        id_column=seen.named_by,
        unnamed=seen.unnamed,
        repeated=seen.repeated,
        repeats=tuple(seen.repeats),
        known=known,
        can_take=_can_take(names),
        notes=tuple(reader.notes),
        preview=_preview(sample),
    )


def own_columns(cards: Sequence[Scorecard]) -> list[str]:
    """The columns of a list that some models read; what happened to a lead stands in other lists.

    Parameters
    ----------
    cards : sequence of Scorecard
        The models.
    """
    own = {column.name for card in cards for column in card.columns}
    return list(dict.fromkeys(name for card in cards for name in columns_read(card) if name in own))


def _missing(read: Sequence[str], names: Sequence[str]) -> tuple[Missing, ...]:
    """The columns that the models read and the list lacks."""
    others = [name for name in names if name not in read]
    return tuple(Missing(name, near_name(name, others)) for name in read if name not in names)


def _columns(sample: pa.Table, read: Iterable[str], customs: Customs) -> tuple[ColumnSeen, ...]:
    """Each column, by what its first rows say."""
    wanted = set(read)
    guesses = guess_columns(
        sample, date_order=customs.date_order, time_zone=customs.time_zone, missing=customs.missing
    )
    return tuple(
        ColumnSeen(
            name=guess.column.name,
            type=guess.column.type,
            order=guess.column.date_order,
            unclear=any("--date-order" in finding for finding in guess.findings),
            filled=_filled(guess, sample.column(guess.column.name)),
            read=guess.column.name in wanted,
        )
        for guess in guesses
    )


def _filled(guess: Guess, cells: pa.ChunkedArray) -> float:
    """The share of cells that say something, readable or not."""
    if not len(cells):
        return 0.0
    if pa.types.is_nested(cells.type):
        return 1.0 - int(cells.null_count) / len(cells)
    cleaned = guess.column.clean_array(cells)
    said = cleaned.values.codes >= 0 if isinstance(cleaned.values, Categories) else ~np.isnan(cleaned.values)
    return float((said.sum() + len(cleaned.errors)) / len(cells))


def _can_take(names: Sequence[str]) -> bool:
    """Whether the columns that leads must have are there, each once."""
    try:
        named = name_columns(LEADS, names, Meaning.of(), "")
    except SettingsError:
        return False
    return all(name in named.columns for name in LEADS.required)


def _preview(sample: pa.Table) -> tuple[tuple[str | None, ...], ...]:
    """The first rows, as they stand."""
    rows = sample.slice(0, PREVIEWED).to_pylist()
    return tuple(tuple(_cut(value) for value in row.values()) for row in rows)


def _cut(value: object) -> str | None:
    """A cell as a page shows it."""
    if value is None:
        return None
    text = value.isoformat() if isinstance(value, date | datetime) else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
