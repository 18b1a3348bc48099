"""What marketing handed to sales, and what sales said of it: each step is an outcome of the lead as well."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Literal

from sqlalchemy import Connection, Select, func, insert, select, update

from scoring.contract import ASSIGNMENTS, OUTCOMES
from scoring.io.store.facts import Told, add_events
from scoring.io.store.tables import handoffs, leads

State = Literal["pending", "accepted", "rejected"]
Action = Literal["hand_over", "explore"]
# What is told by LeadLoop itself is known by the ids of its events, and what no human decided by this beginning.
SOURCE: Final = "leadloop"
BY_RULE: Final = f"{SOURCE}:auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """A lead that was handed over; times in microseconds since 1970 UTC.

    Parameters
    ----------
    id : int
        Its number.
    lead_id : str
        The lead.
    policy : int
        The version of the rule that handed it over.
    action : {"hand_over", "explore"}
        Whether the rule handed it over, or it was drawn from those below the threshold.
    likelihood : float or None
        What the model said then.
    drawn : float
        With what probability it was drawn; 1 where the rule handed it over.
    handed_at : int
        When.
    rep : str or None
        To whom.
    state : {"pending", "accepted", "rejected"}
        What sales said.
    decided_at, decided_by, reason : int, str, str, each or None
        When, who and why.
    recycle_at : int or None
        From when on a rejected lead may come back.
    """

    id: int
    lead_id: str
    policy: int
    action: Action
    likelihood: float | None
    drawn: float
    handed_at: int
    rep: str | None
    state: State
    decided_at: int | None = None
    decided_by: str | None = None
    reason: str | None = None
    recycle_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHandoff:
    """A lead to hand over.

    Parameters
    ----------
    lead_id, policy, action, likelihood, drawn, rep
        As in :class:`Handoff`.
    assign : bool
        Whether the rep is new to the lead.
    """

    lead_id: str
    policy: int
    action: Action
    likelihood: float | None
    drawn: float
    rep: str | None
    assign: bool = False


def write_handoffs(connection: Connection, rows: Sequence[NewHandoff], now: int) -> list[int]:
    """Hand leads over: each becomes an *mql*, and is assigned where its rep is new; give their numbers.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    rows : sequence of NewHandoff
        The leads; all of them are known.
    now : int
        Microseconds since 1970 UTC.
    """
    if not rows:
        return []
    places = _places(connection, [row.lead_id for row in rows])
    values = [
        {
            "lead": places[row.lead_id], "policy": row.policy, "action": row.action,
            "likelihood": row.likelihood, "drawn": row.drawn, "handed_at": now, "rep": row.rep,
            "state": "pending",
        }
        for row in rows
    ]  # fmt: skip
    made = insert(handoffs).returning(handoffs.c.id, sort_by_parameter_order=True)
    numbers = list(connection.scalars(made, values))
    named = list(zip(rows, numbers, strict=True))
    told = [_stage(row.lead_id, "mql", n, now, rep=row.rep, source=BY_RULE) for row, n in named]
    add_events(connection, OUTCOMES, told)
    given = [
        Told(row.lead_id, now, now, True, f"{SOURCE}:assignment:{number}", (row.rep,))
        for row, number in named
        if row.assign and row.rep is not None
    ]
    add_events(connection, ASSIGNMENTS, given)
    return numbers


def settle_handoff(
    connection: Connection,
    number: int,
    state: Literal["accepted", "rejected"],
    *,
    by: str,
    now: int,
    reason: str | None = None,
    recycle_at: int | None = None,
    silent: bool = False,
) -> bool:
    """Keep what sales says of a handoff that nobody answered yet; False where somebody did.

    An acceptance makes the lead a *sal*, a rejection *recycled*, or *disqualified* where it may not come back.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    number : int
        The handoff.
    state : {"accepted", "rejected"}
        What sales says.
    by : str
        Who says it.
    now : int
        Microseconds since 1970 UTC.
    reason : str, optional
        Why it is rejected.
    recycle_at : int, optional
        From when on a rejected lead may come back.
    silent : bool
        Whether nobody said so, and time alone decided.
    """
    settled = (
        update(handoffs)
        .where(handoffs.c.id == number, handoffs.c.state == "pending")
        .values(state=state, decided_at=now, decided_by=by, reason=reason, recycle_at=recycle_at)
    )
    if not connection.execute(settled).rowcount:
        return False
    row = read_handoff(connection, number)
    assert row is not None
    stage = "sal" if state == "accepted" else "disqualified" if recycle_at is None else "recycled"
    source = BY_RULE if silent else SOURCE
    told = _stage(row.lead_id, stage, number, now, reason=reason, rep=row.rep, source=source)
    add_events(connection, OUTCOMES, [told])
    return True


def without_rep(connection: Connection) -> list[Handoff]:
    """Handoffs that nobody had room for, the oldest first; those that were rejected are no longer among them."""
    query = _query().where(handoffs.c.rep.is_(None), handoffs.c.state != "rejected")
    return _read(connection, query.order_by(handoffs.c.id))


def give(connection: Connection, row: Handoff, rep: str, now: int) -> None:
    """Give a lead that nobody had room for to a rep.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    row : Handoff
        Of :func:`without_rep`.
    rep : str
        Who gets it.
    now : int
        Microseconds since 1970 UTC.
    """
    connection.execute(update(handoffs).where(handoffs.c.id == row.id).values(rep=rep))
    told = Told(row.lead_id, now, now, True, f"{SOURCE}:assignment:{row.id}", (rep,))
    add_events(connection, ASSIGNMENTS, [told])


def read_handoff(connection: Connection, number: int) -> Handoff | None:
    """A handoff by its number; None where there is none."""
    return next(iter(_read(connection, _query().where(handoffs.c.id == number))), None)


def read_handoffs(
    connection: Connection,
    *,
    state: State | None = None,
    rep: str | None = None,
    lead_id: str | None = None,
    before: int | None = None,
    most: int = 200,
) -> list[Handoff]:
    """The newest handoffs.

    Parameters
    ----------
    connection : Connection
        Any.
    state, rep, lead_id : str, optional
        Only those.
    before : int, optional
        Only those with a smaller number: the next page.
    most : int
        At most so many.
    """
    query = _query().order_by(handoffs.c.id.desc()).limit(most)
    if state is not None:
        query = query.where(handoffs.c.state == state)
    if rep is not None:
        query = query.where(handoffs.c.rep == rep)
    if lead_id is not None:
        query = query.where(leads.c.lead_id == lead_id)
    if before is not None:
        query = query.where(handoffs.c.id < before)
    return _read(connection, query)


def unanswered(connection: Connection) -> list[Handoff]:
    """All handoffs that nobody answered yet, the oldest first."""
    return _read(connection, _query().where(handoffs.c.state == "pending").order_by(handoffs.c.handed_at))


def last_handoffs(connection: Connection) -> dict[str, Handoff]:
    """The last handoff of each lead that ever had one."""
    newest = select(func.max(handoffs.c.id)).group_by(handoffs.c.lead)
    return {row.lead_id: row for row in _read(connection, _query().where(handoffs.c.id.in_(newest)))}


def newest_number(connection: Connection) -> int:
    """The number of the newest handoff; 0 where there is none."""
    return int(connection.scalar(select(func.max(handoffs.c.id))) or 0)


def handed_since(connection: Connection, since: int) -> dict[tuple[str | None, str], tuple[int, int]]:
    """By rep and action, how many leads were handed over since a time, and when the last one was."""
    columns = (handoffs.c.rep, handoffs.c.action, func.count(), func.max(handoffs.c.handed_at))
    query = select(*columns).where(handoffs.c.handed_at >= since).group_by(handoffs.c.rep, handoffs.c.action)
    return {(rep, action): (count, last) for rep, action, count, last in connection.execute(query)}


def acceptance(connection: Connection, since: int | None = None) -> Mapping[str, int]:
    """How many handoffs there are in each state."""
    query = select(handoffs.c.state, func.count()).group_by(handoffs.c.state)
    if since is not None:
        query = query.where(handoffs.c.handed_at >= since)
    return {state: count for state, count in connection.execute(query)}  # noqa: C416 - rows, not pairs


def rejections(connection: Connection, since: int | None = None) -> list[tuple[str, int]]:
    """Why sales rejected leads, the most frequent reason first."""
    query = select(handoffs.c.reason, func.count()).where(handoffs.c.state == "rejected")
    if since is not None:
        query = query.where(handoffs.c.handed_at >= since)
    ordered = query.group_by(handoffs.c.reason).order_by(func.count().desc(), handoffs.c.reason)
    return [(reason, count) for reason, count in connection.execute(ordered)]


def _stage(
    lead_id: str,
    stage: str,
    number: int,
    now: int,
    *,
    source: str,
    reason: str | None = None,
    rep: str | None = None,
) -> Told:
    return Told(lead_id, now, now, True, f"{source}:{stage}:{number}", (stage, None, None, reason, rep))


def _query() -> Select[Any]:
    own = [handoffs.c[field.name] for field in fields(Handoff) if field.name != "lead_id"]
    return select(leads.c.lead_id, *own).join(leads, leads.c.id == handoffs.c.lead)


def _read(connection: Connection, query: Select[Any]) -> list[Handoff]:
    return [Handoff(**row) for row in connection.execute(query).mappings()]


def _places(connection: Connection, lead_ids: Iterable[str]) -> dict[str, int]:
    """The row of each lead."""
    wanted = list(lead_ids)
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        query = select(leads.c.lead_id, leads.c.id).where(leads.c.lead_id.in_(some))
        found |= {lead_id: row for lead_id, row in connection.execute(query)}  # noqa: C416 - rows, not pairs
    return found
