"""How both sides kept their word lately: sales per rep, and marketing against its line of the month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from scoring.business_time import OfficeHours
from scoring.contract import to_seconds
from scoring.dates import DAY
from scoring.io.sections import Sections
from scoring.io.store.handoffs import Handoff
from scoring.ledger import Ledger
from scoring.owners import Owners
from scoring.sla_span import Begun, sales_side
from scoring.sla_summary import Kept, leads_owed
from serving.office import promise_of

LOOKED_BACK: Final = 30


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
    since = now - LOOKED_BACK * DAY
    moments = {name: _begun(one) for name, one in handed.items()}
    begun = Begun.by_handoff(ledger, moments, since, now) if handed else Begun.by_creation(ledger, since, now)
    sales, overall = sales_side(ledger, held, begun, promise_of(settings), office, now)
    return {
        "days": LOOKED_BACK,
        "sales": [_shown(one) for one in sales],
        "overall": _shown(overall),
        "marketing": _marketing(ledger, handed, settings, office, now),
    }


def _begun(one: Handoff) -> tuple[float, float]:
    """When a lead was handed over, and when sales turned it down."""
    turned = one.decided_at if one.state == "rejected" else None
    return to_seconds(one.handed_at), np.nan if turned is None else to_seconds(turned)


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
