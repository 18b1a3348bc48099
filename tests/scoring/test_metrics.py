"""The metrics, judged by scikit-learn and by hand."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as judge
from sklearn.calibration import calibration_curve

from scoring.errors import DataError, SettingsError
from scoring.metrics import (
    METRICS,
    auc,
    average_precision,
    brier,
    calibration_error,
    capture_at,
    contacts_per_conversion,
    evaluate,
    lift_at,
    log_loss,
)


@st.composite
def judged_leads(draw):
    """Draw both outcomes, likelihoods with many ties, and weights."""
    n = draw(st.integers(2, 40))
    label = draw(st.lists(st.integers(0, 1), min_size=n, max_size=n).filter(lambda y: len({*y}) == 2))
    grid = st.integers(0, 20).map(lambda i: i / 20)
    likelihood = draw(st.lists(grid | st.floats(0, 1), min_size=n, max_size=n))
    weight = draw(st.lists(st.floats(0.01, 50), min_size=n, max_size=n))
    return np.array(label), np.array(likelihood), np.array(weight)


@given(judged_leads())
def test_scikit_learn_agrees_on_weighted_leads(leads):
    y, p, w = leads
    assert log_loss(y, p, w) == pytest.approx(judge.log_loss(y, p, sample_weight=w), rel=1e-9)
    assert brier(y, p, w) == pytest.approx(judge.brier_score_loss(y, p, sample_weight=w), rel=1e-9)
    assert auc(y, p, w) == pytest.approx(judge.roc_auc_score(y, p, sample_weight=w), abs=1e-9)
    expected = judge.average_precision_score(y, p, sample_weight=w)
    assert average_precision(y, p, w) == pytest.approx(expected, abs=1e-9)


@given(judged_leads())
def test_a_whole_weight_is_as_good_as_that_many_rows(leads):
    y, p, w = leads
    times = np.ceil(w / 10).astype(int)
    by_weight, by_rows = evaluate(y, p, times), evaluate(*(np.repeat(v, times) for v in (y, p)))
    for name in METRICS:
        assert getattr(by_weight, name) == pytest.approx(getattr(by_rows, name), abs=1e-9), name


@given(judged_leads())
def test_evaluate_gives_what_the_single_metrics_give(leads):
    y, p, w = leads
    found = evaluate(y, p, w, capacity=0.3)
    assert found.to_dict() == {
        "n": len(y),
        "weight": w.sum(),
        "capacity": 0.3,
        "base_rate": pytest.approx(np.average(y, weights=w)),
        "mean_likelihood": pytest.approx(np.average(p, weights=w)),
        "log_loss": log_loss(y, p, w),
        "brier": brier(y, p, w),
        "calibration_error": calibration_error(y, p, w),
        "auc": auc(y, p, w),
        "average_precision": average_precision(y, p, w),
        "lift_at_10": lift_at(y, p, w),
        "capture": capture_at(y, p, w, 0.3),
        "contacts_per_conversion": contacts_per_conversion(y, p, w, 0.3),
    }


def test_calibration_error_is_the_mean_gap_of_scikit_learns_quantile_curve():
    rng = np.random.default_rng(3)
    p = rng.permutation(np.linspace(0.01, 0.9, 1000))
    y = (rng.random(1000) < p**2).astype(int)
    rate, promised = calibration_curve(y, p, n_bins=10, strategy="quantile")
    assert calibration_error(y, p) == pytest.approx(np.abs(rate - promised).mean(), abs=1e-12)


def test_calibration_error_is_zero_where_every_promise_is_kept():
    assert calibration_error([1, 0, 0, 0, 1, 1, 1, 0], [0.25] * 4 + [0.75] * 4) == pytest.approx(0)


def test_lift_capture_and_contacts_by_hand():
    y, p = [1, 1, 0, 0, 1, 0, 0, 0, 0, 0], np.arange(10, 0, -1) / 10
    assert lift_at(y, p, share=0.2) == pytest.approx((2 / 2) / (3 / 10))
    assert capture_at(y, p, capacity=0.4) == pytest.approx(2 / 3)
    assert capture_at(y, p, capacity=5) == pytest.approx(1)
    assert contacts_per_conversion(y, p, capacity=4) == pytest.approx(2)


def test_a_tie_at_the_edge_is_taken_in_proportion():
    assert capture_at([1, 1, 0, 0], [0.9, 0.5, 0.5, 0.1], capacity=2) == pytest.approx(1.5 / 2)


def test_a_capacity_beyond_the_list_takes_the_list():
    assert contacts_per_conversion([1, 0, 0], [0.3, 0.2, 0.1], capacity=99) == pytest.approx(3)


def test_where_all_leads_tie_the_order_is_worth_nothing():
    found = evaluate([1, 0, 0, 1, 0], [0.4] * 5)
    assert (found.auc, found.lift_at_10) == (0.5, pytest.approx(1))
    assert (found.average_precision, found.capture) == (pytest.approx(0.4), pytest.approx(0.1))


@pytest.mark.parametrize(
    ("label", "missing"),
    [
        ([], set(METRICS)),
        ([0, 0], {"auc", "average_precision", "lift_at_10", "capture", "contacts_per_conversion"}),
        ([1, 1], {"auc"}),
    ],
)
def test_a_metric_that_does_not_exist_is_none_and_warns_nobody(label, missing):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = evaluate(label, np.linspace(0.2, 0.6, len(label)))
    assert {name for name in METRICS if getattr(found, name) is None} == missing


def test_certain_and_wrong_costs_a_finite_log_loss():
    assert log_loss([1, 0], [0.0, 1.0]) == pytest.approx(judge.log_loss([1, 0], [0.0, 1.0]))


@pytest.mark.parametrize(
    ("label", "likelihood", "weight", "rule"),
    [
        ([0, 1], [0.1], None, "same length"),
        ([0, 2], [0.1, 0.2], None, "labels that are 0 or 1"),
        ([0, 1], [0.1, np.nan], None, "likelihoods that are finite"),
        ([0, 1], [0.1, 1.2], None, "between 0 and 1"),
        ([0, 1], [0.1, 0.2], [1, -1], "weights that are finite and not negative"),
    ],
)
def test_columns_that_cannot_be_judged_are_refused(label, likelihood, weight, rule):
    with pytest.raises(DataError, match=rule):
        evaluate(label, likelihood, weight)


@pytest.mark.parametrize("capacity", [0, 0.0, 1.5, -3])
def test_a_capacity_is_a_count_or_a_share(capacity):
    with pytest.raises(SettingsError, match="whole number of leads from 1 or a share"):
        capture_at([0, 1], [0.1, 0.2], capacity=capacity)
