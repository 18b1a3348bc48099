"""Whether a lead gets warmer: by hand, and where nothing can be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.trend import DAY, STEP, Scored, trend

NOW = 100.5 * DAY


def days(*log_odds: float, last: float = 100.0, version: str = "v1") -> list[Scored]:
    """A score a day, the last one on a given day."""
    first = last - len(log_odds) + 1
    return [Scored((first + at) * DAY, version, one) for at, one in enumerate(log_odds)]


@pytest.mark.parametrize(
    ("log_odds", "expected"),
    [
        ((0.0, 0.1, 0.1, 0.3), "improving"),
        ((0.0, 0.1, 0.1, -0.3), "declining"),
        ((0.0, 5.0, -5.0, 0.2), "steady"),
        ((0.0, 5.0, -5.0, -0.2), "steady"),
        ((1.0, 1.0, 9.0, 9.0, 1.2, 1.2), "steady"),
        ((1.0, 1.0, 9.0, 9.0, 1.1, 1.4), "improving"),
        ((0.9, 0.9, 0.9, 1.1), "steady"),
    ],
)
def test_the_newest_third_is_held_against_the_oldest(log_odds: tuple[float, ...], expected: str) -> None:
    assert trend(days(*log_odds), NOW) == expected


def test_three_days_of_scores_that_span_three_days_are_enough() -> None:
    assert trend([*days(0.0, 0.0, last=98.0), *days(1.0)], NOW) == "improving"


@pytest.mark.parametrize(
    "scores",
    [
        [],
        days(0.0),
        days(0.0, 1.0, 2.0),
        [*days(0.0, last=90.0), *days(2.0)],
        [*days(0.0, 1.0, last=95.0), *days(2.0, version="v2")],
        days(*range(10), last=60.0),
        days(*range(10), last=120.0)[-5:],
    ],
    ids=["none", "one", "two days apart", "two scores", "two models", "long ago", "still to come"],
)
def test_too_little_is_not_enough_information(scores: list[Scored]) -> None:
    assert trend(scores, NOW) == "not enough information"


def test_after_a_promotion_only_the_new_model_counts() -> None:
    scores = [*days(9.0, 9.0, 9.0, last=90.0), *days(0.0, 0.0, 0.0, 1.0, version="v2")]
    assert trend(scores, NOW) == "improving"


def test_of_a_day_the_last_score_counts() -> None:
    noise = [Scored(96 * DAY + second, "v1", 50.0) for second in range(100)]
    assert (
        trend([*noise, *days(0.0, 0.0, 0.0, last=100.0), Scored(96 * DAY + 200, "v1", 0.1)], NOW) == "steady"
    )


@given(st.lists(st.floats(-5, 5), min_size=4, max_size=25), st.floats(-3, 3))
def test_neither_order_nor_level_matters_and_turned_round_in_time_it_is_the_opposite(
    log_odds: list[float], level: float
) -> None:
    found = trend(days(*log_odds), NOW)
    assert trend(days(*log_odds)[::-1], NOW) == found
    third = len(log_odds) // 3
    step = sum(log_odds[-third:]) / third - sum(log_odds[:third]) / third
    if abs(abs(step) - STEP) > 1e-6:
        assert trend(days(*(one + level for one in log_odds)), NOW) == found
        opposite = {"improving": "declining", "declining": "improving"}.get(found, found)
        assert trend(days(*log_odds[::-1]), NOW) == opposite
