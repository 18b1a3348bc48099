import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.categories import Categories
from training.encoding import MOST_CUTS, blank_terms, encode, readable_cuts, take

ANYWHERE = st.floats(-1e15, 1e15, allow_subnormal=False)
FEW = st.sampled_from([0.0, 1.0, 2.5, 1e-9, -7.0, 1e9])
VALUES = arrays(
    float, st.integers(0, 300), elements=st.one_of(ANYWHERE, FEW, st.integers(-50, 50).map(float))
)


@settings(max_examples=200)
@given(VALUES)
def test_cut_points_are_at_most_32_and_ascend(values):
    cuts = readable_cuts(values)

    assert len(cuts) <= MOST_CUTS
    assert all(low < high for low, high in zip(cuts, cuts[1:], strict=False))
    assert all(math.isfinite(cut) for cut in cuts)


@settings(max_examples=200)
@given(st.lists(st.one_of(ANYWHERE, FEW), max_size=33))
def test_few_values_are_all_parted(values):
    values = np.array(values)
    distinct = np.unique(values)
    cuts = readable_cuts(values)

    bins = np.searchsorted(cuts, distinct, side="left")
    assert bins.tolist() == list(range(len(distinct)))
    assert len(cuts) == max(len(distinct) - 1, 0)


@settings(max_examples=100)
@given(VALUES)
def test_the_first_and_the_last_bin_hold_leads(values):
    bins = np.searchsorted(readable_cuts(values), values, side="left")

    if len(values):
        assert (bins.min(), bins.max()) == (0, len(readable_cuts(values)))


def test_cut_points_are_round():
    assert readable_cuts(np.array([183.0, 1044.0])) in [(500.0,), (600.0,), (200.0,), (1000.0,)]
    cuts = readable_cuts(np.random.default_rng(0).normal(5_000, 1_000, 20_000))
    assert max(len(f"{cut:g}") for cut in cuts) <= 4


@pytest.mark.parametrize("draw", ["normal", "lognormal", "exponential"])
def test_the_cuts_of_many_values_part_them_into_shares_of_like_size(draw):
    values = getattr(np.random.default_rng(0), draw)(size=33_000)
    shares = np.bincount(np.searchsorted(readable_cuts(values), values)) / 33_000

    assert len(shares) == 33
    assert np.abs(shares - 1 / 33).max() < 0.005


@pytest.mark.parametrize("values", [[], [4.0], [4.0] * 9])
def test_a_number_that_is_always_the_same_has_no_cut(values):
    assert readable_cuts(np.array(values)) == ()


def test_a_number_is_clipped_to_its_range_widened_by_half_on_each_side():
    (term,) = blank_terms({"x": np.linspace(0, 1_000, 100_001)}, {})

    assert (term.low, term.high, term.centre) == pytest.approx((1 - 499, 999 + 499, 500))


def test_a_typo_neither_moves_the_cuts_nor_the_clip_of_a_long_column():
    plain = np.tile(np.arange(100.0), 30)
    (with_typo,) = blank_terms({"x": np.r_[plain, 1e12]}, {})

    assert with_typo.high < 200
    assert max(with_typo.cuts) <= 100


def test_levels_come_by_frequency_and_rare_ones_are_pooled_with_those_never_seen():
    column = Categories.of(["Web"] * 12 + ["Fair"] * 30 + ["Odd"] * 9 + [None] * 5)
    (term,) = blank_terms({"source": column}, {"source": "fit"})

    assert term.levels == ("Fair", "Web")
    assert term.bin_one("Odd") == term.bin_one("never seen") == 2


def test_terms_are_learned_from_the_training_rows_alone():
    columns = {"x": np.arange(100.0), "source": Categories.of(["Web"] * 50 + ["Fair"] * 50)}
    number, name = blank_terms(columns, {}, rows=np.arange(50))

    assert max(number.cuts) < 50
    assert name.levels == ("Web",)


def test_blank_terms_say_nothing_yet():
    terms = blank_terms({"x": np.arange(9.0), "source": Categories.of(["Web"] * 9)}, {"x": "process"})

    assert [term.axis for term in terms] == ["process", "fit"]
    for term in terms:
        assert not any(term.table)
        assert len(term.table) == len(term.support) == len(term.rates) == term.size


def test_leads_are_encoded_by_bin_and_number_and_absent_columns_are_missing():
    columns = {"x": np.array([0.0, 1.0, np.nan]), "source": Categories.of(["Web", None, "Odd"])}
    terms = blank_terms(columns, {}, least=1)
    encoded = encode(terms, columns, 3)

    assert encoded.bins.tolist() == [[0, 1], [1, 3], [2, 0]]
    np.testing.assert_equal(encoded.numbers[:, 0], [0.0, 1.0, np.nan])
    assert np.isnan(encoded.numbers[:, 1]).all()
    assert encode(terms, {}, 2).bins.tolist() == [[2, 3], [2, 3]]


def test_some_rows_of_every_column_can_be_taken():
    some = take({"x": np.arange(3.0), "source": Categories.of(["a", None, "b"])}, np.array([2, 0]))

    assert some["x"].tolist() == [2.0, 0.0]
    assert some["source"].to_list() == ["b", "a"]


def test_a_least_value_that_many_share_is_parted_from_the_rest_by_a_round_number():
    seen = np.concatenate([np.full(500, 600 / 86_400), np.linspace(0.5, 90, 1_000)])
    cuts = readable_cuts(seen)
    assert cuts[0] in (0.01, 0.1, 0.05, 0.02)
    assert (np.searchsorted(cuts, seen[:500]) == 0).all()
