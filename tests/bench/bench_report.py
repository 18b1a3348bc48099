"""How long the monthly report of a store of 100,000 leads takes, what memory it holds, and what its file weighs.

By the command that people give, from its start to the file; beside it the time that reading the same ledger takes,
which no report can do without.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from scoring.io.store import open_store
from scoring.report import PROPERTIES
from serving.reporting import READ
from tests.bench import worlds
from tests.bench.bench_pages import COMMAND, environment, made

MONTH = "2026-09"
SECONDS, MIB, WEIGHT_MIB = 20.0, 1024.0, 3.0


def main() -> Mapping[str, float]:
    """Measure the report of a month in both languages."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        made(home)
        return measured(home)


def measured(home: Path) -> dict[str, float]:
    """Seconds, peak of memory and weight of the report of a home."""
    told = {"reading the ledger, s": worlds.apart(_read, home)}
    for lang in ("en", "ja"):
        file = home / f"report-{lang}.html"
        seconds, peak = _run(home, "report", MONTH, "--lang", lang, "-o", str(file))
        told |= {
            f"report --lang {lang}, s": seconds,
            f"to reach: at most, s, {lang}": SECONDS,
            f"report --lang {lang}, peak, MiB": peak,
            f"to reach: at most, MiB, {lang}": MIB,
            f"report --lang {lang}, file, MiB": file.stat().st_size / 2**20,
            f"to reach: at most, MiB of the file, {lang}": WEIGHT_MIB,
        }
    return told


def _read(home: Path) -> float:
    started = time.perf_counter()
    with open_store(f"sqlite:///{home / 'leadloop.db'}") as store:
        store.ledger(READ, PROPERTIES)
    return time.perf_counter() - started


def _run(home: Path, *words: str) -> tuple[float, float]:
    """Seconds of a command from its start to its end, and the most memory that it held, MiB."""
    started = time.perf_counter()
    process = subprocess.Popen([COMMAND, *words], env=environment(home), stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"leadloop {words[0]} ended with {process.returncode}.")
    return time.perf_counter() - started, used.ru_maxrss / 1024
