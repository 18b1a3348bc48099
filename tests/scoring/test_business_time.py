"""Business time by hand, and against a count of every single minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.business_time import HOUR, OFFICE_DAYS, WEEKDAYS, OfficeHours

GOLDEN_WEEK = frozenset(date(2026, 5, day) for day in (3, 4, 5, 6))
ZONES = ("UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def at(text: str, zone: str = "Asia/Tokyo") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(moment: float, zone: str = "Asia/Tokyo") -> str:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).strftime("%a %d %b %H:%M")


def tokyo(**other) -> OfficeHours:
    return OfficeHours.between_days(
        date(2026, 4, 27), date(2026, 5, 31), "Asia/Tokyo", days_off=GOLDEN_WEEK, **other
    )


def test_four_hours_over_golden_week_end_on_thursday_noon():
    assert shown(tokyo().add(at("2026-05-01 17:00"), 4)) == "Thu 07 May 12:00"


def test_an_hour_before_closing_ends_at_closing_time_and_not_on_the_next_morning():
    assert shown(tokyo().add(at("2026-05-01 17:00"), 1)) == "Fri 01 May 18:00"


def test_at_closing_time_the_next_hour_begins_on_the_next_open_day():
    assert shown(tokyo().add(at("2026-05-01 18:00"), 1)) == "Thu 07 May 10:00"


def test_a_lead_of_the_night_has_its_time_from_the_morning_on():
    assert shown(tokyo().add(at("2026-05-12 03:20"), 4)) == "Tue 12 May 13:00"
    assert shown(tokyo().add(at("2026-05-12 23:59"), 4)) == "Wed 13 May 13:00"


def test_a_lead_of_the_weekend_has_its_time_from_monday_on():
    assert shown(tokyo().add(at("2026-05-09 11:00"), 4)) == "Mon 11 May 13:00"


def test_no_hours_are_over_at_once_even_at_night():
    assert tokyo().add(at("2026-05-09 11:00"), 0) == at("2026-05-09 11:00")


def test_more_than_a_week_of_work_is_added_over_the_weekends():
    # Two hours of Monday, nine each of four days, two of the next Monday.
    assert shown(tokyo().add(at("2026-05-11 16:00"), 40)) == "Mon 18 May 11:00"


def test_hours_between_leave_out_night_weekend_and_holidays():
    assert tokyo().between(at("2026-05-01 17:00"), at("2026-05-07 12:00")) == 4.0
    assert tokyo().between(at("2026-05-08 17:30"), at("2026-05-11 09:15")) == 0.75
    assert tokyo().between(at("2026-05-09 00:00"), at("2026-05-10 23:00")) == 0.0


def test_hours_between_are_never_negative():
    assert tokyo().between(at("2026-05-11 12:00"), at("2026-05-11 10:00")) == 0.0


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [("Europe/Berlin", "2026-03-29", "2026-10-25"), ("America/New_York", "2026-03-08", "2026-11-01")],
)
def test_an_office_that_never_closes_has_23_and_25_hours_when_the_clocks_change(zone, spring, autumn):
    for day, hours in ((spring, 23.0), (autumn, 25.0)):
        first = date.fromisoformat(day)
        office = OfficeHours.between_days(first, first + timedelta(2), zone, "00:00", "24:00", WEEKDAYS)
        tomorrow = (first + timedelta(1)).isoformat()
        assert office.between(at(f"{day} 00:00", zone), at(f"{tomorrow} 00:00", zone)) == hours
        assert office.add(at(f"{day} 00:00", zone), hours) == at(f"{tomorrow} 00:00", zone)


def test_two_hours_after_one_at_night_are_four_where_the_clocks_are_put_forward():
    office = OfficeHours.between_days(
        date(2026, 3, 8), date(2026, 3, 9), "America/New_York", "00:00", "24:00", WEEKDAYS
    )
    assert shown(office.add(at("2026-03-08 01:00", "America/New_York"), 2), "America/New_York").endswith(
        "04:00"
    )


def test_the_office_opens_by_its_own_clocks_before_and_after_the_change():
    office = OfficeHours.between_days(date(2026, 3, 23), date(2026, 4, 5), "Europe/Berlin")
    friday = at("2026-03-27 17:00", "Europe/Berlin")

    due = office.add(friday, 4)

    assert shown(due, "Europe/Berlin") == "Mon 30 Mar 12:00"
    assert due - friday == (67 - 1) * HOUR


def test_an_office_may_close_at_midnight_and_open_on_weekends_alone():
    office = OfficeHours.between_days(
        date(2026, 5, 1), date(2026, 5, 31), "Asia/Tokyo", "20:00", "24:00", ("sat", "sun")
    )
    assert shown(office.add(at("2026-05-04 12:00"), 5)) == "Sun 10 May 21:00"
    assert shown(office.add(at("2026-05-09 22:00"), 2)) == "Sun 10 May 00:00"


def test_a_moment_outside_the_span_is_refused_and_never_guessed():
    office, inside, outside = tokyo(), at("2026-05-29 17:00"), at("2026-06-02 10:00")
    refused = pytest.raises(ValueError, match="known from 2026-04-27 to 2026-05-31 in Asia/Tokyo.*more days")
    for ask in (
        lambda: office.add(inside, 4),
        lambda: office.add(outside, 1),
        lambda: office.add(at("2026-04-26 23:59"), 1),
        lambda: office.between(inside, outside),
        lambda: office.add_many(np.array([inside]), 4),
        lambda: office.between_many(np.array([inside]), np.array([outside])),
        lambda: office.between_many(np.array([inside]), np.array([np.inf])),
    ):
        with refused:
            ask()


def test_the_edges_of_the_span_belong_to_it():
    office = tokyo()
    assert office.between(at("2026-04-27 00:00"), at("2026-06-01 00:00")) == 9 * 22


def test_hours_before_a_moment_are_not_asked_for():
    for ask in (lambda: tokyo().add(at("2026-05-12 10:00"), -1), lambda: tokyo().add_many(np.zeros(0), -1.0)):
        with pytest.raises(ValueError, match="must be 0 or more"):
            ask()


def test_what_has_not_happened_yet_stays_missing():
    office, now = tokyo(), at("2026-05-12 10:00")
    assert np.isnan([office.add(np.nan, 1), office.between(np.nan, now), office.between(now, np.nan)]).all()
    assert np.isnan(office.add_many(np.array([np.nan]), 1.0)).all()
    assert np.isnan(office.between_many(np.array([np.nan, now]), np.array([now, np.nan]))).all()


def test_an_office_that_is_closed_throughout_has_no_hours():
    office = OfficeHours.between_days(date(2026, 5, 3), date(2026, 5, 6), "Asia/Tokyo", days_off=GOLDEN_WEEK)
    start, end = at("2026-05-03 10:00"), at("2026-05-06 10:00")
    assert office.between(start, end) == 0.0
    assert office.between_many(np.array([start]), np.array([end])).tolist() == [0.0]
    assert office.add_many(np.array([start]), 0.0).tolist() == [start]
    with pytest.raises(ValueError, match="more days"):
        office.add(start, 0.5)


def test_unreal_hours_are_refused():
    with pytest.raises(ValueError, match="must end after they begin"):
        OfficeHours.between_days(date(2026, 5, 2), date(2026, 5, 1))
    with pytest.raises(ValueError, match="must end after they begin"):
        OfficeHours.between_days(date(2026, 5, 1), date(2026, 5, 2), opens="18:00")
    with pytest.raises(ValueError, match=r"mon, tue.*got monday"):
        OfficeHours.between_days(date(2026, 5, 1), date(2026, 5, 2), days=("monday",))


# Clock times outside the hours that clocks skip or show twice; those are pinned by hand above.
CLOCKS = ["00:00", "04:30", "06:00", "09:00", "12:45", "18:00", "23:30", "24:00"]


@st.composite
def offices(draw: st.DrawFn) -> OfficeHours:
    """Two weeks somewhere, often with a change of the clocks in them."""
    first = date.fromisoformat(
        draw(
            st.sampled_from(
                ["2026-03-02", "2026-03-27", "2026-04-01", "2026-10-01", "2026-10-22", "2026-10-30"]
            )
        )
    )
    opens, closes = sorted(draw(st.lists(st.sampled_from(CLOCKS), min_size=2, max_size=2, unique=True)))
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    off = draw(st.sets(st.integers(0, 13).map(lambda day: first + timedelta(day)), max_size=4))
    return (
        OfficeHours.between_days(
            first, first + timedelta(13), draw(st.sampled_from(ZONES)), opens, closes, days, off
        ),
        lambda wall: (
            WEEKDAYS[wall.weekday()] in days
            and wall.date() not in off
            and opens <= wall.strftime("%H:%M") < closes
        ),
    )


@given(offices(), st.data())
@settings(max_examples=60, deadline=None)
def test_hours_are_the_open_minutes_one_by_one(made, data):
    office, is_open = made
    zone = ZoneInfo(office.zone)
    minutes = int((office.span[1] - office.span[0]) // 60)
    start, end = sorted(data.draw(st.tuples(st.integers(0, minutes), st.integers(0, minutes))))
    moment = lambda minute: office.span[0] + 60 * minute  # noqa: E731
    open_minutes = [
        minute
        for minute in range(start, end)
        if is_open(datetime.fromtimestamp(moment(minute), UTC).astimezone(zone))
    ]

    assert round(office.between(moment(start), moment(end)) * 60, 6) == len(open_minutes)
    if open_minutes:
        after = office.add(moment(start), len(open_minutes) / 60)
        assert after == pytest.approx(moment(open_minutes[-1] + 1), abs=1e-5)


@given(offices(), st.data())
@settings(max_examples=150, deadline=None)
def test_many_moments_say_what_each_says(made, data):
    office, _ = made
    moments = st.floats(*office.span) | st.sampled_from([*office.opens, *office.closes, *office.span, np.nan])
    pairs = data.draw(
        st.lists(st.tuples(moments, moments, st.floats(0, 200) | st.integers(0, 40)), max_size=8)
    )
    starts, ends, hours = (
        (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
        if pairs
        else (np.zeros(0),) * 3
    )
    between = [office.between(start, end) for start, end, _ in pairs]

    np.testing.assert_array_equal(office.between_many(starts, ends), between)
    due = [of_one(office, start, more) for start, _, more in pairs]
    if None in due:
        with pytest.raises(ValueError, match="more days"):
            office.add_many(starts, hours)
    else:
        np.testing.assert_array_equal(office.add_many(starts, hours), due)


def of_one(office: OfficeHours, start: float, hours: float) -> float | None:
    try:
        return office.add(start, hours)
    except ValueError:
        return None


@given(offices(), st.data())
@settings(max_examples=100, deadline=None)
def test_adding_hours_and_counting_them_undo_each_other(made, data):
    office, _ = made
    start = data.draw(st.floats(*office.span))
    hours = data.draw(st.floats(0, office.between(start, office.span[1])))

    due = office.add(start, min(hours, office.between(start, office.span[1]) * (1 - 1e-9)))

    assert start <= due <= office.span[1]
    assert office.between(start, due) == pytest.approx(hours, abs=1e-5)


def test_the_office_days_are_monday_to_friday():
    assert OFFICE_DAYS == ("mon", "tue", "wed", "thu", "fri")
