"""What changed between two months, and whether chance would do it: against SciPy's tests, and by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, fisher_exact

from scoring.report_rates import Rate, allowed_for, count_change, fisher, largest, rate_change

COUNTS = st.integers(0, 60)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_two_rates_are_held_against_each_other_as_scipy_does(
    yes: int, no: int, yes_2: int, no_2: int
) -> None:
    expected = fisher_exact([[yes, no], [yes_2, no_2]]).pvalue if yes + no and yes_2 + no_2 else 1.0
    assert fisher(yes, yes + no, yes_2, yes_2 + no_2) == pytest.approx(expected, rel=1e-6)


@given(COUNTS, COUNTS, st.sampled_from([0.5, 31 / 61, 0.25]))
def test_two_counts_are_held_against_each_other_by_the_length_of_their_months(
    now: int, before: int, share: float
) -> None:
    found = count_change("lead", now, before, share)
    total = now + before
    tails = [binomtest(now, total, share, side).pvalue for side in ("less", "greater")] if total else [1.0]
    assert found.chance == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-6)


def test_a_rate_of_nothing_is_not_compared() -> None:
    assert rate_change("acceptance", Rate.counted(0, 0), Rate.counted(3, 4)) is None


def test_many_numbers_are_allowed_for_as_holm_says() -> None:
    changes = [count_change(name, now, 50, 0.5) for name, now in (("lead", 50), ("mql", 80), ("won", 95))]
    found = allowed_for([changes[0], None, changes[1], changes[2]])
    chances = sorted(change.chance for change in changes)
    assert [one.name for one in found] == ["won", "mql", "lead"]
    by_hand = [3 * chances[0], max(3 * chances[0], 2 * chances[1]), max(2 * chances[1], chances[2])]
    assert [one.adjusted for one in found] == pytest.approx([min(1.0, chance) for chance in by_hand])


def test_the_largest_change_is_one_that_chance_would_hardly_do() -> None:
    twice, ten_times = count_change("lead", 400, 200, 0.5), count_change("won", 2, 0, 0.5)
    assert ten_times.factor > twice.factor
    assert largest(allowed_for([twice, ten_times])).name == "lead"
    assert largest(allowed_for([ten_times])) is None


def test_a_rate_of_fewer_than_twenty_is_marked() -> None:
    assert [Rate.counted(1, of).small for of in (19, 20)] == [True, False]
