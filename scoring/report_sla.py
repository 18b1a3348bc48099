"""How both sides kept their word in a month: sales to the leads it got, and marketing against what it owes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.business_time import OfficeHours
from scoring.ledger import Floats, Ledger
from scoring.owners import Owners
from scoring.report_answers import Handed
from scoring.report_facts import Facts, Span
from scoring.report_rates import Rate, rounded
from scoring.sla import Promise
from scoring.sla_span import Begun, sales_side
from scoring.sla_summary import Kept, goal_line


@dataclass(frozen=True, slots=True)
class Owing:
    """What one side promised in a month, to leads whose clocks began in it.

    Parameters
    ----------
    rep : str or None
        Whose leads; None for all, or for leads that nobody has.
    leads : int
        Leads that something was promised to.
    first_touch, touches : Rate
        Touched in time, and touched often enough in time, of those for which that is settled.
    median_hours, system_hours : float or None
        Business hours that the rep, and before that the system, took until the first touch, of half of the leads.
    """

    rep: str | None
    leads: int
    first_touch: Rate
    touches: Rate
    median_hours: float | None
    system_hours: float | None

    @classmethod
    def of(cls, kept: Kept) -> Owing:
        """What :mod:`scoring.sla_summary` counted, as a report tells it."""
        hours = (None if one is None else rounded(one, 2) for one in (kept.median_hours, kept.system_hours))
        return cls(kept.rep, kept.leads, Rate.counted(*kept.first_touch), Rate.counted(*kept.touches), *hours)


@dataclass(frozen=True, slots=True)
class Supply:
    """Marketing's promise: qualified leads.

    Parameters
    ----------
    owed : int
        In the whole month.
    owed_by_now : float
        By the time of the report, as the office's hours pass.
    given : int
        Handed over by then.
    """

    owed: int
    owed_by_now: float
    given: int


@dataclass(frozen=True, slots=True)
class Sla:
    """How both sides kept their word.

    Parameters
    ----------
    since : {"handoff", "creation"}
        When clocks begin: where nothing was ever handed over, when leads are created.
    sales, sales_before : Owing
        All reps together; of the month before, as it was known as long after its beginning.
    reps : tuple of Owing
        Each of them in the month.
    marketing, marketing_before : Supply or None
        None where the settings name no reps, or the office is closed all month.
    """

    since: Literal["handoff", "creation"]
    sales: Owing
    sales_before: Owing
    reps: tuple[Owing, ...]
    marketing: Supply | None
    marketing_before: Supply | None


def sla_of_month(
    ledger: Ledger,
    facts: Facts,
    held: Owners,
    handed: Sequence[Handed] | None,
    promise: Promise,
    office: OfficeHours,
    owed: int | None,
    now: Span,
    before: Span,
) -> Sla:
    """Say how both sides kept their word in a month and in the one before.

    Parameters
    ----------
    ledger, facts, held : Ledger, Facts, Owners
        What is known, and who has each lead.
    handed : sequence of Handed, or None
        What was handed over in both months; None where nothing ever was: then clocks begin when leads are created.
    promise : Promise
        What sales owes.
    office : OfficeHours
        Around both months and the time of the report.
    owed : int or None
        Qualified leads that marketing owes in a month; None where nobody has said.
    now, before : Span
        What is compared.
    """
    sides = [
        sales_side(ledger, held, _begun(ledger, handed, span), promise, office, span.seen)
        for span in (now, before)
    ]
    times = given_to_sales(facts, handed)
    supplies = [None if owed is None else _supply(times, owed, office, span) for span in (now, before)]
    return Sla(
        "creation" if handed is None else "handoff",
        Owing.of(sides[0][1]),
        Owing.of(sides[1][1]),
        tuple(Owing.of(one) for one in sides[0][0]),
        *supplies,
    )


def _begun(ledger: Ledger, handed: Sequence[Handed] | None, span: Span) -> Begun:
    """The clocks that began in a span; of a lead that was handed over twice in it, the later."""
    last = float(np.nextafter(span.until, -np.inf))
    if handed is None:
        return Begun.by_creation(ledger, span.start, last)
    moments = {
        one.lead_id: (one.handed_at, _turned(one))
        for one in sorted(handed, key=lambda one: one.handed_at)
        if span.start <= one.handed_at <= last
    }
    return Begun.by_handoff(ledger, moments, span.start, last)


def _turned(one: Handed) -> float:
    return np.nan if one.state != "rejected" or one.decided_at is None else one.decided_at


def given_to_sales(facts: Facts, handed: Sequence[Handed] | None) -> Floats:
    """When leads were given to sales: handed over; else qualified, or created where nobody records that.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    handed : sequence of Handed, or None
        What was handed over; None where nothing ever was.
    """
    if handed is not None:
        return np.array([one.handed_at for one in handed], dtype=np.float64)
    return facts.reached["mql"] if "mql" in facts.stages else facts.created


def _supply(times: Floats, owed: int, office: OfficeHours, span: Span) -> Supply | None:
    if not office.between(span.start, span.month.end):
        return None
    line = goal_line(span.month, owed, office)
    return Supply(owed, rounded(line.at(span.until), 1), int(span.holds(times).sum()))
