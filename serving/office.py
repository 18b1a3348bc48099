"""The office's hours around some moments, wide enough for whatever clocks run in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from scoring.business_time import OfficeHours
from scoring.io.office import office_hours
from scoring.io.sections import Calendar, Sections
from scoring.sla import Promise

MARGIN = timedelta(days=90)


def office_of(settings: Sections, first: float, last: float) -> OfficeHours:
    """When the office is open, from a while before one moment until a while after another.

    Parameters
    ----------
    settings : Sections
        The calendar, and the zone of its clocks.
    first, last : float
        Seconds since 1970 UTC.
    """
    years = (
        (datetime.fromtimestamp(first, UTC) - MARGIN).year,
        (datetime.fromtimestamp(last, UTC) + MARGIN).year,
    )
    return _of_years(settings.calendar, settings.time.zone, *years)


@lru_cache(maxsize=8)
def _of_years(calendar: Calendar, zone: str, first: int, last: int) -> OfficeHours:
    """Of whole years, because looking up holidays takes longer than anything that is asked of them."""
    days = (datetime(first, 1, 1, tzinfo=UTC).date(), datetime(last, 12, 31, tzinfo=UTC).date())
    return office_hours(calendar, zone, *days)


def promise_of(settings: Sections) -> Promise:
    """What sales owes, as the team has set it."""
    sla = settings.sla
    return Promise(sla.first_touch_hours, sla.touches, sla.touch_days, sla.warn)
