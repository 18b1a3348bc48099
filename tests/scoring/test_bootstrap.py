"""The paired bootstrap against exact values and a plain one that sorts every draw."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.bootstrap import paired_bootstrap
from scoring.errors import DataError
from scoring.metrics import METRICS, auc, evaluate


def world(n=600, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.normal(-1, 1.2, n)
    label = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    noisy = 1 / (1 + np.exp(-(z + rng.normal(0, 1, n))))
    return label, {"noisy": noisy, "true": 1 / (1 + np.exp(-z)), "flat": np.full(n, label.mean())}


def test_values_are_exact_and_lie_in_their_intervals():
    label, likelihoods = world()
    found = paired_bootstrap(label, likelihoods, seed=1, capacity=50)
    for name, likelihood in likelihoods.items():
        exact = evaluate(label, likelihood, capacity=50)
        for metric in METRICS:
            estimate = found.estimates[name][metric]
            assert estimate.value == getattr(exact, metric)
            assert estimate.low <= estimate.value <= estimate.high


def test_the_better_model_is_surely_better_and_a_copy_surely_equal():
    label, likelihoods = world()
    found = paired_bootstrap(label, {**likelihoods, "copy": likelihoods["noisy"]}, seed=1)
    assert found.reference == "noisy"
    assert found.differences["true"]["log_loss"].high < 0
    assert found.differences["true"]["auc"].low > 0
    same = found.differences["copy"]["log_loss"]
    assert (same.value, same.low, same.high, same.error) == (0, 0, 0, 0)
    assert "noisy" not in found.differences


def test_bins_give_the_spread_that_sorting_every_draw_gives():
    label, likelihoods = world(3000)
    rng = np.random.default_rng(5)
    sorted_draws = []
    for _ in range(200):
        rows = rng.integers(0, 3000, 3000)
        sorted_draws.append(auc(label[rows], likelihoods["true"][rows]))
    error = paired_bootstrap(label, likelihoods, seed=2).estimates["true"]["auc"].error
    assert error == pytest.approx(np.std(sorted_draws), rel=0.2)


def test_rows_of_one_lead_are_drawn_together_so_copies_add_no_certainty():
    label, likelihoods = world(300)
    four = {name: np.tile(p, 4) for name, p in likelihoods.items()}
    lead = np.tile([f"L{i}" for i in range(300)], 4)
    once = paired_bootstrap(label, likelihoods, seed=3).estimates["true"]["log_loss"].error
    grouped = (
        paired_bootstrap(np.tile(label, 4), four, groups=lead, seed=3).estimates["true"]["log_loss"].error
    )
    alone = paired_bootstrap(np.tile(label, 4), four, seed=3).estimates["true"]["log_loss"].error
    assert grouped == pytest.approx(once, rel=0.25)
    assert alone == pytest.approx(once / 2, rel=0.25)


def test_every_block_has_its_exact_metrics():
    label, likelihoods = world(200)
    block = np.repeat(["2026-01", "2026-02"], 100)
    found = paired_bootstrap(label, likelihoods, block=block, seed=1, draws=5)
    assert list(found.blocks) == ["2026-01", "2026-02"]
    assert found.blocks["2026-02"]["true"] == evaluate(label[100:], likelihoods["true"][100:])


def test_the_same_seed_gives_the_same_intervals():
    label, likelihoods = world(100)
    first, second = (paired_bootstrap(label, likelihoods, seed=9).to_dict() for _ in range(2))
    assert first == second


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.0, 0.2, 0.9, 1.0])), max_size=12))
def test_few_or_one_sided_leads_give_none_rather_than_warnings(rows):
    label, likelihood = np.array([y for y, _ in rows]), np.array([p for _, p in rows])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = paired_bootstrap(label, {"a": likelihood, "b": 1 - likelihood}, seed=1, draws=20)
    exact = evaluate(label, likelihood)
    for metric in METRICS:
        assert found.estimates["a"][metric].value == getattr(exact, metric)


def test_columns_that_do_not_fit_together_are_refused():
    with pytest.raises(DataError, match="at least one candidate"):
        paired_bootstrap([0, 1], {}, seed=1)
    with pytest.raises(DataError, match="one of the candidates"):
        paired_bootstrap([0, 1], {"a": [0.1, 0.2]}, reference="b", seed=1)
    with pytest.raises(DataError, match="groups of a bootstrap must have a value per row"):
        paired_bootstrap([0, 1], {"a": [0.1, 0.2]}, groups=["L1"], seed=1)
    with pytest.raises(DataError, match="blocks of a bootstrap must have a value per row"):
        paired_bootstrap([0, 1], {"a": [0.1, 0.2]}, block=["L1"], seed=1)
