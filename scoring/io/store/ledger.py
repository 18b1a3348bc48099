"""Reading what the store knows of leads: all of them as arrays, or one of them as plain values."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection

from scoring.categories import Categories
from scoring.contract import MICROSECONDS, to_seconds
from scoring.ledger import EventColumn, Events, Ledger, OneLead

ROWS_AT_ONCE = 200_000
_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "changes": {"property": "answer", "value": "answer"},
    "activities": {"kind": "answer", "value": "number"},
    "touches": {"rep": "answer", "channel": "answer", "connected": "number", "automatic": "flag"},
    "outcomes": {
        "stage": "answer",
        "amount": "number",
        "currency": "answer",
        "reason": "answer",
        "rep": "answer",
        "by_rule": "flag",
    },
    "assignments": {"rep": "answer"},
}
EVERY = tuple(_COLUMNS)


# What LeadLoop decided by itself, a handoff or an acceptance by silence, is no evidence of what the lead is worth.
_BY_RULE = "substr(event_id, 1, 14) = 'leadloop:auto:'"
_MADE = {"by_rule": f"CASE WHEN {_BY_RULE} THEN 1 ELSE 0 END"}


def read_ledger(
    connection: Connection,
    tables_wanted: Collection[str] = EVERY,
    properties_wanted: Collection[str] | None = None,
) -> Ledger:
    """All that the store knows of all leads, or of events only those of some tables, and only some properties."""
    ids, lead_id, created, properties = _leads(connection, properties_wanted)
    tables = {name: _events(connection, name, _COLUMNS[name], ids) for name in tables_wanted}
    return Ledger(lead_id, created, properties, **tables)


def read_events(connection: Connection, table: str) -> Events:
    """The events of one table, by the positions that their leads have in :func:`read_ledger`."""
    rows = [row for part in _parts(connection, "SELECT id FROM leads ORDER BY id") for (row,) in part]
    return _events(connection, table, _COLUMNS[table], np.array(rows, dtype=np.int64))


def _leads(
    connection: Connection, wanted: Collection[str] | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.object_], npt.NDArray[np.float64], dict[str, pa.Array]]:
    query = "SELECT id, lead_id, created_at, CAST(properties AS TEXT) FROM leads ORDER BY id"
    ids: list[int] = []
    names: list[str] = []
    created: list[int] = []
    values: dict[str, list[str | None]] = {}
    for part in _parts(connection, query):
        for row_id, lead_id, at, text in part:
            known = json.loads(text)
            for name, value in _some(known, wanted):
                column = values.get(name)
                if column is None:
                    column = values[name] = []
                column.extend([None] * (len(ids) - len(column)))
                column.append(value)
            ids.append(row_id)
            names.append(lead_id)
            created.append(at)
    properties = {
        name: pa.array([*column, *[None] * (len(ids) - len(column))], pa.string())
        for name, column in values.items()
    }
    return (
        np.array(ids, dtype=np.int64),
        np.array(names, dtype=object),
        np.array(created, dtype=np.int64) / MICROSECONDS,
        properties,
    )


def _some(known: dict[str, Any], wanted: Collection[str] | None) -> Iterable[tuple[str, Any]]:
    return known.items() if wanted is None else [(name, known[name]) for name in wanted if name in known]


def _events(
    connection: Connection, table: str, columns: Mapping[str, str], ids: npt.NDArray[np.int64]
) -> Events:
    names = ", ".join(_MADE.get(name, f'"{name}"') for name in columns)
    query = f"SELECT lead, occurred_at, recorded_at, {names} FROM {table} ORDER BY lead, occurred_at, key, n"
    parts = [_typed(rows, columns) for rows in _parts(connection, query)]
    if not parts:
        return Events(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0))
    lead, occurred, recorded = (np.concatenate([part[at] for part in parts]) for at in range(3))
    made: dict[str, EventColumn] = {}
    for place, (name, kind) in enumerate(columns.items(), start=3):
        joined = [part[place] for part in parts]
        made[name] = (
            Categories.of(pa.chunked_array(joined, pa.string()))
            if kind == "answer"
            else np.concatenate(joined)
        )
    place_of = np.searchsorted(ids, lead).astype(np.intp)
    return Events.of(place_of, occurred / MICROSECONDS, recorded / MICROSECONDS, made)


def _typed(rows: Sequence[Sequence[Any]], columns: Mapping[str, str]) -> list[Any]:
    """Rows as columns: integers, then what the contract says."""
    cells = list(zip(*rows, strict=True))
    made: list[Any] = [np.array(cells[at], dtype=np.int64) for at in range(3)]
    for place, kind in enumerate(columns.values(), start=3):
        if kind == "answer":
            made.append(pa.array(cells[place], pa.string()))
        elif kind == "flag":
            made.append(np.array([value in (1, True) for value in cells[place]], dtype=bool))
        else:
            made.append(np.array([np.nan if value is None else value for value in cells[place]], dtype=float))
    return made


def _parts(connection: Connection, query: str) -> Iterator[Sequence[Sequence[Any]]]:
    """The rows of a query, many at a time, as the driver gives them."""
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    try:
        cursor.execute(query)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield rows
    finally:
        cursor.close()


_ONE = {
    "changes": "property, value",
    "activities": "kind, value",
    "touches": "connected, automatic",
    "outcomes": "stage, 0",
}


def read_lead(connection: Connection, lead_id: str) -> OneLead | None:
    """All that the store knows of one lead; None where it knows nothing."""
    driver: Any = connection.connection.driver_connection
    return read_by_driver(driver, "?" if connection.dialect.name == "sqlite" else "%s", lead_id)


def read_by_driver(driver: Any, mark: str, lead_id: str) -> OneLead | None:
    """The same through a connection of the driver; ``mark`` stands for a parameter in its statements."""
    cursor = driver.cursor()
    try:
        cursor.execute(
            f"SELECT id, created_at, CAST(properties AS TEXT) FROM leads WHERE lead_id = {mark}",
            (lead_id,),
        )
        found = cursor.fetchone()
        if found is None:
            return None
        row, created, text = found
        events = {table: _of_one(cursor, table, mark, row) for table in _ONE}
    finally:
        cursor.close()
    return OneLead(
        lead_id,
        to_seconds(created),
        json.loads(text),
        changes=tuple(events["changes"]),
        activities=tuple(events["activities"]),
        touches=tuple((at, told, bool(reached), bool(auto)) for at, told, reached, auto in events["touches"]),
        outcomes=tuple((at, told, stage) for at, told, stage, _ in events["outcomes"]),
    )


def _of_one(cursor: Any, table: str, mark: str, row: int) -> list[tuple[Any, ...]]:
    kept = f"AND (event_id IS NULL OR NOT {_BY_RULE}) " if table == "outcomes" else ""
    cursor.execute(
        f"SELECT occurred_at, recorded_at, {_ONE[table]} FROM {table} WHERE lead = {mark} {kept}"
        "ORDER BY occurred_at, recorded_at, key, n",
        (row,),
    )
    return [(at / MICROSECONDS, told / MICROSECONDS, *rest) for at, told, *rest in cursor.fetchall()]
