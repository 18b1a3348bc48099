"""``leadloop serve``: a process that says where it is, takes up what is promoted, and stops when told to."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest
import typer
from typer.testing import CliRunner

from scoring.errors import SettingsError
from scoring.io.settings import load_settings
from scoring.io.store import Model, open_store
from scoring.scorecard import Scorecard
from serving.cli import serve
from serving.cli.serve import example, listening
from serving.live import Live
from tests.cards import Shelf, champion, small_card
from tests.service import NOW, lead

BOUND = 60.0
OLD, NEW = small_card("v1"), small_card("v2", base=-1.0)


@dataclass
class Served:
    """A service that runs, and what it has said."""

    process: subprocess.Popen[str]
    port: int
    said: list[str]

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        status, text = self.told(method, path, None if body is None else json.dumps(body))
        return status, json.loads(text)

    def told(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)
        connection.request(method, path, body, {"content-type": "application/json"})
        with connection.getresponse() as answer:
            text = answer.read().decode()
        connection.close()
        return answer.status, text


@contextmanager
def running(home: Path, *words: str) -> Iterator[Served]:
    """Serve the store of a folder on a free port."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LEADLOOP_", "DATABASE_"))
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from serving.cli.main import main; main()", "serve", "--port", "0", *words],
        cwd=home, env={**kept, "LEADLOOP_HOME": str(home)}, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = [process.stdout.readline()]
        found = re.search(r"http://127\.0\.0\.1:(\d+)", said[0])
        assert found is not None, said
        yield Served(process, int(found[1]), said)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its workers too, or they keep what it prints open
        with process:
            said += process.stdout.read().splitlines()


def keep(home: Path, card: Scorecard) -> None:
    """Put a model into the store of a folder and make it live."""
    meta = card.meta
    with open_store(f"sqlite:///{home / 'leadloop.db'}", "won") as store:
        store.save_model(
            Model(
                version=meta.version, target=meta.target, horizon_days=meta.horizon_days, digest=card.digest,
                trained_until=None, created_at=NOW, scorecard=card.to_json(),
            )
        )  # fmt: skip
        store.promote(meta.version, by="tests", reason="a test", at=NOW)


def asked_until(service: Served, version: str) -> set[int]:
    """Ask until this version has answered many times in a row; the statuses on the way."""
    statuses, row, end = set(), 0, monotonic() + BOUND
    while row < 20 and monotonic() < end:
        status, told = service.ask("POST", "/v1/score", lead())
        statuses.add(status)
        row = row + 1 if status == 200 and told["model"]["version"] == version else 0
    assert row == 20
    return statuses


def test_it_starts_without_a_champion_takes_up_the_first_and_stops_when_told_to(tmp_path: Path) -> None:
    with running(tmp_path) as service:
        assert service.ask("GET", "/healthz") == (200, {"status": "alive"})
        assert service.ask("GET", "/readyz")[0] == 503
        keep(tmp_path, OLD)
        assert asked_until(service, "v1") <= {200, 503}
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(BOUND) == 0


def test_two_workers_take_up_a_champion_without_a_failed_request_and_stop_when_told_to(
    tmp_path: Path,
) -> None:
    keep(tmp_path, OLD)
    with running(tmp_path, "--workers", "2") as service:
        assert service.ask("GET", "/readyz")[0] == 200
        keep(tmp_path, NEW)
        assert asked_until(service, "v2") == {200}
        # Both count, and either one shows the sum.
        counted = re.findall(
            r"leadloop_leads_scored_total\{.*version=.v2.*\} (\S+)", service.told("GET", "/metrics")[1]
        )
        assert sum(map(float, counted)) >= 20
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(BOUND) == 0


def test_it_says_what_is_live_and_how_to_try_it(tmp_path: Path) -> None:
    keep(tmp_path, OLD)
    with running(tmp_path) as service:
        assert service.ask("GET", "/readyz")[0] == 200
        service.process.send_signal(signal.SIGINT)
        assert service.process.wait(BOUND) == 0
    said = "\n".join(service.said)
    assert "Live: leadloop-sql, version v1: sql within 30 days" in said
    body = re.search(r"-d '(.*)'", said)
    assert body is not None
    assert json.loads(body[1]) == {"lead_id": "lead-1", "properties": {"source": "Referral", "visits": 10.0}}


def test_the_example_holds_properties_that_the_model_knows() -> None:
    live = Live(Shelf(champion(OLD)), "sql")
    live.refresh()
    assert example(live.now.model(None, "sql"), most=1) == {"source": "Referral"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_an_address_that_others_reach_is_refused_while_there_is_no_key(tmp_path: Path, host: str) -> None:
    given = load_settings({"LEADLOOP_HOME": str(tmp_path)}, tmp_path)
    with pytest.raises(SettingsError, match="leadloop keys create"):
        serve.run(given, host, 0, 1)


def test_a_name_of_a_machine_is_no_address() -> None:
    with pytest.raises(SettingsError, match="must be an IP address or localhost"):
        listening("example.com", 0)


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"Port {port} of 127\.0\.0\.1 cannot be listened on"):
            listening("127.0.0.1", port)


@pytest.mark.parametrize("words", [("--port", "70000"), ("--workers", "0"), ("--nix",)])
def test_wrong_usage_is_refused(words: tuple[str, ...]) -> None:
    app = typer.Typer()
    serve.register(app)
    assert CliRunner().invoke(app, list(words)).exit_code == 2
