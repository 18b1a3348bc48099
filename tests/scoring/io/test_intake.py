import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from scoring.contract import (
    ACTIVITIES,
    CAMPAIGNS,
    CHANGES,
    CONTRACTS,
    LEADS,
    OUTCOMES,
    TOUCHES,
    Contract,
    to_micros,
)
from scoring.contract_cells import Customs
from scoring.errors import LeadLoopError
from scoring.incoming import Incoming
from scoring.incoming_reader import read_incoming
from scoring.io.store import Store, open_store
from scoring.io.store.bulk import add_rows
from scoring.io.store.engine import reading, writing
from scoring.io.store.intake import Count, Taken
from scoring.io.store.known_leads import as_json, json_rows
from scoring.io.store.tables import activities, metadata
from scoring.io.store.tables import leads as leads_table
from scoring.mappings import Meaning

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CREATED = "2026-11-01T00:00Z"


def tells(contract: Contract, **columns: list) -> Incoming:
    """What a file of these columns tells."""
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    file, numbers = f"{contract.name}.csv", np.arange(2, table.num_rows + 2)
    return read_incoming(file, table, numbers, contract, Meaning(), Customs())


def leads(*ids: str, created: str = CREATED, **properties: list) -> Incoming:
    return tells(LEADS, lead_id=list(ids), created_at=[created] * len(ids), **properties)


def forms(*rows: tuple[str, str, str], **more: list) -> Incoming:
    """Activities: lead, time and kind."""
    lead_id, occurred_at, kind = map(list, zip(*rows, strict=True))
    return tells(ACTIVITIES, lead_id=lead_id, occurred_at=occurred_at, kind=kind, **more)


def history(*rows: tuple[str, str, str, str | None]) -> Incoming:
    """Changes: lead, time, property and value."""
    lead_id, occurred_at, name, value = map(list, zip(*rows, strict=True))
    return tells(CHANGES, lead_id=lead_id, occurred_at=occurred_at, property=name, value=value)


def take(store: Store, *files: Incoming, days: int = 0, **how: bool) -> Taken:
    return store.take_in(files, NOW + timedelta(days=days), **how)


def rows(store: Store, name: str) -> list[dict]:
    """A table, with the ids of leads in place of their numbers."""
    table = metadata.tables[name]
    query = select(table)
    if "lead" in table.c:
        query = select(leads_table.c.lead_id, table).join(leads_table, leads_table.c.id == table.c.lead)
        query = query.order_by(table.c.lead, table.c.occurred_at, table.c.key, table.c.n)
    with reading(store.engine) as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def everything(store: Store) -> dict[str, list[dict]]:
    return {name: rows(store, name) for name in CONTRACTS}


def properties(store: Store, lead_id: str = "1") -> dict[str, str]:
    return next(row["properties"] for row in rows(store, "leads") if row["lead_id"] == lead_id)


def changed(store: Store) -> list[tuple[str, str | None, int]]:
    """Changes: property, value, and days since the lead was created."""
    start = datetime.fromisoformat(CREATED).timestamp()
    return [
        (row["property"], row["value"], round((row["occurred_at"] / 1e6 - start) / 86_400))
        for row in sorted(rows(store, "changes"), key=lambda row: (row["property"], row["occurred_at"]))
    ]


def refusals(*files: Incoming) -> list[tuple[int, str]]:
    return [one for file in files for one in file.refusals()]


def test_leads_and_events_come_in_and_know_each_other(store):
    taken = take(
        store,
        leads("007", "8", source=["Web", "-"], 屋号=['"山田" \\ 商店', "-"]),
        forms(("8", "2026-11-02T09:00Z", "form"), ("007", "2026-11-03T09:00+09:00", "page_view")),
        tells(
            TOUCHES,
            lead_id=["8"],
            occurred_at=["2026-11-03"],
            rep=["aya"],
            channel=["phone"],
            connected=["no"],
        ),
    )

    assert taken.written
    assert {name: count.new for name, count in taken.counts.items()} == {
        "leads": 2,
        "activities": 2,
        "touches": 1,
    }
    assert properties(store, "007") == {"source": "Web", "屋号": '"山田" \\ 商店'}
    assert properties(store, "8") == {}
    assert [(row["lead_id"], row["kind"], row["n"]) for row in rows(store, "activities")] == [
        ("007", "page_view", 0),
        ("8", "form", 0),
    ]
    (touch,) = rows(store, "touches")
    assert (touch["connected"], touch["automatic"], touch["event_id"]) == (False, None, None)
    assert (
        touch["recorded_at"]
        == touch["occurred_at"]
        == to_micros(datetime(2026, 11, 3, tzinfo=UTC).timestamp())
    )


def all_files() -> list[Incoming]:
    return [
        leads("1", "2", source=["Web", ""], owner=["aya", "ben"]),
        forms(("1", "2026-11-02", "form"), ("1", "2026-11-02", "form"), ("2", "2026-11-02", "form"),
              event_id=[None, None, "e1"]),
        history(("1", "2026-11-05", "owner", "ben"), ("1", "2026-11-06", "owner", "aya")),
        tells(OUTCOMES, lead_id=["2"], occurred_at=["2026-11-09"], stage=["won"], amount=["12"], currency=["jpy"]),
        tells(CAMPAIGNS, campaign=["a"], month=["2026-11"], cost=["100"], currency=["jpy"]),
    ]  # fmt: skip


def test_importing_the_same_files_again_changes_nothing(store):
    take(store, *all_files())
    before = everything(store)

    again = take(store, *all_files(), days=1)

    assert everything(store) == before
    assert again.counts["activities"] == Count(rows=3, unchanged=3)
    assert all(count.new == count.changed == count.implied == 0 for count in again.counts.values())


def test_of_file_and_store_the_larger_count_of_equal_events_is_kept(store):
    one, same = ("1", "2026-11-02T09:00Z", "form"), ("1", "2026-11-02T18:00+09:00", "form")
    take(store, leads("1"), forms(one, same))

    assert take(store, forms(one)).counts["activities"].new == 0
    assert take(store, forms(one, same, one)).counts["activities"] == Count(rows=3, new=1, unchanged=2)
    assert [row["n"] for row in rows(store, "activities")] == [0, 1, 2]


def test_an_event_with_an_id_is_one_event_however_often_it_is_told(store):
    event = ("1", "2026-11-02", "form")
    take(store, leads("1"), forms(event, event, event_id=["e", "e"]))
    again = forms(event, event_id=["e"], recorded_at=["2026-11-07"])

    assert take(store, again).counts["activities"] == Count(rows=1, unchanged=1)
    assert len(rows(store, "activities")) == 1


@pytest.mark.parametrize(
    "other",
    [("2", "2026-11-02", "form"), ("1", "2026-11-03", "form"), ("1", "2026-11-02", "call")],
    ids=["lead", "time", "content"],
)
def test_the_id_of_a_stored_event_with_other_content_is_an_error(store, other):
    take(store, leads("1", "2"), forms(("1", "2026-11-02", "form"), event_id=["e"]))
    file = forms(other, event_id=["e"])

    assert not take(store, file).written
    assert refusals(file) == [
        (2, "Column 'event_id' is that of a stored event with other content. "
            "What came later is an event of its own, with another id.")
    ]  # fmt: skip


def test_a_touch_with_an_id_is_recognised_with_its_yes_and_no(store):
    def touch() -> Incoming:
        columns = {"rep": ["aya"], "channel": ["phone"], "connected": ["yes"], "event_id": ["t"]}
        return tells(TOUCHES, lead_id=["1"], occurred_at=["2026-11-02"], **columns)

    take(store, leads("1"), touch())

    assert take(store, touch()).counts["touches"] == Count(rows=1, unchanged=1)


def test_one_bad_row_and_nothing_is_kept(store):
    bad = forms(("1", "2026-11-02", "form"), ("9", "2026-11-02", "form"))

    taken = take(store, leads("1"), bad)

    assert not taken.written
    assert everything(store) == {name: [] for name in CONTRACTS}
    assert taken.counts["activities"] == Count(rows=2, unchanged=1, rejected=1)
    assert refusals(bad) == [(3, "Column 'lead_id' must name a lead of leads.csv or the store.")]


def test_good_rows_are_kept_where_the_user_says_so(store):
    listed = tells(LEADS, lead_id=["1", "2"], created_at=[CREATED, "soon"])
    events = forms(("1", "2026-11-02", "form"), ("2", "2026-11-02", "form"))

    taken = take(store, listed, events, skip_rejected=True)

    assert taken.written
    assert [row["lead_id"] for row in rows(store, "activities")] == ["1"]
    assert taken.counts["leads"] == Count(rows=2, new=1, rejected=1)
    assert (3, "Column 'lead_id' names a lead whose own row in leads.csv is rejected.") in refusals(events)


def test_a_dry_run_says_what_would_change_and_writes_nothing(store):
    files = [leads("1"), forms(("1", "2026-11-02", "form"), ("9", "2026-11-02", "form"))]

    taken = take(store, *files, dry_run=True)

    assert not taken.written
    assert taken.counts["leads"].new == 1
    assert taken.counts["activities"] == Count(rows=2, new=1, rejected=1)
    assert everything(store) == {name: [] for name in CONTRACTS}
    assert take(store, leads("1")).written


def test_a_failure_on_the_way_leaves_nothing(store, monkeypatch):
    def fail(*_: object) -> None:
        raise RuntimeError("the machine stops")

    monkeypatch.setattr("scoring.io.store.intake._renew", fail)
    with pytest.raises(RuntimeError, match="stops"):
        take(store, leads("1"), forms(("1", "2026-11-02", "form")))

    assert everything(store) == {name: [] for name in CONTRACTS}


def test_what_the_database_refuses_is_said_without_what_was_written(store):
    def add() -> None:
        columns = {"lead": np.array([1]), "kind": pa.array(["secret"], pa.string())}
        with writing(store.engine) as connection:
            add_rows(connection, activities, columns, lambda _: None)

    with pytest.raises(LeadLoopError, match="cannot be used: (IntegrityError|NotNullViolation)") as refused:
        add()

    assert "secret" not in str(refused.value)


def test_events_of_stored_leads_need_no_list(store):
    take(store, leads("1"))

    assert take(store, forms(("1", "2026-11-02", "form"))).written


def test_another_time_of_creation_is_an_error(store):
    take(store, leads("1"))
    other = leads("1", created="2026-11-02")

    assert not take(store, other).written
    assert refusals(other) == [(2, "Column 'created_at' differs from the stored one of this lead.")]


def test_outcomes_before_their_lead_are_kept_and_said(store):
    early = tells(
        OUTCOMES, lead_id=["1", "1"], occurred_at=["2026-10-31", "2026-11-02"], stage=["mql", "won"]
    )

    assert take(store, leads("1"), early).written
    assert len(rows(store, "outcomes")) == 2
    assert early.notes == [
        "outcomes.csv: 1 outcome is before its lead's creation: kept, but left out of learning."
    ]


def test_numbers_of_leads_go_on_where_an_import_ended(store):
    take(store, leads("1", "2"))
    with writing(store.engine) as connection:
        connection.execute(insert(leads_table), {"lead_id": "3", "created_at": 0, "properties": {}})

    assert take(store, leads("4")).counts["leads"].new == 1
    assert len({row["id"] for row in rows(store, "leads")}) == 4


def test_a_value_that_differs_is_a_change_and_the_one_before_holds_from_creation(store):
    take(store, leads("1", source=["Web"], owner=["aya"], city=["Kyoto"]))

    taken = take(store, leads("1", source=["Referral"], owner=[""], plan=["Pro"]))

    assert taken.counts["leads"] == Count(rows=1, changed=1)
    assert properties(store) == {"source": "Referral", "city": "Kyoto", "plan": "Pro"}
    assert changed(store) == [
        ("owner", "aya", 0),
        ("owner", None, 24),
        ("plan", "Pro", 24),
        ("source", "Web", 0),
        ("source", "Referral", 24),
    ]
    assert "5 changes follow" in taken.notes[0]


def test_history_goes_on_from_the_last_change(store):
    take(store, leads("1", source=["Web"]))
    take(store, leads("1", source=["Referral"]))
    take(store, leads("1", source=["Web"]), days=1)
    take(store, leads("1", source=["Web"]), days=2)

    assert changed(store) == [("source", "Web", 0), ("source", "Referral", 24), ("source", "Web", 25)]
    assert properties(store) == {"source": "Web"}


def test_another_spelling_is_no_change(store):
    take(store, leads("1", source=["Web"]))

    assert take(store, leads("1", source=[" Ｗｅｂ"])).counts["leads"] == Count(rows=1, unchanged=1)
    assert properties(store) == {"source": "Web"}


def test_the_first_changes_of_a_stored_lead_leave_the_value_before_them(store):
    take(store, leads("1", owner=["aya"]))

    take(store, history(("1", "2026-11-11", "owner", "ben"), ("1", "2026-11-11", "city", "Kyoto")))

    assert changed(store) == [("city", "Kyoto", 10), ("owner", "aya", 0), ("owner", "ben", 10)]
    assert properties(store) == {"owner": "ben", "city": "Kyoto"}


def test_a_history_that_begins_with_the_lead_needs_no_value_before_it(store):
    take(store, leads("1", owner=["ben"]))

    take(store, history(("1", CREATED, "owner", "aya"), ("1", "2026-11-11", "owner", "ben")))

    assert changed(store) == [("owner", "aya", 0), ("owner", "ben", 10)]


def test_a_list_and_the_history_that_explains_it_write_no_change_of_their_own(store):
    take(store, leads("1", owner=["aya"]))

    taken = take(store, leads("1", owner=["ben"]), history(("1", "2026-11-11", "owner", "ben")))

    assert changed(store) == [("owner", "aya", 0), ("owner", "ben", 10)]
    assert properties(store) == {"owner": "ben"}
    assert taken.counts["changes"] == Count(rows=1, new=1, implied=1)


def test_a_list_that_knows_more_than_the_history_beside_it_is_believed_as_of_now(store):
    files = [leads("1", owner=["chika"]), history(("1", "2026-11-11", "owner", "ben"))]
    take(store, *files)
    before = everything(store)

    take(store, leads("1", owner=["chika"]), history(("1", "2026-11-11", "owner", "ben")), days=3)

    assert changed(store) == [("owner", "ben", 10), ("owner", "chika", 24)]
    assert everything(store) == before


def test_a_change_stands_after_one_that_is_dated_ahead(store):
    take(store, leads("1", owner=["ben"]), history(("1", "2026-12-01", "owner", "ben")))

    take(store, leads("1", owner=["aya"]))
    again = take(store, leads("1", owner=["aya"]))

    assert changed(store) == [("owner", "ben", 30), ("owner", "aya", 30)]
    assert again.counts["leads"] == Count(rows=1, unchanged=1)


def test_costs_of_a_campaign_are_replaced_month_by_month(store):
    def costs(**columns: list) -> Incoming:
        return tells(CAMPAIGNS, campaign=["a", "b"], month=["2026-11", "2026-11"], **columns)

    take(store, costs(cost=["100", "200"], channel=["ads", "fair"]))
    taken = take(store, costs(cost=["150", "200"], currency=["jpy", None]))

    assert taken.counts["campaigns"] == Count(rows=2, changed=1, unchanged=1)
    assert [
        (row["campaign"], row["cost"], row["currency"], row["channel"])
        for row in sorted(rows(store, "campaigns"), key=itemgetter("campaign"))
    ] == [
        ("a", 150.0, "JPY", "ads"),
        ("b", 200.0, None, "fair"),
    ]


def test_files_without_rows_are_no_error(store):
    empty = [
        tells(LEADS, lead_id=[], created_at=[]),
        tells(CHANGES, lead_id=[], occurred_at=[], property=[], value=[]),
    ]

    taken = take(store, *empty, tells(OUTCOMES, lead_id=[], occurred_at=[], stage=[], event_id=[]))

    assert taken.written
    assert all(count == Count() for count in taken.counts.values())


def test_the_ledger_reads_what_was_imported(store):
    take(store, *all_files())
    ledger = store.ledger()

    assert ledger.lead_id.tolist() == ["1", "2"]
    assert len(ledger.activities) == 3
    assert ledger.outcomes.category("stage").to_list() == ["won"]


@given(
    table=st.lists(
        st.tuples(*[st.one_of(st.none(), st.text(alphabet='a"\\,: \n\t漢\x7f', min_size=1))] * 3), max_size=5
    )
)
def test_properties_of_many_leads_are_written_as_those_of_one(table):
    names = ["b", "名", 'a"']
    columns = {name: pa.array([row[at] for row in table], pa.string()) for at, name in enumerate(names)}

    expected = [
        as_json({name: value for name, value in zip(names, row, strict=True) if value is not None})
        for row in table
    ]
    assert json_rows(columns, len(table)).to_pylist() == expected
    assert [json.loads(text) for text in expected] == [
        json.loads(text) for text in json_rows(columns, len(table)).to_pylist()
    ]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2"]),
        st.sampled_from(["2026-11-02", "2026-11-03T09:00Z"]),
        st.sampled_from(["form", "page_view", "call"]),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


@settings(max_examples=25, deadline=None)
@given(events=EVENTS, with_id=st.sets(st.sampled_from(["form", "page_view", "call"])), order=st.randoms())
def test_events_in_two_halves_in_any_order_are_the_events_at_once(folder, events, with_id, order):
    """Equal events are counted within a file, so they stay together."""
    distinct = sorted(set(events))
    order.shuffle(distinct)
    first = set(distinct[: len(distinct) // 2])
    halves = [[event for event in events if (event in first) is side] for side in (True, False)]
    order.shuffle(halves)

    def told(some: list[tuple[str, str, str]]) -> Incoming:
        ids = ["".join(event) if event[2] in with_id else None for event in some]
        columns = zip(*some, strict=True) if some else ((), (), ())
        names = ("lead_id", "occurred_at", "kind")
        return tells(ACTIVITIES, **dict(zip(names, map(list, columns), strict=True)), event_id=ids)

    found = []
    for name, parts in (("once", [events]), ("halves", halves)):
        path = folder / f"{name}.db"
        path.unlink(missing_ok=True)
        with open_store(f"sqlite:///{path}") as store:
            take(store, leads("1", "2"))
            for part in parts:
                take(store, told(part))
            found.append(rows(store, "activities"))

    assert found[0] == found[1]
