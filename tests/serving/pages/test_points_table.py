"""A scorecard as a table of points: what stands in it adds up to the score, and nothing is left out."""

from dataclasses import replace
from itertools import product
from math import log

import pytest

from scoring.scorecard import Interval, Scorecard
from serving.pages.points_table import Bin, in_points, matrix_of, of_nothing, part_of, parts_of
from tests.cards import small_card

SOURCES = {"Referral": "Referral", "Web": "Web", "Radio": "another value", None: "not given"}
VISITS = {
    0.0: "up to 2",
    2.0: "up to 2",
    5.0: "more than 2, up to 10",
    30.0: "more than 10",
    90.0: "more than 10",
    None: "not given",
}
AGES = {3.0: "up to 7", 20.0: "more than 7", None: "not given"}
# Between which numbers the slope of visits adds from one end of a range to the other.
RANGES = {"up to 2": (0.0, 2.0), "more than 2, up to 10": (2.0, 10.0), "more than 10": (10.0, 50.0)}


def bins(card: Scorecard, feature: str) -> dict[str, Bin]:
    place = [term.feature for term in card.terms].index(feature)
    return {one.said: one for one in part_of(card, place, "en").bins}


def between(one: Bin, said: str, value: float | None) -> float:
    """What a number gets of a range that adds from one end to the other."""
    if said not in RANGES:
        return one.points[0]
    low, high = RANGES[said]
    assert value is not None
    share = (min(value, high) - low) / (high - low)
    return one.points[0] + share * (one.points[1] - one.points[0])


def test_the_points_of_every_lead_added_up_by_hand_are_its_score() -> None:
    card = small_card()
    sources, visits, ages = (bins(card, term.feature) for term in card.terms)
    matrix = matrix_of(card, 0, "en")
    for source, visit, age in product(SOURCES, VISITS, AGES):
        row, column = SOURCES[source], VISITS[visit]
        told = sources[row].points[0] if row in sources else 0.0
        told += between(visits[column], column, visit)
        told += ages[AGES[age]].points[0] if AGES[age] in ages else 0.0
        if row in matrix.rows and column in matrix.columns:
            told += matrix.points[matrix.rows.index(row)][matrix.columns.index(column)]
        scored = card.score_one({"source": source, "visits": visit, "created_at_age_days": age})
        assert told == pytest.approx(in_points(card, scored.log_odds - card.base)), (source, visit, age)


def test_twenty_points_double_the_odds_and_nought_is_the_average_lead() -> None:
    card = small_card(base=-log(4))
    assert in_points(card, log(2)) == pytest.approx(20)
    assert of_nothing(card) == pytest.approx(0.2)


def test_points_of_a_rule_are_its_own_and_say_no_likelihood() -> None:
    card = replace(small_card(), interval=Interval((), (), ()))
    assert in_points(card, 7.0) == 7.0
    assert of_nothing(card) is None


def test_what_moves_leads_most_comes_first() -> None:
    card = small_card()
    assert [part.feature for part in parts_of(card, "en")] == ["visits", "source", "created_at_age_days"]
    strengths = {"source": 0.9, "visits": 0.1, "created_at_age_days": 0.2}
    drivers = [{"feature": name, "strength": strength} for name, strength in strengths.items()]
    measured = replace(card, report={"drivers": drivers})
    assert [part.feature for part in parts_of(measured, "en")] == ["source", "created_at_age_days", "visits"]
    assert part_of(measured, 1, "en").strength == 0.1


def test_categories_run_from_the_most_points_to_the_fewest_and_what_is_not_given_comes_last() -> None:
    part = part_of(small_card(), 0, "ja")
    assert [one.said for one in part.bins] == ["Referral", "その他", "Web", "未入力"]
    fewest, most = part.ends
    assert (fewest.said, most.said) == ("Web", "Referral")
    assert (part.lowest, part.highest) == (fewest.points[0], most.points[0])


def test_a_table_of_two_features_shows_the_values_at_which_it_says_something() -> None:
    matrix = matrix_of(small_card(), 0, "en")
    assert matrix.rows == ("Referral", "Web")
    assert matrix.columns == ("more than 2, up to 10", "more than 10")
    assert matrix.reach == pytest.approx(in_points(small_card(), 0.5))
