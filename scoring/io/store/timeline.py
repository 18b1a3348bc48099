"""What happened to a lead, all of it in one order: what it did, what was done to it, and what people said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, select

from scoring.contract import CONTRACTS
from scoring.io.store.handoffs import read_handoffs
from scoring.io.store.overrides import overrides_of
from scoring.io.store.tables import EVENTS, leads

Kind = Literal[
    "taken back", "override", "answer", "outcome", "handoff", "assignment", "touch", "activity", "change",
    "created",
]  # fmt: skip
# Of what happened at one moment, the last comes first: an answer before the handoff that it answers.
_ORDER: Final[Mapping[str, int]] = {kind: place for place, kind in enumerate(get_args(Kind))}
# A lead is handed over again only after weeks.
_MOST_HANDOFFS: Final = 10_000
_TABLES: Final[Mapping[str, Kind]] = {
    "outcomes": "outcome",
    "assignments": "assignment",
    "touches": "touch",
    "activities": "activity",
    "changes": "change",
}


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to a lead; times in microseconds since 1970 UTC.

    Parameters
    ----------
    at : int
        When.
    kind : str
        What it was: an event of the data contract, a handoff or its answer, a human's word or its end, or that the
        lead was created.
    content : mapping of str to object
        The columns of its table.
    recorded_at : int
        Since when it is known.
    """

    at: int
    kind: Kind
    content: Mapping[str, Any]
    recorded_at: int


def read_timeline(
    connection: Connection, lead_id: str, most: int, *, until: int | None = None, skip: int = 0
) -> list[Happened]:
    """What happened to a lead, the newest first; nothing where the lead is not known.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The lead.
    most : int
        At most so many.
    until : int, optional
        Nothing later than this: the moment of the last entry of the page before.
    skip : int
        How many of that very moment were shown already.
    """
    query = select(leads.c.id, leads.c.created_at).where(leads.c.lead_id == lead_id)
    lead = connection.execute(query).one_or_none()
    if lead is None:
        return []
    found = [Happened(lead.created_at, "created", {}, lead.created_at)]
    found += [*_handoffs(connection, lead_id), *_words(connection, lead_id)]
    for name in _TABLES:
        found += _events(connection, name, lead.id, most + skip, until)
    earlier = [one for one in found if until is None or one.at <= until]
    # Sorting keeps what is of one kind and moment in the order of its table, on every page alike.
    ordered = sorted(earlier, key=lambda one: (-one.at, _ORDER[one.kind]))
    return ordered[skip : skip + most]


def _events(connection: Connection, name: str, lead: int, most: int, until: int | None) -> Iterator[Happened]:
    table = EVENTS[name]
    columns = (table.c[column] for column in CONTRACTS[name].content)
    order = (table.c.occurred_at.desc(), table.c.recorded_at.desc(), table.c.key, table.c.n)
    query = select(table.c.occurred_at, table.c.recorded_at, table.c.event_id, *columns)
    query = query.where(table.c.lead == lead).order_by(*order).limit(most)
    if until is not None:
        query = query.where(table.c.occurred_at <= until)
    for row in connection.execute(query).mappings():
        yield Happened(row["occurred_at"], _TABLES[name], dict(row), row["recorded_at"])


def _handoffs(connection: Connection, lead_id: str) -> Iterator[Happened]:
    for row in read_handoffs(connection, lead_id=lead_id, most=_MOST_HANDOFFS):
        content = {"number": row.id, "rep": row.rep, "likelihood": row.likelihood, "action": row.action}
        yield Happened(row.handed_at, "handoff", content | {"policy": row.policy}, row.handed_at)
        if row.decided_at is not None:
            said = {"state": row.state, "by": row.decided_by, "reason": row.reason}
            yield Happened(row.decided_at, "answer", said, row.decided_at)


def _words(connection: Connection, lead_id: str) -> Iterator[Happened]:
    for row in overrides_of(connection, lead_id):
        content = {
            "field": row.field, "value": row.value, "model_value": row.model_value, "author": row.author,
            "reason": row.reason, "expires_at": row.expires_at,
        }  # fmt: skip
        yield Happened(row.made_at, "override", content, row.made_at)
        if row.ended_at is not None:
            yield Happened(row.ended_at, "taken back", content, row.ended_at)
