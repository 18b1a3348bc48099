"""How many leads make a number of customers certain enough: the average is missed about every second time."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, inf, lgamma, log, log1p
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
JEFFREYS: Final = 0.5
# Chances that differ by less are equal: that of 1 customer from 1 lead at 50 % is 50 %, however it is rounded.
_EQUAL: Final = 1e-12
_SERIES_FROM: Final = 32.0


def chance(customers: int, leads: int, rate: float) -> float:
    """The chance that so many leads bring at least so many customers.

    Parameters
    ----------
    customers, leads : int
    rate : float
        The share of leads that become customers, above 0 and at most 1.

    Returns
    -------
    float
        The upper tail of the binomial distribution.

    Examples
    --------
    >>> round(chance(12, 600, 0.02), 3)
    0.54
    """
    if leads < customers:
        return 0.0
    if rate >= 1 or customers < 1:
        return 1.0
    k = np.arange(1.0, customers)
    steps = np.log((leads - k + 1) / k) + (log(rate) - log1p(-rate))
    return _all_but(leads * log1p(-rate), steps)


def chance_seen(customers: int, leads: int, won: float, seen: float) -> float:
    """The same where the rate itself is only known from leads that were seen.

    Parameters
    ----------
    customers, leads : int
    won, seen : float
        How many of how many leads became customers.

    Returns
    -------
    float
        The upper tail of the beta-binomial distribution, which is the prediction with Jeffreys' prior.

    Examples
    --------
    >>> round(chance_seen(12, 600, 10, 500), 3)
    0.542
    """
    if leads < customers:
        return 0.0
    if customers < 1:
        return 1.0
    a, b = won + JEFFREYS, seen - won + JEFFREYS
    k = np.arange(1.0, customers)
    steps = np.log((leads - k + 1) * (k - 1 + a)) - np.log(k * (leads - k + b))
    return _all_but(_log_rise(b, a) - _log_rise(leads + b, a), steps)


def leads_for(customers: int, rate: float, certainty: float) -> int:
    """The fewest leads that bring so many customers with this certainty.

    Parameters
    ----------
    customers : int
        1 or more.
    rate : float
        The share of leads that become customers, above 0 and at most 1.
    certainty : float
        Between 0 and 1.

    Returns
    -------
    int
        How many leads it takes until the last of the customers is won: the quantile of the negative
        binomial distribution.

    Examples
    --------
    >>> leads_for(12, 0.02, 0.9)
    828
    """
    return _fewest(lambda leads: chance(customers, leads, rate), customers, customers / rate, certainty)


def leads_for_seen(customers: int, won: float, seen: float, certainty: float) -> int:
    """The same where the rate itself is only known from leads that were seen, see :func:`chance_seen`.

    Parameters
    ----------
    customers : int
        1 or more.
    won, seen : float
        How many of how many leads became customers.
    certainty : float
        Between 0 and 1.

    Examples
    --------
    >>> leads_for_seen(12, 10, 500, 0.9)
    995
    """
    about = customers * (seen + 2 * JEFFREYS) / (won + JEFFREYS)
    return _fewest(lambda leads: chance_seen(customers, leads, won, seen), customers, about, certainty)


def _all_but(first: float, steps: Floats) -> float:
    """One less a lower tail, from the logarithm of its first mass and of the ratios of neighbours."""
    logs = np.concatenate([[first], first + np.cumsum(steps)])
    return max(1.0 - float(np.exp(logs).sum()), 0.0)


def _fewest(reached: Callable[[int], float], customers: int, about: float, certainty: float) -> int:
    """The smallest number for which a chance that grows with it is high enough, sought around a guess."""
    enough = certainty - _EQUAL
    low, high, step = customers - 1, max(ceil(about), customers), max(ceil(about / customers**0.5), 1)
    while reached(high) < enough:
        low, high, step = high, high + step, 2 * step
    while high - low > 1:
        middle = max(high - step, (low + high) // 2)
        step *= 2
        low, high = (low, middle) if reached(middle) >= enough else (middle, high)
    return high


def _log_rise(z: float, a: float) -> float:
    """The logarithm of gamma(z + a) / gamma(z), to full precision also where both are huge."""
    if z < _SERIES_FROM:
        return lgamma(z + a) - lgamma(z) if z > 0 else inf
    return (z - 0.5) * log1p(a / z) + a * log(z + a) - a + _stirling(z + a) - _stirling(z)


def _stirling(z: float) -> float:
    """What Stirling's formula lacks (Abramowitz and Stegun, 6.1.41)."""
    inverse = 1 / z
    square = inverse * inverse
    return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
