"""Facts as calls tell them: a lead and its properties, and what happened to it; told twice they change nothing.

Everything here runs inside a transaction of its caller's.  What cannot be kept is given back as findings, with
nothing of it written: the caller says whose fault it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Dialect, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from scoring.contract import OUTCOMES, Contract, content_key, id_key
from scoring.io.store.tables import EVENTS, changes, leads

# A change that comes in the microsecond of the one before it is still the later one.
TICK = 1
Finding = Literal["unknown_lead", "before_lead", "other_event"]
# How each database writes types and marks the place of a value.
_DIALECTS: Mapping[str, tuple[Dialect, str]] = {
    "sqlite": (sqlite.dialect(), "?"),
    "postgresql": (postgresql.dialect(), "%s"),  # type: ignore[no-untyped-call]
}


@dataclass(frozen=True, slots=True)
class Told:
    """An event that a call tells of.

    Parameters
    ----------
    lead_id : str
        Whose.
    occurred_at, recorded_at : int
        Microseconds since 1970 UTC.
    timed : bool
        Whether the call said when it occurred; else it is the time of the call.
    event_id : str or None
        Its own id.
    content : tuple of str, float, bool or None
        Its columns in the order of ``Contract.content``.
    """

    lead_id: str
    occurred_at: int
    recorded_at: int
    timed: bool
    event_id: str | None
    content: tuple[str | float | bool | None, ...]

    @property
    def key(self) -> int:
        """The digest of its id, else of its content."""
        return content_key(*self.content) if self.event_id is None else id_key(self.event_id)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of some events: all of them are kept, or none.

    Parameters
    ----------
    accepted, unchanged : int
        How many are new, and how many were known already.
    refused : tuple of (int, str)
        The events that cannot be kept, by position, and why not.
    """

    accepted: int = 0
    unchanged: int = 0
    refused: tuple[tuple[int, Finding], ...] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """What became of a lead that was put.

    Parameters
    ----------
    created : bool
        Whether it is new.
    changed : tuple of str
        The properties that have another value now.
    other_time : bool
        Whether nothing was written, because the lead was created at another time than the one given.
    """

    created: bool = False
    changed: tuple[str, ...] = ()
    other_time: bool = False


def put_lead(
    connection: Connection,
    lead_id: str,
    created_at: int | None,
    properties: Mapping[str, str | None],
    now: int,
) -> Put:
    """Keep a new lead, or what has changed of a known one; properties that are not named stay.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    lead_id : str
        The lead.
    created_at : int or None
        When it was created; by default the time kept, else now.  Microseconds since 1970 UTC.
    properties : mapping of str to (str or None)
        Values as text; None empties.
    now : int
        Since when changes are so, and known.
    """
    found = connection.execute(_LEAD, {"lead_id": lead_id}).one_or_none()
    if found is None:
        given = {name: value for name, value in properties.items() if value is not None}
        row = {"lead_id": lead_id, "created_at": now if created_at is None else created_at}
        connection.execute(insert(leads), {**row, "properties": given})
        return Put(True, tuple(given))
    if created_at is not None and created_at != found.created_at:
        return Put(other_time=True)
    changed = _changes(connection, found.id, found.created_at, found.properties, properties, now)
    if changed:
        merged = {**found.properties, **{name: properties[name] for name in changed}}
        kept = {name: value for name, value in merged.items() if value is not None}
        connection.execute(update(leads).where(leads.c.id == found.id).values(properties=kept))
    return Put(False, tuple(changed))


_LEAD = select(leads.c.id, leads.c.created_at, leads.c.properties).where(
    leads.c.lead_id == bindparam("lead_id")
)


def _changes(
    connection: Connection,
    lead: int,
    created_at: int,
    kept: Mapping[str, str | None],
    sent: Mapping[str, str | None],
    now: int,
) -> list[str]:
    """Write a row for each value that differs from the one before, and name those properties."""
    last = last_changes(connection, lead)
    rows, changed = [], []
    for name, value in sent.items():
        before, at = last.get(name, (kept.get(name), created_at))
        if value == before:
            continue
        changed.append(name)
        if name not in last and before is not None:
            rows.append(_change(lead, created_at, name, before))
        rows.append(_change(lead, max(now, at + TICK), name, value))
    if rows:
        connection.execute(insert(changes), rows)
    return changed


def last_changes(connection: Connection, lead: int) -> dict[str, tuple[str | None, int]]:
    """The last value of each property of a lead that ever changed, and since when it holds."""
    times = (changes.c.occurred_at, changes.c.recorded_at, changes.c.key, changes.c.n)
    query = select(changes.c.property, changes.c.value, changes.c.occurred_at).where(changes.c.lead == lead)
    return {name: (value, at) for name, value, at in connection.execute(query.order_by(*times))}


def _change(lead: int, at: int, name: str, value: str | None) -> dict[str, Any]:
    return {
        "lead": lead,
        "occurred_at": at,
        "key": content_key(name, value),
        "n": 0,
        "recorded_at": at,
        "property": name,
        "value": value,
    }


def add_events(connection: Connection, contract: Contract, told: Sequence[Told]) -> Added:
    """Keep events, all of them or none; those that are kept already change nothing.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    contract : Contract
        Their table.
    told : sequence of Told
        The events.
    """
    if not told:
        return Added()
    if len(told) == 1:
        return _add(connection, contract, told)  # one that cannot be kept writes nothing
    with connection.begin_nested() as savepoint:
        added = _add(connection, contract, told)
        if added.refused:
            savepoint.rollback()
    return added


def _add(connection: Connection, contract: Contract, told: Sequence[Told]) -> Added:
    statements = _statements(contract.name, connection.dialect.name)
    driver: Any = connection.connection.driver_connection
    with closing(driver.cursor()) as cursor:
        cursor.executemany(statements.add, [_cells(contract, one) for one in told])
        new = cursor.rowcount
        if new == len(told):
            return Added(accepted=new)
        refused = tuple(_refused(cursor, statements, contract, told))
    return Added(refused=refused) if refused else Added(new, len(told) - new)


def _cells(contract: Contract, one: Told) -> tuple[Any, ...]:
    """What the statement that adds an event asks for; an outcome must not be from before its lead."""
    at = one.occurred_at
    row = (at, one.key, one.recorded_at, one.event_id, *one.content, one.lead_id)
    return (*row, at) if contract is OUTCOMES else row


def _refused(
    cursor: Any, statements: _Statements, contract: Contract, told: Sequence[Told]
) -> Iterator[tuple[int, Finding]]:
    """Why some of the events are not there; what is there as it was told is in order."""
    created: dict[str, int | None] = {}
    for position, one in enumerate(told):
        if one.lead_id not in created:
            cursor.execute(statements.created, (one.lead_id,))
            row = cursor.fetchone()
            created[one.lead_id] = None if row is None else row[0]
        since = created[one.lead_id]
        if since is None:
            yield position, "unknown_lead"
        elif contract is OUTCOMES and one.occurred_at < since:
            yield position, "before_lead"
        elif one.event_id is not None and _other(cursor, statements, one):
            yield position, "other_event"


def _other(cursor: Any, statements: _Statements, one: Told) -> bool:
    """Whether the id of an event is that of another one."""
    cursor.execute(statements.named, (one.event_id,))
    lead_id, occurred_at, *content = cursor.fetchone()
    same_time = occurred_at == one.occurred_at or not one.timed
    return not (lead_id == one.lead_id and same_time and tuple(content) == one.content)


@dataclass(frozen=True, slots=True)
class _Statements:
    add: str
    created: str
    named: str


@cache
def _statements(table: str, database: str) -> _Statements:
    """The statements on a table of events, in the words of a database.

    They go to the driver as they are: building them anew would take longer than running them.
    """
    dialect, mark = _DIALECTS[database]
    columns = [column for column in EVENTS[table].columns if column.name not in ("lead", "n")]
    names = ", ".join(f'"{column.name}"' for column in columns)
    values = ", ".join(f"CAST({mark} AS {column.type.compile(dialect)})" for column in columns)
    content = ", ".join(f'"{column.name}"' for column in columns[4:])
    early = f" AND created_at <= {mark}" if table == OUTCOMES.name else ""
    return _Statements(
        add=f"INSERT INTO {table} (lead, n, {names}) SELECT id, 0, {values} FROM leads "
        f"WHERE lead_id = {mark}{early} ON CONFLICT DO NOTHING",
        created=f"SELECT created_at FROM leads WHERE lead_id = {mark}",
        named=f"SELECT lead_id, occurred_at, {content} FROM {table} JOIN leads ON id = lead "
        f"WHERE event_id = {mark}",
    )
