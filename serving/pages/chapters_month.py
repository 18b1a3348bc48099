"""How far leads got in a month, and whether it is on the line to the goal."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from scoring.charts.base import NARROW
from scoring.charts.month import StageSum, daily_line, funnel_bars
from scoring.report_words import LINES, STAGES
from serving.pages.formats import NONE as DASH
from serving.pages.telling import NUM, Chapter, Head, Record, Sheet, Teller


def funnel(tell: Teller) -> Chapter:
    """Stages, revenue, and what was closed."""
    sheets = [_stages(tell), _steps(tell), _revenue(tell), _closed(tell)]
    return Chapter("funnel", tell.say("How far leads got"), [], sheets)


def _stages(tell: Teller) -> Sheet:
    """How many leads reached each stage."""
    stages = tell.content["funnel"]["stages"]
    heads: list[Head] = [
        tell.say("Stage"),
        *tell.numbers(
            tell.say("This month"),
            tell.say("Month before"),
            tell.say("Difference"),
            tell.say("Needed"),
            tell.say("Median days to get here"),
        ),
    ]
    sums = [
        StageSum(STAGES[row["stage"]][tell.lang], row["count"], row["before"], row["needed"])
        for row in stages
    ]
    chart = funnel_bars(sums, tell.months, lang=tell.lang, width=NARROW)
    rows = [_stage(tell, row) for row in stages]
    return Sheet(tell.say("Leads that reached each stage in the month"), heads, rows, chart)


def _stage(tell: Teller, row: Record) -> list[str]:
    fmt = tell.formats
    days = DASH if row["days"] is None else fmt.number(row["days"], 1)
    return [
        STAGES[row["stage"]][tell.lang], fmt.number(row["count"]), fmt.number(row["before"]),
        tell.change(row["count"], row["before"]), fmt.number(row["needed"]), days,
    ]  # fmt: skip


def _steps(tell: Teller) -> Sheet:
    """How many went on from each stage to the next."""
    heads: list[Head] = [
        tell.say("From stage to stage"),
        *tell.numbers(
            tell.say("This month"),
            tell.say("90 % interval"),
            tell.say("Month before"),
            tell.say("Difference"),
        ),
    ]
    rows = [_step(tell, row, following) for row, following in pairwise(tell.content["funnel"]["stages"])]
    return Sheet(tell.say("How many went on, after as long a time"), heads, rows)


def _step(tell: Teller, row: Record, following: Record) -> list[str]:
    now, before = row["onward"], row["onward_before"]
    name = f"{STAGES[row['stage']][tell.lang]} → {STAGES[following['stage']][tell.lang]}"
    counts = f"{tell.rate(now)} ({tell.formats.number(now['count'])} / {tell.formats.number(now['of'])})"
    moved = DASH
    if now["rate"] is not None and before["rate"] is not None:
        moved = tell.formats.points(now["rate"] - before["rate"])
    return [name, counts, tell.interval(now), tell.rate(before), moved]


def _revenue(tell: Teller) -> Sheet:
    """What wins brought, a line per currency."""
    rows = []
    for one in tell.content["funnel"]["revenue"]:
        amounts = (tell.formats.money(one[name], one["currency"]) for name in ("amount", "before"))
        rows.append([one["currency"], *amounts, tell.change(one["amount"], one["before"])])
    return Sheet(tell.say("What was won, by currency"), _compared(tell, tell.say("Revenue")), rows)


def _closed(tell: Teller) -> Sheet:
    """Leads that were lost, disqualified or recycled."""
    rows = []
    for one in tell.content["funnel"]["closed"]:
        counts = (tell.formats.number(one[name]) for name in ("count", "before"))
        rows.append([STAGES[one["stage"]][tell.lang], *counts, tell.change(one["count"], one["before"])])
    return Sheet(tell.say("Leads that left the road"), _compared(tell, tell.say("Left the road")), rows)


def _compared(tell: Teller, what: str) -> list[Head]:
    months = (tell.say("This month"), tell.say("Month before"), tell.say("Difference"))
    return [what, *tell.numbers(*months)]


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
        said = [_without_goal(tell)]
    dates = [tell.formats.day(day) for day in days]
    rows = [[day, *cells] for day, *cells in zip(dates, *columns, strict=True)]
    sheets.append(Sheet(tell.say("By the end of each day"), heads, rows, long=True))
    return Chapter("daily", tell.say("Are we on the line to the goal?"), said, sheets)


def _without_goal(tell: Teller) -> str:
    return tell.say("No goal is set, so there is no line to be on: what came stands beside the month before.")


def _so_far(tell: Teller, line: Record, name: str, show: Callable[[float | None], str]) -> str:
    actual, goal = show(line["actual_now"]), show(line["goal"])
    if line["goal"] is None:
        return tell.say("{name}: {actual}; no goal is set.", name=name, actual=actual)
    if line["goal_now"] is None or not tell.content["now"]["partial"]:
        return tell.say("{name}: {actual} of the goal of {goal}.", name=name, actual=actual, goal=goal)
    return tell.say(
        "{name}: {actual} of {goal}; {by_now} were to be reached by then.", name=name, actual=actual, goal=goal,
        by_now=show(line["goal_now"]),
    )  # fmt: skip


def shown(tell: Teller, line: str, currency: str) -> Callable[[float | None], str]:
    """How a number that is followed day by day is written."""
    if line != "revenue":
        return tell.formats.number
    return lambda value: DASH if value is None else tell.formats.money(value, currency)
