"""From typed values to features: the same for one lead and for many."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.clean import TYPES, Categories, Column
from scoring.countries import country
from scoring.emails import domain_kind
from scoring.features import FORMS, Feature, define, feature_columns, feature_row, left_out
from scoring.titles import job_department, job_rank

TEXTS = (
    st.none() | st.text(max_size=8) | st.sampled_from(["a@gmail.com", "部長", "JP", "VP of Sales", "x@ac.jp"])
)
TIMES = st.none() | st.floats(-4e9, 1e10) | st.integers(-(10**9), 4 * 10**9).map(float)


def vector(values, text):
    if text:
        return Categories.of(values)
    return np.array([math.nan if value is None else value for value in values], dtype=float)


def rows_of(column):
    if isinstance(column, Categories):
        return column.to_list()
    return [None if math.isnan(value) else value for value in column.tolist()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("text", [True, False])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_many_leads_get_what_each_of_them_gets(form, zone, text, data):
    rows = data.draw(st.integers(0, 6))
    values = st.lists(TEXTS if text else TIMES, min_size=rows, max_size=rows)
    first, second = data.draw(values), data.draw(values)
    as_of = data.draw(st.none() | st.lists(TIMES, min_size=rows, max_size=rows))
    kind = FORMS[form].kind if form != "value" else ("category" if text else "number")
    feature = Feature("f", kind, "fit", ("a", "b"), form, time_zone=zone)
    typed = {"a": vector(first, text), "b": vector(second, text)}
    many = feature_columns([feature], typed, None if as_of is None else vector(as_of, text=False))
    one = [
        feature_row([feature], {"a": a, "b": b}, None if as_of is None else as_of[at])["f"]
        for at, (a, b) in enumerate(zip(first, second, strict=True))
    ]
    assert rows_of(many["f"]) == one


def test_an_absent_column_is_missing_in_both_forms():
    features = [
        Feature("n", "number", "fit", ("n",), "value"),
        Feature("c", "category", "fit", ("c",), "value"),
    ]
    assert feature_row(features, {}) == {"n": None, "c": None}
    many = feature_columns(features, {"other": np.array([1.0, 2.0])})
    assert {name: rows_of(column) for name, column in many.items()} == {"n": [None, None], "c": [None, None]}


def names(columns, as_of_column=None):
    return [feature.name for feature in define(columns, as_of_column)]


DATES = [Column(name, "date", "fit") for name in ("created_at", "seen_at", "closed_at")]


def test_every_type_of_column_is_defined():
    columns = [Column(kind, kind, "fit") for kind in TYPES]
    assert names(columns) == [
        *("number", "category", "boolean", "email_domain_kind", "phone_filled"),
        *("job_title_rank", "job_title_department", "country", "text_filled"),
    ]


def test_with_a_time_column_other_dates_are_ages_and_itself_a_clock():
    assert names(DATES, "created_at") == [
        *("created_at_hour", "created_at_weekday", "seen_at_age_days", "closed_at_age_days")
    ]


def test_without_a_time_column_dates_are_days_from_the_first():
    assert names(DATES) == ["days_created_at_to_seen_at", "days_created_at_to_closed_at"]
    assert names(DATES[:1]) == []


def test_columns_that_give_no_feature_are_named_with_the_reason():
    columns = [Column("lead_id", "id", "fit"), DATES[0], Column("visits", "number", "fit")]
    assert left_out(columns, define(columns)) == {
        "lead_id": "an identifier",
        "created_at": "a date, with no time column and no other date to count from",
    }


def test_a_made_name_gives_way_to_a_column_of_that_name():
    columns = [Column("email", "email", "fit"), Column("email_domain_kind", "category", "fit")]
    assert names(columns) == ["email_domain_kind_", "email_domain_kind"]


def test_ages_and_clocks_are_counted_by_hand():
    columns = [Column("created_at", "date", "fit", time_zone="Asia/Tokyo"), DATES[1]]
    typed = {"created_at": 1795392000.0, "seen_at": 1795392000.0 - 36 * 3600}
    assert feature_row(define(columns, "created_at"), typed, 1795392000.0) == {
        "created_at_hour": 9.0,
        "created_at_weekday": "Monday",
        "seen_at_age_days": 1.5,
    }


def test_a_feature_survives_json():
    for feature in define([*DATES, Column("email", "email", "fit")], "created_at"):
        assert Feature.from_dict(json.loads(json.dumps(feature.to_dict()))) == feature


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        *[
            (f"a@{domain}", "free")
            for domain in ("gmail.com", "yahoo.co.jp", "docomo.ne.jp", "ezweb.ne.jp", "au.com")
        ],
        *[
            (f"a@{domain}", "free")
            for domain in ("softbank.ne.jp", "nifty.com", "ocn.ne.jp", "abc.ocn.ne.jp")
        ],
        *[
            (f"a@{domain}", "free")
            for domain in ("biglobe.ne.jp", "xx.so-net.ne.jp", "cap.plala.or.jp", "t.vodafone.ne.jp")
        ],
        *[
            (f"a@{domain}", "academic")
            for domain in ("u-tokyo.ac.jp", "mit.edu", "ox.ac.uk", "unimelb.edu.au")
        ],
        *[
            (f"a@{domain}", "company")
            for domain in ("example.co.jp", "notgmail.com", "acme.io", "yahoo.example.com")
        ],
        *[(f"a@{domain}", "disposable") for domain in ("mailinator.com", "guerrillamail.com")],
        *[(text, "invalid") for text in ("none", "a@", "@b.co", "a b@c.co", "a@b")],
    ],
)
def test_an_address_tells_its_kind(address, kind):
    assert domain_kind(address) == kind


@pytest.mark.parametrize(
    ("title", "rank", "department"),
    [
        ("代表取締役社長", "executive", "management"),
        ("CEO", "executive", "management"),
        ("Co-Founder & CTO", "executive", "engineering"),
        ("VP of Sales", "vp", "sales"),
        ("執行役員 営業本部長", "vp", "sales"),
        ("営業部長", "head", "sales"),
        ("Director of Marketing", "head", "marketing"),
        ("情報システム部 課長", "manager", "it"),
        ("IT Manager", "manager", "it"),
        ("ｼｽﾃﾑ部 係長", "lead", "it"),
        ("主任", "lead", "other"),
        ("経理担当", "staff", "finance"),
        ("人事部 マネージャー", "manager", "hr"),
        ("マーケティング部 部長", "head", "marketing"),
        ("部長代理", "manager", "other"),
        ("副社長", "executive", "management"),
        ("Software Engineer", "staff", "engineering"),
        ("Executive Assistant", "staff", "operations"),
        ("Assistant to the CEO", "staff", "operations"),
        ("Account Executive", "staff", "sales"),
        ("Senior Sales Manager", "manager", "sales"),
        ("学生", "student", "other"),
        ("Florist", "other", "other"),
    ],
)
def test_a_title_tells_rank_and_department(title, rank, department):
    assert (job_rank(title), job_department(title)) == (rank, department)


@pytest.mark.parametrize("spelling", ["JP", "jpn", "Japan", "日本", "ＪＡＰＡＮ"])
def test_a_country_has_one_name(spelling):
    assert country(spelling) == "Japan"
