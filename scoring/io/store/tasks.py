"""Who does which scheduled work: each piece is held by one process at a time, and done when it is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from scoring.io.store.tables import tasks


def claim(
    connection: Connection, name: str, holder: str, now: datetime, every: timedelta, lease: timedelta
) -> bool:
    """Take a piece of work if it is due and nobody else has it.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    name, holder : str
        The work, and who wants it.
    now : datetime
        With an offset.
    every : timedelta
        How often it is due.
    lease : timedelta
        After which it is free again, should the holder have died.
    """
    found = connection.execute(select(tasks).where(tasks.c.name == name)).mappings().first()
    held = {"holder": holder, "held_until": now + lease}
    if found is None:
        connection.execute(insert(tasks).values(name=name, state={}, **held))
        return True
    busy = found["holder"] is not None and found["held_until"] is not None and found["held_until"] > now
    fresh = found["finished_at"] is not None and found["finished_at"] + every > now
    if busy or fresh:
        return False
    connection.execute(update(tasks).where(tasks.c.name == name).values(**held))
    return True


def release(
    connection: Connection, name: str, holder: str, now: datetime, state: dict[str, Any], *, done: bool
) -> None:
    """Give a piece of work back, with how it ended; one that failed is due again at once."""
    values: dict[str, Any] = {"holder": None, "held_until": None, "state": state}
    if done:
        values["finished_at"] = now
    connection.execute(update(tasks).where(tasks.c.name == name, tasks.c.holder == holder).values(values))


def state_of(connection: Connection, name: str) -> dict[str, Any]:
    """How a piece of work ended last; empty where it never did."""
    found = connection.scalar(select(tasks.c.state).where(tasks.c.name == name))
    return dict(found or {})
