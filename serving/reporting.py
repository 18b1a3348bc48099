"""The monthly report from what the store holds and the team has set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Final

import numpy as np

from scoring.categories import Categories
from scoring.dates import DAY
from scoring.errors import DataError, LeadLoopError
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.held_out import read_held_out
from scoring.io.store.month_facts import (
    Logged,
    any_handed,
    first_scores,
    read_costs,
    read_handed,
    read_touched,
)
from scoring.labels import label_snapshots
from scoring.ledger import Ledger
from scoring.months import Month
from scoring.outcomes import Outcomes
from scoring.policy import Policy
from scoring.report import PROPERTIES, Report, report_of, wins_of
from scoring.report_bands import FirstScores
from scoring.report_daily import Goals
from scoring.report_facts import Facts, Span, facts_of
from scoring.report_given import Agreed, Known
from scoring.report_missed import SaidBefore
from scoring.report_parts import YEAR
from scoring.scorecard import GRADES, Scorecard
from scoring.stages import at_or_beyond
from scoring.value import WON
from serving.office import office_of, promise_of
from serving.plan_asked import Asked
from serving.planning import WON_DAYS, planned
from serving.said_before import grades_of, in_words, said_before

READ: Final = ("changes", "touches", "outcomes", "assignments")
# A lead that was first scored within so many days of its creation was scored as a new one.
NEW_DAYS: Final = 7.0
Tell = Callable[[str], None]


class NoLeads(DataError):
    """No lead was known in the month, so there is nothing to tell."""


def refuse_empty(month: Month, first: float | None) -> None:
    """Say that there is no report of a month by whose end no lead was known.

    Parameters
    ----------
    month : Month
        The month.
    first : float or None
        When the first lead was created, in seconds since 1970 UTC; None where none is known.

    Raises
    ------
    NoLeads
        If the month was over before that.
    """
    if first is None:
        raise NoLeads(
            f"There is no report of {month.name}: no lead was known by then. Import what your CRM has: "
            "leadloop import LEADS."
        )
    if first >= month.end:
        began = Month.at(first, month.zone).name
        raise NoLeads(f"There is no report of {month.name}: the first lead came in {began}.")


def _silent(_: str) -> None:
    """Tell nobody."""


def made_report(
    store: Store, settings: Sections, month: Month, as_of: datetime, tell: Tell = _silent
) -> Report:
    """Make the report of a month, as it was known at a time.

    Parameters
    ----------
    store : Store
        What is known.
    settings : Sections
        What the team has set.
    month : Month
        The month; it has begun by then.
    as_of : datetime
        With an offset.
    tell : callable
        Is told what is being done.

    Raises
    ------
    NoLeads
        If none was known by the end of the month.
    """
    return _Making(store, settings, month, as_of.timestamp(), tell).report()


@dataclass(frozen=True)
class _Making:
    """One report in the making."""

    store: Store
    settings: Sections
    month: Month
    as_of: float
    tell: Tell

    def report(self) -> Report:
        self.tell("reading leads and what happened to them")
        created = self._ledger.created
        refuse_empty(self.month, float(created.min()) if len(created) else None)
        self.tell("looking up what was said of them")
        known = self._known()
        self.tell("counting the month")
        return report_of(self.month, self.as_of, known, self._agreed())

    @cached_property
    def _spans(self) -> tuple[Span, Span]:
        return Span.pair(self.month, self.as_of)

    @cached_property
    def _ledger(self) -> Ledger:
        return self.store.ledger(READ, PROPERTIES).known_at(self.as_of)

    @cached_property
    def _facts(self) -> Facts:
        return facts_of(self._ledger, self.settings.value.currency)

    @cached_property
    def _outcomes(self) -> Outcomes:
        return Outcomes.of_ledger(self._ledger, at_or_beyond(self._target))

    @cached_property
    def _policy(self) -> Policy | None:
        """The rule that was in force then."""
        published = (one for one in self.store.policies() if one.published_at is not None)
        return next((one for one in published if one.published_at.timestamp() <= self.as_of), None)  # type: ignore[union-attr]

    @cached_property
    def _target(self) -> str:
        """The stage by which the score is judged: won, where there is a model of it."""
        return WON if self.store.champions(WON) else self.settings.primary

    def _card(self, target: str) -> Scorecard | None:
        champion = self.store.champion(target) if self.store.champions(target) else None
        return None if champion is None else Scorecard.from_json(champion.scorecard)

    @property
    def _horizon(self) -> int:
        return self.settings.targets.get(WON, WON_DAYS)

    def _agreed(self) -> Agreed:
        settings, (now, before) = self.settings, self._spans
        reps = len(settings.reps) or settings.capacity.reps
        owed = reps * settings.capacity.leads_per_rep if reps else None
        return Agreed(
            goals=self._goals(owed),
            owed=owed,
            promise=promise_of(settings),
            office=office_of(settings, before.start, max(self.as_of, now.month.end)),
            currency=settings.value.currency,
            margin=settings.value.margin,
            cuts=settings.grades.cuts,
            horizon_days=self._horizon,
        )

    def _goals(self, owed: int | None) -> Goals:
        """What is to be reached; what the goal takes in leads is measured, where enough is known."""
        goal = self.settings.goal
        leads, won = None, goal.customers if goal.revenue is None else None
        needed: dict[str, int] = {}
        if goal.revenue is not None or goal.customers is not None:
            try:
                plan = planned(
                    Asked(start=self.month.name), self.settings, lambda: self._ledger, self.month.first
                )
                leads, won = plan.leads, plan.customers
                needed = {step.stage: step.needed for step in plan.waterfall}
            except LeadLoopError:
                pass  # no rate can be measured: the goal itself still stands
        return Goals(leads, owed or None, won, goal.revenue, needed)

    def _known(self) -> Known:
        now, before = self._spans
        ledger, facts = self._ledger, self._facts
        with reading(self.store.engine) as connection:
            touched = read_touched(connection, ledger.lead_id, before.start, self.as_of)
            costs = read_costs(connection, (now.month.name, before.month.name), self.settings.value.currency)
            handed = read_handed(connection, before.start, self.as_of)
            by_handoff = any_handed(connection, now.until)
            span = self._horizon * DAY + YEAR * DAY
            logged = first_scores(connection, self._target, before.start - span, self.as_of)
        return Known(
            ledger=ledger,
            facts=facts,
            touched=touched,
            costs=costs,
            handed=handed,
            by_handoff=by_handoff,
            scores=[*self._scores_logged(logged), *self._scores_held_out()],
            fit=self._fit(logged),
            said=self._said,
            policy=self._policy,
        )

    @property
    def _said(self) -> list[SaidBefore]:
        """What was said of the month's wins before."""
        wins = wins_of(self._facts, self._ledger, self._spans[0])
        decides = None if self._policy is None else self._policy.target
        said = said_before(self.store, wins, self.month.start, self.settings.primary, decides)
        if decides is not None:
            said = [self._while_it_decides(one, decides) for one in said]
        card = self._card(self.settings.primary)
        return said if card is None else [in_words(card, one) for one in said]

    def _while_it_decides(self, one: SaidBefore, target: str) -> SaidBefore:
        """The policy says nothing of a lead that had got as far as it asks for by then."""
        reached = self._facts.reached[target][self._place[one.lead_id]]
        return replace(one, likelihood=None) if reached <= one.at else one

    @cached_property
    def _place(self) -> dict[str, int]:
        return {lead_id: at for at, lead_id in enumerate(self._ledger.lead_id.tolist())}

    def _scores_logged(self, logged: Logged) -> Iterator[FirstScores]:
        """The first scores of the log, and what came of them."""
        if not logged.lead_id:
            return
        lead = np.array([self._place.get(name, -1) for name in logged.lead_id], dtype=np.intp)
        card = self._card(self._target)
        days = card.meta.horizon_days if card is not None else None
        horizon = days or self.settings.targets.get(self._target, WON_DAYS)
        labels = label_snapshots(lead, logged.as_of, self._outcomes, self._target, float(horizon))
        counted = np.isin(labels.state, ("censored", "mature_positive", "mature_negative"))
        yield FirstScores(
            "log", self._target, horizon, logged.versions, logged.grade[counted],
            logged.likelihood[counted], labels.y[counted],
        )  # fmt: skip

    def _scores_held_out(self) -> Iterator[FirstScores]:
        """What the champion said of leads as they came in, which it had not learned from."""
        card = self._card(self._target)
        if card is None or not card.has_likelihood:
            return
        with reading(self.store.engine) as connection:
            held = read_held_out(connection, card.meta.version)
        horizon = card.meta.horizon_days or self._horizon
        last = self.as_of - horizon * DAY
        rows = np.flatnonzero(held.creation & (held.as_of <= last) & (held.as_of > last - YEAR * DAY))
        if not len(rows):
            return
        likelihood = held.likelihood[rows]
        yield FirstScores(
            "held_out", self._target, horizon, (card.meta.version,), grades_of(card, likelihood), likelihood,
            held.label[rows].astype(np.float64),
        )  # fmt: skip

    def _fit(self, logged: Logged) -> Categories | None:
        """The fit of each lead that was scored when it was new: later, only those that are left were."""
        codes = np.full(len(self._ledger), -1, dtype=np.int32)
        for name, as_of, letter in zip(logged.lead_id, logged.as_of.tolist(), logged.fit, strict=True):
            at = self._place.get(name)
            if at is not None and letter is not None and as_of <= self._ledger.created[at] + NEW_DAYS * DAY:
                codes[at] = GRADES.index(letter)
        return Categories(codes, tuple(GRADES)) if (codes >= 0).any() else None
