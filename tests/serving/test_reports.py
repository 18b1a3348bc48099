"""The monthly report over HTTP and by the scheduled work: counted beside the requests, kept, and refused."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from scoring.io.settings import Settings, load_settings
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.kept import keep
from scoring.io.store.keys import create_key
from scoring.months import Month
from serving.kept_reports import KEPT
from serving.reporting import made_report
from serving.work import work_once
from tests.kept import kept_keys
from tests.service import keeping, problem
from tests.two_months import NOW, TEAM, live_through

# A request waits a moment for what is being made.
TRIES = 1_000


@pytest.fixture
def filled(store: Store, tmp_path: Path) -> Store:
    """A store with the two months."""
    live_through(store, tmp_path)
    return store


@pytest.fixture
def client(filled: Store) -> Iterator[TestClient]:
    """A service of it."""
    with keeping(filled, NOW, settings=TEAM) as client:
        yield client


def told(client: TestClient, path: str) -> dict[str, Any]:
    """The report, asked for until it is there, as a program would."""
    for _ in range(TRIES):
        answer = client.get(path)
        if answer.status_code != 202:
            break
        assert answer.headers["retry-after"] == "2"
        assert answer.json()["month"] == path[12:19]
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_service_tells_what_the_command_tells(client: TestClient, filled: Store) -> None:
    by_hand = made_report(filled, TEAM, Month.read("2026-10", "UTC"), NOW).to_dict()

    assert told(client, "/v1/reports/2026-10") == by_hand


def test_a_report_is_shown_as_it_was_kept(filled: Store) -> None:
    old = made_report(filled, TEAM, Month.read("2026-10", "UTC"), NOW).to_dict() | {"zone": "kept"}
    with writing(filled.engine) as connection:
        keep(connection, KEPT, "2026-10", old, NOW - timedelta(minutes=30))
    with keeping(filled, NOW, settings=TEAM) as client:
        assert client.get("/v1/reports/2026-10").json()["zone"] == "kept"
        assert client.get("/v1/reports/2026-10?max_age=3600").json()["zone"] == "kept"
        assert told(client, "/v1/reports/2026-10?max_age=60")["zone"] == "UTC"


def test_a_report_of_an_earlier_release_is_made_again(filled: Store) -> None:
    with writing(filled.engine) as connection:
        keep(connection, KEPT, "2026-10", {"month": "2026-10"}, NOW)
    with keeping(filled, NOW, settings=TEAM) as client:
        assert told(client, "/v1/reports/2026-10")["funnel"]["stages"][0]["count"] == 6


def test_a_month_that_is_not_over_says_so(client: TestClient) -> None:
    found = told(client, "/v1/reports/2026-11")
    assert found["now"]["partial"]
    assert "partial" in [note["code"] for note in found["notes"]]


@pytest.mark.parametrize(
    ("month", "status", "said"),
    [
        ("2026-12", 404, "The month 2026-12 has not begun"),
        ("2026-08", 404, "the first lead came in 2026-09"),
        ("october", 422, "A month must be written like 2026-10"),
        ("2026-13", 422, "A month must be written like 2026-10"),
    ],
)
def test_what_is_no_month_with_leads_is_refused(
    client: TestClient, month: str, status: int, said: str
) -> None:
    assert said in problem(client.get(f"/v1/reports/{month}"), status)["detail"]


def test_an_empty_store_has_no_report(store: Store) -> None:
    with keeping(store, NOW, settings=TEAM) as client:
        assert "no lead was known" in problem(client.get("/v1/reports/2026-10"), 404)["detail"]


def test_a_report_that_cannot_be_made_says_so_and_is_tried_again(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("serving.kept_reports.made_report", lambda *_: 1 / 0)
        for _ in range(TRIES):
            answer = client.get("/v1/reports/2026-10")
            if answer.status_code != 202:
                break
        assert "log of the service" in problem(answer, 503)["detail"]
    assert any(client.get("/v1/reports/2026-10").status_code == 200 for _ in range(TRIES))


def test_reading_a_report_takes_a_key_that_may_read(filled: Store) -> None:
    with writing(filled.engine) as connection:
        reads, scores = (create_key(connection, name, [name], NOW)[1] for name in ("read", "score"))
    with keeping(filled, NOW, settings=TEAM) as client:
        assert client.get("/v1/reports/2026-10").status_code == 401
        for key, status in ((scores, 403), (reads, 404)):
            answer = client.get("/v1/reports/2026-12", headers={"authorization": f"Bearer {key}"})
            problem(answer, status)


def test_the_interface_says_what_a_report_is(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    answers = document["paths"]["/v1/reports/{month}"]["get"]["responses"]
    schemas = {
        status: answer["content"]["application/json"]["schema"]["$ref"].rsplit("/")[-1]
        for status, answer in answers.items()
        if status in ("200", "202")
    }
    assert schemas == {"200": "Report", "202": "BeingMade"}
    assert set(document["components"]["schemas"]["Report"]["required"]) >= {
        "talk",
        "funnel",
        "campaigns",
        "sla",
    }


def test_scheduled_work_makes_both_months_once_a_day(filled: Store, tmp_path: Path) -> None:
    settings: Settings = load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)

    def reported(after: timedelta) -> list[str]:
        done = work_once(filled, settings, lambda: NOW + after)
        return [one.said for one in done if one.name == "report"]

    said = [reported(after) for after in (timedelta(0), timedelta(hours=23), timedelta(hours=25))]
    assert said == [["2026-10 and 2026-11"], [], ["2026-10 and 2026-11"]]
    with reading(filled.engine) as connection:
        assert kept_keys(connection, KEPT) == ["2026-10", "2026-11"]
