import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from scoring.io.office import office_hours
from scoring.io.sections import Calendar

YEAR = date(2026, 1, 1), date(2026, 12, 31)
# Cabinet Office, 国民の祝日 of 2026; 6 May makes up for Sunday 3 May, 22 September lies between two holidays.
HOLIDAYS_OF_JAPAN = (
    *("2026-01-01", "2026-01-12", "2026-02-11", "2026-02-23", "2026-03-20", "2026-04-29"),
    *("2026-05-03", "2026-05-04", "2026-05-05", "2026-05-06", "2026-07-20", "2026-08-11"),
    *("2026-09-21", "2026-09-22", "2026-09-23", "2026-10-12", "2026-11-03", "2026-11-23"),
)


def open_days(calendar: Calendar, zone: str = "Asia/Tokyo", days: tuple[date, date] = YEAR) -> set[str]:
    office = office_hours(calendar, zone, *days)
    offset = timedelta(hours=9 if zone == "Asia/Tokyo" else 0)
    return {(datetime.fromtimestamp(at, UTC) + offset).date().isoformat() for at in office.opens}


def weekdays_of_2026() -> set[str]:
    every = (YEAR[0] + timedelta(day) for day in range(365))
    return {day.isoformat() for day in every if day.weekday() < 5}


def test_in_japan_the_office_is_closed_on_the_public_holidays_of_2026():
    assert open_days(Calendar(country="JP")) == weekdays_of_2026() - set(HOLIDAYS_OF_JAPAN)


def test_days_that_make_up_for_a_holiday_and_days_between_two_are_off():
    opened = open_days(Calendar(country="JP"))
    assert {"2026-05-06", "2026-09-22"}.isdisjoint(opened)
    assert {"2026-05-01", "2026-05-07", "2026-09-18", "2026-09-24"} <= opened


def test_the_company_s_own_days_off_are_added_to_the_holidays():
    company = ("2026-12-29", "2026-12-30", "2026-12-31", "2026-05-01")

    opened = open_days(Calendar(country="JP", days_off=company))

    assert open_days(Calendar(country="JP")) - opened == set(company)


def test_without_a_country_there_are_no_holidays():
    assert open_days(Calendar()) == weekdays_of_2026()
    assert "2026-12-29" not in open_days(Calendar(days_off=("2026-12-29",)))


def test_the_holidays_of_each_year_of_the_span_are_off():
    opened = open_days(Calendar(country="JP"), days=(date(2025, 12, 30), date(2027, 1, 12)))
    assert {"2026-01-01", "2027-01-01", "2027-01-11"}.isdisjoint(opened)
    assert {"2025-12-30", "2027-01-12"} <= opened


def test_four_hours_after_friday_before_golden_week_are_over_on_thursday():
    office = office_hours(Calendar(country="JP"), "Asia/Tokyo", date(2026, 5, 1), date(2026, 5, 8))
    friday = datetime.fromisoformat("2026-05-01T17:00+09:00")
    assert office.add(friday.timestamp(), 4) == datetime.fromisoformat("2026-05-07T12:00+09:00").timestamp()


def test_the_calendar_s_hours_and_days_are_the_office_s():
    calendar = Calendar(opens="10:00", closes="24:00", days=("sat",))
    office = office_hours(calendar, "UTC", date(2026, 5, 1), date(2026, 5, 8))
    assert [datetime.fromtimestamp(edge, UTC).isoformat() for edge in (*office.opens, *office.closes)] == [
        "2026-05-02T10:00:00+00:00",
        "2026-05-03T00:00:00+00:00",
    ]


@pytest.mark.parametrize(("setting", "imported"), [("", "False"), ("country='JP'", "True")])
def test_the_holidays_are_only_loaded_where_a_country_is_set(setting, imported):
    program = (
        "import sys; from datetime import date\n"
        "from scoring.io.office import office_hours; from scoring.io.sections import Calendar\n"
        f"office_hours(Calendar({setting}), 'UTC', date(2026, 5, 1), date(2026, 5, 8))\n"
        "print('holidays' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == imported
