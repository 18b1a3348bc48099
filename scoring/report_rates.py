"""Counts, rates and what changed between two months: each with what it rests on, and whether chance would do it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np

from scoring.bands import binomial_tails, wilson_interval

# Below so many leads a rate says little, and is marked.
FEW: Final = 20
CERTAIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of leads, with the counts that it is made of.

    Parameters
    ----------
    count, of : int
        How many of how many.
    rate, low, high : float or None
        The share and its 90 % interval (Wilson's); None of nothing.
    small : bool
        Whether it rests on fewer than 20.
    """

    count: int
    of: int
    rate: float | None
    low: float | None
    high: float | None
    small: bool

    @classmethod
    def counted(cls, count: int, of: int) -> Rate:
        """The rate of so many among so many.

        Examples
        --------
        >>> Rate.counted(3, 12)
        Rate(count=3, of=12, rate=0.25, low=0.1047, high=0.4873, small=True)
        """
        if not of:
            return cls(0, 0, None, None, None, small=True)
        low, high = wilson_interval(count, of)
        return cls(count, of, rounded(count / of), rounded(float(low)), rounded(float(high)), of < FEW)


def rounded(number: float, digits: int = 4) -> float:
    """A number as reports tell it, to some digits after the point."""
    return round(float(number), digits)


def median_of(values: Sequence[float] | np.ndarray) -> float | None:
    """The middle of some numbers; None where there are none."""
    return rounded(float(np.median(values)), 2) if len(values) else None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a number between two months.

    Parameters
    ----------
    name : str
        Which number: ``leads``, a stage, ``lost``, ``sql_to_opportunity`` and so on.
    kind : str
        ``count`` or ``rate``.
    now, before : float
        A count, or a rate.
    count, of, count_before, of_before : int
        Of a rate: what it is made of; of a count: itself, and 0.
    factor : float
        How many times as much it is; counts by the time that both spans lasted.  Half an event is added to each
        side, so that none is nothing.
    chance : float
        How often chance alone would move it so far at least: of counts, by the binomial test of two Poisson
        counts; of rates, by Fisher's exact test.
    adjusted : float
        The same, allowing for how many numbers were looked at (Holm 1979).
    """

    name: str
    kind: str
    now: float
    before: float
    count: int
    of: int
    count_before: int
    of_before: int
    factor: float
    chance: float
    adjusted: float = 1.0

    @property
    def beyond_chance(self) -> bool:
        """Whether chance would do it less than once in twenty reports."""
        return self.adjusted < CERTAIN


def count_change(name: str, now: int, before: int, share: float) -> Change:
    """Hold two counts against each other.

    Parameters
    ----------
    name : str
        Of what.
    now, before : int
        The counts.
    share : float
        The share that the newer span has of both spans' time.

    Examples
    --------
    >>> change = count_change("leads", 60, 100, 0.5)
    >>> round(change.factor, 2), round(change.chance, 4)
    (0.6, 0.002)
    """
    low, high = binomial_tails(now, now + before, share) if now + before else (1.0, 1.0)
    factor = (now + 0.5) / (before + 0.5) * (1 - share) / share
    return Change(
        name, "count", now, before, now, 0, before, 0, rounded(factor), min(1.0, 2 * min(low, high))
    )


def rate_change(name: str, now: Rate, before: Rate) -> Change | None:
    """Hold two rates against each other; None where one of them is of nothing."""
    if now.rate is None or before.rate is None:
        return None
    factor = ((now.count + 0.5) / (now.of + 1)) / ((before.count + 0.5) / (before.of + 1))
    chance = fisher(now.count, now.of, before.count, before.of)
    return Change(
        name, "rate", now.rate, before.rate, now.count, now.of, before.count, before.of, rounded(factor), chance
    )  # fmt: skip


def fisher(count: int, of: int, count_before: int, of_before: int) -> float:
    """How often two groups with the same rate differ so much: Fisher's exact test, two-sided.

    Examples
    --------
    >>> round(fisher(8, 10, 1, 6), 4)
    0.035
    """
    total, whole = count + count_before, of + of_before
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, whole + 1)))])
    k = np.arange(max(0, total - of_before), min(of, total) + 1)

    def ways(n: int, some: np.ndarray) -> np.ndarray:
        chosen: np.ndarray = logs[n] - logs[some] - logs[n - some]
        return chosen

    shares = np.exp(ways(of, k) + ways(of_before, total - k) - ways(whole, np.array([total])))
    own = shares[count - k[0]]
    return float(min(1.0, shares[shares <= own * (1 + 1e-7)].sum()))


def allowed_for(changes: Iterable[Change | None]) -> list[Change]:
    """Allow for having looked at many numbers: the least likely first, each with its adjusted chance (Holm)."""
    ordered = sorted((one for one in changes if one is not None), key=lambda one: (one.chance, one.name))
    found, reached = [], 0.0
    for place, one in enumerate(ordered):
        reached = max(reached, min(1.0, one.chance * (len(ordered) - place)))
        values = {name: getattr(one, name) for name in Change.__slots__}
        found.append(Change(**{**values, "adjusted": reached}))
    return found


def largest(changes: Sequence[Change]) -> Change | None:
    """The change that is largest among those that chance would hardly do; None where there is none."""
    sure = [one for one in changes if one.beyond_chance]
    return max(sure, key=lambda one: (abs(log(one.factor)), one.name), default=None)
