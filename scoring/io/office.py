"""The office's hours as the settings say: its calendar, with the public holidays of a country."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scoring.business_time import OfficeHours
from scoring.io.sections import Calendar


def office_hours(calendar: Calendar, zone: str, first: date, last: date) -> OfficeHours:
    """Say when the office is open, from the section [calendar] of the settings.

    Parameters
    ----------
    calendar : Calendar
        Opening hours, days of the week, whose holidays are off, and further days off.
    zone : str
        The zone of [time].
    first, last : date
        The span of days, both included.

    Returns
    -------
    OfficeHours
        Closed on the country's public holidays, with the days on which they are made up for, and on the
        calendar's own days off.

    Examples
    --------
    >>> golden_week = date(2026, 5, 1), date(2026, 5, 8)
    >>> len(office_hours(Calendar(country="JP"), "Asia/Tokyo", *golden_week).opens)
    3
    """
    days_off = frozenset(
        [*_holidays(calendar.country, first, last), *map(date.fromisoformat, calendar.days_off)]
    )
    return OfficeHours.between_days(
        first, last, zone, calendar.opens, calendar.closes, calendar.days, days_off
    )


def _holidays(country: str | None, first: date, last: date) -> Iterator[date]:
    """The public holidays of a country in these years; none without a country."""
    if country:
        from holidays import country_holidays  # here, because only a team that sets it needs it

        yield from country_holidays(country, years=range(first.year, last.year + 1))
