"""What was known of a lead at a time: both forms against an oracle that asks each event by itself."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.categories import Categories
from scoring.dates import DAY
from scoring.event_forms import AGES, RANK, define_events, event_columns, event_row
from scoring.features import Feature
from scoring.ledger import Ledger, OneLead, ledger_of
from scoring.stages import ALL_STAGES

KINDS = ("page_view", "email_open")
FEATURES = define_events([*KINDS, "never done"], touches=True, outcomes=True, time_zone="Asia/Tokyo")
# Whole hours within a few months, so that events meet each other, the window's edge and the time looked at.
HOURS = st.integers(0, 24 * 120).map(lambda hour: hour * 3600.0)


def told(draw: st.DrawFn, occurred: float) -> float:
    return occurred + draw(st.sampled_from([0.0, 0.0, 3600.0, 5 * DAY]))


@st.composite
def leads(draw: st.DrawFn) -> OneLead:
    def events(*cells: st.SearchStrategy) -> tuple:
        times = draw(st.lists(HOURS, max_size=6))
        rows = [(at, told(draw, at), *(draw(cell) for cell in cells)) for at in times]
        return tuple(sorted(rows, key=lambda row: row[:2]))

    return OneLead(
        draw(st.text("ab", min_size=1, max_size=3)),
        draw(HOURS),
        draw(st.dictionaries(st.sampled_from(["size", "source"]), st.sampled_from(["1", "x"]))),
        changes=events(st.sampled_from(["size", "source"]), st.sampled_from(["2", "y", None])),
        activities=events(st.sampled_from(KINDS), st.just(None)),
        touches=events(st.booleans(), st.booleans()),
        outcomes=events(st.sampled_from(ALL_STAGES)),
    )


def oracle(feature: Feature, lead: OneLead, t: float) -> float | str | None:
    """The definition of each form, word for word."""
    done = [row for row in lead.activities if max(row[0], row[1]) <= t]
    touched = [row for row in lead.touches if max(row[0], row[1]) <= t and not row[3]]
    steps = [row for row in lead.outcomes if max(row[0], row[1]) <= t]
    recent = lambda rows: [row for row in rows if t - row[0] < feature.days * DAY]  # noqa: E731
    stages = ["lead", *(row[2] for row in steps)]
    moves = [RANK[b] - RANK[a] for a, b in zip(stages, stages[1:], strict=False)]
    wall = lead.created + 9 * 3600
    return {
        "activity_count": lambda: float(len([r for r in recent(done) if feature.of in (None, r[2])])),
        "activity_recency": lambda: (t - max(row[0] for row in done)) / DAY if done else None,
        "activity_kinds": lambda: float(len({row[2] for row in done})),
        "activity_decayed": lambda: sum(2 ** (-(t - row[0]) / DAY / 14) for row in done),
        "touch_count": lambda: float(len(recent(touched))),
        "touch_recency": lambda: (t - max(row[0] for row in touched)) / DAY if touched else None,
        "touch_connected": lambda: float(sum(row[2] for row in touched)),
        "stage": lambda: stages[-1],
        "stage_days": lambda: (t - (steps[-1][0] if steps else lead.created)) / DAY,
        "steps_forward": lambda: float(sum(move > 0 for move in moves)),
        "steps_back": lambda: float(sum(move < 0 for move in moves)),
        "age": lambda: (t - lead.created) / DAY,
        "age_band": lambda: AGES[sum((t - lead.created) / DAY >= end for end in (1 / 24, 1, 3, 7, 14, 30))],
        "created_hour": lambda: float(wall % DAY // 3600),
        "created_weekday": lambda: (
            ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"]
        )[int(wall // DAY) % 7],
    }[feature.form]()


def same(a: object, b: object) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, abs_tol=1e-6)
    return a == b


def looked(values: np.ndarray | Categories, at: int) -> float | str | None:
    if isinstance(values, Categories):
        return values.to_list()[at]
    return None if np.isnan(values[at]) else float(values[at])


@settings(max_examples=150, deadline=None)
@given(st.lists(leads(), min_size=1, max_size=4), st.lists(HOURS, min_size=1, max_size=4))
def test_features_of_events_are_those_of_the_oracle_in_both_forms(
    some: list[OneLead], times: list[float]
) -> None:
    looks = [(place, t) for place in range(len(some)) for t in times]
    lead, as_of = (np.array(part) for part in zip(*looks, strict=True))
    columns = event_columns(FEATURES, ledger_of(some), lead, as_of.astype(float))
    for at, (place, t) in enumerate(looks):
        row = event_row(FEATURES, some[place], t)
        for feature in FEATURES:
            expected = oracle(feature, some[place], t)
            assert same(row[feature.name], expected), feature
            assert same(looked(columns[feature.name], at), expected), feature


@settings(max_examples=150, deadline=None)
@given(st.lists(leads(), min_size=1, max_size=4), st.lists(HOURS, min_size=1, max_size=4))
def test_a_property_is_what_it_was_known_as(some: list[OneLead], times: list[float]) -> None:
    ledger = ledger_of(some)
    looks = [(place, t) for place in range(len(some)) for t in times]
    lead, as_of = (np.array(part) for part in zip(*looks, strict=True))
    for name in ("size", "source"):
        values = [*ledger.values_of(name).to_pylist(), None]
        found = [values[place] for place in ledger.places_at(name, lead, as_of.astype(float))]
        for at, (place, t) in enumerate(looks):
            own = [row for row in some[place].changes if row[2] == name]
            by_then = [row[3] for row in own if row[0] <= t and row[1] <= t]
            expected = by_then[-1] if by_then else None if own else some[place].properties.get(name)
            assert found[at] == some[place].properties_at(t).get(name) == expected


def later_than(lead: OneLead, t: float) -> OneLead:
    """The lead without what is known only after a time; that a property has a history stays known."""

    def known(rows: tuple) -> tuple:
        return tuple(row for row in rows if row[0] <= t and row[1] <= t)

    unknown = {row[2]: None for row in lead.changes}
    return OneLead(
        lead.lead_id,
        lead.created,
        {name: value for name, value in lead.properties.items() if name not in unknown},
        known(lead.changes),
        known(lead.activities),
        known(lead.touches),
        known(lead.outcomes),
    )


@settings(max_examples=150, deadline=None)
@given(leads(), HOURS)
def test_nothing_that_is_known_later_moves_a_feature(lead: OneLead, t: float) -> None:
    past = later_than(lead, t)
    one, at = np.zeros(1, dtype=np.intp), np.array([t])
    assert all(
        same(value, event_row(FEATURES, lead, t)[name])
        for name, value in event_row(FEATURES, past, t).items()
    )
    whole, cut = (event_columns(FEATURES, ledger_of([one_of]), one, at) for one_of in (lead, past))
    assert all(same(looked(whole[name], 0), looked(cut[name], 0)) for name in whole)
    assert past.properties_at(t) == {
        name: value for name, value in lead.properties_at(t).items() if name in past.properties_at(t)
    }


@settings(max_examples=100, deadline=None)
@given(st.lists(leads(), min_size=1, max_size=4), HOURS)
def test_what_was_known_at_a_time_says_of_it_what_everything_says(some: list[OneLead], t: float) -> None:
    whole = ledger_of(some)
    then = whole.known_at(t)
    place = np.flatnonzero(whole.created <= t)
    at = np.full(len(place), t)
    all_, some_ = (
        event_columns(FEATURES, whole, place, at),
        event_columns(FEATURES, then, np.arange(len(place)), at),
    )
    for name in all_:
        assert all(same(looked(all_[name], row), looked(some_[name], row)) for row in range(len(place)))
    for name in whole.properties:
        values = [
            [[*ledger.values_of(name).to_pylist(), None][found] for found in ledger.places_at(name, lead, at)]
            for ledger, lead in ((whole, place), (then, np.arange(len(place))))
        ]
        assert values[0] == values[1]


def test_a_ledger_as_known_at_a_time_holds_nothing_later() -> None:
    early = OneLead("a", 0.0, activities=((1.0, 1.0, "x", None), (2.0, 9.0, "x", None)))
    late = OneLead("b", 6.0, outcomes=((7.0, 7.0, "won"),))
    seen: Ledger = ledger_of([early, late]).known_at(5.0)
    assert (seen.lead_id.tolist(), len(seen.activities), len(seen.outcomes)) == (["a"], 1, 0)
