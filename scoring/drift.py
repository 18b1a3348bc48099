"""How far a distribution has moved: the population stability index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

STABLE, MOVED = 0.1, 0.25
_HALF = 0.5


def psi(before: npt.NDArray[np.float64], after: npt.NDArray[np.float64]) -> float:
    """Population stability index of two histograms: below 0.1 stable, above 0.25 moved.

    Half a lead is added to each bin, so that an empty one is no infinite news.

    Parameters
    ----------
    before, after : array of float, shape (n_bins,)
        Leads per bin.

    Examples
    --------
    >>> round(psi(np.array([500.0, 500.0]), np.array([500.0, 500.0])), 3)
    0.0
    >>> psi(np.array([800.0, 200.0]), np.array([500.0, 500.0])) > MOVED
    True
    """
    shares = [(counts + _HALF) / (counts.sum() + _HALF * len(counts)) for counts in (before, after)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
