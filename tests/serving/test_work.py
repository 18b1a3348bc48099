"""Scheduled work: done when due, by one of two copies, and what fails hinders nothing else."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from scoring.errors import LeadLoopError
from scoring.io.settings import Settings, load_settings
from scoring.io.store import Model, Store, open_store
from scoring.io.store.engine import writing
from scoring.io.store.tasks import claim, release
from scoring.io.store.watches import keep_watch
from serving.uploads.folder import Uploads
from serving.work import work_once
from tests.cards import small_card

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LEADS = "lead_id,created_at,source,visits\n0001,2026-11-20T09:00:00Z,Web,3\n0002,2026-11-21T09:00:00Z,Referral,9\n"


@pytest.fixture
def given(tmp_path: Path) -> Settings:
    (tmp_path / "inbox").mkdir()
    environ = {
        "LEADLOOP_HOME": str(tmp_path / "home"),
        "LEADLOOP_WORK_IMPORT_FOLDER": str(tmp_path / "inbox"),
    }
    return load_settings(environ, tmp_path)


@pytest.fixture
def store(given: Settings) -> Iterator[Store]:
    with open_store(given.database_url, "won") as opened:
        yield opened


def live(store: Store, version: str = "v1") -> None:
    made = small_card(version, "won")
    store.save_model(
        Model(
            version=version,
            target="won",
            horizon_days=30,
            digest=made.digest,
            trained_until=None,
            created_at=NOW,
            scorecard=made.to_json(),
        )
    )
    store.promote(version, "tests", "a test", NOW)


def at(hours: float = 0.0):
    return lambda: NOW + timedelta(hours=hours)


def test_what_comes_is_imported_put_away_and_scored(store: Store, given: Settings, tmp_path: Path) -> None:
    live(store)
    (tmp_path / "inbox" / "leads.csv").write_text(LEADS, encoding="utf-8")
    done = {one.name: one for one in work_once(store, given, at())}
    assert "2 new leads" in done["import"].said
    assert "2 open leads for won" in done["rescore"].said
    assert "won: " in done["watch"].said
    assert [path.name for path in (tmp_path / "inbox" / "done").iterdir()] == ["20261124T090000-leads.csv"]
    assert (given.home / "scored" / "won.csv").read_text(encoding="utf-8").count("\n") == 3


def test_nothing_is_done_before_it_is_due_again(store: Store, given: Settings) -> None:
    live(store)
    assert [one.name for one in work_once(store, given, at())] == ["watch"]
    assert work_once(store, given, at(23)) == []
    assert "watch" in [one.name for one in work_once(store, given, at(25))]


def test_a_file_with_errors_is_put_aside_and_the_rest_is_done(
    store: Store, given: Settings, tmp_path: Path
) -> None:
    live(store)
    (tmp_path / "inbox" / "leads.csv").write_text(LEADS + "0003,someday,Web,1\n", encoding="utf-8")
    done = {one.name: one for one in work_once(store, given, at())}
    assert "nothing was imported" in done["import"].said
    names = sorted(path.name for path in (tmp_path / "inbox" / "failed").iterdir())
    assert names == ["20261124T090000-leads.csv", "20261124T090000-leads.rejected.csv"]
    assert "watch" in done
    assert len(store.ledger()) == 0


def test_two_copies_do_each_piece_once(store: Store, given: Settings) -> None:
    def take(holder: str) -> bool:
        with writing(store.engine) as connection:
            return claim(connection, "watch", holder, NOW, timedelta(hours=1), timedelta(hours=2))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, "abcdefgh")) == 1


def test_work_whose_holder_died_is_free_again_after_its_lease(store: Store) -> None:
    hour = timedelta(hours=1)
    with writing(store.engine) as connection:
        assert claim(connection, "watch", "a", NOW, hour, 2 * hour)
        assert not claim(connection, "watch", "b", NOW + hour, hour, 2 * hour)
        assert claim(connection, "watch", "b", NOW + 3 * hour, hour, 2 * hour)
        release(connection, "watch", "a", NOW + 3 * hour, {}, done=True)  # it comes too late to end b's
        assert not claim(connection, "watch", "c", NOW + 4 * hour, hour, 2 * hour)


def test_work_that_is_stopped_is_due_again_at_once(
    store: Store, given: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(store)
    with monkeypatch.context() as stopping:
        stopping.setattr("serving.work.watch_store", lambda *_: sys.exit(143))
        with pytest.raises(SystemExit, match="143"):
            work_once(store, given, at())
    assert "watch" in [one.name for one in work_once(store, given, at())]


def test_training_follows_the_watch_of_what_is_live(store: Store, given: Settings) -> None:
    live(store)
    with writing(store.engine) as connection:
        keep_watch(connection, "won", "v1", NOW, [], True)
    asked: list[str] = []

    def train(target: str) -> str:
        asked.append(target)
        raise LeadLoopError("no luck")

    quiet = given.model_copy(update={"work": given.work.model_copy(update={"watch_hours": 24.0})})
    with writing(store.engine) as connection:
        assert claim(connection, "watch", "other", NOW, timedelta(hours=1), timedelta(hours=2))
    done = {one.name: one for one in work_once(store, quiet, at(), train)}
    assert asked == ["won"]
    assert done["retrain"].failed
    work_once(store, quiet, at(0.1), train)
    assert asked == ["won", "won"]


def test_uploaded_lists_are_removed_after_a_day_though_nobody_looks(store: Store, given: Settings) -> None:
    lists = Uploads(given.home, at())
    lists.add(BytesIO(LEADS.encode()), "leads.csv", "key 1", {})
    assert "uploads" not in {piece.name for piece in work_once(store, given, at(23))}
    done = {piece.name: piece.said for piece in work_once(store, given, at(25))}
    assert done["uploads"] == "1 uploaded lists removed"
    assert not list((given.home / "uploads").iterdir())
