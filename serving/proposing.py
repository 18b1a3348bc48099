"""Proposing and publishing the handoff policy, for the command line and for callers alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from typing import NamedTuple

from scoring.contract import to_micros
from scoring.errors import DataError, SettingsError
from scoring.handoff_counted import Counted, Tops
from scoring.handoff_curve import Expected, point_at
from scoring.handoff_evidence import Answers, Evidence
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.held_out import handed_over, mean_won_amount, read_answers, read_held_out
from scoring.io.store.policies import Overtaken
from scoring.policy import UNITS, Policy, Rule
from scoring.proposal import Capacity, Constraints, Proposal, propose, propose_from
from scoring.value import WON
from serving.refusals import NotProposed

# A difference of handoffs that is said to be one: beyond the interval, and more than a tenth.
LEAST_SHIFT = 0.1
LATELY = timedelta(days=30)
MICROSECONDS_A_DAY = 86_400_000_000


class UnfitProposal(SettingsError):
    """What a proposal is asked for contradicts itself."""


class Seen(NamedTuple):
    """What whoever publishes has looked at: nothing else is put in force.

    Parameters
    ----------
    over : int
        The number of the policy that was in force; 0 for none.
    model : str
        The version on whose test the proposal rested.
    threshold : float
        What was proposed, or picked.
    per_month : int or None
        Of *top_k*: how many a month.
    """

    over: int
    model: str
    threshold: float
    per_month: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a proposal is asked for; what is None comes from the settings or the store.

    Parameters
    ----------
    rule : {"threshold", "top_k"}
        Which rule.
    threshold, per_month : float, int, optional
        Take this one in place of the one that the constraints lead to.
    capacity, goal, customers, deal, lead_cost, acceptance_floor, explore : float, optional
        What overrules the settings.
    leads_per_month : float, optional
        How many leads come in a month.
    """

    rule: Rule = "threshold"
    threshold: float | None = None
    per_month: int | None = None
    capacity: float | None = None
    goal: float | None = None
    customers: float | None = None
    deal: float | None = None
    lead_cost: float | None = None
    acceptance_floor: float | None = None
    explore: float | None = None
    leads_per_month: float | None = None

    def check(self) -> None:
        """Refuse what contradicts itself or is no number.

        Raises
        ------
        UnfitProposal
            If it does.
        """
        numbers = (
            self.threshold, self.capacity, self.goal, self.customers, self.deal, self.lead_cost,
            self.acceptance_floor, self.explore, self.leads_per_month,
        )  # fmt: skip
        if any(number is not None and not isfinite(number) for number in numbers):
            raise UnfitProposal("What a proposal is asked for must be finite numbers.")
        if self.goal is not None and self.customers is not None:
            raise UnfitProposal("The goal is a revenue or a number of customers: name one of them.")
        if self.rule == "top_k" and self.threshold is not None:
            raise UnfitProposal("A threshold is of the rule threshold; with top_k name so many per month.")
        if self.rule == "threshold" and self.per_month is not None:
            raise UnfitProposal("So many per month are of the rule top_k; name the rule, or a threshold.")


def capacity_of(settings: Sections) -> Capacity | None:
    """What sales can work on in a month, as the settings say; None where they name no reps.

    Parameters
    ----------
    settings : Sections
        The sections [capacity] and [[reps]].
    """
    own, each = settings.capacity, settings.capacity.leads_per_rep
    if settings.reps:
        takes = [each if rep.leads_per_month is None else rep.leads_per_month for rep in settings.reps]
    elif own.reps is not None:
        takes = [each] * own.reps
    else:
        return None
    return Capacity.of(takes, own.hours_per_rep, own.touches_per_lead, own.minutes_per_touch)


def constraints_of(store: Store, settings: Sections, asked: Asked) -> Constraints:
    """What a proposal takes into account.

    Parameters
    ----------
    store : Store
        Where won deals are.
    settings : Sections
        What the team has set.
    asked : Asked
        What overrules it.
    """
    sales, rule, goal = capacity_of(settings), settings.handoff, settings.goal
    room = None if sales is None else sales.per_month
    named = asked.goal is not None or asked.customers is not None
    with reading(store.engine) as connection:
        seen = mean_won_amount(connection, settings.value.currency)
    return Constraints(
        capacity=room if asked.capacity is None else asked.capacity,
        leads_per_month=asked.leads_per_month,
        goal_revenue=asked.goal if named else goal.revenue,
        goal_customers=asked.customers if named else goal.customers,
        amount=asked.deal or settings.value.deal or seen,
        margin=settings.value.margin,
        lead_cost=rule.lead_cost if asked.lead_cost is None else asked.lead_cost,
        acceptance_floor=rule.acceptance_floor if asked.acceptance_floor is None else asked.acceptance_floor,
        explore=rule.explore if asked.explore is None else asked.explore,
    )


def evidence_of(store: Store, target: str, leads_per_month: float | None = None) -> Evidence:
    """The held-out predictions of what is live for a target, with those of what is live for *won*.

    Parameters
    ----------
    store : Store
        Where models are.
    target : str
        The stage whose likelihood decides.
    leads_per_month : float, optional
        How many leads come in a month; by default as in the test.

    Raises
    ------
    NotProposed
        If nothing is live for the target, or it has no held-out predictions.
    """
    live = store.champion(target)
    if live is None:
        raise NotProposed(f"No model is live for {target}. Train one: leadloop train --target {target}.")
    won = live if target == WON else store.champion(WON)
    with reading(store.engine) as connection:
        own = read_held_out(connection, live.version)
        other = own if won is live or won is None else read_held_out(connection, won.version)
    try:
        return Evidence.of(own, None if won is None else other, leads_per_month)
    except DataError as error:
        raise NotProposed(str(error)) from error


def asked_with(store: Store, settings: Sections, asked: Asked) -> tuple[Constraints, Answers]:
    """What a proposal takes into account, and what sales said of earlier handoffs.

    Parameters
    ----------
    store, settings, asked
        As in :func:`proposed`.

    Raises
    ------
    UnfitProposal
        If what is asked contradicts itself.
    """
    asked.check()
    constraints = constraints_of(store, settings, asked)
    with reading(store.engine) as connection:
        return constraints, read_answers(connection)


def proposed(
    store: Store, settings: Sections, asked: Asked, counted: Counted | None = None, tops: Tops | None = None
) -> Proposal:
    """The policy that the constraints lead to; nothing is changed.

    Parameters
    ----------
    store : Store
        Where held-out predictions, handoffs and deals are.
    settings : Sections
        What the team has set.
    asked : Asked
        What overrules it.
    counted : Counted, optional
        The test of what is live, where it was counted before (:mod:`serving.ground`).
    tops : Tops, optional
        Of *top_k*: the same for so many a month.

    Raises
    ------
    NotProposed, UnfitProposal
        If nothing can be proposed, or what is asked contradicts itself.
    """
    constraints, answers = asked_with(store, settings, asked)
    if counted is not None:
        return propose_from(counted, constraints, answers, asked.rule, asked.threshold, asked.per_month, tops)
    evidence = evidence_of(store, settings.handoff.target, asked.leads_per_month)
    return propose(
        evidence, constraints, answers, asked.rule, threshold=asked.threshold, per_month=asked.per_month
    )


def publish(
    store: Store,
    settings: Sections,
    asked: Asked,
    author: str,
    reason: str,
    at: datetime,
    *,
    counted: Counted | None = None,
    tops: Tops | None = None,
    seen: Seen | None = None,
) -> tuple[Policy, Proposal]:
    """Put a policy in force: the threshold that is named, else the proposed one.

    Parameters
    ----------
    store, settings, asked, counted, tops
        As in :func:`proposed`.
    author, reason : str
        Who publishes it, and why.
    at : datetime
        When, with an offset.
    seen : Seen, optional
        What they have looked at.

    Raises
    ------
    NotProposed, UnfitProposal
        As in :func:`proposed`.
    Overtaken
        If that is not what would be published now.
    """
    found = proposed(store, settings, asked, counted, tops)
    if seen is not None:
        _refuse_unseen(store, settings.handoff.target, found, seen)
    policy = store.publish_policy(
        target=settings.handoff.target,
        rule=found.rule,
        threshold=found.threshold,
        per_month=found.per_month,
        explore=found.constraints.explore,
        model=found.model,
        inputs=found.inputs(),
        expected=found.expected(),
        author=author,
        reason=reason,
        at=at,
        over=None if seen is None else seen.over,
    )
    return policy, found


def _refuse_unseen(store: Store, target: str, found: Proposal, seen: Seen) -> None:
    live = store.champion(target)
    same = (
        round(found.threshold * UNITS) == round(seen.threshold * UNITS) and found.per_month == seen.per_month
    )
    if not same or found.model != seen.model or live is None or live.version != seen.model:
        raise Overtaken(
            "Something else is proposed than when you looked: another model is live, or sales has answered since. "
            "Look at it first; nothing was changed."
        )


class Lately(NamedTuple):
    """How many leads a policy has really handed over, in how many days."""

    handoffs: int
    days: int

    @property
    def said(self) -> str:
        """The same in words."""
        return f"It handed over {self.handoffs:,} leads in the last {self.days} days."


def handed_lately(store: Store, policy: Policy, now: datetime) -> Lately | None:
    """How many leads a policy has really handed over of late; None before it handed any over.

    Parameters
    ----------
    store : Store
        Where handoffs are.
    policy : Policy
        The policy.
    now : datetime
        With an offset.
    """
    since = to_micros((now - LATELY).timestamp())
    with reading(store.engine) as connection:
        count, first = handed_over(connection, policy.version, since)
    if first is None:
        return None
    days = min((to_micros(now.timestamp()) - first) / MICROSECONDS_A_DAY, LATELY.days)
    return Lately(count, max(round(days), 1))


# When the model changes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shift:
    """What becomes of the handoffs of a policy with the model that is live.

    Parameters
    ----------
    policy : Policy
        The policy in force.
    model : str
        What is live for its target.
    promised : float
        Handoffs in a month that it was published with.
    now : Expected
        Those that its threshold gives with that model.
    """

    policy: Policy
    model: str
    promised: float
    now: Expected

    @property
    def moved(self) -> bool:
        """Whether the number is another one now."""
        value, low, high = self.now
        if value is None or low is None or high is None:
            return False
        return abs(value - self.promised) > LEAST_SHIFT * self.promised and not low <= self.promised <= high

    @property
    def said(self) -> str:
        """The same in words."""
        value, low, high = (0.0 if number is None else number for number in self.now)
        told = (
            f"Policy {self.policy.key} was published with {self.promised:,.0f} handoffs a month; with model "
            f"{self.model} its threshold of {self.policy.threshold:g} gives about {value:,.0f} "
            f"({low:,.0f} to {high:,.0f})."
        )
        if self.moved:
            return f"{told} It holds until you change it: propose again with leadloop handoff propose."
        return f"{told} It holds."


def shift_of(store: Store, target: str | None = None) -> Shift | None:
    """What the live model does to the number of handoffs of the policy in force; it is never changed by itself.

    Parameters
    ----------
    store : Store
        Where both are.
    target : str, optional
        Only if the policy is of this target.

    Returns
    -------
    Shift or None
        None where no policy is in force, it is of another target, or it was proposed with the live model.

    Raises
    ------
    NotProposed
        If the live model has no held-out predictions.
    """
    policy = store.policy()
    if policy is None or target not in (None, policy.target):
        return None
    promised = (policy.expected.get("handoffs") or {}).get("value")
    live = store.champion(policy.target)
    if promised is None or live is None or live.version == policy.model:
        return None
    evidence = evidence_of(store, policy.target, _volume(policy))
    return Shift(policy, live.version, float(promised), point_at(evidence, policy.threshold).handoffs)


def _volume(policy: Policy) -> float | None:
    """The leads of a month that a policy was proposed with, where they were given."""
    given = policy.inputs.get("leads_per_month")
    return None if given is None else float(given)


def after_promotion(store: Store, target: str) -> str | None:
    """What to tell whoever has made another model live; None where no policy is concerned.

    Parameters
    ----------
    store : Store
        Where policy and model are.
    target : str
        What the model is live for.
    """
    try:
        shift = shift_of(store, target)
    except NotProposed as error:
        return f"The handoff policy holds, and what becomes of its handoffs is not known: {error}"
    return None if shift is None else shift.said
