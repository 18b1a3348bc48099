"""What runs beside the service: begun with it, begun again when it ends, and gone with it, however that ends."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from select import select
from time import monotonic
from typing import IO

import pytest

from scoring.io.store import Store, open_store
from serving.cli.beside import Beside
from tests.serving.cli.test_serve import BOUND, Served, running

LEADS = "lead_id,created_at,source\n0001,2026-11-20T09:00:00Z,Web\n0002,2026-11-21T09:00:00Z,Referral\n"


@contextmanager
def working(home: Path, *words: str) -> Iterator[tuple[Served, Store]]:
    """A service with its work, and a file that waits to be imported."""
    (home / "inbox").mkdir()
    (home / "leadloop.toml").write_text('[work]\nimport_folder = "inbox"\n', encoding="utf-8")
    (home / "inbox" / "leads.csv").write_text(LEADS, encoding="utf-8")
    url = f"sqlite:///{home / 'leadloop.db'}"
    with running(home, "--with-work", *words) as service, open_store(url, "won") as store:
        yield service, store


def until(happened: Callable[[], bool]) -> bool:
    """Whether it happens, asked again and again, within a bound."""
    end = monotonic() + BOUND
    while monotonic() < end:
        if happened():
            return True
    return False


def imported(store: Store) -> bool:
    return store.lead_count() == 2


def nobody_is_left(service: Served) -> bool:
    """Whether all that could print has ended: then what it prints to has an end."""
    assert service.process.stdout is not None
    pipe, end = service.process.stdout.fileno(), monotonic() + BOUND
    while select([pipe], [], [], max(0.0, end - monotonic()))[0]:
        if not os.read(pipe, 4096):
            return True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_what_comes_is_imported_while_it_serves_and_all_end_with_it(
    tmp_path: Path, workers: str, how: signal.Signals
) -> None:
    with working(tmp_path, "--workers", workers) as (service, store):
        assert until(partial(imported, store))
        assert service.ask("GET", "/healthz") == (200, {"status": "alive"})
        service.process.send_signal(how)
        assert service.process.wait(BOUND) == 0
        assert nobody_is_left(service)


def test_the_work_ends_where_the_service_is_killed(tmp_path: Path) -> None:
    with working(tmp_path) as (service, store):
        assert until(partial(imported, store))
        service.process.kill()
        assert nobody_is_left(service)


def test_what_ends_begins_again_after_a_pause_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = tmp_path / "begun"
    code = f"open({str(begun)!r}, 'a').write('x'); raise SystemExit(3)"
    with Beside([sys.executable, "-c", code], pause=0.01):
        assert until(lambda: begun.exists() and len(begun.read_text()) >= 2)
    assert "ended with 3; it begins again in 0.01 seconds" in caplog.text


DEAF = """
import fcntl, pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
held = open(sys.argv[1], "w")
fcntl.flock(held, fcntl.LOCK_EX)
pathlib.Path(sys.argv[1] + ".held").touch()
time.sleep(600)
"""


def test_what_it_has_started_is_ended_too_even_where_it_does_not_listen(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {DEAF!r}, {str(lock)!r}])"
    with Beside([sys.executable, "-c", code]):
        assert until((tmp_path / "lock.held").exists)
    with lock.open() as held:
        assert until(partial(free, held))


def free(held: IO[str]) -> bool:
    """Whether nobody holds the file any more."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
