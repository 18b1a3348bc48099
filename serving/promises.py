"""How both sides kept their word lately: sales per rep, and marketing against its line of the month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from scoring.business_time import OfficeHours
from scoring.categories import Categories
from scoring.contract import to_seconds
from scoring.dates import DAY
from scoring.io.sections import Sections
from scoring.io.store.handoffs import Handoff
from scoring.ledger import Events, Ledger
from scoring.owners import Owners
from scoring.sla import clocks
from scoring.sla_summary import Kept, leads_owed, sla_overall, sla_summary
from scoring.stages import CLOSING
from scoring.value import WON
from serving.office import promise_of

LOOKED_BACK: Final = 30
ENDS: Final = frozenset({WON, *CLOSING})
Places = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]


def both_sides(
    ledger: Ledger,
    held: Owners,
    handed: Mapping[str, Handoff],
    settings: Sections,
    office: OfficeHours,
    now: float,
) -> dict[str, Any]:
    """How sales kept its promise to the leads of the last thirty days, and marketing the one of this month.

    Parameters
    ----------
    ledger, held : Ledger, Owners
        What is known now, and who has each lead.
    handed : mapping of str to Handoff
        The last handoff of each lead; where there is none at all, clocks begin when leads are created.
    settings : Sections
        The promises.
    office : OfficeHours
        Around the last thirty days and this month.
    now : float
        Seconds since 1970 UTC.

    Returns
    -------
    dict
        ``sales`` (a row per rep), ``overall`` and ``marketing``; JSON-ready.
    """
    lead, since, shut = _recent(ledger, handed, now)
    told = clocks(
        promise_of(settings), office, since, of_leads(ledger.touches, lead, len(ledger)),
        of_leads(held.given, lead, len(ledger)), np.fmin(shut, _ends(ledger, lead, since)), now,
    )  # fmt: skip
    rep = Categories(held.rep.codes[lead], held.rep.levels)
    return {
        "days": LOOKED_BACK,
        "sales": [_shown(one) for one in sla_summary(told, rep)],
        "overall": _shown(sla_overall(told)),
        "marketing": _marketing(ledger, handed, settings, office, now),
    }


def of_leads(events: Events, lead: Places, everyone: int) -> Events:
    """The events of some leads, by their positions among these.

    Parameters
    ----------
    events : Events
        Those of a ledger.
    lead : array of int, shape (n_leads,)
        Positions in the ledger, ascending.
    everyone : int
        Leads of the ledger.
    """
    place = np.full(everyone, -1)
    place[lead] = np.arange(len(lead))
    some = events.take(place[events.lead] >= 0)
    return Events(place[some.lead], some.occurred, some.recorded, some.columns)


def _recent(ledger: Ledger, handed: Mapping[str, Handoff], now: float) -> tuple[Places, Floats, Floats]:
    """The leads whose clocks began lately, when, and when sales turned them down."""
    first = now - LOOKED_BACK * DAY
    if not handed:
        lead = np.flatnonzero((ledger.created >= first) & (ledger.created <= now))
        return lead, ledger.created[lead], np.full(len(lead), np.nan)
    found = [handed.get(name) for name in ledger.lead_id.tolist()]
    kept = [
        (at, one) for at, one in enumerate(found) if one is not None and to_seconds(one.handed_at) >= first
    ]
    lead = np.array([at for at, _ in kept], dtype=np.intp)
    since = np.array([to_seconds(one.handed_at) for _, one in kept])
    turned = [one.decided_at if one.state == "rejected" else None for _, one in kept]
    return lead, since, np.array([np.nan if at is None else to_seconds(at) for at in turned])


def _ends(ledger: Ledger, lead: Places, since: Floats) -> Floats:
    """When each lead was won, lost or disqualified since its clocks began; NaN where it was not."""
    outcomes = of_leads(ledger.outcomes, lead, len(ledger))
    stages = outcomes.category("stage")
    ending = np.array([level in ENDS for level in stages.levels] + [False])[stages.codes]
    rows = np.flatnonzero(ending & (outcomes.occurred >= since[outcomes.lead]))
    which, first = np.unique(outcomes.lead[rows], return_index=True)
    found = np.full(len(lead), np.nan)
    found[which] = outcomes.occurred[rows[first]]
    return found


def _marketing(
    ledger: Ledger, handed: Mapping[str, Handoff], settings: Sections, office: OfficeHours, now: float
) -> dict[str, Any] | None:
    """Marketing's line of the month; None where the team has set no reps."""
    reps = len(settings.reps) or settings.capacity.reps
    if not reps:
        return None
    month = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(settings.time.zone)).date()
    times = [to_seconds(one.handed_at) for one in handed.values()] if handed else ledger.created.tolist()
    owed = leads_owed(month, reps, settings.capacity.leads_per_rep, np.array(times), office, now)
    return {
        "owed": owed.owed,
        "owed_by_now": round(owed.goal_now, 1),
        "handed_over": owed.actual_now,
        "ahead": round(owed.ahead, 1),
        "days": [str(day) for day in owed.day],
        "goal": [round(one, 2) for one in owed.goal.tolist()],
        "actual": [None if one != one else int(one) for one in owed.actual.tolist()],
    }


def _shown(kept: Kept) -> dict[str, Any]:
    shares = {"first_touch_share": kept.first_touch_share, "touches_share": kept.touches_share}
    return {**asdict(kept), **shares}
