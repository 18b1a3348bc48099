"""When calls reach people: the connect rate by weekday and hour, and nothing where too little is known.

A handful of lucky calls on a Tuesday morning is no best time.  Each rate is drawn towards the overall one, the
more the fewer calls it rests on, and a time is only named where even the lower end of its rate lies above the
overall rate.  Calls are not spread over the week by chance, so a rate says when calls were answered, not what
would become of others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf, sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.bands import wilson_interval
from scoring.business_time import HOUR, Floats
from scoring.dates import DAY
from scoring.ledger import Events, Mask
from scoring.moments import local_times

CALLS: Final = frozenset({"call", "phone", "telephone", "phone call", "電話", "架電"})
LEAST_CALLS: Final = 100
LEAST_IN_SLOT: Final = 10
MOST_SLOTS: Final = 3
# However much slots seem to differ, the overall rate counts as so many calls of each.
LEAST_STRENGTH: Final = 10.0
_ONE_IN_TWENTY: Final = NormalDist().inv_cdf(0.95)
_THURSDAY: Final = 3
_SHAPE: Final = (7, 24)


@dataclass(frozen=True, slots=True)
class Slot:
    """A good hour to call.

    Parameters
    ----------
    weekday, hour : int
        0 is Monday; the hour begins at this one of the office's clocks.
    rate, low, high : float
        Share of calls that reach somebody, drawn towards the overall rate, and its 90 % interval.
    calls : int
        Calls that it rests on.
    """

    weekday: int
    hour: int
    rate: float
    low: float
    high: float
    calls: int


@dataclass(frozen=True)
class ConnectRates:
    """How often calls reach people.

    Parameters
    ----------
    calls, connected : array of float, shape (7, 24)
        Calls by people, by weekday (0 is Monday) and hour, and how many of them reached somebody.
    unknown : int
        Calls of which nobody wrote down whether they did; they are in neither.
    """

    calls: Floats
    connected: Floats
    unknown: int

    @cached_property
    def overall(self) -> float:
        """The rate of all calls, NaN without any."""
        total = float(self.calls.sum())
        return float(self.connected.sum()) / total if total else float("nan")

    @cached_property
    def strength(self) -> float:
        """Calls that a slot needs to outweigh the overall rate; infinite where slots differ by chance alone.

        Notes
        -----
        Of a beta-binomial with correlation rho within a slot, n calls in each of k slots and N in all, the
        weighted squares of the rates about the overall rate p are expected to be
        ``p (1 - p) ((1 - rho) (k - 1) + rho (N - sum(n²) / N))``; the strength is ``1 / rho - 1``.
        Kleinman, J. C. (1973), Proportions with extraneous variance: single and independent samples.
        """
        squares, by_chance = self._squares
        n, total = self.calls, float(self.calls.sum())
        room = total - float((n**2).sum()) / total - by_chance if total else 0.0
        rho = (squares - by_chance) / room if room > 0 else 0.0
        return inf if rho <= 0 else max(1.0 / rho - 1.0, LEAST_STRENGTH)

    @cached_property
    def differ(self) -> bool:
        """Whether the hours differ more than chance alone would let them, but for one in twenty times.

        Notes
        -----
        Pearson's chi-square against its 95 % point. Wilson, E. B. and Hilferty, M. M. (1931), The distribution
        of chi-square.
        """
        squares, by_chance = self._squares
        if not by_chance:
            return False
        spread = 2.0 / (9.0 * by_chance)
        return squares > by_chance * (1.0 - spread + _ONE_IN_TWENTY * sqrt(spread)) ** 3

    @cached_property
    def _squares(self) -> tuple[float, float]:
        """Weighted squares of the rates about the overall one, in units of p (1 - p), and what chance makes them."""
        used = self.calls > 0
        n, p = self.calls[used], self.overall
        if len(n) < 2 or not 0.0 < p < 1.0:
            return 0.0, 0.0
        squares = float((n * (self.connected[used] / n - p) ** 2).sum())
        return squares / (p * (1.0 - p)), len(n) - 1.0

    @cached_property
    def rate(self) -> Floats:
        """Share of calls that reach somebody, shape (7, 24), each drawn towards the overall rate."""
        if self.strength == inf:
            return np.full(_SHAPE, self.overall)
        return np.asarray((self.connected + self.overall * self.strength) / (self.calls + self.strength))

    @cached_property
    def interval(self) -> tuple[Floats, Floats]:
        """Between which rates each lies at 90 %: Wilson's, with the prior counted as so many calls."""
        if self.strength == inf:
            return self.rate, self.rate
        size = self.calls + self.strength
        return wilson_interval(self.rate * size, size)


def connect_rates(
    touches: Events, time_zone: str, as_of: float = inf, leads: Mask | None = None
) -> ConnectRates:
    """Count how often calls by people reached somebody, by weekday and hour.

    Parameters
    ----------
    touches : Events
        Touches with the columns ``channel``, ``connected`` (yes, no, or NaN: not written down) and
        ``automatic``.
    time_zone : str
        Whose clocks say weekday and hour.
    as_of : float
        Calls known by then; seconds since 1970 UTC.
    leads : array of bool, shape (n_leads,), optional
        Leads of a segment; of all by default.
    """
    channel = touches.category("channel")
    calls = np.array([*(level.strip().casefold() in CALLS for level in channel.levels), False], dtype=bool)
    kept = calls[channel.codes] & ~touches.flag("automatic") & (touches.known <= as_of)
    if leads is not None:
        kept &= leads[touches.lead]
    connected = touches.number("connected")[kept]
    known = ~np.isnan(connected)
    slot = _slots(touches.occurred[kept][known], time_zone)
    return ConnectRates(_by_slot(slot), _by_slot(slot[connected[known] == 1]), int((~known).sum()))


def best_times(
    touches: Events,
    time_zone: str,
    as_of: float = inf,
    leads: Mask | None = None,
    most: int = MOST_SLOTS,
) -> list[Slot]:
    """Name the hours of the week at which calls reach people more often than at others.

    Parameters
    ----------
    touches, time_zone, as_of, leads
        As in :func:`connect_rates`.
    most : int
        How many to name at most.

    Returns
    -------
    list of Slot
        The best first, by the lower end of the rate.  Only hours with at least 10 calls whose lower end lies
        above the overall rate; none with fewer than 100 calls in all, or where hours do not differ beyond chance.
    """
    found = connect_rates(touches, time_zone, as_of, leads)
    if found.calls.sum() < LEAST_CALLS or not found.differ:
        return []
    low, _ = found.interval
    good = np.flatnonzero((found.calls >= LEAST_IN_SLOT) & (low > found.overall))
    order = good[np.lexsort((good, -low.ravel()[good]))][:most]
    return [_slot(found, int(at)) for at in order]


def _slot(found: ConnectRates, at: int) -> Slot:
    rate, low, high = (float(values.ravel()[at]) for values in (found.rate, *found.interval))
    return Slot(at // 24, at % 24, rate, low, high, int(found.calls.ravel()[at]))


def _slots(moments: Floats, time_zone: str) -> npt.NDArray[np.intp]:
    """Hours since Monday, 0:00, on the clocks of a zone."""
    wall = local_times(moments, time_zone)
    weekday = (wall // DAY + _THURSDAY) % 7
    return (weekday * 24 + wall % DAY // HOUR).astype(np.intp)


def _by_slot(slot: npt.NDArray[np.intp]) -> Floats:
    return np.bincount(slot, minlength=_SHAPE[0] * _SHAPE[1]).astype(np.float64).reshape(_SHAPE)
