"""What one column, alone, knows about the outcome: the numbers that the leakage audit judges.

A column's value is scored by the conversion rate of the other folds' leads with the same value (numbers in
bins), so that neither many levels nor a bend in the relation can flatter or hide it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from scoring.bands import quantile_bins
from scoring.clean import Categories, Column
from scoring.ranking import Vector, auc_of

Codes: TypeAlias = npt.NDArray[np.intp]
Values: TypeAlias = Vector | Categories

FOLDS: Final = 5
SMOOTHING: Final = 10.0
ROWS_PER_BIN: Final = 20
MOST_BINS: Final = 64
COMPARABLE_DATES: Final = 50
FEWEST: Final = 10
"""Conversions, and leads without, below which no AUC is told from chance."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a column tells about an outcome, and how far chance alone would get (all AUCs from 0.5 up).

    `auc` is that of its values with *missing* as one of them, `filled_auc` among the leads that have a
    value, `missing_auc` that of *is missing* alone; None where there is one outcome only.  Each `_noise` is
    the standard deviation of that AUC for a column that knows nothing, infinite where one outcome is too
    rare to tell.
    """

    auc: float | None
    noise: float
    filled_auc: float | None
    filled_noise: float
    missing_auc: float | None
    missing_noise: float


class Outcome:
    """A yes or no per lead, with the folds in which columns are tried on it."""

    def __init__(self, label: npt.NDArray[np.bool_], seed: int) -> None:
        self.label = label
        self.fold = _stratified_folds(label, seed)

    def known_by(self, values: Values) -> Known:
        """Say what a column's values, and their being filled at all, tell about this outcome."""
        codes = coded(values)
        filled = codes > 0
        auc, inside = self._cross_fitted(codes, slice(None)), self._cross_fitted(codes, filled)
        if not isinstance(values, Categories):
            inside = _larger(inside, _by_size(values[filled], self.label[filled]))
            auc = _larger(auc, inside) if filled.all() else auc
        return Known(
            auc=auc,
            noise=_noise(self.label),
            filled_auc=inside,
            filled_noise=_noise(self.label[filled]),
            missing_auc=self._by_being_filled(filled),
            missing_noise=_binary_noise(self.label, float(filled.mean())),
        )

    def _cross_fitted(self, codes: Codes, rows: npt.NDArray[np.bool_] | slice) -> float | None:
        """Rank each fold by rates from the other folds; the mean over folds, since their scales differ."""
        code, fold, label = codes[rows], self.fold[rows], self.label[rows]
        if label.all() or not label.any():
            return None
        levels = int(code.max()) + 1
        cell = code * FOLDS + fold
        n = np.bincount(cell, minlength=levels * FOLDS).reshape(levels, FOLDS)
        won = np.bincount(cell, label, levels * FOLDS).reshape(levels, FOLDS)
        others, others_won = n.sum(axis=1, keepdims=True) - n, won.sum(axis=1, keepdims=True) - won
        prior = others_won.sum(axis=0) / np.maximum(others.sum(axis=0), 1)
        rate = (others_won + SMOOTHING * prior) / (others + SMOOTHING)
        aucs = [_auc_of_levels(rate[:, f], won[:, f], n[:, f] - won[:, f]) for f in range(FOLDS)]
        held = [auc for auc in aucs if np.isfinite(auc)]
        return float(np.mean(held)) if held else None

    def _by_being_filled(self, filled: npt.NDArray[np.bool_]) -> float | None:
        if self.label.all() or not self.label.any():
            return None
        return 0.5 + abs(float(filled[self.label].mean() - filled[~self.label].mean())) / 2


def tenths(values: Values) -> Codes:
    """Turn a column into whole numbers: 0 is missing, the rest its levels or its tenths."""
    if isinstance(values, Categories):
        return values.codes.astype(np.intp) + 1
    filled = np.isfinite(values)
    codes = np.zeros(len(values), np.intp)
    if filled.any():
        codes[filled] = quantile_bins(values[filled], np.ones(int(filled.sum())), 10) + 1
    return codes


def coded(values: Values) -> Codes:
    """Turn a column into whole numbers: 0 is missing, the rest its levels or its bins.

    Examples
    --------
    >>> coded(np.array([7.0, np.nan, 3.0, 7.0])).tolist()
    [2, 0, 1, 2]
    """
    if isinstance(values, Categories):
        return values.codes.astype(np.intp) + 1
    filled = np.isfinite(values)
    codes = np.zeros(len(values), np.intp)
    bins = min(max(int(filled.sum()) // ROWS_PER_BIN, 5), MOST_BINS)
    codes[filled] = quantile_bins(values[filled], np.ones(int(filled.sum())), bins) + 1
    return codes


def distinct(values: Values) -> int:
    """Count the different values of a column, missing ones aside."""
    if isinstance(values, Categories):
        return len(np.unique(values.codes[values.codes >= 0]))
    return len(np.unique(values[np.isfinite(values)]))


def later_shares(columns: Sequence[Column], values: Mapping[str, Values]) -> dict[str, float]:
    """Say for each date column in which share of its leads it lies after all their other dates."""
    dates = {c.name: v for c in columns if isinstance(v := values[c.name], np.ndarray) and c.type == "date"}
    shares = {}
    for name, moments in dates.items():
        others = [other for other_name, other in dates.items() if other_name != name]
        latest = np.fmax.reduce(others) if others else np.full(len(moments), np.nan)
        both = np.isfinite(moments) & np.isfinite(latest)
        if both.sum() >= COMPARABLE_DATES:
            shares[name] = float((moments[both] > latest[both]).mean())
    return shares


def _stratified_folds(label: npt.NDArray[np.bool_], seed: int) -> Codes:
    rng = np.random.default_rng(seed)
    fold = np.empty(len(label), np.intp)
    for outcome in (True, False):
        rows = np.flatnonzero(label == outcome)
        fold[rows] = rng.permutation(len(rows)) % FOLDS
    return fold


def _auc_of_levels(rate: Vector, won: npt.NDArray[Any], lost: npt.NDArray[Any]) -> float:
    _, place = np.unique(-rate, return_inverse=True)
    above, below = (np.bincount(place, side).astype(np.float64) for side in (won, lost))
    return float(auc_of(above, below))


def _by_size(numbers: Vector, label: npt.NDArray[np.bool_]) -> float | None:
    """Rank by the numbers themselves, up or down: it needs no fitting and loses nothing to bins."""
    if not len(label):
        return None
    auc = _auc_of_levels(numbers, label, ~label)
    return max(auc, 1 - auc) if np.isfinite(auc) else None


def _larger(first: float | None, second: float | None) -> float | None:
    known = [auc for auc in (first, second) if auc is not None]
    return max(known) if known else None


def _noise(label: npt.NDArray[np.bool_]) -> float:
    """Give the standard deviation of the AUC of a column that knows nothing (Mann and Whitney 1947)."""
    won = int(label.sum())
    lost = len(label) - won
    if min(won, lost) < FEWEST:
        return float("inf")
    return float(np.sqrt((won + lost + 1) / (12 * won * lost)))


def _binary_noise(label: npt.NDArray[np.bool_], share: float) -> float:
    """Give the same for a column of two values: nearly all leads tie, so it strays less."""
    return _noise(label) * float(np.sqrt(3 * share * (1 - share))) if 0 < share < 1 else float("inf")
