"""Bands of likelihood: tables, intervals and the check of the intervals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.bands import (
    binomial_tails,
    calibration_table,
    coverage_of_bands,
    lift_table,
    quantile_bins,
    wilson_interval,
)


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0, 1))
def test_binomial_tails_are_the_sums_of_the_binomial(k, extra, rate):
    n = k + extra
    mass = [math.comb(n, i) * rate**i * (1 - rate) ** (n - i) for i in range(n + 1)]
    at_most, at_least = binomial_tails(k, n, rate)
    assert at_most == pytest.approx(sum(mass[: k + 1]), abs=1e-9)
    assert at_least == pytest.approx(sum(mass[k:]), abs=1e-9)


@given(st.integers(1, 500), st.data())
def test_the_ends_of_wilsons_interval_are_as_far_off_as_the_normal_allows(n, data):
    k = data.draw(st.integers(0, n))
    z = 1.6448536269514722
    for end in wilson_interval(k, n):
        assert (k / n - end) ** 2 == pytest.approx(z**2 * end * (1 - end) / n, abs=1e-12)


def test_nothing_counted_means_nothing_known():
    low, high = wilson_interval([0, 0], [0, 10])
    assert (low[0], high[0]) == (0, 1)
    assert high[1] < 1


@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(1, 12))
def test_bins_keep_order_and_ties(values, bins):
    p = np.array(values) / 30
    found = quantile_bins(p, np.ones(len(p)), bins)
    assert found.max() < bins
    for value in {*p}:
        assert len({*found[p == value]}) == 1
    assert (np.diff(found[np.argsort(p)]) >= 0).all()


def test_calibration_table_sets_promise_beside_rate():
    label, likelihood = [0, 0, 0, 1, 1, 1, 1, 0], [0.2] * 4 + [0.7] * 2 + [0.9] * 2
    low, high = calibration_table(label, likelihood, bands=2)
    assert (low.n, low.likelihood, low.rate) == (4, pytest.approx(0.2), 0.25)
    assert (high.n, high.likelihood_from, high.likelihood_to, high.rate) == (4, 0.7, 0.9, 0.75)
    assert low.rate_low == pytest.approx(float(wilson_interval(1, 4)[0]))


def test_equal_weights_leave_the_interval_of_a_rate_alone():
    plain = calibration_table([0, 1, 1], [0.5] * 3)
    doubled = calibration_table([0, 1, 1], [0.5] * 3, [2.0] * 3)
    assert doubled[0].rate_high == pytest.approx(plain[0].rate_high)
    assert doubled[0].weight == 6


def test_lift_table_runs_from_the_best_leads_to_the_worst_and_captures_all():
    likelihood = np.linspace(0.01, 0.99, 100)
    rows = lift_table((likelihood > 0.85).astype(int), likelihood)
    assert [row.n for row in rows] == [10] * 10
    assert rows[0].lift == pytest.approx(10 / 1.5, rel=0.1)
    assert rows[-1].capture == pytest.approx(1)


def test_tables_without_leads_are_empty_and_without_conversions_have_no_lift():
    assert (calibration_table([], []), lift_table([], [])) == ([], [])
    assert lift_table([0, 0], [0.1, 0.2])[0].lift is None
    assert coverage_of_bands([], [], [], []).share is None


def test_an_interval_that_holds_the_rate_covers_its_band_and_one_beside_it_does_not():
    label = np.repeat([1, 0], [30, 70])
    within = coverage_of_bands(label, np.full(100, 0.28), np.full(100, 0.33), np.full(100, 0.3))
    beside = coverage_of_bands(label, np.full(100, 0.10), np.full(100, 0.15), np.full(100, 0.12))
    above = coverage_of_bands(label, np.full(100, 0.50), np.full(100, 0.60), np.full(100, 0.55))
    assert [within.share, beside.share, above.share] == [1, 0, 0]
    assert (within.rows[0].n, within.rows[0].conversions) == (100, 30)


def test_noise_of_counting_is_allowed_for():
    label = np.repeat([1, 0], [24, 76])
    assert coverage_of_bands(label, np.full(100, 0.3), np.full(100, 0.3), np.full(100, 0.3)).share == 1
    assert coverage_of_bands(label, np.full(100, 0.4), np.full(100, 0.4), np.full(100, 0.4)).share == 0


def test_true_rates_are_covered_about_as_often_as_promised():
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(40):
        rate = rng.choice(np.linspace(0.05, 0.6, 10), 2000)
        shares.append(coverage_of_bands(rng.random(2000) < rate, rate, rate, rate).share)
    assert 0.88 < np.mean(shares) < 0.96
