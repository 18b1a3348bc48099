"""Monthly reports as they are asked for: which month, the one that is kept, and a new one where that is old."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from scoring.errors import DataError, LeadLoopError
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading, writing
from scoring.io.store.kept import keep
from scoring.io.store.month_facts import first_lead
from scoring.months import Month
from scoring.report import Report
from serving.pages.making import Made, Tell, Workshop
from serving.problems import Fault
from serving.reporting import made_report, refuse_empty

KEPT: Final = "report"
READER: Final = TypeAdapter(Report)


class UnfitMonth(DataError):
    """What is asked for is no month."""

    faults = (Fault(pointer="path.month", detail="must be a month such as 2026-10"),)


class NotBegun(DataError):
    """The month has not begun yet."""


class NotMade(LeadLoopError):
    """The report could not be made; whoever asks next has it tried again."""


def month_asked(text: str | None, settings: Sections, now: datetime) -> Month:
    """The month that is asked for, by default the last whole one.

    Parameters
    ----------
    text : str or None
        As ``2026-10``.
    settings : Sections
        The zone in which months begin.
    now : datetime
        With an offset.

    Raises
    ------
    UnfitMonth, NotBegun
        If it is no month, or has not begun by then.
    """
    zone = settings.time.zone
    running = Month.at(now.timestamp(), zone)
    if text is None:
        return running.before
    try:
        month = Month.read(text, zone)
    except DataError as error:
        raise UnfitMonth(str(error)) from error
    if month.start >= now.timestamp():
        raise NotBegun(
            f"The month {month.name} has not begun, so there is no report of it; the newest there is: {running.name}."
        )
    return month


def keep_report(store: Store, month: Month, content: Mapping[str, Any], at: datetime) -> None:
    """Keep a report where the service and its pages find it.

    Parameters
    ----------
    store : Store
        Where.
    month : Month
        Of which month it is.
    content : mapping
        What :meth:`scoring.report.Report.to_dict` gave.
    at : datetime
        As of when it is, with an offset.
    """
    with writing(store.engine) as connection:
        keep(connection, KEPT, month.name, content, at)


def renewed_lately(store: Store, settings: Sections, now: datetime) -> list[Month]:
    """Make the reports of the running month and of the last one, and keep them.

    Parameters
    ----------
    store : Store
        What is known.
    settings : Sections
        What the team has set.
    now : datetime
        With an offset; what is known then is told.

    Returns
    -------
    list of Month
        Those months; not one before any lead was known.
    """
    running = Month.at(now.timestamp(), settings.time.zone)
    with reading(store.engine) as connection:
        first = first_lead(connection)
    months = [one for one in (running.before, running) if first is not None and first < one.end]
    for month in months:
        keep_report(store, month, made_report(store, settings, month, now).to_dict(), now)
    return months


class Reports:
    """The reports that a service shows: none is counted while somebody waits for it.

    Parameters
    ----------
    workshop : Workshop
        Makes them beside the requests.
    store : Store
        What is known, and where they are kept.
    settings : Sections
        What the team has set; ``work.report_hours`` says how long one stays fresh.
    clock : callable
        The time in UTC.
    """

    def __init__(
        self, workshop: Workshop, store: Store, settings: Sections, clock: Callable[[], datetime]
    ) -> None:
        self._workshop, self._store, self._settings, self._clock = workshop, store, settings, clock

    def month(self, text: str | None, first: float | None = None) -> Month:
        """The month that is asked for, as in :func:`month_asked`; only one in which a lead was known.

        Parameters
        ----------
        text : str or None
            As ``2026-10``.
        first : float, optional
            What :meth:`first` gave, where that was asked already: it reads every lead.

        Raises
        ------
        UnfitMonth, NotBegun, NoLeads
            If there can be no report of it.
        """
        month = month_asked(text, self._settings, self._clock())
        refuse_empty(month, self.first() if first is None else first)
        return month

    def first(self) -> float | None:
        """When the first lead was created, in seconds since 1970 UTC."""
        with reading(self._store.engine) as connection:
            return first_lead(connection)

    def get(self, month: Month, *, max_age: timedelta | None = None, anew: bool = False) -> Made:
        """The report of a month as it was made last, begun anew where that is too old.

        Parameters
        ----------
        month : Month
            The month.
        max_age : timedelta, optional
            How old it may be; by default ``work.report_hours``.
        anew : bool
            Make it again, however young it is.
        """
        fresh = max_age or timedelta(hours=self._settings.work.report_hours)
        made = self._ask(month, fresh, anew)
        if made.content is not None and not _is_whole(made.content):
            # Kept by an earlier release, which told less.
            made = replace(self._ask(month, fresh, anew=True), made_at=None)
            if made.content is not None and not _is_whole(made.content):
                made = replace(made, content=None)
        return made

    def _ask(self, month: Month, fresh: timedelta, anew: bool) -> Made:
        def make(tell: Tell) -> dict[str, Any]:
            return made_report(self._store, self._settings, month, self._clock(), tell).to_dict()

        return self._workshop.get(KEPT, month.name, make, fresh=fresh, anew=anew)


def _is_whole(content: dict[str, Any]) -> bool:
    try:
        READER.validate_python(content)
    except ValidationError:
        return False
    return True
