"""The handoff threshold that capacity, goal, value and acceptance lead to, and what it promises of a month.

Three constraints bound the threshold from below: sales can work on so many leads, a lead must be worth what working
it costs, and sales must accept so many of those it is given.  The goal bounds it from above.  All of it is counted
on held-out predictions; nothing is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from scoring.errors import DataError
from scoring.handoff_counted import Counted, Tops, marginal_won
from scoring.handoff_curve import Curve, Grid, Point
from scoring.handoff_evidence import Answers, Evidence, Integers
from scoring.policy import UNITS, Rule
from scoring.reasons import Lang
from scoring.remarks import Kind, Remark

LEAST_DECIDED: Final = 20
NEIGHBOURS: Final = 4
SHARES_OF_K: Final = (0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
LOOKED_AT: Final = 0.8


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many leads sales can work on in a month.

    Parameters
    ----------
    reps : int
        How many work.
    leads : float
        What they take.
    by_hours : float
        What their hours allow.
    """

    reps: int
    leads: float
    by_hours: float

    @property
    def per_month(self) -> float:
        """The smaller of the two."""
        return min(self.leads, self.by_hours)

    @classmethod
    def of(
        cls, takes: Sequence[float], hours_per_rep: float, touches_per_lead: float, minutes_per_touch: float
    ) -> Capacity:
        """From what each rep takes in a month, and what the hours allow.

        Examples
        --------
        >>> Capacity.of([50] * 6, hours_per_rep=120, touches_per_lead=5, minutes_per_touch=12)
        Capacity(reps=6, leads=300, by_hours=720.0)
        """
        by_hours = len(takes) * hours_per_rep * 60 / (touches_per_lead * minutes_per_touch)
        return cls(len(takes), sum(takes), by_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What a proposal takes into account; None: not set.

    Parameters
    ----------
    capacity : float or None
        Handoffs that sales can work on in a month, those of exploration among them.
    leads_per_month : float or None
        How many leads come in a month, where not as many as in the test.
    goal_revenue, goal_customers : float or None
        What is to be won in a month; the revenue goes before.
    amount : float or None
        What a won deal brings.
    margin : float
        The share of it that is earned.
    lead_cost : float or None
        What working a lead costs.
    acceptance_floor : float or None
        The share of handoffs that sales accepts at least.
    explore : float
        The share of the capacity that goes to leads below the threshold.
    """

    capacity: float | None = None
    leads_per_month: float | None = None
    goal_revenue: float | None = None
    goal_customers: float | None = None
    amount: float | None = None
    margin: float = 1.0
    lead_cost: float | None = None
    acceptance_floor: float | None = None
    explore: float = 0.0

    @property
    def room(self) -> float | None:
        """What the rule itself may hand over in a month."""
        return None if self.capacity is None else (1 - self.explore) * self.capacity

    @property
    def wins_needed(self) -> float | None:
        """Deals that the goal asks for in a month; None where it asks for none, or nobody knows how many."""
        if self.goal_revenue is None:
            return self.goal_customers
        return None if not self.amount else self.goal_revenue / self.amount


class Bound(NamedTuple):
    """What a constraint does to the threshold.

    Parameters
    ----------
    name : str
        ``capacity``, ``value``, ``acceptance`` or ``goal``.
    side : str
        ``lower`` or ``upper``.
    threshold : float or None
        Where the bound is; None where no threshold keeps to the constraint.
    binds : bool
        Whether it leaves any lead out, or asks for one.
    """

    name: str
    side: str
    threshold: float | None
    binds: bool


class Exploring(NamedTuple):
    """Leads below the threshold that sales sees all the same: how many in a month, of how many, by what chance."""

    per_month: float
    below: float
    draw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A threshold, why it is that one, and what it promises.

    Parameters
    ----------
    model : str
        The version on whose held-out predictions it rests.
    rule : {"threshold", "top_k"}
        Which rule is proposed.
    threshold : float
        The likelihood from which a lead is handed over.
    per_month : int or None
        Of *top_k*: so many in a month.
    binding : str or None
        The constraint that decides.
    bounds : tuple of Bound
        What each constraint does.
    point : Point
        What is to be expected of a month.
    by_month : tuple of int or None
        The least and the most handoffs in a month of the test.
    explore : Exploring
        What is drawn below.
    curve : tuple of Point
        The same for other thresholds, ascending; of *top_k* for other numbers.
    remarks : tuple of Remark
        Constraints that contradict each other, what could not be taken into account, and how far the numbers reach.
    constraints : Constraints
        What was asked for.
    """

    model: str
    rule: Rule
    threshold: float
    per_month: int | None
    binding: str | None
    bounds: tuple[Bound, ...]
    point: Point
    by_month: tuple[int, int] | None
    explore: Exploring
    curve: tuple[Point, ...]
    remarks: tuple[Remark, ...]
    constraints: Constraints

    @property
    def warnings(self) -> tuple[str, ...]:
        """Constraints that contradict each other, with the numbers."""
        return self.said("warning")

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be taken into account, and how far the numbers reach."""
        return self.said("note")

    def said(self, kind: Kind, lang: Lang = "en") -> tuple[str, ...]:
        """Its remarks of a kind in words."""
        return tuple(remark.said(lang) for remark in self.remarks if remark.kind == kind)

    def neighbours(self, each_side: int = NEIGHBOURS) -> tuple[Point, ...]:
        """The thresholds beside the proposed one, and itself."""
        places = [place for place, point in enumerate(self.curve) if point.threshold <= self.threshold]
        at = places[-1] if places else 0
        return (
            self.curve[max(at - each_side, 0) : at + each_side + 1] if self.per_month is None else self.curve
        )

    def expected(self) -> dict[str, Any]:
        """What a published policy promises, as JSON."""
        months = None if self.by_month is None else {"least": self.by_month[0], "most": self.by_month[1]}
        return self.point.to_dict() | {"explored": self.explore.per_month, "handoffs_in_a_month": months}

    def inputs(self) -> dict[str, Any]:
        """What it was proposed with, as JSON."""
        return asdict(self.constraints) | {"draw": self.explore.draw, "binding": self.binding}

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON-ready values."""
        return {
            "model": self.model,
            "rule": self.rule,
            "threshold": self.threshold,
            "per_month": self.per_month,
            "binding": self.binding,
            "bounds": [bound._asdict() for bound in self.bounds],
            "expected": self.expected(),
            "explore": self.explore._asdict(),
            "constraints": asdict(self.constraints),
            "neighbours": [point.to_dict() for point in self.neighbours()],
            "curve": [point.to_dict() for point in self.curve],
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }


class NotCounted(DataError):
    """What so many a month would bring was not counted."""


def propose(
    evidence: Evidence,
    constraints: Constraints,
    answers: Answers | None = None,
    rule: Rule = "threshold",
    threshold: float | None = None,
    per_month: int | None = None,
    seed: int = 0,
) -> Proposal:
    """The handoff rule that the constraints lead to.

    Parameters
    ----------
    evidence : Evidence
        Held-out predictions.
    constraints : Constraints
        What it must keep to.
    answers : Answers, optional
        What sales said of earlier handoffs.
    rule : {"threshold", "top_k"}
        Which rule.
    threshold : float, optional
        Take this threshold, and say what it promises, in place of the one that the constraints lead to.
    per_month : int, optional
        The same for *top_k*.
    seed : int
        Of the draws behind the intervals.
    """
    named = [] if threshold is None else [_unit(threshold)]
    counted = Counted.of(evidence, named, seed)
    many = numbers_beside(so_many(counted, constraints, answers, per_month)) if rule == "top_k" else []
    tops = Tops.of(evidence, many, seed) if many else None
    return propose_from(counted, constraints, answers, rule, threshold, per_month, tops)


def propose_from(
    counted: Counted,
    constraints: Constraints,
    answers: Answers | None = None,
    rule: Rule = "threshold",
    threshold: float | None = None,
    per_month: int | None = None,
    tops: Tops | None = None,
) -> Proposal:
    """The same from what was counted before: to the last digit what :func:`propose` gives.

    Parameters
    ----------
    counted : Counted
        What was; the named threshold too.
    constraints, answers, rule, threshold, per_month
        As in :func:`propose`.
    tops : Tops, optional
        Of *top_k*: what :func:`numbers_beside` of :func:`so_many` would bring.

    Raises
    ------
    NotCounted
        If that is missing.
    """
    fine = Grid.of(counted, answers)
    bounds = tuple(_bounds(counted, constraints, fine))
    chosen, binding = _chosen(bounds, fine)
    own = threshold is not None or per_month is not None
    chosen = chosen if threshold is None else threshold
    bounded = [_unit(b.threshold) for b in bounds if b.threshold is not None]
    grid = np.union1d(counted.shown, [_unit(chosen), *bounded])
    curve = Curve(counted, answers, constraints.amount, constraints.margin)
    points = shown = curve.points(grid)
    place = int(np.searchsorted(grid, _unit(chosen)))
    point, k, below = points[place], None, counted.below[counted.place(_unit(chosen))]
    if rule == "top_k":
        k = per_month or _so_many(constraints, point, binding)
        if tops is None or tops.per_month.tolist() != numbers_beside(k):
            raise NotCounted(f"What {k:,} leads a month would bring was not counted.")
        points, place = curve.tops(tops), SHARES_OF_K.index(1.0)
        point, below = points[place], tops.below[place]
        chosen = point.threshold
    return Proposal(
        model=counted.version, rule=rule, threshold=chosen, per_month=k, binding=None if own else binding,
        bounds=bounds, point=point, by_month=_by_month(counted, chosen) if k is None else None,
        explore=_exploring(float(below) / counted.months, constraints, point), curve=points,
        constraints=constraints,
        remarks=(*_warnings(constraints, bounds, fine, shown), *_notes(counted, constraints, answers, binding)),
    )  # fmt: skip


def so_many(
    counted: Counted, constraints: Constraints, answers: Answers | None, per_month: int | None = None
) -> int:
    """How many a month *top_k* hands over: as named, else as the constraints allow.

    Parameters
    ----------
    counted, constraints, answers, per_month
        As in :func:`propose_from`.
    """
    if per_month is not None:
        return per_month
    found = propose_from(counted, constraints, answers)
    return _so_many(constraints, found.point, found.binding)


def numbers_beside(per_month: int) -> list[int]:
    """So many a month, and fewer and more: what the curve of *top_k* shows."""
    return [round(per_month * share) for share in SHARES_OF_K]


def _by_month(counted: Counted, chosen: float) -> tuple[int, int] | None:
    if counted.by_month is None:
        return None
    least, most = counted.by_month[:, counted.place(_unit(chosen))]
    return int(least), int(most)


def _unit(threshold: float) -> int:
    return round(threshold * UNITS)


def _so_many(constraints: Constraints, point: Point, binding: str | None) -> int:
    room = constraints.room
    if binding == "capacity" and room is not None:
        return max(int(room), 1)
    return max(round(point.handoffs.value or 0), 1)


def _exploring(below: float, constraints: Constraints, point: Point) -> Exploring:
    """The chance by which leads below are drawn, so that they take their share of the capacity."""
    share = constraints.explore
    capacity = constraints.capacity
    if capacity is None:
        capacity = (point.handoffs.value or 0.0) / (1 - share) if share < 1 else 0.0
    draw = min(1.0, share * capacity / below) if below else 0.0
    return Exploring(draw * below, below, draw)


# What each constraint does ----------------------------------------------------------------------------


def _bounds(counted: Counted, constraints: Constraints, fine: Grid) -> list[Bound]:
    bounds = []
    if constraints.room is not None:
        bounds.append(_lower("capacity", fine.at, fine.handoffs <= constraints.room + 1e-9, keep_above=True))
    value = constraints.amount and constraints.amount * constraints.margin
    if constraints.lead_cost is not None and value and counted.knows_won:
        worth = marginal_won(counted, counted.shown) * value
        bounds.append(_lower("value", counted.shown, worth >= constraints.lead_cost))
    if constraints.acceptance_floor is not None:
        enough = fine.decided >= LEAST_DECIDED
        if enough.any():
            bounds.append(
                _lower("acceptance", fine.at, enough & (fine.acceptance >= constraints.acceptance_floor))
            )
    needed = constraints.wins_needed
    if needed is not None and counted.knows_won:
        met = np.flatnonzero(fine.wins >= needed - 1e-9)
        bounds.append(Bound("goal", "upper", float(fine.at[met[-1]]) / UNITS if len(met) else None, True))
    return bounds


def _lower(name: str, at: Integers, keeps: Any, *, keep_above: bool = False) -> Bound:
    """The lowest threshold that keeps to a constraint; with ``keep_above`` all higher ones must as well."""
    kept = np.flatnonzero(np.logical_and.accumulate(keeps[::-1])[::-1] if keep_above else keeps)
    found = float(at[kept[0]]) / UNITS if len(kept) else None
    return Bound(name, "lower", found, not len(kept) or bool(kept[0] > 0))


def _chosen(bounds: tuple[Bound, ...], fine: Grid) -> tuple[float, str | None]:
    """The highest of the lower bounds; where none binds, the goal; where it does not either, everybody."""
    lower = [b for b in bounds if b.side == "lower" and b.binds and b.threshold is not None]
    if any(b.name == "capacity" and b.threshold is None for b in bounds):
        return float(fine.at[-1]) / UNITS, "capacity"
    upper = [b for b in bounds if b.side == "upper" and b.threshold is not None]
    found = max(lower, key=lambda b: b.threshold or 0.0) if lower else next(iter(upper), None)
    if found is None or found.threshold is None:
        return float(fine.at[0]) / UNITS, None
    return float(found.threshold), found.name


# What is said of it -----------------------------------------------------------------------------------


def _warnings(
    constraints: Constraints, bounds: tuple[Bound, ...], fine: Grid, points: tuple[Point, ...]
) -> Iterator[Remark]:
    by_name = {bound.name: bound for bound in bounds}
    for bound in bounds:
        if bound.threshold is None:
            numbers = _OUT_OF_REACH[bound.name](constraints, fine, points)
            yield Remark("warning", f"{bound.name}_out_of_reach", numbers)
    goal = by_name.get("goal")
    if goal is None:
        return
    lower = [b for b in bounds if b.side == "lower" and b.binds and b.threshold is not None]
    strictest = max((b.threshold or 0.0 for b in lower), default=0.0)
    for bound in lower:
        own = bound.threshold or 0.0
        if own > (strictest - 1e-9 if goal.threshold is None else goal.threshold):
            yield Remark("warning", "contradiction", _contradiction(constraints, bound, goal, fine))


def _contradiction(constraints: Constraints, bound: Bound, goal: Bound, fine: Grid) -> dict[str, Any]:
    assert bound.threshold is not None
    handed, wins = fine.near(bound.threshold)
    explored = "_explored" if bound.name == "capacity" and constraints.explore else ""
    told = {
        "part_who": f"who_{bound.name}{explored}",
        "capacity": constraints.capacity,
        "room": constraints.room,
        "handed": handed,
        "threshold": bound.threshold,
        "floor": constraints.acceptance_floor,
        "wins": wins,
        "part_need": "need_out_of_reach",
    }
    if goal.threshold is not None:
        needed = {"goal_handed": fine.near(goal.threshold)[0], "goal_threshold": goal.threshold}
        told |= {"part_need": "need_more", **needed}
    return told | _goal(constraints)


def _goal(constraints: Constraints) -> dict[str, Any]:
    needed = {"needed": constraints.wins_needed or 0}
    if constraints.goal_revenue is None:
        return {"part_goal": "goal_customers", **needed}
    bring = {"revenue": constraints.goal_revenue, "amount": constraints.amount}
    return {"part_goal": "goal_revenue", **needed, **bring}


def _goal_out_of_reach(constraints: Constraints, fine: Grid, _: object) -> dict[str, Any]:
    return _goal(constraints) | {"handed": float(fine.handoffs[0]), "wins": float(fine.wins[0])}


def _acceptance_out_of_reach(constraints: Constraints, fine: Grid, _: object) -> dict[str, Any]:
    known = np.where(fine.decided >= LEAST_DECIDED, fine.acceptance, -1.0)
    best = int(np.argmax(known))
    floor = {"floor": constraints.acceptance_floor}
    return floor | {"best_share": float(known[best]), "threshold": float(fine.at[best]) / UNITS}


def _value_out_of_reach(constraints: Constraints, _: Grid, points: tuple[Point, ...]) -> dict[str, Any]:
    return {"cost": constraints.lead_cost or 0, "best": max(point.worth or 0.0 for point in points)}


def _capacity_out_of_reach(constraints: Constraints, fine: Grid, _: object) -> dict[str, Any]:
    return {"room": constraints.room or 0, "handed": float(fine.handoffs[-1])}


_OUT_OF_REACH: Mapping[str, Callable[[Constraints, Grid, tuple[Point, ...]], dict[str, Any]]] = {
    "goal": _goal_out_of_reach,
    "acceptance": _acceptance_out_of_reach,
    "value": _value_out_of_reach,
    "capacity": _capacity_out_of_reach,
}


def _notes(
    counted: Counted, constraints: Constraints, answers: Answers | None, binding: str | None
) -> Iterator[Remark]:
    goal = constraints.goal_revenue is not None or constraints.goal_customers is not None
    decided = 0 if answers is None else len(answers)
    asked_won = constraints.amount and counted.knows_won
    unknown = constraints.acceptance_floor is not None and decided < LEAST_DECIDED
    found: dict[str, tuple[bool, dict[str, Any]]] = {
        "goal_without_won": (goal and not counted.knows_won, {}),
        "goal_without_amount": (
            counted.knows_won and constraints.goal_revenue is not None and not constraints.amount,
            {},
        ),
        "cost_left_out": (constraints.lead_cost is not None and not asked_won, {}),
        "acceptance_unknown": (unknown, {"decided": decided, "needed": LEAST_DECIDED}),
        "nothing_binds": (binding is None, {}),
        "seen_now_and_then": (counted.revisited, {}),
        "wins_of_some": (counted.knows_won and counted.looked < LOOKED_AT, {"share": counted.looked}),
    }
    for code, (holds, numbers) in found.items():
        if holds:
            yield Remark("note", code, numbers)
