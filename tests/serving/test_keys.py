"""Keys: made once, kept as a hash, good for their scope, and gone soon after they are revoked."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from scoring.io.store import Store, open_store
from tests.service import keeping, problem

WHEN = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "won") as opened:
        yield opened


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def put(client: TestClient, **options: object) -> object:
    return client.put("/v1/leads/L-1", json={"properties": {"source": "Web"}}, **options)


def test_without_any_key_this_machine_is_let_in_under_its_own_name_alone(store: Store) -> None:
    with keeping(store) as client:
        assert put(client).status_code in (200, 201)
        problem(put(client, headers={"Host": "evil.example"}), 421)


def test_from_the_first_key_on_calls_need_one_with_the_scope(store: Store) -> None:
    _, writes = store.create_key("crm", ["write"], WHEN)
    _, admin = store.create_key("ops", ["admin"], WHEN)
    with keeping(store) as client:
        assert problem(put(client), 401)
        problem(put(client, headers=bearer("ll_" + "x" * 43)), 401)
        assert put(client, headers=bearer(writes)).status_code in (200, 201)
        problem(client.get("/v1/leads/L-1", headers=bearer(writes)), 403)
        assert client.get("/v1/leads/L-1", headers=bearer(admin)).status_code == 200
        assert client.get("/healthz").status_code == 200


def test_a_revoked_key_stops_and_leaves_the_door_shut(store: Store) -> None:
    number, key = store.create_key("crm", ["write"], WHEN)
    store.revoke_key(number, WHEN)
    with keeping(store) as client:
        problem(put(client, headers=bearer(key)), 401)
        problem(put(client), 401)


def test_the_key_itself_is_kept_nowhere(store: Store, tmp_path: Path) -> None:
    _, key = store.create_key("crm", ["write"], WHEN)
    assert all(key.encode() not in file.read_bytes() for file in tmp_path.iterdir())
