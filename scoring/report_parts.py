"""The month by persona, by source, by fit and by rep: who came, who was won, and which of them win more often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.dates import DAY
from scoring.ledger import Events, Mask
from scoring.report_facts import Facts, Span
from scoring.report_rates import Rate
from scoring.report_sla import Owing
from scoring.titles import job_department, job_rank

YEAR: Final = 365.0
UNKNOWN: Final = ""
_BETWEEN: Final = " · "


@dataclass(frozen=True, slots=True)
class Part:
    """Leads that have something in common.

    Parameters
    ----------
    name : str
        What; empty where it is not known.
    leads, qualified, sql, won : int
        Created, and first at *mql*, *sql* and *won* in the month.
    leads_before, won_before : int
        The same of the month before.
    revenue : dict of str to float
        What the wins of the month brought, by currency.
    fate : Rate
        Won within the horizon, of the leads created in the twelve months that are old enough for it: which parts
        win more often is read from this, not from a month.
    """

    name: str
    leads: int
    qualified: int
    sql: int
    won: int
    leads_before: int
    won_before: int
    revenue: dict[str, float]
    fate: Rate


@dataclass(frozen=True, slots=True)
class RepMonth:
    """What a rep did in the month.

    Parameters
    ----------
    part : Part
        Leads that are the rep's.
    touches, connected : int
        Touches by the rep, without automatic ones; and those that reached somebody.
    sla : Owing or None
        How the rep kept sales' promise; None where nothing was promised.
    """

    part: Part
    touches: int
    connected: int
    sla: Owing | None


def parts(facts: Facts, group: Categories, now: Span, before: Span, horizon_days: float) -> tuple[Part, ...]:
    """Count each group of leads; those without any lead or win in both months and the year are left out.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    group : Categories, n_leads long
        The group of each lead.
    now, before : Span
        What is compared.
    horizon_days : float
        Days within which a lead counts as won.
    """
    size = len(group.levels) + 1
    codes = np.where(group.codes < 0, size - 1, group.codes)

    def counts(some: Mask) -> npt.NDArray[np.intp]:
        return np.bincount(codes[some], minlength=size)

    won = now.holds(facts.won)
    last = now.seen - horizon_days * DAY
    old = (facts.created <= last) & (facts.created > last - YEAR * DAY)
    in_time = old & (facts.won <= facts.created + horizon_days * DAY)
    columns = {
        "leads": counts(now.holds(facts.created)),
        "qualified": counts(now.holds(facts.reached["mql"])),
        "sql": counts(now.holds(facts.reached["sql"])),
        "won": counts(won),
        "leads_before": counts(before.holds(facts.created)),
        "won_before": counts(before.holds(facts.won)),
    }
    fate = counts(in_time), counts(old)
    there = np.flatnonzero(sum(columns.values(), fate[1]))
    order = sorted(there.tolist(), key=lambda at: (-columns["leads"][at], -columns["won"][at], at))
    names = (*group.levels, UNKNOWN)
    return tuple(
        Part(
            name=names[at],
            **{name: int(column[at]) for name, column in columns.items()},
            revenue=facts.revenue(won & (codes == at)) if columns["won"][at] else {},
            fate=Rate.counted(int(fate[0][at]), int(fate[1][at])),
        )
        for at in order
    )


def personas(titles: Categories) -> Categories:
    """The persona of a job title: department and rank, as ``it · manager``; missing where there is no title.

    Examples
    --------
    >>> personas(Categories.of(["情報システム部 課長", None])).to_list()
    ['it · manager', None]
    """
    return titles.mapped(lambda title: f"{job_department(title)}{_BETWEEN}{job_rank(title)}")


def of_persona(name: str) -> tuple[str, str]:
    """The department and the rank that the name of a persona says; both empty where it is not known.

    Examples
    --------
    >>> of_persona("it · manager")
    ('it', 'manager')
    """
    department, _, rank = name.partition(_BETWEEN)
    return department, rank


def reps(
    of_leads: Sequence[Part], touches: Events, now: Span, kept: Mapping[str | None, Owing]
) -> tuple[RepMonth, ...]:
    """What each rep did: leads, touches, and how the promise was kept.

    Parameters
    ----------
    of_leads : sequence of Part
        The leads by their reps.
    touches : Events
        Every touch.
    now : Span
        The month.
    kept : mapping of str to Owing
        How each rep kept sales' promise.
    """
    rep = touches.category("rep")
    mine = now.holds(touches.occurred) & ~touches.flag("automatic") & (rep.codes >= 0)
    touched = np.bincount(rep.codes[mine], minlength=len(rep.levels))
    reached = np.bincount(rep.codes[mine & touches.flag("connected")], minlength=len(rep.levels))
    counted = {name: (int(touched[at]), int(reached[at])) for at, name in enumerate(rep.levels)}
    by_name = {one.name: one for one in of_leads}
    others = sorted(name for name in counted if counted[name][0] and name not in by_name)
    empty = Rate.counted(0, 0)
    rows = [*of_leads, *(Part(name, 0, 0, 0, 0, 0, 0, {}, empty) for name in others)]
    return tuple(RepMonth(row, *counted.get(row.name, (0, 0)), kept.get(row.name or None)) for row in rows)
