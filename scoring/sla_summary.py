"""How well both sides kept their word: sales' per rep, and marketing's over the days of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from scoring.business_time import Floats, OfficeHours
from scoring.categories import Categories
from scoring.ledger import Places
from scoring.months import Month, midnights
from scoring.sla import STATES, ClocksOfMany

_MET, _BREACHED = STATES.index("met"), STATES.index("breached")


@dataclass(frozen=True, slots=True)
class Kept:
    """How well one rep, or everybody, kept sales' promise.

    Parameters
    ----------
    rep : str or None
        Who; None for leads that nobody has, and for all together.
    leads : int
        Leads that something was promised to.
    first_touch, touches : (int, int)
        Of each clock: leads that got it in time, of those for which it is settled (met or breached).
    median_hours, p95_hours : float or None
        The rep's own delay until the first touch in business hours, of half and of 95 % of the settled leads;
        one that is not touched yet counts with what it has waited so far.  None without such leads.
    system_hours : float or None
        What the system took of half of those leads before a rep had them.
    exceptions : int
        Leads with a breach.
    """

    rep: str | None
    leads: int
    first_touch: tuple[int, int]
    touches: tuple[int, int]
    median_hours: float | None
    p95_hours: float | None
    system_hours: float | None
    exceptions: int

    @property
    def first_touch_share(self) -> float | None:
        """The share of first touches that were in time; None where none is settled."""
        return _share(self.first_touch)

    @property
    def touches_share(self) -> float | None:
        """The share of leads that got all their touches in time; None where none is settled."""
        return _share(self.touches)


def sla_summary(clocks: ClocksOfMany, rep: Categories) -> list[Kept]:
    """Say how well each rep kept sales' promise.

    Parameters
    ----------
    clocks : Clocks
        Of leads, in arrays.
    rep : Categories, shape (n_leads,)
        Whose each lead is.

    Returns
    -------
    list of Kept
        A row per rep in order of name, without those who have no such lead; then one for leads that nobody has.
    """
    promised = np.flatnonzero(clocks.first_touch.state.codes >= 0)
    codes = rep.codes[promised]
    names = sorted(
        np.unique(codes).tolist(), key=lambda code: (code < 0, rep.levels[code] if code >= 0 else "")
    )
    return [_kept(clocks, promised[codes == code], rep.levels[code] if code >= 0 else None) for code in names]


def sla_overall(clocks: ClocksOfMany) -> Kept:
    """Say how well all reps together kept sales' promise, see :func:`sla_summary`."""
    return _kept(clocks, np.flatnonzero(clocks.first_touch.state.codes >= 0), None)


def _kept(clocks: ClocksOfMany, rows: Places, rep: str | None) -> Kept:
    first, touches = (clock.state.codes[rows] for clock in (clocks.first_touch, clocks.touches))
    settled = rows[(first == _MET) | (first == _BREACHED)]
    delay = clocks.rep_delay[settled]
    delay = delay[~np.isnan(delay)]
    return Kept(
        rep,
        len(rows),
        _count(first),
        _count(touches),
        _quantile(delay, 0.5),
        _quantile(delay, 0.95),
        _quantile(clocks.system_delay[settled], 0.5),
        int(((first == _BREACHED) | (touches == _BREACHED)).sum()),
    )


def _count(codes: npt.NDArray[np.int32]) -> tuple[int, int]:
    met = int((codes == _MET).sum())
    return met, met + int((codes == _BREACHED).sum())


def _quantile(hours: Floats, share: float) -> float | None:
    return float(np.quantile(hours, share)) if len(hours) else None


def _share(kept: tuple[int, int]) -> float | None:
    return kept[0] / kept[1] if kept[1] else None


@dataclass(frozen=True, slots=True)
class Owed:
    """Marketing's promise in a month: the line to keep up with, and what was handed over.

    Parameters
    ----------
    owed : int
        Qualified leads owed in the whole month.
    day : array of datetime64[D], shape (n_days,)
        The days of the month.
    goal : array of float, shape (n_days,)
        Leads owed by the end of each day; the line rises as the office's hours pass, and rests on days off.
    actual : array of float, shape (n_days,)
        Leads handed over by then, NaN for days to come; today's so far.
    goal_now, actual_now : float and int
        The same at the moment of which this is said.
    """

    owed: int
    day: npt.NDArray[np.datetime64]
    goal: Floats
    actual: Floats
    goal_now: float
    actual_now: int

    @property
    def ahead(self) -> float:
        """Leads that marketing is ahead of the line, negative where it is behind."""
        return self.actual_now - self.goal_now


@dataclass(frozen=True, slots=True)
class GoalLine:
    """How a goal of a month is to be reached day by day: as the office's hours pass, at rest on days off.

    Parameters
    ----------
    month : Month
        The month.
    office : OfficeHours
        Over a span that holds it.
    edges : array of float, shape (n_days + 1,)
        When its days begin, and when the last one ends; seconds since 1970 UTC.
    goal : array of float, shape (n_days,)
        What is to be reached by the end of each day.
    per_hour : float
        What each business hour is to bring.
    """

    month: Month
    office: OfficeHours
    edges: Floats
    goal: Floats
    per_hour: float

    def at(self, now: float) -> float:
        """What is to be reached by a moment: nothing before the month, all of it after."""
        first, last = self.edges[0], self.edges[-1]
        return self.office.between(float(first), float(min(max(now, first), last))) * self.per_hour


def goal_line(month: Month, total: float, office: OfficeHours) -> GoalLine:
    """Spread a goal over a month.

    Parameters
    ----------
    month : Month
        The month.
    total : float
        What is to be reached in all of it.
    office : OfficeHours
        Over a span that holds the month.

    Raises
    ------
    ValueError
        If the span is too short, or the office is closed all month, so that nothing could be worked.
    """
    days = month.days
    edges = midnights([*days, days[-1] + timedelta(1)], office.zone)
    hours = office.between_many(np.full(len(days), edges[0]), edges[1:])
    if not hours[-1]:
        raise ValueError(f"The office is closed all of {month.name}. Set its days in [calendar].")
    per_hour = total / float(hours[-1])
    return GoalLine(month, office, edges, hours * per_hour, per_hour)


def leads_owed(month: date, reps: int, per_rep: int, handed: Floats, office: OfficeHours, now: float) -> Owed:
    """Set the qualified leads that marketing owes sales in a month beside those it handed over.

    Parameters
    ----------
    month : date
        Any day of it; it begins and ends by the office's clocks.
    reps, per_rep : int
        Reps, and leads owed to each in a month.
    handed : array of float, shape (n_handoffs,)
        When leads were handed over, in any order; seconds since 1970 UTC.
    office : OfficeHours
        Over a span that holds the month.
    now : float
        The moment of which this is said.

    Raises
    ------
    ValueError
        If the span is too short, or the office is closed all month, so that no lead could be worked.
    """
    line = goal_line(Month(month.year, month.month, office.zone), reps * per_rep, office)
    edges = line.edges
    known = np.sort(handed[(handed >= edges[0]) & (handed < edges[-1]) & (handed <= now)])
    so_far = np.searchsorted(known, edges[1:]).astype(np.float64)
    return Owed(
        reps * per_rep,
        np.array(line.month.days, dtype="datetime64[D]"),
        line.goal,
        np.where(edges[:-1] <= now, so_far, np.nan),
        line.at(now),
        len(known),
    )
