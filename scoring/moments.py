"""Whole columns of times: what :mod:`scoring.dates` says of a cell, in a few steps for all rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.dates import DAY, DateOrder, local_offset, utc_offset

if TYPE_CHECKING:
    import numpy.typing as npt

_CLOCK = (
    r"(?:[ T](?P<h>[0-9]{1,2}):(?P<mi>[0-9]{1,2})(?::(?P<s>[0-9]{1,2})(?:\.(?P<f>[0-9]{1,6})[0-9]{0,3})?)?"
    r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})?)?$"
)
_FRONT = r"^(?P<y>[0-9]{4})[/.\-](?P<m>[0-9]{1,2})[/.\-](?P<d>[0-9]{1,2})" + _CLOCK
_BACK = {
    "dmy": r"^(?P<d>[0-9]{1,2})[/.\-](?P<m>[0-9]{1,2})[/.\-](?P<y>[0-9]{4})" + _CLOCK,
    "mdy": r"^(?P<m>[0-9]{1,2})[/.\-](?P<d>[0-9]{1,2})[/.\-](?P<y>[0-9]{4})" + _CLOCK,
}
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def written_times(
    array: pa.Array, order: DateOrder | None, time_zone: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The times of a text column in one plain numeric form, and which rows are left to the cell's reader.

    Returns
    -------
    values : array of float
        Seconds since 1970-01-01 UTC, NaN where missing or left over.
    left : array of bool
        True where the cell holds anything else.
    """
    values = np.full(len(array), np.nan)
    left: npt.NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    for pattern in [_FRONT, *([_BACK[order]] if order in _BACK else [])]:
        rows = np.flatnonzero(left)
        if not len(rows):
            break
        parts = pc.extract_regex(array if len(rows) == len(array) else array.take(pa.array(rows)), pattern)
        found = parts.is_valid().to_numpy(zero_copy_only=False)
        if not found.any():
            continue
        seconds, real = _of_parts(parts.filter(pa.array(found)), time_zone)
        rows = rows[found]
        values[rows[real]] = seconds[real]
        left[rows[real]] = False
    return values, left


def _of_parts(parts: pa.StructArray, time_zone: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Seconds of split dates, and which of them are real."""
    year, month, day, hour, minute, second, fraction = (
        _integers(parts.field(name)) for name in ("y", "m", "d", "h", "mi", "s", "f")
    )
    days = _days(year, np.clip(month, 1, 12), day)
    longest = _days(year + month // 12, month % 12 + 1, np.ones_like(day)) - _days(
        year, np.clip(month, 1, 12), np.ones_like(day)
    )
    real = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)
    real &= (hour <= 23) & (minute <= 59) & (second <= 59)
    clock = days * DAY + hour * 3600 + minute * 60 + second
    offset, naive = _offsets(parts.field("z"))
    real &= np.abs(offset) < 16 * 3600
    offset[naive] = local_offsets(clock[naive], time_zone)
    width = pc.binary_length(parts.field("f")).to_numpy(zero_copy_only=False).astype(np.int64)
    return clock - offset + fraction * 10 ** (6 - width) / 1e6, real


def _integers(texts: pa.Array) -> npt.NDArray[np.int64]:
    """Digits as integers; nothing is 0."""
    some = pc.if_else(pc.equal(pc.binary_length(texts), 0), pa.scalar(None, texts.type), texts)
    numbers: npt.NDArray[np.int64] = pc.fill_null(some.cast(pa.int64()), 0).to_numpy()
    return numbers


def _offsets(texts: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Seconds east of UTC per row, and which rows name no offset."""
    coded = texts.dictionary_encode()
    known = [_offset(text) for text in coded.dictionary.to_pylist()]
    codes = coded.indices.to_numpy()
    seconds = np.array([offset or 0 for offset in known], dtype=np.int64)[codes]
    return seconds, np.array([offset is None for offset in known])[codes]


def _offset(text: str) -> int | None:
    """Seconds east of UTC of ``+09:00``; an unreal minute is pushed out of range."""
    if not text:
        return None
    if text == "Z":
        return 0
    hours, minutes = int(text[1:3]), int(text[-2:])
    size = hours * 3600 + minutes * 60 if minutes < 60 else 99 * 3600
    return -size if text[0] == "-" else size


def _days(
    year: npt.NDArray[np.int64], month: npt.NDArray[np.int64], day: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Days since 1970-01-01 of a date of the Gregorian calendar."""
    months = (year - 1970) * 12 + (month - 1)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    days: npt.NDArray[np.int64] = first + day - 1
    return days


def stored_times(array: pa.Array, time_zone: str) -> npt.NDArray[np.float64]:
    """Seconds since 1970-01-01 UTC of a Parquet column of timestamps or dates; NaN where missing."""
    if pa.types.is_date(array.type):
        array = array.cast(pa.date32()).cast(pa.timestamp("s"))
    ticks = pc.fill_null(array.cast(pa.int64()), 0).to_numpy()
    per = _PER_SECOND[array.type.unit]
    seconds, rest = np.divmod(ticks, per)
    if array.type.tz is None:
        seconds = seconds - local_offsets(seconds, time_zone)
    values: npt.NDArray[np.float64] = seconds + (rest * 1_000_000 // per) / 1e6
    values[array.is_null().to_numpy(zero_copy_only=False)] = np.nan
    return values


def local_offsets(seconds: npt.NDArray[np.int64], time_zone: str) -> npt.NDArray[np.int64]:
    """Seconds that a zone is east of UTC when its clocks show these times."""
    return _by_day(seconds, time_zone, local_offset)


def _by_day(
    seconds: npt.NDArray[np.int64], time_zone: str, offset: Callable[[int, str], int]
) -> npt.NDArray[np.int64]:
    """Offsets at some times.

    A day that begins and ends with the same offset has it throughout; only the times of the other days
    are asked one by one.
    """
    if time_zone == "UTC" or not len(seconds):
        return np.zeros_like(seconds)
    days, where = np.unique(seconds // DAY, return_inverse=True)
    begins = np.array([offset(int(day) * DAY, time_zone) for day in days], dtype=np.int64)
    ends = np.array([offset(int(day) * DAY + DAY - 1, time_zone) for day in days], dtype=np.int64)
    offsets = begins[where]
    for row in np.flatnonzero((begins != ends)[where]):
        offsets[row] = offset(int(seconds[row]), time_zone)
    return offsets


def local_times(moments: npt.NDArray[np.float64], time_zone: str) -> npt.NDArray[np.float64]:
    """What the clocks of a zone show at these times, in whole seconds; NaN stays NaN."""
    whole = np.floor(moments)
    if time_zone == "UTC":
        return whole
    known = ~np.isnan(whole)
    whole[known] += _by_day(whole[known].astype(np.int64), time_zone, utc_offset)
    return whole
