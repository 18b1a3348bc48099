from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from scoring.errors import DataError
from scoring.months import Month


def test_a_month_begins_and_ends_by_the_clocks_of_its_zone():
    month = Month.read("2026-10", "Asia/Tokyo")

    assert datetime.fromtimestamp(month.start, UTC) == datetime(2026, 9, 30, 15, tzinfo=UTC)
    assert datetime.fromtimestamp(month.end, UTC) == datetime(2026, 10, 31, 15, tzinfo=UTC)


def test_a_month_with_a_change_of_clocks_has_an_hour_more():
    month = Month.read("2026-10", "Europe/Berlin")

    assert month.end - month.start == 31 * 86_400 + 3_600


def test_january_follows_december():
    assert Month.read("2026-12").after == Month.read("2027-01")
    assert Month.read("2027-01").before.name == "2026-12"
    assert Month.read("2028-02").days[-1] == date(2028, 2, 29)


def test_the_running_month_is_that_of_the_zone():
    moment = datetime(2026, 11, 1, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()

    assert (Month.at(moment, "Asia/Tokyo").name, Month.at(moment).name) == ("2026-11", "2026-10")


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-1", "26-10", "2026-10-01", "", "1969-12", "2201-01", "２０２６-10"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(DataError, match=r"must be written like 2026-10"):
        Month.read(text)
