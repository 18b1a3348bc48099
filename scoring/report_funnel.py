"""How many leads reached each stage in a month, how many went on, and how long it took them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scoring.dates import DAY
from scoring.ledger import Floats
from scoring.report_facts import BESIDE, Facts, Span
from scoring.report_rates import Change, Rate, count_change, median_of, rate_change


@dataclass(frozen=True, slots=True)
class StageCount:
    """A stage in a month and in the one before.

    Parameters
    ----------
    stage : str
        The stage.
    count, before : int
        Leads that first got there, or beyond, in the month; of ``lead``, those created in it.
    onward, onward_before : Rate or None
        Those of them that have reached the next stage, as long after the beginning of either month; None for the
        last one.
    days, days_before : float or None
        Half of those that got there came from the stage before within so many days.
    timed, timed_before : int
        Of how many that is known.
    needed : int or None
        Leads that must get there in a whole month for the goal; None where nobody can say.
    """

    stage: str
    count: int
    before: int
    onward: Rate | None
    onward_before: Rate | None
    days: float | None
    days_before: float | None
    timed: int
    timed_before: int
    needed: int | None


@dataclass(frozen=True, slots=True)
class Closed:
    """Leads that left the road: lost, disqualified or recycled for the first time, in the month and the one before."""

    stage: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """What wins brought in one currency; currencies are never summed.

    Parameters
    ----------
    currency : str
        ISO 4217.
    amount, before : float
        In the month, and in the one before.
    """

    currency: str
    amount: float
    before: float


@dataclass(frozen=True, slots=True)
class Funnel:
    """The stages of a month.

    Parameters
    ----------
    stages : tuple of StageCount
        Those that somebody records.
    not_recorded : tuple of str
        Those that nobody does.
    closed : tuple of Closed
        Leads that were lost, disqualified or recycled.
    revenue : tuple of Revenue
        A line per currency, that of the settings first.
    without_amount : int
        Wins of the month whose amount nobody recorded.
    """

    stages: tuple[StageCount, ...]
    not_recorded: tuple[str, ...]
    closed: tuple[Closed, ...]
    revenue: tuple[Revenue, ...]
    without_amount: int


def funnel(facts: Facts, now: Span, before: Span, currency: str, needed: Mapping[str, int]) -> Funnel:
    """Count a month and the one before.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    now, before : Span
        What is compared.
    currency : str
        That of the settings, whose line comes first.
    needed : mapping of str to int
        Leads that must reach each stage for the goal.
    """
    stages = facts.stages
    rows = [_stage(facts, now, before, needed, *names) for names in _neighbours(stages)]
    spans = (now, before)
    closed = (Closed(name, *(int(span.holds(facts.own[name]).sum()) for span in spans)) for name in BESIDE)
    won = now.holds(facts.won)
    sums = [facts.revenue(span.holds(facts.won)) for span in spans]
    names = sorted({*sums[0], *sums[1]}, key=lambda name: (name != currency, name))
    return Funnel(
        tuple(rows),
        tuple(name for name in facts.reached if name not in stages)[::-1],
        tuple(closed),
        tuple(Revenue(name, sums[0].get(name, 0.0), sums[1].get(name, 0.0)) for name in names),
        int((won & np.isnan(facts.amount)).sum()),
    )


def _neighbours(stages: tuple[str, ...]) -> Iterator[tuple[str | None, str, str | None]]:
    """Each stage between the one before and the one after."""
    return zip((None, *stages[:-1]), stages, (*stages[1:], None), strict=True)


def _stage(
    facts: Facts,
    now: Span,
    before: Span,
    needed: Mapping[str, int],
    former: str | None,
    name: str,
    following: str | None,
) -> StageCount:
    this, last = (_one(facts, span, former, name, following) for span in (now, before))
    return StageCount(
        stage=name, count=this.count, before=last.count, onward=this.onward, onward_before=last.onward,
        days=median_of(this.days), days_before=median_of(last.days), timed=len(this.days), timed_before=len(last.days),
        needed=needed.get(name),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _One:
    """A stage in one span."""

    count: int
    onward: Rate | None
    days: Floats


def _one(facts: Facts, span: Span, former: str | None, name: str, following: str | None) -> _One:
    here = span.holds(facts.reached[name])
    count = int(here.sum())
    days = _days(facts, span, former, name)
    if following is None:
        return _One(count, None, days)
    went = int((facts.reached[following][here] <= span.seen).sum())
    return _One(count, Rate.counted(went, count), days)


def _days(facts: Facts, span: Span, former: str | None, name: str) -> Floats:
    """Days from the stage before, of leads that arrived in a span; both stages must be recorded of them."""
    if former is None:
        return np.zeros(0)
    arrived, left = facts.own[name], facts.own[former]
    known = span.holds(arrived) & (left <= arrived)
    days: Floats = (arrived[known] - left[known]) / DAY
    return days


def funnel_changes(found: Funnel, now: Span, before: Span) -> list[Change | None]:
    """What changed in the funnel, to be weighed against chance."""
    share = now.length / (now.length + before.length)
    changes: list[Change | None] = [
        count_change(row.stage, row.count, row.before, share) for row in found.stages
    ]
    changes += [count_change(row.stage, row.count, row.before, share) for row in found.closed]
    for row, following in pairwise(found.stages):
        if row.onward is not None and row.onward_before is not None:
            changes.append(rate_change(f"{row.stage}_to_{following.stage}", row.onward, row.onward_before))
    return changes
