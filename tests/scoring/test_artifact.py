import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.artifact import FORMAT, dump, judge, load
from scoring.errors import ModelError
from scoring.scorecard import Scorecard
from tests.cards import small_card

CARD = small_card()


def edited(change) -> str:
    content = json.loads(CARD.to_json())
    change(content)
    return json.dumps(content)


def test_a_scorecard_comes_back_from_its_text_as_it_was():
    again = Scorecard.from_json(CARD.to_json())

    assert again == CARD
    assert (again.digest, again.to_json()) == (CARD.digest, CARD.to_json())


def test_the_digest_tells_two_scorecards_apart():
    assert CARD.digest != small_card(base=-1.4000001).digest
    assert CARD.digest != replace(CARD, report={"metrics": {}}).digest


@given(st.floats(-50, 50), st.floats(-1, 1))
def test_numbers_lose_nothing_on_the_way(base, slope):
    terms = (CARD.terms[0], replace(CARD.terms[1], slope=slope), CARD.terms[2])
    card = replace(CARD, base=base, terms=terms)
    lead = {"source": "Referral", "visits": 7.3}

    assert load(dump(card)).score_one(lead) == card.score_one(lead)


def test_a_score_that_nobody_reaches_is_written_without_an_infinity():
    text = CARD.to_json()

    assert math.isinf(CARD.ranks.score[100])
    assert json.loads(text)["ranks"]["score"][100] is None
    assert "Infinity" not in text
    assert math.isinf(load(text).ranks.score[100])


def test_japanese_text_stays_readable():
    term = replace(CARD.terms[0], levels=("紹介", "展示会"))
    assert "展示会" in replace(CARD, terms=(term, *CARD.terms[1:])).to_json()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "not a scorecard: it has no 'format'"),
        ('{"a": 1}', "not a scorecard: it has no 'format'"),
        ('{"format": 1}', "damaged"),
        (json.dumps({"format": FORMAT + 1}), f"has format {FORMAT + 1}; this LeadLoop reads 1. Upgrade"),
    ],
)
def test_what_is_no_scorecard_is_refused_in_words(text, message):
    with pytest.raises(ModelError, match=message):
        load(text)


@pytest.mark.parametrize(
    "part", ["meta", "base", "terms", "pairs", "interval", "ranks", "columns", "features"]
)
def test_a_scorecard_without_one_of_its_parts_is_refused(part):
    with pytest.raises(ModelError, match="damaged"):
        load(edited(lambda content: content.pop(part)))


def _swap_cuts(content):
    content["terms"][1]["cuts"] = [10.0, 2.0]


def _short_table(content):
    content["terms"][1]["table"].pop()


def _far_pair(content):
    content["pairs"][0]["second"] = 9


def _short_pair(content):
    content["pairs"][0]["table"].pop()


def _knots(content):
    content["interval"]["knots"].reverse()


def _few_scores(content):
    content["ranks"]["score"].pop()


def _falling_scores(content):
    content["ranks"]["score"][50] = -90.0


def _other_feature(content):
    content["features"].pop()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_swap_cuts, "The cut points of 'visits' are not ascending"),
        (_short_table, "'visits' needs 4 entries per table"),
        (_far_pair, "A pair names a feature that is not there"),
        (_short_pair, "A pair's table does not fit its two features"),
        (_knots, "The interval's knots are not ascending"),
        (_few_scores, "The score needs 101 ascending knots"),
        (_falling_scores, "The score needs 101 ascending knots"),
        (_other_feature, "Features and terms do not match"),
    ],
)
def test_a_scorecard_that_contradicts_itself_is_refused(change, message):
    with pytest.raises(ModelError, match=message):
        load(edited(change))


@pytest.mark.parametrize("value", ["NaN", "Infinity"])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ModelError, match="not a finite number"):
        load(CARD.to_json().replace('"base":-1.4', f'"base":{value}'))
    with pytest.raises(ModelError, match="'visits' holds a number that is not finite"):
        load(CARD.to_json().replace('"slope":0.05', f'"slope":{value}'))


def test_nothing_is_wrong_with_a_sound_scorecard():
    assert judge(CARD) == []
