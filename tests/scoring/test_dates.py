"""Times, as people write them in English and Japanese."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from scoring.clean import Column
from scoring.dates import read_time, utc_offset
from scoring.words import Unreadable

TOKYO = ZoneInfo("Asia/Tokyo")


def utc(*parts):
    return dt.datetime(*parts, tzinfo=dt.UTC).timestamp()


def tokyo(*parts):
    return dt.datetime(*parts, tzinfo=TOKYO).timestamp()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026年11月23日", tokyo(2026, 11, 23)),
        ("２０２６年１１月２３日", tokyo(2026, 11, 23)),
        ("2026年11月23日(月) 9時30分", tokyo(2026, 11, 23, 9, 30)),
        ("2026年11月23日午後3時5分", tokyo(2026, 11, 23, 15, 5)),
        ("2026/11/23 9:00", tokyo(2026, 11, 23, 9)),
        ("2026-11-23", tokyo(2026, 11, 23)),
        ("2026.11.23", tokyo(2026, 11, 23)),
        ("R8.11.23", tokyo(2026, 11, 23)),
        ("H30/4/1", tokyo(2018, 4, 1)),
        ("S64.1.7", tokyo(1989, 1, 7)),
        ("令和8年11月23日", tokyo(2026, 11, 23)),
        ("令和元年5月1日", tokyo(2019, 5, 1)),
        ("㋿8年11月23日", tokyo(2026, 11, 23)),
        ("2026-11-23T09:00:00Z", utc(2026, 11, 23, 9)),
        ("2026-11-23T09:00:00+09:00", utc(2026, 11, 23)),
        ("2026-11-23 09:00:00+0900", utc(2026, 11, 23)),
        ("2026-11-23T09:00:00.250Z", utc(2026, 11, 23, 9) + 0.25),
        ("2026-11-23 09:00 JST", utc(2026, 11, 23)),
        ("Nov 23, 2026", tokyo(2026, 11, 23)),
        ("23 November 2026 9:00 PM", tokyo(2026, 11, 23, 21)),
        ("Mon, 23 Nov 2026 09:00:00 +0900", utc(2026, 11, 23)),
        ("23-Nov-26", tokyo(2026, 11, 23)),
        ("46349", tokyo(2026, 11, 23)),
        ("46349.375", tokyo(2026, 11, 23, 9)),
        ("20261123", tokyo(2026, 11, 23)),
        ("1795392000", utc(2026, 11, 23)),
        ("1795392000000", utc(2026, 11, 23)),
    ],
)
def test_a_date_speaks_for_itself(text, moment):
    assert Column("c", "date", "fit", time_zone="Asia/Tokyo").clean(text) == moment


@pytest.mark.parametrize(
    ("text", "order", "date"),
    [
        ("26/11/23 9:00", "ymd", (2026, 11, 23, 9)),
        ("26/11/23 9:00", "dmy", (2023, 11, 26, 9)),
        ("20-10-2017", "dmy", (2017, 10, 20)),
        ("10/20/2016", "mdy", (2016, 10, 20)),
        ("31.12.2026", "dmy", (2026, 12, 31)),
        ("1/2/2026 3:04:05 pm", "mdy", (2026, 1, 2, 15, 4, 5)),
        ("2026-11-23", "dmy", (2026, 11, 23)),
        ("1/2/69", "dmy", (1969, 2, 1)),
        ("1/2/68", "dmy", (2068, 2, 1)),
    ],
)
def test_a_date_is_read_in_the_order_of_its_column(text, order, date):
    assert read_time(text, order, "UTC") == utc(*date)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31/31/2026", "2025-02-29", "H30/13/1", "0000-01-01", "20261399"]
)
def test_an_impossible_date_is_unreadable(text):
    with pytest.raises(Unreadable, match="must be a real date"):
        read_time(text, "dmy", "UTC")


@pytest.mark.parametrize("text", ["2026-11-23 24:00", "2026-11-23 12:60", "2026-11-23 13:00 pm"])
def test_an_impossible_time_of_day_is_unreadable(text):
    with pytest.raises(Unreadable, match="must have a real time of day"):
        read_time(text, None, "UTC")


def test_a_date_in_an_unstated_order_is_unreadable():
    with pytest.raises(Unreadable, match="year in front, or in a stated order"):
        read_time("1/2/2026", None, "UTC")


def test_a_date_in_another_order_is_unreadable():
    with pytest.raises(Unreadable, match="in the order year, month, day"):
        read_time("23/11/2026", "ymd", "UTC")


@pytest.mark.parametrize(
    "text", ["", "soon", "2026", "12", "2026-11", "090-1234-5678", "1.2", "0.5", "9:00", "2026-11-239:00"]
)
def test_what_is_no_date_is_unreadable(text):
    with pytest.raises(Unreadable, match="must be a date"):
        read_time(text, "ymd", "UTC")


def test_of_an_hour_that_occurs_twice_the_first_is_meant():
    berlin = dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=0)
    assert read_time("2026-10-25 02:30", None, "Europe/Berlin") == berlin.timestamp()


def test_times_of_python_and_of_text_agree():
    reader = Column("c", "date", "fit", time_zone="Asia/Tokyo")
    assert reader.clean(dt.date(2026, 11, 23)) == reader.clean("2026-11-23")
    assert reader.clean(dt.datetime(2026, 11, 23, 9)) == reader.clean("2026-11-23 09:00")  # noqa: DTZ001
    assert reader.clean(dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)) == reader.clean("2026-11-23T09:00Z")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_time_at_the_end_of_all_years_has_an_offset_too(text, zone):
    seconds = int(read_time(text, None, zone))
    assert utc_offset(seconds, zone) == utc_offset(seconds // 900 * 900, zone)
