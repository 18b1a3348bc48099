"""What happened to a lead in one order, whatever table it stands in, page by page."""

from datetime import UTC, datetime, timedelta

import pytest

from scoring.contract import to_micros
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.timeline import Happened, read_timeline
from serving.deciding import override, take_back
from tests.service import keeping

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
MOMENT = timedelta(minutes=1)


@pytest.fixture
def known(store: Store) -> Store:
    """A lead to which something of each kind happened, and several things at one moment."""
    with keeping(store, NOW) as client:
        client.put("/v1/leads/L-1", json={"properties": {"source": "Web"}})
        for minute, (table, event) in enumerate(
            [
                ("touches", {"rep": "aya", "channel": "call"}),
                ("outcomes", {"stage": "mql"}),
                *(("activities", {"kind": f"view {number}"}) for number in range(5)),
            ]
        ):
            at = NOW + min(minute, 3) * MOMENT
            told = client.post(
                f"/v1/{table}", json={"lead_id": "L-1", "occurred_at": at.isoformat(), **event}
            )
            assert told.json()["accepted"] == 1
    with writing(store.engine) as connection:
        override(connection, "L-1", "score", "5", author="aya", reason="x", now=NOW + 3 * MOMENT, days=3)
        take_back(connection, "L-1", "score", author="aya", reason="x", now=NOW + 9 * MOMENT)
    return store


def read(store: Store, most: int, until: int | None = None, skip: int = 0) -> list[Happened]:
    with reading(store.engine) as connection:
        return read_timeline(connection, "L-1", most, until=until, skip=skip)


def test_the_newest_comes_first_and_the_creation_last(known: Store) -> None:
    found = read(known, 99)
    assert [one.kind for one in found] == [
        "taken back", "override", *["activity"] * 4, "activity", "outcome", "touch", "created",
    ]  # fmt: skip
    assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
    assert found[0].at == to_micros((NOW + 9 * MOMENT).timestamp())


@pytest.mark.parametrize("most", [1, 2, 3, 5])
def test_its_pages_hold_every_line_once(known: Store, most: int) -> None:
    whole, seen, until, skip = read(known, 99), [], None, 0
    while page := read(known, most, until, skip):
        seen += page
        last = page[-1].at
        skip = sum(1 for one in page if one.at == last) + (skip if last == until else 0)
        until = last
    assert seen == whole


def test_of_an_unknown_lead_nothing_happened(store: Store) -> None:
    assert read(store, 9) == []
