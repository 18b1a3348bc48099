from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from tests.markets import DAY, made_leads
from training.backtest import calibrate, held_out, run_backtest
from training.calibration import Sigmoid
from training.candidates import BASE_RATE, BOOSTING, FREQUENCIES, LOGISTIC, NEWEST, POINTS, SCORECARD
from training.folds import Fold, Plan, plan_folds
from training.recipe import Recipe

RECIPE = Recipe("trunk", strength=1.0)


@pytest.fixture(scope="module")
def forward():
    leads = made_leads(800, base=0.0, time=np.arange(800) * DAY)
    plan = plan_folds(leads.label, time=leads.time, folds=3)
    points = np.nan_to_num(leads.columns["visits"])
    return leads, plan, run_backtest(leads, plan, [RECIPE] * 3, points=points, pairs=2, seed=0)


@pytest.fixture(scope="module")
def random():
    leads = made_leads(500)
    plan = plan_folds(leads.label, random_folds=3)
    return leads, plan, run_backtest(leads, plan, [RECIPE] * 3, pairs=2, seed=0)


def test_every_candidate_is_judged_on_the_same_held_out_leads(forward, random):
    for (_, plan, found), names in (
        (forward, {BASE_RATE, NEWEST, POINTS, FREQUENCIES, LOGISTIC, BOOSTING, SCORECARD}),
        (random, {BASE_RATE, FREQUENCIES, LOGISTIC, BOOSTING, SCORECARD}),
    ):
        assert set(found.likelihoods) == names == set(found.bootstrap.estimates)
        assert found.rows.tolist() == plan.tested.tolist()
        for likelihood in found.likelihoods.values():
            assert len(likelihood) == len(found.rows)
            assert ((likelihood > 0) & (likelihood < 1)).all()


def test_metrics_are_those_of_scikit_learn(forward):
    leads, _, found = forward
    label = leads.label[found.rows]

    for name, likelihood in found.likelihoods.items():
        estimates = found.bootstrap.estimates[name]
        assert estimates["log_loss"].value == pytest.approx(log_loss(label, likelihood))
        # Rank metrics come from 1,000-bin histograms.
        assert estimates["auc"].value == pytest.approx(roc_auc_score(label, likelihood), abs=0.005)


def test_the_base_rate_of_a_fold_is_that_of_its_training_leads(forward):
    leads, plan, found = forward

    for k, fold in enumerate(plan.folds):
        told = found.likelihoods[BASE_RATE][found.fold == k]
        assert set(np.round(told, 9)) == {round(leads.label[fold.train].mean(), 9)}


def test_newest_first_orders_by_time_and_promises_the_base_rate(forward):
    leads, plan, found = forward
    told = found.likelihoods[NEWEST][found.fold == 0]
    time = leads.time[plan.folds[0].test]

    assert (np.diff(told[np.argsort(time)]) > 0).all()
    np.testing.assert_allclose(told, found.likelihoods[BASE_RATE][found.fold == 0], rtol=1e-5)


def test_a_points_rule_keeps_its_order(forward):
    leads, plan, found = forward
    points = np.nan_to_num(leads.columns["visits"])[plan.folds[0].test]
    told = found.likelihoods[POINTS][found.fold == 0]

    assert (np.diff(told[np.argsort(points, kind="stable")]) >= -1e-12).all()


def test_what_the_scorecard_says_of_a_lead_never_hangs_on_its_own_fold():
    leads = made_leads(400)
    plan = plan_folds(leads.label, random_folds=2)
    label = leads.label.copy()
    label[plan.folds[0].test] = 1 - label[plan.folds[0].test]
    before, after = (
        held_out(use, plan, [RECIPE] * 2, pairs=0, seed=0) for use in (leads, replace(leads, label=label))
    )

    np.testing.assert_array_equal(before[0], after[0])
    assert np.abs(before[1] - after[1]).max() > 0.1


def test_forward_in_time_nothing_that_comes_later_changes_what_was_said(forward):
    leads, plan, found = forward
    label = leads.label.copy()
    label[plan.folds[-1].test] = 1 - label[plan.folds[-1].test]
    again = run_backtest(replace(leads, label=label), plan, [RECIPE] * 3, pairs=2, seed=0)

    assert again.likelihoods[SCORECARD].tolist() == found.likelihoods[SCORECARD].tolist()


def test_rows_of_the_store_say_who_when_and_in_which_fold(forward, random):
    leads, _, found = forward
    frame = found.frame(leads, [f"L{row}" for row in range(len(leads))])

    assert frame.columns.tolist() == ["lead_id", "as_of", "use", "fold", "likelihood", "label", "weight"]
    assert frame["lead_id"].tolist() == [f"L{row}" for row in found.rows]
    assert [moment.timestamp() for moment in frame["as_of"]] == leads.time[found.rows].tolist()
    assert str(frame["as_of"].dt.tz) == "UTC"
    leads, _, found = random
    assert found.frame(leads, list(map(str, range(len(leads)))))["as_of"].isna().all()


def distorted(shifts: list[float], slope: float = 1.0, rows: int = 1_500) -> tuple:
    """Forward blocks whose log-odds are off by a shift each, and their plan."""
    rng = np.random.default_rng(0)
    odds, labels, folds = [], [], []
    for k, shift in enumerate(shifts):
        true = rng.normal(-1, 1, rows)
        labels.append((rng.random(rows) < 1 / (1 + np.exp(-true))).astype(int))
        odds.append(true * slope + shift)
        folds.append(Fold(np.arange(0), np.arange(k * rows, (k + 1) * rows), float(k)))
    clusters = np.arange(len(shifts) * rows) // 50
    return Plan("forward", tuple(folds), clusters, ""), odds, labels, [np.ones(rows)] * len(shifts)


def test_forward_in_time_a_calibration_needs_proof_from_past_blocks():
    plan, odds, labels, weights = distorted([0, 0, 0])

    assert calibrate(plan, odds, labels, weights, []) == Sigmoid()
    assert calibrate(plan, odds, labels, weights, [0]) == Sigmoid()
    assert calibrate(plan, odds, labels, weights, [0, 1, 2]) == Sigmoid()


def test_a_distortion_that_lasts_is_put_right_forward_in_time():
    plan, odds, labels, weights = distorted([0, 0, 0], slope=2.0)
    sigmoid = calibrate(plan, odds, labels, weights, [0, 1, 2])

    assert sigmoid.slope == pytest.approx(0.5, abs=0.08)


def test_yesterdays_correction_is_not_used_where_the_market_swings():
    plan, odds, labels, weights = distorted([-0.5, 0.5])

    assert calibrate(plan, odds, labels, weights, [0, 1]) == Sigmoid()
    assert calibrate(replace(plan, kind="random"), odds, labels, weights, [0]).shift > 0.3


def test_random_folds_are_always_calibrated():
    plan, odds, labels, weights = distorted([0.7, 0.7])
    sigmoid = calibrate(replace(plan, kind="random"), odds, labels, weights, [0, 1])

    assert sigmoid.shift == pytest.approx(-0.7, abs=0.15)


def test_the_interval_is_checked_on_folds_it_was_not_made_from(forward, random):
    for _, _, found in (forward, random):
        assert found.coverage is not None
        assert len(found.coverage.rows) > 0
