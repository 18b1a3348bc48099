"""Simulated CRMs to measure with, as files and as stores: each is made once a run, in a process of its own."""

from __future__ import annotations

import atexit
import multiprocessing
import resource
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from scoring.contract import CONTRACTS
from scoring.contract_cells import Customs
from scoring.io.mapping_file import read_meaning
from scoring.io.store import Store, open_store
from serving.importing import Imported, import_files
from training.simulate import simulate
from training.simulate.clock import DAY, iso, stream

END: Final = date(2026, 10, 1)
NOW: Final = datetime(2026, 10, 2, tzinfo=UTC)
ZONE: Final = "Asia/Tokyo"
MONTHS, SEED = 30, 1
A_LEAD: Final = {"activities": ("recorded_at", 20), "changes": ("occurred_at", 3)}
"""The time by which the rows of a busy CRM are exported, and how many it has of each lead."""

P = ParamSpec("P")
Given = TypeVar("Given")


def apart(run: Callable[P, Given], *args: P.args, **kwargs: P.kwargs) -> Given:
    """What a function gives in a process of its own, so that its peak of memory is its own too."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(run, *args, **kwargs).result()


def peak() -> float:
    """The most memory that this process has held, MiB.

    What the system says of a process beside that counts the parent's memory too.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


@cache
def crm(leads: int, *, busy: bool = False) -> Path:
    """A folder with the tables of the contract as files.

    Parameters
    ----------
    leads : int
        How many there are.
    busy : bool
        Whether each has twenty activities and three changes, where the simulation gives nine and less than
        two: rows are drawn again, each some time of a day earlier.
    """
    folder = _room() / f"crm-{leads}{'-busy' if busy else ''}"
    apart(_make, folder, leads, busy)
    return folder


@cache
def store_of(leads: int, *, busy: bool = False) -> Path:
    """A store of SQLite that holds such a CRM."""
    file = _room() / f"store-{leads}{'-busy' if busy else ''}.db"
    apart(_fill, crm(leads, busy=busy), url(file))
    return file


def url(file: Path) -> str:
    """The address of a store of SQLite."""
    return f"sqlite:///{file}"


def files(folder: Path) -> dict[str, Path]:
    """The file of each table."""
    return {table: folder / f"{table}.csv" for table in CONTRACTS}


def bring(folder: Path, store: Store) -> Imported:
    """Import the files of a folder."""
    return import_files(store, files(folder), read_meaning("csv"), Customs(ZONE), NOW)


@cache
def _room() -> Path:
    room = TemporaryDirectory(prefix="leadloop-bench-")
    atexit.register(room.cleanup)
    return Path(room.name)


def _make(folder: Path, leads: int, busy: bool) -> Mapping[str, int]:
    world = simulate(folder, end=END, leads=leads, months=MONTHS, seed=SEED)
    if busy:
        for table, (order, each) in A_LEAD.items():
            _grow(folder / f"{table}.csv", order, each * leads)
    return world.rows


def _grow(file: Path, order: str, rows: int) -> None:
    """Rows drawn again, each some time of a day earlier, until there are so many."""
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    rng = stream(SEED, f"busy {file.stem}")
    more = table.iloc[rng.integers(len(table), size=max(rows - len(table), 0))]
    wall = more["occurred_at"].str.slice(stop=19).to_numpy(dtype="datetime64[s]").astype(np.int64)
    more = more.assign(occurred_at=iso(wall - rng.integers(1, DAY, len(more))))
    whole = pd.concat([table, more]).sort_values(order, kind="stable")
    whole.to_csv(file, index=False, lineterminator="\n", encoding="utf-8")


def _fill(folder: Path, address: str) -> None:
    with open_store(address, "won") as store:
        if not bring(folder, store).written:
            raise RuntimeError("Rows of the simulated CRM are refused.")
