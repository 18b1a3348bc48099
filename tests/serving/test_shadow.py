"""The challenger scores what the champion scores: into the log, never into an answer, and at nobody's cost."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.clean import Column
from scoring.io.store import Model, Store, open_store
from scoring.io.store.scores import ScoreRow
from scoring.scorecard import Scorecard
from serving import open_leads
from serving.app import create_app
from serving.live import Live
from serving.open_leads import challenger_of, score_open
from tests.cards import COLUMNS, small_card
from tests.service import NOW, lead

OLD, NEW = small_card("v1"), small_card("v2", base=-1.0)
# It reads visits as dates, which no lead of these tests writes.
PICKY = replace(small_card("v3"), columns=(COLUMNS[0], Column("visits", "date", "engagement"), COLUMNS[2]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "sql") as opened:
        keep(opened, OLD, minutes=-10)
        opened.promote("v1", "tests", "a test", NOW)
        yield opened


def keep(store: Store, card: Scorecard, minutes: float, scorecard: str | None = None) -> None:
    text = scorecard or card.to_json()
    store.save_model(
        Model(
            version=card.meta.version, target=card.meta.target, horizon_days=30, trained_until=None,
            digest=blake2b(text.encode(), digest_size=16).hexdigest(), scorecard=text,
            created_at=NOW + timedelta(minutes=minutes),
        )
    )  # fmt: skip


@contextmanager
def serving(store: Store, *, shadow: bool = True) -> Iterator[TestClient]:
    live = Live(store, "sql", challengers=store if shadow else None)
    live.refresh()
    app = create_app(live, store=store, clock=lambda: NOW)
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def logged(store: Store, lead_id: str = "L-1") -> dict[str, list[ScoreRow]]:
    found: dict[str, list[ScoreRow]] = {}
    for row in store.score_history(lead_id, challengers=True):
        found.setdefault(row.role, []).append(row)
    return found


@pytest.mark.parametrize("many", [False, True])
def test_it_is_logged_beside_the_champion_and_changes_no_byte_of_an_answer(store: Store, many: bool) -> None:
    keep(store, NEW, minutes=5)
    sent = lead(visits=12, source="Web")
    path, body = "/v1/score", sent
    if many:
        path, body = "/v1/score/batch", {"leads": [sent, lead("L-2", visits="many")]}
    with serving(store, shadow=False) as client:
        alone = client.post(path, json=body).content
    assert set(logged(store)) == {"champion"}
    with serving(store) as client:
        assert client.post(path, json=body).content == alone
    rows = logged(store)
    (said,) = rows["challenger"]
    expected = NEW.score_one({"visits": 12.0, "source": "Web"})
    assert (said.version, said.source, said.log_odds) == ("v2", "api", expected.log_odds)
    assert (said.as_of, said.features) == (rows["champion"][0].as_of, rows["champion"][0].features)
    assert logged(store, "L-2") == {}


@pytest.mark.parametrize("path", ["/v1/score", "/v1/score/batch"])
def test_one_that_cannot_read_a_lead_says_so_in_the_log_alone(store: Store, path: str) -> None:
    keep(store, PICKY, minutes=5)
    sent = lead(visits=12)
    with serving(store) as client:
        answer = client.post(path, json={"leads": [sent]} if "batch" in path else sent)
    assert answer.status_code == 200
    (said,) = logged(store)["challenger"]
    assert said.status.startswith("not_scored: Column 'visits' must be")
    assert said.likelihood is None
    assert len(logged(store)["champion"]) == 1


def test_it_reads_what_the_store_knows_of_the_lead(store: Store) -> None:
    keep(store, NEW, minutes=5)
    with serving(store) as client:
        client.put("/v1/leads/L-1", json={"properties": {"visits": 40}})
        client.post("/v1/score", json={"lead_id": "L-1"})
    assert logged(store)["challenger"][0].log_odds == NEW.score_one({"visits": 40.0}).log_odds


def test_it_is_taken_up_and_dropped_while_running(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "leadloop.serving")
    live = Live(store, "sql", challengers=store)

    def shadow() -> str | None:
        live.refresh()
        found = live.now.model(None, "sql").shadow
        return None if found is None else found.name.version

    assert shadow() is None
    keep(store, NEW, minutes=5)
    assert shadow() == "v2"
    assert shadow() == "v2"
    assert caplog.text.count("Version v2 shadows what is live for sql") == 1
    store.promote("v2", "tests", "a test", NOW + timedelta(minutes=6))
    assert shadow() is None
    assert live.now.model(None, "sql").name.version == "v2"


def test_a_damaged_one_is_told_and_hinders_nobody(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    keep(store, NEW, minutes=5, scorecard="{}")
    with serving(store) as client:
        client.app.state.live.refresh()
        assert client.post("/v1/score", json=lead()).status_code == 200
    assert caplog.text.count("Challenger v2 for sql cannot shadow") == 1
    assert set(logged(store)) == {"champion"}
    assert challenger_of(store, "sql") is None


class Counting:
    """A store that counts how often it is asked for challengers."""

    def __init__(self, store: Store) -> None:
        self.store, self.asked = store, 0

    def model_count(self) -> int:
        return self.store.model_count()

    def challenger(self, target: str) -> Model | None:
        self.asked += 1
        return self.store.challenger(target)


def test_models_are_looked_through_only_where_one_was_trained_or_promoted(store: Store) -> None:
    asked = Counting(store)
    live = Live(store, "sql", challengers=asked)
    live.refresh()
    before = asked.asked
    live.refresh()
    assert asked.asked == before
    keep(store, NEW, minutes=5)
    live.refresh()
    assert asked.asked == 2 * before


def test_a_rescoring_logs_it_too_and_once_however_often_it_is_interrupted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, NEW, minutes=5)
    with serving(store, shadow=False) as client:
        for name in ("L-1", "L-2", "L-3"):
            client.put(f"/v1/leads/{name}", json={"properties": {"visits": 12}})
    monkeypatch.setattr(open_leads, "ROWS_AT_ONCE", 1)
    usual = {"as_of": None, "now": NOW.timestamp()}
    beside = {**usual, "shadow": challenger_of(store, "sql")}

    def stop(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_open(store, OLD, tmp_path / "with.csv", **beside, told=stop)
    score_open(store, OLD, tmp_path / "with.csv", **beside)
    score_open(store, OLD, tmp_path / "without.csv", **usual)
    for name in ("L-1", "L-2", "L-3"):
        rows = logged(store, name)
        runs = [(row.run, row.version) for said in rows.values() for row in said]
        assert len(runs) == len(set(runs)) == 3  # both in the run that was interrupted, one in the other
        assert rows["challenger"][0].log_odds == NEW.score_one({"visits": 12.0}).log_odds
    assert (tmp_path / "with.csv").read_bytes() == (tmp_path / "without.csv").read_bytes()
