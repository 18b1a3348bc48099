"""Calibration: from log-odds of leads that a model had not seen to likelihoods that hold, and how surely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from scoring.scorecard import Interval

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int_]

KNOTS = 50
CELLS = 1_000
DRAWS = 200
LEAST_SLOPE = 0.05
Kind = Literal["none", "slope", "full"]
KINDS: tuple[Kind, ...] = ("none", "slope", "full")


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """Calibrated log-odds = ``shift + slope * log-odds``; the slope is positive, so the order stays.

    Parameters
    ----------
    shift, slope : float
        0 and 1 where nothing has to be put right.
    """

    shift: float = 0.0
    slope: float = 1.0

    def __call__(self, log_odds: Floats) -> Floats:
        """Calibrated log-odds."""
        return self.shift + self.slope * log_odds


def fit_sigmoid(log_odds: Floats, label: Ints, weight: Floats, kind: Kind = "full") -> Sigmoid:
    """The sigmoid that makes held-out log-odds honest, held near the identity where leads are few.

    Parameters
    ----------
    log_odds : array of float, shape (n_leads,)
        Given by models that had not seen the lead.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    kind : {"full", "slope", "none"}
        Whether shift and slope are learned, the slope about the mean alone, or nothing.

    Notes
    -----
    Platt (1999), with normal priors in place of his smoothed targets: shift 0 ± 0.5, slope 1 ± 0.125.
    """
    if kind == "none":
        return Sigmoid()
    centre = float(np.average(log_odds, weights=weight)) if kind == "slope" else 0.0
    basis = np.column_stack([np.ones(len(log_odds)), log_odds - centre])
    penalty = np.array([1e9 if kind == "slope" else 4.0, 64.0])
    shift, tilt = _logistic(basis, log_odds, label, weight, penalty)
    slope = max(LEAST_SLOPE, float(1 + tilt))
    return Sigmoid(float(shift) + centre * (1 - slope), slope)


def _logistic(basis: Floats, offset: Floats, label: Floats | Ints, weight: Floats, penalty: Floats) -> Floats:
    """Coefficients of a penalised logistic regression beside an offset, by damped Newton steps."""
    found = np.zeros(basis.shape[1])
    loss = np.inf
    step = np.zeros_like(found)
    for _ in range(50):
        odds = offset + basis @ found
        now = float(weight @ (np.logaddexp(0, odds) - label * odds) + penalty @ found**2 / 2)
        if now > loss + 1e-12:
            step /= 2
            found -= step
            continue
        likelihood = 1 / (1 + np.exp(-np.clip(odds, -700, 700)))
        slope = basis.T @ (weight * (likelihood - label)) + penalty * found
        bend = (basis * (weight * likelihood * (1 - likelihood))[:, None]).T @ basis + np.diag(penalty)
        step = -np.linalg.solve(bend, slope)
        if loss - now < 1e-10 and np.abs(step).max() < 1e-9:
            break
        loss = now
        found = found + step
    return found


def rate_interval(
    log_odds: Floats, label: Ints, weight: Floats, clusters: npt.NDArray[np.intp], *, seed: int = 0
) -> Interval:
    """The 90 % interval of the conversion rate among leads with the same calibrated log-odds.

    Parameters
    ----------
    log_odds : array of float, shape (n_leads,)
        Calibrated, given by models that had not seen the lead.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    clusters : array of int, shape (n_leads,)
        What is drawn as one.
    seed : int
        Seed of the draws.

    Notes
    -----
    Each draw of the leads refits a broken line to log-odds minus calibration, held softly near zero;
    leads are first gathered in 1,000 cells, so that a draw costs the same for any number of them.
    """
    bottom, top = float(log_odds.min()), float(log_odds.max())
    spread = top - bottom > 1e-6
    knots = np.linspace(bottom, top, KNOTS) if spread else np.array([float(np.median(log_odds))])
    edges = np.unique(np.quantile(log_odds, np.linspace(0, 1, CELLS + 1)[1:-1]))
    cell = np.searchsorted(edges, log_odds, side="right")
    size = len(edges) + 1
    held = np.bincount(cell, minlength=size)
    centre = np.bincount(cell, log_odds, minlength=size) / np.maximum(held, 1)
    basis, at_knots = _broken_line(log_odds, centre), _broken_line(log_odds, knots)
    penalty = np.r_[0.01, np.full(basis.shape[1] - 1, 1.0)]
    drawn = []
    for weights in _draws(weight, clusters, seed):
        total = np.bincount(cell, weights, minlength=size)
        won = np.bincount(cell, weights * label, minlength=size)
        share = np.divide(won, total, out=np.zeros(size), where=total > 0)
        drawn.append(knots + at_knots @ _logistic(basis, centre, share, total, penalty))
    low, high = np.quantile(np.array(drawn), [0.05, 0.95], axis=0)
    return Interval(tuple(knots.tolist()), tuple(low.tolist()), tuple(high.tolist()))


def _broken_line(log_odds: Floats, at: Floats) -> Floats:
    """Constant, slope and hinges at the quantiles of the log-odds, in units of their spread."""
    places = np.unique(np.quantile(log_odds, [0.2, 0.4, 0.6, 0.8, 0.95]))
    spread = float(log_odds.std()) or 1.0
    within = np.clip(at, log_odds.min(), log_odds.max())
    hinges = [np.maximum(within - place, 0) / spread for place in places]
    return np.column_stack([np.ones(len(at)), (within - log_odds.mean()) / spread, *hinges])


def _draws(weight: Floats, clusters: npt.NDArray[np.intp], seed: int) -> list[Floats]:
    _, place = np.unique(clusters, return_inverse=True)
    count = int(place.max()) + 1
    rng = np.random.default_rng(seed)
    return [weight * rng.multinomial(count, np.full(count, 1 / count))[place] for _ in range(DRAWS)]
