from datetime import UTC, datetime, timedelta

import pandas as pd

from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.shared_tests import read_shared
from tests.scoring.io.test_store import model

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def judged(store: Store, version: str, rows: list[tuple[str, datetime | None, str, float, int]]) -> None:
    store.save_model(model(version))
    lead_id, as_of, use, likelihood, label = zip(*rows, strict=True)
    times = pd.to_datetime(pd.Series(as_of, dtype="object"), utc=True)
    found = {
        "lead_id": lead_id,
        "as_of": times,
        "use": use,
        "fold": 0,
        "likelihood": likelihood,
        "label": label,
    }
    store.write_backtest(version, pd.DataFrame({**found, "weight": 2.0}))


def test_only_the_same_lead_at_the_same_time_for_the_same_use_is_shared(store):
    later = NOON + timedelta(microseconds=250)
    judged(
        store,
        "v1",
        [
            ("a", NOON, "open", 0.1, 0),
            ("b", NOON, "open", 0.2, 1),
            ("c", NOON, "creation", 0.3, 0),
            ("d", None, "open", 0.4, 0),
        ],
    )
    judged(
        store,
        "v2",
        [
            ("d", None, "open", 0.9, 0),
            ("b", NOON, "open", 0.8, 1),
            ("c", NOON, "open", 0.7, 0),
            ("a", later, "open", 0.6, 0),
            ("a", NOON, "open", 0.5, 0),
        ],
    )
    with reading(store.engine) as connection:
        found = read_shared(connection, "v1", "v2")
        nothing = read_shared(connection, "v1", "v9")
    assert list(found.lead_id) == ["b", "a"]
    assert list(zip(found.champion, found.challenger, found.label, found.weight, strict=True)) == [
        (0.2, 0.8, 1, 2.0),
        (0.1, 0.5, 0, 2.0),
    ]
    assert len(nothing.lead_id) == 0
