"""What is done with lists beside the requests: one after another, told on the way, and never lost in silence."""

import logging
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Event

import pytest

from scoring.errors import DataError
from serving.uploads.errands import Errands, Tell
from serving.uploads.folder import UNDER_WAY, Upload, Uploads

SOON = 30.0


@pytest.fixture
def lists(tmp_path: Path) -> Uploads:
    return Uploads(tmp_path, lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))


@pytest.fixture
def kept(lists: Uploads) -> Upload:
    return lists.add(BytesIO(b"a\n1\n"), "leads.csv", "me", {})


def test_what_comes_of_it_is_kept_with_the_list(kept: Upload) -> None:
    assert Errands().begin(kept, "check", lambda _: {"rows": 1}, SOON)
    assert kept.read("check") == {"rows": 1}
    assert kept.read(UNDER_WAY) is None
    assert not kept.busy


def test_how_far_it_is_stands_where_another_process_reads_it(kept: Upload) -> None:
    errands, told, go_on = Errands(), Event(), Event()

    def do(tell: Tell) -> dict[str, int]:
        tell("score", 10, 40)
        told.set()
        assert go_on.wait(SOON)
        return {"rows": 40}

    errands.begin(kept, "score", do)
    assert told.wait(SOON)
    assert kept.busy
    assert kept.read(UNDER_WAY) == {"errand": "score", "step": "score", "done": 10, "total": 40}
    assert not Errands().begin(kept, "score", lambda _: {"rows": 0}, SOON)
    go_on.set()


def test_lists_wait_for_one_another(lists: Uploads, kept: Upload) -> None:
    go_on, errands = Event(), Errands()
    other = lists.add(BytesIO(b"a\n1\n"), "leads.csv", "me", {})
    errands.begin(kept, "check", lambda _: {"waited": go_on.wait(SOON)})
    errands.begin(other, "check", lambda _: {"waited": go_on.is_set()})
    assert other.busy
    under_way = other.read(UNDER_WAY)
    assert under_way is not None
    assert under_way["step"] == "wait"
    go_on.set()
    last = lists.add(BytesIO(b"a\n1\n"), "leads.csv", "me", {})
    errands.begin(last, "check", lambda _: {}, SOON)
    assert other.read("check") == {"waited": True}


def test_what_was_found_out_before_goes_with_what_it_followed_from(kept: Upload) -> None:
    for name in ("check", "score", "try", "take"):
        kept.write(name, {})
    Errands().begin(kept, "score", lambda _: {"rows": 1}, SOON)
    assert [kept.read(name) for name in ("check", "score", "try", "take")] == [{}, {"rows": 1}, {}, {}]
    Errands().begin(kept, "check", lambda _: {"rows": 1}, SOON)
    assert [kept.read(name) for name in ("score", "try", "take")] == [None, None, None]


def test_what_is_wrong_with_a_list_is_told_and_a_fault_of_ours_only_in_the_log(
    kept: Upload, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "Kurosawa"

    def refused(_: Tell) -> dict[str, int]:
        raise DataError("leads.csv is empty.")

    def broken(_: Tell) -> dict[str, int]:
        raise ValueError(secret)

    with caplog.at_level(logging.INFO):
        Errands().begin(kept, "check", refused, SOON)
        assert kept.read("check") == {"failed": "leads.csv is empty."}
        assert not caplog.text
        Errands().begin(kept, "check", broken, SOON)
    assert kept.read("check") == {"failed": "This could not be done; the log of the service says why."}
    assert "ValueError" in caplog.text
    assert secret not in caplog.text
    assert not kept.busy


def test_a_process_that_ends_on_the_way_leaves_a_list_that_can_be_worked_on_again(kept: Upload) -> None:
    child = f"""
import os
from datetime import UTC, datetime
from pathlib import Path
from serving.uploads.folder import UNDER_WAY, Uploads

lists = Uploads(Path({str(kept.folder.parent.parent)!r}), lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))
kept = lists.find({kept.token!r}, "me")
assert kept.hold() is not None
kept.write(UNDER_WAY, {{"errand": "score", "step": "score", "done": 1, "total": 2}})
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", child], check=True)
    assert kept.read(UNDER_WAY) is not None
    assert not kept.busy
    assert Errands().begin(kept, "score", lambda _: {"rows": 2}, SOON)
    assert kept.read("score") == {"rows": 2}
    assert kept.read(UNDER_WAY) is None


def test_a_list_that_was_deleted_meanwhile_is_not_worked_on(kept: Upload) -> None:
    kept.delete()
    assert not Errands().begin(kept, "score", lambda _: {"rows": 2}, SOON)
    assert not kept.folder.exists()


def test_the_end_of_the_process_breaks_off_what_is_being_done_and_what_waits(
    lists: Uploads, kept: Upload
) -> None:
    errands, begun, go_on = Errands(), Event(), Event()
    other = lists.add(BytesIO(b"a\n1\n"), "leads.csv", "me", {})

    def do(tell: Tell) -> dict[str, int]:
        begun.set()
        assert go_on.wait(SOON)
        tell("score", 1, 2)
        return {"rows": 2}

    errands.begin(kept, "score", do)
    errands.begin(other, "check", lambda _: {"rows": 1})
    assert begun.wait(SOON)
    errands._stopping.set()
    go_on.set()
    del errands
    for one, errand in ((kept, "score"), (other, "check")):
        assert one.read(errand) is None
        assert one.read(UNDER_WAY) is not None
        assert not one.busy
