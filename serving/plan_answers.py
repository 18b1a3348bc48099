"""A plan as it is answered: the arithmetic of :mod:`scoring.plan` under the names of :mod:`serving.plan_schemas`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from scoring.funnel import Cohort
from scoring.io.sections import Capacity, Rep, Sections
from scoring.label_state import day
from scoring.plan import Rates, Step, Work
from scoring.plan_parts import MONTH, REP, Part
from serving.plan_schemas import Measured, Money, NeedPlan, PartPlan, StagePlan, WorkPlan


def need_fields(rates: Rates, customers: int, certainty: float, days: int) -> dict[str, Any]:
    """The fields that a plan has for the whole and for each part.

    Parameters
    ----------
    rates : Rates
        What is reckoned with.
    customers : int
        Deals to be won.
    certainty : float
        With which they are to be reached.
    days : int
        Working days in which the leads come.
    """
    need = rates.need(customers, certainty)
    low, high = rates.interval or (None, None)
    return NeedPlan(
        customers=need.customers,
        leads=need.leads,
        leads_per_day=-(-need.leads // days) if days else None,
        chance=need.chance,
        leads_certain=need.certain,
        leads_certain_seen=need.certain_seen,
        close_rate=float(rates.close),
        close_rate_low=low,
        close_rate_high=high,
        seen=rates.seen,
    ).model_dump()


def stage_plan(step: Step) -> StagePlan:
    """A stage of the waterfall."""
    return StagePlan(
        stage=step.stage,
        needed=step.needed,
        rate=step.rate,
        rate_low=step.low,
        rate_high=step.high,
        reached=step.reached,
        of=step.of,
    )


def measured_on(known: Cohort, zone: str) -> Measured:
    """The leads that rates were measured on; days are those of the zone."""
    return Measured(
        leads=len(known.lead),
        since=day(known.since, zone),
        until=day(known.until, zone),
        horizon_days=known.horizon_days,
    )


def _work_of(settings: Sections, months: int) -> Work:
    capacity = settings.capacity
    touches, minutes, hours = (
        Fraction(repr(value))
        for value in (capacity.touches_per_lead, capacity.minutes_per_touch, capacity.hours_per_rep)
    )
    return Work(touches, minutes, hours * months, len(settings.reps) or capacity.reps)


def room(rep: Rep, capacity: Capacity) -> int:
    """Leads that a rep can take in a month."""
    return capacity.leads_per_rep if rep.leads_per_month is None else rep.leads_per_month


def _agreed(reps: Sequence[Rep], capacity: Capacity) -> int | None:
    if reps:
        return sum(room(rep, capacity) for rep in reps)
    return None if capacity.reps is None else capacity.reps * capacity.leads_per_rep


def number(amount: Decimal | None) -> Money | None:
    """An amount for JSON: whole where it is whole."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def part_plan(
    part: Part, customers: int, certainty: float, by: str, settings: Sections, months: int, days: int
) -> PartPlan:
    """A part of the goal.

    Parameters
    ----------
    part : Part
        The part.
    customers : int
        Those that fall to it.
    certainty : float
        With which it reaches them, alone.
    by : str
        What the parts are.
    settings : Sections
        What the team has set.
    months, days : int
        Months and working days that it has.
    """
    work = _work_of(settings, months)
    available = {MONTH: work.available, REP: work.hours_per_rep}.get(by)
    needed = part.rates.needed(customers)
    return PartPlan(
        **need_fields(part.rates, customers, certainty, days),
        name=part.name,
        own_rates=part.own,
        working_days=days,
        needed=dict(zip(part.rates.stages, needed, strict=True)),
        hours_needed=float(work.hours(needed[part.rates.handed_over])),
        hours_available=None if available is None else float(available),
    )


def work_plan(rates: Rates, customers: int, settings: Sections, months: int) -> WorkPlan:
    """Whether sales can work the leads that so many customers take.

    Parameters
    ----------
    rates : Rates
        What is reckoned with.
    customers : int
        Deals to be won.
    settings : Sections
        What the team has set.
    months : int
        In which the leads are worked.
    """
    work = _work_of(settings, months)
    at = rates.handed_over
    leads, most = rates.needed(customers)[at], work.most_leads
    agreed = _agreed(settings.reps, settings.capacity)
    return WorkPlan(
        stage=rates.stages[at],
        leads=leads,
        touches_per_lead=settings.capacity.touches_per_lead,
        minutes_per_touch=settings.capacity.minutes_per_touch,
        hours_needed=float(work.hours(leads)),
        reps=work.reps,
        hours_available=None if work.available is None else float(work.available),
        fits=None if most is None else leads <= most,
        most_leads=most,
        most_customers=None if most is None else floor(most * rates.close / rates.shares[at]),
        reps_needed=work.reps_for(leads),
        agreed_leads=None if agreed is None else agreed * months,
    )
