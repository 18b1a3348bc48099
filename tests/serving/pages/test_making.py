"""What takes longer than a page may: made once, shown while it is made anew, and said where it fails."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from scoring.errors import DataError
from scoring.io.store import Store, open_store
from serving.pages.making import Made, Workshop

START = datetime(2026, 11, 24, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}", "won") as opened:
        yield opened


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(store: Store, clock: Clock) -> Iterator[Workshop]:
    made = Workshop(store, clock)
    yield made
    made.close()


def once_done(shop: Workshop, **wanted: Any) -> Made:
    """Ask as a page that reloads does, until nothing is made any more."""
    while (found := shop.get("report", "2026-10", _never)).running:
        pass
    return found if not wanted else shop.get("report", "2026-10", _never, **wanted)


def _never(_: Callable[[str], None]) -> dict[str, Any]:
    raise AssertionError("it was made again")


def test_what_is_quick_is_shown_at_once(shop: Workshop) -> None:
    found = shop.get("report", "2026-10", lambda _: {"leads": 3})
    assert (found.content, found.made_at, found.running) == ({"leads": 3}, START, False)


def test_what_is_kept_is_not_made_again_also_by_another_process(
    store: Store, shop: Workshop, clock: Clock
) -> None:
    shop.get("report", "2026-10", lambda _: {"leads": 3})
    other = Workshop(store, clock)
    assert other.get("report", "2026-10", _never).content == {"leads": 3}
    other.close()


def test_what_takes_long_says_what_it_is_at_and_is_made_once(shop: Workshop) -> None:
    go, told, times = Event(), Event(), []

    def slow(tell: Callable[[str], None]) -> dict[str, Any]:
        times.append(1)
        tell("reading")
        told.set()
        go.wait(10)
        return {"leads": 3}

    first = shop.get("report", "2026-10", slow)
    told.wait(10)
    second = shop.get("report", "2026-10", slow)
    assert (first.content, first.running) == (None, True)
    assert (second.running, second.step, second.since) == (True, "reading", START)
    go.set()
    assert once_done(shop).content == {"leads": 3}
    assert times == [1]


def test_what_is_old_is_shown_until_its_successor_is_there(shop: Workshop, clock: Clock) -> None:
    shop.get("report", "2026-10", lambda _: {"leads": 3})
    clock.now = START + 2 * DAY
    go = Event()

    def again(_: Callable[[str], None]) -> dict[str, Any]:
        go.wait(10)
        return {"leads": 4}

    meanwhile = shop.get("report", "2026-10", again, fresh=DAY)
    assert (meanwhile.content, meanwhile.made_at, meanwhile.running) == ({"leads": 3}, START, True)
    go.set()
    done = once_done(shop)
    assert (done.content, done.made_at) == ({"leads": 4}, clock.now)


def test_what_fails_says_why_and_is_tried_again_only_where_that_is_asked_for(shop: Workshop) -> None:
    def fails(_: Callable[[str], None]) -> dict[str, Any]:
        raise DataError("The store holds no lead.")

    shop.get("report", "2026-10", fails)
    found = once_done(shop)
    assert (found.content, found.running, found.failed) == (None, False, "The store holds no lead.")
    assert once_done(shop).failed == "The store holds no lead."
    assert shop.get("report", "2026-10", lambda _: {"leads": 1}, anew=True).content == {"leads": 1}


def test_a_fault_of_ours_is_logged_without_what_it_held(
    shop: Workshop, caplog: pytest.LogCaptureFixture
) -> None:
    address = "taro@example.com"

    def breaks(_: Callable[[str], None]) -> dict[str, Any]:
        raise RuntimeError(address)

    shop.get("report", "2026-10", breaks)
    found = once_done(shop)
    assert found.failed is not None
    assert "taro" not in found.failed + caplog.text
    assert "RuntimeError" in caplog.text
