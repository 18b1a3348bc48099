"""The service: scores that equal the scorecard's, refusals that never repeat a value, champions taken up live."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import schemathesis
from starlette.testclient import TestClient

from scoring.io.store import Champion
from serving.app import create_app
from serving.live import Live
from tests.cards import small_card

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Shelf:
    """A store with one champion per target, or none."""

    def __init__(self, *champions: Champion) -> None:
        self.live = {champion.target: champion for champion in champions}

    def champion_stamp(self, target: str | None = None) -> int | None:
        found = self.live.get(target or "")
        return None if found is None else found.id

    def champion(self, target: str | None = None) -> Champion | None:
        return self.live.get(target or "")


def champion(card=None, number: int = 1, version: str = "v1") -> Champion:
    card = card or small_card()
    card = replace(card, meta=replace(card.meta, version=version))
    return Champion(
        id=number,
        target=card.meta.target,
        horizon_days=card.meta.horizon_days,
        version=version,
        digest=card.digest,
        trained_until=None,
        promoted_at=NOW,
        by="tests",
        reason="a test",
        scorecard=card.to_json(),
    )


def served(shelf: Shelf) -> TestClient:
    primary = next(iter(shelf.live), "won")
    live = Live(shelf, primary)
    live.refresh()
    return TestClient(create_app(live, clock=lambda: NOW), raise_server_exceptions=False)


@pytest.fixture
def client() -> Iterator[TestClient]:
    with served(Shelf(champion())) as client:
        yield client


def lead(**properties: object) -> dict[str, object]:
    return {"lead_id": "L-1", "properties": properties}


def problem(answer, status: int) -> dict:
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["status"] == status
    return answer.json()


def test_a_score_carries_every_field_of_the_contract(client: TestClient) -> None:
    answer = client.post("/v1/score", json=lead())

    assert answer.status_code == 200
    assert {
        "lead_id", "likelihood", "likelihood_low", "likelihood_high", "score", "grade", "fit", "engagement", "label",
        "decision", "expected_value", "reasons", "model", "as_of", "scored_at", "status",
    } <= set(answer.json())  # fmt: skip
    assert answer.json()["decision"]["action"] == "none"
    assert answer.json()["model"]["version"] == "v1"


def test_a_likelihood_is_the_scorecards_to_six_decimals(client: TestClient) -> None:
    card = small_card()
    expected = card.score_one({}).likelihood

    assert client.post("/v1/score", json=lead()).json()["likelihood"] == round(expected, 6)


@pytest.mark.parametrize(
    "body",
    [
        '{"lead_id": "L-1", "properties": {"visits": NaN}}',
        '{"lead_id": "L-1", "properties": {"visits": 1e999}}',
        '{"lead_id": "L-1", "properties": {}, "activities": []}',
        '{"lead_id": "L-1", "properties": {"visits": {"nested": 1}}}',
        '{"lead_id": "L-1", "properties": {}, "as_of": "2026-11-24T09:00:00"}',
        '{"properties": {}}',
    ],
    ids=["nan", "infinity", "unknown key", "nested", "naive time", "no id"],
)
def test_a_request_against_the_rules_is_refused(client: TestClient, body: str) -> None:
    answer = client.post("/v1/score", content=body, headers={"content-type": "application/json"})

    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


def test_a_refusal_does_not_repeat_what_was_sent(client: TestClient) -> None:
    secret = "taro@example.co.jp"
    answer = client.post(
        "/v1/score", json={"lead_id": "L-1", "properties": {"visits": [secret]}, "note": secret}
    )

    assert secret not in answer.text


def test_one_bad_lead_never_fails_the_others(client: TestClient) -> None:
    card = small_card()
    number = next(c.name for c in card.columns if c.type == "number")
    leads = [lead(), lead(**{number: "plenty"}), lead()]

    answer = client.post("/v1/score/batch", json={"leads": leads}).json()

    assert [entry["status"].split(":")[0] for entry in answer["results"]] == [
        "scored",
        "not_scored",
        "scored",
    ]
    assert answer["results"][1]["likelihood"] is None
    assert "plenty" not in json.dumps(answer)


def test_more_than_ten_thousand_leads_are_refused(client: TestClient) -> None:
    answer = client.post("/v1/score/batch", json={"leads": [lead()] * 10_001})

    assert answer.status_code in (413, 422)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", "/v1/score", 405)])
def test_what_is_not_served_is_a_problem_too(client: TestClient, method: str, path: str, status: int) -> None:
    problem(client.request(method, path), status)


def test_without_a_champion_it_is_alive_but_not_ready() -> None:
    with served(Shelf()) as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        problem(client.post("/v1/score", json=lead()), 503)


def test_a_new_champion_is_taken_up_while_running() -> None:
    shelf = Shelf(champion())
    with served(shelf) as client:
        first = client.post("/v1/score", json=lead()).json()["model"]["version"]
        newer = champion(number=2, version="v2")
        shelf.live[newer.target] = newer
        client.app.state.live.refresh()  # type: ignore[attr-defined]

        assert (first, client.post("/v1/score", json=lead()).json()["model"]["version"]) == ("v1", "v2")


def test_a_damaged_champion_leaves_the_old_one_in_service() -> None:
    shelf = Shelf(champion())
    with served(shelf) as client:
        damaged = replace(champion(number=2, version="v2"), scorecard="{}")
        shelf.live[damaged.target] = damaged
        client.app.state.live.refresh()  # type: ignore[attr-defined]

        assert client.post("/v1/score", json=lead()).json()["model"]["version"] == "v1"
        assert client.get("/readyz").json()["refused"]


def test_metrics_name_no_lead(client: TestClient) -> None:
    client.post("/v1/score", json={"lead_id": "taro-77", "properties": {}})
    text = client.get("/metrics").text

    assert "taro-77" not in text
    assert "v1" in text


def test_the_documentation_asks_no_other_host(client: TestClient) -> None:
    page = client.get("/docs")

    assert page.status_code == 200
    assert "https://cdn" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


_LIVE = Live(Shelf(champion()), champion().target)
_LIVE.refresh()
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", create_app(_LIVE, clock=lambda: NOW))


@SCHEMA.parametrize()
@pytest.mark.filterwarnings("ignore")
def test_the_service_keeps_to_its_own_description(case) -> None:
    case.call_and_validate()
