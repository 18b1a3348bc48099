from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from scoring.business_time import OfficeHours
from scoring.categories import Categories
from scoring.ledger import NOTHING, Events
from scoring.sla import ClocksOfMany, Promise, clocks
from scoring.sla_summary import leads_owed, sla_overall, sla_summary

GOLDEN_WEEK = frozenset(date(2026, 5, day) for day in (3, 4, 5, 6))
OFFICE = OfficeHours.between_days(date(2026, 4, 1), date(2026, 7, 31), "Asia/Tokyo", days_off=GOLDEN_WEEK)
TUESDAY = datetime(2026, 5, 12, 9, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
NAN = float("nan")


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()


def told(touched: list[list[float]], now: float = 8.0, *, assigned: float = 0.0, closed=None) -> ClocksOfMany:
    """Leads handed over on Tuesday at 9:00 and touched so many hours later; two touches are owed in a day."""
    rows = [(of, TUESDAY + 3600 * hours) for of, each in enumerate(touched) for hours in each]
    lead, occurred = np.array([of for of, _ in rows], dtype=np.intp), np.array([when for _, when in rows])
    closing = np.full(len(touched), NAN) if closed is None else TUESDAY + 3600 * np.array(closed)
    return clocks(
        Promise(touches=2, touch_days=1.0),
        OFFICE,
        np.full(len(touched), TUESDAY),
        Events.of(lead, occurred, occurred, {}),
        np.full(len(touched), TUESDAY + 3600 * assigned),
        closing,
        TUESDAY + 3600 * now,
    )


def test_each_rep_has_its_share_met_its_delays_and_its_exceptions():
    said = told([[1, 2], [3, 5], [5, 6], [], [2], [6]], now=7)

    aya, ken, nobody = sla_summary(said, Categories.of(["ken", "aya", "aya", "aya", "ken", None]))

    assert [row.rep for row in (aya, ken, nobody)] == ["aya", "ken", None]
    # Touched after 3 and 5 hours, and not at all after 7.
    assert (aya.leads, aya.first_touch, aya.touches, aya.exceptions) == (3, (1, 3), (2, 2), 2)
    assert (aya.median_hours, aya.p95_hours) == (5.0, pytest.approx(5 + 0.9 * 2))
    assert aya.first_touch_share == pytest.approx(1 / 3)
    assert (ken.first_touch, ken.touches, ken.touches_share) == ((2, 2), (1, 1), 1.0)
    assert (ken.median_hours, ken.exceptions) == (1.5, 0)
    assert (nobody.first_touch_share, nobody.touches_share, nobody.exceptions) == (0.0, None, 1)


def test_what_the_system_took_stands_beside_the_rep_s_own_delay():
    row = sla_overall(told([[3], [3]], assigned=2.0))
    assert (row.system_hours, row.median_hours) == (2.0, 1.0)


def test_all_together_are_counted_once():
    said = told([[1, 2], [5], []], now=7)
    row = sla_overall(said)
    assert (row.rep, row.leads, row.first_touch, row.exceptions) == (None, 3, (1, 3), 2)


def test_leads_that_still_have_time_or_are_closed_settle_nothing():
    row = sla_overall(told([[], []], now=3, closed=[NAN, 2]))
    assert (row.leads, row.first_touch, row.touches) == (2, (0, 0), (0, 0))
    assert (row.first_touch_share, row.median_hours, row.p95_hours, row.system_hours) == (None,) * 4


def test_leads_that_nothing_was_promised_to_are_no_one_s():
    nothing = np.array([NAN])
    said = clocks(Promise(), OFFICE, nothing, NOTHING, nothing, nothing, TUESDAY)
    assert sla_summary(said, Categories.of(["aya"])) == []
    assert sla_overall(said).leads == 0


def test_marketing_s_line_rises_on_open_days_to_what_is_owed():
    # May 2026 has 21 weekdays, of which 4, 5 and 6 May are holidays: 18 open days for 6 × 90 leads.
    owed = leads_owed(date(2026, 5, 20), 6, 90, np.zeros(0), OFFICE, at("2026-05-31 23:00"))

    assert owed.owed == 540
    assert owed.day[[0, -1]].astype(str).tolist() == ["2026-05-01", "2026-05-31"]
    np.testing.assert_allclose(
        owed.goal[[0, 1, 5, 6, 7, 9, 10, 28, 30]], [30, 30, 30, 60, 90, 90, 120, 540, 540]
    )


def test_leads_handed_over_are_counted_by_the_day_of_the_office_up_to_now():
    handed = [
        "2026-04-30 23:59",
        "2026-05-01 00:00",
        "2026-05-01 20:00",
        "2026-05-07 08:00",
        "2026-05-07 15:00",
    ]
    moments = np.array([at(text) for text in reversed(handed)])

    owed = leads_owed(date(2026, 5, 1), 6, 90, moments, OFFICE, at("2026-05-07 13:30"))

    np.testing.assert_array_equal(owed.actual[:8], [2, 2, 2, 2, 2, 2, 3, NAN])
    assert np.isnan(owed.actual[7:]).all()
    # A whole day and half of the next: 30 and 15 leads.
    assert (owed.goal_now, owed.actual_now, owed.ahead) == (pytest.approx(45), 3, pytest.approx(-42))


def test_of_a_month_to_come_nothing_is_due_yet_and_of_a_past_one_all():
    june = leads_owed(date(2026, 6, 1), 1, 10, np.zeros(0), OFFICE, TUESDAY)
    april = leads_owed(
        date(2026, 4, 1), 1, 10, np.array([at("2026-04-02 10:00"), TUESDAY]), OFFICE, TUESDAY + 1
    )
    assert (june.goal_now, june.actual_now, np.isnan(june.actual).all()) == (0.0, 0, True)
    assert (april.goal_now, april.actual_now, april.actual[-1]) == (pytest.approx(10), 1, 1.0)


def test_no_line_is_drawn_for_a_month_in_which_the_office_is_closed():
    closed = OfficeHours.between_days(date(2026, 5, 1), date(2026, 5, 31), days=())
    with pytest.raises(ValueError, match="closed all of 2026-05"):
        leads_owed(date(2026, 5, 1), 1, 10, np.zeros(0), closed, TUESDAY)
