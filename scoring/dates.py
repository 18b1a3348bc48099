"""Times as people write them: ISO 8601, ``2026年11月23日``, ``令和8年11月23日``, ``26/11/23 9:00``, serials.

The order of day, month and year is decided once for a whole column, never per cell; only a year of four
digits in front (or a named month, or an era) speaks for itself.  Times without an offset are read in the
column's time zone.  Every form gives seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from scoring.words import Unreadable

DateOrder = Literal["ymd", "dmy", "mdy"]

DAY = 86_400
_RULE = "must be a date"
_REAL = "must be a real date"
_CLOCK = "must have a real time of day"
_EPOCH = dt.date(1970, 1, 1).toordinal()
_EXCEL_ZERO = -25_569
_FIRST_SERIAL = 10_000
_ERAS = {
    **{"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "明治": 1867},
    **{"r": 2018, "h": 1988, "s": 1925, "t": 1911, "m": 1867},
}
_MONTHS = {
    name: at
    for at, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1
    )
}
_PLACES: dict[DateOrder, tuple[int, int, int]] = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
_WORDED = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}

_TIME = (
    r"(?:(?:t|,? |(?<=[日)]))(?P<half>午前|午後|am|pm)? ?(?P<h>[0-9]{1,2})(?:[:時](?:(?P<mi>[0-9]{1,2})"
    r"(?:[:分](?:(?P<s>[0-9]{1,2})(?:[.,](?P<f>[0-9]{1,9}))?秒?)?)?)?)"
    r" ?(?P<half2>am|pm)? ?(?P<zone>z|utc|gmt|jst|(?:utc|gmt)?[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_WEEKDAY = r"(?: ?\((?:[月火水木金土日]|mon|tue|wed|thu|fri|sat|sun)(?:曜日?)?\))?"
_PREFIX = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?"
_PARTS = re.compile(
    r"(?P<a>[0-9]{1,4}) ?[年/.\-] ?(?P<b>[0-9]{1,2}) ?[月/.\-] ?(?P<c>[0-9]{1,4})日?" + _WEEKDAY + _TIME,
    re.ASCII,
)
_ERA = re.compile(
    r"(?P<era>令和|平成|昭和|大正|明治|[rhstm])[. ]?(?P<y>[0-9]{1,2}|元) ?[年/.\-]"
    r" ?(?P<b>[0-9]{1,2}) ?[月/.\-] ?(?P<c>[0-9]{1,2})日?" + _WEEKDAY + _TIME
)
_NAMED = [
    re.compile(
        _PREFIX
        + r"(?P<c>[0-9]{1,2})(?:st|nd|rd|th)?[ \-/](?P<m>[a-z]{3,9})\.?,?[ \-/](?P<y>[0-9]{2}|[0-9]{4})"
        + _TIME
    ),
    re.compile(_PREFIX + r"(?P<m>[a-z]{3,9})\.? (?P<c>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<y>[0-9]{4})" + _TIME),
    re.compile(r"(?P<y>[0-9]{4})[ \-/](?P<m>[a-z]{3,9})\.?[ \-/](?P<c>[0-9]{1,2})" + _TIME),
]
_NUMERAL = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,15})?")


def read_time(text: str, order: DateOrder | None, time_zone: str) -> float:
    """Seconds since 1970-01-01 UTC of the plain text of a cell.

    Parameters
    ----------
    text : str
        The cell, normalised.
    order : {"ymd", "dmy", "mdy"} or None
        How the column writes dates whose year does not stand in front with four digits.
    time_zone : str
        Where times without an offset were written down.

    Raises
    ------
    Unreadable
        If it is no date, no real one, or written in another order.

    Examples
    --------
    >>> read_time("2026年11月23日", None, "Asia/Tokyo") == read_time("23-11-2026", "dmy", "Asia/Tokyo")
    True
    >>> read_time("2026-11-23T09:00:00+09:00", None, "UTC")
    1795392000.0
    """
    if len(text) > 60:
        raise Unreadable(_RULE)
    if _NUMERAL.fullmatch(text):
        return numeral_time(float(text), time_zone)
    text = text.lower()
    if found := _PARTS.fullmatch(text):
        return _seconds(_ordered(found, order), found, time_zone)
    if found := _ERA.fullmatch(text):
        year = _ERAS[found["era"]] + (1 if found["y"] == "元" else int(found["y"]))
        return _seconds((year, int(found["b"]), int(found["c"])), found, time_zone)
    for pattern in _NAMED:
        if (found := pattern.fullmatch(text)) and (month := _MONTHS.get(found["m"][:3])):
            return _seconds((_year(found["y"]), month, int(found["c"])), found, time_zone)
    raise Unreadable(_RULE)


def _ordered(found: re.Match[str], order: DateOrder | None) -> tuple[int, int, int]:
    """Year, month and day of three numerals, by the column's order."""
    parts = found["a"], found["b"], found["c"]
    if len(parts[0]) == 4:
        place = _PLACES["ymd"]
    elif order is None:
        raise Unreadable("must be a date with the year in front, or in a stated order")
    else:
        place = _PLACES[order]
    year, month, day = (parts[at] for at in place)
    if len(year) not in (2, 4) or len(day) > 2:
        raise Unreadable(f"must be a date in the order {_WORDED[order or 'ymd']}")
    return _year(year), int(month), int(day)


def _year(text: str) -> int:
    """The year meant: two digits up to 68 are 20xx, others 19xx."""
    year = int(text)
    return year if len(text) == 4 else year + (2000 if year < 69 else 1900)


def _seconds(date: tuple[int, int, int], found: re.Match[str], time_zone: str) -> float:
    """Date, clock and offset as one number."""
    try:
        days = dt.date(*date).toordinal() - _EPOCH
    except ValueError as error:
        raise Unreadable(_REAL) from error
    if found["h"] is None:
        return float(local_seconds(days * DAY, time_zone))
    clock = _clock(found)
    fraction = int((found["f"] or "0").ljust(6, "0")[:6]) / 1e6
    offset = found["zone"]
    if offset is None:
        return local_seconds(days * DAY + clock, time_zone) + fraction
    return days * DAY + clock - _offset(offset) + fraction


def _clock(found: re.Match[str]) -> int:
    """Seconds since midnight."""
    hour, minute, second = (int(found[part] or 0) for part in ("h", "mi", "s"))
    half = found["half"] or found["half2"]
    if half and not (hour <= 12 and not (found["half"] and found["half2"])):
        raise Unreadable(_CLOCK)
    if half:
        hour = hour % 12 + (12 if half in ("pm", "午後") else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise Unreadable(_CLOCK)
    return hour * 3600 + minute * 60 + second


def _offset(text: str) -> int:
    """Seconds east of UTC."""
    digits = re.sub(r"[^0-9+-]", "", text)
    if not digits:
        return 9 * 3600 if text == "jst" else 0
    hours, minutes = int(digits[1:3]), int(digits[3:] or 0)
    if hours > 15 or minutes > 59:
        raise Unreadable("must have a real offset from UTC")
    return (hours * 3600 + minutes * 60) * (-1 if digits[0] == "-" else 1)


def numeral_time(value: float, time_zone: str) -> float:
    """Seconds of a bare number: an Excel serial, ``20261123``, or seconds or milliseconds since 1970.

    The four cannot be confused: serials run from 10,000 (1927, so that a bare year is none) to 2,958,465
    (year 9999), the others begin beyond.

    Raises
    ------
    Unreadable
        If the number is none of them.
    """
    if _FIRST_SERIAL <= value < 2_958_466:
        milliseconds = round((value + _EXCEL_ZERO) * DAY * 1000)
        whole, rest = divmod(milliseconds, 1000)
        return local_seconds(whole, time_zone) + rest / 1000
    if 18_000_101 <= value <= 29_991_231 and value == int(value):
        try:
            date = dt.date(int(value) // 10_000, int(value) // 100 % 100, int(value) % 100)
        except ValueError as error:
            raise Unreadable(_REAL) from error
        return float(local_seconds((date.toordinal() - _EPOCH) * DAY, time_zone))
    if 1e8 <= value < 1e10:
        return value
    if 1e11 <= value < 1e13:
        return value / 1000
    raise Unreadable(_RULE)


def moment_time(value: dt.date | dt.datetime, time_zone: str) -> float:
    """Seconds of a time that is already one: a Parquet value, or Python's own."""
    days = value.toordinal() - _EPOCH
    if not isinstance(value, dt.datetime):
        return float(local_seconds(days * DAY, time_zone))
    seconds = days * DAY + value.hour * 3600 + value.minute * 60 + value.second
    fraction = value.microsecond / 1e6
    offset = value.utcoffset()
    if offset is None:
        return local_seconds(seconds, time_zone) + fraction
    return seconds - round(offset.total_seconds()) + fraction


def local_seconds(seconds: int, time_zone: str) -> int:
    """Seconds since 1970 UTC of a clock on the wall; of an hour that occurs twice, the first."""
    return seconds if time_zone == "UTC" else seconds - local_offset(seconds, time_zone)


@lru_cache(maxsize=65_536)
def local_offset(seconds: int, time_zone: str) -> int:
    """Seconds that a zone is east of UTC when its clocks show this time."""
    offset = _wall(seconds).replace(tzinfo=zone(time_zone)).utcoffset()
    return round(offset.total_seconds()) if offset else 0


def _wall(seconds: int) -> dt.datetime:
    """A time since 1970 as a clock shows it, a day inside the years 1 to 9999, where any zone can show it."""
    days, clock = divmod(seconds, DAY)
    day = dt.datetime.fromordinal(min(max(days + _EPOCH, 2), dt.date.max.toordinal() - 1))
    return day + dt.timedelta(seconds=clock)


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of this name."""
    return ZoneInfo(name)


@lru_cache(maxsize=65_536)
def utc_offset(seconds: int, time_zone: str) -> int:
    """Seconds that a zone is east of UTC at a moment."""
    offset = _wall(seconds).replace(tzinfo=dt.UTC).astimezone(zone(time_zone)).utcoffset()
    return round(offset.total_seconds()) if offset else 0
