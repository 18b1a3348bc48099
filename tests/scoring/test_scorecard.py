import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from scoring.errors import DataError
from scoring.scorecard import (
    GRADES,
    Interval,
    Ranks,
    logistic,
    logistic_array,
    rank_knots,
    settle,
    settle_array,
)
from tests.cards import small_card

CARD = small_card()
ODDS = st.floats(-40, 40)
NUMBER = st.one_of(st.none(), st.sampled_from([0.0, 2.0, 10.0, 50.0, -5.0]), st.floats(allow_infinity=False))
LEAD = st.fixed_dictionaries(
    {},
    optional={
        "source": st.one_of(st.none(), st.sampled_from(["Referral", "Web", "Fair"]), st.text(max_size=3)),
        "visits": NUMBER,
        "created_at_age_days": NUMBER,
    },
)


def share_below(reference: np.ndarray, value: float) -> int:
    """The score by its definition: share of lower reference leads, ties half, rounded half up."""
    settled, own = settle_array(reference), settle(value)
    points = 100 * ((settled < own).sum() + (settled == own).sum() / 2) / len(settled)
    return math.floor(points + 0.5 + 1e-9)


@given(st.lists(LEAD, max_size=20))
def test_one_lead_a_column_and_a_frame_get_the_same_scores(leads):
    frame = pd.DataFrame(leads, columns=["source", "visits", "created_at_age_days"], dtype=object)
    frame = frame.where(frame.notna(), None)
    ones = [CARD.score_one(lead) for lead in leads]
    many = CARD.score_columns({name: frame[name].to_numpy() for name in frame}, rows=len(frame))
    shown = CARD.score_frame(frame)

    assert many.errors == {}
    for row, one in enumerate(ones):
        numbers = [one.log_odds, one.likelihood, one.likelihood_low, one.likelihood_high]
        arrays_ = (many.log_odds, many.likelihood, many.likelihood_low, many.likelihood_high)
        np.testing.assert_allclose(numbers, [array[row] for array in arrays_], rtol=0, atol=1e-9)
        np.testing.assert_allclose(list(one.contributions.values()), many.contributions[row], atol=1e-12)
        assert (one.score, GRADES.index(one.grade)) == (many.score[row], many.grade[row])
        assert one.label == f"{GRADES[many.fit[row]]}{many.engagement[row] + 1}" == shown["label"].iloc[row]


@given(LEAD)
def test_base_and_contributions_are_the_log_odds_to_the_last_bit(lead):
    score = CARD.score_one(lead)
    total = score.base
    for part in score.contributions.values():
        total += part

    assert total == score.log_odds


def test_contributions_follow_the_arithmetic_of_slope_table_and_half_a_pair():
    score = CARD.score_one({"source": "Referral", "visits": 8.0, "created_at_age_days": 30.0})

    assert score.contributions == pytest.approx(
        {"source": 1.2 + 0.1, "visits": 0.1 + 0.05 * (8 - 6) + 0.1, "created_at_age_days": -0.2}
    )
    assert score.log_odds == pytest.approx(-1.4 + 1.3 + 0.3 - 0.2)
    assert score.likelihood == pytest.approx(0.5)


def test_the_grade_of_an_axis_is_cut_from_the_sum_of_its_own_features():
    score = CARD.score_one({"source": "Referral", "visits": 1.0, "created_at_age_days": 1.0})

    # fit: 1.2 >= 1; engagement: visits -0.5 - 0.25, age 0.2, in all -0.55 < -0.5.
    assert (score.fit, score.engagement, score.label) == ("A", 4, "A4")


def test_process_features_count_in_the_log_odds_and_in_neither_grade():
    of_sales = replace(CARD.terms[2], axis="process")
    card = replace(CARD, terms=(*CARD.terms[:2], of_sales))
    young, old = ({"visits": 3.0, "created_at_age_days": age} for age in (1.0, 90.0))

    assert card.score_one(young).log_odds > card.score_one(old).log_odds
    assert card.score_one(young).label == card.score_one(old).label


def test_an_axis_without_features_has_no_grade_and_no_label():
    card = replace(CARD, ranks=Ranks(CARD.ranks.score, {"fit": (1.0, 0.0, -0.5)}))
    score, frame = card.score_one({"source": "Web"}), card.score_frame(pd.DataFrame({"source": ["Web"]}))

    assert (score.fit, score.engagement, score.label) == ("C", None, None)
    assert frame["fit"][0] == "C"
    assert frame[["engagement", "label"]].isna().all(axis=None)


@settings(max_examples=200)
@given(arrays(float, st.integers(1, 60), elements=st.one_of(ODDS, st.sampled_from([-1.0, 0.0, 1.0]))), ODDS)
def test_a_score_is_the_share_of_lower_reference_leads_ties_half(reference, value):
    card = replace(CARD, ranks=Ranks.of(reference, {}, (80, 50, 20)))

    for odds in [*reference.tolist(), value]:
        alone = replace(card, base=odds, terms=(), pairs=())
        expected = share_below(reference, odds)
        assert alone.score_one({}).score == expected
        assert alone.score_columns({}, rows=1).score.tolist() == [expected]


@settings(max_examples=100)
@given(arrays(float, st.integers(1, 60), elements=st.one_of(ODDS, st.sampled_from([-1.0, 0.0, 1.0]))), ODDS)
def test_a_grade_of_an_axis_is_cut_where_its_score_would_be(reference, value):
    ranks = Ranks.of(reference, {"fit": reference}, (80, 50, 20))

    for partial in [*reference.tolist(), value]:
        expected = sum(share_below(reference, partial) < least for least in (80, 50, 20))
        assert ranks.grade("fit", partial) == expected


def test_a_thousand_reference_leads_get_exactly_their_scores():
    reference = np.random.default_rng(0).normal(-2, 1, 1_000).round(2)
    knots = np.array(rank_knots(reference, range(1, 101)))

    found = np.searchsorted(knots, settle_array(reference), side="right")
    assert found.tolist() == [share_below(reference, value) for value in reference]


GRADED = [(100, "A"), (80, "A"), (79, "B"), (50, "B"), (49, "C"), (20, "C"), (19, "D"), (0, "D")]


@pytest.mark.parametrize(("score", "grade"), GRADED)
def test_grades_are_cut_at_80_50_and_20(score, grade):
    assert CARD.grade_of(score) == grade


def test_the_cuts_of_the_grades_are_those_of_the_settings():
    assert [small_card(grades=(90, 60, 30)).grade_of(score) for score in (89, 60, 29)] == ["B", "B", "D"]


@given(
    ODDS, st.lists(st.tuples(st.floats(-5, 5), st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=8)
)
def test_the_interval_contains_the_likelihood_and_is_the_same_for_one_and_many(odds, knots):
    knots = sorted({knot: (knot, low, high) for knot, low, high in knots}.values())
    interval = Interval(*map(tuple, zip(*knots, strict=True)))

    low, high = interval.at(odds)
    lows, highs = interval.at_array(np.array([odds]))
    assert low <= odds <= high
    np.testing.assert_allclose([low, high], [lows[0], highs[0]], rtol=1e-9, atol=1e-9)


def test_beyond_the_last_knot_the_interval_keeps_its_ends():
    interval = Interval((-1.0, 1.0), (-1.5, 0.5), (-0.5, 1.5))

    assert interval.at(0.0) == (-0.5, 0.5)
    assert interval.at(1.2) == (0.5, 1.5)
    assert interval.at(9.0) == (0.5, 9.0)


@given(st.floats(-1e6, 1e6))
def test_settled_log_odds_are_the_same_for_one_and_many_and_near(odds):
    assert settle(odds) == settle_array(np.array([odds]))[0]
    assert abs(settle(odds) - odds) <= 0.5000001e-9 + abs(odds) * 1e-15
    assert settle(settle(odds)) == settle(odds)


def test_two_sums_that_differ_by_rounding_alone_settle_to_one():
    assert settle(0.1 + 0.2) == settle(0.3)


@given(st.floats(allow_nan=False))
def test_a_likelihood_is_a_probability_for_any_log_odds(odds):
    assert 0 <= logistic(odds) <= 1
    assert logistic(odds) == pytest.approx(logistic_array(np.array([odds]))[0], abs=1e-15)


def test_every_value_that_is_wrong_is_named_at_once():
    with pytest.raises(DataError, match=r"'source' must be text.*'visits' must be a finite number"):
        CARD.score_one({"source": 3, "visits": math.inf})
    scores = CARD.score_columns(
        {"source": np.array(["Web", 3], dtype=object), "visits": np.array([1.0, math.inf])}
    )
    assert list(scores.errors) == [1]
    assert "'source' must be text" in scores.errors[1]
    assert "'visits' must be a finite" in scores.errors[1]
    assert np.isnan(scores.likelihood).tolist() == [False, True]


def test_a_row_known_to_be_unreadable_is_not_scored_and_says_why():
    scores = CARD.score_columns(
        {"visits": np.array([1.0, 2.0])}, errors={0: "Column 'visits' must be a number."}
    )

    assert scores.errors == {0: "Column 'visits' must be a number."}
    assert (scores.score[0], np.isnan(scores.log_odds[0])) == (-1, True)


def test_a_frame_keeps_its_index_and_says_which_rows_were_not_scored():
    frame = pd.DataFrame({"visits": [3.0, math.inf], "ignored": [1, 2]}, index=["a", "b"])
    scored = CARD.score_frame(frame)

    assert scored.index.tolist() == ["a", "b"]
    assert scored["status"].tolist() == [
        "scored",
        "not_scored: Feature 'visits' must be a finite number, got an infinite one.",
    ]
    assert scored.loc["b"].drop("status").isna().all()


def test_no_leads_give_no_scores():
    assert len(CARD.score_frame(pd.DataFrame({"visits": []}))) == 0


def test_the_strongest_reasons_come_first_and_say_what_was_seen():
    score = CARD.score_one({"source": "Referral", "visits": 1.0}, reasons=2)

    assert [(r.feature, r.direction, r.value) for r in score.reasons] == [
        ("source", "up", "Referral"),
        ("visits", "down", 1.0),
    ]
    assert [(r.rate, r.support, r.base_rate) for r in score.reasons] == [(0.45, 40, 0.2), (0.1, 60, 0.2)]


def test_a_reason_against_its_rate_says_that_it_allows_for_the_others():
    rates = (0.05, *CARD.terms[0].rates[1:])
    card = replace(CARD, terms=(replace(CARD.terms[0], rates=rates), *CARD.terms[1:]))

    (reason,) = card.score_one({"source": "Referral"}, reasons=1).reasons
    assert (reason.direction, reason.allowing) == ("up", True)
    (reason,) = CARD.score_one({"source": "Referral"}, reasons=1).reasons
    assert not reason.allowing


def test_what_moves_nothing_is_no_reason():
    assert [r.feature for r in CARD.score_one({"visits": 3.0}).reasons] == ["visits"]
