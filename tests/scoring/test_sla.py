"""Sales' promise by hand, and many leads against one at a time."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.business_time import HOUR, OfficeHours
from scoring.categories import Categories
from scoring.ledger import NOTHING, Events
from scoring.sla import ClocksOfOne, Promise, clocks, clocks_of_one

NAN = float("nan")
GOLDEN_WEEK = frozenset(date(2026, 5, day) for day in (3, 4, 5, 6))
TOKYO = OfficeHours.between_days(date(2026, 3, 1), date(2026, 7, 31), "Asia/Tokyo", days_off=GOLDEN_WEEK)
PROMISE = Promise()


def at(text: str, zone: str = "Asia/Tokyo") -> float:
    """A moment of May 2026, such as ``"11 09:30"``, or of any day."""
    text = text if "-" in text else f"2026-05-{text}"
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def told(
    since: str, now: str, *, touched=(), assigned=(), closed=None, automatic=(), promise=PROMISE
) -> ClocksOfOne:
    """What is said of one lead, in words of days and hours of May 2026."""
    touches = sorted(
        [(at(when), at(when), True, False) for when in touched]
        + [(at(when), at(when), False, True) for when in automatic]
    )
    closing = at(closed) if closed else NAN
    return clocks_of_one(
        promise, TOKYO, at(since), touches, [at(when) for when in assigned], closing, at(now)
    )


def test_a_lead_of_the_friday_before_golden_week_is_owed_a_touch_by_thursday_noon():
    said = told("01 17:00", "01 17:30")
    assert said.first_touch.due == at("07 12:00")
    assert said.first_touch.warn == at("07 11:00")
    assert said.first_touch.state == "on track"


@pytest.mark.parametrize(
    ("since", "due"),
    [
        ("12 09:00", "12 13:00"),
        ("12 14:00", "12 18:00"),
        ("12 14:01", "13 09:01"),
        ("12 22:30", "13 13:00"),
        ("08 17:00", "11 12:00"),
        ("09 10:00", "11 13:00"),
        ("03 12:00", "07 13:00"),
    ],
)
def test_the_first_touch_is_due_four_business_hours_after_the_handoff(since, due):
    assert told(since, since).first_touch.due == at(due)


@pytest.mark.parametrize(
    ("now", "state", "late"),
    [
        ("12 09:00", "on track", 0.0),
        ("12 11:59", "on track", 0.0),
        ("12 12:00", "due soon", 0.0),
        ("12 13:00", "due soon", 0.0),
        ("12 13:30", "breached", 0.5),
        ("13 09:30", "breached", 5.5),
    ],
)
def test_without_a_touch_the_clock_goes_from_on_track_to_breached(now, state, late):
    said = told("12 09:00", now).first_touch
    assert (said.state, said.late) == (state, late)


def test_a_touch_at_the_due_moment_is_in_time_and_one_minute_later_a_breach_for_good():
    in_time = told("12 09:00", "20 09:00", touched=["12 13:00"]).first_touch
    too_late = told("12 09:00", "20 09:00", touched=["12 13:01"]).first_touch

    assert (in_time.state, in_time.late) == ("met", 0.0)
    assert (too_late.state, round(too_late.late * 60, 6), too_late.at) == ("breached", 1.0, at("12 13:01"))


def test_automatic_messages_are_no_touches():
    said = told("12 09:00", "12 14:00", automatic=["12 09:01", "12 10:00"], touched=["12 13:45"])
    assert (said.first_touch.state, said.first_touch.at, said.count) == ("breached", at("12 13:45"), 1.0)


def test_what_was_done_before_the_handoff_does_not_count():
    said = told("12 09:00", "12 10:00", touched=["11 16:00", "12 08:59"])
    assert (said.first_touch.state, said.count) == ("on track", 0.0)


def test_a_touch_that_was_written_down_later_is_not_known_yet():
    touch = (at("12 10:00"), at("12 16:00"), True, False)
    before, after = (
        clocks_of_one(PROMISE, TOKYO, at("12 09:00"), [touch], [], NAN, at(now))
        for now in ("12 15:00", "12 16:00")
    )
    assert (before.first_touch.state, after.first_touch.state) == ("breached", "met")


FIVE = ["12 10:00", "14 10:00", "18 10:00", "21 10:00", "26 08:59"]


@pytest.mark.parametrize(
    ("touched", "now", "state", "late", "count"),
    [
        (FIVE[:4], "22 00:00", "on track", 0.0, 4.0),
        (FIVE[:4], "22 21:00", "due soon", 0.0, 4.0),
        (FIVE[:4], "26 09:00", "due soon", 0.0, 4.0),
        (FIVE[:4], "27 09:00", "breached", 1.0, 4.0),
        (FIVE, "27 09:00", "met", 0.0, 5.0),
        ([*FIVE[:4], "28 21:00"], "30 09:00", "breached", 2.5, 4.0),
        ([*FIVE, "26 09:00", "29 09:00"], "30 09:00", "met", 0.0, 6.0),
    ],
)
def test_five_touches_are_due_in_fourteen_days(touched, now, state, late, count):
    said = told("12 09:00", now, touched=touched)
    assert said.touches.due == at("26 09:00")
    assert (said.touches.state, said.touches.late, said.count) == (state, late, count)


def test_the_moment_of_the_last_needed_touch_is_kept():
    assert told("12 09:00", "30 09:00", touched=[*FIVE, "27 10:00"]).touches.at == at("26 08:59")
    assert np.isnan(told("12 09:00", "30 09:00", touched=FIVE[:4]).touches.at)


def test_a_lead_closed_in_time_is_owed_nothing_any_more():
    said = told("12 09:00", "20 09:00", closed="12 11:00")
    assert (said.first_touch.state, said.touches.state) == ("ended", "ended")
    assert np.isnan([said.due_at, said.warn_at]).all()
    assert said.rep_delay != said.rep_delay
    assert said.system_delay == 2.0


def test_a_lead_closed_too_late_was_breached_until_then():
    said = told("12 09:00", "20 09:00", closed="12 15:00")
    assert (said.first_touch.state, said.first_touch.late, said.touches.state) == ("breached", 2.0, "ended")
    assert np.isnan(said.due_at)


def test_a_touch_after_the_closing_keeps_no_promise():
    said = told("12 09:00", "20 09:00", closed="12 11:00", touched=["12 12:00"])
    assert (said.first_touch.state, said.count) == ("ended", 0.0)


def test_a_closing_that_has_not_happened_yet_ends_nothing():
    assert told("12 09:00", "12 10:00", closed="12 11:00").first_touch.state == "on track"


def test_a_lead_that_was_closed_before_it_was_handed_over_is_owed_nothing():
    said = told("12 09:00", "20 09:00", closed="11 11:00", assigned=["11 10:00"])
    assert (said.first_touch.state, said.touches.state, said.system_delay) == ("ended", "ended", 0.0)


def test_due_at_is_of_the_clock_that_is_due_next_and_stays_while_it_is_missed():
    running = told("12 09:00", "12 10:00")
    missed = told("12 09:00", "13 10:00")
    touched = told("12 09:00", "13 10:00", touched=["13 09:30"])
    done = told("12 09:00", "27 09:00", touched=FIVE)

    assert (running.due_at, running.warn_at) == (at("12 13:00"), at("12 12:00"))
    assert (missed.due_at, missed.warn_at) == (running.due_at, running.warn_at)
    assert (touched.due_at, touched.warn_at) == (at("26 09:00"), at("22 21:00"))
    assert np.isnan([done.due_at, done.warn_at]).all()


def test_the_clock_of_all_touches_may_be_due_before_that_of_the_first():
    said = told("01 17:00", "02 09:00", promise=Promise(touches=1, touch_days=1.0))
    assert (said.due_at, said.warn_at) == (at("02 17:00"), at("02 11:00"))


def test_the_rep_is_not_blamed_for_what_the_system_took():
    # Handed over on Friday at 16:00, assigned on Monday at 11:00, touched at 14:30.
    said = told("08 16:00", "12 09:00", assigned=["11 11:00"], touched=["11 14:30"])
    assert said.first_touch.state == "breached"
    assert (said.system_delay, said.rep_delay, said.first_touch.late) == (4.0, 3.5, 3.5)
    assert said.assigned_at == said.held_since == at("11 11:00")


def test_as_long_as_nobody_has_the_lead_all_the_delay_is_the_system_s():
    said = told("12 09:00", "12 15:00")
    assert (said.system_delay, said.first_touch.late) == (6.0, 2.0)
    assert np.isnan([said.rep_delay, said.assigned_at, said.held_since]).all()


def test_while_the_first_touch_is_missing_the_rep_s_delay_grows():
    assert told("12 09:00", "12 12:00", assigned=["12 10:00"]).rep_delay == 2.0
    assert told("12 09:00", "13 12:00", assigned=["12 10:00"]).rep_delay == 11.0
    assert told("12 09:00", "13 12:00", assigned=["12 10:00"], closed="12 16:00").rep_delay == 6.0


def test_after_a_reassignment_the_lead_s_clock_goes_on_and_the_new_rep_s_delay_begins():
    said = told("12 09:00", "13 12:00", assigned=["12 09:30", "12 16:00"], touched=["12 17:00"])
    assert (said.first_touch.state, said.first_touch.due, said.first_touch.late) == (
        "breached",
        at("12 13:00"),
        4.0,
    )
    assert (said.system_delay, said.rep_delay) == (0.5, 1.0)
    assert (said.assigned_at, said.held_since) == (at("12 09:30"), at("12 16:00"))


def test_a_reassignment_after_the_first_touch_changes_no_delay():
    said = told("12 09:00", "13 12:00", assigned=["12 09:30", "12 16:00"], touched=["12 11:00"])
    assert (said.system_delay, said.rep_delay, said.held_since) == (0.5, 1.5, at("12 09:30"))


def test_a_rep_who_had_the_lead_already_is_judged_from_the_handoff_on():
    said = told("12 09:00", "12 12:00", assigned=["01 10:00"], touched=["12 10:00"])
    assert (said.system_delay, said.rep_delay, said.held_since) == (0.0, 1.0, at("12 09:00"))


def test_a_touch_before_any_assignment_is_nobody_s_delay():
    said = told("12 09:00", "12 15:00", assigned=["12 11:00"], touched=["12 10:00"])
    assert (said.system_delay, said.first_touch.state, said.assigned_at) == (1.0, "met", at("12 11:00"))
    assert np.isnan([said.rep_delay, said.held_since]).all()


def test_an_assignment_at_night_costs_the_rep_nothing_until_the_morning():
    said = told("11 20:00", "12 12:00", assigned=["11 23:00"], touched=["12 09:40"])
    assert (said.system_delay, round(said.rep_delay * 60, 6)) == (0.0, 40.0)


def test_weekend_holidays_and_a_reassignment_on_one_of_them_meet_in_one_lead():
    # Thursday 16:00: two hours of that day and two of Friday; the next open day is Thursday 7 May.
    said = told("2026-04-30 16:00", "07 12:00", assigned=["01 10:00", "06 12:00"], touched=["07 10:30"])
    assert (said.first_touch.due, said.first_touch.warn) == (at("01 11:00"), at("01 10:00"))
    assert (said.first_touch.state, said.first_touch.late) == ("breached", 7 + 1.5)
    assert (said.system_delay, said.rep_delay) == (2 + 1, 1.5)
    assert (said.assigned_at, said.held_since) == (at("01 10:00"), at("06 12:00"))


def test_a_night_lead_before_the_clocks_change_is_due_by_the_clocks_after_it():
    new_york = OfficeHours.between_days(date(2026, 3, 1), date(2026, 4, 1), "America/New_York")
    zoned = lambda text: at(f"2026-03-{text}", "America/New_York")  # noqa: E731
    touch = zoned("09 12:30")

    said = clocks_of_one(
        PROMISE, new_york, zoned("06 20:00"), [(touch, touch, True, False)], [zoned("08 23:00")], NAN, touch
    )

    assert (said.first_touch.warn, said.first_touch.due) == (zoned("09 12:00"), zoned("09 13:00"))
    assert (said.first_touch.state, said.system_delay, said.rep_delay) == ("met", 0.0, 3.5)
    # From winter to summer time fourteen days of 24 hours end an hour later on the clock.
    assert said.touches.due == zoned("20 21:00")


def test_days_of_touches_are_days_of_24_hours_and_first_touches_hours_of_the_office_when_clocks_change():
    berlin = OfficeHours.between_days(date(2026, 3, 1), date(2026, 5, 1), "Europe/Berlin")
    since = at("2026-03-27 17:00", "Europe/Berlin")

    said = clocks_of_one(PROMISE, berlin, since, [], [], NAN, since)

    assert said.first_touch.due == at("2026-03-30 12:00", "Europe/Berlin")
    assert said.touches.due == at("2026-04-10 18:00", "Europe/Berlin")


def test_of_a_lead_that_nothing_was_promised_to_nothing_is_said():
    one = Events(np.array([0]), np.array([at("12 10:00")]), np.array([at("12 10:00")]))
    said = clocks(
        PROMISE, TOKYO, np.array([NAN]), one, np.array([at("12 10:00")]), np.array([NAN]), at("13 10:00")
    )

    assert said.first_touch.state.to_list() == said.touches.state.to_list() == [None]
    assert said.count.tolist() == [0.0]
    for clock in (said.first_touch, said.touches):
        assert np.isnan([clock.due, clock.warn, clock.at, clock.late]).all()
    assert np.isnan([said.due_at, said.warn_at, said.held_since, said.system_delay, said.rep_delay]).all()
    with pytest.raises(ValueError, match="clocks never began. Give the moment of the handoff"):
        clocks_of_one(PROMISE, TOKYO, NAN, [], [], NAN, at("13 10:00"))


def test_a_span_of_office_hours_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="more days"):
        told("2026-07-31 16:00", "2026-07-31 17:00")


def test_no_leads_are_no_trouble():
    nobody = np.zeros(0)
    assert len(clocks(PROMISE, TOKYO, nobody, NOTHING, nobody, nobody, at("12 10:00")).due_at) == 0


# Half hours of two weeks, so that moments meet each other, openings, closings and due moments.
MOMENTS = st.integers(0, 48 * 20).map(lambda half: at("2026-04-25 00:00") + half * HOUR / 2)
SOMETIMES = st.one_of(st.just(NAN), MOMENTS)
EVENT = st.tuples(
    MOMENTS, st.sampled_from([0.0, 0.0, 1.0, 48.0]), st.booleans(), st.sampled_from([False, False, True])
)
LEAD = st.tuples(MOMENTS, st.lists(EVENT, max_size=8), st.lists(MOMENTS, max_size=3).map(sorted), SOMETIMES)
PROMISES = st.builds(
    Promise,
    first_touch_hours=st.sampled_from([0.5, 4.0, 9.0, 20.0]),
    touches=st.integers(1, 4),
    touch_days=st.sampled_from([0.25, 2.0, 5.5]),
    warn=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)


def events_of(rows: list[tuple[int, float, float, bool]]) -> Events:
    lead, occurred, recorded, automatic = (
        np.array([row[at] for row in rows], dtype=float) for at in range(4)
    )
    return Events.of(lead.astype(np.intp), occurred, recorded, {"automatic": automatic == 1})


def plain(said, of: int | None = None) -> list:
    """All that is said, leaf by leaf; of many leads, what is said of one of them."""
    if is_dataclass(said) and not isinstance(said, Categories):
        return [leaf for field in fields(said) for leaf in plain(getattr(said, field.name), of)]
    if of is None:
        return [said]
    return [said.to_list()[of] if isinstance(said, Categories) else float(said[of])]


@given(st.lists(LEAD, min_size=1, max_size=5), MOMENTS, PROMISES)
@settings(max_examples=300, deadline=None)
def test_many_leads_are_told_what_each_is_told(leads, now, promise):
    touched = [sorted((at, at + later * HOUR, *rest) for at, later, *rest in row[1]) for row in leads]
    touches = events_of([(of, row[0], row[1], row[3]) for of, rows in enumerate(touched) for row in rows])
    assigned = events_of([(of, at, at, False) for of, row in enumerate(leads) for at in row[2]])
    since, closed = (np.array([row[place] for row in leads]) for place in (0, 3))

    many = clocks(promise, TOKYO, since, touches, assigned, closed, now)

    for of, row in enumerate(leads):
        one = clocks_of_one(promise, TOKYO, row[0], touched[of], row[2], row[3], now)
        np.testing.assert_equal(plain(many, of), plain(one))


def test_an_array_of_assignments_says_what_the_events_say():
    since = np.array([at("12 09:00"), at("12 10:00"), at("12 11:00")])
    got = np.array([at("12 09:30"), NAN, at("12 12:00")])
    events = events_of([(0, got[0], got[0], False), (2, got[2], got[2], False)])
    asked = PROMISE, TOKYO, since, NOTHING

    by_array, by_events = (clocks(*asked, form, np.full(3, NAN), at("12 15:00")) for form in (got, events))

    for of in range(3):
        np.testing.assert_equal(plain(by_array, of), plain(by_events, of))


@given(LEAD, PROMISES)
@settings(max_examples=100, deadline=None)
def test_what_is_settled_stays_settled(lead, promise):
    since, events, assigned, _ = lead
    # Nothing is written down later than it happened, and nothing is closed: only time passes.
    touches = sorted((at, at, connected, automatic) for at, _, connected, automatic in events)
    looks = [since + hours * HOUR for hours in range(0, 240, 5)]
    said = [clocks_of_one(promise, TOKYO, since, touches, assigned, NAN, now) for now in looks]
    order = {"on track": 0, "due soon": 1, "met": 2, "breached": 2}

    for before, after in pairwise(said):
        for clock in ("first_touch", "touches"):
            then, later = getattr(before, clock).state, getattr(after, clock).state
            assert order[then] <= order[later]
            assert then == later or order[then] < 2
        assert before.count <= after.count
