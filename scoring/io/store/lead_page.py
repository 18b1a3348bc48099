"""All that is kept of one lead: what it is now, what happened to it, what it was scored; and forgetting it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select

from scoring.contract import CONTRACTS, to_seconds
from scoring.io.store.facts import last_changes
from scoring.io.store.kept import drop_kept_of
from scoring.io.store.scores import ScoreRow, erase_scores, of_lead, score_history, scores_since
from scoring.io.store.tables import EVENTS, backtest, handoffs, leads, overrides, queue, scores
from scoring.trend import DAY, WINDOW_DAYS, Scored

MOST_SHOWN = 200
SHOWN = ("changes", "activities", "touches", "outcomes", "assignments")


@dataclass(frozen=True, slots=True)
class LeadPage:
    """A lead and its history.

    Parameters
    ----------
    lead_id : str
        The lead.
    created_at : float
        When it was created, in seconds since 1970 UTC.
    properties : mapping of str to str
        Its properties as they are now.
    events : mapping of str to list of mapping
        By table, the newest events first, at most 200; times in seconds since 1970 UTC.
    scores : list of ScoreRow
        What it was scored, the newest first, at most 200.
    recent : mapping of str to list of Scored
        By target, what the champions said of it lately.
    counts : mapping of str to int
        By table, how many there are in all.
    """

    lead_id: str
    created_at: float
    properties: Mapping[str, str]
    events: Mapping[str, list[dict[str, Any]]]
    scores: list[ScoreRow]
    recent: Mapping[str, list[Scored]]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was kept of a lead until it was forgotten.

    Parameters
    ----------
    leads, events, scores, predictions : int
        Rows of each kind that are gone; predictions are those on which a model was tested.
    """

    leads: int
    events: int
    scores: int
    predictions: int

    @property
    def anything(self) -> bool:
        """Whether there was anything."""
        return any((self.leads, self.events, self.scores, self.predictions))


def read_page(
    connection: Connection, lead_id: str, now: float, *, challengers: bool = False
) -> LeadPage | None:
    """All that is kept of a lead; None where it is not known.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The lead.
    now : float
        The end of the days that a trend is read from, in seconds since 1970 UTC.
    challengers : bool
        Whether to give those scores too that a challenger said beside the champion.
    """
    query = select(leads.c.id, leads.c.created_at, leads.c.properties).where(leads.c.lead_id == lead_id)
    found = connection.execute(query).one_or_none()
    if found is None:
        return None
    last = {name: value for name, (value, _) in last_changes(connection, found.id).items()}
    properties = {name: value for name, value in {**found.properties, **last}.items() if value is not None}
    events = {name: _newest(connection, EVENTS[name], found.id) for name in SHOWN}
    counts = {name: _count(connection, EVENTS[name], EVENTS[name].c.lead == found.id) for name in SHOWN}
    counts["scores"] = _count(connection, scores, of_lead(lead_id, challengers=challengers))
    return LeadPage(
        lead_id=lead_id,
        created_at=to_seconds(found.created_at),
        properties=properties,
        events=events,
        scores=score_history(connection, lead_id, most=MOST_SHOWN, challengers=challengers),
        recent=scores_since(connection, lead_id, now - WINDOW_DAYS * DAY),
        counts=counts,
    )


def _newest(connection: Connection, table: Table, lead: int) -> list[dict[str, Any]]:
    content = (table.c[name] for name in CONTRACTS[table.name].content)
    columns = (table.c.occurred_at, table.c.recorded_at, *content, table.c.event_id)
    order = (table.c.occurred_at.desc(), table.c.recorded_at.desc(), table.c.key, table.c.n)
    query = select(*columns).where(table.c.lead == lead).order_by(*order).limit(MOST_SHOWN)
    return [_in_seconds(dict(row)) for row in connection.execute(query).mappings()]


def _in_seconds(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "occurred_at": to_seconds(row["occurred_at"]),
        "recorded_at": to_seconds(row["recorded_at"]),
    }


def _count(connection: Connection, table: Table, of: Any) -> int:
    return connection.scalar(select(func.count()).select_from(table).where(of)) or 0


def forget(connection: Connection, lead_id: str) -> Forgotten:
    """Erase a lead with all that is kept of it.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    lead_id : str
        The lead.
    """
    row = connection.scalar(select(leads.c.id).where(leads.c.lead_id == lead_id))
    events = 0
    if row is not None:
        for table in (queue, handoffs, overrides):
            connection.execute(delete(table).where(table.c.lead == row))
        for table in EVENTS.values():
            events += connection.execute(delete(table).where(table.c.lead == row)).rowcount
        connection.execute(delete(leads).where(leads.c.id == row))
    drop_kept_of(connection, lead_id)
    return Forgotten(
        leads=int(row is not None),
        events=events,
        scores=erase_scores(connection, lead_id),
        predictions=connection.execute(delete(backtest).where(backtest.c.lead_id == lead_id)).rowcount,
    )
