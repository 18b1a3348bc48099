"""Time in the simulated company: wall-clock seconds in Japan, its working days, seasons and exchange rate.

Wall seconds count from 1970-01-01 00:00 in Japan, which keeps one offset all year.
"""

from __future__ import annotations

from datetime import date
from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt

from training.simulate.world import SOURCES, Indices, Numbers, Words

DAY: Final = 86_400
HOUR: Final = 3_600
OFFSET: Final = 9 * HOUR
OPENS: Final = 9
BUSINESS_HOURS: Final = 9
EXHIBITION: Final = next(place for place, source in enumerate(SOURCES) if source.name == "展示会")

Seconds = npt.NDArray[np.int64]

_MONTHS: Final = np.array([1.0, 1.05, 1.25, 0.95, 0.95, 1.05, 1.05, 0.8, 1.1, 1.1, 1.05, 0.85])
_WEEKDAYS: Final = np.array([1.0, 1.1, 1.1, 1.05, 0.95, 0.22, 0.18])
_HOURS: Final = np.array(
    [4, 2, 1, 1, 1, 2, 5, 10, 25, 60, 85, 75, 45, 70, 80, 78, 72, 60, 40, 28, 24, 24, 18, 9], dtype=float
)
# (first, last) month-day of the weeks in which nobody answers, and what remains of a usual day.
_QUIET: Final = (
    ("12-28", "12-31", 0.2),
    ("01-01", "01-04", 0.15),
    ("04-29", "05-05", 0.4),
    ("08-11", "08-16", 0.3),
)
_HOLIDAYS: Final = (
    "01-01", "01-02", "01-03", "02-11", "02-23", "04-29", "05-03", "05-04", "05-05", "08-11", "08-13",
    "08-14", "11-03", "11-23", "12-29", "12-30", "12-31",
)  # fmt: skip


def stream(seed: int, part: str) -> np.random.Generator:
    """Give each part of the world its own random numbers, so that changing one leaves the others alone."""
    return np.random.default_rng([seed, crc32(part.encode())])


def months_before(end: date, months: int) -> date:
    """Find the day that many months before, at most the 28th."""
    total = end.year * 12 + end.month - 1 - months
    return date(total // 12, total % 12 + 1, min(end.day, 28))


def seconds_of(day: date) -> int:
    """Count the seconds from 1970 to the start of a day."""
    return (day - date(1970, 1, 1)).days * DAY


def arrivals(rng: np.random.Generator, count: int, start: date, end: date) -> Seconds:
    """Draw when leads come in: seasons, working days, office hours and a slowly growing demand."""
    days = np.arange(np.datetime64(start), np.datetime64(end))
    weights = _MONTHS[month_of(days) - 1] * _WEEKDAYS[_weekday(days)]
    weights *= np.linspace(0.85, 1.15, len(days))
    texts = _month_day(days)
    for first, last, remains in _QUIET:
        weights[(texts >= first) & (texts <= last)] *= remains
    day = rng.choice(len(days), size=count, p=weights / weights.sum())
    hour = rng.choice(24, size=count, p=_HOURS / _HOURS.sum())
    return np.asarray(
        seconds_of(start) + day * DAY + hour * HOUR + rng.integers(0, HOUR, count), dtype=np.int64
    )


def draw_sources(rng: np.random.Generator, elapsed: Numbers) -> Indices:
    """Draw where each lead comes from; the mix moves over time."""
    first = np.array([source.first_share for source in SOURCES])
    last = np.array([source.last_share for source in SOURCES])
    shares = first + (last - first) * elapsed[:, None]
    edges = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    drawn = (rng.random(len(elapsed))[:, None] > edges).sum(axis=1)
    return np.asarray(np.minimum(drawn, len(SOURCES) - 1), dtype=np.intp)


def at_exhibitions(
    rng: np.random.Generator, created: Seconds, source: Indices, start: date, end: date
) -> Seconds:
    """Move leads of exhibitions to the evenings of the fairs, when the cards are typed in."""
    fairs = np.arange(seconds_of(start) + 20 * DAY, seconds_of(end) - DAY, 45 * DAY)
    if not len(fairs):
        return created
    nearest = fairs[np.abs(created[:, None] // DAY - fairs[None, :] // DAY).argmin(axis=1)]
    # Fairs run for three days, Wednesday to Friday.
    wednesday = nearest - ((nearest // DAY + 3) % 7 - 2) * DAY
    evening = (
        wednesday
        + rng.integers(0, 3, len(created)) * DAY
        + 17 * HOUR
        + rng.integers(0, 3 * HOUR, len(created))
    )
    moved = np.clip(evening, seconds_of(start), seconds_of(end) - 1)
    return np.asarray(np.where(source == EXHIBITION, moved, created), dtype=np.int64)


def exchange_rates(rng: np.random.Generator, created: Seconds, start: date, end: date) -> Numbers:
    """Walk a yen rate through the world's days: it mirrors the calendar and moves no lead."""
    days = (end - start).days + 1
    walk = 141 + np.cumsum(rng.normal(0.03, 0.45, days))
    return np.asarray(np.round(walk[(created - seconds_of(start)) // DAY], 2))


def month_of(days: npt.NDArray[np.datetime64]) -> Indices:
    """Tell the month, 1 to 12."""
    return np.asarray(days.astype("datetime64[M]").astype(np.int64) % 12 + 1, dtype=np.intp)


def dates_of(times: Seconds | Numbers) -> npt.NDArray[np.datetime64]:
    """Tell the date of wall seconds."""
    return (np.asarray(times) // DAY).astype("datetime64[D]")


def in_office_hours(rng: np.random.Generator, times: Numbers, not_before: Numbers) -> Numbers:
    """Move what sales wrote down to office hours of the same day; Saturday to Friday, Sunday to Monday."""
    day = times // DAY
    weekday = (day + 3) % 7
    day = day + np.select([weekday == 5, weekday == 6], [-1, 1], default=0)
    moved = day * DAY + (OPENS + rng.random(len(times)) * BUSINESS_HOURS) * HOUR
    return np.asarray(np.where(moved > not_before, moved, times))


def add_business_hours(times: Numbers, hours: Numbers) -> Numbers:
    """Let working hours pass, nights, weekends and holidays left out."""
    days = dates_of(times)
    holidays = _holidays(days)
    today = np.is_busday(days, holidays=holidays)
    worked = np.where(today, np.clip(times % DAY / HOUR - OPENS, 0, BUSINESS_HOURS), BUSINESS_HOURS)
    first = np.busday_offset(days, 0, roll="preceding", holidays=holidays)
    total = worked + hours
    day = np.busday_offset(first, (total // BUSINESS_HOURS).astype(np.int64), holidays=holidays)
    return np.asarray(day.astype(np.int64) * DAY + (OPENS + total % BUSINESS_HOURS) * HOUR, dtype=np.float64)


def working_days(first: date, last: date) -> list[date]:
    """List the days on which the company works, the first and the last among them."""
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    worked = np.is_busday(days, holidays=_holidays(days))
    return [day.astype(date) for day in days[worked]]


def next_mornings(times: Seconds) -> Numbers:
    """Tell when the office opens next after each time, on a day of work that is not the same."""
    days = dates_of(times)
    opened = np.busday_offset(days + 1, 0, roll="forward", holidays=_holidays(days))
    return np.asarray(opened.astype(np.int64) * DAY + OPENS * HOUR, dtype=np.float64)


def iso(times: npt.NDArray[np.generic]) -> Words:
    """Write wall seconds as ISO 8601 with Japan's offset."""
    moments = np.asarray(times).astype(np.int64).astype("datetime64[s]")
    return np.char.add(np.datetime_as_string(moments), "+09:00").astype(object)


def _holidays(days: npt.NDArray[np.datetime64]) -> list[str]:
    years = range(int(str(days.min())[:4]) - 1, int(str(days.max())[:4]) + 2) if len(days) else range(0)
    return [f"{year}-{day}" for year in years for day in _HOLIDAYS]


def _month_day(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.str_]:
    return np.array([str(day)[5:] for day in days])


def _weekday(days: npt.NDArray[np.datetime64]) -> Indices:
    return np.asarray((days.astype("datetime64[D]").astype(np.int64) + 3) % 7, dtype=np.intp)
