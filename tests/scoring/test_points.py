from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.artifact import dump, load
from scoring.categories import Categories
from scoring.clean import Column
from scoring.errors import ModelError, SettingsError
from scoring.event_forms import define_events
from scoring.points import plain_columns, points_card, points_of, ranked_among
from scoring.reasons import Phrases, sentence
from scoring.scorecard import Meta, Scorecard

META = Meta("v1", "won", 90)
COLUMNS = (
    Column("visits", "number", "engagement"),
    Column("source", "category", "fit", spelling=(("referral", "Referral"),)),
    Column("demo", "boolean", "engagement"),
)
TYPED = {
    "visits": np.array([0.0, 5.0, 12.0, np.nan]),
    "source": Categories.of(["Referral", "Web", None, "Referral"]),
    "demo": Categories.of(["yes", None, "no", "yes"]),
}


@dataclass(frozen=True)
class Line:
    property: str
    op: str
    value: object
    points: float = 0.0
    also: "Line | None" = None


def card(*lines: Line) -> Scorecard:
    return points_card(lines, COLUMNS, META)


def points(*lines: Line) -> list[float]:
    return points_of(card(*lines), TYPED, 4).tolist()


@pytest.mark.parametrize(
    ("line", "given"),
    [
        (Line("visits", "at_least", 5, 10), [0, 10, 10, 0]),
        (Line("visits", "at_most", 5, 10), [10, 10, 0, 0]),
        (Line("visits", "is", 5, 3), [0, 3, 0, 0]),
        (Line("visits", "in", (0, "12"), 3), [3, 0, 3, 0]),
        (Line("visits", "filled", None, 1), [1, 1, 1, 0]),
        (Line("source", "is", "REFERRAL", 20), [20, 0, 0, 20]),
        (Line("source", "in", ["Web", "referral"], 2), [2, 2, 0, 2]),
        (Line("source", "filled", None, 1), [1, 1, 0, 1]),
        (Line("demo", "is", True, 5), [5, 0, 0, 5]),
    ],
)
def test_a_line_gives_its_points_where_it_holds(line, given):
    assert points(line) == given


def test_points_of_several_lines_add_up_and_may_be_negative():
    assert points(Line("visits", "at_least", 5, 10), Line("source", "is", "Web", -4)) == [0, 6, 10, 0]


def test_no_lines_give_no_points():
    assert points() == [0, 0, 0, 0]


def test_a_column_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(
        SettingsError, match="names 'revenue', which is no column. Columns: demo, source, visits"
    ):
        points(Line("revenue", "filled", None, 1))


@pytest.mark.parametrize("line", [Line("source", "at_least", 3, 1), Line("visits", "at_most", "3", 1)])
def test_comparing_text_with_a_number_is_refused(line):
    with pytest.raises(SettingsError, match=f"compares '{line.property}' with a number"):
        points(line)


def test_a_value_that_its_column_cannot_hold_is_refused():
    with pytest.raises(SettingsError, match="A value of the points rule for 'visits' must be a number"):
        points(Line("visits", "is", "many", 1))


def test_a_second_condition_must_hold_as_well():
    both = Line("source", "is", "Referral", 8, also=Line("visits", "at_most", 5))
    assert points(both) == [8, 0, 0, 0]
    assert points(Line("visits", "at_least", 1, 3, also=Line("visits", "at_most", 5))) == [0, 3, 0, 0]


def test_what_is_counted_of_events_can_give_points():
    events = define_events(["page_view"], touches=False, outcomes=False)
    of_events = points_card([Line("page_view_7d", "at_least", 3, 5)], COLUMNS, META, events)
    assert points_of(of_events, {"page_view_7d": np.array([2.0, 3.0, np.nan])}, 3).tolist() == [0, 5, 0]


LINES = st.builds(
    Line,
    st.sampled_from(["visits", "source"]),
    st.just("filled"),
    st.none(),
    st.integers(-5, 5).map(float),
) | st.builds(
    Line,
    st.just("visits"),
    st.sampled_from(["at_least", "at_most", "is"]),
    st.integers(-2, 6),
    st.integers(-5, 5).map(float),
    st.none() | st.builds(Line, st.just("source"), st.just("is"), st.sampled_from(["Web", "Referral"])),
)


def by_hand(line: Line, lead: dict) -> bool:
    value = lead[line.property]
    if value is None or line.op == "filled":
        return value is not None
    compare = {"at_least": value.__ge__, "at_most": value.__le__} if line.property == "visits" else {}
    return bool(compare.get(line.op, value.__eq__)(line.value))


@given(
    st.lists(LINES, min_size=1, max_size=6),
    st.sampled_from([None, -2.0, 0.0, 0.5, 1.0, 3.0, 6.0, 7.0]),
    st.sampled_from([None, "Web", "Referral", "Fair"]),
)
def test_both_executors_give_what_counting_by_hand_gives(lines, visits, source):
    lead = {"visits": visits, "source": source}
    expected = sum(
        line.points for line in lines if by_hand(line, lead) and (not line.also or by_hand(line.also, lead))
    )
    rule = card(*lines)
    one = rule.score_one(lead)
    many = rule.score_columns(
        {"visits": np.array([np.nan if visits is None else visits]), "source": Categories.of([source])}
    )
    assert one.log_odds == pytest.approx(expected, abs=1e-9)
    assert many.log_odds[0] == pytest.approx(expected, abs=1e-9)
    assert one.score == many.score[0]
    assert sum(one.contributions.values()) == pytest.approx(expected, abs=1e-9)


def test_nothing_is_said_of_a_likelihood():
    one = card(Line("visits", "at_least", 5, 10)).score_one({"visits": 7.0})
    assert (one.likelihood, one.likelihood_low, one.likelihood_high) == (None, None, None)
    assert (one.reasons[0].rate, one.reasons[0].base_rate, one.reasons[0].contribution) == (None, None, 10.0)
    assert np.isnan(card(Line("visits", "at_least", 5, 10)).score_columns(TYPED, rows=4).likelihood).all()


def test_the_score_is_the_share_of_other_leads_with_fewer_points():
    rule = card(Line("visits", "at_least", 5, 10), Line("visits", "at_least", 9, 5))
    features = {"visits": np.repeat([0.0, 6.0, 10.0], [60, 30, 10])}
    ranked = ranked_among(rule, features, 100)
    assert [ranked.score_one({"visits": v}).score for v in (0.0, 6.0, 10.0)] == [30, 75, 95]
    assert ranked.terms[0].support == (60, 30, 10, 0)


def test_without_other_leads_the_scale_is_even():
    rule = card(Line("visits", "at_least", 5, 10), Line("source", "is", "Web", 10))
    scores = [
        rule.score_one({"visits": visits, "source": source}).score
        for visits, source in ((0.0, None), (7.0, None), (7.0, "Web"))
    ]
    assert scores == [0, 50, 100]


@pytest.mark.parametrize(
    ("lines", "visits", "said"),
    [
        (
            [Line("visits", "at_least", 5, 1), Line("visits", "at_least", 9, 1)],
            7.0,
            "[+] visits from 5 to less than 9: +1 point",
        ),
        (
            [Line("visits", "at_least", 5, 10), Line("visits", "filled", None, 1)],
            2.0,
            "[+] visits less than 5: +1 point",
        ),
        ([Line("visits", "at_least", 5, 10)], 7.0, "[+] visits at least 5: +10 points"),
        ([Line("visits", "at_most", 5, -2.5)], 2.0, "[-] visits up to 5: -2.5 points"),
        ([Line("visits", "is", 5, 3)], 5.0, "[+] visits 5: +3 points"),
    ],
)
def test_reasons_are_said_in_points(lines, visits, said):
    rule = card(*lines)
    assert sentence(rule, rule.score_one({"visits": visits}).reasons[0]) == said
    many = rule.score_columns({"visits": np.array([visits])})
    assert Phrases(rule).top_reasons(many).to_pylist() == [said]


def test_reasons_are_said_in_japanese():
    rule = card(Line("visits", "at_least", 5, 10))
    assert sentence(rule, rule.score_one({"visits": 7.0}).reasons[0], "ja") == "[+] visits 5 以上：+10点"


def test_the_artifact_keeps_a_points_rule():
    rule = card(
        Line("visits", "at_least", 0.1, 10, also=Line("source", "is", "Web")), Line("demo", "is", True, 5)
    )
    assert load(dump(rule)) == rule


def test_a_learned_scorecard_without_interval_is_refused():
    text = dump(card(Line("visits", "filled", None, 1))).replace('"kind":"points"', '"kind":"learned"')
    with pytest.raises(ModelError, match="needs an interval"):
        load(text)


def test_before_any_lead_is_known_properties_are_read_as_the_rule_speaks_of_them():
    lines = [
        Line("employees", "at_least", 100, 5),
        Line("source", "in", ("Web",), 1),
        Line("age", "is", 3, 1),
    ]
    assert [(column.name, column.type) for column in plain_columns(lines)] == [
        ("employees", "number"),
        ("source", "category"),
        ("age", "number"),
    ]
