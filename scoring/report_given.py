"""What a monthly report is made of: what both sides have agreed, and what was known at its time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scoring.business_time import OfficeHours
from scoring.categories import Categories
from scoring.ledger import Events, Ledger
from scoring.policy import Policy
from scoring.report_answers import Handed
from scoring.report_bands import FirstScores
from scoring.report_campaigns import Cost
from scoring.report_daily import Goals
from scoring.report_facts import Facts
from scoring.report_missed import SaidBefore
from scoring.sla import Promise


@dataclass(frozen=True, slots=True)
class Agreed:
    """What both sides have agreed, and how a team counts.

    Parameters
    ----------
    goals : Goals
        What is to be reached in the month.
    owed : int or None
        Qualified leads that marketing owes in a month.
    promise : Promise
        What sales owes.
    office : OfficeHours
        Around both months and the time of the report.
    currency : str
        Of amounts that name none.
    margin : float
        The share of revenue that is earned.
    cuts : (int, int, int)
        The scores from which A, B and C are given.
    horizon_days : int
        Days within which a lead counts as won.
    """

    goals: Goals
    owed: int | None
    promise: Promise
    office: OfficeHours
    currency: str
    margin: float
    cuts: tuple[int, int, int]
    horizon_days: int


@dataclass(frozen=True)
class Known:
    """What was known at the time of the report.

    Parameters
    ----------
    ledger : Ledger
        Leads, and what happened to them; with those of :data:`scoring.report.PROPERTIES` that there are.
    facts : Facts
        What :func:`scoring.report_facts.facts_of` reads of it.
    touched : Events
        Activities with the column ``campaign``; of leads that came or were won in either month.
    costs : sequence of Cost
        What campaigns cost.
    handed : sequence of Handed
        What was handed over, or answered, since the beginning of the month before.
    by_handoff : bool
        Whether anything was handed over before the end of the month: then clocks begin with that.
    scores : sequence of FirstScores
        What was promised.
    fit : Categories or None
        The fit of each lead (A to D), as it was scored first; None where no model is live.
    said : sequence of SaidBefore
        What was said of the month's wins before.
    policy : Policy or None
        The handoff rule in force.
    """

    ledger: Ledger
    facts: Facts
    touched: Events
    costs: Sequence[Cost]
    handed: Sequence[Handed]
    by_handoff: bool
    scores: Sequence[FirstScores]
    fit: Categories | None
    said: Sequence[SaidBefore]
    policy: Policy | None
