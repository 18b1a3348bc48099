"""Where uploaded lists lie: whose they are, who works on them, and when they go."""

import os
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest

from serving.uploads.folder import MOST, TooManyLists, Upload, Uploads, sweep

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture
def lists(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path, lambda: NOW)


def add(lists: Uploads, content: bytes = b"a,b\n1,2\n", owner: str = "me", name: str = "leads.csv") -> Upload:
    return lists.add(BytesIO(content), name, owner, {"lang": "en"})


def test_a_list_is_found_again_by_its_owner_alone(lists: Uploads) -> None:
    kept = add(lists)
    assert lists.find(kept.token, "me") == kept
    assert lists.find(kept.token, "you") is None
    assert lists.find("../" + kept.token, "me") is None
    assert lists.find("0" * 32, "me") is None
    assert kept.list.read_bytes() == b"a,b\n1,2\n"


def test_nothing_on_disk_is_called_what_its_owner_calls_it(lists: Uploads, tmp_path: Path) -> None:
    add(lists, name="../../株式会社.csv")
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"leads.csv", "list.json"}


def test_only_the_service_may_read_them(lists: Uploads) -> None:
    kept = add(lists)
    assert kept.folder.stat().st_mode & 0o077 == 0
    assert kept.folder.parent.stat().st_mode & 0o077 == 0


def test_parquet_is_known_by_its_content(lists: Uploads) -> None:
    assert add(lists, b"PAR1...", name="leads.csv").list.name == "leads.parquet"
    assert add(lists, b"a,b\n", name="leads.parquet").list.name == "leads.csv"


def test_the_newest_list_stands_first_and_there_are_not_too_many(tmp_path: Path) -> None:
    times = iter(NOW + timedelta(seconds=at) for at in range(1_000))
    lists = Uploads(tmp_path, lambda: next(times))
    kept = [add(lists, name=f"{at}.csv").name for at in range(MOST)]
    assert [one.name for one in lists.of("me")] == kept[::-1]
    with pytest.raises(TooManyLists, match=f"You have {MOST} lists here"):
        add(lists)
    assert add(lists, owner="you").owner == "you"


def test_one_at_a_time_works_on_a_list_and_looking_hinders_nobody(lists: Uploads) -> None:
    kept = add(lists)
    looking = os.open(kept.folder / "lock", os.O_RDWR | os.O_CREAT)
    os.close(looking)
    assert not kept.busy
    held = kept.hold()
    assert held is not None
    assert kept.busy
    assert kept.hold() is None
    assert not kept.delete()
    os.close(held)
    assert not kept.busy
    assert kept.delete()
    assert not kept.folder.exists()


def test_a_list_that_somebody_else_deleted_is_no_fault(lists: Uploads) -> None:
    kept = add(lists)
    assert kept.delete()
    assert not kept.busy
    assert kept.read("check") is None
    assert kept.delete()
    with pytest.raises(FileNotFoundError, match="lock"):
        kept.hold()


def test_what_was_found_out_is_there_whole_or_not_at_all(lists: Uploads) -> None:
    kept = add(lists)
    assert kept.done("score") is None
    kept.write("score", {"failed": "no"})
    assert kept.read("score") == {"failed": "no"}
    assert kept.done("score") is None
    kept.write("score", {"rows": 3})
    assert kept.done("score") == {"rows": 3}
    kept.drop("score", "check")
    assert kept.read("score") is None
    assert not list(kept.folder.glob("*.part"))


def test_old_lists_go_and_those_that_are_worked_on_stay_until_the_next_time(tmp_path: Path) -> None:
    lists = Uploads(tmp_path, lambda: NOW)
    old, held = add(lists), add(lists)
    handle = held.hold()
    assert handle is not None
    later = NOW + timedelta(hours=25)
    assert sweep(tmp_path / "uploads", NOW + timedelta(hours=23)) == 0
    assert sweep(tmp_path / "uploads", later) == 1
    assert (old.folder.exists(), held.folder.exists()) == (False, True)
    os.close(handle)
    assert sweep(tmp_path / "uploads", later) == 1
    assert sweep(tmp_path / "nothing", later) == 0


def test_what_an_upload_that_broke_off_left_goes_too(tmp_path: Path) -> None:
    left = tmp_path / "uploads" / ("a" * 32)
    left.mkdir(parents=True)
    other = tmp_path / "uploads" / "mine"
    other.mkdir()
    now = datetime.fromtimestamp(left.stat().st_mtime, UTC)
    assert sweep(tmp_path / "uploads", now + timedelta(hours=23)) == 0
    assert sweep(tmp_path / "uploads", now + timedelta(hours=25)) == 1
    assert other.exists()


def test_a_service_without_a_home_keeps_lists_in_a_folder_that_goes_with_it() -> None:
    lists = Uploads(None, lambda: NOW)
    folder = add(lists).folder
    assert folder.exists()
    del lists
    assert not folder.exists()
