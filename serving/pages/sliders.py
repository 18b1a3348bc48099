"""What people set beside a threshold curve, read from an address or a form, and the sliders that they set it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from starlette.exceptions import HTTPException

from scoring.handoff_counted import EVERY
from scoring.io.sections import Sections
from scoring.policy import UNITS, Rule
from scoring.proposal import Proposal
from serving.pages.words import mark
from serving.proposing import Asked, capacity_of

Unit = Literal["leads", "money", "deals"]
MOST: Final = 1e15
_ROUND: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_FINEST: Final = 1e-6


class _Field(NamedTuple):
    """Which part of what is asked a field sets, in percent or not, and whether 0 means that nothing is set."""

    sets: str
    percent: bool = False
    none_at_zero: bool = True


FIELDS: Final[Mapping[str, _Field]] = {
    "capacity": _Field("capacity"),
    "goal": _Field("goal"),
    "customers": _Field("customers"),
    "cost": _Field("lead_cost"),
    "deal": _Field("deal"),
    "leads": _Field("leads_per_month"),
    "accept": _Field("acceptance_floor", percent=True, none_at_zero=False),
    "explore": _Field("explore", percent=True, none_at_zero=False),
    "from": _Field("threshold", percent=True, none_at_zero=False),
    "many": _Field("per_month"),
}
RULE: Final = "rule"
# A threshold is of one rule, so many a month of the other.
_NOT_OF: Final[Mapping[Rule, str]] = {"threshold": "per_month", "top_k": "threshold"}


@dataclass(frozen=True, slots=True)
class Slider:
    """A slider.

    Parameters
    ----------
    name : str
        The field that it sets.
    unit : {"leads", "money", "deals"}
        What it counts.
    value : float
        Where it stands; 0 where nothing is set.
    least, most : float
        Its ends; 0 is among them only where the settings name nothing either.
    step : float or None
        From one place to the next; None for any.
    """

    name: str
    unit: Unit
    value: float
    least: float
    most: float
    step: float | None

    @classmethod
    def of(cls, name: str, unit: Unit, value: float | None, reach: float, *, optional: bool) -> Slider:
        """A slider that stands at a value and reaches at least so far."""
        at = value or 0.0
        most = round_up(max(reach, 1.25 * at, 1.0))
        step = step_of(most, at)
        return cls(name, unit, at, 0.0 if optional else (step or 0.0), most, step)


def given(fields: Mapping[str, Any]) -> dict[str, str]:
    """What was set, as it was written."""
    said = {name: str(fields.get(name) or "").strip() for name in (RULE, *FIELDS)}
    return {name: text for name, text in said.items() if text}


def asked_of(fields: Mapping[str, Any]) -> Asked:
    """What a proposal is asked for; a threshold is taken at its nearest value of three digits.

    Parameters
    ----------
    fields : mapping
        Of an address or a form; shares in percent.

    Raises
    ------
    HTTPException
        422 where a field holds no number, or none that it may.

    Examples
    --------
    >>> asked_of({"capacity": "1,200", "from": "12.3456", "explore": "0"})  # doctest: +ELLIPSIS
    Asked(rule='threshold', threshold=0.123, per_month=None, capacity=1200.0, ..., explore=0.0, leads_per_month=None)
    """
    said = given(fields)
    rule: Rule = "top_k" if said.pop(RULE, "") == "top_k" else "threshold"
    asked: dict[str, Any] = {}
    for name, text in said.items():
        field = FIELDS[name]
        number = _number(text, 100.0 if field.percent else MOST)
        if number or not field.none_at_zero:
            asked[field.sets] = round(number / 100, 6) if field.percent else number
    asked.pop(_NOT_OF[rule], None)
    if "threshold" in asked:
        asked["threshold"] = nearest(asked["threshold"])
    if "per_month" in asked:
        asked["per_month"] = max(round(asked["per_month"]), 1)
    return Asked(rule=rule, **asked)


def nearest(threshold: float) -> float:
    """The threshold of at most three digits that is nearest to one.

    Examples
    --------
    >>> nearest(0.123456), nearest(1.0), nearest(0.0)
    (0.123, 1.0, 0.0)
    """
    units = int(EVERY[np.abs(EVERY - round(threshold * UNITS)).argmin()])
    return units / UNITS


def sliders(found: Proposal, settings: Sections, *, by_deals: bool) -> list[Slider]:
    """The sliders of a proposal: capacity, goal and cost.

    Parameters
    ----------
    found : Proposal
        Which they stand beside.
    settings : Sections
        What the team has set: the sliders reach well beyond it.
    by_deals : bool
        Whether the goal is a number of deals rather than a revenue.
    """
    asked, all_leads = found.constraints, found.curve[0]
    sales, rule, goal = capacity_of(settings), settings.handoff, settings.goal
    room = asked.capacity if sales is None else sales.per_month
    handed = all_leads.handoffs.value or 0.0
    reach = min(3 * room, handed) if room else handed
    if by_deals:
        wanted = Slider.of(
            "customers", "deals", asked.goal_customers, 1.2 * (all_leads.wins.value or 0.0),
            optional=goal.customers is None,
        )  # fmt: skip
    else:
        wanted = Slider.of(
            "goal", "money", asked.goal_revenue, 1.2 * (all_leads.revenue.value or 0.0),
            optional=goal.revenue is None,
        )  # fmt: skip
    worth = max((point.worth or 0.0 for point in found.curve), default=0.0)
    return [
        Slider.of("capacity", "leads", asked.capacity, reach, optional=sales is None),
        wanted,
        Slider.of("cost", "money", asked.lead_cost, worth, optional=rule.lead_cost is None),
    ]


def round_up(number: float) -> float:
    """The next round number.

    Examples
    --------
    >>> round_up(1), round_up(361), round_up(19_000_000)
    (1.0, 400.0, 20000000.0)
    """
    power = 10.0 ** floor(log10(number))
    return next(one * power for one in _ROUND if one * power >= number * (1 - _FINEST))


def step_of(most: float, value: float) -> float | None:
    """Steps of a slider, so fine that it can stand at a value; None where only any would do.

    Examples
    --------
    >>> step_of(400, 300), step_of(20_000_000, 7_250_000), step_of(400, 37.5), step_of(1, 1 / 3)
    (1.0, 10000.0, 0.1, None)
    """
    step = 10.0 ** (floor(log10(most)) - 2)
    while step >= 1e-4:
        if abs(value / step - round(value / step)) < _FINEST:
            return step
        step /= 10
    return None


def _number(text: str, most: float) -> float:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        number = -1.0
    if not isfinite(number) or not 0 <= number <= most:
        raise HTTPException(422, mark("The fields take numbers from 0 on, and shares up to 100 %."))
    return number
