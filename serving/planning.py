"""A plan from what is asked, what the team has set, and what the store holds; for the command and the service."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from scoring.errors import DataError
from scoring.funnel import Cohort, cohort, won_deals
from scoring.io.office import office_hours
from scoring.io.sections import Calendar, Sections
from scoring.ledger import Ledger
from scoring.money import decimals, rounded_down
from scoring.plan import MOST_CUSTOMERS, Rates, customers_for, share_out
from scoring.plan_parts import MONTH, REP, Part, Parts, by_month, by_property, by_rep
from scoring.value import WON
from serving.plan_answers import measured_on, need_fields, number, part_plan, room, stage_plan, work_plan
from serving.plan_asked import Asked, UnfitPlan, check
from serving.plan_schemas import PartPlan, PlanAnswer

WON_DAYS = 90
# What rates are measured on; activities and touches, by far the most, are not among it.
READ = ("changes", "outcomes", "assignments")


def planned(asked: Asked, settings: Sections, read: Callable[[], Ledger], today: date) -> PlanAnswer:
    """What a goal takes.

    Parameters
    ----------
    asked : Asked
        What is asked.
    settings : Sections
        What the team has set.
    read : callable
        Gives what the store knows of leads; it is called only where something must be measured.
    today : date
        In the zone of the settings.

    Raises
    ------
    UnfitPlan
        If what is asked breaks a rule, or nothing can be said without what is missing.
    """
    check(asked)
    return _Planning(asked, settings, read, today).answer()


@dataclass(frozen=True)
class _Planning:
    """One plan in the making."""

    asked: Asked
    settings: Sections
    read: Callable[[], Ledger]
    today: date

    def answer(self) -> PlanAnswer:
        revenue, deal, deals_seen, customers = self._goal
        rates, days = self._rates, self._days
        parts = self._parts()
        each = parts.each if parts else ()
        shares = share_out(customers, [part.weight for part in each])
        known = self._known if rates.counted else None
        return PlanAnswer(
            **need_fields(rates, customers, self._certainty, sum(days.values())),
            revenue=number(revenue),
            deal=number(deal),
            deals_seen=deals_seen,
            currency=self._currency,
            certainty=self._certainty,
            months=list(days),
            working_days=sum(days.values()),
            measured=None if known is None else measured_on(known, self.settings.time.zone),
            waterfall=[stage_plan(step) for step in rates.waterfall(customers)],
            passed_over={} if known is None else dict(known.passed_over),
            work=work_plan(rates, customers, self.settings, self.asked.months),
            by=self.asked.by,
            shared_by=parts.shared_by if parts else None,
            parts=[self._part(part, count) for part, count in zip(each, shares, strict=True)],
        )

    @cached_property
    def _ledger(self) -> Ledger:
        return self.read()

    @cached_property
    def _known(self) -> Cohort:
        ledger = self._ledger
        if not len(ledger):
            raise DataError("The store holds no leads, so nothing can be measured.")
        return cohort(ledger, self.settings.targets.get(WON, WON_DAYS), self.settings.time.zone)

    @property
    def _certainty(self) -> float:
        return float(self.asked.certainty)

    @cached_property
    def _currency(self) -> str:
        named = self.asked.currency
        if named is None:
            return self.settings.value.currency
        if not (len(named) == 3 and named.isascii() and named.isalpha()):
            raise self.asked.refuse("currency", "must be a currency by three letters (ISO 4217), such as JPY")
        return named.upper()

    @cached_property
    def _goal(self) -> tuple[Decimal | None, Decimal | None, int | None, int]:
        """Revenue, deal, the deals it was seen on, and customers."""
        asked, goal = self.asked, self.settings.goal
        if asked.customers is not None:
            return None, asked.deal, None, asked.customers
        if asked.goal is None and goal.revenue is None and goal.customers is not None:
            return None, asked.deal, None, self._most(goal.customers * asked.months, "customers")
        revenue = self._revenue()
        deal, seen = self._deal()
        return revenue, deal, seen, self._most(customers_for(revenue, deal), "goal")

    def _most(self, customers: int, name: str) -> int:
        if customers > MOST_CUSTOMERS:
            raise self.asked.refuse(
                name, f"must take at most {MOST_CUSTOMERS:,} customers, and takes {customers:,}"
            )
        return customers

    def _revenue(self) -> Decimal:
        if self.asked.goal is not None:
            return self._in_coins("goal", self.asked.goal)
        monthly = self.settings.goal.revenue
        if monthly is None:
            raise self.asked.refuse(
                "goal",
                f"must be given, or {self.asked.named('customers')}, where the settings have no [goal]",
            )
        self._same_currency("goal")
        return Decimal(repr(monthly)) * self.asked.months

    def _deal(self) -> tuple[Decimal, int | None]:
        if self.asked.deal is not None:
            return self._in_coins("deal", self.asked.deal), None
        own = self.settings.value
        if own.deal is not None and own.currency == self._currency:
            return Decimal(repr(own.deal)), None
        try:
            deals = won_deals(self._ledger, self._currency, own.currency)
        except DataError as error:
            rule = "must be given where neither [value] of the settings nor a won deal of the store says it"
            raise UnfitPlan("deal", rule, f"{error} Give {self.asked.named('deal')}.") from error
        # Down, because a deal that is taken for larger than it is would need too few customers.
        deal = rounded_down(Decimal(repr(deals.mean)), self._currency)
        if not deal:
            raise self.asked.refuse(
                "deal", "must be given, since the mean won deal is below the smallest coin"
            )
        return deal, deals.count

    def _same_currency(self, name: str) -> None:
        if self._currency != self.settings.value.currency:
            raise self.asked.refuse(
                name,
                f"must be given in {self._currency}, since the settings have it in {self.settings.value.currency}",
            )

    def _in_coins(self, name: str, amount: Decimal) -> Decimal:
        if amount != rounded_down(amount, self._currency):
            most = decimals(self._currency)
            raise self.asked.refuse(
                name, f"must have {f'at most {most}' if most else 'no'} decimals in {self._currency}"
            )
        return amount

    @cached_property
    def _rates(self) -> Rates:
        if self.asked.close_rate is not None:
            return Rates.given(self.asked.close_rate, self.asked.seen)
        known = self._measurable("close_rate", "Give")
        reached = known.reached()
        if not reached[-1]:
            said = (
                f"None of the {reached[0]:,} leads whose fate is known was won within {known.horizon_days} days, "
                f"so no close rate can be measured. Give {self.asked.named('close_rate')}."
            )
            raise UnfitPlan("close_rate", _RATE_RULE, said)
        return Rates.counted_at(known.stages, reached)

    def _measurable(self, name: str, do: str) -> Cohort:
        try:
            return self._known
        except DataError as error:
            rule = _RATE_RULE if name == "close_rate" else _BY_RULE
            raise UnfitPlan(name, rule, f"{error} {do} {self.asked.named(name)}.") from error

    @cached_property
    def _days(self) -> dict[str, int]:
        """The months of the plan, and the working days in each."""
        first = self._start()
        months = [
            date(first.year + (first.month - 1 + more) // 12, (first.month - 1 + more) % 12 + 1, 1)
            for more in range(self.asked.months)
        ]
        calendar, zone = self.settings.calendar, self.settings.time.zone
        return {f"{month:%Y-%m}": _working_days(calendar, zone, month) for month in months}

    def _start(self) -> date:
        text = self.asked.start
        if text is None:
            return self.today.replace(day=1)
        try:
            start = date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise self.asked.refuse("start", "must be a month such as 2026-11") from error
        if not 1970 <= start.year <= 2200:
            raise self.asked.refuse("start", "must be a month from 1970-01 to 2200-12")
        return start

    def _parts(self) -> Parts | None:
        by = self.asked.by
        if by is None:
            return None
        rates, zone = self._rates, self.settings.time.zone
        listed = [(rep.name, room(rep, self.settings.capacity)) for rep in self.settings.reps]
        if by == MONTH or (by == REP and listed):
            ledger, known = self._perhaps()
            if by == MONTH:
                return by_month(ledger, known, rates, list(self._days), zone)
            return by_rep(ledger, known, rates, listed)
        known = self._measurable("by", "Leave out")
        try:
            if by == REP:
                return by_rep(self._ledger, known, rates, ())
            return by_property(self._ledger, by, known, rates)
        except DataError as error:
            raise UnfitPlan("by", _BY_RULE, f"{self.asked.named('by')}: {error}") from error

    def _perhaps(self) -> tuple[Ledger, Cohort] | tuple[None, None]:
        """What the store knows; where it knows too little, parts are shared out without it."""
        try:
            return self._ledger, self._known
        except DataError:
            return None, None

    def _part(self, part: Part, customers: int) -> PartPlan:
        asked, days = self.asked, self._days
        one_month = asked.by == MONTH
        in_days = days[str(part.name)] if one_month else sum(days.values())
        months = 1 if one_month else asked.months
        return part_plan(part, customers, self._certainty, str(asked.by), self.settings, months, in_days)


_RATE_RULE = "must be given where the store holds too little to measure it"
_BY_RULE = "must be month, rep or a property by which the store can share out the goal"


def _working_days(calendar: Calendar, zone: str, month: date) -> int:
    last = month.replace(day=monthrange(month.year, month.month)[1])
    return len(office_hours(calendar, zone, month, last).opens)
