"""How good likelihoods are: as promises (log loss, Brier, calibration) and as an order (AUC, lift, capture).

Weights stand everywhere, since snapshots carry them.  A metric that does not exist is None, never a
warning: every metric without rows; `auc` with one outcome only; `average_precision`, `lift_at`,
`capture_at` and `contacts_per_conversion` without a conversion (the last: among those taken).  If all leads
tie, the order is worth nothing: AUC one half, lift 1.  Leads that tie at the edge of a share are taken in
proportion.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from numbers import Integral
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.bands import BANDS, quantile_bins
from scoring.errors import SettingsError
from scoring.judged import Judged
from scoring.ranking import (
    Vector,
    auc_of,
    average_precision_of,
    capture_of,
    contacts_per_conversion_of,
    lift_of,
)

LIFT_SHARE: Final = 0.1
ORDER_METRICS: Final[Mapping[str, Callable[[Vector, Vector, float], Vector]]] = {
    "auc": lambda won, lost, _: auc_of(won, lost),
    "average_precision": lambda won, lost, _: average_precision_of(won, lost),
    "lift_at_10": lambda won, lost, _: lift_of(won, lost, LIFT_SHARE),
    "capture": capture_of,
    "contacts_per_conversion": contacts_per_conversion_of,
}
METRICS: Final = ("log_loss", "brier", "calibration_error", *ORDER_METRICS)


@dataclass(frozen=True, slots=True)
class Metrics:
    """Every metric of one list of likelihoods; None where it does not exist.

    `capture` and `contacts_per_conversion` are those of the leads within `capacity`.
    """

    n: int
    weight: float
    capacity: float
    base_rate: float | None
    mean_likelihood: float | None
    log_loss: float | None
    brier: float | None
    calibration_error: float | None
    auc: float | None
    average_precision: float | None
    lift_at_10: float | None
    capture: float | None
    contacts_per_conversion: float | None

    def to_dict(self) -> dict[str, Any]:
        """Give the metrics as JSON-ready values."""
        return asdict(self)


def log_loss(
    label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float | None:
    """Say how surprised the likelihoods were by what happened; the measure that models are chosen by.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional

    Returns
    -------
    float or None
        Mean of -log of the likelihood given to what happened; likelihoods are kept 2.2e-16 off 0 and 1.

    Examples
    --------
    >>> round(log_loss([1, 0], [0.8, 0.4]), 4)
    0.367
    """
    judged = Judged.of(label, likelihood, weight)
    return _mean(judged.surprise(), judged.weight)


def brier(
    label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float | None:
    """Give the mean squared distance between the likelihood and what happened.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional

    Examples
    --------
    >>> round(brier([1, 0], [0.8, 0.4]), 4)
    0.1
    """
    judged = Judged.of(label, likelihood, weight)
    return _mean(judged.squared_error(), judged.weight)


def calibration_error(
    label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None, bands: int = BANDS
) -> float | None:
    """Say by how much promised and observed rates differ on average over bands of leads.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    bands : int

    Returns
    -------
    float or None
        Expected calibration error: the leads are cut by likelihood into `bands` of equal weight (ties
        kept together); the mean, by weight, of |mean likelihood - observed rate| over the bands.

    Examples
    --------
    >>> round(calibration_error([1, 0, 1, 1], [0.4, 0.4, 0.9, 0.9], bands=2), 4)
    0.1
    """
    judged = Judged.of(label, likelihood, weight)
    bins = quantile_bins(judged.likelihood, judged.weight, bands)
    gaps = np.bincount(bins, weights=judged.weight * (judged.likelihood - judged.label))
    total = float(judged.weight.sum())
    return float(np.abs(gaps).sum()) / total if total else None


def auc(label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float | None:
    """Give the chance that a converted lead stands above one that did not convert, ties counted half.

    Parameters
    ----------
    label : array-like of shape (n_leads,)
    likelihood : array-like of shape (n_leads,)
        Any finite numbers, not only likelihoods.
    weight : array-like of shape (n_leads,), optional

    Examples
    --------
    >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.4, 0.8])
    0.875
    """
    return _of_order("auc", label, likelihood, weight)


def average_precision(
    label: npt.ArrayLike, likelihood: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float | None:
    """Give the conversion rate of the list read from the top, averaged over the conversions met.

    Parameters
    ----------
    label : array-like of shape (n_leads,)
    likelihood : array-like of shape (n_leads,)
        Any finite numbers, not only likelihoods.
    weight : array-like of shape (n_leads,), optional

    Examples
    --------
    >>> round(average_precision([1, 0, 1], [0.9, 0.5, 0.2]), 4)
    0.8333
    """
    return _of_order("average_precision", label, likelihood, weight)


def lift_at(
    label: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    share: float = LIFT_SHARE,
) -> float | None:
    """Say how many times better than average the best leads convert.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    share : float or int
        A fraction is a share of the leads, a whole number a count of them (1 is one lead).

    Examples
    --------
    >>> lift_at([1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1], share=0.5)
    2.0
    """
    judged = Judged.of(label, likelihood, weight, promises=False)
    return _or_none(lift_of(*judged.best_first(), checked_capacity(share)))


def capture_at(
    label: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    capacity: float = LIFT_SHARE,
) -> float | None:
    """Say which share of all conversions sales gets by working only the best leads.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    capacity : float or int
        A fraction is a share of the leads, a whole number a count of them (1 is one lead).

    Examples
    --------
    >>> capture_at([1, 0, 1, 0], [0.9, 0.3, 0.2, 0.1], capacity=2)
    0.5
    """
    return _of_order("capture", label, likelihood, weight, capacity)


def contacts_per_conversion(
    label: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    capacity: float = LIFT_SHARE,
) -> float | None:
    """Say how many of the best leads have to be called for one conversion.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    capacity : float or int
        A fraction is a share of the leads, a whole number a count of them (1 is one lead).

    Examples
    --------
    >>> contacts_per_conversion([1, 0, 1, 0], [0.9, 0.3, 0.2, 0.1], capacity=0.5)
    2.0
    """
    return _of_order("contacts_per_conversion", label, likelihood, weight, capacity)


def evaluate(
    label: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
    capacity: float = LIFT_SHARE,
) -> Metrics:
    """Give every metric of one list of likelihoods at once.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_leads,)
    weight : array-like of shape (n_leads,), optional
    capacity : float or int
        What sales can work: a fraction is a share of the leads, a whole number a count of them.

    Returns
    -------
    Metrics

    Examples
    --------
    >>> evaluate([1, 0, 0, 0], [0.9, 0.3, 0.2, 0.1], capacity=0.5).contacts_per_conversion
    2.0
    """
    judged = Judged.of(label, likelihood, weight)
    checked_capacity(capacity)
    won, lost = judged.best_first()
    return Metrics(
        n=len(judged.label),
        weight=float(judged.weight.sum()),
        capacity=capacity,
        base_rate=_mean(judged.label, judged.weight),
        mean_likelihood=_mean(judged.likelihood, judged.weight),
        log_loss=_mean(judged.surprise(), judged.weight),
        brier=_mean(judged.squared_error(), judged.weight),
        calibration_error=calibration_error(judged.label, judged.likelihood, judged.weight),
        **{name: _or_none(metric(won, lost, capacity)) for name, metric in ORDER_METRICS.items()},
    )


def checked_capacity(capacity: float) -> float:
    """Let a whole number of leads or a share of them pass.

    Raises
    ------
    SettingsError
        If it is neither.
    """
    if capacity >= 1 if isinstance(capacity, Integral) else 0 < capacity <= 1:
        return capacity
    raise SettingsError(
        "A capacity must be a whole number of leads from 1 or a share of them above 0 and up to 1.0. "
        f"Got {capacity!r}."
    )


def _of_order(
    name: str,
    label: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    weight: npt.ArrayLike | None,
    capacity: float = LIFT_SHARE,
) -> float | None:
    judged = Judged.of(label, likelihood, weight, promises=False)
    return _or_none(ORDER_METRICS[name](*judged.best_first(), checked_capacity(capacity)))


def _mean(values: Vector, weight: Vector) -> float | None:
    total = float(weight.sum())
    return float(values @ weight) / total if total else None


def _or_none(value: npt.ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return None if np.isnan(number) else number
