"""The trunk: one slope per number and one weight per category, a regularised logistic regression.

It is what carries a scorecard into months that differ from those it was learned in: a line extrapolates,
a table cannot.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import ThreadpoolController

from training.encoding import Encoded

Floats = npt.NDArray[np.float64]

# A column in so large a unit needs so small a coefficient that holding it back does nothing.
FREE = 30.0
STRENGTHS = (0.001, 0.01, 0.1, 1.0)
# The solver's vectors are short: threads would spend their time waiting for each other.
THREADS = ThreadpoolController()


@dataclass(frozen=True, slots=True)
class Trunk:
    """A fitted trunk.

    Parameters
    ----------
    base : float
        Log-odds where every number is at its centre and every weight is 0.
    slopes : array of float, shape (n_features,)
        Log-odds per unit of each number; 0 for categories.
    weights : tuple of array of float
        Log-odds per bin of each feature; of a number only *missing* has one.
    """

    base: float
    slopes: Floats
    weights: tuple[Floats, ...]

    def log_odds(self, encoded: Encoded) -> Floats:
        """Log-odds of leads, shape (n_leads,)."""
        total = np.full(len(encoded.bins), self.base)
        for position, term in enumerate(encoded.terms):
            total += self.weights[position][encoded.bins[:, position]]
            if self.slopes[position]:
                line = np.clip(encoded.numbers[:, position], term.low, term.high) - term.centre
                total += self.slopes[position] * np.nan_to_num(line)
        return total


@dataclass(frozen=True, slots=True)
class _Block:
    """Where one feature's columns stand in the matrix, and the units of its slope and of its weights."""

    line: int | None
    places: dict[int, int]
    scale: float
    unit: float


class TrunkFit:
    """The leads as a sparse matrix, from which trunks of any strength are fitted.

    Parameters
    ----------
    encoded : Encoded
        The leads.
    free : collection of str
        Features whose weights are not held back.
    """

    def __init__(self, encoded: Encoded, free: Collection[str] = ()) -> None:
        self.encoded = encoded
        self._free = free
        self._blocks: list[_Block] = []
        self._matrix = self._build()

    def _build(self) -> sparse.csr_matrix:
        encoded, parts, width = self.encoded, [], 0
        rows = np.arange(len(encoded.bins))
        for position, term in enumerate(encoded.terms):
            bins = encoded.bins[:, position]
            line, scale = None, 1.0
            if term.kind == "number":
                values = np.nan_to_num(
                    np.clip(encoded.numbers[:, position], term.low, term.high) - term.centre
                )
                scale = float(values.std()) or 1.0
                parts.append(sparse.csr_matrix((values / scale)[:, None]))
                line, width = width, width + 1
            weighted = [term.missing] if term.kind == "number" else range(term.size)
            places = {place: width + i for i, place in enumerate(weighted)}
            lookup = np.full(term.size, -1)
            lookup[list(places)] = np.arange(len(places))
            column = lookup[bins]
            shown = column >= 0
            unit = FREE if term.feature in self._free else 1.0
            parts.append(
                sparse.csr_matrix(
                    (np.full(shown.sum(), unit), (rows[shown], column[shown])),
                    shape=(len(rows), len(places)),
                )
            )
            width += len(places)
            self._blocks.append(_Block(line, places, scale, unit))
        return sparse.hstack(parts, format="csr") if parts else sparse.csr_matrix((len(rows), 0))

    def fit(
        self,
        label: npt.NDArray[np.int_],
        weight: Floats,
        strength: float,
        rows: npt.NDArray[np.intp] | None = None,
    ) -> Trunk:
        """A trunk of one strength.

        Parameters
        ----------
        label : array of int, shape (n_leads,)
            1 where the lead converted.
        weight : array of float, shape (n_leads,)
            Weight of each lead.
        strength : float
            Inverse of the regularisation: the smaller, the nearer to the base rate.
        rows : array of int, optional
            The rows to fit to.
        """
        matrix = self._matrix if rows is None else self._matrix[rows]
        label = label if rows is None else label[rows]
        weight = weight if rows is None else weight[rows]
        if len(np.unique(label)) < 2:
            return self._trunk(np.zeros(matrix.shape[1]), safe_log_odds(float(label[0])))
        model = LogisticRegression(C=strength, max_iter=300, tol=1e-5)
        with THREADS.limit(limits=1, user_api="blas"), warnings.catch_warnings():
            # Where features say almost the same, the last digits of weak trunks take ever more steps; what the
            # folds judge is the trunk as it is.
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(matrix, label, sample_weight=weight)
        return self._trunk(model.coef_[0], float(model.intercept_[0]))

    def _trunk(self, coefficients: Floats, base: float) -> Trunk:
        slopes, weights = np.zeros(len(self._blocks)), []
        for position, block in enumerate(self._blocks):
            if block.line is not None:
                slopes[position] = coefficients[block.line] / block.scale
            table = np.zeros(self.encoded.terms[position].size)
            for place, column in block.places.items():
                table[place] = coefficients[column] * block.unit
            weights.append(table)
        return Trunk(base, slopes, tuple(weights))


def safe_log_odds(rate: float) -> float:
    """Log-odds of a rate, finite also where nobody or everybody converted."""
    rate = min(max(rate, 1e-6), 1 - 1e-6)
    return math.log(rate / (1 - rate))


def out_of_fold(
    fit: TrunkFit,
    label: npt.NDArray[np.int_],
    weight: Floats,
    strength: float,
    folds: Sequence[npt.NDArray[np.intp]],
) -> Floats:
    """Log-odds of each lead from a trunk that did not see it, shape (n_leads,).

    Parameters
    ----------
    fit : TrunkFit
        The leads.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    strength : float
        As in :meth:`TrunkFit.fit`.
    folds : sequence of array of int
        Rows of each fold; together all rows.
    """
    predicted = np.empty(len(label))
    everything = np.arange(len(label))
    for held in folds:
        learned = np.setdiff1d(everything, held)
        trunk = fit.fit(label, weight, strength, learned)
        encoded = fit.encoded
        predicted[held] = trunk.log_odds(encoded.take(held))
    return predicted
