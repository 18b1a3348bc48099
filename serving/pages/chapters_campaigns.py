"""What campaigns cost and brought in a month, under each way of crediting them."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.attribution import NONE
from scoring.charts.base import NARROW, Spec
from scoring.charts.month import CampaignSum, campaign_return
from scoring.report_words import RULES
from serving.pages.formats import NONE as DASH
from serving.pages.telling import NUM, Chapter, Head, Record, Sheet, Teller


def campaigns(tell: Teller) -> Chapter:
    """What campaigns cost and brought: by the rule that is told, and the return and the wins under each of them."""
    rows = tell.content["campaigns"]["rows"]
    first = rows[: tell.most]
    said = [
        tell.say(
            "Wins are those of the month, whenever their leads came; costs are those of the month. Return is "
            "(revenue − cost) ÷ cost. A campaign that looks good under all four rules looks good."
        ),
        *tell.more(len(rows), len(first)),
    ]
    sheets = [_by_rule(tell, first), _returns(tell, first), _wins(tell, first)]
    return Chapter("campaigns", tell.say("What campaigns brought"), said, [one for one in sheets if one.rows])


def _by_rule(tell: Teller, rows: Sequence[Record]) -> Sheet:
    """Cost, leads, wins and return by the rule that is told."""
    found = tell.content["campaigns"]
    place = found["rules"].index(tell.rule)
    heads: list[Head] = [
        tell.say("Campaign"),
        *tell.numbers(
            tell.say("Cost"),
            tell.say("Leads"),
            tell.say("Cost per lead"),
            tell.say("Wins"),
            tell.say("Revenue"),
            tell.say("Return"),
            tell.say("Return before"),
        ),
    ]
    cells = [_campaign(tell, row, place, _named(tell, row["campaign"])) for row in rows]
    if rows:
        cells.append(_campaign(tell, found["total"], place, tell.say("All campaigns")))
    rule = RULES[tell.rule][tell.lang]
    return Sheet(tell.say("Crediting: {rule}", rule=rule), heads, cells, _chart(tell, rows, place))


def _campaign(tell: Teller, row: Record, place: int, name: str) -> list[str]:
    fmt, now = tell.formats, row["now"]
    brought = now["brought"][place]
    cost = DASH if now["cost"] is None else fmt.money(now["cost"], now["currency"])
    each = brought["cost_per_lead"]
    return [
        name, cost, fmt.number(brought["leads"], 1), DASH if each is None else fmt.money(each, now["currency"]),
        fmt.number(brought["wins"], 1), tell.money(brought["revenue"]), tell.gain(brought["roi"]),
        tell.gain(row["before"]["brought"][place]["roi"]),
    ]  # fmt: skip


def _chart(tell: Teller, rows: Sequence[Record], place: int) -> Spec | None:
    """Cost beside revenue, of campaigns whose cost is known."""
    sums = []
    for row in rows:
        now = row["now"]
        if now["cost"] is not None:
            revenue = now["brought"][place]["revenue"].get(now["currency"], 0.0)
            sums.append(CampaignSum(_named(tell, row["campaign"]), now["cost"], revenue, now["currency"]))
    return campaign_return(sums, lang=tell.lang, width=NARROW) if sums else None


def _returns(tell: Teller, rows: Sequence[Record]) -> Sheet:
    cells = [
        [_named(tell, row["campaign"]), *(tell.gain(one["roi"]) for one in row["now"]["brought"])]
        for row in rows
        if row["now"]["cost"] is not None
    ]
    return Sheet(tell.say("The return under each way of crediting"), _rules(tell), cells)


def _wins(tell: Teller, rows: Sequence[Record]) -> Sheet:
    cells = [
        [
            _named(tell, row["campaign"]),
            *(tell.formats.number(one["wins"], 1) for one in row["now"]["brought"]),
        ]
        for row in rows
        if any(one["wins"] for one in row["now"]["brought"])
    ]
    return Sheet(tell.say("Wins under each way of crediting"), _rules(tell), cells)


def _rules(tell: Teller) -> list[Head]:
    rules = tell.content["campaigns"]["rules"]
    return [tell.say("Campaign"), *((RULES[one][tell.lang], NUM) for one in rules)]


def _named(tell: Teller, campaign: str) -> str:
    return tell.say("(no campaign)") if campaign == NONE else campaign
