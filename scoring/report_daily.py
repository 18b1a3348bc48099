"""The month day by day: what came so far, against the line that leads to the goal, and against the month before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from scoring.business_time import OfficeHours
from scoring.ledger import Floats
from scoring.money import decimals
from scoring.months import Month, midnights
from scoring.report_facts import Facts, Span
from scoring.report_rates import rounded
from scoring.sla_summary import GoalLine, goal_line


@dataclass(frozen=True, slots=True)
class Goals:
    """What both sides have agreed to reach in a month; None where they have not.

    Parameters
    ----------
    leads : float or None
        Leads that the goal takes, by measured rates.
    qualified : float or None
        Qualified leads that marketing owes all reps.
    won : float or None
        Deals.
    revenue : float or None
        In the currency of the settings.
    needed : mapping of str to int
        Leads that must reach each stage for it, by measured rates; empty where nobody can say.
    """

    leads: float | None = None
    qualified: float | None = None
    won: float | None = None
    revenue: float | None = None
    needed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DailyLine:
    """One number of the month, day by day and summed up from its beginning.

    Parameters
    ----------
    name : str
        ``leads``, ``qualified``, ``won`` or ``revenue``.
    goal : float or None
        What is to be reached in the whole month.
    goal_by_day : tuple of float, or None
        What is to be reached by the end of each day; the line rests on days off.
    actual : tuple of (float or None)
        What came by the end of each day; None for days to come, and of a running day what came so far.
    before : tuple of float
        The same of the month before, by its own days.
    goal_now, actual_now : float or None, float
        At the time of the report.
    """

    name: str
    goal: float | None
    goal_by_day: tuple[float, ...] | None
    actual: tuple[float | None, ...]
    before: tuple[float, ...]
    goal_now: float | None
    actual_now: float


@dataclass(frozen=True, slots=True)
class Daily:
    """The month day by day.

    Parameters
    ----------
    days : tuple of str
        Its days.
    currency : str
        Of revenue; that of the settings, other currencies are left out.
    lines : tuple of DailyLine
        What is followed.
    """

    days: tuple[str, ...]
    currency: str
    lines: tuple[DailyLine, ...]


def daily(
    facts: Facts, given: Floats, now: Span, goals: Goals, office: OfficeHours | None, currency: str
) -> Daily:
    """Follow a month day by day.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    given : array of float
        When marketing gave leads to sales, which is what it owes.
    now : Span
        The month.
    goals : Goals
        What is to be reached in it.
    office : OfficeHours or None
        Over a span that holds the month; None where the office is closed all month, so that no line can be drawn.
    currency : str
        In which revenue is counted.
    """
    code = facts.currency.levels.index(currency)
    mine = (facts.currency.codes == code) & ~np.isnan(facts.amount)
    of: Mapping[str, tuple[Floats, Floats]] = {
        "leads": _of(facts.created),
        "qualified": _of(given),
        "won": _of(facts.won),
        "revenue": (facts.won[mine], facts.amount[mine]),
    }
    lines = (
        _line(name, moments, worth, now, getattr(goals, name), office, decimals(currency))
        for name, (moments, worth) in of.items()
    )
    return Daily(tuple(str(day) for day in now.month.days), currency, tuple(lines))


def _of(moments: Floats) -> tuple[Floats, Floats]:
    return moments, np.ones(len(moments))


def _line(
    name: str,
    moments: Floats,
    worth: Floats,
    now: Span,
    goal: float | None,
    office: OfficeHours | None,
    digits: int,
) -> DailyLine:
    line = None if goal is None or office is None else goal_line(now.month, goal, office)
    begins, sums = _sums(moments, worth, now.month, now.until, digits)
    before = now.month.before
    actual = [
        total if start < now.until else None for start, total in zip(begins.tolist(), sums, strict=True)
    ]
    return DailyLine(
        name,
        None if goal is None else rounded(goal, digits),
        None if line is None else _shown(line, digits),
        tuple(actual),
        tuple(_sums(moments, worth, before, before.end, digits)[1]),
        None if line is None else rounded(line.at(now.until), max(1, digits)),
        round(float(worth[now.holds(moments)].sum()), digits),
    )


def _shown(line: GoalLine, digits: int) -> tuple[float, ...]:
    return tuple(rounded(total, max(1, digits)) for total in line.goal.tolist())


def _sums(
    moments: Floats, worth: Floats, month: Month, until: float, digits: int
) -> tuple[Floats, list[float]]:
    """When the days of a month begin, and what came by the end of each."""
    edges = midnights([*month.days, month.after.first], month.zone)
    inside = (moments >= edges[0]) & (moments < min(until, edges[-1]))
    day = np.searchsorted(edges, moments[inside], "right") - 1
    sums = np.cumsum(np.bincount(day, worth[inside], len(month.days)))
    return edges[:-1], [round(float(total), digits) for total in sums]
