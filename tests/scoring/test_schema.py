"""The guess of what each column holds, and why."""

import datetime as dt
import uuid

import pyarrow as pa
import pytest

from scoring.errors import SettingsError
from scoring.headers import contract_name
from scoring.schema import guess_columns


def guess(name, values, **more):
    return guess_columns(pa.table({name: pa.array(values)}), **more)[0]


def kind(name, values, **more):
    return guess(name, values, **more).column.type


MANY = range(40)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("row", [str(at) for at in MANY], "id"),
        ("visits", ["1", "2", "１０", "Select", None], "number"),
        ("予算", ["1,000円", "2.5万", "▲300"], "number"),
        ("Converted", ["0", "1", "0"], "boolean"),
        ("資料", ["有", "無", "有"], "boolean"),
        ("Source", ["Web", "Referral", "Web"], "category"),
        ("Rating", ["Yes", "No", "Maybe"], "category"),
        ("mql_id", [f"a{at}" for at in MANY], "id"),
        ("Lead Number", [str(660737 + at) for at in MANY], "id"),
        ("顧客番号", [f"{at:05d}" for at in MANY], "id"),
        ("ref", [str(uuid.UUID(int=at * 10**30)) for at in range(1, 9)], "id"),
        ("zip", ["0120", "0130", "4500", "0120", "0130", "0130"], "category"),
        ("landing_page_id", ["a1", "a2"] * 20, "category"),
        ("氏名", ["佐藤 花子", "鈴木 一郎"], "text"),
        ("notes", [f"called on day {at}, wants {at * 7} seats" for at in MANY], "text"),
        ("Ｅメール", ["a@b.co", "c@d.co", "-"], "email"),
        ("連絡先", ["a@b.co", "c@d.co"], "email"),
        ("電話番号", ["03-1234-5678", "０９０－１２３４－５６７８"], "phone"),
        ("連絡先", ["03-1234-5678", "090-1234-5678"], "phone"),
        ("役職", ["部長", "課長"], "job_title"),
        ("Country/Region", ["JP", "Japan"], "country"),
        ("created_at", ["2026-11-23", "2026-11-24"], "date"),
        ("close_date", ["46349", "46350.5"], "date"),
        ("serial", ["46349", "46350"], "number"),
        ("seen", ["2026年11月23日", "R8.11.24"], "date"),
        ("first_contact_date", ["01-02-2018", "20-10-2017"], "date"),
        ("Account", ["Acme", "Beta"] * 20, "category"),
        ("Company", [f"Acme {at}" for at in MANY], "text"),
        ("empty", ["", "-"], "category"),
    ],
)
def test_a_column_is_told_by_header_and_content(name, values, expected):
    assert kind(name, values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([True, None]), "boolean"),
        (pa.array([1, 0, 1]), "boolean"),
        (pa.array([1, 2, 7]), "number"),
        (pa.array([0.5, float("nan")]), "number"),
        (pa.array([dt.datetime(2026, 1, 1)]), "date"),  # noqa: DTZ001
        (pa.array([dt.date(2026, 1, 1)]), "date"),
        (pa.array(["Web", "Web"]).dictionary_encode(), "category"),
    ],
)
def test_a_stored_type_is_respected(values, expected):
    assert kind("value", values) == expected


def test_lists_and_records_are_left_out_and_said():
    found = guess("tags", [["a"], ["b", "c"]])
    assert found.column.type == "id"
    assert found.findings == ("Column 'tags' holds list, which is not one value: left out.",)


def test_numbers_with_some_junk_stay_numbers_and_the_junk_is_counted():
    found = guess("visits", [str(at) for at in range(98)] + ["many", "n.a", "-"])
    assert (found.column.type, found.reason) == ("number", "98 % are numbers")
    assert found.findings == ("Column 'visits': 2 of 100 values cannot be read as a number.",)


def test_numbers_with_much_junk_are_a_category_and_that_is_said():
    found = guess("visits", [str(at) for at in range(30)] * 2 + ["some", "many"] * 10)
    assert found.column.type == "category"
    assert "only 75 % are numbers" in found.findings[0]


def test_decimal_commas_are_told():
    found = guess("rate", ["1,5", "1.234,25", "7"])
    assert (found.column.type, found.column.decimal) == ("number", ",")
    assert found.column.clean("1.234,25") == 1234.25


@pytest.mark.parametrize(
    ("values", "order"),
    [
        (["2026-11-23", "2026/1/2"], None),
        (["20-10-2017", "01-02-2018"], "dmy"),
        (["10/20/2016", "3/1/2017"], "mdy"),
        (["26/11/23 9:00", "99/12/31 10:00"], "ymd"),
        (["31.12.2026", "01.02.2026"], "dmy"),
    ],
)
def test_the_order_of_dates_is_decided_on_the_whole_column(values, order):
    found = guess("created_at", values)
    assert (found.column.date_order, found.findings) == (order, ())


def test_dates_that_can_be_read_two_ways_are_said():
    found = guess("created_at", ["01/02/2026", "03/04/2026"])
    assert found.column.date_order == "dmy"
    assert "can be read as dmy or mdy; read as dmy. Name the order with --date-order" in found.findings[0]


def test_short_years_are_found_where_they_vary_least():
    assert guess("created_at", ["24/01/02", "25/03/04", "25/06/07", "24/08/09"]).column.date_order == "ymd"


def test_the_users_order_wins():
    found = guess("created_at", ["01/02/2026", "03/04/2026"], date_order="mdy")
    assert (found.column.date_order, found.findings) == ("mdy", ())


def test_impossible_dates_are_counted():
    found = guess("created_at", ["31/12/2026"] * 30 + ["31/31/2026"])
    assert found.findings == (
        "Column 'created_at': 1 of 31 values cannot be read as a date in the order dmy.",
    )


def test_spellings_of_one_answer_are_shown_in_the_most_common():
    column = guess("Source", ["Web", "Web", "WEB", "ｗｅｂ", "Referral"]).column
    assert [column.clean(raw) for raw in ("WEB", "web", "Referral")] == ["Web", "Web", "Referral"]
    assert guess("Source", ["Web", "WEB", "Referral"]).reason == "2 distinct values"


@pytest.mark.parametrize(
    ("name", "axis"),
    [
        ("Total Time Spent on Website", "engagement"),
        ("TotalVisits", "engagement"),
        ("Last Activity", "engagement"),
        ("メール開封数", "engagement"),
        ("資料請求", "engagement"),
        ("訪問回数", "engagement"),
        ("sales_agent", "process"),
        ("deal_stage", "process"),
        ("架電回数", "process"),
        ("Lead Owner", "process"),
        ("担当者", "process"),
        ("Industry", "fit"),
        ("Do Not Call", "fit"),
        ("業種", "fit"),
        ("landing_page_id", "fit"),
    ],
)
def test_the_axis_is_told_by_the_header(name, axis):
    assert guess(name, ["a", "b"]).column.axis == axis


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Record ID", "lead_id"),
        ("Create Date", "created_at"),
        ("CreatedDate", "created_at"),
        ("Email", "email"),
        ("Phone Number", "phone"),
        ("Job Title", "job_title"),
        ("Original Source", "source"),
        ("Contact owner", "owner"),
        ("LeadSource", "source"),
        ("リード所有者", "owner"),
        ("会社名", "company"),
        ("氏名", "name"),
        ("作成日", "created_at"),
        ("予算", None),
    ],
)
def test_headers_of_exports_map_to_the_contract(header, name):
    assert contract_name(header) == name


def test_the_users_missing_tokens_are_no_values():
    found = guess("visits", ["-999", "3", "x9", "x9"], missing=["X9", "-999"])
    assert (found.column.type, found.findings) == ("number", ())
    assert [found.column.clean(raw) for raw in ("-999", "x9", "3")] == [None, None, 3.0]


def test_the_user_overrules_type_and_axis():
    found = guess("code", ["1", "2"], types={"code": "category"}, axes={"code": "process"})
    assert (found.column.type, found.column.axis, found.reason) == ("category", "process", "as you said")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"types": {"visit": "number"}},
            "--type visit=number: there is no column 'visit'. Did you mean 'visits'",
        ),
        ({"types": {"visits": "nummer"}}, "'nummer' must be one of number, .* Did you mean 'number'"),
        ({"axes": {"visits": "engagment"}}, "Did you mean 'engagement'"),
        ({"date_order": "dym"}, "--date-order: 'dym' must be one of ymd, dmy, mdy"),
        ({"time_zone": "Asia/Tokio"}, "There is no time zone 'Asia/Tokio'"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest(more, message):
    with pytest.raises(SettingsError, match=message):
        guess("visits", ["1"], **more)
