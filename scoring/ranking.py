"""How well an order of leads finds the conversions, computed from weights per bin.

Every function takes two arrays, `won` and `lost`: the weight of converted and of other leads in bins that
run from the highest likelihood to the lowest along the last axis.  With one bin per distinct likelihood
the results are exact; with a row of 1,000 bins per bootstrap draw the same lines serve 200 draws at once.
A result that does not exist (no conversion, nobody left) is NaN.
"""

from numbers import Integral
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Vector: TypeAlias = npt.NDArray[np.float64]


def ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Vector:
    """Divide, giving NaN (and no warning) where there is nothing to divide by.

    Examples
    --------
    >>> ratio([1.0, 2.0], [4.0, 0.0])
    array([0.25,  nan])
    """
    top, bottom = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
    quotient = np.full(top.shape, np.nan)
    np.divide(top, bottom, out=quotient, where=bottom != 0)
    return quotient


def auc_of(won: Vector, lost: Vector) -> Vector:
    """Give the chance that a converted lead stands above another one, ties counted half."""
    lost_total = lost.sum(axis=-1, keepdims=True)
    lost_below = lost_total - np.cumsum(lost, axis=-1)
    better = (won * (lost_below + lost / 2)).sum(axis=-1)
    return ratio(better, won.sum(axis=-1) * lost_total[..., 0])


def average_precision_of(won: Vector, lost: Vector) -> Vector:
    """Give the conversion rate of the list read from the top, averaged over the conversions met."""
    met = np.cumsum(won, axis=-1)
    precision = np.nan_to_num(ratio(met, np.cumsum(won + lost, axis=-1)))
    return ratio((won * precision).sum(axis=-1), met[..., -1] if won.shape[-1] else 0.0)


def taken(won: Vector, lost: Vector, contacts: npt.ArrayLike) -> Vector:
    """Count the conversions among the first `contacts` leads; of a tie at the edge its share is taken.

    Parameters
    ----------
    won, lost : ndarray of shape (..., n_bins)
    contacts : array-like of shape (...)
        How much weight is taken from the top.

    Returns
    -------
    ndarray of shape (...)
    """
    size = won + lost
    before = np.cumsum(size, axis=-1) - size
    room = np.asarray(contacts, np.float64)[..., None] - before
    part = np.clip(np.nan_to_num(ratio(room, size)), 0.0, 1.0)
    return np.asarray((won * part).sum(axis=-1))


def contacts_within(won: Vector, lost: Vector, capacity: float) -> Vector:
    """Turn a capacity into a number of leads: a whole number is a count, a fraction a share of all."""
    total = (won + lost).sum(axis=-1)
    return np.asarray(np.minimum(capacity, total) if isinstance(capacity, Integral) else total * capacity)


def lift_of(won: Vector, lost: Vector, capacity: float) -> Vector:
    """Give how many times the overall rate the leads within the capacity convert."""
    contacts = contacts_within(won, lost, capacity)
    overall = ratio(won.sum(axis=-1), (won + lost).sum(axis=-1))
    return ratio(ratio(taken(won, lost, contacts), contacts), overall)


def capture_of(won: Vector, lost: Vector, capacity: float) -> Vector:
    """Give the share of all conversions that is among the leads within the capacity."""
    return ratio(taken(won, lost, contacts_within(won, lost, capacity)), won.sum(axis=-1))


def contacts_per_conversion_of(won: Vector, lost: Vector, capacity: float) -> Vector:
    """Give how many leads within the capacity have to be called for one conversion."""
    contacts = contacts_within(won, lost, capacity)
    return ratio(contacts, taken(won, lost, contacts))
