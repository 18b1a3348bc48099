"""The leakage audit: it finds planted leaks, leaves honest columns alone, and obeys the user."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.audit import audit
from scoring.clean import Categories, Column
from scoring.errors import DataError, SettingsError

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


def audited(label, values, **settings):
    """Audit arrays of numbers and Categories under their names; a name that ends in `date` is a date."""
    types = {True: "category", False: "number"}
    columns = [
        Column(name, "date" if name.endswith("date") else types[isinstance(v, Categories)], "fit")
        for name, v in values.items()
    ]
    return audit(columns, values, label, **settings)


def severe(findings):
    return {f.column for f in findings if f.severity == "severe"}


def codes(findings, column):
    return {f.code for f in findings if f.column == column}


def labels(n, rate=0.2, seed=0):
    return np.random.default_rng(seed).permutation((np.arange(n) < n * rate).astype(int))


def noise(rng, n):
    """Make columns that know nothing: of many kinds, most with missing values."""
    return {
        "a": rng.normal(size=n),
        "b": np.where(rng.random(n) < 0.5, np.nan, rng.normal(size=n)),
        "c": rng.poisson(2, n).astype(float),
        "d": Categories(rng.integers(-1, 3, n).astype(np.int32), tuple("xyz")),
        "e": Categories(rng.integers(-1, 80, n).astype(np.int32), tuple(map(str, range(80)))),
        "f": Categories(np.where(rng.random(n) < 0.95, -1, 0).astype(np.int32), ("x",)),
        "g": np.where(rng.random(n) < 0.02, 1.0, 0.0),
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([30, 300, 2000]), st.sampled_from([0.02, 0.1, 0.5, 0.9]))
def test_noise_is_never_severe(seed, n, rate):
    rng = np.random.default_rng(seed)
    assert severe(audited(labels(n, rate, seed), noise(rng, n))) == set()


@pytest.mark.parametrize("n", [300, 50_000])
def test_planted_leaks_are_found_in_small_and_in_large_files(n):
    rng, y = np.random.default_rng(4), labels(n)
    filled_by_sales = np.where(rng.random(n) < np.where(y == 1, 0.9, 0.3), y + (rng.random(n) < 0.1), -1)
    leaks = {
        "seller": Categories(
            np.where(y == 1, rng.integers(0, 9, n), -1).astype(np.int32), tuple("abcdefghi")
        ),
        "value": np.where(y == 1, rng.lognormal(6, 1, n), 0.0),
        "bent": np.where(y == 1, rng.choice([-1, 1], n) * 5.0, rng.normal(size=n)),
        "lead status": Categories(filled_by_sales.astype(np.int32), ("no", "yes", "?")),
    }
    findings = audited(y, {**noise(rng, n), **leaks})
    assert severe(findings) == set(leaks)
    assert codes(findings, "seller") == {"filled_only_after"}
    assert codes(findings, "value") == {"near_copy_of_label"}
    assert codes(findings, "lead status") >= {"missing_tells", "name_says_outcome"}
    assert all(f.left_out for f in findings if f.column in leaks)


@pytest.mark.parametrize("n", [300, 50_000])
def test_an_honest_strong_column_stays_with_a_warning(n):
    rng, y = np.random.default_rng(4), labels(n)
    findings = audited(y, {"minutes": rng.normal(size=n) + 1.47 * y})
    assert [(f.code, f.severity, f.left_out) for f in findings] == [("too_good_alone", "warning", False)]
    assert 0.8 < findings[0].evidence["auc"] < 0.9


def test_a_loud_name_alone_is_a_warning():
    rng = np.random.default_rng(0)
    findings = audited(labels(300), {"失注理由": rng.normal(size=300), "Lead Status": rng.normal(size=300)})
    assert {(f.column, f.code, f.severity) for f in findings} == {
        ("失注理由", "name_says_outcome", "warning"),
        ("Lead Status", "name_says_outcome", "warning"),
    }


def test_what_is_rarely_filled_but_only_for_winners_is_severe():
    y = np.repeat([1, 0], [800, 7200])
    rare = np.full(8000, np.nan)
    rare[:60] = 1.0
    findings = audited(y, {"catalogue": rare})
    assert [(f.code, f.severity) for f in findings] == [("filled_only_after", "severe")]
    assert findings[0].evidence == {
        "filled": 60,
        "filled_for_the_other_outcome": 0,
        "filled_of_converted": 0.075,
        "filled_of_others": 0.0,
    }


def test_a_few_stray_values_do_not_hide_what_is_filled_for_winners_only():
    y = np.repeat([1, 0], [800, 7200])
    values = np.full(8000, np.nan)
    values[:700] = values[-20:] = 1.0
    assert severe(audited(y, {"contact": values})) == {"contact"}


def test_a_reason_filled_for_losers_is_severe_and_a_bounced_mail_is_a_warning():
    y = np.repeat([1, 0], [300, 2700])
    reason, bounced = np.full(3000, np.nan), np.full(3000, np.nan)
    reason[600:], bounced[2800:] = 1.0, 1.0
    findings = audited(y, {"why": reason, "bounced": bounced})
    assert [(f.column, f.code, f.severity) for f in findings] == [
        ("why", "filled_only_after", "severe"),
        ("bounced", "filled_only_after", "warning"),
    ]


def test_a_copy_among_the_few_that_have_a_value_is_severe():
    rng, y = np.random.default_rng(0), labels(3000)
    copy = np.where(rng.random(3000) < 0.2, y, -1).astype(np.int32)
    findings = audited(y, {"review": Categories(copy, ("n", "y"))})
    assert [(f.code, f.severity, next(iter(f.evidence))) for f in findings] == [
        ("near_copy_of_label", "severe", "filled_auc")
    ]


def test_a_closing_date_after_all_others_is_severe_and_its_creation_date_is_not():
    rng, n = np.random.default_rng(0), 2000
    created = rng.uniform(1.5e9, 1.6e9, n)
    visit = created + rng.exponential(1e6, n)
    closed = visit + rng.exponential(1e6, n) + 1
    y = labels(n)
    closed[(y == 0) & (rng.random(n) < 0.3)] = np.nan
    findings = audited(y, {"created_date": created, "visit_date": visit, "close_date": closed})
    assert severe(findings) == {"close_date"}
    assert codes(findings, "close_date") == {"later_than_others", "name_says_outcome", "missing_tells"}
    assert codes(findings, "created_date") == set()


def test_a_column_that_tells_new_leads_from_old_is_a_warning():
    rng, n = np.random.default_rng(0), 1000
    rate = np.linspace(1, 3, n) + rng.normal(0, 0.1, n)
    findings = audited(labels(n), {"euribor": rate, "seen_date": rate * 1e9}, late=np.arange(n) > 700)
    assert [(f.column, f.code, f.severity, f.left_out) for f in findings] == [
        ("euribor", "time_proxy", "warning", False)
    ]


def test_identifiers_and_constants_are_left_out_as_notes_without_suspicion():
    n = 500
    once = Categories(np.arange(n, dtype=np.int32), tuple(map(str, range(n))))
    one = Categories(np.zeros(n, np.int32), ("no",))
    values = {"key": once, "Lead Number": 7.0 * np.arange(n), "row": np.arange(n) + 9.0, "opt in": one}
    values |= {"nothing": np.full(n, np.nan), "area": np.random.default_rng(0).normal(size=n)}
    findings = audited(labels(n), values)
    assert {(f.column, f.code, f.severity, f.left_out) for f in findings} == {
        ("key", "identifier", "note", True),
        ("Lead Number", "identifier", "note", True),
        ("row", "identifier", "note", True),
        ("opt in", "constant", "note", True),
        ("nothing", "constant", "note", True),
    }


def test_addresses_are_no_identifiers_because_features_come_from_them():
    each = Categories(np.arange(100, dtype=np.int32), tuple(f"L{i}@x.example" for i in range(100)))
    assert audit([Column("mail", "email", "fit")], {"mail": each}, labels(100)) == []


def test_keep_keeps_and_exclude_wins_and_both_are_recorded():
    y = labels(500)
    copy, rng = y.astype(float), np.random.default_rng(0)
    findings = audited(
        y,
        {"kept": copy, "both": copy, "plain": rng.normal(size=500)},
        keep=["kept", "both"],
        exclude=["both", "plain"],
    )
    assert [(f.column, f.code, f.severity, f.left_out) for f in findings] == [
        ("kept", "near_copy_of_label", "severe", False),
        ("both", "near_copy_of_label", "severe", True),
        ("kept", "kept_by_user", "note", False),
        ("both", "excluded_by_user", "note", True),
        ("plain", "excluded_by_user", "note", True),
    ]


def test_there_is_one_finding_per_column_and_code_and_it_is_json_ready():
    rng, y = np.random.default_rng(2), labels(400)
    findings = audited(y, {**noise(rng, 400), "won": y.astype(float)}, late=np.arange(400) > 300)
    pairs = [(f.column, f.code) for f in findings]
    assert len(pairs) == len({*pairs})
    assert json.loads(json.dumps([f.to_dict() for f in findings])) == [f.to_dict() for f in findings]


def test_one_outcome_only_raises_no_alarm_and_no_warning():
    assert severe(audited(np.zeros(200), noise(np.random.default_rng(0), 200))) == set()
    assert severe(audited(np.ones(200), noise(np.random.default_rng(0), 200))) == set()


def test_input_that_cannot_be_audited_is_refused():
    values = {"a": np.arange(3.0)}
    with pytest.raises(DataError, match="must hold 0 or 1"):
        audited([0, 1, 2], values)
    with pytest.raises(DataError, match="at least one lead"):
        audited([], {"a": np.empty(0)})
    with pytest.raises(DataError, match=r"Columns \['a'\] must have a value per lead: 2"):
        audited([0, 1], values)
    with pytest.raises(DataError, match=r"Columns \['b'\] are to be audited but have no values"):
        audit([Column("b", "number", "fit")], values, [0, 1, 1])
    with pytest.raises(SettingsError, match=r"--exclude must name a column .* Did you mean 'Tags'"):
        audited([0, 1, 1], {"Tags": np.arange(3.0)}, exclude=["Tag"])


def read(frame, label, numbers=(), dates=(), date_order=None):
    """Clean a frame of text as a lead file is cleaned, and audit it."""
    kind = {**dict.fromkeys(numbers, "number"), **dict.fromkeys(dates, "date")}
    columns = [Column(str(n), kind.get(n, "category"), "fit", date_order=date_order) for n in frame.columns]
    values = {
        c.name: c.clean_array(pa.array(frame[c.name], pa.string(), from_pandas=True)).values for c in columns
    }
    return audit(columns, values, label)


def text(*parts):
    path = REAL.joinpath(*parts)
    if not path.exists():
        pytest.skip("the real data are not here: ../shared/data")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_x_education_loses_tags_and_quality_and_keeps_honest_columns():
    frame = text("xeducation", "leads.csv")
    label = (frame.pop("Converted") == "1").to_numpy()
    numbers = ["Lead Number", "TotalVisits", "Total Time Spent on Website", "Page Views Per Visit"]
    findings = read(frame, label, numbers)
    assert severe(findings) == {"Tags", "Lead Quality"}
    warned = {f.column for f in findings if f.severity == "warning"}
    assert {"Lead Profile", "Last Notable Activity"} <= warned
    assert not codes(findings, "Total Time Spent on Website")
    assert not codes(findings, "Lead Source")


def test_olist_loses_all_that_only_deals_have():
    leads = text("olist", "olist_marketing_qualified_leads_dataset.csv")
    deals = text("olist", "olist_closed_deals_dataset.csv")
    frame = leads.merge(deals, on="mql_id", how="left")
    label = frame["seller_id"].notna().to_numpy()
    numbers = ["declared_product_catalog_size", "declared_monthly_revenue"]
    findings = read(frame, label, numbers, ["first_contact_date", "won_date"], "dmy")
    assert severe(findings) == {*deals.columns} - {"mql_id"}


def test_crm_sales_loses_what_is_known_at_closing():
    frame = text("crm_sales", "sales_pipeline.csv")
    frame = frame[frame["deal_stage"].isin(["Won", "Lost"])].reset_index(drop=True)
    label = (frame.pop("deal_stage") == "Won").to_numpy()
    findings = read(frame, label, ["close_value"], ["engage_date", "close_date"], "mdy")
    assert severe(findings) == {"close_value", "close_date"}
