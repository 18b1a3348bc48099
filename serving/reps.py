"""Who is there to take leads today, and how many each can still take this month."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from scoring.assignment import Room
from scoring.contract import to_micros, to_seconds
from scoring.io.sections import Rep, Sections

Handed = Mapping[tuple[str | None, str], tuple[int, int]]


def month_start(now: datetime, zone: str) -> int:
    """When the month began on the clocks of a zone, in microseconds since 1970 UTC."""
    local = now.astimezone(ZoneInfo(zone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return to_micros(first.timestamp())


def is_away(rep: Rep, now: datetime, zone: str) -> bool:
    """Whether a rep is absent on this day.

    Parameters
    ----------
    rep : Rep
        As the team has set it.
    now : datetime
        With an offset.
    zone : str
        Whose calendar says which day it is.
    """
    today = now.astimezone(ZoneInfo(zone)).date().isoformat()
    spans = (period.partition("/") for period in rep.away)
    return any(first <= today <= (last or first) for first, _, last in spans)


def capacity(settings: Sections) -> int | None:
    """Leads that sales takes in a month; None where the team has set no reps.

    Parameters
    ----------
    settings : Sections
        The reps and their capacity.
    """
    each = settings.capacity.leads_per_rep
    if settings.reps:
        return sum(each if rep.leads_per_month is None else rep.leads_per_month for rep in settings.reps)
    return None if settings.capacity.reps is None else settings.capacity.reps * each


def rooms(settings: Sections, handed: Handed, now: datetime) -> list[Room]:
    """The reps that are there today, with what fits.

    Parameters
    ----------
    settings : Sections
        The reps.
    handed : mapping of (rep, action) to (int, int)
        What each was given this month, and when last, in microseconds since 1970 UTC.
    now : datetime
        With an offset.
    """
    found = []
    for rep in settings.reps:
        if is_away(rep, now, settings.time.zone):
            continue
        given = [counted for (name, _), counted in handed.items() if name == rep.name]
        most = settings.capacity.leads_per_rep if rep.leads_per_month is None else rep.leads_per_month
        last = max((to_seconds(at) for _, at in given), default=float("-inf"))
        found.append(Room(rep.name, most, sum(count for count, _ in given), last))
    return found
