"""What a column knows: cross-fitted, whatever its shape, however many levels."""

import numpy as np
import pytest

from scoring.clean import Categories, Column
from scoring.hindsight import Outcome, coded, distinct, later_shares


def outcome(label):
    return Outcome(np.asarray(label, bool), seed=0)


def test_a_level_per_lead_knows_nothing():
    label = np.arange(400) % 4 == 0
    names = Categories(np.arange(400, dtype=np.int32), tuple(map(str, range(400))))
    assert outcome(label).known_by(names).auc == pytest.approx(0.5)


def test_many_noise_levels_know_nothing():
    rng = np.random.default_rng(0)
    label = rng.random(5000) < 0.2
    levels = Categories(rng.integers(0, 500, 5000).astype(np.int32), tuple(map(str, range(500))))
    known = outcome(label).known_by(levels)
    assert abs(known.auc - 0.5) < 4 * known.noise


def test_a_number_that_is_high_at_both_ends_is_seen():
    x = np.linspace(-1, 1, 2000)
    assert outcome(np.abs(x) > 0.8).known_by(x).auc > 0.98


def test_a_number_that_falls_is_seen_as_well_as_one_that_rises():
    x = np.arange(200.0)
    assert outcome(x < 60).known_by(x).auc == 1


def test_being_filled_is_told_from_the_values():
    label = np.repeat([True, False], [100, 300])
    values = np.where(label, 1.0, np.nan)
    values[100:150] = 1.0
    known = outcome(label).known_by(values)
    assert known.missing_auc == pytest.approx(0.5 + (1 - 50 / 300) / 2)
    assert known.filled_auc == pytest.approx(0.5)


def test_one_outcome_only_tells_nothing():
    known = outcome(np.zeros(50)).known_by(np.arange(50.0))
    assert (known.auc, known.filled_auc, known.missing_auc) == (None, None, None)
    assert known.noise == np.inf


def test_columns_that_know_nothing_stay_within_the_noise():
    rng = np.random.default_rng(1)
    label = rng.random(400) < 0.3
    aucs, missing = [], []
    for _ in range(200):
        known = outcome(label).known_by(np.where(rng.random(400) < 0.4, np.nan, rng.integers(0, 3, 400)))
        aucs.append(known.auc)
        missing.append(known.missing_auc - 0.5)
    assert np.quantile(aucs, 0.98) - 0.5 < 3 * known.noise
    assert np.sqrt(np.mean(np.square(missing))) == pytest.approx(known.missing_noise, rel=0.2)


def test_missing_is_a_value_of_its_own():
    assert coded(Categories(np.array([-1, 1, 0], np.int32), ("a", "b"))).tolist() == [0, 2, 1]
    assert distinct(Categories(np.array([-1, 1, 1], np.int32), ("a", "b"))) == 1
    assert distinct(np.array([np.nan, 2.0, 2.0])) == 1


def test_only_dates_are_compared_with_dates():
    columns = [
        Column("created", "date", "fit"),
        Column("closed", "date", "fit"),
        Column("visits", "number", "fit"),
    ]
    values = {"created": np.arange(60.0), "closed": np.arange(60.0) + 5, "visits": np.full(60, 1e12)}
    assert later_shares(columns, values) == {"created": 0.0, "closed": 1.0}
