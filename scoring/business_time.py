"""Business time: how many hours the office was open between two moments, and when so many of them are over.

The clocks of sales' promise run only while the office is open.  Business time never runs backwards and is a
straight line between an opening and a closing, so a sorted list of both, in UTC, answers every question by
one search: nights, weekends, holidays and daylight saving are in the list and nowhere else.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.dates import DAY, local_seconds
from scoring.moments import local_offsets

Floats = npt.NDArray[np.float64]
HOUR: Final = 3600.0
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE_DAYS: Final = WEEKDAYS[:5]
_EPOCH: Final = date(1970, 1, 1).toordinal()
_THURSDAY: Final = 3


@dataclass(frozen=True, eq=False)
class OfficeHours:
    """When the office is open, over a span of days; made by :meth:`between_days`.

    Parameters
    ----------
    zone : str
        The zone of the office's clocks.
    first, last : date
        The days it is known for, both included.
    span : (float, float)
        The same as moments: midnight before the first day and after the last one.
    opens, closes : array of float, shape (n_intervals,)
        When it opens and closes each time, in seconds since 1970 UTC, ascending.
    passed : array of float, shape (n_intervals + 1,)
        Seconds that it was open before each opening, and in all.
    """

    zone: str
    first: date
    last: date
    span: tuple[float, float]
    opens: Floats
    closes: Floats
    passed: Floats

    @classmethod
    def between_days(
        cls,
        first: date,
        last: date,
        zone: str = "UTC",
        opens: str = "09:00",
        closes: str = "18:00",
        days: Sequence[str] = OFFICE_DAYS,
        days_off: Set[date] = frozenset(),
    ) -> OfficeHours:
        """Say when an office is open.

        Parameters
        ----------
        first, last : date
            The span of days, both included.
        zone : str
            The zone of its clocks.
        opens, closes : str
            Times of day, up to ``24:00``.  Of a time that the clocks show twice the first is meant; one that
            they skip is as much later as they are put forward.
        days : sequence of str
            The days of the week on which it is open: ``mon`` to ``sun``.
        days_off : set of date
            Days on which it is closed nevertheless.

        Raises
        ------
        ValueError
            If the span or the day ends before it begins, or a day of the week is unknown.

        Examples
        --------
        >>> office = OfficeHours.between_days(date(2026, 5, 1), date(2026, 5, 8), "UTC")
        >>> friday_evening = 1_777_654_800.0  # 1 May 2026, 17:00
        >>> (office.add(friday_evening, 4) - friday_evening) / 3600  # until Monday, 12:00
        67.0
        """
        start, end = _seconds(opens), _seconds(closes)
        if first > last or start >= end:
            raise ValueError(
                f"Office hours must end after they begin, got {first} to {last}, {opens} to {closes}."
            )
        if unknown := set(days) - set(WEEKDAYS):
            raise ValueError(f"Days must be of {', '.join(WEEKDAYS)}, got {', '.join(sorted(unknown))}.")
        midnights = _open_midnights(first, last, days, days_off)
        begins, ends = (_moments(midnights + clock, zone) for clock in (start, end))
        some = ends > begins
        begins, ends = begins[some], ends[some]
        passed = np.concatenate([[0.0], np.cumsum(ends - begins)])
        return cls(zone, first, last, _span(first, last, zone), begins, ends, passed)

    def add(self, start: float, hours: float) -> float:
        """Say when so many business hours after a moment are over.

        Parameters
        ----------
        start : float
            Seconds since 1970 UTC; NaN (not yet) gives NaN.
        hours : float
            Business hours, 0 or more.

        Returns
        -------
        float
            The earliest such moment: one hour after Friday 17:00 is Friday 18:00, not Monday 09:00.

        Raises
        ------
        ValueError
            If a moment lies outside the span, or the hours are negative.
        """
        if start != start or hours != hours:
            return float("nan")
        target = self._passed_by(start) + hours * HOUR
        self._check_hours(hours < 0, target > self._passed[-1])
        at = bisect_left(self._passed, target) - 1
        return start if at < 0 else max(start, self._opens[at] + (target - self._passed[at]))

    def add_many(self, starts: Floats, hours: float | Floats) -> Floats:
        """Say the same of many moments, see :meth:`add`.

        Parameters
        ----------
        starts : array of float, shape (n,)
        hours : float, or array of float, shape (n,)

        Returns
        -------
        array of float, shape (n,)
        """
        target = self._passed_by_many(starts) + np.asarray(hours, dtype=np.float64) * HOUR
        self._check_hours(bool(np.any(np.less(hours, 0))), bool((target > self.passed[-1]).any()))
        at = np.searchsorted(self.passed, target, "left") - 1
        if not len(self.opens):
            return np.where(np.isnan(target), np.nan, starts)
        # NaN is searched behind the last sum, where there is no opening; it stays NaN whatever is added to it.
        place = np.clip(at, 0, len(self.opens) - 1)
        ends: Floats = np.maximum(starts, self.opens[place] + (target - self.passed[place]))
        return np.where(at < 0, starts, ends)

    def between(self, start: float, end: float) -> float:
        """Count the business hours from one moment to another.

        Parameters
        ----------
        start, end : float
            Seconds since 1970 UTC; NaN (not yet) gives NaN.

        Returns
        -------
        float
            Hours, 0 where the end is before the start.

        Raises
        ------
        ValueError
            If a moment lies outside the span.
        """
        if start != start or end != end:
            return float("nan")
        return max(self._passed_by(end) - self._passed_by(start), 0.0) / HOUR

    def between_many(self, starts: Floats, ends: Floats) -> Floats:
        """Count the same for many pairs of moments, see :meth:`between`.

        Parameters
        ----------
        starts, ends : array of float, shape (n,)

        Returns
        -------
        array of float, shape (n,)
        """
        passed = self._passed_by_many(ends) - self._passed_by_many(starts)
        return np.asarray(np.maximum(passed, 0.0) / HOUR)

    def _passed_by(self, moment: float) -> float:
        """Seconds that the office was open before a moment."""
        if not self.span[0] <= moment <= self.span[1]:
            raise ValueError(self._outside)
        at = bisect_right(self._opens, moment) - 1
        if at < 0:
            return 0.0
        return self._passed[at] + (min(moment, self._closes[at]) - self._opens[at])

    def _passed_by_many(self, moments: Floats) -> Floats:
        if ((moments < self.span[0]) | (moments > self.span[1])).any():
            raise ValueError(self._outside)
        at = np.searchsorted(self.opens, moments, "right") - 1
        if not len(self.opens):
            return np.where(np.isnan(moments), np.nan, 0.0)
        place = np.maximum(at, 0)
        passed = self.passed[place] + (np.minimum(moments, self.closes[place]) - self.opens[place])
        # Before the first opening nothing has passed; NaN is sorted behind the last one and stays NaN.
        return np.where(at < 0, 0.0, passed)

    def _check_hours(self, negative: bool, beyond: bool) -> None:
        if negative:
            raise ValueError("Business hours must be 0 or more. Ask for a moment after another one.")
        if beyond:
            raise ValueError(self._outside)

    @property
    def _outside(self) -> str:
        return (
            f"The office hours are known from {self.first} to {self.last} in {self.zone}, and a moment lies "
            "outside. Make them of more days with OfficeHours.between_days."
        )

    # The same as lists, which a single search reads faster than arrays.
    @cached_property
    def _opens(self) -> list[float]:
        opens: list[float] = self.opens.tolist()
        return opens

    @cached_property
    def _closes(self) -> list[float]:
        closes: list[float] = self.closes.tolist()
        return closes

    @cached_property
    def _passed(self) -> list[float]:
        passed: list[float] = self.passed.tolist()
        return passed


def _seconds(clock: str) -> int:
    """Seconds since midnight of ``09:00``."""
    hour, minute = clock.split(":")
    return int(hour) * 3600 + int(minute) * 60


def _days(day: date) -> int:
    return day.toordinal() - _EPOCH


def _span(first: date, last: date, zone: str) -> tuple[float, float]:
    """Midnight before the first day, and after the last one."""
    begin, end = _days(first) * DAY, (_days(last) + 1) * DAY
    return float(local_seconds(begin, zone)), float(local_seconds(end, zone))


def _open_midnights(
    first: date, last: date, days: Sequence[str], days_off: Set[date]
) -> npt.NDArray[np.int64]:
    """The days on which the office opens, as seconds since 1970 on the wall."""
    every = np.arange(_days(first), _days(last) + 1, dtype=np.int64)
    of_week = [WEEKDAYS.index(day) for day in days]
    off = [_days(day) for day in days_off]
    return every[np.isin((every + _THURSDAY) % 7, of_week) & ~np.isin(every, off)] * DAY


def _moments(walls: npt.NDArray[np.int64], zone: str) -> Floats:
    """Clocks on the wall as seconds since 1970 UTC."""
    return (walls - local_offsets(walls, zone)).astype(np.float64)
