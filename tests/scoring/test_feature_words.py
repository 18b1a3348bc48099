"""Features and answers that we made are called by words, those of the user's columns by their own names."""

import pytest

from scoring.event_forms import AGES, EVENT_FORMS
from scoring.feature_words import feature_said, level_said
from scoring.features import Feature
from scoring.forms import AS_IS, FORMS, WEEKDAYS
from scoring.stages import ALL_STAGES
from scoring.titles import DEPARTMENTS, RANKS

MADE = {
    "job_rank": RANKS,
    "job_department": (*(name for name, _, _ in DEPARTMENTS), "other"),
    "domain_kind": ("company", "free", "academic", "disposable", "invalid"),
    "filled": ("yes", "no"),
    "weekday": WEEKDAYS,
    "created_weekday": WEEKDAYS,
    "age_band": AGES,
    "stage": ALL_STAGES,
}


def of_form(form: str) -> Feature:
    return Feature("x_y_z", "number", "fit", ("Column A", "Column B"), form, of="view", days=7.0)


@pytest.mark.parametrize("form", sorted({*FORMS, *EVENT_FORMS} - {AS_IS, "country"}))
def test_what_is_made_of_columns_and_events_has_words_in_both_languages(form: str) -> None:
    english, japanese = feature_said(of_form(form)), feature_said(of_form(form), "ja")
    assert english != japanese
    assert "x_y_z" not in english + japanese
    assert "{" not in english + japanese


@pytest.mark.parametrize("form", sorted(MADE))
def test_answers_that_we_made_have_japanese_words(form: str) -> None:
    stages = {"mql", "sal", "sql"}
    for level in MADE[form]:
        told = level_said(of_form(form), level, "ja")
        assert told == level.upper() if level in stages else told != level
        assert level_said(of_form(form), level) == level


def test_columns_and_their_answers_keep_their_own_names() -> None:
    own = Feature("Lead Source {x}", "category", "fit", ("Lead Source {x}",), AS_IS)
    assert feature_said(own) == feature_said(own, "ja") == "Lead Source {x}"
    assert level_said(own, "student", "ja") == "student"
