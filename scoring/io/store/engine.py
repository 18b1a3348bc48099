"""The connection to the database: one file of SQLite by default, PostgreSQL by its address.

Two kinds of transaction. A reader of SQLite begins plainly and never waits for a writer (WAL). A writer
takes the lock as it begins, so that what it read is still true when it writes; on PostgreSQL an advisory
lock does the same for the few writes that depend on what they read.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from scoring.errors import LeadLoopError, SettingsError

BUSY_SECONDS = 10
_LOCK = 0x1EAD1009  # the advisory lock of all LeadLoop processes on one PostgreSQL database
_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

# Errors never show what was written.
_COMMON: dict[str, Any] = {
    "hide_parameters": True,
    "json_serializer": partial(json.dumps, ensure_ascii=False, sort_keys=True),
}


def make_engine(address: str) -> Engine:
    """Prepare the connection to a store; nothing is opened yet, except that SQLite's folder is made.

    Raises
    ------
    SettingsError
        The address is of another database, cannot be read, or its driver is not installed.
    """
    url = _url(address)
    try:
        if url.drivername == "sqlite":
            return _sqlite(url)
        # A dead server must be told within seconds; a server that restarted must not fail a request.
        timeout = {} if "connect_timeout" in url.query else {"connect_timeout": 5}
        return create_engine(url, pool_pre_ping=True, connect_args=timeout, **_COMMON)
    except ImportError as error:
        raise SettingsError(
            "The store at PostgreSQL needs the package psycopg: pip install 'leadloop[postgres]'."
        ) from error


def _url(address: str) -> URL:
    """Read the address; what is wrong with it is said without quoting it, for it may hold a password."""
    rule = "DATABASE_URL must be like sqlite:////folder/leadloop.db or postgresql://user@host/database"
    try:
        url = make_url(address)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise SettingsError(f"{rule}. It cannot be read as an address.") from error
    if url.drivername not in _DRIVERS:
        raise SettingsError(f"{rule}. Got one of '{url.drivername}'.")
    if url.drivername == "sqlite" and url.database in (None, "", ":memory:"):
        raise SettingsError(f"{rule}. A store in memory would be lost and could not be shared.")
    return url.set(drivername=_DRIVERS[url.drivername])


def shown(url: URL) -> str:
    """Give an address as a message may show it: without password and options."""
    return url.set(query={}).render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    folder = Path(str(url.database)).absolute().parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LeadLoopError(
            f"The folder {folder} of the store cannot be made: {error.strerror}. "
            "Name another with LEADLOOP_HOME or DATABASE_URL."
        ) from error
    engine = create_engine(url, connect_args={"isolation_level": None, "timeout": BUSY_SECONDS}, **_COMMON)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    _write_ahead(connection)


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite refuses at once where another process does the same, so try again."""
    last = monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > last:
                raise
            sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    # The driver's own BEGIN comes too late for DDL and never takes the lock, so it is switched off.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a connection that sees one state of the store and blocks nobody."""
    with _clear_errors(engine), engine.connect() as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that no other writer can come between; all of it is kept, or nothing."""
    with _clear_errors(engine), engine.connect() as plain, _locked(plain) as connection:
        yield connection


@contextmanager
def rebuilding(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that may rebuild tables.

    SQLite changes a table by copying it, and would take the rows that point to the old one with it: so
    foreign keys are off meanwhile (which works outside a transaction alone) and checked at its end.
    """
    with _clear_errors(engine), engine.connect() as plain:
        driver = plain.connection.driver_connection if plain.dialect.name == "sqlite" else None
        if driver is not None:
            driver.execute("PRAGMA foreign_keys = OFF")
        try:
            with _locked(plain) as connection:
                yield connection
                if driver is not None and driver.execute("PRAGMA foreign_key_check").fetchall():
                    raise LeadLoopError(
                        "The migration would leave rows that point nowhere; nothing was changed."
                    )
        finally:
            if driver is not None:
                driver.execute("PRAGMA foreign_keys = ON")


@contextmanager
def _locked(plain: Connection) -> Iterator[Connection]:
    connection = plain.execution_options(writes=True)
    with connection.begin():
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        yield connection


@contextmanager
def _clear_errors(engine: Engine) -> Iterator[None]:
    """Say in one sentence why the database did not answer, and never with what password."""
    try:
        yield
    except DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        for secret in (engine.url.password, engine.url.query.get("password")):
            reason = reason.replace(str(secret), "***") if secret else reason
        raise LeadLoopError(
            f"The store at {shown(engine.url)} cannot be used: {reason}. "
            "Check DATABASE_URL, that the database is running, and that its folder may be written."
        ) from error
