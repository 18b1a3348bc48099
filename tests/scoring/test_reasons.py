import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.categories import Categories
from scoring.features import Feature
from scoring.reasons import SEPARATOR, WORDS, Lang, Phrases, bin_names, percent, sentence
from scoring.scorecard import Scorecard
from scoring.terms import Term
from tests.cards import small_card

CARD = small_card(target="won")


def said(position: int, place: int, up: bool = True, lang: Lang = "en", card: Scorecard = CARD) -> str:
    return sentence(card, card.reason(position, place, None, 1.0 if up else -1.0), lang)


def number_card(form: str, cuts: tuple[float, ...]) -> Scorecard:
    size = len(cuts) + 2
    term = Term("n", "number", "fit", cuts, (), (0.1,) * size, (5,) * size, (0.5,) * size)
    return replace(CARD, terms=(term,), pairs=(), features=(Feature("n", "number", "fit", ("n",), form),))


def test_a_category_is_said_with_its_rate_the_overall_rate_and_the_leads() -> None:
    assert said(0, 0) == "[+] source = Referral: 45 % reach won, 20 % overall, 40 leads"
    assert said(0, 0, lang="ja") == "[+] source = Referral：45 % が受注、全体は 20 %、40件"


@pytest.mark.parametrize(
    ("place", "english", "japanese"),
    [
        (0, "visits up to 2", "visits 2 以下"),
        (1, "visits more than 2, up to 10", "visits 2 超 10 以下"),
        (2, "visits more than 10", "visits 10 超"),
        (3, "visits not given", "visits 未入力"),
    ],
)
def test_a_number_is_said_as_the_range_of_its_bin(place: int, english: str, japanese: str) -> None:
    assert said(1, place)[4:].startswith(english + ":")
    assert said(1, place, lang="ja")[4:].startswith(japanese + "：")


def test_whole_numbers_are_said_from_the_first_to_the_last() -> None:
    card = number_card("hour", (2.0, 5.5, 6.0))
    assert [said(0, place, card=card).split(":")[0] for place in range(4)] == [
        "[+] hour of n up to 2",
        "[+] hour of n 3 to 5",
        "[+] hour of n 6",
        "[+] hour of n more than 6",
    ]


def test_a_number_that_was_always_the_same_is_said_to_be_given() -> None:
    assert said(0, 0, card=number_card("value", ())).startswith("[+] n given: ")


def test_an_answer_never_seen_has_no_rate() -> None:
    assert said(0, 2) == "[+] source = another value: no such leads before"
    assert said(0, 2, lang="ja") == "[+] source = その他：過去に実績なし"


def test_where_rate_and_direction_disagree_the_other_features_are_named() -> None:
    assert said(0, 0, up=False).endswith(", allowing for the other features")
    assert said(0, 0, up=False).startswith("[-] ")
    assert said(0, 0, up=False, lang="ja").endswith("（他の項目を考慮した上で）")
    assert "allowing" not in said(0, 1, up=False)


@pytest.mark.parametrize(
    ("target", "english", "japanese"),
    [
        ("sql", "reach SQL", "がSQLに到達"),
        ("won", "reach won", "が受注"),
        ("trial", "reach trial", "が「trial」に到達"),
    ],
)
def test_stages_have_names_and_other_targets_are_used_as_they_are(
    target: str, english: str, japanese: str
) -> None:
    card = small_card(target=target)
    assert english in said(0, 0, card=card)
    assert japanese in said(0, 0, lang="ja", card=card)


def test_one_lead_is_not_leads() -> None:
    card = replace(CARD, terms=(replace(CARD.terms[0], support=(1, 2, 3, 4)), *CARD.terms[1:]))
    assert said(0, 0, card=card).endswith(", 1 lead")


def test_a_rate_is_never_rounded_to_nothing_or_to_all() -> None:
    assert [percent(rate) for rate in (0.0, 0.0001, 0.0444, 0.0996, 0.5, 0.9999, 1.0)] == [
        "0 %",
        "under 0.1 %",
        "4.4 %",
        "10 %",
        "50 %",
        "over 99 %",
        "100 %",
    ]
    assert percent(0.0001, WORDS["ja"]) == "0.1 % 未満"


def test_a_long_answer_is_cut() -> None:
    card = replace(CARD, terms=(replace(CARD.terms[0], levels=("x" * 500, "Web")), *CARD.terms[1:]))
    assert len(said(0, 0, card=card)) < 130


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_no_sentence_is_a_formula_to_a_spreadsheet(lang: Lang) -> None:
    phrases = Phrases(CARD, lang)
    for position, term in enumerate(CARD.terms):
        for place in range(term.size):
            for up in (False, True):
                assert re.match(r"\[[+-]\] ", phrases.of(position, place, up))
                assert phrases.of(position, place, up) == said(position, place, up, lang)


leads = st.lists(
    st.tuples(
        st.sampled_from(["Referral", "Web", "Radio", None]),
        st.one_of(st.none(), st.sampled_from([0.0, 2.0, 2.5, 6.0, 10.0, 11.0, 1e9])),
        st.one_of(st.none(), st.floats(-5, 40)),
    ),
    max_size=20,
)


@given(leads, st.integers(0, 5), st.sampled_from(["en", "ja"]))
def test_many_leads_get_the_text_that_each_gets_alone(
    rows: list[tuple[str | None, float | None, float | None]], most: int, lang: Lang
) -> None:
    names = [term.feature for term in CARD.terms]
    columns = {
        names[0]: Categories.of([row[0] for row in rows]),
        names[1]: np.array([row[1] for row in rows], dtype=float),
        names[2]: np.array([row[2] for row in rows], dtype=float),
    }
    unreadable = {0: "no"} if len(rows) > 3 else {}
    scores = CARD.score_columns(columns, unreadable, len(rows))
    expected = []
    for at, row in enumerate(rows):
        reasons = CARD.score_one(dict(zip(names, row, strict=True)), reasons=most).reasons
        text = SEPARATOR.join(sentence(CARD, reason, lang) for reason in reasons)
        expected.append(None if at in unreadable else text or None)
    assert Phrases(CARD, lang).top_reasons(scores, most).to_pylist() == expected


def test_the_bins_of_a_feature_are_named_without_it():
    card = small_card()

    assert bin_names(card, card.terms[0]) == ["Referral", "Web", "another value", "not given"]
    assert bin_names(card, card.terms[1], "ja") == ["2 以下", "2 超 10 以下", "10 超", "未入力"]
