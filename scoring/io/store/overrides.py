"""A human's word on a lead: kept beside what the model says, never over it, and only for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import Connection, Select, insert, select, update

from scoring.io.store.tables import leads, outcomes, overrides

Field = Literal["score", "decision"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A human's word; times in microseconds since 1970 UTC.

    Parameters
    ----------
    id : int
        Its number.
    lead_id : str
        The lead.
    field : {"score", "decision"}
        What it is about.
    value : str
        What the human says.
    model_value : str or None
        What the model said then.
    author, reason : str
        Who says so, and why.
    made_at, expires_at : int
        From when and until when it holds.
    ended_at : int or None
        When it was taken back before that.
    """

    id: int
    lead_id: str
    field: Field
    value: str
    model_value: str | None
    author: str
    reason: str
    made_at: int
    expires_at: int
    ended_at: int | None = None

    def holds(self, now: int) -> bool:
        """Whether it holds at a time."""
        return self.made_at <= now < (self.expires_at if self.ended_at is None else self.ended_at)


def add_override(
    connection: Connection,
    lead: int,
    *,
    field: Field,
    value: str,
    model_value: str | None,
    author: str,
    reason: str,
    now: int,
    expires_at: int,
) -> int:
    """Keep a human's word in place of an earlier one that still holds; give its number.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    lead : int
        The row of the lead.
    field, value, model_value, author, reason, expires_at
        As in :class:`Override`.
    now : int
        Microseconds since 1970 UTC.
    """
    end_overrides(connection, lead, field, now)
    row = {
        "lead": lead, "field": field, "value": value, "model_value": model_value, "author": author,
        "reason": reason, "made_at": now, "expires_at": expires_at,
    }  # fmt: skip
    return int(connection.execute(insert(overrides).values(row).returning(overrides.c.id)).scalar_one())


def end_overrides(connection: Connection, lead: int, field: Field, now: int) -> int:
    """Take back what holds of a lead; say how many."""
    holding = (
        overrides.c.lead == lead,
        overrides.c.field == field,
        overrides.c.ended_at.is_(None),
        overrides.c.expires_at > now,
    )
    return connection.execute(update(overrides).where(*holding).values(ended_at=now)).rowcount


def overrides_of(connection: Connection, lead_id: str) -> list[Override]:
    """All that was ever said of a lead, the newest first."""
    return _read(connection, _query().where(leads.c.lead_id == lead_id).order_by(overrides.c.id.desc()))


def holding(connection: Connection, now: int, field: Field) -> dict[str, Override]:
    """What holds at a time, by lead."""
    query = _query().where(overrides.c.field == field, overrides.c.expires_at > now)
    return {row.lead_id: row for row in _read(connection, query.order_by(overrides.c.id)) if row.holds(now)}


def read_overrides(connection: Connection) -> list[Override]:
    """Every human's word, the oldest first."""
    return _read(connection, _query().order_by(overrides.c.id))


def what_became(connection: Connection, words: Sequence[Override]) -> list[str | None]:
    """The last stage that each lead reached since a human spoke of it; None where it reached none.

    Parameters
    ----------
    connection : Connection
        Any.
    words : sequence of Override
        What humans said.
    """
    if not words:
        return []
    since = min(one.made_at for one in words)
    spoken = select(overrides.c.lead).distinct()
    query = (
        select(leads.c.lead_id, outcomes.c.occurred_at, outcomes.c.stage)
        .join(leads, leads.c.id == outcomes.c.lead)
        .where(outcomes.c.lead.in_(spoken), outcomes.c.occurred_at >= since)
        .order_by(outcomes.c.occurred_at, outcomes.c.recorded_at)
    )
    reached: dict[str, list[tuple[int, str]]] = {}
    for lead_id, at, stage in connection.execute(query):
        reached.setdefault(lead_id, []).append((at, stage))
    return [
        next((stage for at, stage in reversed(reached.get(one.lead_id, [])) if at >= one.made_at), None)
        for one in words
    ]


def _query() -> Select[Any]:
    own = [overrides.c[field.name] for field in fields(Override) if field.name != "lead_id"]
    return select(leads.c.lead_id, *own).join(leads, leads.c.id == overrides.c.lead)


def _read(connection: Connection, query: Select[Any]) -> list[Override]:
    return [Override(**row) for row in connection.execute(query).mappings()]
