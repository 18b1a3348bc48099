"""The first days: a team's own points serve like any model, say nothing of likelihoods, and give way to a model."""

import csv
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scoring.contract_cells import Customs
from scoring.errors import SettingsError
from scoring.io.mapping_file import read_meaning
from scoring.io.settings import Settings, load_settings
from scoring.io.store import Model, Store, open_store
from scoring.scorecard import Scorecard
from serving.cold_start import serve_points
from serving.importing import import_files
from serving.open_leads import score_open
from tests.cards import small_card
from tests.service import NOW, keeping

RULE = """
[[points]]
property = "source"
op = "is"
value = "referral"
points = 20
also = { property = "employees", op = "at_least", value = 100 }

[[points]]
property = "employees"
op = "at_least"
value = 100
points = 10
"""
OF_EVENTS = '\n[[points]]\nproperty = "page_view_30d"\nop = "at_least"\nvalue = 2\npoints = 15\n'


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    (tmp_path / "leadloop.toml").write_text(RULE)
    return load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)


@pytest.fixture
def store(given: Settings) -> Iterator[Store]:
    with open_store(given.database_url, "won") as opened:
        yield opened


def with_leads(store: Store, folder: Path, count: int, first: int = 0) -> None:
    draw = random.Random(count)
    leads, views = folder / "leads.csv", folder / "activities.csv"
    with leads.open("w") as of_leads, views.open("w") as of_views:
        of_leads.write("lead_id,created_at,source,employees\n")
        of_views.write("lead_id,occurred_at,kind\n")
        for at in range(first, first + count):
            when = NOW - timedelta(days=1 + at % 20)
            row = (draw.choice(["Referral", "Web"]), draw.choice([5, 150, ""]))
            of_leads.write(f"L{at:04},{when.isoformat()},{row[0]},{row[1]}\n")
            for minute in range(draw.randint(0, 3)):
                of_views.write(f"L{at:04},{(when + timedelta(minutes=minute)).isoformat()},page_view\n")
    files = {"leads": leads, "activities": views}
    import_files(store, files, read_meaning("csv"), Customs("UTC"), NOW)


def live(store: Store, target: str = "won") -> Scorecard:
    champion = store.champion(target)
    assert champion is not None
    return Scorecard.from_json(champion.scorecard)


def learned(store: Store, version: str = "v1") -> None:
    made = small_card(version, "won")
    store.save_model(
        Model(
            version=version, target="won", horizon_days=30, digest=made.digest, trained_until=None,
            created_at=NOW, scorecard=made.to_json(),
        )
    )  # fmt: skip
    store.promote(version, "tests", "a test", NOW)


def test_before_any_lead_points_serve_over_http_without_a_likelihood(store: Store, given: Settings) -> None:
    assert serve_points(store, given, NOW) == ["won", "sql"]
    with keeping(store) as client:
        lead = {"lead_id": "new", "properties": {"source": "REFERRAL", "employees": "１５０"}}
        answer = client.post("/v1/score", json=lead).json()
        assert client.get("/v1/model").json()["kind"] == "points"
        assert client.get("/readyz").status_code == 200
        assert client.get("/metrics").status_code == 200
    assert {name: answer[name] for name in answer if "likelihood" in name or name == "expected_value"} == {
        "likelihood": None, "likelihood_low": None, "likelihood_high": None, "expected_value": None,
    }  # fmt: skip
    assert (answer["score"], answer["grade"], answer["status"]) == (100, "A", "scored")
    assert {reason["feature"]: reason["contribution"] for reason in answer["reasons"]} == {
        "employees": 20.0,
        "source": 10.0,
    }


def test_a_rule_may_count_what_leads_did(store: Store, tmp_path: Path) -> None:
    (tmp_path / "leadloop.toml").write_text(RULE + OF_EVENTS)
    given = load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)
    with_leads(store, tmp_path, 80)
    serve_points(store, given, NOW)
    assert any(term.feature == "page_view_30d" for term in live(store).terms)
    with keeping(store) as client:
        answers = [client.post("/v1/score", json={"lead_id": f"L{at:04}"}).json() for at in range(80)]
    out = tmp_path / "out.csv"
    score_open(store, live(store), out, as_of=NOW.timestamp(), now=NOW.timestamp())
    with out.open() as stream:
        rows = {row["lead_id"]: row for row in csv.DictReader(stream)}
    for answer in answers:
        row = rows[answer["lead_id"]]
        assert (row["likelihood"], row["score"], row["grade"]) == ("", str(answer["score"]), answer["grade"])
        assert len(row["reasons"].split(" | ")) == min(3, len(answer["reasons"])) or not answer["reasons"]


def test_leads_are_ranked_by_points_where_money_is_not_known(
    store: Store, given: Settings, tmp_path: Path
) -> None:
    with_leads(store, tmp_path, 80)
    serve_points(store, given, NOW)
    out = tmp_path / "out.csv"
    score_open(store, live(store), out, as_of=NOW.timestamp(), now=NOW.timestamp())
    with out.open() as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: int(row["rank"]))
    scores = [int(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert not any(row["expected_value"] for row in rows)


def test_the_rule_is_compiled_anew_when_it_changed_or_leads_have_doubled(
    store: Store, given: Settings, tmp_path: Path
) -> None:
    serve_points(store, given, NOW)
    assert serve_points(store, given, NOW) == []
    with_leads(store, tmp_path, 60)
    assert serve_points(store, given, NOW) == ["won", "sql"]
    assert live(store).meta.rows == 60
    with_leads(store, tmp_path, 2, first=60)
    assert serve_points(store, given, NOW) == []
    (tmp_path / "leadloop.toml").write_text(RULE.replace("points = 10", "points = 11"))
    changed = load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)
    assert serve_points(store, changed, NOW) == ["won", "sql"]


def test_a_model_is_never_replaced_by_points_and_a_rollback_returns_to_them(
    store: Store, given: Settings
) -> None:
    serve_points(store, given, NOW)
    points = live(store).meta.version
    learned(store)
    assert serve_points(store, given, NOW) == []
    assert live(store).meta.version == "v1"
    store.rollback("won", "tests", "a test", datetime.now(UTC))
    assert live(store).meta.version == points


def test_without_a_rule_nothing_serves(store: Store, tmp_path: Path) -> None:
    (tmp_path / "leadloop.toml").write_text("")
    given = load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)
    assert serve_points(store, given, NOW) == []
    with keeping(store) as client:
        assert client.post("/v1/score", json={"lead_id": "new"}).status_code == 503


def test_a_rule_of_an_unknown_property_is_refused_with_the_nearest(store: Store, tmp_path: Path) -> None:
    with_leads(store, tmp_path, 30)
    (tmp_path / "leadloop.toml").write_text(RULE.replace("employees", "employes"))
    given = load_settings({"LEADLOOP_HOME": str(tmp_path / "home")}, tmp_path)
    with pytest.raises(SettingsError, match="'employes', which is no column .did you mean 'employees'"):
        serve_points(store, given, NOW)
