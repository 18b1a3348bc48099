"""What the policy in force decides: the same in a call, a batch, a lead list and a rescoring."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.sections import Calendar, Sections, Value
from scoring.io.store import Model, Store, open_store
from scoring.policy import drawn
from scoring.scorecard import Interval, Scorecard
from serving.app import create_app
from serving.batch import score_file
from serving.decision import Handoff, first_touch_due, handoff_of
from serving.live import Live
from serving.open_leads import score_open
from tests.cards import small_card
from tests.service import NOW, lead, problem

# 24 November 2026, 09:00 UTC, is a Tuesday.
OFFICE = Sections(calendar=Calendar(opens="08:00", closes="12:00"))
SOURCES = ("Referral", "Web", None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "sql") as opened:
        go_live(opened, small_card("s1", "sql"))
        yield opened


def go_live(store: Store, card: Scorecard) -> None:
    meta = card.meta
    model = Model(
        version=meta.version, target=meta.target, horizon_days=30, digest=card.digest, trained_until=None,
        created_at=NOW, scorecard=card.to_json(),
    )  # fmt: skip
    store.save_model(model)
    store.promote(meta.version, "tests", "a test", NOW)


def publish(store: Store, threshold: float = 0.3, target: str = "sql", draw: float = 0.0) -> None:
    store.publish_policy(
        target=target, rule="threshold", threshold=threshold, explore=0.05, model="s1", inputs={"draw": draw},
        expected={}, author="aya", reason="a test", at=NOW,
    )  # fmt: skip


def deciding(store: Store, settings: Sections = OFFICE) -> TestClient:
    live = Live(store, "sql", Value(), policies=store, due=first_touch_due(settings))
    live.refresh()
    app = create_app(live, store=store, settings=settings, clock=lambda: NOW)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def leads(many: int = 60) -> list[dict]:
    given = []
    for n in range(many):
        told = {"visits": n % 20, "source": SOURCES[n % 3]}
        given.append(lead(f"L-{n}", **{name: value for name, value in told.items() if value is not None}))
    return given


def decisions(client: TestClient, given: list[dict], target: str | None = None) -> dict[str, dict]:
    body = {"leads": given} | ({} if target is None else {"target": target})
    return {
        one["lead_id"]: one["decision"] for one in client.post("/v1/score/batch", json=body).json()["results"]
    }


def test_without_a_policy_nothing_is_decided(store: Store) -> None:
    with deciding(store) as client:
        told = client.post("/v1/score", json=lead()).json()["decision"]

    assert told == {"action": "none", "policy_version": None, "threshold": None, "due_at": None}


def test_a_lead_from_the_threshold_on_is_handed_over_with_policy_and_time(store: Store) -> None:
    publish(store, 0.3)
    with deciding(store) as client:
        above = client.post("/v1/score", json=lead(visits=30, source="Referral")).json()
        below = client.post("/v1/score", json=lead(visits=0, source="Web")).json()

    assert above["likelihood"] >= 0.3 > below["likelihood"]
    # Four business hours from nine o'clock: three until noon, one on the next morning.
    assert above["decision"] == {
        "action": "hand_over", "policy_version": "1", "threshold": 0.3, "due_at": "2026-11-25T09:00:00Z",
    }  # fmt: skip
    assert below["decision"] == {"action": "nurture", "policy_version": "1", "threshold": 0.3, "due_at": None}


def test_call_batch_lead_list_and_rescoring_decide_alike(store: Store, tmp_path: Path) -> None:
    publish(store, 0.25, draw=0.3)
    given = leads()
    handoff = handoff_of(store)
    card = small_card("s1", "sql")
    with deciding(store) as client:
        single = {one["lead_id"]: client.post("/v1/score", json=one).json()["decision"] for one in given}
        many = decisions(client, given)
        for one in given:
            assert client.put(
                f"/v1/leads/{one['lead_id']}", json={"properties": one["properties"]}
            ).is_success
    source, listed, rescored = (tmp_path / name for name in ("in.csv", "out.csv", "open.csv"))
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["lead_id", "source", "visits", "created_at"])
        writer.writeheader()
        writer.writerows({"lead_id": one["lead_id"], **one["properties"]} for one in given)
    score_file(card, source, listed, as_of=NOW.timestamp(), handoff=handoff)
    score_open(store, card, rescored, as_of=None, now=NOW.timestamp() + 1, handoff=handoff)

    actions = {name: decision["action"] for name, decision in many.items()}
    assert single == many
    assert set(actions.values()) == {"hand_over", "explore", "nurture"}
    for path in (listed, rescored):
        with path.open(encoding="utf-8") as file:
            assert {row["lead_id"]: row["decision"] for row in csv.DictReader(file)} == actions
    assert {name for name, action in actions.items() if action == "explore"} == {
        name for name, action in actions.items() if action != "hand_over" and drawn(name, 1, 0.3)
    }
    assert all((one["due_at"] is None) == (one["action"] == "nurture") for one in many.values())


def test_the_policys_own_target_decides_whatever_the_call_asks_for(store: Store, tmp_path: Path) -> None:
    won = small_card("w1", "won", base=-1.0)
    go_live(store, won)
    publish(store, 0.25, target="sql")
    given = leads()
    with deciding(store) as client:
        own, other = decisions(client, given, "sql"), decisions(client, given, "won")
        single = client.post("/v1/score", json={**given[0], "target": "won"}).json()
    source, listed = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = "".join(
        f"{one['lead_id']},{one['properties'].get('source', '')},{one['properties']['visits']},\n"
        for one in given
    )
    source.write_text(f"lead_id,source,visits,created_at\n{rows}", encoding="utf-8")
    score_file(won, source, listed, as_of=NOW.timestamp(), handoff=handoff_of(store, won))

    assert own == other
    assert single["decision"] == own["L-0"]
    with listed.open(encoding="utf-8") as file:
        assert {row["lead_id"]: row["decision"] for row in csv.DictReader(file)} == {
            name: decision["action"] for name, decision in own.items()
        }


def test_without_a_model_of_the_policys_target_nothing_is_decided(store: Store) -> None:
    publish(store, 0.25, target="won")
    with deciding(store) as client:
        assert client.post("/v1/score", json=lead()).json()["decision"]["action"] == "none"
    assert handoff_of(store) is None


def test_a_model_without_likelihoods_decides_nothing(store: Store) -> None:
    publish(store, 0.25)
    rule = replace(small_card(), interval=Interval((), (), ()))
    policy = store.policy()

    assert not rule.has_likelihood
    assert Handoff.of(policy, rule) is None


def test_policies_are_taken_up_while_running(store: Store) -> None:
    live = Live(store, "sql", policies=store)
    live.refresh()
    before = live.now.models["sql"]
    publish(store, 0.25)
    live.refresh()
    first = live.now.models["sql"].handoff
    publish(store, 0.5)
    live.refresh()

    assert before.handoff is None
    assert first is not None
    assert first.policy.threshold == 0.25
    assert live.now.models["sql"].handoff.policy.version == 2
    assert live.now.models["sql"].card is before.card


def test_the_threshold_holds_when_another_model_goes_live(store: Store) -> None:
    publish(store, 0.3)
    with deciding(store) as client:
        before = decisions(client, leads())
        go_live(store, small_card("s2", "sql", base=-0.4))
        client.app.state.refresh()
        after = decisions(client, leads())

    assert {one["threshold"] for one in (*before.values(), *after.values())} == {0.3}
    assert store.policy().version == 1
    assert sum(one["action"] == "hand_over" for one in after.values()) > sum(
        one["action"] == "hand_over" for one in before.values()
    )


def test_a_lead_that_the_deciding_model_cannot_read_is_named(store: Store) -> None:
    whole = small_card("w1", "won")
    short = {"columns": whole.columns[:1], "features": whole.features[:1], "terms": whole.terms[:1]}
    go_live(store, replace(whole, pairs=(), **short))
    publish(store, 0.3)
    with deciding(store) as client:
        told = problem(client.post("/v1/score", json={**lead(visits="many"), "target": "won"}), 422)

    assert [fault["pointer"] for fault in told["errors"]] == ["#/properties/visits"]


def test_due_times_follow_the_office(store: Store) -> None:
    due = first_touch_due(Sections())
    friday = datetime(2026, 11, 27, 16, tzinfo=UTC)

    # Two hours until six, the other two on Monday from nine.
    assert due(friday.timestamp()) == (friday + timedelta(days=2, hours=19)).timestamp()
