"""What holds for every route: problems, limits, headers, health, metrics, and the documentation."""

import re

import anyio
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from starlette.testclient import TestClient
from starlette.types import Message

from serving.answers import answer_lead
from serving.schemas import Lead
from tests.cards import Shelf, champion, small_card
from tests.service import lead, problem, served

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/score", 405),
        ("PUT", "/v1/score/batch", 405),
        ("POST", "/v1/model", 405),
        ("POST", "/v1/score/", 404),
        ("GET", "/docs/", 404),
    ],
)
def test_what_is_not_served_is_a_problem(client: TestClient, method: str, path: str, status: int) -> None:
    told = problem(client.request(method, path), status)
    assert "/docs lists" in told["detail"]


def test_a_fault_of_ours_tells_the_log_where_and_nobody_what(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(sent: Lead, *_: object) -> None:
        raise RuntimeError(sent.lead_id)

    monkeypatch.setattr("serving.routes.score.answer_lead", broken)
    for path, body in (("/v1/score", lead("taro")), ("/v1/score/batch", {"leads": [lead("taro")]})):
        told = problem(client.post(path, json=body), 500)
        assert "Traceback" not in str(told)
        assert "RuntimeError" not in str(told)
    assert "in broken" in caplog.text
    assert "taro" not in caplog.text
    monkeypatch.setattr("serving.routes.score.answer_lead", answer_lead)
    assert client.post("/v1/score", json=lead()).status_code == 200


def test_without_a_champion_it_is_alive_but_not_ready() -> None:
    with served(Shelf()) as client:
        assert client.get("/healthz").json() == {"status": "alive"}
        for answer in (
            client.get("/readyz"),
            client.get("/v1/model"),
            client.post("/v1/score", json=lead()),
            client.post("/v1/score/batch", json={"leads": [lead()]}),
        ):
            assert "leadloop promote" in problem(answer, 503)["detail"]
            assert int(answer.headers["retry-after"]) > 0


def test_with_a_champion_it_is_ready(client: TestClient) -> None:
    assert client.get("/readyz").json() == {
        "status": "ready",
        "models": [{"name": "leadloop", "version": "v1", "target": "sql", "horizon_days": 30}],
        "store": "reachable",
        "refused": [],
    }


def test_the_model_says_what_it_reads_and_what_it_was_learned_from(client: TestClient) -> None:
    told = client.get("/v1/model").json()
    card = small_card()
    assert told["model"]["version"] == "v1"
    assert (told["digest"], told["rows"], told["conversions"]) == (card.digest, 200, 40)
    assert told["properties"][0] == {"name": "source", "type": "category"}
    assert [(one["name"], one["levels"], one["ranges"]) for one in told["features"]] == [
        ("source", 2, None),
        ("visits", None, 3),
        ("created_at_age_days", None, 2),
    ]
    assert told["report"] == {"metrics": {"log_loss": 0.42}}
    problem(client.get("/v1/model?target=won"), 404)
    assert problem(client.get("/v1/model?target="), 422)["errors"][0]["pointer"] == "query.target"


def test_a_client_that_goes_away_is_no_fault_of_ours(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def gone() -> Message:
        return {"type": "http.disconnect"}

    async def nobody(message: Message) -> None:
        assert message["type"].startswith("http.response")

    scope = {"type": "http", "method": "POST", "path": "/v1/score", "headers": [(b"content-length", b"9")]}
    anyio.run(client.app, {**scope, "query_string": b"", "root_path": ""}, gone, nobody)
    assert caplog.text == ""
    assert '{method="POST",route="/v1/score",status="400"} 1.0' in client.get("/metrics").text


def test_metrics_count_requests_and_leads_and_name_none(client: TestClient) -> None:
    client.post("/v1/score", json=lead("taro-77", visits=3))
    client.post("/v1/score", json=lead("taro-77", visits="taro"))
    client.post("/v1/score/batch", json={"leads": [lead("taro-77"), 7]})
    answer = client.get("/metrics")
    text = answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'leadloop_http_requests_total{method="POST",route="/v1/score",status="200"} 1.0' in text
    assert 'leadloop_http_requests_total{method="POST",route="/v1/score",status="422"} 1.0' in text
    assert 'leadloop_http_request_seconds_count{method="POST",route="/v1/score/batch"} 1.0' in text
    assert 'leadloop_leads_not_scored_total{model="leadloop",version="v1"} 2.0' in text
    assert 'leadloop_likelihood_count{model="leadloop",version="v1"} 2.0' in text
    assert f'digest="{small_card().digest}"' in text
    assert "leadloop_store_reachable 1.0" in text
    assert "taro" not in text.casefold()


def test_the_documentation_asks_for_nothing_elsewhere_and_runs_nothing(client: TestClient) -> None:
    page = client.get("/docs")
    asked = re.findall(r'(?:src|href|action)="?([^" >]+)', page.text)
    assert sorted(asked) == ["docs.css", "openapi.json"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert client.get("/docs.css").headers["content-type"].startswith("text/css")
    assert "url(" not in client.get("/docs.css").text
    assert client.get("/openapi.json").json()["openapi"].startswith("3.")


def test_the_documentation_speaks_of_every_operation_and_field(client: TestClient) -> None:
    text, document = client.get("/docs").text, client.get("/openapi.json").json()
    for path, methods in document["paths"].items():
        for method in methods:
            assert f"<code>{method.upper()} {path}</code>" in text
    assert set(document["paths"]) == {
        *("/v1/score", "/v1/score/batch", "/v1/model", "/healthz", "/readyz", "/metrics")
    }
    for name in (
        "Lead",
        "ScoreRequest",
        "ScoreAnswer",
        "BatchAnswer",
        "Decision",
        "ReasonAnswer",
        "ModelAnswer",
    ):
        for field in document["components"]["schemas"][name]["properties"]:
            assert f"<code>{field}</code>" in text


def test_the_example_calls_of_the_documentation_work(client: TestClient) -> None:
    for path, body in re.findall(
        r"curl -s -X POST \S+?(/v1/\S+) .*? -d &#x27;(.*?)&#x27;<", client.get("/docs").text
    ):
        answer = client.post(path, content=body.replace("&quot;", '"'), headers=JSON)
        assert answer.status_code == 200, answer.text


SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", served(Shelf(champion())).app)


@SCHEMA.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore")
def test_the_service_keeps_to_its_own_description(case) -> None:
    case.call_and_validate()
