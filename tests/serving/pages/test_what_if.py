"""A lead as it would be: its properties as fields, and what counts as a change."""

from dataclasses import replace

import pytest

from scoring.clean import Column
from scoring.scorecard import Scorecard
from serving.live import LiveModel
from serving.pages.what_if import MOST_CHOICES, OTHER, fields, given
from serving.schemas import ModelName
from tests.cards import COLUMNS, TERMS, small_card


def model(card: Scorecard | None = None) -> LiveModel:
    return LiveModel(
        card or small_card(), ModelName(name="leadloop", version="v1", target="sql", horizon_days=30)
    )


def test_a_category_is_chosen_and_others_are_typed() -> None:
    made, source, visits = fields(model(), {"source": "Web", "visits": "3"}, {})
    assert (source.kind, source.value, source.choices) == ("choice", "Web", ("Referral", "Web", OTHER))
    assert (visits.kind, visits.value, visits.hint) == ("number", "3", "a number")
    assert (made.kind, made.value, made.hint) == ("text", "", "a date")
    assert given([made, source, visits]) == {}


def test_a_value_is_chosen_as_the_model_spells_it_and_one_it_has_never_seen_by_itself() -> None:
    spelled, unseen = (fields(model(), {"source": cell}, {})[1] for cell in ("referral", "展示会"))
    assert (spelled.value, spelled.choices) == ("Referral", ("Referral", "Web", OTHER))
    assert (unseen.value, unseen.choices) == ("展示会", ("展示会", "Referral", "Web", OTHER))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"if.visits": "3"}, {}),
        ({"if.visits": " 3\r\n"}, {}),
        ({"if.visits": "4", "if.source": "Web"}, {"visits": "4"}),
        ({"if.visits": "", "if.source": "Referral"}, {"visits": None, "source": "Referral"}),
        ({"visits": "9", "if.shoe_size": "9"}, {}),
    ],
)
def test_only_what_differs_from_what_is_known_is_asked(
    asked: dict[str, str], told: dict[str, str | None]
) -> None:
    assert given(fields(model(), {"source": "Web", "visits": "3"}, asked)) == told


def test_yes_and_no_are_chosen_and_too_many_answers_are_typed() -> None:
    many = tuple(f"source {number}" for number in range(MOST_CHOICES + 1))
    table = (*(0.1 for _ in many), 0.0, 0.0)
    term = replace(TERMS[0], levels=many, table=table, support=(1,) * len(table), rates=(None,) * len(table))
    card = replace(
        small_card(),
        columns=(*COLUMNS, Column("newsletter", "boolean", "fit")),
        terms=(term, *TERMS[1:]),
        pairs=(),
    )
    form = {field.name: field for field in fields(model(card), {"newsletter": "はい"}, {})}
    assert (form["newsletter"].kind, form["newsletter"].value) == ("choice", "yes")
    assert form["newsletter"].choices == ("yes", "no")
    assert form["source"].kind == "text"
