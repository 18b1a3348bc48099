"""The handing over: by the policy in force, within what sales can take, by turns; and the queue after it."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scoring.errors import DataError
from scoring.io.settings import Settings, load_settings
from scoring.io.store import Model, Store, open_store
from scoring.io.store.engine import reading, writing
from scoring.io.store.handoffs import acceptance, read_handoffs, settle_handoff
from scoring.io.store.overrides import add_override
from scoring.io.store.queue import QueueRow, exceptions_query, queue_query, read_rows
from serving import handing
from serving.answered import write_answers
from serving.handing import HandedOver, accept_silent, hand_over
from serving.queueing import refresh_queue
from tests.cards import small_card
from tests.service import keeping

# A Tuesday; the office is open from 9 to 18, UTC.
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SETTINGS = """
[capacity]
leads_per_rep = 6
[value]
deal = 1000.0
[[reps]]
name = "Sato"
[[reps]]
name = "Ito"
[[reps]]
name = "Abe"
away = ["2026-11-24"]
"""


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    (tmp_path / "leadloop.toml").write_text(SETTINGS)
    return load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)


@pytest.fixture
def store(given: Settings) -> Iterator[Store]:
    with open_store(given.database_url, "won") as opened:
        for target in ("sql", "won"):
            card = small_card(f"{target}-1", target)
            opened.save_model(
                Model(
                    version=card.meta.version, target=target, horizon_days=30, digest=card.digest,
                    trained_until=None, created_at=NOW, scorecard=card.to_json(),
                )
            )  # fmt: skip
            opened.promote(card.meta.version, "tests", "a test", NOW)
        yield opened


def publish(store: Store, threshold: float, **other: object) -> None:
    said = {
        "target": "sql", "rule": "threshold", "threshold": threshold, "explore": 0.0, "model": "sql-1",
        "inputs": {}, "expected": {}, "author": "tests", "reason": "a test", "at": NOW,
    }  # fmt: skip
    store.publish_policy(**{**said, **other})


def leads(store: Store, visits: list[int], now: datetime = NOW - timedelta(days=1), **other: object) -> None:
    with keeping(store, now) as client:
        for at, count in enumerate(visits):
            lead = {"properties": {"visits": count, "source": "Web", **other}}
            assert client.put(f"/v1/leads/L-{at:02}", json=lead).is_success


def likelihoods(store: Store, count: int) -> list[float]:
    with keeping(store, NOW) as client:
        return [
            client.post("/v1/score", json={"lead_id": f"L-{at:02}", "target": "sql"}).json()["likelihood"]
            for at in range(count)
        ]


def queue(store: Store, rep: str | None = None) -> list[QueueRow]:
    with reading(store.engine) as connection:
        return read_rows(connection, queue_query(rep, 100))


def test_without_a_policy_nothing_is_handed_over(store: Store, given: Settings) -> None:
    leads(store, [30])
    assert hand_over(store, given, NOW) is None


def test_who_reaches_the_threshold_is_handed_over_once_and_those_who_are_there_take_turns(
    store: Store, given: Settings
) -> None:
    leads(store, [30, 1, 30, 30, 1])
    high, low = (likelihoods(store, 2)[at] for at in (0, 1))
    publish(store, (high + low) / 2)
    assert hand_over(store, given, NOW) == HandedOver(1, 3, 0, 0)
    assert hand_over(store, given, NOW + timedelta(hours=1)) == HandedOver(1, 0, 0, 0)
    with reading(store.engine) as connection:
        found = read_handoffs(connection)
    assert {row.lead_id for row in found} == {"L-00", "L-02", "L-03"}
    assert Counter(row.rep for row in found) == {"Sato": 2, "Ito": 1}
    assert {row.likelihood for row in found} == {high}


def test_of_two_runs_at_once_only_one_hands_over(
    store: Store, given: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads(store, [30, 30])
    publish(store, 0.0)
    decided = handing._with_reps

    def beside(*known: object) -> list:
        rows = decided(*known)
        monkeypatch.undo()
        assert hand_over(store, given, NOW).handed == 2
        return rows

    monkeypatch.setattr(handing, "_with_reps", beside)
    assert hand_over(store, given, NOW).handed == 0
    with reading(store.engine) as connection:
        assert len(read_handoffs(connection)) == 2


def test_no_more_are_handed_over_than_sales_can_take_in_a_month_the_likeliest_first(
    store: Store, given: Settings
) -> None:
    leads(store, list(range(10, 26)))
    publish(store, 0.0)
    assert hand_over(store, given, NOW) == HandedOver(
        1, 16, 0, 0
    )  # Abe's six count to the capacity of the month
    with reading(store.engine) as connection:
        found = read_handoffs(connection)
    assert Counter(row.rep for row in found) == {"Sato": 6, "Ito": 6, None: 4}


def test_whoever_was_given_to_nobody_gets_a_rep_as_soon_as_there_is_room(
    store: Store, given: Settings
) -> None:
    leads(store, list(range(10, 26)))
    publish(store, 0.0)
    hand_over(store, given, NOW)
    assert hand_over(store, given, NOW + timedelta(days=1)).handed == 0  # Abe is back
    with reading(store.engine) as connection:
        found = read_handoffs(connection)
    assert Counter(row.rep for row in found) == {"Sato": 6, "Ito": 6, "Abe": 4}
    abes = next(row.lead_id for row in found if row.rep == "Abe")
    page = store.lead_page(abes, NOW.timestamp())
    assert [row["rep"] for row in page.events["assignments"]] == ["Abe"]


def test_a_lead_that_sales_took_and_gave_back_may_be_handed_over_again(store: Store, given: Settings) -> None:
    leads(store, [30])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    with writing(store.engine) as connection:
        settle_handoff(connection, 1, "accepted", by="Sato", now=int(NOW.timestamp() * 1e6) + 1)
    assert hand_over(store, given, NOW + timedelta(days=1)).handed == 0
    with keeping(store, NOW + timedelta(days=2)) as client:
        client.post("/v1/outcomes", json={"lead_id": "L-00", "stage": "recycled"})
    assert hand_over(store, given, NOW + timedelta(days=3)).handed == 1


def test_top_k_hands_over_so_many_a_month(store: Store, given: Settings) -> None:
    leads(store, [30, 20, 10, 5])
    publish(store, 0.0, rule="top_k", per_month=3)
    likely = likelihoods(store, 4)
    done = hand_over(store, given, NOW)
    assert (done.handed, done.waiting) == (3, 1)
    with reading(store.engine) as connection:
        names = {row.lead_id for row in read_handoffs(connection)}
    assert names == {f"L-{at:02}" for at in sorted(range(4), key=lambda at: (-likely[at], at))[:3]}
    assert hand_over(store, given, NOW + timedelta(days=1)).handed == 0
    assert hand_over(store, given, NOW + timedelta(days=8)).handed == 1  # December has come


def test_a_share_of_the_capacity_goes_to_leads_below_which_are_marked(store: Store, given: Settings) -> None:
    leads(store, [1] * 40)
    publish(store, 0.99, explore=0.1, inputs={"draw": 0.5}, at=NOW - timedelta(days=2))
    done = hand_over(store, given, NOW)
    assert (done.handed, done.explored) == (0, 2)  # a tenth of 18
    with reading(store.engine) as connection:
        found = read_handoffs(connection)
    assert {(row.action, row.drawn) for row in found} == {("explore", 0.5)}
    assert hand_over(store, given, NOW + timedelta(hours=1)).explored == 0


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(days=60)], ids=["the policy", "the month"])
def test_no_lead_from_before_is_drawn(store: Store, given: Settings, at: datetime) -> None:
    leads(store, [1] * 40, at - timedelta(seconds=1) if at == NOW else datetime(2026, 10, 31, tzinfo=UTC))
    publish(store, 0.99, explore=0.5, inputs={"draw": 1.0}, at=at)
    assert hand_over(store, given, NOW) == HandedOver(1, 0, 0, 0)


def test_an_owner_gets_the_lead_while_there_is_room_and_others_the_rest(
    store: Store, given: Settings
) -> None:
    leads(store, [30] * 8, owner="Ito")
    publish(store, 0.0)
    hand_over(store, given, NOW)
    with reading(store.engine) as connection:
        found = read_handoffs(connection)
    assert Counter(row.rep for row in found) == {"Ito": 6, "Sato": 2}


@pytest.mark.parametrize(("word", "handed"), [("hand_over", 1), ("nurture", 0)])
def test_a_humans_word_decides_as_long_as_it_holds(
    store: Store, given: Settings, word: str, handed: int
) -> None:
    leads(store, [30 if word == "nurture" else 1])
    publish(store, likelihoods(store, 1)[0] + (-0.001 if word == "nurture" else 0.001))
    at = int(NOW.timestamp() * 1e6)
    with writing(store.engine) as connection:
        add_override(
            connection, 1, field="decision", value=word, model_value=None, author="Sato", reason="x", now=at,
            expires_at=at + 10,
        )  # fmt: skip
    assert hand_over(store, given, NOW).handed == handed
    assert (
        hand_over(store, given, NOW + timedelta(seconds=1)).handed
        == 1 - handed - (word == "hand_over") + handed
    )


def test_a_rejected_lead_comes_back_when_its_time_has_come(store: Store, given: Settings) -> None:
    leads(store, [30])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    back = int((NOW + timedelta(days=10)).timestamp() * 1e6)
    with writing(store.engine) as connection:
        said = {"by": "Sato", "now": int(NOW.timestamp() * 1e6) + 1, "reason": "bad timing"}
        settle_handoff(connection, 1, "rejected", recycle_at=back, **said)
    assert hand_over(store, given, NOW + timedelta(days=9)).handed == 0
    assert hand_over(store, given, NOW + timedelta(days=10)).handed == 1


def test_a_lead_that_sales_has_already_is_not_handed_over(store: Store, given: Settings) -> None:
    leads(store, [30, 30])
    with keeping(store, NOW - timedelta(hours=2)) as client:
        client.post("/v1/outcomes", json={"lead_id": "L-00", "stage": "sal"})
    publish(store, 0.0)
    assert hand_over(store, given, NOW).handed == 1


def test_silence_is_acceptance_after_business_hours(store: Store, given: Settings) -> None:
    leads(store, [30])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    # 24 business hours from Tuesday 9:00: Thursday 15:00.
    assert accept_silent(store, given, datetime(2026, 11, 26, 14, 59, tzinfo=UTC)) == 0
    assert accept_silent(store, given, datetime(2026, 11, 26, 15, 0, tzinfo=UTC)) == 1
    with reading(store.engine) as connection:
        assert acceptance(connection) == {"accepted": 1}
        assert read_handoffs(connection)[0].decided_by == "silence"


def test_the_queue_holds_what_was_handed_over_in_order_of_worth(store: Store, given: Settings) -> None:
    leads(store, [30, 1, 12])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    assert refresh_queue(store, given, NOW) == 3
    rows = queue(store)
    assert [row.value for row in rows] == sorted((row.value for row in rows), reverse=True)
    assert rows[0].reasons
    assert {row.rep for row in rows} == {"Sato", "Ito"}
    due = datetime.fromtimestamp(rows[0].due_at / 1e6, UTC)
    assert due == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)


def test_leads_with_the_same_address_are_one(store: Store, given: Settings) -> None:
    with keeping(store, NOW - timedelta(days=1)) as client:
        for name, visits in (("a", 5), ("b", 30), ("c", 5)):
            mail = "Hanako@Example.co.jp" if name != "c" else "other@example.co.jp"
            client.put(f"/v1/leads/{name}", json={"properties": {"visits": visits, "email": mail}})
        client.put("/v1/leads/a", json={"properties": {"email": "hanako@example.co.jp"}})
    publish(store, 0.0)
    hand_over(store, given, NOW)
    assert refresh_queue(store, given, NOW) == 2
    found = {row.lead_id: row.others for row in queue(store)}
    together = next(name for name in found if name != "c")
    assert {together, *found[together]} == {"a", "b"}


def test_a_touch_stops_the_first_clock_and_an_end_takes_the_lead_out(store: Store, given: Settings) -> None:
    leads(store, [30])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    refresh_queue(store, given, NOW)
    at = NOW + timedelta(hours=2)
    with keeping(store, at) as client:
        touch = {"lead_id": "L-00", "rep": "Sato", "channel": "call"}
        assert client.post("/v1/touches", json={**touch, "automatic": True}).is_success
        assert client.post("/v1/touches", json=touch).is_success
    (row,) = queue(store)
    assert (row.touches, row.first_touch_at) == (1, int(at.timestamp() * 1e6))
    assert row.due_at == int((NOW + timedelta(days=14)).timestamp() * 1e6)
    whole = refresh_queue(store, given, at), queue(store)
    assert whole[1][0].due_at == row.due_at
    with writing(store.engine) as connection:
        assert read_rows(connection, exceptions_query(row.due_at - 1, None, 9)) == []
        assert len(read_rows(connection, exceptions_query(row.due_at, None, 9))) == 1
    with keeping(store, at) as client:
        client.post("/v1/outcomes", json={"lead_id": "L-00", "stage": "opportunity"})
        assert len(queue(store)) == 1
        client.post("/v1/outcomes", json={"lead_id": "L-00", "stage": "lost"})
    assert queue(store) == []


def test_before_anything_is_handed_over_the_queue_holds_the_leads_that_have_an_owner(
    store: Store, given: Settings
) -> None:
    leads(store, [30], owner="Sato")
    with keeping(store, NOW - timedelta(days=1)) as client:
        client.put("/v1/leads/nobodys", json={"properties": {"visits": 3}})
    assert refresh_queue(store, given, NOW) == 1
    assert [(row.lead_id, row.rep) for row in queue(store, "Sato")] == [("L-00", "Sato")]


def test_answers_are_written_beside_the_lead_as_it_was_then(
    store: Store, given: Settings, tmp_path: Path
) -> None:
    leads(store, [30, 12])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    with pytest.raises(DataError, match="No handoff was answered yet"):
        write_answers(store, tmp_path / "answers.csv")
    with keeping(store, NOW + timedelta(days=1)) as client:
        client.put("/v1/leads/L-00", json={"properties": {"visits": 99}})
    at = int((NOW + timedelta(days=1)).timestamp() * 1e6)
    with writing(store.engine) as connection:
        settle_handoff(connection, 1, "rejected", by="Sato", now=at, reason="no budget", recycle_at=at + 1)
    assert write_answers(store, tmp_path / "answers.csv") == 1
    with (tmp_path / "answers.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["lead_id"], row["answer"], row["reason"], row["visits"]) == (
        "L-00",
        "rejected",
        "no budget",
        "30",
    )
