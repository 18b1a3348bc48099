"""Handoffs, the queue and a human's word in the store: on SQLite and PostgreSQL, and read by index."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import insert, text

from scoring.event_forms import define_events, event_columns, event_row
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.facts import put_lead
from scoring.io.store.handoffs import (
    NewHandoff,
    acceptance,
    handed_since,
    last_handoffs,
    read_handoffs,
    rejections,
    settle_handoff,
    unanswered,
    write_handoffs,
)
from scoring.io.store.overrides import add_override, end_overrides, holding, overrides_of
from scoring.io.store.queue import (
    NEVER,
    QueueRow,
    count_queue,
    exceptions_query,
    queue_query,
    read_row,
    read_rows,
    renew_clocks,
    take_out,
    write_queue,
)
from scoring.io.store.tables import policies

NOW = 1_800_000_000_000_000
HOUR = 3_600_000_000


@pytest.fixture
def filled(store: Store) -> Store:
    """Five leads and a policy."""
    with writing(store.engine) as connection:
        for at in range(5):
            put_lead(connection, f"L-{at}", NOW - 100 * HOUR, {}, NOW)
        connection.execute(
            insert(policies).values(
                version=1, target="sql", rule="threshold", threshold=0.2, explore=0.05, model="v1", inputs={},
                expected={}, author="tests", reason="a test", published_at=datetime.now(UTC),
            )
        )  # fmt: skip
    return store


def new(lead_id: str, **other: object) -> NewHandoff:
    one = NewHandoff(lead_id=lead_id, policy=1, action="hand_over", likelihood=0.3, drawn=1.0, rep="Sato")
    return replace(one, **other)


def hand(store: Store, *rows: NewHandoff, now: int = NOW) -> list[int]:
    with writing(store.engine) as connection:
        return write_handoffs(connection, rows, now)


def stages(store: Store, lead_id: str) -> list[tuple[str, str | None, str | None]]:
    page = store.lead_page(lead_id, NOW / 1e6)
    assert page is not None
    return [(row["stage"], row["reason"], row["event_id"]) for row in reversed(page.events["outcomes"])]


def test_a_handoff_is_an_mql_and_an_assignment(filled: Store) -> None:
    first, second = hand(filled, new("L-3", assign=True), new("L-1", rep=None, action="explore", drawn=0.1))
    assert stages(filled, "L-3") == [("mql", None, f"leadloop:auto:mql:{first}")]
    page = filled.lead_page("L-3", NOW / 1e6)
    assert [row["rep"] for row in page.events["assignments"]] == ["Sato"]
    assert filled.lead_page("L-1", NOW / 1e6).events["assignments"] == []
    with reading(filled.engine) as connection:
        found = read_handoffs(connection)
        assert [(row.lead_id, row.action, row.drawn, row.state) for row in found] == [
            ("L-1", "explore", 0.1, "pending"),
            ("L-3", "hand_over", 1.0, "pending"),
        ]
        assert [row.id for row in unanswered(connection)] == [first, second]
        assert handed_since(connection, NOW) == {(None, "explore"): (1, NOW), ("Sato", "hand_over"): (1, NOW)}
        assert handed_since(connection, NOW + 1) == {}


@pytest.mark.parametrize(
    ("state", "recycle_at", "stage"),
    [("accepted", None, "sal"), ("rejected", NOW + HOUR, "recycled"), ("rejected", None, "disqualified")],
)
def test_what_sales_says_is_an_outcome_and_is_said_once(filled: Store, state, recycle_at, stage) -> None:
    (number,) = hand(filled, new("L-2"))
    said = {"by": "Sato", "now": NOW + HOUR, "recycle_at": recycle_at}
    if state == "rejected":
        said["reason"] = "no budget"
    with writing(filled.engine) as connection:
        assert settle_handoff(connection, number, state, **said)
        assert not settle_handoff(connection, number, "accepted", by="Ito", now=NOW + 2 * HOUR)
    reason = said.get("reason")
    assert stages(filled, "L-2")[1] == (stage, reason, f"leadloop:{stage}:{number}")
    with reading(filled.engine) as connection:
        kept = last_handoffs(connection)["L-2"]
        assert (kept.state, kept.decided_by, kept.reason, kept.recycle_at) == (
            state, "Sato", reason, recycle_at,
        )  # fmt: skip
        assert acceptance(connection) == {state: 1}
        assert rejections(connection) == ([("no budget", 1)] if reason else [])


def test_handoffs_are_paged(filled: Store) -> None:
    numbers = hand(filled, *(new(f"L-{at}") for at in range(5)))
    with reading(filled.engine) as connection:
        first = read_handoffs(connection, most=2)
        second = read_handoffs(connection, most=2, before=first[-1].id)
        assert [row.id for row in first + second] == numbers[:0:-1]
        assert read_handoffs(connection, rep="Ito") == []
        assert [row.lead_id for row in read_handoffs(connection, lead_id="L-4")] == ["L-4"]


def row(lead_id: str, place: float, due: int = NEVER, **other: object) -> QueueRow:
    one = QueueRow(
        lead_id=lead_id, rep="Sato", place=place, since=NOW, first_touch_due=NOW + 4 * HOUR,
        touches_due=NOW + 336 * HOUR, due_at=due, warn_at=due,
    )  # fmt: skip
    return replace(one, **other)


def test_the_queue_comes_in_order_of_place_then_of_what_is_due(filled: Store) -> None:
    reasons = ({"feature": "source", "value": "紹介", "contribution": 0.4},)
    rows = [
        row("L-0", -5.0, NOW + HOUR),
        row("L-1", -9.0, NOW + 9 * HOUR, reasons=reasons, others=("L-4",)),
        row("L-2", -5.0, NOW),
        row("L-3", -7.0, NOW - HOUR, rep="Ito"),
    ]
    with writing(filled.engine) as connection:
        write_queue(connection, rows[:1])
        write_queue(connection, rows)
        everyone = read_rows(connection, queue_query(None, 10))
        assert everyone == [rows[1], rows[3], rows[2], rows[0]]
        assert read_rows(connection, queue_query("Sato", 1, skip=1)) == [rows[2]]
        late = read_rows(connection, exceptions_query(NOW, None, 10))
        assert [one.lead_id for one in late] == ["L-3", "L-2"]
        assert (count_queue(connection), count_queue(connection, "Ito")) == (4, 1)
        touched = replace(rows[0], touches=1, first_touch_at=NOW, due_at=NOW + 300 * HOUR)
        renew_clocks(connection, touched)
        assert read_row(connection, "L-0") == touched
        take_out(connection, "L-0")
        assert read_row(connection, "L-0") is None


@pytest.mark.parametrize("rep", [None, "Sato"])
def test_queue_and_exceptions_are_read_through_an_index(filled: Store, rep: str | None) -> None:
    with writing(filled.engine) as connection:
        write_queue(connection, [row(f"L-{at}", -at, NOW + at) for at in range(5)])
        sqlite = connection.dialect.name == "sqlite"
        if not sqlite:  # so few rows that PostgreSQL would rather read them all
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            connection.execute(text("SET LOCAL enable_sort = off"))
        for query in (queue_query(rep, 50), exceptions_query(NOW, rep, 50)):
            shown = query.statement.params(query.given).compile(
                connection, compile_kwargs={"literal_binds": True}
            )
            explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN"
            plan = "\n".join(map(str, connection.execute(text(f"{explain} {shown}")).all()))
            assert "ix_queue_" in plan, plan
            assert "SCAN leads" not in plan, plan
            assert "TEMP B-TREE" not in plan, plan


def test_a_humans_word_holds_for_a_while_and_the_next_one_takes_its_place(filled: Store) -> None:
    said = {
        "field": "decision", "value": "hand_over", "model_value": "nurture", "author": "Sato",
        "reason": "met at the fair",
    }  # fmt: skip
    with writing(filled.engine) as connection:
        add_override(connection, 3, **said, now=NOW, expires_at=NOW + 10)
        assert set(holding(connection, NOW + 9, "decision")) == {"L-2"}
        assert holding(connection, NOW + 10, "decision") == {}
        assert holding(connection, NOW + 5, "score") == {}
        add_override(connection, 3, **{**said, "value": "nurture"}, now=NOW + 5, expires_at=NOW + 20)
        assert holding(connection, NOW + 6, "decision")["L-2"].value == "nurture"
        assert end_overrides(connection, 3, "decision", NOW + 7) == 1
        assert holding(connection, NOW + 8, "decision") == {}
        assert [(one.value, one.ended_at) for one in overrides_of(connection, "L-2")] == [
            ("nurture", NOW + 7),
            ("hand_over", NOW + 5),
        ]


def test_forgetting_a_lead_takes_its_handoffs_its_place_and_every_word_on_it(filled: Store) -> None:
    hand(filled, new("L-2"))
    with writing(filled.engine) as connection:
        write_queue(connection, [row("L-2", 1.0)])
        add_override(
            connection, 3, field="score", value="90", model_value="20", author="Sato", reason="x", now=NOW,
            expires_at=NOW + 1,
        )  # fmt: skip
    filled.forget("L-2")
    with reading(filled.engine) as connection:
        assert read_handoffs(connection) == []
        assert count_queue(connection) == 0
        assert overrides_of(connection, "L-2") == []


def test_what_leadloop_decided_by_itself_is_no_evidence_for_a_model(filled: Store) -> None:
    one, other = hand(filled, new("L-1"), new("L-2"))
    with writing(filled.engine) as connection:
        settle_handoff(connection, one, "accepted", by="silence", now=NOW + HOUR, silent=True)
        settle_handoff(connection, other, "accepted", by="Sato", now=NOW + HOUR)
    ledger, at = filled.ledger(), (NOW + 2 * HOUR) / 1e6
    features = [
        one
        for one in define_events([], touches=False, outcomes=True)
        if "stage" in one.name or "steps" in one.name
    ]
    many = event_columns(features, ledger, np.arange(5), np.full(5, at))
    assert many["stage"].to_list() == ["lead", "lead", "sal", "lead", "lead"]
    assert many["steps_forward"].tolist() == [0, 0, 1, 0, 0]
    for place, name in enumerate(ledger.lead_id.tolist()):
        row = event_row(features, filled.lead(name), at)
        assert row["stage"] == many["stage"].to_list()[place]
        assert row["days_in_stage"] == pytest.approx(many["days_in_stage"][place])
    assert (ledger.outcomes.category("stage").to_list()).count("mql") == 2  # they are counted all the same
