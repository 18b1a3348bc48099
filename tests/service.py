"""The service on a shelf of small scorecards, for the tests that ask it."""

from datetime import UTC, datetime
from typing import Any

from starlette.testclient import TestClient

from scoring.io.sections import Value
from scoring.io.store import Store
from serving.app import create_app
from serving.live import Live
from tests.cards import Shelf

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def served(shelf: Shelf, primary: str = "sql", value: Value | None = None, **options: Any) -> TestClient:
    """A client of the service; it answers 500 rather than raising."""
    live = Live(shelf, primary, value or Value())
    live.refresh()
    return TestClient(create_app(live, clock=lambda: NOW, **options), raise_server_exceptions=False)


def lead(lead_id: str = "L-1", **properties: object) -> dict[str, Any]:
    """A lead to send."""
    return {"lead_id": lead_id, "properties": properties}


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem details of an answer, which must be ones."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert (told["type"], told["status"]) == ("about:blank", status)
    assert told["title"]
    assert told["detail"]
    return told


def keeping(store: Store, now: datetime = NOW, **options: Any) -> TestClient:
    """A client of a service that keeps what it is told, asked on its own machine; use it in a ``with`` statement."""
    live = Live(store, "won", Value())
    live.refresh()
    app = create_app(live, store=store, **{"clock": lambda: now, **options})
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
