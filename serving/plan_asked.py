"""What a plan is asked for, and the rules of it; a refusal names the parameter as it was called where it was asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from scoring.errors import SettingsError
from scoring.plan import MOST_CUSTOMERS
from serving.problems import Fault

LEAST_RATE = Decimal("0.000001")
LEAST_CERTAINTY, MOST_CERTAINTY = Decimal("0.5"), Decimal("0.9999")
MOST_MONEY = Decimal(10) ** 18
MOST_MONTHS = 36
MOST_SEEN = 10**9


class UnfitPlan(SettingsError):
    """A plan that cannot be made of what is asked; ``faults`` names the parameter."""

    def __init__(self, name: str, rule: str, said: str) -> None:
        super().__init__(said)
        self.faults = (Fault(pointer=f"query.{name}", detail=rule),)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a plan is asked for; what is None comes from the settings or the store.

    Parameters
    ----------
    goal, deal : Decimal, optional
        The revenue in all months together, and what a deal brings.
    customers : int, optional
        The goal as a number of deals.
    close_rate : Decimal, optional
        The share of leads that are won; measured where it is not given.
    seen : int, optional
        On how many leads that rate was seen.
    certainty : Decimal
        With which the goal is to be reached.
    by : str, optional
        ``month``, ``rep`` or a property of leads.
    months : int
        How many the goal is for.
    start : str, optional
        The first of them, as ``2026-11``.
    currency : str, optional
        The currency of goal and deal.
    named : callable
        How a parameter is called where it was asked.
    """

    goal: Decimal | None = None
    deal: Decimal | None = None
    customers: int | None = None
    close_rate: Decimal | None = None
    seen: int | None = None
    certainty: Decimal = Decimal("0.9")
    by: str | None = None
    months: int = 1
    start: str | None = None
    currency: str | None = None
    named: Callable[[str], str] = str

    def refuse(self, name: str, rule: str) -> UnfitPlan:
        """The refusal of one parameter."""
        return UnfitPlan(name, rule, f"{self.named(name)} {rule}.")


def check(asked: Asked) -> None:
    """Refuse what is outside of its bounds, or contradicts itself.

    Parameters
    ----------
    asked : Asked
        What is asked.

    Raises
    ------
    UnfitPlan
        If it breaks a rule.
    """
    rate_rule = f"must be a share above 0 and at most 1, such as 0.02 for 2 %, and not below {LEAST_RATE:f}"
    rules = (
        ("goal", asked.goal is None or 0 < asked.goal <= MOST_MONEY, "must be above 0 and at most 10^18"),
        ("deal", asked.deal is None or 0 < asked.deal <= MOST_MONEY, "must be above 0 and at most 10^18"),
        ("close_rate", asked.close_rate is None or LEAST_RATE <= asked.close_rate <= 1, rate_rule),
        (
            "certainty",
            LEAST_CERTAINTY <= asked.certainty <= MOST_CERTAINTY,
            f"must be a share from {LEAST_CERTAINTY} to {MOST_CERTAINTY}, such as 0.9",
        ),
        (
            "customers",
            asked.customers is None or 1 <= asked.customers <= MOST_CUSTOMERS,
            f"must be a whole number from 1 to {MOST_CUSTOMERS:,}",
        ),
        ("months", 1 <= asked.months <= MOST_MONTHS, f"must be a whole number from 1 to {MOST_MONTHS}"),
        (
            "seen",
            asked.seen is None or 1 <= asked.seen <= MOST_SEEN,
            f"must be a whole number from 1 to {MOST_SEEN:,}",
        ),
        (
            "seen",
            asked.seen is None or asked.close_rate is not None,
            f"says on how many leads {asked.named('close_rate')} was seen; give both",
        ),
        (
            "customers",
            asked.customers is None or asked.goal is None,
            f"is the goal as a number of deals; give either it or {asked.named('goal')}",
        ),
    )
    for name, holds, rule in rules:
        if not holds:
            raise asked.refuse(name, rule)
