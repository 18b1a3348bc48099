"""One reading of a value, whether it comes in a file or in a call."""

import datetime as dt
import json
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.clean import TYPES, Categories, Column, Unreadable
from scoring.errors import DataError

NASTY = [
    *(
        "",
        " ",
        "　",
        "Select",
        "ＳＥＬＥＣＴ",
        "n/a",
        "N/A",
        "null",
        "None",
        "-",
        "－",
        "ー",
        "未設定",
        "Unknown",
        "不明",
    ),
    *(
        "0",
        "-0",
        "+5",
        "007",
        "１２３",
        "1,234",
        "１，２３４．５",
        "¥1,200",
        "￥500",
        "$3.5",
        "1,200円",
        "€ 7",
        "12%",
        "１２％",
    ),
    *(
        "(300)",
        "(−3)",
        "300-",
        "▲5",
        "△1,000",
        "−7",
        "1e5",
        "1E-3",
        "1e999",
        "-1e999",
        "inf",
        "-Inf",
        "Infinity",
        "nan",
    ),
    *(
        "nan(1)",
        "1_000",
        "0x10",
        "1.",
        ".5",
        ".",
        "1.2.3",
        "1,2",
        "12,34",
        "1 234",
        "1'234",
        "1.5万",
        "3億",
        "--5",
        "5人",
    ),
    *(
        "yes",
        "NO",
        "はい",
        "いいえ",
        "有",
        "無",
        "○",
        "×",
        "True",
        "FALSE",
        "on",
        "off",
        "1.0",
        "0.0",
        "Y",
        "ｙ",
        "maybe",
    ),
    *(
        "2026-11-23",
        "2026/11/23 9:00",
        "2026年11月23日",
        "26/11/23 9:00",
        "20-10-2017",
        "10/20/2016",
        "31.12.2026",
    ),
    *(
        "2026-11-23T09:00:00+09:00",
        "2026-11-23T09:00:00Z",
        "2026-11-23 09:00:00.123456",
        "2026-02-30",
        "2026-13-01",
    ),
    *(
        "R8.11.23",
        "H30/4/1",
        "令和8年11月23日",
        "令和元年5月1日",
        "45000",
        "45000.375",
        "1792000000",
        "1792000000000",
    ),
    *(
        "20261123",
        "2026-11-23T25:00",
        "2026-03-29 02:30",
        "2026-10-25 02:30",
        "Nov 23, 2026",
        "23 Nov 2026 9:00 PM",
    ),
    *(
        "a@b.co",
        "Ａ＠ｂ．ｃｏ",
        "Sato <a@b.co>",
        "東京\u3000 都",
        "ﾃｽﾄ",
        "㈱",
        "\u200bx",
        "x\0y",
        "007",
        "0120-000-000",
    ),
    *(
        "9" * 500,
        "1" * 30,
        "1.7976931348623157e308",
        "1.7976931348623159e308",
        "5e-324",
        "2e-324",
        "0.1",
        "٣",
        "१",
    ),
]
FIRST, LAST = dt.datetime(1800, 1, 1), dt.datetime(2200, 1, 1)  # noqa: DTZ001
PIECES = "0123456789０１２９.,-+()（）¥$%eE /:：年月日時分TZ令和RH元 　年万億円\t\n'_−▲"


def column(kind, **more):
    return Column("c", kind, "fit", **more)


def one(reader, raw):
    """A value and an error, as the array form gives them."""
    try:
        return reader.clean(raw), None
    except Unreadable as why:
        return None, str(why)


def same(reader, raws, array):
    cleaned = reader.clean_array(array)
    expected = [one(reader, raw) for raw in raws]
    if isinstance(cleaned.values, Categories):
        got = cleaned.values.to_list()
    else:
        got = [None if math.isnan(value) else value for value in cleaned.values.tolist()]
    assert got == [value for value, _ in expected]
    assert cleaned.errors == {row: why for row, (_, why) in enumerate(expected) if why}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("order", [None, "ymd", "dmy", "mdy"])
@settings(max_examples=60, deadline=None)
@given(raws=st.lists(st.sampled_from(NASTY) | st.text(PIECES, max_size=14) | st.text(max_size=6) | st.none()))
def test_a_column_of_text_is_read_like_its_cells(kind, order, raws):
    raws = [raw for raw in raws if raw is None or raw.encode("utf-8", "ignore").decode() == raw]
    for zone in ("UTC", "Asia/Tokyo", "Europe/Berlin"):
        same(column(kind, date_order=order, time_zone=zone), raws, pa.array(raws, pa.string()))


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=60, deadline=None)
@given(raws=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 100_000) | st.none()))
def test_a_column_of_integers_is_read_like_its_values(kind, raws):
    same(column(kind), raws, pa.array(raws, pa.int64()))


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=60, deadline=None)
@given(raws=st.lists(st.floats() | st.sampled_from([1.0, 0.0, 45000.375, 1e20]) | st.none()))
def test_a_column_of_floats_is_read_like_its_values(kind, raws):
    same(column(kind), raws, pa.array(raws, pa.float64(), from_pandas=False))


@pytest.mark.parametrize("kind", TYPES)
@settings(max_examples=60, deadline=None)
@given(raws=st.lists(st.datetimes(FIRST, LAST) | st.none()))
def test_a_column_of_times_is_read_like_its_values(kind, raws):
    for zone in ("UTC", "America/New_York"):
        same(column(kind, time_zone=zone), raws, pa.array(raws, pa.timestamp("us")))


@settings(max_examples=60, deadline=None)
@given(raws=st.lists(st.dates() | st.none()))
def test_a_column_of_dates_is_read_like_its_values(raws):
    same(column("date", time_zone="Asia/Tokyo"), raws, pa.array(raws, pa.date32()))


@settings(max_examples=100, deadline=None)
@given(
    moments=st.lists(st.datetimes(FIRST, LAST), min_size=1),
    shape=st.sampled_from(
        [
            "%Y-%m-%dT%H:%M:%S.%f",
            "%Y-%m-%d %H:%M",
            "%Y/%m/%d",
            "%d-%m-%Y %H:%M:%S",
            "%d.%m.%Y",
            "%Y-%m-%dT%H:%M:%S.%f+09:30",
        ]
    ),
)
def test_written_times_are_read_like_their_cells(moments, shape):
    raws = [moment.strftime(shape) for moment in moments]
    same(column("date", date_order="dmy", time_zone="Europe/Berlin"), raws, pa.array(raws))


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_survives_being_written_down(value):
    assert column("number").clean(repr(value)) == value
    assert column("number").clean_array(pa.array([repr(value)])).values[0] == value
    assert column("number").clean(json.loads(json.dumps(value))) == value


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        *[
            ("１２３", 123),
            ("1,234,567", 1234567),
            ("1,00,000", 100000),
            ("¥1,200", 1200),
            ("￥500", 500),
            ("$3.5", 3.5),
        ],
        *[
            ("€ 7", 7),
            ("1,200円", 1200),
            ("12%", 12),
            ("１２％", 12),
            ("(300)", -300),
            ("300-", -300),
            ("▲5", -5),
            ("−7", -7),
        ],
        *[
            ("1e5", 1e5),
            ("1 234", 1234),
            ("1'234", 1234),
            ("1.5万", 15000),
            ("-$5", -5),
            ("$-5", -5),
            (7, 7),
            (7.5, 7.5),
        ],
        *[
            (Decimal("1.5"), 1.5),
            (np.int64(3), 3),
            (np.float32(0.5), 0.5),
            ("007", 7),
            ("+5", 5),
            (2**64, 2**64),
        ],
    ],
)
def test_a_number_is_read_however_it_is_written(raw, number):
    assert column("number").clean(raw) == number


@pytest.mark.parametrize(
    "raw", ["1,2", "12,34", "1_000", "0x10", "1.2.3", "--5", "(5", "5)", "abc", True, [1], {"a": 1}, "٣"]
)
def test_what_is_no_number_is_unreadable(raw):
    with pytest.raises(Unreadable, match=r"^must be a number$"):
        column("number").clean(raw)


@pytest.mark.parametrize("raw", ["1e999", float("inf"), -float("inf"), 10**400])
def test_an_infinite_number_is_refused(raw):
    with pytest.raises(Unreadable, match="must be a finite number"):
        column("number").clean(raw)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "raw",
    [None, "", " ", "Select", "ｓｅｌｅｃｔ", "N/A", "NULL", "-", "－", "未設定", "未入力", float("nan")],
)
def test_no_answer_is_missing_in_every_type(kind, raw):
    assert column(kind).clean(raw) is None


def test_unknown_is_an_answer():
    assert [column("category").clean(raw) for raw in ("Unknown", "不明")] == ["Unknown", "不明"]


def test_a_column_can_have_missing_tokens_of_its_own():
    reader = column("number", missing=("-999",))
    assert [reader.clean(raw) for raw in ("-999", -999, -999.0, "－９９９", "-998")] == [
        None,
        None,
        None,
        None,
        -998.0,
    ]
    same(reader, ["-999", "3"], pa.array(["-999", "3"]))


@pytest.mark.parametrize("kind", ["number", "date", "category"])
@settings(max_examples=60, deadline=None)
@given(
    raws=st.lists(
        st.sampled_from(["-999", "-999.0", "９", "9", "9.0", "2026-01-01", "2026/01/01", "x", None])
    )
)
def test_missing_tokens_are_told_in_columns_as_in_cells(kind, raws):
    same(column(kind, missing=("-999", "９", "2026-01-01")), raws, pa.array(raws, pa.string()))


@settings(max_examples=30, deadline=None)
@given(raws=st.lists(st.sampled_from([-999.0, 9.0, 9.5, 1.0, None])))
def test_missing_tokens_are_told_among_stored_numbers(raws):
    same(column("number", missing=("-999", "9.5", "1.0")), raws, pa.array(raws, pa.float64()))


def test_a_comma_separates_decimals_where_the_column_says_so():
    reader = column("number", decimal=",")
    assert [reader.clean(raw) for raw in ("1,5", "1.234,5", "1.234", 1.5)] == [1.5, 1234.5, 1234.0, 1.5]
    same(reader, ["1,5", "7"], pa.array(["1,5", "7"]))


@pytest.mark.parametrize("raw", ["Yes", "Y", "はい", "有", "○", "1", "1.0", "TRUE", "on", 1, 1.0, True])
def test_yes_has_many_spellings(raw):
    assert column("boolean").clean(raw) == "yes"


@pytest.mark.parametrize("raw", ["No", "N", "いいえ", "無", "×", "0", "0.0", "false", "off", 0, 0.0, False])
def test_no_has_many_spellings(raw):
    assert column("boolean").clean(raw) == "no"


def test_maybe_is_neither_yes_nor_no():
    with pytest.raises(Unreadable, match="must be yes or no"):
        column("boolean").clean("maybe")


def test_identifiers_keep_their_leading_zeros():
    assert [column("id").clean(raw) for raw in ("007", "０１２０", 7, 7.0)] == ["007", "0120", "7", "7"]


def test_an_answer_is_shown_in_the_usual_spelling_of_its_column():
    reader = column("category", spelling=(("referral", "Referral"),))
    assert [reader.clean(raw) for raw in ("REFERRAL", "ｒｅｆｅｒｒａｌ", "Other")] == [
        "Referral",
        "Referral",
        "Other",
    ]


def test_an_address_is_read_without_its_wrapping():
    assert {
        column("email").clean(raw) for raw in ("A@B.co", "Sato <a@b.co>", "mailto:a@b.co", "ａ＠ｂ．ｃｏ")
    } == {"a@b.co"}


def test_half_a_character_is_unreadable():
    with pytest.raises(Unreadable, match="valid Unicode"):
        column("category").clean("\ud800")


def test_lists_and_records_are_unreadable_one_by_one():
    cleaned = column("category").clean_array(pa.array([["a"], None]))
    assert cleaned.errors == {0: "must be one value, not a list or an object"}


def test_dictionaries_and_chunks_are_read_like_plain_columns():
    chunks = pa.chunked_array([pa.array(["a", "A "]), pa.array([None, "a"])])
    for array in (chunks, chunks.dictionary_encode(), chunks.combine_chunks().dictionary_encode()):
        assert column("category").clean_array(array).values.to_list() == ["a", "A", None, "a"]


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("kind", TYPES)
def test_empty_and_missing_columns_are_read(kind, rows):
    for stored in (pa.string(), pa.null(), pa.int64(), pa.timestamp("ns"), pa.bool_()):
        cleaned = column(kind).clean_array(pa.nulls(rows, stored))
        assert (len(cleaned.values), cleaned.errors) == (rows, {})


def test_a_column_survives_json():
    reader = column(
        "date", date_order="dmy", time_zone="Asia/Tokyo", missing=("x",), spelling=(("a", "A"),), decimal=","
    )
    assert Column.from_dict(json.loads(json.dumps(reader.to_dict()))) == reader
    plain = column("number")
    assert plain.to_dict() == {"name": "c", "type": "number", "axis": "fit"}
    assert Column.from_dict(plain.to_dict()) == plain


@pytest.mark.parametrize(
    "values",
    [
        ["a", None, "a"],
        np.array(["a", None, "a"], dtype=object),
        pd.Series(["a", None, "a"]),
        pd.Series(["a", None, "a"], dtype="category"),
        pd.Series(["a", None, "a"], dtype=object),
        pa.array(["a", None, "a"]),
    ],
)
def test_categories_are_made_of_any_vector_of_text(values):
    categories = Categories.of(values)
    assert (categories.codes.tolist(), categories.levels) == ([0, -1, 0], ("a",))


def test_categories_refuse_numbers():
    with pytest.raises(DataError, match="must hold text"):
        Categories.of(np.array([1, "a"], dtype=object))
