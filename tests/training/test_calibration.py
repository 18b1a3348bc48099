import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.calibration import KNOTS, LEAST_SLOPE, Sigmoid, fit_sigmoid, rate_interval


def world(rows: int, seed: int, spread: float = 1.0, centre: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    """True log-odds and who converted."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(centre, spread, rows)
    return odds, (rng.random(rows) < 1 / (1 + np.exp(-odds))).astype(int)


def test_a_known_distortion_is_undone_where_leads_are_many():
    true, label = world(40_000, 0)
    told = (true + 0.8) / 0.6
    sigmoid = fit_sigmoid(told, label, np.ones(40_000))

    assert (sigmoid.shift, sigmoid.slope) == pytest.approx((-0.8, 0.6), abs=0.05)


def test_few_leads_leave_log_odds_near_what_they_were():
    shifts = []
    for seed in range(20):
        odds, label = world(40, seed)
        sigmoid = fit_sigmoid(odds, label, np.ones(40))
        assert abs(sigmoid.slope - 1) < 0.25
        shifts.append(sigmoid.shift)

    assert np.std(shifts) < 0.5


@settings(max_examples=60, deadline=None)
@given(st.integers(5, 400), st.integers(0, 99), st.floats(-3, 3))
def test_the_order_of_leads_is_never_turned(rows, seed, against):
    odds, label = world(rows, seed)

    assert fit_sigmoid(against * odds, label, np.ones(rows)).slope >= LEAST_SLOPE
    assert fit_sigmoid(-5 * odds, label, np.ones(rows), "slope").slope >= LEAST_SLOPE


def test_log_odds_turned_upside_down_end_at_the_least_slope():
    odds, label = world(20_000, 1)

    assert fit_sigmoid(-odds, label, np.ones(20_000)).slope == LEAST_SLOPE


def test_a_slope_alone_keeps_the_mean():
    odds, label = world(5_000, 2)
    sigmoid = fit_sigmoid(2 * odds, label, np.ones(5_000), "slope")

    assert sigmoid.slope < 0.8
    assert sigmoid(2 * odds).mean() == pytest.approx(2 * odds.mean(), abs=1e-6)


def test_no_calibration_changes_nothing():
    odds, label = world(50, 3)

    assert fit_sigmoid(odds, label, np.ones(50), "none") == Sigmoid() == Sigmoid(0.0, 1.0)
    assert Sigmoid()(odds).tolist() == odds.tolist()


def test_a_weight_of_two_is_a_lead_that_stands_twice():
    odds, label = world(300, 4)
    weight = np.where(np.arange(300) < 100, 2.0, 1.0)
    twice = np.r_[np.arange(300), np.arange(100)]
    weighted, repeated = (
        fit_sigmoid(odds, label, weight),
        fit_sigmoid(odds[twice], label[twice], np.ones(400)),
    )

    assert (weighted.shift, weighted.slope) == pytest.approx((repeated.shift, repeated.slope), abs=1e-8)


def test_extreme_log_odds_do_not_break_the_fit():
    odds = np.r_[np.full(50, 900.0), np.full(50, -900.0)]
    sigmoid = fit_sigmoid(odds, np.tile([1, 0], 50), np.ones(100))

    assert np.isfinite([sigmoid.shift, sigmoid.slope]).all()


@pytest.mark.parametrize(("rows", "least"), [(400, 0.8), (4_000, 0.8)])
def test_the_interval_holds_the_true_rate_of_most_bands_in_most_worlds(rows, least):
    held = []
    for seed in range(25):
        odds, label = world(rows, seed)
        interval = rate_interval(odds, label, np.ones(rows), np.arange(rows), seed=seed)
        at = np.quantile(odds, [0.1, 0.3, 0.5, 0.7, 0.9])
        held.append(_raw_holds(interval, at))
    shares = np.mean(held, axis=0)

    assert shares.mean() >= least
    assert shares.min() >= 0.6


def _raw_holds(interval, at: np.ndarray) -> np.ndarray:
    """Whether the ends as drawn, not yet widened to contain the likelihood, hold the truth."""
    low, high = (np.interp(at, interval.knots, end) for end in (interval.low, interval.high))
    return (low <= at) & (at <= high)


def test_the_interval_tells_of_a_calibration_that_is_off():
    true, label = world(20_000, 5)
    interval = rate_interval(true + 1, label, np.ones(20_000), np.arange(20_000))
    middle = float(np.median(true + 1))
    low, high = interval.at(middle)

    assert low < middle - 0.9 < high <= middle


def test_more_leads_make_a_narrower_interval():
    widths = []
    for rows in (300, 3_000, 30_000):
        odds, label = world(rows, 6)
        low, high = rate_interval(odds, label, np.ones(rows), np.arange(rows)).at(-1.0)
        widths.append(high - low)

    assert widths[0] > 2 * widths[1] > 4 * widths[2]


def test_leads_that_come_in_clusters_make_a_wider_interval():
    rng = np.random.default_rng(7)
    shift = np.repeat(rng.normal(0, 1, 60), 50)
    odds = rng.normal(-1, 1, 3_000)
    label = (rng.random(3_000) < 1 / (1 + np.exp(-odds - shift))).astype(int)
    ends = [
        rate_interval(odds, label, np.ones(3_000), clusters).at(-1.0)
        for clusters in (np.arange(3_000), np.repeat(np.arange(60), 50))
    ]
    alone, together = (high - low for low, high in ends)

    assert together > 1.5 * alone


def test_fifty_knots_span_the_leads():
    odds, label = world(1_000, 8)
    interval = rate_interval(odds, label, np.ones(1_000), np.arange(1_000))

    assert len(interval.knots) == KNOTS
    assert (interval.knots[0], interval.knots[-1]) == pytest.approx((odds.min(), odds.max()))
    assert all(low <= high for low, high in zip(interval.low, interval.high, strict=True))


def test_leads_of_the_same_log_odds_have_one_knot():
    interval = rate_interval(np.full(200, -1.0), np.tile([1, 0, 0, 0], 50), np.ones(200), np.arange(200))

    assert interval.knots == (-1.0,)
    low, high = interval.at(-1.0)
    assert -1.6 < low < -1.0 <= high < -0.5
