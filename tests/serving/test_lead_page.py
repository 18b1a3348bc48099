"""A lead with its history: what it is, what happened, what it was scored; and forgetting all of it."""

from datetime import timedelta
from functools import partial

import pandas as pd
import pytest
from sqlalchemy import func, insert, select

from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.scores import ScoreRow
from scoring.io.store.tables import EVENTS, assignments, backtest, leads, scores
from serving.facts import micros
from tests.service import NOW, keeping, problem

DAY = timedelta(days=1)


def put(client, lead_id: str = "L-1", **properties: object):
    return client.put(f"/v1/leads/{lead_id}", json={"properties": properties})


def tell(client, table: str, **event: object) -> None:
    sent = {"lead_id": "L-1", **event}
    assert client.post(f"/v1/{table}", json=sent).json() == {"accepted": 1, "unchanged": 0}


def score(days: float, log_odds: float | None, lead_id: str = "L-1", **other: object) -> ScoreRow:
    at = (NOW + days * DAY).timestamp()
    return ScoreRow(
        lead_id=lead_id, as_of=at, scored_at=at, features="digest", log_odds=log_odds,
        **{"target": "won", "version": "v1", **other},
    )  # fmt: skip


def counts(store: Store) -> dict[str, int]:
    with reading(store.engine) as connection:
        tables = [*EVENTS.values(), leads, scores, backtest]
        return {one.name: connection.scalar(select(func.count()).select_from(one)) for one in tables}


def test_a_lead_is_shown_with_all_that_happened_the_newest_first(store: Store) -> None:
    with keeping(store, NOW - 9 * DAY) as before:
        put(before, source="Web", visits=3)
        tell(before, "activities", kind="form", campaign="spring", value=2.5)
        tell(before, "touches", rep="aya", channel="call", connected=False)
        tell(before, "outcomes", stage="mql", rep="ben")
    with keeping(store) as client:
        put(client, visits=4, source=None)
        tell(client, "activities", kind="visit", event_id="v-1")
        tell(client, "outcomes", stage="won", amount=12.5, currency="EUR", reason="price")
        store.log_scores([score(-1, -1.0, likelihood=0.27, score=60, grade="B", label="B2", reasons=[
            {"feature": "visits", "value": 4.0, "contribution": 0.2}])])  # fmt: skip
        shown = client.get("/v1/leads/L-1").json()

    now, then = "2026-11-24T09:00:00Z", "2026-11-15T09:00:00Z"
    assert (shown["lead_id"], shown["created_at"], shown["properties"]) == ("L-1", then, {"visits": "4"})
    assert shown["counts"] == {
        "changes": 4, "activities": 2, "touches": 1, "outcomes": 2, "assignments": 0, "scores": 1,
    }  # fmt: skip
    assert sorted((one["property"], one["value"]) for one in shown["changes"][:2]) == [
        ("source", None),
        ("visits", "4"),
    ]
    assert [(one["kind"], one["event_id"], one["value"]) for one in shown["activities"]] == [
        ("visit", "v-1", None),
        ("form", None, 2.5),
    ]
    assert shown["touches"] == [
        {"occurred_at": then, "recorded_at": then, "rep": "aya", "channel": "call", "connected": False,
         "automatic": None, "event_id": None}
    ]  # fmt: skip
    assert shown["outcomes"][0] == {
        "occurred_at": now, "recorded_at": now, "stage": "won", "amount": 12.5, "currency": "EUR",
        "reason": "price", "rep": None, "event_id": None,
    }  # fmt: skip
    (given,) = shown["scores"]
    assert (given["likelihood"], given["grade"], given["source"], given["role"]) == (
        0.27,
        "B",
        "api",
        "champion",
    )
    assert given["reasons"] == [{"feature": "visits", "value": 4.0, "contribution": 0.2}]
    assert given["as_of"] == "2026-11-23T09:00:00Z"


def test_the_newest_two_hundred_are_listed_and_all_are_counted(store: Store) -> None:
    with keeping(store, NOW - 9 * DAY) as client:
        put(client)
        events = [
            {"lead_id": "L-1", "kind": "visit", "occurred_at": (NOW - (20 + n) * DAY).isoformat()}
            for n in range(250)
        ]
        client.post("/v1/activities", json={"events": events})
        store.log_scores(score(-n / 100, 0.0) for n in range(250))
        shown = client.get("/v1/leads/L-1").json()
    assert (shown["counts"]["activities"], shown["counts"]["scores"]) == (250, 250)
    assert (len(shown["activities"]), len(shown["scores"])) == (200, 200)
    for listed, time in (("activities", "occurred_at"), ("scores", "as_of")):
        times = [one[time] for one in shown[listed]]
        assert times == sorted(times, reverse=True)


def test_the_properties_are_those_after_the_last_change_whatever_the_lead_was_stored_with(
    store: Store,
) -> None:
    with keeping(store) as client:
        put(client, visits=3, source="Web")
        put(client, visits=None, country="Japan")
        with writing(store.engine) as connection:
            connection.execute(leads.update().values(properties={"visits": "9", "source": "Web"}))
        assert client.get("/v1/leads/L-1").json()["properties"] == {"source": "Web", "country": "Japan"}


def test_who_had_the_lead_is_shown(store: Store) -> None:
    with keeping(store) as client:
        put(client)
        with writing(store.engine) as connection:
            lead = connection.scalar(select(leads.c.id))
            row = {
                "lead": lead,
                "occurred_at": micros(NOW),
                "key": 1,
                "n": 0,
                "recorded_at": micros(NOW),
                "rep": "aya",
            }
            connection.execute(insert(assignments), row)
        assert client.get("/v1/leads/L-1").json()["assignments"][0]["rep"] == "aya"


def test_the_trend_of_each_target_is_told(store: Store) -> None:
    with keeping(store) as client:
        put(client)
        store.log_scores(
            [
                *(score(-8 + n, 0.2 * n) for n in range(8)),
                *(score(-8 + n, -0.2 * n, target="sql") for n in range(8)),
                *(score(-50 + n, 0.2 * n, target="mql") for n in range(8)),
                *(score(-8 + n, 9.0 * n, target="opportunity", role="challenger") for n in range(8)),
                score(-1, 0.3, target="sal"),
            ]
        )
        # A hundred scores of one day do not hide the days before.
        store.log_scores(score(-0.01, 1.4) for _ in range(300))
        assert client.get("/v1/leads/L-1").json()["trend"] == {
            "won": "improving", "sql": "declining", "sal": "not enough information",
        }  # fmt: skip


def test_scores_of_challengers_are_shown_to_whoever_asks_for_them(store: Store) -> None:
    with keeping(store) as client:
        put(client)
        store.log_scores([score(-1, 0.1), score(-1, 0.2, version="v2", role="challenger")])
        usual, more = (client.get(f"/v1/leads/L-1{words}").json() for words in ("", "?challengers=true"))
    assert [one["role"] for one in usual["scores"]] == ["champion"]
    assert {one["role"] for one in more["scores"]} == {"champion", "challenger"}
    assert (usual["counts"]["scores"], more["counts"]["scores"]) == (1, 2)


def test_a_lead_that_is_not_known_is_not_found_and_not_repeated(store: Store) -> None:
    with keeping(store) as client:
        for method in ("GET", "DELETE"):
            told = problem(client.request(method, "/v1/leads/taro@example.com"), 404)
            assert "taro" not in str(told)
        assert problem(client.get("/v1/leads/"), 422)["errors"][0]["pointer"] == "path.lead_id"


@pytest.mark.parametrize("by", ["call", "store"])
def test_a_lead_is_forgotten_with_all_that_is_kept_of_it_and_no_other(store: Store, by: str) -> None:
    with keeping(store) as client:
        for lead_id in ("L-1", "L-2"):
            put(client, lead_id, visits=1)
            put(client, lead_id, visits=2)
            tell(client, "outcomes", lead_id=lead_id, stage="won")
            tell(client, "touches", lead_id=lead_id, rep="aya", channel="call")
            tell(client, "activities", lead_id=lead_id, kind="visit")
        store.log_scores([score(-1, 0.0), score(-2, 0.0), score(-1, 0.0, "L-2")])
        frame = pd.DataFrame(
            {"lead_id": ["L-1", "L-2"], "as_of": pd.NaT, "use": "test", "fold": 0, "likelihood": 0.5, "label": 1,
             "weight": 1.0}
        )  # fmt: skip
        with writing(store.engine) as connection:
            from scoring.io.store.backtest import write

            write(connection, "v1", frame)
        if by == "call":
            answer = client.delete("/v1/leads/L-1")
            assert answer.json() == {"events": 5, "scores": 2, "predictions": 1}
        else:
            gone = store.forget("L-1")
            assert (gone.leads, gone.events, gone.scores, gone.predictions) == (1, 5, 2, 1)
        assert counts(store) == {
            "changes": 2, "activities": 1, "touches": 1, "outcomes": 1, "assignments": 0, "leads": 1, "scores": 1,
            "backtest": 1,
        }  # fmt: skip
        problem(client.delete("/v1/leads/L-1"), 404)
        assert not store.forget("L-1").anything
        assert put(client, "L-1").json()["created"]


def test_a_lead_that_was_only_scored_is_forgotten_too(store: Store) -> None:
    with keeping(store) as client:
        store.log_scores([score(-1, 0.0)])
        problem(client.get("/v1/leads/L-1"), 404)
        assert client.delete("/v1/leads/L-1").json() == {"events": 0, "scores": 1, "predictions": 0}


def test_a_score_that_waits_to_be_logged_is_forgotten_with_its_lead(store: Store) -> None:
    client = keeping(store)
    writer = client.app.state.writer
    with client:
        put(client)
        writer.log(partial(list, [score(-1, 0.0)]))
        assert client.delete("/v1/leads/L-1").json()["scores"] == 1
    assert counts(store)["scores"] == 0
