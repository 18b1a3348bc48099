"""What a monthly report reads beside the ledger: campaigns, handoffs, and what was said of leads; read as columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, or_, select

from scoring.attribution import CAMPAIGN
from scoring.categories import Categories
from scoring.contract import MICROSECONDS, to_micros, to_seconds
from scoring.io.store.tables import campaigns, handoffs, leads
from scoring.ledger import Events
from scoring.report_answers import Handed
from scoring.report_campaigns import Cost
from scoring.report_missed import SaidBefore
from scoring.scorecard import GRADES

SILENCE: Final = "silence"
AT_ONCE: Final = 500
Floats = npt.NDArray[np.float64]


def read_touched(
    connection: Connection, lead_ids: npt.NDArray[np.object_], since: float, until: float
) -> Events:
    """The activities with a campaign, of leads that were created or won in a span.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_ids : array of str, shape (n_leads,)
        The leads of a ledger, in its order; others are passed over.
    since, until : float
        The span; activities are those known by its end.  Seconds since 1970 UTC.
    """
    first, last = to_micros(since), to_micros(until)
    query = (
        "SELECT leads.lead_id, a.occurred_at, a.recorded_at, a.campaign FROM activities a "
        "JOIN leads ON leads.id = a.lead WHERE a.campaign IS NOT NULL "
        f"AND a.occurred_at <= {last} AND a.recorded_at <= {last} AND a.lead IN ("
        f"SELECT id FROM leads WHERE created_at >= {first} AND created_at <= {last} "
        "UNION SELECT lead FROM outcomes WHERE stage = 'won' "
        f"AND occurred_at >= {first} AND occurred_at <= {last}) ORDER BY a.lead, a.occurred_at, a.key, a.n"
    )
    rows = connection.exec_driver_sql(query).fetchall()
    place = {lead_id: at for at, lead_id in enumerate(lead_ids.tolist())}
    kept = [(place[name], *rest) for name, *rest in rows if name in place]
    lead, occurred, recorded, named = zip(*kept, strict=True) if kept else ((),) * 4
    return Events.of(
        np.array(lead, dtype=np.intp),
        np.array(occurred, dtype=np.int64) / MICROSECONDS,
        np.array(recorded, dtype=np.int64) / MICROSECONDS,
        {CAMPAIGN: Categories.of(np.array([*named, None], dtype=object)[:-1])},
    )


def read_costs(connection: Connection, months: Iterable[str], unnamed: str) -> list[Cost]:
    """What campaigns cost in some months.

    Parameters
    ----------
    connection : Connection
        Any.
    months : iterable of str
        As ``2026-10``.
    unnamed : str
        The currency of costs that name none.
    """
    query = select(campaigns).where(campaigns.c.month.in_(list(months)))
    rows = connection.execute(query.order_by(campaigns.c.campaign, campaigns.c.month)).mappings()
    return [
        Cost(row["campaign"], row["month"], row["cost"], (row["currency"] or unnamed).upper(), row["channel"])
        for row in rows
    ]


def read_handed(connection: Connection, since: float, until: float) -> list[Handed]:
    """What was handed over by a time, or answered since another; as it was known at the end of the span.

    Parameters
    ----------
    connection : Connection
        Any.
    since, until : float
        The span, in seconds since 1970 UTC.
    """
    first, last = to_micros(since), to_micros(until)
    columns = (
        handoffs.c[name] for name in ("handed_at", "state", "decided_at", "decided_by", "reason", "rep")
    )
    lately = or_(handoffs.c.handed_at >= first, handoffs.c.decided_at >= first)
    query = select(leads.c.lead_id, *columns).join(leads, leads.c.id == handoffs.c.lead)
    rows = connection.execute(query.where(handoffs.c.handed_at <= last, lately).order_by(handoffs.c.id))
    return [_handed(row, last) for row in rows]


def _handed(row: Any, last: int) -> Handed:
    """A handoff as it was known: an answer that came later had not come yet."""
    if row.decided_at is None or row.decided_at > last:
        return Handed(row.lead_id, to_seconds(row.handed_at), "pending", rep=row.rep)
    return Handed(
        row.lead_id, to_seconds(row.handed_at), row.state, to_seconds(row.decided_at), row.reason, row.rep,
        row.decided_by == SILENCE,
    )  # fmt: skip


def first_lead(connection: Connection) -> float | None:
    """When the first lead was created, in seconds since 1970 UTC; None where none is known."""
    found = connection.scalar(select(func.min(leads.c.created_at)))
    return None if found is None else to_seconds(found)


def any_handed(connection: Connection, until: float) -> bool:
    """Whether anything was handed over before a time."""
    query = select(handoffs.c.id).where(handoffs.c.handed_at < to_micros(until)).limit(1)
    return connection.scalar(query) is not None


@dataclass(frozen=True, slots=True)
class Logged:
    """Scores of the log, one a lead.

    Parameters
    ----------
    lead_id : tuple of str
        The leads.
    as_of : array of float, shape (n_scores,)
        As of when, in seconds since 1970 UTC.
    grade : array of int, shape (n_scores,)
        0 (A) to 3 (D).
    likelihood : array of float, shape (n_scores,)
        NaN where the model promised nothing.
    fit : tuple of (str or None)
        The letter of the fit.
    versions : tuple of str
        The models that gave them.
    """

    lead_id: tuple[str, ...]
    as_of: Floats
    grade: npt.NDArray[np.intp]
    likelihood: Floats
    fit: tuple[str | None, ...]
    versions: tuple[str, ...]


_SCORE_OF = (
    "SELECT {columns} FROM leads l JOIN scores s ON s.id = (SELECT id FROM scores WHERE lead_id = l.lead_id "
    "AND target = {mark} AND role = 'champion' AND score IS NOT NULL AND as_of {within} "
    "ORDER BY as_of {order}, id {order} LIMIT 1) WHERE {which}"
)
_MARK = {"sqlite": "?", "postgresql": "%s"}


def first_scores(connection: Connection, target: str, since: float, until: float) -> Logged:
    """The first score that each lead was given by a champion, of leads created in a span.

    Parameters
    ----------
    connection : Connection
        Any.
    target : str
        Which stage was scored.
    since, until : float
        The span; scores are those given as of its end at the latest.  Seconds since 1970 UTC.
    """
    query = _SCORE_OF.format(
        columns="l.lead_id, s.as_of, s.grade, s.likelihood, s.label, s.version",
        mark=_MARK[connection.dialect.name],
        within=f"<= {to_micros(until)}",
        order="ASC",
        which=f"l.created_at >= {to_micros(since)} AND l.created_at <= {to_micros(until)} ORDER BY l.id",
    )
    rows = connection.exec_driver_sql(query, (target,)).fetchall()
    lead_id, as_of, grade, likelihood, label, version = zip(*rows, strict=True) if rows else ((),) * 6
    return Logged(
        tuple(lead_id),
        np.array(as_of, dtype=np.int64) / MICROSECONDS,
        np.array([GRADES.index(letter) for letter in grade], dtype=np.intp),
        np.array([np.nan if one is None else one for one in likelihood], dtype=np.float64),
        tuple(None if one is None else one[:1] for one in label),
        tuple(sorted(set(version))),
    )


def last_said(
    connection: Connection, target: str, lead_ids: Sequence[str], before: float, *, newest: bool = True
) -> list[SaidBefore]:
    """The last, or the first, that a champion said of some leads before a time.

    Parameters
    ----------
    connection : Connection
        Any.
    target : str
        Which stage was scored.
    lead_ids : sequence of str
        The leads.
    before : float
        Scores as of an earlier time count; seconds since 1970 UTC.
    newest : bool
        Whether the last one is asked for.
    """
    mark = _MARK[connection.dialect.name]
    found = []
    for start in range(0, len(lead_ids), AT_ONCE):
        some = lead_ids[start : start + AT_ONCE]
        query = _SCORE_OF.format(
            columns="l.lead_id, s.as_of, s.score, s.grade, s.likelihood, CAST(s.reasons AS TEXT)",
            mark=mark,
            within=f"< {to_micros(before)}",
            order="DESC" if newest else "ASC",
            which=f"l.lead_id IN ({', '.join([mark] * len(some))})",
        )
        found += [
            SaidBefore(lead_id, "log", to_seconds(as_of), score, grade, likelihood, json.loads(reasons))
            for lead_id, as_of, score, grade, likelihood, reasons in connection.exec_driver_sql(
                query, (target, *some)
            )
        ]
    return found
