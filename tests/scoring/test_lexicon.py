"""Names of columns that speak of the outcome."""

import pytest

from scoring.lexicon import FAINT, LIKELY, OUTRIGHT, name_hint


@pytest.mark.parametrize(
    ("name", "strength"),
    [
        ("Closed Won", OUTRIGHT),
        ("close_date", OUTRIGHT),
        ("lostReason", OUTRIGHT),
        ("IsConverted", OUTRIGHT),
        ("call outcomes", OUTRIGHT),
        ("失注理由", OUTRIGHT),
        ("受注日", OUTRIGHT),
        ("成約フラグ", OUTRIGHT),
        ("商談結果", OUTRIGHT),
        ("Lead Status", LIKELY),
        ("deal_stage", LIKELY),
        ("Lead Quality", LIKELY),
        ("Tags", LIKELY),
        ("Call Result", LIKELY),
        ("リードステータス", LIKELY),
        ("ＳＴＡＴＵＳ", LIKELY),
        ("確度", LIKELY),
        ("Last Notable Activity", FAINT),
        ("最終活動日", FAINT),
    ],
)
def test_a_name_that_speaks_of_the_outcome_is_graded(name, strength):
    assert name_hint(name).strength == strength


@pytest.mark.parametrize(
    "name",
    [
        "Wonder",
        "stagecraft",
        "Percentage",
        "vintage",
        "Disclosed budget",
        "closest store",
        "Total Time Spent on Website",
        "Lead Source",
        "Last Name",
        "lastName",
        "Marital Status",
        "price tag",
        "funding_stage",
        "Windows version",
        "契約社員",
        "最終学歴",
        "スタグ",
        "流入元",
        "",
    ],
)
def test_a_word_inside_another_or_about_the_person_says_nothing(name):
    assert name_hint(name) is None


def test_the_loudest_word_of_a_name_counts():
    assert name_hint("Status of closed deal").word == "closed"
