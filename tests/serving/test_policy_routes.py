"""The handoff policy over HTTP: proposing, publishing and showing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.sections import Capacity, Sections, Value
from scoring.io.store import Store, open_store
from serving.app import create_app
from serving.live import Live
from tests.proposals import backtest, keep, stock
from tests.service import NOW, lead, problem

SETTINGS = Sections(capacity=Capacity(reps=5, leads_per_rep=20))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "sql") as opened:
        yield stock(opened)


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    live = Live(store, "sql", Value(), policies=store)
    live.refresh()
    app = create_app(live, store=store, settings=SETTINGS, clock=lambda: NOW)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as opened:
        yield opened


def test_without_a_policy_none_is_in_force(client: TestClient) -> None:
    assert client.get("/v1/policy").json() == {"in_force": None, "decides": False, "history": []}


def test_a_proposal_takes_the_settings_and_what_overrules_them(client: TestClient) -> None:
    own = client.post("/v1/policy/propose", json={}).json()
    other = client.post("/v1/policy/propose", json={"capacity": 50, "explore": 0}).json()

    assert own["binding"] == other["binding"] == "capacity"
    assert own["expected"]["handoffs"]["value"] == pytest.approx(95, abs=0.5)
    assert other["expected"]["handoffs"]["value"] == pytest.approx(50, abs=0.5)
    assert other["explore"]["draw"] == 0
    assert client.get("/v1/policy").json()["in_force"] is None


def test_a_published_policy_decides_at_once(client: TestClient) -> None:
    before = client.post("/v1/score", json=lead(visits=30, source="Referral")).json()["decision"]
    published = client.put("/v1/policy", json={"threshold": 0.3, "reason": "agreed"}).json()["policy"]
    after = client.post("/v1/score", json=lead(visits=30, source="Referral")).json()["decision"]

    assert (published["version"], published["author"], published["threshold"]) == ("1", "api", 0.3)
    assert (before["action"], after["action"]) == ("none", "hand_over")
    assert after["policy_version"] == "1"
    shown = client.get("/v1/policy").json()
    assert shown["in_force"] == published
    assert shown["decides"]


def test_history_is_newest_first(client: TestClient) -> None:
    for threshold in (0.3, 0.4):
        assert client.put("/v1/policy", json={"threshold": threshold, "reason": "agreed"}).is_success

    assert [one["threshold"] for one in client.get("/v1/policy").json()["history"]] == [0.4, 0.3]


def test_a_rollback_puts_the_one_before_in_force_as_a_new_version(client: TestClient) -> None:
    problem(client.post("/v1/policy/rollback", json={"reason": "why"}), 409)
    for threshold in (0.3, 0.4):
        client.put("/v1/policy", json={"threshold": threshold, "reason": "agreed"})
    back = client.post("/v1/policy/rollback", json={"reason": "too few"}).json()

    assert (back["version"], back["threshold"], back["returns_to"], back["reason"]) == (
        "3",
        0.3,
        "1",
        "too few",
    )
    assert client.get("/v1/policy").json()["in_force"] == back
    problem(client.post("/v1/policy/rollback", json={"reason": "why"}), 409)


def test_publishing_without_a_threshold_takes_the_proposed_one(client: TestClient) -> None:
    proposed = client.post("/v1/policy/propose", json={"rule": "top_k"}).json()
    published = client.put("/v1/policy", json={"rule": "top_k", "reason": "agreed"}).json()["policy"]

    assert (published["rule"], published["per_month"]) == ("top_k", proposed["per_month"])
    assert published["expected"] == proposed["expected"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"threshold": 0.3}, 422),
        ({"threshold": 1.3, "reason": "why"}, 422),
        ({"threshold": 0.3, "rule": "top_k", "reason": "why"}, 422),
        ({"goal": 10, "customers": 3, "reason": "why"}, 422),
        ({"treshold": 0.3, "reason": "why"}, 422),
    ],
)
def test_what_cannot_be_published_is_refused(client: TestClient, body: dict, status: int) -> None:
    problem(client.put("/v1/policy", json=body), status)

    assert client.get("/v1/policy").json()["in_force"] is None


def test_a_model_that_was_not_tested_proposes_nothing(client: TestClient, store: Store) -> None:
    keep(store, "s2", "sql", None)

    told = problem(client.post("/v1/policy/propose", json={}), 409)

    assert "Model s2 has no held-out predictions" in told["detail"]


def test_promoting_another_model_says_what_becomes_of_the_handoffs(client: TestClient, store: Store) -> None:
    client.put("/v1/policy", json={"reason": "agreed"})
    keep(store, "s2", "sql", backtest(0.2))
    store.promote("s1", "tests", "back", NOW)

    told = client.post("/v1/model/promote", json={"version": "s2", "reason": "better"}).json()["handoffs"]

    assert "with model s2 its threshold" in told
    assert "propose again with leadloop handoff propose" in told
    assert client.get("/v1/policy").json()["in_force"]["version"] == "1"


def test_proposing_needs_a_key_to_read_and_publishing_one_for_everything(
    client: TestClient, store: Store
) -> None:
    keys = {scope: store.create_key(scope, [scope], NOW)[1] for scope in ("score", "read", "write", "admin")}
    client.app.state.refresh()

    def answers(method: str, path: str, body: dict | None) -> dict[str, int]:
        return {
            scope: client.request(
                method, path, json=body, headers={"Authorization": f"Bearer {key}"}
            ).status_code
            for scope, key in keys.items()
        }

    reads = {"score": 403, "read": 200, "write": 403, "admin": 200}
    assert answers("GET", "/v1/policy", None) == reads
    assert answers("POST", "/v1/policy/propose", {}) == reads
    publishing = {"threshold": 0.3, "reason": "why"}
    assert answers("PUT", "/v1/policy", publishing) == {"score": 403, "read": 403, "write": 403, "admin": 200}
    assert store.policy().author == "admin"
