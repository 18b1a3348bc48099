"""How far leads got in a month, whether it is on the line to the goal, and what campaigns brought."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from scoring.attribution import NONE
from scoring.charts.base import NARROW
from scoring.charts.month import CampaignSum, StageSum, campaign_return, daily_line, funnel_bars
from scoring.report_words import LINES, RULES, STAGES
from serving.pages.formats import NONE as DASH
from serving.pages.telling import NUM, Chapter, Head, Record, Sheet, Teller


def funnel(tell: Teller) -> Chapter:
    """Stages, revenue, and what was closed."""
    funnel, fmt = tell.content["funnel"], tell.formats
    stages = [_stage(tell, row) for row in funnel["stages"]]
    heads: list[Head] = [
        tell.say("Stage"),
        *tell.numbers(
            tell.say("This month"), tell.say("Month before"), tell.say("Difference"), tell.say("Needed")
        ),
        *tell.numbers(tell.say("Median days to get here")),
    ]
    chart = funnel_bars(
        [
            StageSum(STAGES[row["stage"]][tell.lang], row["count"], row["before"], row["needed"])
            for row in funnel["stages"]
        ],
        tell.months,
        lang=tell.lang,
        width=NARROW,
    )
    sheets = [Sheet(tell.say("Leads that reached each stage in the month"), heads, stages, chart)]
    steps = [_step(tell, row, following) for row, following in pairwise(funnel["stages"])]
    heads = [
        tell.say("From stage to stage"),
        *tell.numbers(
            tell.say("This month"),
            tell.say("90 % interval"),
            tell.say("Month before"),
            tell.say("Difference"),
        ),
    ]
    sheets.append(Sheet(tell.say("How many went on, after as long a time"), heads, steps))
    money = [
        [one["currency"], fmt.money(one["amount"], one["currency"]), fmt.money(one["before"], one["currency"]),
         tell.change(one["amount"], one["before"])]
        for one in funnel["revenue"]
    ]  # fmt: skip
    heads = [
        tell.say("Revenue"),
        *tell.numbers(tell.say("This month"), tell.say("Month before"), tell.say("Difference")),
    ]
    sheets.append(Sheet(tell.say("What was won, by currency"), heads, money))
    closed = [
        [STAGES[one["stage"]][tell.lang], fmt.number(one["count"]), fmt.number(one["before"]),
         tell.change(one["count"], one["before"])]
        for one in funnel["closed"]
    ]  # fmt: skip
    heads = [
        tell.say("Left the road"),
        *tell.numbers(tell.say("This month"), tell.say("Month before"), tell.say("Difference")),
    ]
    sheets.append(Sheet(tell.say("Leads that left the road"), heads, closed))
    return Chapter("funnel", tell.say("How far leads got"), [], sheets)


def daily(tell: Teller) -> Chapter:
    """The month day by day, against its goals: a chart for each number, and one table of all."""
    daily, days = tell.content["daily"], tell.content["daily"]["days"]
    said, sheets, columns = [], [], []
    heads: list[Head] = [tell.say("Day")]
    for line in daily["lines"]:
        name, show = LINES[line["name"]][tell.lang], shown(tell, line["name"], daily["currency"])
        said.append(_so_far(tell, line, name, show))
        currency = daily["currency"] if line["name"] == "revenue" else None
        chart = daily_line(name, line, days, currency, lang=tell.lang, width=NARROW)
        sheets.append(Sheet(name, [], [], chart))
        columns.append([show(value) for value in line["actual"]])
        heads.append((name, NUM))
        if line["goal_by_day"] is not None:
            columns.append([show(value) for value in line["goal_by_day"]])
            heads.append((tell.say("Goal line"), NUM))
    if all(line["goal"] is None for line in daily["lines"]):
        said = [
            tell.say(
                "No goal is set, so there is no line to be on: what came stands beside the month before."
            )
        ]
    dates = [tell.formats.day(day) for day in days]
    rows = [[day, *cells] for day, *cells in zip(dates, *columns, strict=True)]
    sheets.append(Sheet(tell.say("By the end of each day"), heads, rows, long=True))
    return Chapter("daily", tell.say("Are we on the line to the goal?"), said, sheets)


def _so_far(tell: Teller, line: Record, name: str, show: Callable[[float | None], str]) -> str:
    if line["goal"] is None or line["goal_now"] is None:
        return tell.say("{name}: {actual}; no goal is set.", name=name, actual=show(line["actual_now"]))
    if not tell.content["now"]["partial"]:
        return tell.say(
            "{name}: {actual} of the goal of {goal}.", name=name, actual=show(line["actual_now"]),
            goal=show(line["goal"]),
        )  # fmt: skip
    return tell.say(
        "{name}: {actual} of {goal}; {by_now} were to be reached by then.", name=name,
        actual=show(line["actual_now"]), goal=show(line["goal"]), by_now=show(line["goal_now"]),
    )  # fmt: skip


def campaigns(tell: Teller) -> Chapter:
    """What campaigns cost and brought, under each rule."""
    found, fmt = tell.content["campaigns"], tell.formats
    rows = found["rows"]
    first = rows[: tell.most]
    said = tell.more(len(rows), len(first))
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
    cells = [_campaign(tell, row, place) for row in first]
    if rows:
        cells.append(_campaign(tell, found["total"], place, tell.say("All campaigns")))
    charted = [
        CampaignSum(
            _named(tell, row["campaign"]),
            row["now"]["cost"],
            _in_currency(row["now"], place),
            row["now"]["currency"],
        )
        for row in first
        if row["now"]["cost"] is not None
    ]
    chart = campaign_return(charted, lang=tell.lang, width=NARROW) if charted else None
    rule = RULES[tell.rule][tell.lang]
    sheets = [Sheet(tell.say("Crediting: {rule}", rule=rule), heads, cells, chart)] if rows else []
    if rows:
        heads = [tell.say("Campaign"), *((RULES[one][tell.lang], NUM) for one in found["rules"])]
        returns = [
            [_named(tell, row["campaign"]), *(tell.gain(one["roi"]) for one in row["now"]["brought"])]
            for row in first
            if row["now"]["cost"] is not None
        ]
        wins = [
            [_named(tell, row["campaign"]), *(fmt.number(one["wins"], 1) for one in row["now"]["brought"])]
            for row in first
            if any(one["wins"] for one in row["now"]["brought"])
        ]
        sheets.append(Sheet(tell.say("The return under each way of crediting"), heads, returns))
        sheets.append(Sheet(tell.say("Wins under each way of crediting"), list(heads), wins))
    said.insert(
        0,
        tell.say(
            "Wins are those of the month, whenever their leads came; costs are those of the month. Return is "
            "(revenue − cost) ÷ cost. A campaign that looks good under all four rules looks good."
        ),
    )
    return Chapter("campaigns", tell.say("What campaigns brought"), said, [one for one in sheets if one.rows])


def _stage(tell: Teller, row: Record) -> list[str]:
    fmt = tell.formats
    days = DASH if row["days"] is None else fmt.number(row["days"], 1)
    return [
        STAGES[row["stage"]][tell.lang], fmt.number(row["count"]), fmt.number(row["before"]),
        tell.change(row["count"], row["before"]), fmt.number(row["needed"]), days,
    ]  # fmt: skip


def _step(tell: Teller, row: Record, following: Record) -> list[str]:
    now, before = row["onward"], row["onward_before"]
    name = f"{STAGES[row['stage']][tell.lang]} → {STAGES[following['stage']][tell.lang]}"
    counts = f"{tell.rate(now)} ({tell.formats.number(now['count'])} / {tell.formats.number(now['of'])})"
    moved = DASH
    if now["rate"] is not None and before["rate"] is not None:
        moved = tell.formats.points(now["rate"] - before["rate"])
    return [name, counts, tell.interval(now), tell.rate(before), moved]


def shown(tell: Teller, line: str, currency: str) -> Callable[[float | None], str]:
    """How a number that is followed day by day is written."""
    if line != "revenue":
        return tell.formats.number
    return lambda value: DASH if value is None else tell.formats.money(value, currency)


def _named(tell: Teller, campaign: str) -> str:
    return tell.say("(no campaign)") if campaign == NONE else campaign


def _campaign(tell: Teller, row: Record, place: int, name: str | None = None) -> list[str]:
    fmt, now = tell.formats, row["now"]
    brought = now["brought"][place]
    cost = DASH if now["cost"] is None else fmt.money(now["cost"], now["currency"])
    each = brought["cost_per_lead"]
    return [
        name or _named(tell, row["campaign"]), cost, fmt.number(brought["leads"], 1),
        DASH if each is None else fmt.money(each, now["currency"]), fmt.number(brought["wins"], 1),
        tell.money(brought["revenue"]), tell.gain(brought["roi"]),
        tell.gain(row["before"]["brought"][place]["roi"]),
    ]  # fmt: skip


def _in_currency(month: Record, place: int) -> float:
    found: float = month["brought"][place]["revenue"].get(month["currency"], 0.0)
    return found
