from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.markets import DAY, made_leads
from training import choice
from training.choice import (
    FIRST_FORWARD,
    Tried,
    effort_to_read,
    grid,
    make_choice,
    simplest,
    standard_errors,
    surprise,
)
from training.folds import Fold, Plan, plan_folds
from training.recipe import Recipe

SMALL, MIDDLE, LARGE = Recipe("trunk"), Recipe("tables", rounds=50), Recipe("tables", rounds=300)
CELLS = np.array([10, 100, 1_000])
ROWS = np.arange(8)


def tried(losses: np.ndarray, kind: str = "random", base: float = 9.0, cells: np.ndarray = CELLS) -> Tried:
    """Two folds of four rows each, with these losses per recipe and row."""
    folds = (Fold(ROWS[4:], ROWS[:4]), Fold(ROWS[:4], ROWS[4:]))
    return Tried(
        [SMALL, MIDDLE, LARGE],
        Plan(kind, folds, ROWS, ""),
        [losses[:, :4], losses[:, 4:]],
        [losses[:, :4], losses[:, 4:]],
        [np.full(4, base), np.full(4, base)],
        cells,
        [np.ones(4), np.ones(4)],
    )


def gap_of(mean: float, spread: float) -> np.ndarray:
    """Eight losses above 1 by a mean, with a standard error of spread * sqrt(8 / 7) / sqrt(8)."""
    return 1 + mean + spread * np.tile([1.0, -1.0], 4)


def test_of_two_that_tie_within_one_standard_error_the_simpler_is_taken():
    # The standard error of a gap of spread 1 is sqrt(8 * 1 * 8 / 7) / 8 = 0.378.
    best = np.ones(8)
    far = gap_of(9, 1)

    assert tried(np.array([gap_of(0.37, 1), far, best])).choose([0, 1]) == SMALL
    assert tried(np.array([gap_of(0.39, 1), far, best])).choose([0, 1]) == LARGE
    assert tried(np.array([gap_of(0.39, 1), gap_of(0.37, 1), best])).choose([0, 1]) == MIDDLE


def test_what_is_sure_to_be_better_is_taken_however_much_there_is_to_read():
    assert tried(np.array([gap_of(0.01, 0), gap_of(0.005, 0), np.ones(8)])).choose([0, 1]) == LARGE


def test_of_two_as_easy_to_read_the_better_is_taken():
    found = tried(np.array([gap_of(9, 0), gap_of(0.1, 1), np.ones(8)]), cells=np.array([1, 1_000, 1_010]))

    assert found.choose([0, 1]) == LARGE


def test_a_quarter_more_cells_count_as_more_to_read():
    one, same, more = effort_to_read([1_000, 1_050, 1_300])

    assert one == same < more
    assert effort_to_read([0, 1]) == [0, 0]


def test_of_two_half_lives_that_tie_the_longer_memory_is_taken():
    found = tried(np.tile(np.ones(8), (3, 1)), cells=np.array([100, 100, 100]))
    lives = [replace(SMALL, half_life=100), SMALL, replace(SMALL, half_life=400)]

    assert replace(found, recipes=lives).choose([0, 1]) == SMALL


def test_nothing_that_beats_the_base_rate_gives_the_base_rate():
    assert tried(np.tile(np.ones(8), (3, 1)), base=1.0).choose([0, 1]) == Recipe("base")
    assert tried(np.tile(np.ones(8), (3, 1)), base=1.01).choose([0, 1]) == SMALL


def test_a_fold_has_no_say_in_its_own_recipe():
    losses = np.array([gap_of(0.5, 0), gap_of(0.2, 0), np.ones(8)])
    other = losses.copy()
    other[:, :4] = losses[::-1, :4]
    before, after = tried(losses).chosen_per_fold(), tried(other).chosen_per_fold()

    assert before == [LARGE, LARGE]
    assert after == [LARGE, SMALL]


def test_forward_in_time_the_first_block_takes_a_trunk_and_the_others_ask_the_earlier_ones():
    losses = np.array([np.r_[np.full(4, 1.0), np.full(4, 2.0)], np.full(8, 1.5), np.full(8, 1.8)])

    assert tried(losses, "forward").chosen_per_fold() == [FIRST_FORWARD, SMALL]
    assert tried(losses, "forward").choose([0, 1]) in (SMALL, MIDDLE)


def test_the_table_lists_all_settings_with_the_best_first():
    rows = tried(np.array([gap_of(0.5, 0), gap_of(0.2, 0), np.ones(8)])).table()

    assert [(recipe, cells) for recipe, _, cells in rows] == [(LARGE, 1_000), (MIDDLE, 100), (SMALL, 10)]
    assert [loss for _, loss, _ in rows] == pytest.approx([1.0, 1.2, 1.5])


@given(st.integers(1, 40), st.integers(2, 9), st.integers(0, 99))
def test_standard_errors_are_those_of_brute_force(rows, clusters, seed):
    rng = np.random.default_rng(seed)
    gaps, weight = rng.normal(size=(3, rows)), rng.uniform(0.1, 2, rows)
    cluster = rng.integers(0, clusters, rows)
    expected = []
    for gap in gaps:
        mean = (gap * weight).sum() / weight.sum()
        sums = [((gap - mean) * weight)[cluster == c].sum() for c in np.unique(cluster)]
        count = len(sums)
        expected.append((sum(s**2 for s in sums) * count / max(count - 1, 1)) ** 0.5 / weight.sum())

    np.testing.assert_allclose(standard_errors(gaps, weight, cluster), expected, atol=1e-12)


def test_rows_of_one_lead_count_as_one():
    gaps = np.random.default_rng(0).normal(size=(1, 50))
    once = standard_errors(gaps, np.ones(50), np.arange(50))
    thrice = standard_errors(np.repeat(gaps, 3, axis=1), np.ones(150), np.repeat(np.arange(50), 3))

    np.testing.assert_allclose(thrice, once)


def test_the_simplest_of_several_is_found_by_what_there_is_to_read():
    losses = np.array([gap_of(0.1, 1), gap_of(0.2, 1), np.ones(8)])

    assert simplest(losses, np.ones(8), ROWS, [2, 1, 3]) == 1
    assert simplest(losses, np.ones(8), ROWS, [1, 1, 3]) == 0


@given(st.floats(-30, 30), st.integers(0, 1))
def test_log_loss_from_log_odds_is_that_of_the_likelihood(odds, label):
    likelihood = 1 / (1 + np.exp(-odds))
    told = likelihood if label else 1 / (1 + np.exp(odds))
    assert surprise(np.array([label]), np.array([odds]))[0] == pytest.approx(
        -np.log(told), rel=1e-6, abs=1e-12
    )


def test_log_loss_is_finite_for_any_log_odds():
    assert surprise(np.array([1, 0]), np.array([-5_000.0, 5_000.0])).tolist() == [5_000.0, 5_000.0]


def test_the_grid_tries_recency_and_mirrors_only_forward_in_time():
    leads = made_leads(6_000)
    random, forward = (grid(leads, Plan(kind, (), ROWS, ""), [("rate",)]) for kind in ("random", "forward"))

    assert {(r.half_life, r.without) for r in random} == {(None, ())}
    assert {r.half_life for r in forward} == {None, 1_500, 500}
    assert {r.without for r in forward} == {(), ("rate",)}
    assert {r.arm for r in random} == {"trunk", "trunk+tables", "tables"}
    assert len(set(forward)) == len(forward)


def test_few_conversions_allow_no_fast_forgetting():
    leads = made_leads(1_000)

    assert {r.half_life for r in grid(leads, Plan("forward", (), ROWS, ""))} == {None}


GRID = [Recipe("trunk", strength=0.01), Recipe("trunk", strength=1.0), Recipe("tables", rounds=30)]


def test_forward_in_time_a_recipe_is_chosen_by_earlier_blocks_alone():
    leads = made_leads(900, base=0.0, time=np.arange(900) * DAY)
    plan = plan_folds(leads.label, time=leads.time, folds=3)
    assert (plan.kind, len(plan.folds)) == ("forward", 3)
    before = make_choice(leads, plan, GRID, pairs=2, seed=0)
    label = leads.label.copy()
    label[plan.folds[1].test] = 1 - label[plan.folds[1].test]
    after = make_choice(replace(leads, label=label), plan, GRID, pairs=2, seed=0)

    assert before.per_fold[0] == after.per_fold[0] == FIRST_FORWARD
    assert before.per_fold[1] == after.per_fold[1]
    np.testing.assert_array_equal(before.tried.odds[0], after.tried.odds[0])
    np.testing.assert_array_equal(before.tried.odds[1], after.tried.odds[1])
    assert np.abs(before.tried.odds[2] - after.tried.odds[2]).max() > 0.01


def test_above_the_size_of_the_grid_a_sample_is_tried_and_rounds_are_settled_on_all(monkeypatch):
    monkeypatch.setattr(choice, "GRID_ROWS", 400)
    monkeypatch.setattr(choice, "ROUNDS", (30, 60))
    leads = made_leads(1_200)
    plan = plan_folds(leads.label, random_folds=2)
    told: list[str] = []
    chosen = make_choice(leads, plan, GRID[1:], pairs=2, seed=0, progress=told.append)

    assert sum(len(fold.test) for fold in chosen.tried.plan.folds) == 400
    assert chosen.shipped.arm in ("trunk", "tables")
    assert any(step.startswith("on all leads") for step in told) or chosen.shipped == GRID[1]


def test_half_lives_shrink_with_the_sample(monkeypatch):
    monkeypatch.setattr(choice, "GRID_ROWS", 300)
    seen = []

    def spy(leads, fold, recipes, pairs, seed):
        seen.extend(recipe.half_life for recipe in recipes)
        return np.zeros((len(recipes), len(fold.test))), [1] * len(recipes)

    leads = made_leads(600, time=np.arange(600) * DAY)
    plan = plan_folds(leads.label, time=leads.time, folds=1)
    choice.try_grid(leads, plan, [Recipe("trunk", half_life=200)], pairs=0, seed=0, cached=spy)

    assert set(seen) == {100}


def test_the_age_of_a_lead_is_how_many_are_newer():
    assert made_leads(3, time=np.array([5.0, 9.0, 1.0])).age().tolist() == [1, 0, 2]
    assert made_leads(3).age().tolist() == [0, 0, 0]


def test_a_recipe_that_was_not_read_on_every_fold_is_not_chosen():
    losses = np.array([gap_of(0.5, 0), gap_of(0.4, 0), gap_of(0.1, 0)])
    found = tried(losses)
    found.losses[1][2] = np.nan

    assert found.choose([0]) == LARGE
    assert found.choose([0, 1]) != LARGE
    assert LARGE not in [recipe for recipe, _, _ in found.table()]


def test_what_is_not_known_of_a_row_stays_unknown_without_a_warning():
    assert np.isnan(surprise(np.ones(40, dtype=int), np.full(40, np.nan))).all()
