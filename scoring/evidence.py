"""What is seen in a column before its type is guessed: what is filled, what differs, what it looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from scoring.categories import one_array
from scoring.cells import as_text
from scoring.dates import DateOrder, numeral_time, read_time
from scoring.numbers import read_number
from scoring.words import MISSING, Unreadable, fold, plain

_LOOKED_AT = 3_000
_LONGEST = 200
_ORDERS: tuple[DateOrder | None, ...] = (None, "dmy", "mdy", "ymd")
_PARTED = re.compile(r"([0-9]{1,4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,4})(?![0-9])")
_YEAR_PLACE = {"ymd": 0, "dmy": 2, "mdy": 2}

_PATTERNS: dict[str, re.Pattern[str]] = {
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "phone": re.compile(
        r"(?:tel[:. ]*)?[+(]?[0-9][0-9()\-. ー‐−/]{6,22}(?: ?(?:x|ext\.?|内線) ?[0-9]+)?", re.IGNORECASE
    ),
    "dialled": re.compile(r"[+(0].{8,}|.*[0-9][-() ].*[0-9][-() ].*"),
    "integer": re.compile(r"-?[0-9]{1,25}"),
    "leading zero": re.compile(r"0[0-9]+"),
    "word": re.compile(r"[^\s,;。、]{1,80}"),
    "hash": re.compile(
        r"(?=.*[0-9])(?:[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})"
    ),
}


def _reads(reader: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether a reader accepts a text."""

    def accepts(text: str) -> bool:
        try:
            reader(text)
        except Unreadable:
            return False
        return True

    return accepts


def _dated(text: str) -> bool:
    """Whether a text is a date in any order, and not a bare numeral."""
    if _PATTERNS["integer"].fullmatch(text) or _LOOKS["number"](text):
        return False
    return any(_reads(lambda text, order=order: read_time(text, order, "UTC"))(text) for order in _ORDERS)  # type: ignore[misc]


_LOOKS: dict[str, Callable[[str], bool]] = {
    **{name: lambda text, p=pattern: p.fullmatch(text) is not None for name, pattern in _PATTERNS.items()},  # type: ignore[misc]
    "number": _reads(read_number),
    "decimal comma": _reads(lambda text: read_number(text, ",")),
    "serial": _reads(lambda text: numeral_time(read_number(text), "UTC")),
    "date": _dated,
}


@dataclass(frozen=True)
class Evidence:
    """A column as the rules of the guess see it.

    Parameters
    ----------
    name : str
        Its header.
    array : pyarrow.Array
        Its cells.
    filled, distinct : int
        Rows with an answer, and how many different answers.
    values : dict of str to int
        Answers (at most a few thousand of them, spread over the column) and their rows.
    """

    name: str
    array: pa.Array
    filled: int
    distinct: int
    values: dict[str, int]

    @classmethod
    def of(cls, name: str, column: pa.ChunkedArray | pa.Array, missing: Iterable[str] = ()) -> Self:
        """What is seen in a column; some tokens may mean *no answer* beside the usual ones."""
        absent = MISSING | {fold(token) for token in missing}
        array = one_array(column)
        kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
        if _is_nested(kind):
            return cls(name, array, len(array) - array.null_count, 0, {})
        counts = pc.value_counts(array.cast(kind) if kind is not array.type else array).drop_null()
        answers = counts.field("values")
        known = answers.is_valid()
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            known = pc.and_(
                known, pc.invert(pc.is_in(pc.utf8_lower(answers), pa.array(sorted(absent), kind)))
            )
        counts = counts.filter(known)
        filled = pc.sum(counts.field("counts")).as_py() or 0
        step = max(1, len(counts) // _LOOKED_AT)
        values: dict[str, int] = {}
        for pair in counts.take(pa.array(range(0, len(counts), step), pa.int64())).to_pylist():
            text = _shown(pair["values"], absent)
            if text is None:
                filled -= pair["counts"]
            else:
                values[text] = values.get(text, 0) + pair["counts"]
        return cls(name, array, filled, len(values) if step == 1 else len(counts), values)

    @property
    def kind(self) -> pa.DataType:
        """The type it is stored as."""
        return self.array.type

    @property
    def native(self) -> str:
        """The stored type in words."""
        return str(self.kind).split("<")[0].split("[")[0]

    @property
    def nested(self) -> bool:
        """Whether a cell holds more than one value."""
        return _is_nested(self.kind)

    @property
    def ratio(self) -> float:
        """Different answers per answer: 1 if no two are alike."""
        return self.distinct / self.filled if self.filled else 0.0

    @property
    def levels(self) -> int:
        """How many different answers there are once case is set aside."""
        return self.distinct - len(self.values) + len({text.casefold() for text in self.values})

    @cached_property
    def length(self) -> float:
        """Mean length of an answer in characters."""
        rows = sum(self.values.values())
        return sum(len(text) * count for text, count in self.values.items()) / rows if rows else 0.0

    @cached_property
    def _shares(self) -> dict[str, float]:
        """Shares already counted."""
        return {}

    def share(self, look: str) -> float:
        """The share of answers that look like something; see ``_LOOKS``."""
        if look not in self._shares:
            rows = sum(self.values.values())
            alike = sum(
                count for text, count in self.values.items() if len(text) <= _LONGEST and _LOOKS[look](text)
            )
            self._shares[look] = alike / rows if rows else 0.0
        return self._shares[look]

    @property
    def running(self) -> bool:
        """Whether the answers are whole numbers, all different and hardly with a gap."""
        if self.ratio < 1 or self.share("integer") < 1 or self.share("number") < 1:
            return False
        whole = [int(text) for text in self.values]
        return max(whole) - min(whole) < 1.5 * self.distinct

    def undated(self, order: DateOrder | None) -> float:
        """The share of answers that are no dates in this order."""
        accepts = _reads(lambda text: read_time(text, order, "UTC"))
        rows = sum(self.values.values())
        return sum(count for text, count in self.values.items() if not accepts(text)) / rows if rows else 0.0

    def year_variety(self, order: DateOrder | None) -> int:
        """How many different years there would be if dates were written in this order."""
        place = _YEAR_PLACE[order or "ymd"]
        return len({parts[place] for text in self.values for parts in _PARTED.findall(text)})


def _shown(raw: object, absent: Set[str]) -> str | None:
    """An answer as text, or None where it is no answer."""
    if raw is None or raw != raw:
        return None
    try:
        text = plain(raw if isinstance(raw, str) else as_text(raw))
    except Unreadable:
        return None
    return None if text.casefold() in absent else text


def _is_nested(kind: pa.DataType) -> bool:
    """Whether a cell of this type is no single number, time or text."""
    return bool(
        pa.types.is_nested(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
        or pa.types.is_duration(kind)
    )
