from datetime import UTC, datetime, timedelta

import pytest

from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.kept import Kept, keep, read_kept
from tests.kept import kept_keys

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def put(store: Store, name: str, key: str, content: dict, at: datetime = NOON) -> None:
    with writing(store.engine) as connection:
        keep(connection, name, key, content, at)


def read(store: Store, name: str, key: str) -> Kept | None:
    with reading(store.engine) as connection:
        return read_kept(connection, name, key)


def keys(store: Store, name: str) -> list[str]:
    with reading(store.engine) as connection:
        return kept_keys(connection, name)


def test_what_nobody_kept_is_none(store):
    assert read(store, "report", "2026-10") is None
    assert keys(store, "report") == []


def test_what_was_kept_comes_back_with_its_time(store):
    content = {"won": 3, "reps": ["髙橋"], "rate": 0.1, "none": None}
    put(store, "report", "2026-10", content)

    assert read(store, "report", "2026-10") == Kept(content, NOON)


def test_keeping_again_replaces_it_and_touches_nothing_else(store):
    put(store, "report", "2026-10", {"won": 3})
    put(store, "report", "2026-09", {"won": 2})
    put(store, "curve", "2026-10", {"won": 1})
    put(store, "report", "2026-10", {"won": 4}, NOON + timedelta(hours=1))

    assert read(store, "report", "2026-10") == Kept({"won": 4}, NOON + timedelta(hours=1))
    assert read(store, "curve", "2026-10") == Kept({"won": 1}, NOON)
    assert keys(store, "report") == ["2026-09", "2026-10"]


@pytest.mark.parametrize("lead_id", ["L-1", 'L"1', "50%_髙\\橋"])
def test_forgetting_a_lead_throws_away_what_may_name_it_and_no_more(store, lead_id):
    put(store, "report", "2026-10", {"missed": [{"lead_id": lead_id}]})
    put(store, "report", "2026-09", {"missed": [{"lead_id": lead_id + "0"}]})

    store.forget(lead_id)

    assert keys(store, "report") == ["2026-09"]
