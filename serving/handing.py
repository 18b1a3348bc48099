"""The handing over: what the policy in force says of the open leads, within what sales can take this month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.assignment import NOBODY, assign
from scoring.contract import to_micros, to_seconds
from scoring.event_forms import Looks
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.handoffs import (
    Action,
    Handoff,
    NewHandoff,
    give,
    handed_since,
    last_handoffs,
    newest_number,
    settle_handoff,
    unanswered,
    without_rep,
    write_handoffs,
)
from scoring.io.store.overrides import Override, holding
from scoring.leads import ledger_features
from scoring.ledger import Ledger
from scoring.owners import owners
from scoring.policy import ACTIONS, Policy, decide_all, probability_of
from scoring.scorecard import Scorecard
from scoring.stages import RECYCLED, STAGES
from serving.answers import DECIMALS
from serving.office import office_of
from serving.open_leads import open_leads
from serving.reps import Handed, capacity, month_start, rooms

HAND_OVER: Final = "hand_over"
EXPLORE: Final = "explore"
SILENCE = "silence"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What a run of the handing over did.

    Parameters
    ----------
    policy : int
        The version in force.
    handed, explored : int
        Leads handed over by the rule, and leads drawn from those below the threshold.
    waiting : int
        Leads that the rule would hand over, for which nobody has room this month.
    """

    policy: int
    handed: int
    explored: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """A lead to hand over.

    Parameters
    ----------
    lead : int
        Its position in the ledger.
    action : str
        ``hand_over`` or ``explore``.
    likelihood : float
        What the model says; NaN where it says nothing.
    drawn : float
        With what probability it was drawn.
    """

    lead: int
    action: Action
    likelihood: float
    drawn: float


def hand_over(store: Store, settings: Sections, now: datetime) -> HandedOver | None:
    """Hand over what is due; None where no policy is in force, or no model to decide by.

    Parameters
    ----------
    store : Store
        Where leads, policy and handoffs are.
    settings : Sections
        The reps and their capacity.
    now : datetime
        With an offset.
    """
    policy = store.policy()
    if policy is None or not store.champions(policy.target):
        return None
    champion = store.champion(policy.target)
    assert champion is not None
    give_to_reps(store, settings, now)
    card = Scorecard.from_json(champion.scorecard)
    ledger = store.ledger().known_at(now.timestamp())
    at = to_micros(now.timestamp())
    with reading(store.engine) as connection:
        newest, before = newest_number(connection), last_handoffs(connection)
        said = holding(connection, at, "decision")
        handed = handed_since(connection, month_start(now, settings.time.zone))
    lead = waiting_leads(ledger, policy.target, now.timestamp(), before)
    chosen, waiting = _chosen(policy, card, ledger, lead, now, said, settings, handed)
    rows = _with_reps(chosen, policy, ledger, settings, handed, now)
    with writing(store.engine) as connection:
        # Somebody else handed over meanwhile: what is due was done, and what is left is due the next time.
        if newest_number(connection) != newest:
            return HandedOver(policy.version, 0, 0, waiting)
        write_handoffs(connection, rows, at)
    explored = sum(one.action == EXPLORE for one in chosen)
    return HandedOver(policy.version, len(chosen) - explored, explored, waiting)


def give_to_reps(store: Store, settings: Sections, now: datetime) -> int:
    """Give leads that were handed over to nobody to whoever has room by now, and say how many.

    Parameters
    ----------
    store, settings, now
        As in :func:`hand_over`.
    """
    at = to_micros(now.timestamp())
    with writing(store.engine) as connection:
        waiting = without_rep(connection)
        present = rooms(settings, handed_since(connection, month_start(now, settings.time.zone)), now)
        turns = assign(len(waiting), present).tolist() if waiting else []
        for row, place in zip(waiting, turns, strict=True):
            if place != NOBODY:
                give(connection, row, present[place].name, at)
    return sum(place != NOBODY for place in turns)


def waiting_leads(
    ledger: Ledger, target: str, now: float, before: Mapping[str, Handoff]
) -> npt.NDArray[np.intp]:
    """The open leads that nobody in sales has yet: new ones, and recycled ones whose time has come.

    Parameters
    ----------
    ledger : Ledger
        What is known now.
    target : str
        A lead that has reached it is not open.
    now : float
        Seconds since 1970 UTC.
    before : mapping of str to Handoff
        The last handoff of each lead.
    """
    lead = open_leads(ledger, target, now)
    stage = Looks(ledger, lead, np.full(len(lead), now)).stage
    free = np.array([level in (STAGES[0], RECYCLED) for level in stage.levels] + [True])[stage.codes]
    names, stages = ledger.lead_id[lead].tolist(), stage.to_list()
    back = np.array(
        [_may_come(before.get(name), level, now) for name, level in zip(names, stages, strict=True)],
        dtype=bool,
    )
    return np.asarray(lead[free & back])


def _may_come(last: Handoff | None, stage: str | None, now: float) -> bool:
    """Whether a lead was never handed over, or has come back: sales gave it back, or its time has come."""
    if last is None or (last.state == "accepted" and stage == RECYCLED):
        return True
    return last.state == "rejected" and last.recycle_at is not None and last.recycle_at <= to_micros(now)


def _chosen(
    policy: Policy,
    card: Scorecard,
    ledger: Ledger,
    lead: npt.NDArray[np.intp],
    now: datetime,
    said: Mapping[str, Override],
    settings: Sections,
    handed: Handed,
) -> tuple[list[Chosen], int]:
    """Whom to hand over, the likeliest first, and for how many there is no room."""
    features, errors = ledger_features(card, ledger, lead, np.full(len(lead), now.timestamp()))
    likelihood = card.score_columns(features, errors, len(lead)).likelihood
    names = ledger.lead_id[lead].tolist()
    decided = [ACTIONS[code] for code in decide_all(policy, likelihood, names).tolist()]
    actions = [
        said[name].value if name in said else action for name, action in zip(names, decided, strict=True)
    ]
    wanted, drawn = (
        [at for at, action in enumerate(actions) if action == one] for one in (HAND_OVER, EXPLORE)
    )
    wanted.sort(key=lambda at: (-np.nan_to_num(likelihood[at], nan=-1.0), names[at]))
    since = _draws_since(policy, now, settings)
    drawn = [at for at in drawn if ledger.created[lead[at]] >= since]
    room, for_draws = _room(policy, capacity(settings), handed)
    main, extra = wanted[:room], drawn[:for_draws]
    chance = probability_of(EXPLORE, policy)
    found = [Chosen(int(lead[at]), HAND_OVER, float(likelihood[at]), 1.0) for at in main]
    found += [Chosen(int(lead[at]), EXPLORE, float(likelihood[at]), chance) for at in extra]
    return found, len(wanted) - len(main)


def _draws_since(policy: Policy, now: datetime, settings: Sections) -> float:
    """From when on leads must have come to be drawn, in seconds since 1970 UTC.

    The chance of a draw is that of a month's new leads.  Drawn from all that are open, those left over from before
    would fill the month's share at once, and nobody would learn anything of new ones.
    """
    month = to_seconds(month_start(now, settings.time.zone))
    return month if policy.published_at is None else max(month, policy.published_at.timestamp())


def _room(policy: Policy, most: int | None, handed: Handed) -> tuple[int | None, int | None]:
    """What still fits this month: by the rule, and of leads that were drawn."""
    done: dict[str, int] = {HAND_OVER: 0, EXPLORE: 0}
    for (_, action), (count, _) in handed.items():
        done[action] += count
    limits = [limit for limit in (most, policy.per_month) if limit is not None]
    if not limits:
        return None, None
    whole = min(limits)
    for_draws = round(policy.explore * whole)
    return max(whole - for_draws - done[HAND_OVER], 0), max(for_draws - done[EXPLORE], 0)


def _with_reps(
    chosen: Sequence[Chosen],
    policy: Policy,
    ledger: Ledger,
    settings: Sections,
    handed: Handed,
    now: datetime,
) -> list[NewHandoff]:
    """Give each lead to its owner, where that is a rep who is there and has room, else by capacity and turn."""
    present = rooms(settings, handed, now)
    kept = _owners(ledger, [one.lead for one in chosen], {room.name: room.left for room in present})
    taken = Counter(kept)
    free = [replace(room, given=room.given + taken[room.name]) for room in present]
    turn = iter(assign(taken[None], free).tolist())
    rows = []
    for one, owner in zip(chosen, kept, strict=True):
        place = NOBODY if owner is not None else next(turn)
        rep = owner if owner is not None else None if place == NOBODY else free[place].name
        likelihood = None if np.isnan(one.likelihood) else round(one.likelihood, DECIMALS)
        rows.append(
            NewHandoff(
                lead_id=ledger.lead_id[one.lead], policy=policy.version, action=one.action,
                likelihood=likelihood, drawn=one.drawn, rep=rep, assign=owner is None,
            )
        )  # fmt: skip
    return rows


def _owners(ledger: Ledger, lead: Sequence[int], left: dict[str, int]) -> list[str | None]:
    """Who has each lead already; None where nobody has, or whoever has is not there or has no room left."""
    held = owners(ledger).rep
    found: list[str | None] = []
    for at in lead:
        code = int(held.codes[at])
        name = held.levels[code] if code >= 0 else None
        if name is not None and left.get(name, 0) > 0:
            left[name] -= 1
            found.append(name)
        else:
            found.append(None)
    return found


def accept_silent(store: Store, settings: Sections, now: datetime) -> int:
    """Take handoffs that nobody answered in time as accepted, and say how many.

    Parameters
    ----------
    store : Store
        Where handoffs are.
    settings : Sections
        The business hours within which sales answers.
    now : datetime
        With an offset.
    """
    with reading(store.engine) as connection:
        open_ = unanswered(connection)
    if not open_:
        return 0
    office = office_of(settings, to_seconds(open_[0].handed_at), now.timestamp())
    hours = settings.sla.accept_hours
    due = [one for one in open_ if office.add(to_seconds(one.handed_at), hours) <= now.timestamp()]
    at = to_micros(now.timestamp())
    with writing(store.engine) as connection:
        return sum(
            settle_handoff(connection, one.id, "accepted", by=SILENCE, now=at, silent=True) for one in due
        )
