"""The points of a curve of thresholds: handoffs, conversions, acceptances, wins and revenue of a month.

Values are counts of the test over its months; intervals hold 90 % of 200 draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from scoring.handoff_answers import acceptance_rates, drawn_rates, over
from scoring.handoff_columns import Columns, ends, wins_of
from scoring.handoff_counted import Counted, Tops, marginal_won
from scoring.handoff_evidence import Answers, Evidence, Floats, Integers
from scoring.handoff_reach import CONVERSIONS, HANDOFFS
from scoring.policy import UNITS


class Expected(NamedTuple):
    """What is to be expected, with its 90 % interval; None where it is not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a threshold brings in a month.

    Parameters
    ----------
    threshold : float
        The likelihood from which leads are handed over.
    handoffs, conversions : Expected
        Leads that reach it, and those of them that reach the target within its horizon.
    precision : Expected
        Conversions ÷ handoffs.
    acceptance, acceptances : Expected
        The share of handoffs that sales accepts, and how many these are.
    wins, revenue : Expected
        Deals won, and what they bring.
    worth : float or None
        What a lead just at the threshold earns.
    """

    threshold: float
    handoffs: Expected
    conversions: Expected
    precision: Expected
    acceptance: Expected
    acceptances: Expected
    wins: Expected
    revenue: Expected
    worth: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON-ready values."""
        names = ("handoffs", "conversions", "precision", "acceptance", "acceptances", "wins", "revenue")
        told = {name: getattr(self, name)._asdict() for name in names}
        return {"threshold": self.threshold, **told, "worth": self.worth}


class Grid(NamedTuple):
    """Thresholds in millionths, ascending, with what each brings in a month, without intervals."""

    at: Integers
    handoffs: Floats
    wins: Floats
    acceptance: Floats
    decided: Integers

    @classmethod
    def of(cls, counted: Counted, answers: Answers | None) -> Grid:
        """Of each threshold that may be proposed."""
        sums = counted.columns.sums[:, counted.place(counted.fine)]
        rates, decided = acceptance_rates(answers, counted.fine)
        months = counted.months
        return cls(counted.fine, sums[HANDOFFS] / months, wins_of(sums) / months, rates, decided)

    def near(self, threshold: float) -> tuple[float, float]:
        """Handoffs and wins of the highest of these thresholds that is not above another."""
        place = max(int(np.searchsorted(self.at, round(threshold * UNITS), side="right")) - 1, 0)
        return float(self.handoffs[place]), float(self.wins[place])


@dataclass(frozen=True, slots=True)
class Curve:
    """What makes points of what was counted.

    Parameters
    ----------
    counted : Counted
        What was.
    answers : Answers or None
        What sales said of earlier handoffs.
    amount : float or None
        What a won deal brings.
    margin : float
        The share of it that is earned.
    """

    counted: Counted
    answers: Answers | None = None
    amount: float | None = None
    margin: float = 1.0

    def points(self, at: Integers) -> tuple[Point, ...]:
        """The points of thresholds in millionths, ascending, that were counted."""
        worth = marginal_won(self.counted, at) * (self.amount or np.nan) * self.margin
        return self._points(at, self.counted.columns.take(self.counted.place(at)), worth)

    def tops(self, tops: Tops) -> tuple[Point, ...]:
        """The points of so many a month."""
        return self._points(tops.cut, tops.columns, np.full(len(tops.cut), np.nan))

    def _points(self, at: Integers, columns: Columns, worth: Floats) -> tuple[Point, ...]:
        months = self.counted.months
        each, draws = columns.sums / months, columns.drawn / months
        rates, drawn = self._acceptance(at)
        accepted = rates * each[HANDOFFS]
        wins, (handoffs, conversions, precision, won) = wins_of(each), columns.spread
        bring = np.nan if self.amount is None else self.amount
        told = {
            "handoffs": _expected(each[HANDOFFS], handoffs),
            "conversions": _expected(each[CONVERSIONS], conversions),
            "precision": _expected(over(each[CONVERSIONS], each[HANDOFFS]), precision),
            "acceptance": _expected(rates, ends(rates, drawn)),
            "acceptances": _expected(accepted, ends(accepted, drawn * draws)),
            "wins": _expected(wins, won),
            "revenue": _expected(wins * bring, won * bring),
        }
        return tuple(
            Point(
                threshold=float(at[k]) / UNITS,
                worth=None if np.isnan(worth[k]) else float(worth[k]),
                **{name: one[k] for name, one in told.items()},
            )
            for k in range(len(at))
        )

    def _acceptance(self, at: Integers) -> tuple[Floats, Floats]:
        rising, places = np.unique(at, return_inverse=True)
        rates, _ = acceptance_rates(self.answers, rising)
        return rates[places], drawn_rates(self.answers, rising, self.counted.state)[:, places]


def _expected(values: Floats, interval: Floats) -> Sequence[Expected]:
    """Values with the ends of their intervals; unknown where the value is."""
    known = np.isfinite(values)
    low, high = (np.where(known, end, np.nan) for end in interval)
    columns = (np.where(known, values, np.nan), low, high)
    return [
        Expected(*(None if np.isnan(one) else one for one in row))
        for row in zip(*(column.tolist() for column in columns), strict=True)
    ]


def point_at(evidence: Evidence, threshold: float) -> Point:
    """What a threshold would have brought, without what sales said and deals bring.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    threshold : float
        From which likelihood on.
    """
    at = np.array([round(threshold * UNITS)])
    return Curve(Counted.of(evidence, at.tolist())).points(at)[0]
