"""Months by the clocks of a zone: when they begin and end, and how much of one has passed."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from scoring.dates import DAY
from scoring.errors import DataError
from scoring.moments import local_offsets

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
_WRITTEN: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Month:
    """A month as a team sees it on its own clocks.

    Parameters
    ----------
    year, month : int
        Which.
    zone : str
        The zone in which it begins and ends.
    """

    year: int
    month: int
    zone: str = "UTC"

    @classmethod
    def read(cls, text: str, zone: str = "UTC") -> Month:
        """The month that a text names.

        Raises
        ------
        DataError
            If it names none between 1970 and 2200.

        Examples
        --------
        >>> Month.read("2026-10").before.name
        '2026-09'
        """
        found = _WRITTEN.fullmatch(text)
        if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            raise DataError(
                f"A month must be written like 2026-10, and be from {FIRST_YEAR}-01 to {LAST_YEAR}-12."
            )
        return cls(int(found[1]), int(found[2]), zone)

    @classmethod
    def at(cls, moment: float, zone: str = "UTC") -> Month:
        """The month that is running at a moment, in seconds since 1970 UTC."""
        day = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(zone))
        return cls(day.year, day.month, zone)

    @property
    def name(self) -> str:
        """How it is written: ``2026-10``."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def before(self) -> Month:
        """The month before."""
        return self._shifted(-1)

    @property
    def after(self) -> Month:
        """The month after."""
        return self._shifted(1)

    def _shifted(self, by: int) -> Month:
        year, month = divmod(self.year * 12 + self.month - 1 + by, 12)
        return Month(year, month + 1, self.zone)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def days(self) -> list[date]:
        """Its days."""
        count = monthrange(self.year, self.month)[1]
        return [self.first + timedelta(days=day) for day in range(count)]

    @property
    def start(self) -> float:
        """When it begins, in seconds since 1970 UTC."""
        return float(midnights([self.first], self.zone)[0])

    @property
    def end(self) -> float:
        """When the next one begins."""
        return self.after.start


def midnights(days: list[date], zone: str) -> npt.NDArray[np.float64]:
    """When days begin by the clocks of a zone, in seconds since 1970 UTC.

    Examples
    --------
    >>> midnights([date(1970, 1, 2)], "Asia/Tokyo").tolist()
    [54000.0]
    """
    walls = np.array(days, dtype="datetime64[D]").astype(np.int64) * DAY
    return (walls - local_offsets(walls, zone)).astype(np.float64)
