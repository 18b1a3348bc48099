"""The team's own points rule: in its own units until enough has converted, then with likelihoods that hold."""

from dataclasses import dataclass

import numpy as np
import pytest

from scoring.categories import Categories
from scoring.clean import Column
from scoring.points import points_card
from scoring.scorecard import Meta, logistic_array
from training.choice import Leads
from training.folds import plan_folds
from training.own_points import OwnPoints, calibrated, worth_of_points


@dataclass(frozen=True)
class Line:
    property: str
    op: str
    value: object
    points: float
    also: None = None


COLUMNS = (Column("visits", "number", "engagement"), Column("source", "category", "fit"))
LINES = (
    Line("visits", "at_least", 5, 10),
    Line("visits", "at_least", 8, 10),
    Line("source", "is", "Referral", 15),
)
META = Meta("v1", "won", 90)


def world(rows: int, seed: int = 0) -> tuple[OwnPoints, Leads]:
    rng = np.random.default_rng(seed)
    columns = {
        "visits": rng.integers(0, 10, rows).astype(float),
        "source": Categories.of(rng.choice(["Referral", "Web"], rows).astype(object)),
    }
    own = OwnPoints(points_card(LINES, COLUMNS, META), columns, rows)
    label = (rng.random(rows) < logistic_array(-2.5 + 0.08 * own.points)).astype(int)
    return own, Leads(columns, label, np.ones(rows), {"visits": "engagement", "source": "fit"})


def test_a_point_is_worth_what_was_seen():
    own, leads = world(20_000)
    sigmoid = worth_of_points(own.points, leads.label, leads.weight)
    assert sigmoid.slope == pytest.approx(0.08, abs=0.006)
    assert sigmoid.shift == pytest.approx(-2.5, abs=0.12)


def test_a_calibrated_rule_has_likelihoods_rates_and_reasons_that_add_up():
    own, leads = world(4_000)
    card = calibrated(own, leads, plan_folds(leads.label, folds=4, seed=0), META)
    assert card is not None
    assert card.meta.kind == "points"
    scores = card.score_columns(own.features, rows=4_000)
    truth = logistic_array(-2.5 + 0.08 * own.points)
    assert np.abs(scores.likelihood - truth).max() < 0.05
    np.testing.assert_allclose(card.base + scores.contributions.sum(axis=1), scores.log_odds, atol=1e-12)
    one = card.score_one({"visits": 9.0, "source": "Referral"})
    assert one.likelihood_low < one.likelihood < one.likelihood_high
    assert one.reasons[0].rate > one.reasons[0].base_rate
    order = np.argsort(own.points, kind="stable")
    assert (np.diff(scores.likelihood[order]) >= -1e-12).all()


def test_with_few_conversions_no_likelihood_is_made_up():
    own, leads = world(150)
    assert leads.label.sum() < 50
    assert calibrated(own, leads, plan_folds(leads.label, folds=4, seed=0), META) is None
