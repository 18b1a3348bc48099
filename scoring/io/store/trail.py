"""Who changed what, when and why: lines are only ever added, with the change itself or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from scoring.io.store.tables import trail

MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailLine:
    """A change that somebody made.

    Parameters
    ----------
    id : int
        Its number.
    at : datetime
        When, in UTC.
    who, what : str
        Who did what: ``promote``, ``publish``, ``rollback`` …
    subject : str
        What was changed: ``model:sql``, ``policy`` …
    before, after : mapping or None
        What it was, and what it is.
    reason : str or None
        Why.
    """

    id: int
    at: datetime
    who: str
    what: str
    subject: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    reason: str | None


def add_trail(
    connection: Connection,
    at: datetime,
    who: str,
    what: str,
    subject: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    reason: str | None,
) -> None:
    """Note a change, in the transaction that makes it.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    at : datetime
        When, with an offset.
    who, what, subject : str
        Who did what to what.
    before, after : mapping or None
        What it was, and what it is: JSON-ready, and nothing personal.
    reason : str or None
        Why.
    """
    row = {
        "at": at,
        "who": who,
        "what": what,
        "subject": subject,
        "before": None if before is None else dict(before),
        "after": None if after is None else dict(after),
        "reason": reason,
    }
    connection.execute(insert(trail).values(row))


def read_trail(connection: Connection, subject: str | None = None, most: int = MOST_LINES) -> list[TrailLine]:
    """The newest changes, of one subject or of all.

    Parameters
    ----------
    connection : Connection
        Any.
    subject : str, optional
        Only what was done to it.
    most : int
        At most so many.
    """
    query = select(trail).order_by(trail.c.id.desc()).limit(most)
    asked = query if subject is None else query.where(trail.c.subject == subject)
    return [TrailLine(**row) for row in connection.execute(asked).mappings()]
