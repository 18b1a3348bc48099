"""A lead of the store, explained as it was known: the same numbers as a live call gives, from the same words."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scoring.errors import DataError, SettingsError
from scoring.io.store import Model, Store, open_store
from scoring.scorecard import Scorecard
from serving.cli.main import app
from serving.cli.terminal import settings
from tests.cards import small_card
from tests.service import NOW, keeping
from tests.serving.test_open_leads import WHEN, card, tell

SAME = ("likelihood", "likelihood_low", "likelihood_high", "score", "grade", "fit", "engagement", "label")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store of the working folder, which knows four leads; a model of *won* that reads events is live."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    settings.cache_clear()
    with open_store(settings().database_url, "won") as opened:
        keep(opened, card())
        tell(opened)
        yield opened
    settings.cache_clear()


def keep(store: Store, made: Scorecard, **source: str) -> None:
    store.save_model(
        Model(
            version=made.meta.version, target=made.meta.target, horizon_days=30, digest=made.digest,
            trained_until=None, created_at=WHEN, scorecard=made.to_json(), source=source,
        )
    )  # fmt: skip
    store.promote(made.meta.version, "tests", "a test", WHEN)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["explain", *words])


def explained(*words: str) -> dict:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


@pytest.mark.parametrize("days", [1, 10.5, 12])
@pytest.mark.parametrize("lead_id", ["a", "b"])
def test_it_says_what_a_live_call_says_of_the_same_lead_and_time(store, lead_id: str, days: float) -> None:
    as_of = (WHEN + timedelta(days=days)).isoformat()
    found = explained(lead_id, "--as-of", as_of)
    with keeping(store) as client:
        live = client.post("/v1/score", json={"lead_id": lead_id, "as_of": as_of}).json()
    (logged,) = store.score_history(lead_id)
    assert found["log_odds"] == logged.log_odds
    rounded = {name: round(value, 6) if isinstance(value := found[name], float) else value for name in SAME}
    assert rounded == {name: live[name] for name in SAME}
    total = found["base"]
    for part in found["contributions"].values():
        total += part
    assert total == found["log_odds"]
    contributions = {part["feature"]: round(part["contribution"], 6) for part in found["parts"]}
    assert {one["feature"]: one["contribution"] for one in live["reasons"]}.items() <= contributions.items()


def test_each_cell_is_the_one_that_was_known_then_and_events_show_their_value(store: Store) -> None:
    before, after = (
        {
            part["feature"]: part
            for part in explained("a", "--as-of", (WHEN + days * timedelta(days=1)).isoformat())["parts"]
        }
        for days in (5, 12)
    )
    assert (before["visits"]["cells"], after["visits"]["cells"]) == ({"visits": "3"}, {"visits": "12"})
    assert (before["page_view_7d"]["value"], after["page_view_7d"]["value"]) == (0.0, 2.0)
    assert after["page_view_7d"]["cells"] == {}
    shown = run("a", "--as-of", (WHEN + timedelta(days=12)).isoformat()).output
    assert "Lead a (the store)" in shown
    assert "in the store" in shown
    assert re.search(r"visits +12 +12 +\+", shown)
    assert re.search(r"page_view_7d +2 +", shown)


def test_the_form_is_that_of_a_lead_of_a_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("lead_id,visits\na,12\n", encoding="utf-8")
    known, listed = explained("a"), explained("a", "--in", "leads.csv")
    assert list(known) == list(listed)
    assert (known["row"], listed["row"]) == (None, 2)
    assert [set(part) for part in known["parts"]] == [set(part) for part in listed["parts"]]


def test_what_was_told_a_moment_ago_is_known(store: Store) -> None:
    with keeping(store, datetime.now(UTC)) as client:
        client.put("/v1/leads/a", json={"properties": {"visits": 33}})
    assert {part["feature"]: part["value"] for part in explained("a")["parts"]}["visits"] == 33.0


def test_a_target_can_be_named(store: Store) -> None:
    keep(store, small_card("s1", "sql"))
    assert explained("a")["model"]["target"] == "won"
    assert explained("a", "--target", "sql")["model"] == {
        "version": "s1",
        "target": "sql",
        "horizon_days": 30,
    }


def test_a_lead_that_was_created_later_is_said_to_be(store: Store) -> None:
    (note,) = explained("d", "--as-of", (WHEN + timedelta(days=12)).isoformat())["notes"]
    assert "created later" in note
    assert explained("d", "--as-of", NOW.isoformat())["notes"] == []


def test_a_lead_that_neither_the_store_nor_the_list_knows_is_refused(store: Store, tmp_path: Path) -> None:
    refused = run("nobody").exception
    assert isinstance(refused, SettingsError)
    assert "store does not know the lead" in str(refused)
    assert "--in FILE" in str(refused)
    (tmp_path / "leads.csv").write_text("lead_id,visits\na,12\n", encoding="utf-8")
    keep(store, small_card("v9", "won"), path=str(tmp_path / "leads.csv"))
    refused = run("nobody").exception
    assert isinstance(refused, DataError)
    assert "The store does not know the lead. leads.csv has no lead with that id" in str(refused)


def test_a_property_that_cannot_be_read_says_where(store: Store) -> None:
    with keeping(store) as client:
        client.put("/v1/leads/a", json={"properties": {"visits": "many"}})
    refused = run("a", "--as-of", (NOW + timedelta(days=1)).isoformat()).exception
    assert isinstance(refused, DataError)
    assert "The lead in the store cannot be scored. Column 'visits' must be a number" in str(refused)
