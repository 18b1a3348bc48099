"""The open leads of the store: the same score in a rescoring and in a live call, and none twice."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from scoring.event_forms import define_events
from scoring.features import Feature
from scoring.io.store import Model, Store, open_store
from scoring.io.store.engine import reading
from scoring.io.store.scores import score_history
from scoring.scorecard import Scorecard
from scoring.terms import Term
from serving import open_leads
from serving.open_leads import score_open
from tests.cards import small_card
from tests.service import NOW, keeping, problem

WHEN = NOW - timedelta(days=20)


def card() -> Scorecard:
    """The small scorecard, which also reads what happened to the lead."""
    features = [feature for feature in EVENTS if feature.name in ("page_view_7d", "stage", "lead_age_days")]
    base = small_card("v1", "won")
    return replace(base, features=(*base.features, *features), terms=(*base.terms, *map(term, features)))


EVENTS = define_events(["page_view"], touches=True, outcomes=True)


OBSERVED = {"support": (10, 90, 0), "rates": (0.5, 0.1, None)}


def term(feature: Feature) -> Term:
    observed = {"support": (10, 90, 0), "rates": (0.5, 0.1, None)}
    if feature.kind == "category":
        table = (0.8, 0.0, -0.1)
        return Term(feature.name, "category", feature.axis, (), ("sql",), table, **observed)
    line = {"slope": 0.03, "low": 0.0, "high": 90.0, "centre": 5.0}
    return Term(feature.name, "number", feature.axis, (2.5,), (), (-0.2, 0.4, 0.0), **observed, **line)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "won") as opened:
        made = card()
        model = Model(
            version="v1", target="won", horizon_days=30, digest=made.digest, trained_until=None, created_at=WHEN,
            scorecard=made.to_json(),
        )  # fmt: skip
        opened.save_model(model)
        opened.promote("v1", "tests", "a test", WHEN)
        yield opened


def tell(store: Store) -> None:
    """Four leads: two open, one won, one that is only made later."""
    with keeping(store, WHEN) as client:
        for name, properties in (("a", {"visits": 3}), ("b", {"visits": 30, "source": "Web"}), ("c", {})):
            assert client.put(f"/v1/leads/{name}", json={"properties": properties}).is_success
    with keeping(store, WHEN + timedelta(days=10)) as client:
        views = [{"lead_id": "a", "kind": "page_view"}, {"lead_id": "a", "kind": "page_view", "value": 2.0}]
        assert client.post("/v1/activities", json={"events": views}).is_success
        assert client.post("/v1/outcomes", json={"lead_id": "b", "stage": "sql"}).is_success
        assert client.post("/v1/outcomes", json={"lead_id": "c", "stage": "won"}).is_success
        assert client.put("/v1/leads/a", json={"properties": {"visits": 12}}).is_success
    with keeping(store, WHEN + timedelta(days=15)) as client:
        assert client.put("/v1/leads/d", json={"properties": {}}).is_success


def rescored(store: Store, out: Path, as_of: datetime | None) -> dict[str, dict[str, str]]:
    score_open(store, card(), out, as_of=as_of and as_of.timestamp(), now=NOW.timestamp())
    with out.open(encoding="utf-8") as file:
        return {row["lead_id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("days", [1, 10.5, 12])
def test_a_rescoring_says_what_a_live_call_says_of_the_same_lead_and_time(
    store, tmp_path: Path, days: float
) -> None:
    tell(store)
    as_of = WHEN + timedelta(days=days)
    found = rescored(store, tmp_path / "out.csv", as_of)
    assert set(found) == ({"a", "b", "c"} if days < 10 else {"a", "b"})
    with keeping(store) as client:
        for name, row in found.items():
            live = client.post("/v1/score", json={"lead_id": name, "as_of": as_of.isoformat()}).json()
            for column in ("likelihood", "likelihood_low", "likelihood_high"):
                assert float(row[column]) == live[column]
            assert (int(row["score"]), row["grade"], row["label"]) == (
                live["score"],
                live["grade"],
                live["label"],
            )
    with reading(store.engine) as connection:
        kept = score_history(connection, "a")
    assert {one.source for one in kept} == {"open", "api"}
    assert len({(one.features, one.likelihood, one.log_odds) for one in kept}) == 1


def test_a_stored_value_that_cannot_be_read_is_named(store: Store) -> None:
    tell(store)
    with keeping(store) as client:
        assert client.put("/v1/leads/a", json={"properties": {"visits": "a dozen"}}).is_success
        told = problem(client.post("/v1/score", json={"lead_id": "a"}), 422)
        many = client.post("/v1/score/batch", json={"leads": [{"lead_id": "a"}]}).json()["results"][0]
    assert told["errors"] == [
        {"pointer": "#/properties/visits", "detail": "is in the store, and must be a number"}
    ]
    assert many["status"] == "not_scored: properties/visits is in the store, and must be a number"
    assert "a dozen" not in str((told, many))


def test_what_a_call_brings_goes_before_what_is_known(store: Store) -> None:
    tell(store)
    with keeping(store) as client:
        known, told, more = (
            client.post("/v1/score", json={"lead_id": "a", **body}).json()
            for body in (
                {},
                {"properties": {"visits": 40}},
                {"activities": [{"occurred_at": NOW.isoformat(), "kind": "page_view"}] * 3},
            )
        )
    assert known["likelihood"] < told["likelihood"]
    assert known["likelihood"] < more["likelihood"]


def test_an_interrupted_rescoring_is_gone_on_with_and_scores_no_lead_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(store)
    monkeypatch.setattr(open_leads, "ROWS_AT_ONCE", 1)

    def stop(done: int, _: int) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out.csv"
    with pytest.raises(KeyboardInterrupt):
        score_open(store, card(), out, as_of=None, now=NOW.timestamp(), told=stop)
    assert not out.exists()
    later = NOW.timestamp() + 3600
    done = score_open(store, card(), out, as_of=None, now=later)
    assert (done.run.resumed, done.run.as_of, done.open, done.logged) == (True, NOW.timestamp(), 3, 2)
    again = score_open(store, card(), out, as_of=None, now=later)
    assert (again.run.resumed, again.run.as_of, again.logged) == (False, later, 3)


def test_what_becomes_known_later_changes_no_earlier_rescoring(store: Store, tmp_path: Path) -> None:
    tell(store)
    as_of = WHEN + timedelta(days=12)
    before = rescored(store, tmp_path / "one.csv", as_of)
    with keeping(store, datetime(2026, 11, 24, 10, tzinfo=UTC)) as client:
        client.post("/v1/outcomes", json={"lead_id": "a", "stage": "lost", "occurred_at": WHEN.isoformat()})
        client.put("/v1/leads/a", json={"properties": {"visits": 1, "source": "Referral"}})
    assert rescored(store, tmp_path / "two.csv", as_of) == before
