import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.categories import Categories
from scoring.contract import (
    ACTIVITIES,
    ASSIGNMENTS,
    CAMPAIGNS,
    CHANGES,
    LEADS,
    OUTCOMES,
    TOUCHES,
    Contract,
    ContractColumn,
    content_key,
)
from scoring.contract_cells import NO_TIME, Customs, property_column, read_cell, read_column, written
from scoring.crm_formats import stage_dates
from scoring.errors import DataError, SettingsError
from scoring.event_rows import event_row, in_order
from scoring.incoming import Incoming
from scoring.incoming_reader import read_incoming
from scoring.mappings import Meaning, name_columns
from scoring.stage_dates import stage_outcomes
from scoring.words import Unreadable

NOON = 1_795_521_600_000_000  # 2026-11-24T12:00Z
TOKYO = Customs(time_zone="Asia/Tokyo")
CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "-",
            " N/A",
            "yes",
            "いいえ",
            "１２",
            "-0",
            "-0.0",
            "1e3",
            "¥1,200",
            "-4",
            "SQL",
            "won ",
            "2026-11",
        ]
    ),
    st.sampled_from(
        ["2026-11-24", "2026/11/24 9:00", "2026-11-24T09:00+09:00", "202611", "2026年11月", "㈱", "jpy"]
    ),
    st.text(max_size=8),
)
KINDS = [
    ContractColumn("lead_id", "id"),
    ContractColumn("rep", "text"),
    ContractColumn("currency", "text"),
    ContractColumn("occurred_at", "time"),
    ContractColumn("value", "number"),
    ContractColumn("cost", "number"),
    ContractColumn("connected", "boolean"),
    ContractColumn("stage", "stage"),
    ContractColumn("month", "month"),
    next(column for column in CHANGES.columns if column.name == "value"),
]


def incoming(
    contract: Contract, customs: Customs = TOKYO, meaning: Meaning | None = None, **columns: list
) -> Incoming:
    table = pa.table({name.replace("__", " "): cells for name, cells in columns.items()})
    numbers = np.arange(2, table.num_rows + 2)
    return read_incoming("file.csv", table, numbers, contract, meaning or Meaning(), customs)


def shown(values: object, row: int) -> object:
    """One cell of a column as a call would have it."""
    if isinstance(values, Categories):
        answer = values.to_list()[row]
        return answer
    value = values[row]
    return None if value == NO_TIME or value != value else value


@pytest.mark.parametrize("column", KINDS, ids=lambda column: f"{column.name}:{column.kind}")
@given(cells=st.lists(CELLS, min_size=1, max_size=5))
def test_a_column_is_read_as_its_cells_are(column, cells):
    customs = Customs("Asia/Tokyo", date_order="dmy")
    found = read_column(column, pa.array(cells, pa.string()), customs)

    for row, cell in enumerate(cells):
        try:
            value = read_cell(column, cell, customs)
        except Unreadable as rule:
            assert found.errors[row] == str(rule)
            assert shown(found.values, row) is None
        else:
            assert row not in found.errors
            expected = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
            assert shown(found.values, row) == expected


@given(cells=st.lists(CELLS, min_size=1, max_size=5))
def test_properties_keep_their_raw_text(cells):
    values, errors = property_column(pa.array(cells, pa.string()), TOKYO)

    assert errors == {}
    assert values.to_pylist() == [written(cell, TOKYO) for cell in cells]
    assert all(
        value is None or value == cell.replace("\0", "")
        for value, cell in zip(values.to_pylist(), cells, strict=True)
    )


@given(
    events=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(["2026-11-24T12:00Z", "2026-11-24T21:00+09:00", "2026-11-25T00:00Z"]),
            st.sampled_from(["page_view", "form"]),
            st.sampled_from(["", "spring"]),
            st.sampled_from(["", "3", "3.0", "-0", "0"]),
            st.sampled_from(["", "e1", "e2"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_events_of_files_have_the_keys_of_events_of_calls(events):
    names = ("lead_id", "occurred_at", "kind", "campaign", "value", "event_id")
    columns = {name: [event[at] or None for event in events] for at, name in enumerate(names)}
    read = incoming(ACTIVITIES, **columns)

    for row, event in enumerate(events):
        told = event_row(ACTIVITIES, dict(zip(names, event, strict=True)), TOKYO)
        assert read.keys[row] == told["key"]
        assert read.times("occurred_at")[row] == told["occurred_at"]


def test_one_event_becomes_a_row_of_the_store():
    row = event_row(
        OUTCOMES,
        {"occurred_at": "2026-11-24T12:00Z", "stage": "Ｗｏｎ", "amount": "¥1,200", "currency": "jpy"},
    )

    content = {"stage": "won", "amount": 1200.0, "currency": "JPY", "reason": None, "rep": None}
    assert row == {
        "occurred_at": NOON,
        "key": content_key(*content.values()),
        "n": 0,
        "recorded_at": NOON,
        "event_id": None,
        **content,
    }


def test_an_event_that_breaks_rules_names_all_of_them_and_no_value():
    with pytest.raises(
        DataError, match="'occurred_at' must be a date. 'rep' must have a value. 'connected' must be"
    ) as refused:
        event_row(TOUCHES, {"occurred_at": "soon", "channel": "phone", "connected": "perhaps"})

    assert "perhaps" not in str(refused.value)


def test_equal_events_are_counted_in_the_order_in_which_they_were_written_down():
    lead, occurred, key = np.array([1, 1, 1, 0]), np.array([5, 5, 5, 5]), np.array([7, 7, 8, 7])

    order, n = in_order(lead, occurred, key, np.array([9, 6, 5, 5]))

    assert order.tolist() == [3, 1, 0, 2]
    assert n.tolist() == [0, 0, 1, 0]


def test_ids_keep_their_leading_zeros():
    assert incoming(LEADS, lead_id=["007"], created_at=["2026-11-24"]).answers("lead_id").levels == ("007",)


def test_headers_of_crms_are_understood_and_other_columns_are_properties():
    leads = incoming(
        LEADS,
        **{"レコードID": ["1"], "作成日": ["2026/11/24 9:00"], "メールアドレス": ["a@b.jp"], "予算": ["100"]},
    )

    assert leads.headers == {"lead_id": "レコードID", "created_at": "作成日"}
    assert {name: values.to_pylist() for name, values in leads.properties.items()} == {
        "email": ["a@b.jp"],
        "予算": ["100"],
    }


def test_of_two_columns_for_one_name_the_second_keeps_its_own():
    named = name_columns(LEADS, ["id", "created", "First Name", "Last Name", "lead_id"], Meaning(), "f")

    assert named.columns == {"lead_id": "lead_id", "created_at": "created"}
    assert named.properties == {"name": "First Name", "id": "id", "Last Name": "Last Name"}


def test_events_know_the_usual_headers_in_both_languages():
    japanese = name_columns(ASSIGNMENTS, ["リードID", "担当者", "日時", "備考"], Meaning(), "f")

    assert japanese.columns == {"lead_id": "リードID", "rep": "担当者", "assigned_at": "日時"}
    assert japanese.unused == ("備考",)
    assert (
        name_columns(OUTCOMES, ["Lead ID", "Date", "Stage"], Meaning(), "f").columns["occurred_at"] == "Date"
    )


def test_the_users_mapping_goes_before_everything():
    meaning = Meaning.of("csv", {"leads": {"Nr": "lead_id", "lead_id": "old_id"}}, "m.toml")
    named = name_columns(LEADS, ["lead_id", "Nr", "created_at"], meaning, "f")

    assert named.columns["lead_id"] == "Nr"
    assert named.properties == {"old_id": "lead_id"}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"lead": {}}, r"\[lead\] must be one of leads, .*Did you mean 'leads'"),
        ({"outcomes": {"Step": "stge"}}, r"'Step' must be one of .*got 'stge'. Did you mean 'stage'"),
        ({"stages": {"Closed": "wn"}}, r"'wn' must be one of .*Did you mean 'won'"),
        ({"leads": {"Nr": 3}}, r'must hold lines like "Header" = "name"'),
    ],
)
def test_a_mapping_names_only_what_exists(document, message):
    with pytest.raises(SettingsError, match=message):
        Meaning.of("csv", document, "m.toml")


def test_a_mapping_of_a_header_that_the_file_lacks_is_refused():
    meaning = Meaning.of("csv", {"leads": {"Numer": "lead_id"}}, "m.toml")

    with pytest.raises(SettingsError, match="file.csv has no column 'Numer'. Did you mean 'Number'"):
        incoming(LEADS, meaning=meaning, Number=["1"], created_at=["2026-11-24"])


def test_two_columns_never_get_one_name():
    meaning = Meaning.of("csv", {"leads": {"Agent": "owner"}}, "m.toml")

    with pytest.raises(SettingsError, match="Two columns of f would be 'owner'"):
        name_columns(LEADS, ["lead_id", "created_at", "Agent", "owner"], meaning, "f")


def test_a_required_column_that_is_not_there_is_named_with_the_way_out():
    with pytest.raises(
        DataError, match=r"no column for occurred_at, .*'lead_id', 'wann', 'kind'.*\[activities\] \"Header\""
    ):
        incoming(ACTIVITIES, lead_id=["1"], wann=["2026-11-24"], kind=["form"])


def test_every_fault_of_every_row_is_listed_without_a_value():
    read = incoming(
        OUTCOMES,
        Lead__ID=["1", None, "3", "4"],
        occurred_at=["soon", "2026-11-24", "2026-11-24", None],
        stage=["won", "MQL", "lunch", "won"],
        amount=["x", "-3", "4", ""],
    )

    assert sorted(read.refusals()) == [
        (2, "Column 'amount' must be a number."),
        (2, "Column 'occurred_at' must be a date."),
        (3, "Column 'Lead ID' must have a value."),
        (3, "Column 'amount' must be 0 or more."),
        (4, "Column 'stage' must be a stage (lead, mql, sal, sql, opportunity, won, lost, disqualified, recycled), "
            "or be named under [stages] of --mapping."),
        (5, "Column 'occurred_at' must have a value."),
    ]  # fmt: skip
    assert not read.good.any()


def test_the_same_lead_twice_is_an_error_of_the_second_row():
    leads = incoming(LEADS, lead_id=["1", "2", " １"], created_at=["2026-11-24"] * 3)

    assert list(leads.refusals()) == [(4, "Column 'lead_id': this lead stands already in row 2.")]


def test_the_same_campaign_and_month_twice_is_an_error_of_the_second_row():
    costs = incoming(
        CAMPAIGNS,
        campaign=["a", "a", "a"],
        month=["2026-11", "2026/11/03", "2026年12月"],
        cost=["1", "2", "3"],
    )

    assert list(costs.refusals()) == [
        (3, "Column 'campaign': this campaign and month stand already in row 2.")
    ]
    assert costs.answers("month").to_list() == ["2026-11", "2026-11", "2026-12"]


def test_an_event_id_that_stands_for_two_events_is_an_error_and_one_told_twice_is_none():
    read = incoming(
        ACTIVITIES,
        lead_id=["1", "1", "1"],
        occurred_at=["2026-11-24T12:00Z", "2026-11-24T21:00+09:00", "2026-11-24T12:00Z"],
        kind=["form", "form", "call"],
        event_id=["e", "e", "e"],
    )

    assert [number for number, _ in read.refusals()] == [4]
    assert read.repeats.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("cells", "naive"),
    [
        (["2026-11-24T12:00Z", "2026-11-24 21:00 +09:00", "N/A", None], False),
        (["2026-11-24T12:00:00.123+0900"], False),
        (["1795521600"], False),
        (["2026-11-24T12:00Z", "2026-11-24 12:00"], True),
        (["2026-11-24"], True),
        (["24-11-2026"], True),
        (["45980.5"], True),
    ],
)
def test_times_without_an_offset_are_noticed(cells, naive):
    leads = incoming(LEADS, lead_id=list("abcd"[: len(cells)]), created_at=cells)

    assert leads.naive == (("created_at",) if naive else ())


def test_native_times_without_a_zone_are_noticed_and_read_in_that_of_the_settings():
    naive = pa.array([NOON], pa.timestamp("us"))
    read = incoming(LEADS, lead_id=["1"], created_at=naive)
    aware = incoming(LEADS, lead_id=["1"], created_at=naive.cast(pa.timestamp("us", "UTC")))

    assert read.naive == ("created_at",)
    assert read.times("created_at")[0] == NOON - 9 * 3600 * 1_000_000
    assert aware.naive == ()
    assert aware.times("created_at")[0] == NOON


def test_the_order_of_dates_is_decided_on_the_whole_column():
    leads = incoming(LEADS, lead_id=["1", "2"], created_at=["03-04-2026", "25-04-2026"])
    stated = incoming(LEADS, Customs(date_order="mdy"), lead_id=["1"], created_at=["03-04-2026"])

    assert (leads.times("created_at")[1] - leads.times("created_at")[0]) / 86_400e6 == 22
    assert stated.times("created_at")[0] == read_cell(LEADS.columns[1], "2026-03-04", Customs())


def test_dates_that_can_be_read_in_two_orders_are_named():
    leads = incoming(LEADS, lead_id=["1"], Created__at=["03-04-2026"])

    assert "Column 'Created at': its dates can be read as dmy or mdy" in leads.notes[0]


def test_native_values_become_the_text_that_a_csv_would_hold():
    leads = incoming(
        LEADS,
        lead_id=pa.array([7]),
        created_at=["2026-11-24"],
        visits=pa.array([3.0]),
        member=pa.array([True]),
        none=pa.array([float("nan")]),
        tags=pa.array([["a", "b"]]),
    )

    assert leads.answers("lead_id").levels == ("7",)
    assert leads.properties["visits"].to_pylist() == ["3"]
    assert leads.properties["member"].to_pylist() == ["true"]
    assert leads.properties["none"].to_pylist() == [None]
    assert list(leads.refusals()) == [(2, "Column 'tags' must be one value, not a list or an object.")]


def test_words_of_a_team_mean_stages():
    meaning = Meaning.of("hubspot", {"stages": {"In Gesprächen": "opportunity", "MQL": "sql"}}, "m.toml")
    customs = Customs(stages=meaning.stages)
    read = incoming(
        OUTCOMES,
        customs,
        meaning,
        lead_id=list("abcd"),
        occurred_at=["2026-11-24"] * 4,
        stage=["Closed Won", "in gesprächen", "mql", "受注"],
    )

    assert read.answers("stage").to_list() == ["won", "opportunity", "sql", "won"]


def test_changes_speak_of_properties_by_the_names_that_the_leads_have():
    table = pa.table(
        {"lead_id": ["1"], "occurred_at": ["2026-11-24"], "property": ["Lead Owner"], "value": [" aya "]}
    )
    read = read_incoming(
        "c.csv", table, np.array([2]), CHANGES, Meaning(), TOKYO, renamed={"Lead Owner": "owner"}
    )

    assert read.answers("property").levels == ("owner",)
    assert read.keys[0] == content_key("owner", " aya ")


def test_hubspots_dates_of_lifecycle_stages_are_outcomes():
    headers = ["Became a Marketing Qualified Lead Date", "Became a Customer Date", "商談になった日付", "City"]

    assert {found.header: found.stage for found in stage_dates("hubspot", headers)} == {
        headers[0]: "mql",
        headers[1]: "won",
        headers[2]: "opportunity",
    }
    internal = stage_dates("hubspot", ["hs_lifecyclestage_salesqualifiedlead_date", "SQLになった日"])
    assert [found.stage for found in internal] == ["sql"]


def converted(table: pa.Table) -> list[Incoming]:
    meaning, numbers = Meaning("salesforce"), np.arange(2, table.num_rows + 2)
    leads = read_incoming("l.csv", table, numbers, LEADS, meaning, TOKYO)
    return [
        leads,
        *stage_outcomes(table, leads, stage_dates("salesforce", table.column_names), meaning, TOKYO),
    ]


def test_salesforces_conversion_is_sql_or_the_opportunity_that_it_opened():
    table = pa.table(
        {
            "Lead ID": ["1", "2", "3", "4"],
            "Create Date": ["2026-11-01T10:00", "2026-11-01", "2026-11-01", "2026-11-01"],
            "Converted": ["1", "true", "false", "maybe"],
            "Converted Date": ["2026-11-01", "2026-11-05", "2026-11-05", "2026-11-05"],
            "Converted Opportunity ID": ["006", None, None, None],
        }
    )

    leads, opportunity, sql = converted(table)

    assert opportunity.answers("stage").to_list() == ["opportunity"]
    assert opportunity.answers("lead_id").to_list() == ["1"]
    # a day without a time, the day of its creation: not before it
    assert opportunity.times("occurred_at")[0] == leads.times("created_at")[0]
    assert sql.answers("lead_id").to_list() == ["2"]
    assert sql.answers("stage").to_list() == ["sql"]
    assert list(leads.refusals()) == [(5, "Column 'Converted' must be yes or no.")]


def test_a_conversion_without_a_date_is_no_outcome():
    assert stage_dates("salesforce", ["Lead ID", "Created Date", "Converted", "Lead Status"]) == ()
