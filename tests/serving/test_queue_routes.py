"""The queue, handoffs, a human's word and the trail over HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings
from scoring.io.store import Store
from serving.handing import hand_over
from serving.queueing import refresh_queue
from tests.service import keeping, problem
from tests.serving.test_handing import NOW, given, leads, publish, store  # noqa: F401 - fixtures


@pytest.fixture
def client(store: Store, given: Settings) -> Iterator[TestClient]:  # noqa: F811
    """A service with four leads handed over."""
    leads(store, [30, 12, 5, 1])
    publish(store, 0.0)
    hand_over(store, given, NOW)
    refresh_queue(store, given, NOW)
    with keeping(store, NOW + timedelta(hours=1), settings=given) as client:
        yield client


def test_the_queue_says_who_why_until_when_and_what_was_done(client: TestClient) -> None:
    answer = client.get("/v1/queue").json()
    assert (answer["total"], answer["next"], len(answer["queue"])) == (4, None, 4)
    first = answer["queue"][0]
    values = [one["expected_value"] for one in answer["queue"]]
    assert values == sorted(values, reverse=True)
    assert (first["lead_id"], first["rep"]) == ("L-00", "Sato")
    assert first["reasons"][0]["text"].startswith("[+] visits more than 10: 40 % reach won, 20 % overall")
    assert first["due_at"] == "2026-11-24T13:00:00Z"
    assert first["first_touch"] == {"due_at": "2026-11-24T13:00:00Z", "state": "on track"}
    assert (first["touches_done"], first["touches_owed"], first["old"]) == (0, 5, False)


def test_reasons_come_in_the_language_asked_for(client: TestClient) -> None:
    first = client.get("/v1/queue?lang=ja").json()["queue"][0]
    assert "visits 10 超" in first["reasons"][0]["text"]


def test_the_queue_is_of_one_rep_and_in_pages(client: TestClient) -> None:
    assert {one["rep"] for one in client.get("/v1/queue?rep=Ito").json()["queue"]} == {"Ito"}
    first = client.get("/v1/queue?most=3").json()
    second = client.get(f"/v1/queue?most=3&skip={first['next']}").json()
    assert [len(first["queue"]), len(second["queue"]), second["next"]] == [3, 1, None]
    assert client.get("/v1/queue?most=0").status_code == 422


def test_states_follow_the_clock(store: Store, given: Settings, client: TestClient) -> None:  # noqa: F811
    states = {}
    for hours in (1.0, 3.0, 4.0, 4.1):
        with keeping(store, NOW + timedelta(hours=hours), settings=given) as later:
            states[hours] = later.get("/v1/queue").json()["queue"][0]["first_touch"]["state"]
    assert states == {1.0: "on track", 3.0: "due soon", 4.0: "due soon", 4.1: "breached"}
    with keeping(store, NOW + timedelta(hours=4), settings=given) as later:
        later.post("/v1/touches", json={"lead_id": "L-00", "rep": "Sato", "channel": "call"})
        found = {
            one["lead_id"]: one["first_touch"]["state"] for one in later.get("/v1/queue").json()["queue"]
        }
    assert found["L-00"] == "met"
    with keeping(store, NOW + timedelta(hours=5), settings=given) as later:
        late = later.get("/v1/sla").json()["exceptions"]
    assert {one["lead_id"] for one in late} == {"L-01", "L-02", "L-03"}


def test_sales_accepts_or_rejects_once(client: TestClient) -> None:
    listed = client.get("/v1/handoffs?state=pending").json()
    assert len(listed["handoffs"]) == 4
    first, second = (one["id"] for one in listed["handoffs"][:2])
    taken = client.post(f"/v1/handoffs/{first}/accept").json()
    assert (taken["state"], taken["decided_by"]) == ("accepted", "api")
    told = problem(client.post(f"/v1/handoffs/{first}/reject", json={"reason": "no budget"}), 409)
    assert "accepted at 2026-11-24T10:00:00+00:00 already" in told["detail"]
    left = client.post(f"/v1/handoffs/{second}/reject", json={"reason": "bad timing", "days": 10}).json()
    assert (left["state"], left["reason"], left["recycle_at"]) == (
        "rejected", "bad timing", "2026-12-04T10:00:00Z",
    )  # fmt: skip
    assert client.get("/v1/queue").json()["total"] == 3
    page = client.get(f"/v1/leads/{left['lead_id']}").json()
    assert [one["stage"] for one in page["outcomes"]] == ["recycled", "mql"]


def test_a_rejection_needs_one_of_the_reasons(client: TestClient) -> None:
    told = problem(client.post("/v1/handoffs/1/reject", json={"reason": "don't like him"}), 422)
    assert told["errors"][0]["pointer"] == "#/reason"
    assert told["errors"][0]["detail"].startswith("must be one of: no need, no budget")
    assert "like him" not in str(told)
    problem(client.post("/v1/handoffs/99/accept"), 404)


def test_a_word_stands_beside_the_models_and_leaves_a_line(client: TestClient) -> None:
    client.post("/v1/score", json={"lead_id": "L-03"})
    said = {"lead_id": "L-03", "field": "decision", "value": "nurture", "reason": "asked to wait", "days": 7}
    kept = client.post("/v1/overrides", json=said).json()
    assert (kept["value"], kept["author"], kept["holds"]) == ("nurture", "api", True)
    assert kept["expires_at"] == "2026-12-01T10:00:00Z"
    assert [one["lead_id"] for one in client.get("/v1/overrides").json()["overrides"]] == ["L-03"]
    line = client.get("/v1/trail").json()["trail"][0]
    assert (line["what"], line["who"], line["reason"], line["before"]) == (
        "override",
        "api",
        "asked to wait",
        None,
    )
    assert line["after"]["value"] == "nurture"
    assert "L-03" not in str(line)
    client.post("/v1/outcomes", json={"lead_id": "L-03", "stage": "sql"})
    assert client.get("/v1/overrides").json()["overrides"][0]["became"] == "sql"
    client.post("/v1/overrides/end", json={"lead_id": "L-03", "field": "decision", "reason": "called back"})
    past = client.get("/v1/overrides?past=true").json()["overrides"]
    assert [(one["value"], one["holds"]) for one in past] == [("nurture", False)]
    assert client.get("/v1/overrides").json()["overrides"] == []
    assert client.get("/v1/trail").json()["trail"][0]["what"] == "take back"


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("decision", "explore", "must be one of: hand_over, nurture"),
        ("score", "101", "must be a score from 0 to 100"),
        ("score", "high", "must be a score from 0 to 100"),
    ],
)
def test_a_word_must_be_one_that_fits(client: TestClient, field: str, value: str, rule: str) -> None:
    said = {"lead_id": "L-03", "field": field, "value": value, "reason": "x"}
    told = problem(client.post("/v1/overrides", json=said), 422)
    assert told["errors"] == [{"pointer": "#/value", "detail": rule}]
    problem(
        client.post("/v1/overrides", json={**said, "field": "score", "value": "9", "lead_id": "nobody"}), 404
    )


def test_publishing_and_promoting_leave_lines_too(client: TestClient, store: Store) -> None:  # noqa: F811
    publish(store, 0.5)
    store.rollback_policy("Abe", "too few", datetime(2026, 11, 25, tzinfo=UTC))
    lines = client.get("/v1/trail").json()["trail"]
    assert [(line["subject"], line["what"]) for line in lines[:2]] == [
        ("policy", "rollback"),
        ("policy", "publish"),
    ]
    assert any(line["subject"].startswith("model") for line in lines)


def test_it_is_said_how_both_sides_kept_their_word(store: Store, given: Settings, client: TestClient) -> None:  # noqa: F811
    with keeping(store, NOW + timedelta(hours=2), settings=given) as later:
        later.post("/v1/touches", json={"lead_id": "L-00", "rep": "Sato", "channel": "call"})
    refresh_queue(store, given, NOW + timedelta(hours=6))
    with keeping(store, NOW + timedelta(hours=6), settings=given) as later:
        kept = later.get("/v1/sla").json()["promises"]
    sales = {one["rep"]: one for one in kept["sales"]}
    assert (sales["Sato"]["first_touch"], sales["Ito"]["first_touch"]) == ([1, 2], [0, 2])
    assert (kept["overall"]["first_touch_share"], kept["overall"]["exceptions"]) == (0.25, 3)
    assert sales["Sato"]["median_hours"] == 4.0  # one touched after two hours, one that waits for six
    assert (kept["marketing"]["owed"], kept["marketing"]["handed_over"]) == (18, 4)
    assert len(kept["marketing"]["goal"]) == 30
