"""What `leadloop watch` found last, for Prometheus: taken up while running, and still there when the store is gone."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scoring.errors import LeadLoopError
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.watches import keep_watch, last_watch
from scoring.watching import WatchFinding
from serving.watches import Watches
from tests.service import NOW, keeping

DRIFT = WatchFinding(
    "drift", "visits", "warning", {"psi": 0.31, "missing_before": 0.0, "missing_now": 0.125}, "…"
)
STALE = WatchFinding("stale", "leads", "warning", {"days_silent": 40.0, "usual_gap_days": 1.0}, "…")


def watched(
    store: Store, *found: WatchFinding, target: str = "won", at: datetime = NOW, retrain: bool = False
):
    with writing(store.engine) as connection:
        keep_watch(connection, target, "v1", at, [one.to_dict() for one in found], retrain)


def told(client: Any) -> dict[str, float]:
    """The lines on watches, without their common start."""
    lines = [line for line in client.get("/metrics").text.splitlines() if line.startswith("leadloop_watch_")]
    split = (line.removeprefix("leadloop_watch_").rsplit(" ", 1) for line in lines)
    return {name: float(value) for name, value in split}


def test_the_findings_of_the_newest_watch_are_told(store: Store) -> None:
    watched(store, STALE, at=NOW - timedelta(days=1))
    watched(store, DRIFT, STALE, retrain=True)
    with keeping(store) as client:
        assert told(client) == {
            'timestamp_seconds{target="won",version="v1"}': NOW.timestamp(),
            'retraining_wanted{target="won",version="v1"}': 1.0,
            'findings{severity="severe",target="won",version="v1"}': 0.0,
            'findings{severity="warning",target="won",version="v1"}': 2.0,
            'findings{severity="note",target="won",version="v1"}': 0.0,
            'feature_psi{feature="visits",target="won",version="v1"}': 0.31,
            'feature_missing_ratio{feature="visits",target="won",version="v1"}': 0.125,
        }


def test_a_watch_is_taken_up_while_running(store: Store) -> None:
    with keeping(store) as client:
        assert told(client) == {}
        watched(store, DRIFT)
        watched(store, target="sql")
        client.app.state.refresh()
        assert told(client)['findings{severity="warning",target="won",version="v1"}'] == 1.0
        assert told(client)['findings{severity="warning",target="sql",version="v1"}'] == 0.0


class Gone:
    """A store that answers until it is told not to, and counts how often it is asked for all."""

    def __init__(self) -> None:
        self.gone, self.stamp, self.asked = False, 1, 0

    def watch_stamp(self) -> int | None:
        if self.gone:
            raise LeadLoopError("The store does not answer.")
        return self.stamp

    def watches(self) -> dict[str, dict[str, Any]]:
        self.asked += 1
        return {"won": {"version": "v1"}}


def test_what_was_found_stays_while_the_store_is_gone_and_is_read_again_only_when_it_changed() -> None:
    store = Gone()
    watches = Watches(store)
    watches.refresh()
    watches.refresh()
    assert store.asked == 1
    store.gone = True
    with pytest.raises(LeadLoopError, match="does not answer"):
        watches.refresh()
    assert set(watches.now) == {"won"}


def test_each_target_has_a_newest_watch(store: Store) -> None:
    assert store.watch_stamp() is None
    watched(store, STALE)
    watched(store, DRIFT)
    watched(store, target="sql")
    assert {name: len(row["findings"]) for name, row in store.watches().items()} == {"won": 1, "sql": 0}
    with reading(store.engine) as connection:
        newest = last_watch(connection, "won")
        assert newest is not None
        assert newest["findings"] == [DRIFT.to_dict()]
        assert last_watch(connection, "mql") is None
