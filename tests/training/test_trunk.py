import numpy as np
import pytest

from scoring.categories import Categories
from tests.markets import made_leads
from training.encoding import Encoded, blank_terms, encode
from training.trunk import TrunkFit, out_of_fold, safe_log_odds


def encoded_of(columns, rows: int) -> Encoded:
    return encode(blank_terms(columns, {}), columns, rows)


def test_a_trunk_finds_the_slope_and_the_weight_it_was_made_of():
    rng = np.random.default_rng(0)
    x, name = rng.normal(10, 2, 20_000), rng.choice(["a", "b"], 20_000)
    odds = -1 + 0.5 * (x - 10) + 0.8 * (name == "a")
    label = (rng.random(20_000) < 1 / (1 + np.exp(-odds))).astype(int)
    encoded = encoded_of({"x": x, "name": Categories.of(name)}, 20_000)
    trunk = TrunkFit(encoded).fit(label, np.ones(20_000), 1.0)

    assert trunk.slopes[0] == pytest.approx(0.5, abs=0.05)
    assert trunk.weights[1][0] - trunk.weights[1][1] == pytest.approx(
        0.8 if encoded.terms[1].levels[0] == "a" else -0.8, abs=0.1
    )


def test_a_lead_beyond_the_range_of_training_is_carried_on_and_then_stopped():
    columns = {"x": np.arange(1_000.0)}
    encoded = encoded_of(columns, 1_000)
    trunk = TrunkFit(encoded).fit((np.arange(1_000) > 500).astype(int), np.ones(1_000), 1.0)
    odds = trunk.log_odds(encode(encoded.terms, {"x": np.array([999.0, 1_300.0, 1e6, 1e12])}, 4))

    assert odds[0] < odds[1] < odds[2] == odds[3]


def test_the_smaller_the_strength_the_nearer_to_the_base_rate():
    leads = made_leads(600)
    encoded = encoded_of(leads.columns, 600)
    spread = [
        TrunkFit(encoded).fit(leads.label, leads.weight, strength).log_odds(encoded).std()
        for strength in (1e-6, 0.01, 1.0)
    ]

    assert spread[0] < 0.01 < spread[1] < spread[2]


def test_missing_has_a_weight_of_its_own():
    x = np.where(np.arange(2_000) % 2, np.nan, 1.0)
    label = (np.arange(2_000) % 2).astype(int)
    encoded = encoded_of({"x": x}, 2_000)
    trunk = TrunkFit(encoded).fit(label, np.ones(2_000), 1.0)

    assert np.diff(trunk.log_odds(encoded)[:2]) > 2


def test_leads_of_one_kind_give_a_base_rate_alone():
    leads = made_leads(300)
    encoded = encoded_of(leads.columns, 300)
    trunk = TrunkFit(encoded).fit(np.zeros(300, dtype=int), leads.weight, 1.0)

    np.testing.assert_allclose(trunk.log_odds(encoded), safe_log_odds(0.0))


def test_no_lead_is_judged_by_a_trunk_that_saw_it():
    leads = made_leads(300)
    fit = TrunkFit(encoded_of(leads.columns, 300))
    folds = [np.arange(0, 100), np.arange(100, 200), np.arange(200, 300)]
    before = out_of_fold(fit, leads.label, leads.weight, 1.0, folds)
    label = leads.label.copy()
    label[:100] = 1 - label[:100]
    after = out_of_fold(fit, label, leads.weight, 1.0, folds)

    np.testing.assert_array_equal(after[:100], before[:100])
    assert np.abs(after[100:] - before[100:]).max() > 0.1


@pytest.mark.parametrize("rate", [0.0, 1.0, 0.25])
def test_log_odds_of_a_rate_are_finite(rate):
    assert np.isfinite(safe_log_odds(rate))
    assert 1 / (1 + np.exp(-safe_log_odds(rate))) == pytest.approx(rate, abs=2e-6)
