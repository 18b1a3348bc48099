"""The queue kept up to date: who is owed what, in which order; for all leads at once, or for one just touched."""

from __future__ import annotations

import os
import socket
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from math import isnan, nan
from threading import get_ident
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from scoring.call_times import Slot, best_times
from scoring.contract import OUTCOMES, TOUCHES, Contract, to_micros, to_seconds
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.facts import Told
from scoring.io.store.handoffs import Handoff, last_handoffs
from scoring.io.store.queue import NEVER, QueueRow, count_queue, read_row, renew_clocks, take_out, write_queue
from scoring.io.store.tables import leads, touches
from scoring.io.store.tasks import claim, release, state_of
from scoring.ledger import Ledger
from scoring.owners import Owners, owners
from scoring.readiness import first_alike
from scoring.scorecard import GRADES, Scorecard
from scoring.sla import ClocksOfMany, clocks, clocks_of_one
from scoring.sla_span import ENDS, of_leads
from scoring.value import WON
from serving.answers import DECIMALS
from serving.office import office_of, promise_of
from serving.open_leads import Reason, open_leads, reasons_of_leads, score_leads, worth_of_leads
from serving.promises import both_sides
from serving.worth import Worth

SHOWN_REASONS = 3
QUEUE = "queue"
LEASE = timedelta(minutes=10)
AT_ONCE = timedelta(0)
Places = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Worked:
    """Open leads that somebody works on.

    Parameters
    ----------
    lead : array of int, shape (n_leads,)
        Their positions in the ledger.
    since : array of float, shape (n_leads,)
        When their clocks began, seconds since 1970 UTC.
    handoff : list of (Handoff or None)
        What brought each.
    """

    lead: Places
    since: Floats
    handoff: list[Handoff | None]


@dataclass(frozen=True, slots=True)
class Said:
    """What the models say of leads, an entry each.

    Parameters
    ----------
    version : str or None
        The model.
    likelihood, value : array of float
        NaN where it is not known.
    score, grade : array of int
        -1 where there is none.
    reasons : list of list
        Why.
    """

    version: str | None
    likelihood: Floats
    value: Floats
    score: npt.NDArray[np.int16]
    grade: npt.NDArray[np.int8]
    reasons: list[list[Reason]]


def refresh_queue(store: Store, settings: Sections, now: datetime, every: timedelta = AT_ONCE) -> int:
    """Make the queue anew from all that is known, and say how many leads wait.

    In the queue are the open leads that were handed over and not rejected; where nothing was ever handed over, those
    that have an owner.

    Parameters
    ----------
    store : Store
        Where leads, models and handoffs are.
    settings : Sections
        What sales has promised, and when the office is open.
    now : datetime
        With an offset.
    every : timedelta
        A queue that is no older than this stays as it is, and so does one that somebody else is making.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{get_ident()}"
    with writing(store.engine) as connection:
        if not claim(connection, QUEUE, holder, now, every, LEASE):
            return count_queue(connection)
    rows, state = _made(store, settings, now.timestamp())
    with writing(store.engine) as connection:
        write_queue(connection, rows)
        release(connection, QUEUE, holder, now, state, done=True)
    return len(rows)


def _made(store: Store, settings: Sections, now: float) -> tuple[list[QueueRow], dict[str, Any]]:
    """The rows of the queue, and what is said beside it: call times, and how both sides kept their word."""
    ledger = store.ledger().known_at(now)
    with reading(store.engine) as connection:
        handed = last_handoffs(connection)
    held = owners(ledger)
    worked = _worked(ledger, held, handed, now)
    said = _said(store, settings, ledger, worked.lead, now)
    office = office_of(settings, min((*worked.since.tolist(), now)), now)
    told = clocks(
        promise_of(settings), office, worked.since,
        of_leads(ledger.touches, worked.lead, len(ledger)), of_leads(held.given, worked.lead, len(ledger)),
        np.full(len(worked.lead), nan), now,
    )  # fmt: skip
    reps = held.rep.to_list()
    board = _Board(ledger, now, worked, [reps[at] for at in worked.lead.tolist()], said, told)
    slots = best_times(ledger.touches, settings.time.zone)
    promises = both_sides(ledger, held, handed, settings, office, now)
    return board.rows(), {"call_times": [asdict(slot) for slot in slots], "promises": promises}


def call_times(connection: Connection) -> list[Slot]:
    """The hours at which calls reach people, as they were when the queue was made; none where too little is known."""
    return [Slot(**slot) for slot in state_of(connection, QUEUE).get("call_times", [])]


def promises(connection: Connection) -> dict[str, Any] | None:
    """What :func:`serving.promises.both_sides` said when the queue was made; None where it never was."""
    found: dict[str, Any] | None = state_of(connection, QUEUE).get("promises")
    return found


def _worked(ledger: Ledger, held: Owners, handed: dict[str, Handoff], now: float) -> Worked:
    lead = open_leads(ledger, WON, now)
    names = ledger.lead_id[lead].tolist()
    if handed:
        found = [handed.get(name) for name in names]
        mine = np.array([one is not None and one.state != "rejected" for one in found], dtype=bool)
        kept = [one for one, own in zip(found, mine, strict=True) if own]
        since = np.array([to_seconds(one.handed_at) for one in kept if one is not None])
        return Worked(lead[mine], since, kept)
    mine = held.rep.codes[lead] >= 0
    return Worked(lead[mine], ledger.created[lead[mine]], [None] * int(mine.sum()))


def _said(store: Store, settings: Sections, ledger: Ledger, lead: Places, now: float) -> Said:
    """By the champion of the primary target, and that of *won* for what leads are worth."""
    champion = store.champion(settings.primary) if store.champions(settings.primary) else None
    none = np.full(len(lead), np.nan)
    if champion is None:
        void = np.full(len(lead), -1)
        return Said(
            None,
            none,
            none.copy(),
            void.astype(np.int16),
            void.astype(np.int8),
            [[] for _ in range(len(lead))],
        )
    card = Scorecard.from_json(champion.scorecard)
    features, scores = score_leads(card, ledger, lead, now)
    won = store.champion(WON) if store.champions(WON) else None
    wins = card if won is None or settings.primary == WON else Scorecard.from_json(won.scorecard)
    worth = None if won is None else Worth.of(wins, settings.value)
    value, _ = worth_of_leads(worth, card, ledger, lead, now, scores)
    reasons = reasons_of_leads(card, features, scores, SHOWN_REASONS)
    return Said(
        champion.version,
        scores.likelihood,
        none if value is None else value,
        scores.score,
        scores.grade,
        reasons,
    )


@dataclass(frozen=True, slots=True)
class _Board:
    """All that rows of the queue are made of; the last four have an entry for each lead that is worked."""

    ledger: Ledger
    now: float
    worked: Worked
    owner: list[str | None]
    said: Said
    told: ClocksOfMany

    def rows(self) -> list[QueueRow]:
        """Rows in order, leads with the same address or number as one."""
        place, lead = self._place(), self.worked.lead
        order = np.lexsort((lead, np.nan_to_num(self.told.due_at, nan=np.inf), place))
        first = first_alike(self.ledger, lead[order])
        ordered = list(zip(order.tolist(), first.tolist(), strict=True))
        others: dict[int, list[str]] = defaultdict(list)
        for at, one in ordered:
            if one >= 0:
                others[one].append(str(self.ledger.lead_id[lead[at]]))
        return [
            self._row(at, float(place[at]), others.get(int(lead[at]), [])) for at, one in ordered if one < 0
        ]

    def _place(self) -> Floats:
        """The worth goes before; of leads whose worth is not known the likelier comes first, after all others."""
        value, likelihood = self.said.value, self.said.likelihood
        by_score = 2 - self.said.score / 100
        unknown = np.where(np.isnan(likelihood), by_score, 1 - np.nan_to_num(likelihood))
        return np.where(np.isnan(value), unknown, -np.round(value, 2))

    def _row(self, at: int, place: float, others: list[str]) -> QueueRow:
        lead, handoff = int(self.worked.lead[at]), self.worked.handoff[at]
        owner, said, told = self.owner[at], self.said, self.told
        scored = said.score[at] >= 0
        return QueueRow(
            lead_id=str(self.ledger.lead_id[lead]),
            rep=handoff.rep if owner is None and handoff is not None else owner,
            handoff=None if handoff is None else handoff.id,
            place=place,
            likelihood=_known(said.likelihood[at], DECIMALS),
            value=_known(said.value[at], 2),
            score=int(said.score[at]) if scored else None,
            grade=GRADES[int(said.grade[at])] if scored else None,
            version=said.version if scored else None,
            scored_at=to_micros(self.now) if scored else None,
            reasons=tuple(said.reasons[at]),
            others=tuple(others),
            since=to_micros(float(self.worked.since[at])),
            assigned_at=_micros(told.assigned_at[at]),
            first_touch_due=to_micros(float(told.first_touch.due[at])),
            first_touch_at=_micros(told.first_touch.at[at]),
            touches=int(told.count[at]),
            touches_due=to_micros(float(told.touches.due[at])),
            warn_at=_micros(told.warn_at[at]) or NEVER,
            due_at=_micros(told.due_at[at]) or NEVER,
        )


def _known(number: float, digits: int) -> float | None:
    return None if isnan(number) else round(float(number), digits)


def _micros(seconds: float) -> int | None:
    return None if isnan(seconds) else to_micros(float(seconds))


def lead_was_touched(connection: Connection, lead_id: str, settings: Sections, now: float) -> None:
    """Bring the clocks of a lead in the queue up to date after a touch.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that kept the touch.
    lead_id : str
        The lead.
    settings : Sections
        What sales has promised.
    now : float
        Seconds since 1970 UTC.
    """
    row = read_row(connection, lead_id)
    if row is None:
        return
    since = to_seconds(row.since)
    query = (
        select(touches.c.occurred_at, touches.c.recorded_at, touches.c.automatic)
        .join(leads, leads.c.id == touches.c.lead)
        .where(leads.c.lead_id == lead_id, touches.c.occurred_at >= row.since)
        .order_by(touches.c.occurred_at)
    )
    told = [
        (to_seconds(at), to_seconds(known), False, bool(automatic))
        for at, known, automatic in connection.execute(query)
    ]
    said = clocks_of_one(promise_of(settings), office_of(settings, since, now), since, told, [], nan, now)
    renew_clocks(
        connection,
        replace(
            row,
            first_touch_at=_micros(said.first_touch.at),
            touches=int(said.count),
            warn_at=_micros(said.warn_at) or NEVER,
            due_at=_micros(said.due_at) or NEVER,
        ),
    )


def keep_queue(
    connection: Connection, contract: Contract, told: Sequence[Told], settings: Sections, now: float
) -> None:
    """Bring the queue up to date with events that were just kept.

    Parameters
    ----------
    connection : Connection
        Inside the transaction that kept them.
    contract : Contract
        Their table.
    told : sequence of Told
        The events.
    settings : Sections
        What sales has promised.
    now : float
        Seconds since 1970 UTC.
    """
    if contract is TOUCHES:
        for lead_id in dict.fromkeys(one.lead_id for one in told):
            lead_was_touched(connection, lead_id, settings, now)
    if contract is OUTCOMES:
        for one in told:
            if one.content[0] in ENDS:
                take_out(connection, one.lead_id)
