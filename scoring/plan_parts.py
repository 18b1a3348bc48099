"""A goal in parts: by month, by rep or by a property, each with its share of the customers and its own rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from typing import Final, Literal

import numpy as np

from scoring.categories import Categories
from scoring.errors import DataError
from scoring.funnel import Cohort
from scoring.ledger import Ledger
from scoring.moments import local_times
from scoring.owners import owners
from scoring.plan import Rates
from scoring.words import fold, plain

MONTH: Final = "month"
REP: Final = "rep"
MOST_PARTS: Final = 100
LEAST_WON: Final = 10
SharedBy = Literal["won leads", "what reps can take", "won leads of whole months", "alike"]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the goal.

    Parameters
    ----------
    name : str or None
        The month, the rep or the property's value; None for leads of which it is not known.
    weight : Fraction
        Its share of the customers is as its weight among all.
    rates : Rates
        What is reckoned with.
    own : bool
        Whether they are its own; with fewer than ten won leads of its own, those of all leads.
    """

    name: str | None
    weight: Fraction
    rates: Rates
    own: bool = False


@dataclass(frozen=True, slots=True)
class Parts:
    """All parts of a goal.

    Parameters
    ----------
    shared_by : str
        What their weights are: ``won leads``, ``what reps can take``, ``won leads of whole months``, or ``alike``.
    each : tuple of Part
        The parts.
    """

    shared_by: SharedBy
    each: tuple[Part, ...]


def own_rates(reached: tuple[int, ...], overall: Rates) -> tuple[Rates, bool]:
    """The rates of a part, and whether they are its own: they need ten won leads, and rates that were counted."""
    if overall.counted and reached[-1] >= LEAST_WON:
        return Rates.counted_at(overall.stages, reached), True
    return overall, False


def by_answer(group: Categories, known: Cohort, overall: Rates, what: str) -> Parts:
    """Parts by what is known of each lead; weights are won leads, the heaviest first.

    Parameters
    ----------
    group : Categories of all leads of the ledger
        The part of each.
    known : Cohort
        The leads whose fate is known.
    overall : Rates
        Those of all leads.
    what : str
        What is asked for, for the message.

    Raises
    ------
    DataError
        If there are more than a hundred parts.
    """
    codes = group.codes[known.lead]
    present = np.unique(codes)
    if len(present) > MOST_PARTS:
        raise DataError(
            f"A plan has at most {MOST_PARTS} parts, and {what} has {len(present):,} different values."
        )
    names = (*group.levels, None)
    parts = []
    for code in present.tolist():
        reached = known.reached(codes == code)
        parts.append(Part(names[code], Fraction(reached[-1]), *own_rates(reached, overall)))
    parts.sort(key=lambda part: (-part.weight, part.name is None, part.name or ""))
    return Parts("won leads", tuple(parts))


def by_property(ledger: Ledger, name: str, known: Cohort, overall: Rates) -> Parts:
    """Parts by a property of leads as it is now; the arguments are those of :func:`by_answer`."""
    if name not in ledger.properties:
        near = get_close_matches(name, ledger.properties, n=1, cutoff=0.5)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise DataError(f"A plan is by month, by rep or by a property of leads. None has this name{hint}.")
    return by_answer(_spelled(Categories.of(ledger.properties[name])), known, overall, "the property")


def _spelled(group: Categories) -> Categories:
    """The same with spellings that differ in case or width taken for one answer, the first of them shown."""
    shown: dict[str, str] = {}
    for level in group.levels:
        shown.setdefault(fold(level), plain(level))
    return group.mapped(lambda level: shown[fold(level)])


def by_rep(
    ledger: Ledger | None, known: Cohort | None, overall: Rates, listed: Sequence[tuple[str, int]]
) -> Parts:
    """Parts by rep: those that the team lists, by what each can take; where none is listed, by won leads.

    Parameters
    ----------
    ledger, known : Ledger, Cohort, or None
        What is known of leads; None where nothing is.
    overall : Rates
        Those of all leads.
    listed : sequence of (str, int)
        The reps of the settings, and the leads that each can take in a month.
    """
    owner = None if ledger is None else owners(ledger).rep
    if listed:
        parts = []
        for name, room in listed:
            rates, own = overall, False
            if owner is not None and known is not None and name in owner.levels:
                mine = owner.codes[known.lead] == owner.levels.index(name)
                rates, own = own_rates(known.reached(mine), overall)
            parts.append(Part(name, Fraction(room), rates, own))
        return Parts("what reps can take", tuple(parts))
    if owner is None or known is None:
        raise DataError("No rep is known.")
    return by_answer(owner, known, overall, "the rep")


def by_month(
    ledger: Ledger | None, known: Cohort | None, overall: Rates, months: Sequence[str], time_zone: str
) -> Parts:
    """Parts by month: as many customers as came of leads created in that month of the year.

    Only whole months of the past count.  Unless they hold each month of the plan, all months have the same.

    Parameters
    ----------
    ledger, known : Ledger, Cohort, or None
        What is known of leads; None where nothing is.
    overall : Rates
        Those of all leads.
    months : sequence of str
        The months of the plan, as ``2026-11``.
    time_zone : str
        The zone in which months begin.
    """
    past = {} if ledger is None or known is None else _whole_months(ledger, known, time_zone)
    if any(_of_year(month) not in past for month in months):
        return Parts("alike", tuple(Part(month, Fraction(1), overall) for month in months))
    parts = []
    for month in months:
        count, reached = past[_of_year(month)]
        parts.append(Part(month, Fraction(reached[-1], count), *own_rates(reached, overall)))
    return Parts("won leads of whole months", tuple(parts))


def _of_year(month: str) -> int:
    return int(month[5:]) - 1


def _whole_months(ledger: Ledger, known: Cohort, time_zone: str) -> dict[int, tuple[int, tuple[int, ...]]]:
    """By month of the year: how many such months lie wholly among the known leads, and what became of theirs."""
    moments = np.append(ledger.created[known.lead], [known.since, known.until])
    local = local_times(moments, time_zone).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    month, first, last = local[:-2], int(local[-2]), int(local[-1])
    found = {}
    for of_year in range(12):
        whole = [one for one in range(first + 1, last) if one % 12 == of_year]
        if whole:
            found[of_year] = len(whole), known.reached(np.isin(month, whole))
    return found
