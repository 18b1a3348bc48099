"""A team's own points rule beside what is learned: its points of each lead, and what a point is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.points import LEAST_CALIBRATED, points_of
from scoring.scorecard import Meta, Ranks, Scorecard
from training.assemble import observed
from training.calibration import Sigmoid, fit_sigmoid, rate_interval
from training.choice import Leads
from training.folds import Plan

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class OwnPoints:
    """The rule, and what it reads of the leads that are learned from.

    Parameters
    ----------
    card : Scorecard
        Of :func:`scoring.points.points_card`.
    features : mapping of str to (array or Categories), each of shape (n_leads,)
        What it reads.
    rows : int
        Number of leads.
    """

    card: Scorecard
    features: Mapping[str, Floats | Categories]
    rows: int

    @cached_property
    def points(self) -> Floats:
        """Points of each lead, shape (n_leads,)."""
        return points_of(self.card, self.features, self.rows)


def worth_of_points(points: Floats, label: npt.NDArray[np.int_], weight: Floats) -> Sigmoid:
    """Log-odds of points: what was seen of leads with as many.

    Parameters
    ----------
    points, label, weight : array, shape (n_leads,)
        Points, conversions and weights.
    """
    rate = float(np.average(label, weights=weight))
    start, spread = float(np.log(rate / (1 - rate))), float(points.std()) or 1.0
    centred = Sigmoid(start - float(points.mean()) / spread, 1 / spread)
    fitted = fit_sigmoid(centred(points), label, weight)
    return Sigmoid(fitted(np.array([centred.shift]))[0], fitted.slope * centred.slope)


def calibrated(own: OwnPoints, leads: Leads, plan: Plan, meta: Meta, seed: int = 0) -> Scorecard | None:
    """The rule with likelihoods, as its points have turned out; None where too few have converted.

    Parameters
    ----------
    own : OwnPoints
        The rule.
    leads : Leads
        Labelled leads.
    plan : Plan
        The folds, on which its interval is judged.
    meta : Meta
        What is predicted.
    seed : int
        Seed of the draws of the interval.
    """
    if leads.label.sum() < LEAST_CALIBRATED or leads.label.all():
        return None
    points, label, weight = own.points, leads.label, leads.weight
    held = np.concatenate(
        [
            worth_of_points(points[fold.train], label[fold.train], weight[fold.train])(points[fold.test])
            for fold in plan.folds
        ]
    )
    tested, reference = plan.tested, plan.folds[-1].test if plan.kind == "forward" else plan.tested
    sigmoid = worth_of_points(points, label, weight)
    seen = own.card.score_columns(own.features, rows=own.rows)
    means = sigmoid.slope * np.average(seen.contributions[reference], axis=0, weights=weight[reference])
    sums = {
        axis: sigmoid.slope * own.card.partial_sums(axis, seen.contributions[reference].T)
        - sum(mean for mean, term in zip(means, own.card.terms, strict=True) if term.axis == axis)
        for axis in ("fit", "engagement")
        if axis in own.card.ranks.axes
    }  # fmt: skip
    return replace(
        own.card,
        meta=replace(
            meta, kind="points", rows=len(leads), conversions=int(label.sum()),
            base_rate=float(np.average(label, weights=weight)),
        ),
        base=sigmoid.shift + float(means.sum()),
        terms=tuple(
            replace(
                observed(term, bins, label),
                table=tuple(sigmoid.slope * value - float(mean) for value in term.table),
            )
            for term, bins, mean in zip(own.card.terms, seen.bins.T, means, strict=True)
        ),
        pairs=tuple(
            replace(pair, table=tuple(tuple(sigmoid.slope * value for value in row) for row in pair.table))
            for pair in own.card.pairs
        ),
        interval=rate_interval(held, label[tested], weight[tested], plan.clusters[tested], seed=seed),
        ranks=Ranks.of(sigmoid(points[reference]), dict(sums), meta.grades),
    )  # fmt: skip
