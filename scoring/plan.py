"""What a goal takes: customers, the leads that they come from, and the hours of those who work the leads.

Counts are exact and rounded up, never down: 12 customers at 2 % are 600 leads, and 601 would be a fault of the
arithmetic.  So amounts and rates are fractions of whole numbers here, never floats.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from scoring.bands import wilson_interval
from scoring.certainty import chance, leads_for, leads_for_seen
from scoring.value import WON

LEAD: Final = "lead"
HANDED_OVER: Final = "mql"
MOST_CUSTOMERS: Final = 1_000_000


def customers_for(revenue: Decimal, deal: Decimal) -> int:
    """How many deals bring a revenue, rounded up.

    Parameters
    ----------
    revenue, deal : Decimal
        In one currency, above 0.

    Examples
    --------
    >>> customers_for(Decimal(1_200_000), Decimal(100_000)), customers_for(Decimal("0.3"), Decimal("0.1"))
    (12, 3)
    """
    return ceil(Fraction(revenue) / Fraction(deal))


@dataclass(frozen=True, slots=True)
class Step:
    """How many leads must get to a stage, and how many of them go on to the next.

    Parameters
    ----------
    stage : str
        The stage.
    needed : int
        Leads that must reach it.
    rate : float or None
        The share that goes on; None for the last stage.
    low, high : float or None
        The 90 % interval of that rate; None where nobody says how many leads it was seen on.
    reached, of : int or None
        How many of how many leads went on.
    """

    stage: str
    needed: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    reached: int | None = None
    of: int | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """How many leads bring a number of customers.

    Parameters
    ----------
    customers, leads : int
        The leads are those that bring the customers on average.
    chance : float
        The chance that they are enough.
    certain : int
        The leads that are enough with the certainty asked for, if the rate is exact.
    certain_seen : int or None
        The same if the rate is only known from leads that were seen; None where nobody says how many.
    """

    customers: int
    leads: int
    chance: float
    certain: int
    certain_seen: int | None


@dataclass(frozen=True, slots=True)
class Rates:
    """The share of leads that get to each stage.

    Parameters
    ----------
    stages : tuple of str
        From ``lead`` to ``won``.
    shares : tuple of Fraction
        Of all leads; 1 for the first, the close rate for the last, never rising.
    seen : int or None
        On how many leads they were seen.
    counted : bool
        Whether they were counted there, stage by stage; else they were given.
    """

    stages: tuple[str, ...]
    shares: tuple[Fraction, ...]
    seen: int | None = None
    counted: bool = False

    @classmethod
    def given(cls, close_rate: Decimal, seen: int | None = None) -> Rates:
        """A close rate that somebody names; what lies between is not known.

        Examples
        --------
        >>> Rates.given(Decimal("0.02")).needed(12)
        (600, 12)
        """
        return cls((LEAD, WON), (Fraction(1), Fraction(close_rate)), seen)

    @classmethod
    def counted_at(cls, stages: Sequence[str], reached: Sequence[int]) -> Rates:
        """Rates as they were counted.

        Parameters
        ----------
        stages : sequence of str
        reached : sequence of int
            Leads that got to each stage or beyond; some got to the last.

        Examples
        --------
        >>> Rates.counted_at(("lead", "sql", "won"), (500, 40, 10)).needed(12)
        (600, 48, 12)
        """
        shares = tuple(Fraction(count, reached[0]) for count in reached)
        return cls(tuple(stages), shares, reached[0], counted=True)

    @property
    def close(self) -> Fraction:
        """The close rate: the share of leads that are won."""
        return self.shares[-1]

    @property
    def handed_over(self) -> int:
        """Position of the stage from which on sales works a lead: ``mql`` where it is recorded, else ``lead``."""
        return self.stages.index(HANDED_OVER) if HANDED_OVER in self.stages else 0

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 90 % interval of the close rate; None where nobody says how many leads it was seen on."""
        return None if self.seen is None else _interval(self.close * self.seen, Fraction(self.seen))

    def needed(self, customers: int) -> tuple[int, ...]:
        """How many leads must get to each stage, each rounded up from the customers."""
        return tuple(ceil(customers * share / self.close) for share in self.shares)

    def need(self, customers: int, certainty: float) -> Need:
        """How many leads it takes, on average and with certainty.

        Parameters
        ----------
        customers : int
            None, one or more.
        certainty : float
            Between 0 and 1.
        """
        if customers == 0:
            return Need(0, 0, 1.0, 0, None if self.seen is None else 0)
        leads, rate = self.needed(customers)[0], float(self.close)
        seen = self.seen
        return Need(
            customers,
            leads,
            chance(customers, leads, rate),
            leads_for(customers, rate, certainty),
            None if seen is None else leads_for_seen(customers, float(self.close * seen), seen, certainty),
        )

    def waterfall(self, customers: int) -> tuple[Step, ...]:
        """What each stage needs and passes on, from the first to the last."""
        needed = self.needed(customers)
        steps = [
            self._step(stage, count, here, there)
            for stage, count, here, there in zip(
                self.stages, needed, self.shares, self.shares[1:], strict=False
            )
        ]
        return (*steps, Step(self.stages[-1], needed[-1]))

    def _step(self, stage: str, needed: int, here: Fraction, there: Fraction) -> Step:
        rate = float(there / here)
        if self.seen is None:
            return Step(stage, needed, rate)
        reached, of = there * self.seen, here * self.seen
        counts = (int(reached), int(of)) if self.counted else (None, self.seen)
        return Step(stage, needed, rate, *_interval(reached, of), *counts)


def _interval(reached: Fraction, of: Fraction) -> tuple[float, float]:
    low, high = wilson_interval(float(reached), float(of))
    return float(low), float(high)


def share_out(customers: int, weights: Sequence[Fraction | int]) -> tuple[int, ...]:
    """Share customers out by weight, as whole ones that together are all of them.

    Parameters
    ----------
    customers : int
    weights : sequence of Fraction or int
        Not below 0.  If all are 0, everyone has the same.

    Returns
    -------
    tuple of int
        By the method of largest remainders; of equal ones the first gets more.

    Examples
    --------
    >>> share_out(12, [5, 3, 2]), share_out(12, [0, 0, 0, 0, 0])
    ((6, 4, 2), (3, 3, 2, 2, 2))
    """
    total = sum(weights)
    fair = [customers * (Fraction(w, 1) / total if total else Fraction(1, len(weights))) for w in weights]
    whole = [floor(part) for part in fair]
    order = sorted(range(len(fair)), key=lambda at: (whole[at] - fair[at], at))
    more = set(order[: customers - sum(whole)])
    return tuple(count + (at in more) for at, count in enumerate(whole))


@dataclass(frozen=True, slots=True)
class Work:
    """What working leads takes, and what reps have.

    Parameters
    ----------
    touches, minutes : Fraction
        Touches that a lead takes, and minutes that a touch takes.
    hours_per_rep : Fraction
        Hours that a rep has for leads in all months of the plan.
    reps : int or None
        How many there are; None where that is not known.
    """

    touches: Fraction
    minutes: Fraction
    hours_per_rep: Fraction
    reps: int | None

    def hours(self, leads: int) -> Fraction:
        """Hours that so many leads take.

        Examples
        --------
        >>> Work(Fraction(5), Fraction(12), Fraction(120), 4).hours(600)
        Fraction(600, 1)
        """
        return leads * self.touches * self.minutes / 60

    @property
    def available(self) -> Fraction | None:
        """Hours that all reps have."""
        return None if self.reps is None else self.reps * self.hours_per_rep

    @property
    def most_leads(self) -> int | None:
        """Leads that fit into these hours."""
        return None if self.available is None else floor(self.available * 60 / (self.touches * self.minutes))

    def reps_for(self, leads: int) -> int | None:
        """Reps that so many leads take; None where a rep has no hours."""
        return ceil(self.hours(leads) / self.hours_per_rep) if self.hours_per_rep else None
