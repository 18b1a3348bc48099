"""The queue: open leads that somebody works on, what each is owed and until when; read by index alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select, update

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
    values = []
    for row in rows:
        cells = asdict(row)
        cells["lead"] = places[cells.pop("lead_id")]
        values.append({**cells, "reasons": list(row.reasons), "others": list(row.others)})
    connection.execute(insert(queue), values)


def queue_query(rep: str | None, most: int, skip: int = 0) -> Select[Any]:
    """The statement that reads a queue, the most urgent lead first."""
    query = _query().order_by(queue.c.place, queue.c.due_at, queue.c.lead).limit(most).offset(skip)
    return query if rep is None else query.where(queue.c.rep == rep)


def exceptions_query(now: int, rep: str | None, most: int, skip: int = 0) -> Select[Any]:
    """The statement that reads the leads whose clock has run out, the longest overdue first."""
    query = _query().where(queue.c.due_at <= now).order_by(queue.c.due_at, queue.c.lead)
    query = query.limit(most).offset(skip)
    return query if rep is None else query.where(queue.c.rep == rep)


def read_rows(connection: Connection, query: Select[Any]) -> list[QueueRow]:
    """The rows of a statement."""
    return [
        QueueRow(**{**row, "reasons": tuple(row["reasons"]), "others": tuple(row["others"])})
        for row in connection.execute(query).mappings()
    ]


def count_queue(connection: Connection, rep: str | None = None) -> int:
    """How many leads wait, of one rep or of all."""
    query = select(func.count()).select_from(queue)
    return connection.scalar(query if rep is None else query.where(queue.c.rep == rep)) or 0


def read_row(connection: Connection, lead_id: str) -> QueueRow | None:
    """A lead's row; None where it is not in the queue."""
    return next(iter(read_rows(connection, _query().where(leads.c.lead_id == lead_id))), None)


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
    """Take a lead out of the queue: it is closed, or was rejected."""
    lead = select(leads.c.id).where(leads.c.lead_id == lead_id).scalar_subquery()
    connection.execute(delete(queue).where(queue.c.lead == lead))


def _query() -> Select[Any]:
    own = [queue.c[field.name] for field in fields(QueueRow) if field.name != "lead_id"]
    return select(leads.c.lead_id, *own).join(leads, leads.c.id == queue.c.lead)
