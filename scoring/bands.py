"""Leads in bands of likelihood: what was promised, and what happened.

Tables for people (calibration, lift) and the check that the interval of the likelihood holds.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.judged import Judged
from scoring.ranking import Vector

BANDS = 10
CERTAINTY = 0.9


@dataclass(frozen=True, slots=True)
class Band:
    """One row of the calibration table: what was promised and what was observed."""

    n: int
    weight: float
    likelihood_from: float
    likelihood_to: float
    likelihood: float
    rate: float
    rate_low: float
    rate_high: float

    def to_dict(self) -> dict[str, Any]:
        """Give the row as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class LiftRow:
    """One row of the lift table; rows run from the best leads to the worst."""

    decile: int
    n: int
    weight: float
    conversions: float
    rate: float
    lift: float | None
    capture: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the row as JSON-ready values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CoverageRow:
    """One band of held-out leads, and whether its interval explains what was counted in it."""

    n: int
    conversions: int
    likelihood: float
    low: float
    high: float
    covered: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """The bands of held-out leads and the share of them that the intervals explain (None: no leads)."""

    rows: tuple[CoverageRow, ...]
    share: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the rows and the share as JSON-ready values."""
        return {"rows": [asdict(row) for row in self.rows], "share": self.share}


def quantile_bins(values: Vector, weight: Vector, bins: int) -> npt.NDArray[np.intp]:
    """Cut leads into bins of about equal weight, lowest first, leads with equal values kept together.

    Parameters
    ----------
    values, weight : ndarray of shape (n_leads,)
    bins : int

    Returns
    -------
    ndarray of int of shape (n_leads,)
        A value's bin is where the middle of its weight falls.  Where there are no more distinct values
        than bins, each value has a bin of its own.

    Examples
    --------
    >>> quantile_bins(np.array([0.1, 0.4, 0.2, 0.4]), np.ones(4), bins=2)
    array([0, 1, 0, 1])
    """
    distinct, place = np.unique(values, return_inverse=True)
    if len(distinct) <= bins:
        return place
    size = np.bincount(place, weights=weight, minlength=len(distinct))
    total = size.sum() or 1.0
    middle = (np.cumsum(size) - size / 2) / total
    return np.minimum((middle * bins).astype(np.intp), bins - 1)[place]


def wilson_interval(
    conversions: npt.ArrayLike, n: npt.ArrayLike, certainty: float = CERTAINTY
) -> tuple[Vector, Vector]:
    """Say between which rates the true rate lies when so many of n leads converted.

    Parameters
    ----------
    conversions, n : array-like
        May be fractional (effective numbers of weighted leads).
    certainty : float

    Returns
    -------
    low, high : ndarray
        0 and 1 where n is 0: nothing is known.

    Notes
    -----
    Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> low, high = wilson_interval(31, 100)
    >>> round(float(low), 3), round(float(high), 3)
    (0.24, 0.39)
    """
    k, size = np.asarray(conversions, np.float64), np.asarray(n, np.float64)
    z2 = NormalDist().inv_cdf(0.5 + certainty / 2) ** 2
    centre = (k + z2 / 2) / (size + z2)
    # 0 * x / 0 at n = 0 is avoided by multiplying k (n - k) / n out as k - k * rate.
    rate = k / np.where(size > 0, size, 1.0)
    spread = np.sqrt(z2 * np.maximum(k - k * rate, 0.0) + z2 * z2 / 4) / (size + z2)
    return np.maximum(centre - spread, 0.0), np.minimum(centre + spread, 1.0)


def calibration_table(
    label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None, bands: int = BANDS
) -> list[Band]:
    """Set the promised likelihood beside the observed rate, band by band from the lowest.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    bands : int
        Bands of about equal weight; equal likelihoods stay together, so there may be fewer.

    Returns
    -------
    list of Band
        The interval of the rate is Wilson's at 90 %, for weighted leads with Kish's effective number
        (sum of weights squared over sum of squared weights).  Bands without weight are left out.

    Examples
    --------
    >>> [row.rate for row in calibration_table([0, 1, 1, 1], [0.2, 0.2, 0.8, 0.8], bands=2)]
    [0.5, 1.0]
    """
    judged = Judged.of(label, likelihood, weight)
    y, p, w = judged.label, judged.likelihood, judged.weight
    table = []
    for rows in _rows_by_bin(p, w, bands):
        share = w[rows]
        total = float(share.sum())
        promised, rate = float(share @ p[rows]) / total, float(share @ y[rows]) / total
        effective = total**2 / float(share @ share)
        low, high = wilson_interval(rate * effective, effective)
        edges = float(p[rows].min()), float(p[rows].max())
        table.append(Band(len(rows), total, *edges, promised, rate, float(low), float(high)))
    return table


def lift_table(
    label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None, bands: int = BANDS
) -> list[LiftRow]:
    """Show how much of the business sits in the best tenth of the leads, the next tenth, and so on.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    bands : int
        Equal likelihoods stay together, so there may be fewer and unequal ones.

    Returns
    -------
    list of LiftRow
        Best first.  `capture` is cumulative: the share of all conversions in this row and those above.
        Without any conversion `lift` and `capture` are None.

    Examples
    --------
    >>> [(row.lift, row.capture) for row in lift_table([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9], bands=2)]
    [(2.0, 1.0), (0.0, 1.0)]
    """
    judged = Judged.of(label, likelihood, weight)
    y, p, w = judged.label, judged.likelihood, judged.weight
    all_leads, all_conversions = float(w.sum()), float(w @ y)
    table, found = [], 0.0
    for decile, rows in enumerate(reversed(list(_rows_by_bin(p, w, bands))), start=1):
        total, conversions = float(w[rows].sum()), float(w[rows] @ y[rows])
        found += conversions
        rate = conversions / total
        lift = rate * all_leads / all_conversions if all_conversions else None
        capture = found / all_conversions if all_conversions else None
        table.append(LiftRow(decile, len(rows), total, conversions, rate, lift, capture))
    return table


def coverage_of_bands(
    label: npt.ArrayLike,
    low: npt.ArrayLike,
    high: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    bands: int = BANDS,
    certainty: float = CERTAINTY,
) -> Coverage:
    """Check that the interval shown beside a likelihood holds for leads that were kept aside.

    Parameters
    ----------
    label, low, high, likelihood : array-like of shape (n_leads,)
        One row per held-out lead.
    bands : int
    certainty : float
        Two-sided allowance for the noise of counting.

    Returns
    -------
    Coverage
        A band counts as covered if some rate within [mean low, mean high] makes its number of conversions
        unsurprising: neither tail of the binomial below (1 - certainty) / 2.
    """
    judged = Judged.of(label, likelihood)
    y, p, w = judged.label, judged.likelihood, judged.weight
    bottom, top = np.asarray(low, np.float64), np.asarray(high, np.float64)
    rows = [
        _coverage_row(y[i], float(p[i].mean()), float(bottom[i].mean()), float(top[i].mean()), certainty)
        for i in _rows_by_bin(p, w, bands)
    ]
    share = sum(row.covered for row in rows) / len(rows) if rows else None
    return Coverage(tuple(rows), share)


def binomial_tails(k: int, n: int, rate: float) -> tuple[float, float]:
    """Give the chances of at most k and of at least k conversions among n leads of that rate.

    Examples
    --------
    >>> [round(tail, 4) for tail in binomial_tails(1, 3, 0.5)]
    [0.5, 0.875]
    """
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])
    counts = np.arange(n + 1)
    p = min(max(rate, 1e-300), 1 - 1e-16)
    ways = log_factorial[n] - log_factorial - log_factorial[::-1]
    mass = np.exp(ways + counts * np.log(p) + (n - counts) * np.log1p(-p))
    return min(float(mass[: k + 1].sum()), 1.0), min(float(mass[k:].sum()), 1.0)


def _coverage_row(label: Vector, likelihood: float, low: float, high: float, certainty: float) -> CoverageRow:
    n, k = len(label), int(label.sum())
    surprise = (1 - certainty) / 2
    # The tails are monotone in the rate, so the ends of the interval decide for all rates between them.
    not_too_few = binomial_tails(k, n, low)[0] >= surprise
    not_too_many = binomial_tails(k, n, high)[1] >= surprise
    return CoverageRow(n, k, likelihood, low, high, not_too_few and not_too_many)


def _rows_by_bin(p: Vector, w: Vector, bands: int) -> Iterator[npt.NDArray[np.intp]]:
    """Give the rows of each bin that holds any weight, lowest likelihood first."""
    bins = quantile_bins(p, w, bands)
    order = np.argsort(bins, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(bins))[:-1]) if len(p) else ():
        if w[rows].sum() > 0:
            yield rows
