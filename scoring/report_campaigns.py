"""What each campaign cost and brought in a month, under each way of crediting it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.attribution import NONE, RULES, Credit, Rule
from scoring.ledger import Floats
from scoring.money import decimals
from scoring.report_facts import Facts, Span
from scoring.report_rates import rounded


@dataclass(frozen=True, slots=True)
class Cost:
    """What a campaign cost in a month.

    Parameters
    ----------
    campaign, month : str
        Which, and in which month (``2026-10``).
    cost : float
        How much.
    currency : str
        In which currency.
    channel : str or None
        Its kind.
    """

    campaign: str
    month: str
    cost: float
    currency: str
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """What a campaign brought under one way of crediting it.

    Parameters
    ----------
    rule : str
        ``first``, ``last``, ``linear`` or ``position``.
    leads, wins : float
        Leads created and won in the month, in shares of one.
    revenue : dict of str to float
        What the wins brought, by currency.
    cost_per_lead : float or None
        In the currency of the cost; None without cost or leads.
    roi : float or None
        (revenue × margin − cost) ÷ cost, within one currency; None without cost.
    """

    rule: Rule
    leads: float
    wins: float
    revenue: dict[str, float]
    cost_per_lead: float | None
    roi: float | None


@dataclass(frozen=True, slots=True)
class CampaignMonth:
    """A campaign in one month.

    Parameters
    ----------
    cost : float or None
        None where none is known, or in several currencies.
    currency : str or None
        Of the cost.
    brought : tuple of Brought
        An entry per rule.
    """

    cost: float | None
    currency: str | None
    brought: tuple[Brought, ...]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign, in the month and in the one before.

    Parameters
    ----------
    campaign : str
        Its name; ``(none)`` for leads that none touched.
    channel : str or None
        Its kind.
    now, before : CampaignMonth
        What it cost and brought.
    """

    campaign: str
    channel: str | None
    now: CampaignMonth
    before: CampaignMonth


@dataclass(frozen=True, slots=True)
class Campaigns:
    """What campaigns cost and brought.

    Parameters
    ----------
    rules : tuple of str
        The ways of crediting them.
    rows : tuple of Campaign
        Those that cost or brought anything in either month, the costliest first.
    total : Campaign
        All of them together, without what none of them touched.
    without_cost : int
        Campaigns of the month with leads or wins of which no cost is known.
    """

    rules: tuple[str, ...]
    rows: tuple[Campaign, ...]
    total: Campaign
    without_cost: int


def campaigns(
    facts: Facts, credit: Credit, costs: Iterable[Cost], now: Span, before: Span, margin: float
) -> Campaigns:
    """Set what campaigns cost beside what they brought.

    Costs are those of the month; wins are those of the month too, whenever their leads came.  Of a month that still
    runs the cost is reckoned with in the share of its time that has passed.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    credit : Credit
        Whose each lead is.
    costs : iterable of Cost
        What campaigns cost.
    now, before : Span
        What is compared.
    margin : float
        The share of revenue that is earned.
    """
    told = list(costs)
    names = list(dict.fromkeys((*credit.campaign.levels, *(cost.campaign for cost in told))))
    months = [_month(facts, credit, told, span, names, margin) for span in (now, before)]
    channels = {cost.campaign: cost.channel for cost in told if cost.channel is not None}
    rows = [
        Campaign(name, channels.get(name), *(month[name] for month in months))
        for name in names
        if any(_anything(month[name]) for month in months)
    ]
    rows.sort(key=lambda row: (row.campaign == NONE, -(row.now.cost or 0.0), -_linear(row.now), row.campaign))
    total = Campaign(
        "",
        None,
        *(_total(month, span, told, margin) for month, span in zip(months, (now, before), strict=True)),
    )
    free = [row for row in rows if row.campaign != NONE and row.now.cost is None]
    return Campaigns(RULES, tuple(rows), total, sum(_linear(row.now) > 0 for row in free))


def _linear(month: CampaignMonth) -> float:
    return sum(one.leads + one.wins for one in month.brought)


def _anything(month: CampaignMonth) -> bool:
    return month.cost is not None or _linear(month) > 0


def _month(
    facts: Facts, credit: Credit, costs: Sequence[Cost], span: Span, names: Sequence[str], margin: float
) -> dict[str, CampaignMonth]:
    """What each campaign cost and brought in a span."""
    cost = _costs(costs, span)
    brought: dict[Rule, list[tuple[float, float, dict[str, float]]]] = {
        rule: _brought(facts, credit, span, rule) for rule in RULES
    }
    nothing: tuple[float, float, dict[str, float]] = (0.0, 0.0, {})
    place = {name: at for at, name in enumerate(credit.campaign.levels)}
    return {
        name: _told(
            cost.get(name), margin,
            {rule: brought[rule][place[name]] if name in place else nothing for rule in RULES},
        )
        for name in names
    }  # fmt: skip


def _costs(costs: Sequence[Cost], span: Span) -> dict[str, dict[str, float]]:
    """By campaign and currency, what was spent in a span."""
    share = span.length / (span.month.end - span.start)
    found: dict[str, dict[str, float]] = {}
    for one in costs:
        if one.month == span.month.name:
            own = found.setdefault(one.campaign, {})
            own[one.currency] = own.get(one.currency, 0.0) + one.cost * share
    return found


def _brought(
    facts: Facts, credit: Credit, span: Span, rule: Rule
) -> list[tuple[float, float, dict[str, float]]]:
    """By campaign: leads, wins and revenue."""
    won = span.holds(facts.won)
    leads = credit.of(rule, span.holds(facts.created).astype(np.float64))
    wins = credit.of(rule, won.astype(np.float64))
    sums = {
        name: credit.of(rule, _worth(facts, won, code)) for code, name in enumerate(facts.currency.levels)
    }
    there = {name: bool(total.any()) for name, total in sums.items()}
    return [
        (
            rounded(leads[at]),
            rounded(wins[at]),
            {
                name: round(float(sums[name][at]), decimals(name))
                for name in sums
                if there[name] and sums[name][at]
            },
        )
        for at in range(len(credit.campaign.levels))
    ]


def _worth(facts: Facts, won: np.ndarray, code: int) -> Floats:
    known = won & (facts.currency.codes == code) & ~np.isnan(facts.amount)
    return np.where(known, facts.amount, 0.0)


def _told(
    cost: Mapping[str, float] | None,
    margin: float,
    brought: Mapping[Rule, tuple[float, float, dict[str, float]]],
) -> CampaignMonth:
    spent, currency = None, None
    if cost is not None and len(cost) == 1:
        currency, spent = next(iter(cost.items()))
        spent = round(spent, decimals(currency))
    found = []
    for rule, (leads, wins, revenue) in brought.items():
        each, roi = None, None
        if spent and currency:
            each = round(spent / leads, decimals(currency)) if leads else None
            roi = rounded((revenue.get(currency, 0.0) * margin - spent) / spent)
        found.append(Brought(rule, leads, wins, revenue, each, roi))
    return CampaignMonth(spent, currency, tuple(found))


def _total(
    months: Mapping[str, CampaignMonth], span: Span, costs: Sequence[Cost], margin: float
) -> CampaignMonth:
    """All campaigns together; what none of them touched is not theirs."""
    spent: dict[str, float] = {}
    for by in _costs(costs, span).values():
        for currency, cost in by.items():
            spent[currency] = spent.get(currency, 0.0) + cost
    brought: dict[Rule, tuple[float, float, dict[str, float]]] = {}
    for place, rule in enumerate(RULES):
        every = [month.brought[place] for name, month in months.items() if name != NONE]
        revenue: dict[str, float] = {}
        for one in every:
            for currency, amount in one.revenue.items():
                revenue[currency] = revenue.get(currency, 0.0) + amount
        sums = {name: round(total, decimals(name)) for name, total in revenue.items()}
        brought[rule] = (
            rounded(sum(o.leads for o in every), 2),
            rounded(sum(o.wins for o in every), 2),
            sums,
        )
    return _told(spent or None, margin, brought)
