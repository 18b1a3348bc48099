"""The queue: open leads that somebody works on, what each is owed and until when; read by index alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Dialect,
    Integer,
    Row,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from scoring.io.store.tables import leads, queue

# A time that never comes: nothing is due.
NEVER: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """A lead in the queue; times in microseconds since 1970 UTC.

    Parameters
    ----------
    lead_id : str
        The lead.
    rep : str or None
        Who works on it.
    handoff : int or None
        The handoff that brought it.
    place : float
        The less, the sooner.
    likelihood, value, score, grade, version, scored_at : each or None
        What the model said last, and when.
    reasons : tuple of mapping
        Why: ``feature``, ``value`` and ``contribution``.
    others : tuple of str
        Leads with the same address or number, shown as one with this.
    since, assigned_at : int, int or None
        When the clock began, and when the rep got it.
    first_touch_due, first_touch_at : int, int or None
        By when it is to be touched first, and when it was.
    touches, touches_due : int
        Touches so far, and by when it is to have all of them.
    warn_at, due_at : int
        When the first clock that still runs is due, and from when on that is soon.
    """

    lead_id: str
    rep: str | None
    handoff: int | None = None
    place: float
    likelihood: float | None = None
    value: float | None = None
    score: int | None = None
    grade: str | None = None
    version: str | None = None
    scored_at: int | None = None
    reasons: tuple[dict[str, Any], ...] = ()
    others: tuple[str, ...] = ()
    since: int
    assigned_at: int | None = None
    first_touch_due: int
    first_touch_at: int | None = None
    touches: int = 0
    touches_due: int
    warn_at: int = NEVER
    due_at: int = NEVER


def write_queue(connection: Connection, rows: Sequence[QueueRow]) -> None:
    """Put a queue in place of the one there is.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    rows : sequence of QueueRow
        Its rows.
    """
    connection.execute(delete(queue))
    if not rows:
        return
    places = {lead_id: row for lead_id, row in connection.execute(select(leads.c.lead_id, leads.c.id))}  # noqa: C416
    # The rows of a rep lie together, so that they are counted without reading the whole table.
    together = sorted(rows, key=lambda row: row.rep or "")
    values = [
        {name: getattr(row, name) for name in _CELLS} | {"lead": places[row.lead_id]} for row in together
    ]
    connection.execute(insert(queue), values)


class Asked(NamedTuple):
    """A statement that reads rows of the queue, and what it is given: built once, because building takes longer."""

    statement: Select[Any]
    given: dict[str, Any]


def queue_query(rep: str | None, most: int, skip: int = 0) -> Asked:
    """What reads a queue, the most urgent lead first."""
    given = {"most": most, "skip": skip}
    return Asked(_QUEUE, given) if rep is None else Asked(_QUEUE_OF_REP, {**given, "of": rep})


def exceptions_query(now: int, rep: str | None, most: int, skip: int = 0) -> Asked:
    """What reads the leads whose clock has run out, the longest overdue first."""
    given = {"now": now, "most": most, "skip": skip}
    return Asked(_LATE, given) if rep is None else Asked(_LATE_OF_REP, {**given, "of": rep})


def read_rows(connection: Connection, query: Asked) -> list[QueueRow]:
    """The rows of a statement."""
    text, order = _text(query.statement, connection.dialect)
    given = query.given if order is None else tuple(query.given[name] for name in order)
    return [_row(cells) for cells in connection.exec_driver_sql(text, given).all()]


@lru_cache(maxsize=32)
def _text(statement: Select[Any], dialect: Dialect) -> tuple[str, tuple[str, ...] | None]:
    """A statement in the words of a database, and the order of what it is given; None where that goes by name.

    It goes to the driver as it is: what SQLAlchemy does on the way takes longer than the reading.
    """
    said = statement.compile(dialect=dialect)
    return str(said), tuple(said.positiontup or ()) if said.positional else None


def _row(cells: Row[Any]) -> QueueRow:
    told = dict(zip(_NAMES, cells, strict=True))
    told["reasons"], told["others"] = _listed(told["reasons"]), _listed(told["others"])
    return QueueRow(**told)


def _listed(cell: Any) -> tuple[Any, ...]:
    """A list as the driver gives it: that of SQLite as text."""
    return () if cell == "[]" else tuple(json.loads(cell) if isinstance(cell, str) else cell)


def count_queue(connection: Connection, rep: str | None = None) -> int:
    """How many leads wait, of one rep or of all."""
    asked = (_COUNT, {}) if rep is None else (_COUNT_OF_REP, {"of": rep})
    return connection.scalar(*asked) or 0


def count_late(connection: Connection, now: int, rep: str | None = None) -> int:
    """How many leads wait past their time, of one rep or of all."""
    given = {"now": now}
    asked = (_COUNT_LATE, given) if rep is None else (_COUNT_LATE_OF_REP, {**given, "of": rep})
    return connection.scalar(*asked) or 0


def read_row(connection: Connection, lead_id: str) -> QueueRow | None:
    """A lead's row; None where it is not in the queue."""
    return next(iter(read_rows(connection, Asked(_OF_LEAD, {"lead_id": lead_id}))), None)


def renew_clocks(connection: Connection, row: QueueRow) -> None:
    """Keep what has become of the clocks of a lead in the queue.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    row : QueueRow
        The lead's row, with its clocks as they are now.
    """
    clocks = ("first_touch_at", "touches", "warn_at", "due_at")
    lead = select(leads.c.id).where(leads.c.lead_id == row.lead_id).scalar_subquery()
    connection.execute(
        update(queue).where(queue.c.lead == lead).values({name: getattr(row, name) for name in clocks})
    )


def take_out(connection: Connection, lead_id: str) -> None:
    """Take a lead out of the queue: it is closed, or was rejected.

    Each outcome that ends a lead asks for it, so it goes to the driver as it is.
    """
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    driver: Any = connection.connection.driver_connection
    with closing(driver.cursor()) as cursor:
        cursor.execute(
            f"DELETE FROM queue WHERE lead = (SELECT id FROM leads WHERE lead_id = {mark})", (lead_id,)
        )


_NAMES: Final = tuple(field.name for field in fields(QueueRow))
_CELLS: Final = [name for name in _NAMES if name != "lead_id"]
_OWN: Final = [leads.c.lead_id if name == "lead_id" else queue.c[name] for name in _NAMES]
_ROWS: Final = select(*_OWN).join_from(queue, leads, leads.c.id == queue.c.lead)
_OF_LEAD: Final = _ROWS.where(leads.c.lead_id == bindparam("lead_id"))
_OF_REP: Final = queue.c.rep == bindparam("of")


def _page(query: Select[Any]) -> Select[Any]:
    return query.limit(bindparam("most", type_=Integer)).offset(bindparam("skip", type_=Integer))


_QUEUE: Final = _page(_ROWS.order_by(queue.c.place, queue.c.due_at, queue.c.lead))
_QUEUE_OF_REP: Final = _QUEUE.where(_OF_REP)
_LATE: Final = _page(_ROWS.where(queue.c.due_at <= bindparam("now")).order_by(queue.c.due_at, queue.c.lead))
_LATE_OF_REP: Final = _LATE.where(_OF_REP)
_COUNT: Final = select(func.count()).select_from(queue)
_COUNT_OF_REP: Final = _COUNT.where(_OF_REP)
_COUNT_LATE: Final = _COUNT.where(queue.c.due_at <= bindparam("now"))
_COUNT_LATE_OF_REP: Final = _COUNT_LATE.where(_OF_REP)
