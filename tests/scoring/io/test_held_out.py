from datetime import UTC, datetime

import numpy as np
import pandas as pd
from sqlalchemy import insert

from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.held_out import mean_won_amount, read_answers, read_held_out, read_kind
from scoring.io.store.tables import handoffs, leads, outcomes
from tests.scoring.io.test_policies import publish
from tests.scoring.io.test_store import model

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def frame(as_of: list[datetime | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_id": ["b", "a", "リード"],
            "as_of": pd.to_datetime(pd.Series(as_of, dtype="object"), utc=True),
            "use": ["creation", "open", "open"],
            "fold": 0,
            "likelihood": [0.1, 0.2, 0.3],
            "label": [0, 1, 0],
            "weight": 1.0,
        }
    )


def a_lead(store: Store, name: str = "L-1") -> int:
    with writing(store.engine) as connection:
        row = {"lead_id": name, "created_at": 0, "properties": {}}
        return connection.execute(insert(leads).values(row).returning(leads.c.id)).scalar_one()


def test_held_out_predictions_come_as_arrays(store):
    store.save_model(model())
    store.write_backtest("v1", frame([NOON, NOON.replace(microsecond=250_000), None]))

    with reading(store.engine) as connection:
        found = read_held_out(connection, "v1")

    assert sorted(found.lead_id.to_pylist()) == ["a", "b", "リード"]
    by_lead = {name: at for at, name in enumerate(found.lead_id.to_pylist())}
    assert found.as_of[by_lead["b"]] == NOON.timestamp()
    assert found.as_of[by_lead["a"]] == NOON.timestamp() + 0.25
    assert np.isnan(found.as_of[by_lead["リード"]])
    assert found.creation[by_lead["b"]]
    assert not found.creation[by_lead["a"]]
    assert found.likelihood[by_lead["a"]] == 0.2
    assert found.label.sum() == 1


def test_without_times_all_are_missing(store):
    store.save_model(model())
    store.write_backtest("v1", frame([None, None, None]))

    with reading(store.engine) as connection:
        found = read_held_out(connection, "v1")

    assert np.isnan(found.as_of).all()


def test_a_version_without_predictions_has_none(store):
    with reading(store.engine) as connection:
        assert len(read_held_out(connection, "v1")) == 0


def test_only_decided_handoffs_are_answers(store):
    publish(store)
    lead = a_lead(store)
    states = [("accepted", 0.4, 1.0), ("rejected", 0.1, 0.05), ("pending", 0.5, 1.0), ("accepted", None, 1.0)]
    rows = [
        {
            "lead": lead,
            "policy": 1,
            "action": "hand_over",
            "likelihood": p,
            "drawn": d,
            "handed_at": 0,
            "state": s,
        }
        for s, p, d in states
    ]
    with writing(store.engine) as connection:
        connection.execute(insert(handoffs), rows)
        found = read_answers(connection)

    assert sorted(zip(found.likelihood, found.accepted, found.drawn, strict=True)) == [
        (0.1, False, 0.05), (0.4, True, 1.0),
    ]  # fmt: skip


def test_a_deal_brings_the_mean_of_won_deals_in_the_currency(store):
    lead = a_lead(store)
    told = [
        ("won", 100.0, None),
        ("won", 300.0, "USD"),
        ("won", 999.0, "JPY"),
        ("sql", 5.0, None),
        ("won", 0.0, None),
    ]
    rows = [
        {
            "lead": lead,
            "occurred_at": n,
            "key": n,
            "n": 1,
            "recorded_at": n,
            "stage": s,
            "amount": a,
            "currency": c,
        }
        for n, (s, a, c) in enumerate(told)
    ]
    with writing(store.engine) as connection:
        assert mean_won_amount(connection, "USD") is None
        connection.execute(insert(outcomes), rows)

        assert mean_won_amount(connection, "USD") == 200.0


def test_what_kind_of_test_a_model_has(store):
    for version, times in (("v0", None), ("v1", [NOON, None, None]), ("v2", [None, None, None])):
        store.save_model(model(version))
        if times is not None:
            store.write_backtest(version, frame(times))

    with reading(store.engine) as connection:
        kinds = [read_kind(connection, version) for version in ("v0", "v1", "v2")]

    assert kinds == ["untested", "timed", "untimed"]
