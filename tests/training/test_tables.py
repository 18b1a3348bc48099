from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.markets import made_leads
from training.encoding import Encoded, blank_terms, encode
from training.tables import Ordering, Tables, _joint, boost, collapse, purify, rank_pairs, singles

LEADS = made_leads(900, seed=5)
ENCODED = encode(blank_terms(LEADS.columns, LEADS.axes), LEADS.columns, len(LEADS))
START = np.full(len(LEADS), -1.0)
EVERY = [list(pair) for pair in combinations(range(4), 2)]


def boosted(allowed, rounds: int = 80, **settings_):
    return boost(
        ENCODED, LEADS.label, LEADS.weight, START, [*singles(ENCODED), *allowed], rounds=rounds, **settings_
    )


def summed(tables: Tables, encoded: Encoded) -> np.ndarray:
    total = np.full(len(encoded.bins), tables.base)
    for position, table in enumerate(tables.ones):
        total += table[encoded.bins[:, position]]
    for (first, second), table in tables.pairs.items():
        total += table[encoded.bins[:, first], encoded.bins[:, second]]
    return total


def paths(node: dict, above: frozenset[int] = frozenset()):
    if "split_feature" not in node:
        yield above
        return
    for side in ("left_child", "right_child"):
        yield from paths(node[side], above | {node["split_feature"]})


PATH = boosted(EVERY)


def test_no_path_of_any_tree_uses_more_than_two_features():
    used = [path for tree in PATH.dump["tree_info"] for path in paths(tree["tree_structure"])]

    assert max(map(len, used)) == 2
    assert len({path for path in used if len(path) == 2}) > 1


def test_only_allowed_pairs_meet_on_a_path():
    path = boosted([[1, 2]])
    met = {p for tree in path.dump["tree_info"] for p in paths(tree["tree_structure"]) if len(p) == 2}

    assert met == {frozenset({1, 2})}
    assert set(collapse(path, ENCODED, 80).pairs) == {(1, 2)}


@pytest.mark.parametrize("rounds", [1, 37, 80])
def test_collapsed_tables_equal_the_booster_on_leads_it_never_saw(rounds):
    fresh = made_leads(2_000, seed=6)
    encoded = encode(ENCODED.terms, fresh.columns, len(fresh))

    assert (encoded.bins[:, 0] == ENCODED.terms[0].missing).sum() > 50
    np.testing.assert_allclose(
        summed(collapse(PATH, ENCODED, rounds), encoded),
        PATH.predict(encoded, [rounds])[0],
        rtol=0,
        atol=1e-9,
    )


BINS = st.tuples(*(st.integers(0, term.size - 1) for term in ENCODED.terms))


@settings(max_examples=100, deadline=None)
@given(st.lists(BINS, min_size=1, max_size=50))
def test_collapsed_tables_equal_the_booster_in_every_cell(bins):
    encoded = Encoded(ENCODED.terms, np.array(bins, dtype=np.int16), np.full((len(bins), 4), np.nan))

    np.testing.assert_allclose(
        summed(collapse(PATH, ENCODED, 80), encoded), PATH.predict(encoded, [80])[0], rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("features", [3, 4, 5, 6, 8])
def test_no_two_features_are_kept_apart_by_the_draw_of_columns(features):
    rng = np.random.default_rng(0)
    columns = {f"x{j}": rng.normal(size=800) for j in range(features)}
    label = (rng.random(800) < 1 / (1 + np.exp(-sum(columns.values())))).astype(int)
    encoded = encode(blank_terms(columns, {}), columns, 800)
    every = [list(pair) for pair in combinations(range(features), 2)]
    path = boost(encoded, label, np.ones(800), np.zeros(800), every, rounds=300)

    met = {p for tree in path.dump["tree_info"] for p in paths(tree["tree_structure"]) if len(p) == 2}
    assert len(met) == len(every)


def test_any_number_of_first_rounds_can_be_read_off_one_path():
    steps = PATH.predict(ENCODED, [0, 20, 20, 80])

    assert not steps[0].any()
    np.testing.assert_array_equal(steps[1], steps[2])
    np.testing.assert_allclose(steps[1], boosted(EVERY, rounds=20).predict(ENCODED, [20])[0], atol=1e-12)


def test_purifying_changes_no_sum_and_leaves_pairs_that_average_to_nothing():
    tables, weight = collapse(PATH, ENCODED, 80), np.random.default_rng(0).uniform(0.5, 2, len(LEADS))
    before = summed(tables, ENCODED)
    purify(tables, ENCODED, weight)

    np.testing.assert_allclose(summed(tables, ENCODED), before, rtol=0, atol=1e-12)
    assert tables.pairs
    for (first, second), table in tables.pairs.items():
        joint = _joint(ENCODED, first, second, weight)
        assert np.abs((table * joint).sum(axis=0) / joint.sum(axis=0)).max() < 1e-6
        assert np.abs((table * joint).sum(axis=1) / joint.sum(axis=1)).max() < 1e-6


SIZES = (ENCODED.terms[2].size, ENCODED.terms[3].size)


@settings(max_examples=50, deadline=None)
@given(arrays(float, SIZES, elements=st.floats(-3, 3)))
def test_purifying_any_pair_changes_no_cell_of_the_sum(table):
    tables = Tables(0.0, [np.zeros(term.size) for term in ENCODED.terms], {(2, 3): table.copy()})
    purify(tables, ENCODED, LEADS.weight)

    again = tables.pairs[2, 3] + tables.ones[2][:, None] + tables.ones[3][None, :]
    np.testing.assert_allclose(again, table, rtol=0, atol=1e-12)


def test_a_pair_that_says_only_what_its_features_say_alone_becomes_nothing():
    rows, columns = np.arange(SIZES[0]) / 3, np.arange(SIZES[1]) / 2
    tables = Tables(
        0.0, [np.zeros(term.size) for term in ENCODED.terms], {(2, 3): np.add.outer(rows, columns)}
    )
    purify(tables, ENCODED, LEADS.weight)

    assert np.abs(tables.pairs[2, 3]).max() < 1e-6


def test_the_pair_that_works_together_is_ranked_first():
    leads = made_leads(3_000, seed=8)
    encoded = encode(blank_terms(leads.columns, leads.axes), leads.columns, len(leads))
    start = np.full(len(leads), -1.0)
    single = boost(
        encoded, leads.label, leads.weight, start, singles(encoded), rounds=200, learning_rate=0.05
    )
    ranked = rank_pairs(encoded, leads.label, leads.weight, start + single.predict(encoded, [200])[0])

    assert [term.feature for term in encoded.terms][:3] == ["visits", "employees", "source"]
    assert ranked[0] == (0, 2)


def test_at_most_twenty_pairs_are_kept():
    rng = np.random.default_rng(0)
    columns = {f"x{j}": rng.normal(size=400) for j in range(10)}
    encoded = encode(blank_terms(columns, {}), columns, 400)
    label = (rng.random(400) < 0.4).astype(int)

    assert len(rank_pairs(encoded, label, np.ones(400), np.full(400, -0.4))) == 20
    assert rank_pairs(encoded, label, np.ones(400), np.full(400, -0.4), most=0) == []


def test_one_feature_has_no_pair():
    columns = {"x": np.arange(300.0)}
    encoded = encode(blank_terms(columns, {}), columns, 300)

    assert rank_pairs(encoded, np.tile([0, 1, 1], 100), np.ones(300), np.zeros(300)) == []


def test_levels_are_ordered_by_their_smoothed_rate():
    source = ENCODED.terms[2]
    ranks = Ordering.of(ENCODED, LEADS.label, LEADS.weight).codes[2]

    assert sorted(ranks) == list(range(source.size))
    assert ranks[source.bin_one("Referral")] > ranks[source.bin_one("Ads")]


def test_the_same_seed_gives_the_same_trees():
    assert boosted(EVERY, rounds=20).model == boosted(EVERY, rounds=20).model
    assert boosted(EVERY, rounds=20, seed=1).model != boosted(EVERY, rounds=20).model
