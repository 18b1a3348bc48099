"""From a raw value to a typed one: the same function for a CSV cell, a JSON value and a Parquet value.

A :class:`Column` records how one raw column is read and is kept with the model, so that a lead is read
in production exactly as it was in training.  :meth:`Column.clean` reads one value,
:meth:`Column.clean_array` a whole column with the same answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, Self, cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring import moments, numbers
from scoring.categories import Categories, arrow_codes, merge, one_array
from scoring.cells import NUMBERS, as_text, is_numeral, is_text
from scoring.dates import DateOrder, moment_time, numeral_time, read_time
from scoring.words import BOOLEANS, MISSING, Unreadable, fold, plain

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["AXES", "TYPES", "Axis", "Categories", "Cleaned", "Column", "ColumnType", "Unreadable", "Value"]

ColumnType = Literal[
    "number", "category", "boolean", "date", "email", "phone", "job_title", "country", "text", "id"
]
Axis = Literal["fit", "engagement", "process"]
Value = float | str | None

TYPES: tuple[str, ...] = get_args(ColumnType)
AXES: tuple[str, ...] = get_args(Axis)
NUMERIC: frozenset[ColumnType] = frozenset({"number", "date"})
_FLOATS = (float, np.floating)
_REMEMBERED = 60


@lru_cache(maxsize=4096)
def _forms(raw: str) -> tuple[str, str]:
    """A cell's text as it is shown and as it is compared; remembered, because answers repeat."""
    text = plain(raw)
    return text, text.casefold()


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A column after reading: its typed values, and why some could not be read.

    Parameters
    ----------
    values : array of float, or Categories
        Numbers and times (seconds since 1970 UTC) as floats, NaN where missing; all else as categories.
    errors : dict of int to str
        Position in the column to the rule that the cell breaks; its value counts as missing.
    """

    values: npt.NDArray[np.float64] | Categories
    errors: dict[int, str]


@dataclass(frozen=True, slots=True)
class Column:
    """How one raw column is read: recorded with the model, the same for files and for live calls.

    Parameters
    ----------
    name : str
        The header, or the name of the JSON property.
    type : str
        What the column holds; see ``ColumnType``.
    axis : {"fit", "engagement", "process"}
        Who the lead is, what it does, or what sales has done with it.
    date_order : {"ymd", "dmy", "mdy"}, optional
        How dates are written whose year does not stand in front with four digits.
    time_zone : str
        Where times without an offset were written down.
    missing : tuple of str
        Tokens that mean *no answer* here, beside the usual ones.
    spelling : tuple of (str, str)
        Folded answer to the spelling shown, so that ``REFERRAL`` and ``Referral`` are one level.
    decimal : {".", ","}
        What separates the decimals of a number.

    Examples
    --------
    >>> visits = Column("visits", "number", "engagement")
    >>> visits.clean("１，２００"), visits.clean(7), visits.clean("N/A")
    (1200.0, 7.0, None)
    """

    name: str
    type: ColumnType
    axis: Axis
    date_order: DateOrder | None = None
    time_zone: str = "UTC"
    missing: tuple[str, ...] = ()
    spelling: tuple[tuple[str, str], ...] = ()
    decimal: numbers.Decimal = "."
    _tokens: frozenset[str] = field(init=False, repr=False, compare=False)
    _shown: dict[str, str] = field(init=False, repr=False, compare=False)
    _is_plain: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the look-ups that every cell needs."""
        object.__setattr__(self, "_tokens", MISSING | {fold(plain(token)) for token in self.missing})
        object.__setattr__(self, "_shown", dict(self.spelling))
        object.__setattr__(self, "_is_plain", self.type == "number" and not self.missing)

    def clean(self, raw: object) -> Value:
        """The typed value of one cell, or None where there is no answer.

        Returns
        -------
        float, str or None
            A number or a date (seconds since 1970 UTC) is a finite float, a boolean ``"yes"`` or ``"no"``,
            anything else normalised text.

        Raises
        ------
        Unreadable
            If the cell breaks the rule of its type; the message is the rule, without the value.
        """
        if raw is None:
            return None
        kind = type(raw)
        if kind is str:
            return self._text(cast("str", raw))
        if kind is float and self._is_plain and isfinite(cast("float", raw)):
            return cast("float", raw)
        if isinstance(raw, _FLOATS) and raw != raw:
            return None
        if self.type in NUMERIC and not self.missing:
            return self._number(raw) if self.type == "number" else self._time(raw)
        if self.type == "date" and isinstance(raw, dt.date):
            return self._time(raw)
        return self._text(as_text(raw))

    def _text(self, raw: str) -> Value:
        """The typed value of a cell that is text."""
        text, folded = _forms(raw) if len(raw) <= _REMEMBERED else _forms.__wrapped__(raw)
        return None if folded in self._tokens else _READERS[self.type](self, text, folded)

    def _number(self, raw: object) -> float:
        """A number that comes as one."""
        if isinstance(raw, bool | np.bool_) or not isinstance(raw, NUMBERS):
            raise Unreadable("must be a number")
        try:
            return numbers.finite(float(raw))
        except OverflowError as error:
            raise Unreadable("must be a finite number") from error

    def _time(self, raw: object) -> float:
        """A time that comes as one, or as a serial number."""
        if isinstance(raw, dt.date):
            return moment_time(raw, self.time_zone)
        try:
            return numeral_time(self._number(raw), self.time_zone)
        except Unreadable as error:
            raise Unreadable("must be a date") from error

    def clean_array(self, raw: pa.Array | pa.ChunkedArray) -> Cleaned:
        """The typed values of a whole column: the same answers as :meth:`clean`, in a few steps for all rows.

        Plain numerals, ISO dates and Parquet's own types are converted at once; of everything else each
        distinct value is read once.
        """
        array = one_array(raw)
        if self.type in NUMERIC:
            return self._clean_numeric(array)
        codes, levels, errors = self._distinct(array)
        return Cleaned(merge(codes, cast("list[str | None]", levels)), errors)

    def _clean_numeric(self, array: pa.Array) -> Cleaned:
        """Numbers or times: the plain ones at once, the rest by distinct value."""
        values, left = self._plain(array)
        rows = np.flatnonzero(left)
        if not len(rows):
            return Cleaned(values, {})
        codes, levels, errors = self._distinct(
            array if len(rows) == len(array) else array.take(pa.array(rows))
        )
        values[rows] = np.array([np.nan if level is None else level for level in [*levels, None]], float)[
            codes
        ]
        return Cleaned(values, {int(rows[at]): why for at, why in errors.items()})

    def _plain(self, array: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Values converted at once, and which rows are left to be read one by one."""
        values, left = self._converted(array)
        if self.missing:
            left |= self._suspects(array, values)
            values[left] = np.nan
        return values, left

    def _suspects(self, array: pa.Array, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Converted rows that may hold one of the column's own missing tokens."""
        if is_text(array.type):
            tokens = pa.array(sorted(self._tokens), array.type)
            return np.asarray(pc.is_in(pc.utf8_lower(array), tokens), dtype=bool)
        return np.isin(values, [numbers.read_number(token) for token in self._tokens if is_numeral(token)])

    def _converted(self, array: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """Values of the forms that can be converted at once."""
        kind = array.type
        if self.decimal == ",":
            return _nothing(array)
        if self.type == "number" and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
            values = array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).copy()
            return values, np.isinf(values)
        if self.type == "date" and (pa.types.is_timestamp(kind) or pa.types.is_date(kind)):
            return moments.stored_times(array, self.time_zone), np.zeros(len(array), dtype=bool)
        if not is_text(kind):
            return _nothing(array)
        if self.type == "number":
            return numbers.plain_numbers(array)
        return moments.written_times(array, self.date_order, self.time_zone)

    def _distinct(self, array: pa.Array) -> tuple[npt.NDArray[np.int32], list[Value], dict[int, str]]:
        """Codes into the cleaned distinct values, and the rows whose value cannot be read."""
        codes, found = arrow_codes(array)
        levels: list[Value] = []
        broken: dict[int, str] = {}
        for at, raw in enumerate(found.to_pylist()):
            try:
                levels.append(self.clean(raw))
            except Unreadable as why:
                levels.append(None)
                broken[at] = str(why)
        if not broken:
            return codes, levels, {}
        rows = np.flatnonzero(np.isin(codes, list(broken)))
        return codes, levels, {int(row): broken[int(codes[row])] for row in rows}

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready record; what is as usual is left out."""
        record: dict[str, object] = {"name": self.name, "type": self.type, "axis": self.axis}
        for name, usual in _USUAL.items():
            value = getattr(self, name)
            if value != usual:
                record[name] = dict(value) if name == "spelling" else value
        if self.missing:
            record["missing"] = list(self.missing)
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The column of a record."""
        known = {name: record[name] for name in ("name", "type", "axis", *_USUAL) if name in record}
        known["missing"] = tuple(record.get("missing", ()))
        known["spelling"] = tuple(dict(record.get("spelling", {})).items())
        return cls(**known)


_USUAL: dict[str, object] = {
    "date_order": None,
    "time_zone": "UTC",
    "missing": (),
    "spelling": (),
    "decimal": ".",
}


def _boolean(_: Column, __: str, folded: str) -> str:
    """Yes or no, in many spellings."""
    try:
        return BOOLEANS[folded]
    except KeyError:
        raise Unreadable("must be yes or no") from None


def _email(_: Column, __: str, folded: str) -> str:
    """The address alone, in small letters."""
    if folded.endswith(">") and "<" in folded:
        folded = folded[folded.rindex("<") + 1 : -1]
    return folded.removeprefix("mailto:").strip()


def _category(column: Column, text: str, folded: str) -> str:
    """The answer in the spelling the column shows."""
    return column._shown.get(folded, text)


_READERS: dict[ColumnType, Callable[[Column, str, str], float | str]] = {
    "number": lambda column, text, _: numbers.read_number(text, column.decimal),
    "date": lambda column, text, _: read_time(text, column.date_order, column.time_zone),
    "boolean": _boolean,
    "email": _email,
    "category": _category,
    **dict.fromkeys(("phone", "job_title", "country", "text", "id"), lambda _, text, __: text),
}


def _nothing(array: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Nothing converted, all that is there left."""
    return np.full(len(array), np.nan), array.is_valid().to_numpy(zero_copy_only=False)
