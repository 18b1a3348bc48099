"""How the cells of the data contract are read: one cell of a call, or a column of a file, with the same answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Final, cast

import numpy as np
import pyarrow as pa

from scoring.categories import Categories, arrow_codes, merge, one_array
from scoring.cells import as_text
from scoring.clean import Column, ColumnType
from scoring.contract import CHANGES, MICROSECONDS, ContractColumn, Kind, to_micros
from scoring.dates import DateOrder, read_time
from scoring.moments import local_times
from scoring.schema import guess_columns
from scoring.stages import ALL_STAGES
from scoring.words import MISSING, Unreadable, fold

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.int64] | npt.NDArray[np.float64] | Categories

Cell = str | float | bool | int | None

NO_TIME: Final = int(np.iinfo(np.int64).min)
"""Stands for a missing time in a column of them."""
_YES_NO = {True: "yes", False: "no"}
_LEAST = "must be 0 or more"
_NOT_NEGATIVE = frozenset({"amount", "cost"})
# The value of a property is kept as it was written, as it is among the properties of a lead.
_AS_WRITTEN = frozenset(column for column in CHANGES.columns if column.name == "value")
_TYPES: dict[Kind, ColumnType] = {"id": "id", "time": "date", "number": "number", "boolean": "boolean"}
_MONTH = re.compile(r"([0-9]{4})(?:[-/.年] ?(0?[1-9]|1[0-2])|(0[1-9]|1[0-2]))月?")
_ROWS_AT_ONCE = 1 << 18
_LONGEST_TOKEN = 60


@dataclass(frozen=True, slots=True)
class Customs:
    """How a team writes times, stages and *no answer*.

    Parameters
    ----------
    time_zone : str
        Where times without an offset were written down.
    date_order : {"ymd", "dmy", "mdy"}, optional
        The order of dates whose year does not stand in front with four digits; guessed for each column of a
        file by default.
    missing : tuple of str
        Tokens that mean *no answer*, beside the usual ones.
    stages : mapping of str to str
        More words for stages, folded (see :func:`scoring.words.fold`).
    """

    time_zone: str = "UTC"
    date_order: DateOrder | None = None
    missing: tuple[str, ...] = ()
    stages: Mapping[str, str] = field(default_factory=dict)

    def column(self, of: ContractColumn) -> Column:
        """How the cells of a column are cleaned before the contract's own rules are asked."""
        kind = _TYPES.get(of.kind, "text")
        return Column(of.name, kind, "fit", self.date_order, self.time_zone, self.missing)

    def says_nothing(self, text: str) -> bool:
        """Whether a cell's text means *no answer*."""
        return len(text) <= _LONGEST_TOKEN and fold(text) in _tokens(self.missing)


@cache
def _tokens(missing: tuple[str, ...]) -> frozenset[str]:
    return MISSING | {fold(token) for token in missing}


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column after reading.

    Parameters
    ----------
    values : array of int64, array of float64, or Categories
        Times in microseconds (``NO_TIME`` where missing), numbers (NaN where missing), all else as answers;
        a boolean has the answers ``yes`` and ``no``.
    errors : dict of int to str
        Position to the rule that the cell breaks; its value counts as missing.
    notes : tuple of str
        What had to be decided for the whole column.
    """

    values: Values
    errors: dict[int, str]
    notes: tuple[str, ...] = ()


def read_cell(column: ContractColumn, raw: object, customs: Customs) -> Cell:
    """One cell of the contract: text, a number, yes or no, or a time in microseconds; None where there is none.

    Raises
    ------
    Unreadable
        If it breaks the rule of its column; the message is the rule, without the value.

    Examples
    --------
    >>> read_cell(ContractColumn("stage", "stage"), "ＳＱＬ", Customs())
    'sql'
    >>> read_cell(ContractColumn("occurred_at", "time"), "2026-11-23T09:00+09:00", Customs())
    1795392000000000
    """
    if raw is None or raw != raw:
        return None
    if column in _AS_WRITTEN:
        return written(raw, customs)
    value = customs.column(column).clean(raw)
    if value is None:
        return None
    if column.kind == "time":
        return to_micros(float(value))
    if column.kind == "number":
        return _number(column, float(value))
    if column.kind == "boolean":
        return value == "yes"
    return _TEXTS.get(column.kind, _text)(column, str(value), customs)


def written(raw: object, customs: Customs) -> str | None:
    """The text of a cell as it was written, or None where it means *no answer*.

    Raises
    ------
    Unreadable
        If the cell holds more than one value, or half a character.
    """
    if raw is None or raw != raw:
        return None
    text = (raw if isinstance(raw, str) else as_text(raw)).replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("must be valid Unicode text") from error
    return None if customs.says_nothing(text) else text


def read_column(column: ContractColumn, raw: pa.Array | pa.ChunkedArray, customs: Customs) -> ReadColumn:
    """A whole column of the contract: the same answers as :func:`read_cell`, in a few steps for all rows.

    Parameters
    ----------
    column : ContractColumn
        What the contract says of it.
    raw : pyarrow.Array
        Text cells, or native values from Parquet.
    customs : Customs
        How the team writes; without a stated order of dates, that of the column is guessed.
    """
    array = one_array(raw)
    read = {"time": _times, "number": _numbers}.get(column.kind, _answers)
    found = read(column, array, customs)
    if not found.errors or customs.date_order or column.kind not in ("time", "month"):
        return found
    order, notes = _guessed_order(column, array, customs)
    if order:
        found = read(column, array, replace(customs, date_order=order))
    return replace(found, notes=notes)


def property_column(raw: pa.Array | pa.ChunkedArray, customs: Customs) -> tuple[pa.Array, dict[int, str]]:
    """A property as it was written: text, null where it means *no answer*; and the cells that are no values."""
    answers, errors = _distinct(one_array(raw), lambda cell: written(cell, customs))
    return pa.array(answers.levels, pa.string()).take(pa.array(answers.codes, mask=answers.codes < 0)), errors


def _times(column: ContractColumn, array: pa.Array, customs: Customs) -> ReadColumn:
    """Times in microseconds; some hundred thousand rows at a time, which keeps memory low."""
    reader = customs.column(column)
    micros = np.full(len(array), NO_TIME, dtype=np.int64)
    errors: dict[int, str] = {}
    for start in range(0, len(array), _ROWS_AT_ONCE):
        cleaned = reader.clean_array(array.slice(start, _ROWS_AT_ONCE))
        seconds = np.asarray(cleaned.values, dtype=np.float64)
        known = ~np.isnan(seconds)
        micros[start : start + len(seconds)][known] = np.rint(seconds[known] * MICROSECONDS).astype(np.int64)
        errors |= {start + at: rule for at, rule in cleaned.errors.items()}
    return ReadColumn(micros, errors)


def _guessed_order(
    column: ContractColumn, array: pa.Array, customs: Customs
) -> tuple[DateOrder | None, tuple[str, ...]]:
    """The order in which a column writes its dates, and what is to be said where two would do."""
    guess = guess_columns(
        pa.table({column.name: array}),
        types={column.name: "date"},
        time_zone=customs.time_zone,
        missing=customs.missing,
    )[0]
    return guess.column.date_order, tuple(said for said in guess.findings if "--date-order" in said)


def _numbers(column: ContractColumn, array: pa.Array, customs: Customs) -> ReadColumn:
    """Numbers; a cost or an amount is never negative."""
    cleaned = customs.column(column).clean_array(array)
    values = np.asarray(cleaned.values, dtype=np.float64) + 0.0  # so that -0.0 is 0.0
    errors = dict(cleaned.errors)
    if column.name in _NOT_NEGATIVE:
        below = np.flatnonzero(values < 0)
        values[below] = np.nan
        errors |= dict.fromkeys(below.tolist(), _LEAST)
    return ReadColumn(values, errors)


def _answers(column: ContractColumn, array: pa.Array, customs: Customs) -> ReadColumn:
    """Everything that is no number and no time: each distinct cell is read once."""

    def read(raw: object) -> str | None:
        value = read_cell(column, raw, customs)
        return _YES_NO[value] if isinstance(value, bool) else cast("str | None", value)

    answers, errors = _distinct(array, read)
    return ReadColumn(answers, errors)


def _distinct(array: pa.Array, read: Callable[[object], str | None]) -> tuple[Categories, dict[int, str]]:
    """The answers of a column, and the rows whose cell breaks a rule."""
    codes, found = arrow_codes(array)
    levels: list[str | None] = []
    broken: dict[int, str] = {}
    for at, raw in enumerate(found.to_pylist()):
        try:
            levels.append(read(raw))
        except Unreadable as why:
            levels.append(None)
            broken[at] = str(why)
    rows = np.flatnonzero(np.isin(codes, list(broken))) if broken else ()
    return merge(codes, levels), {int(row): broken[int(codes[row])] for row in rows}


def _number(column: ContractColumn, value: float) -> float:
    if column.name in _NOT_NEGATIVE and value < 0:
        raise Unreadable(_LEAST)
    return value + 0.0


def _text(column: ContractColumn, text: str, _: Customs) -> str:
    return text.upper() if column.name == "currency" else text


def _stage(_: ContractColumn, text: str, customs: Customs) -> str:
    folded = fold(text)
    stage = customs.stages.get(folded, folded)
    if stage not in ALL_STAGES:
        rule = f"must be a stage ({', '.join(ALL_STAGES)}), or be named under [stages] of --mapping"
        raise Unreadable(rule)
    return stage


def _month(_: ContractColumn, text: str, customs: Customs) -> str:
    if found := _MONTH.fullmatch(text):
        return f"{found[1]}-{int(found[2] or found[3]):02}"
    try:
        seconds = read_time(text, customs.date_order, customs.time_zone)
    except Unreadable as why:
        raise Unreadable("must be a month such as 2026-11, or a date") from why
    return str(local_times(np.array([seconds]), customs.time_zone).astype("datetime64[s]")[0])[:7]


_TEXTS: dict[Kind, Callable[[ContractColumn, str, Customs], str]] = {"stage": _stage, "month": _month}
