"""The monthly report in words and tables: the same for the page, the file for the meeting, and the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from scoring.report_words import LINES, STAGES
from serving.pages.chapters_campaigns import campaigns
from serving.pages.chapters_month import daily, funnel, shown
from serving.pages.chapters_people import personas, reps
from serving.pages.chapters_trust import answers, bands, missed, notes, sla
from serving.pages.telling import Chapter, Teller
from serving.pages.words import mark

CHAPTERS: Final[tuple[Callable[[Teller], Chapter], ...]] = (
    funnel, daily, campaigns, bands, answers, sla, personas, reps, missed, notes,
)  # fmt: skip


SHOWN: Final = ("lead", "mql", "sql", "won")
GOALS: Final = ("revenue", "won")


class Talk(NamedTuple):
    """Something that deserves talk: its heading, a sentence, and whether there is something to say."""

    title: str
    said: str
    found: bool


def chapters(tell: Teller) -> list[Chapter]:
    """All parts of a report, in the order in which they are read."""
    return [chapter(tell) for chapter in CHAPTERS]


def points(tell: Teller) -> list[Talk]:
    """The three things that deserve talk."""
    found = [(_POINTS[one["kind"]], one["said"][tell.lang], one["found"]) for one in tell.content["talk"]]
    return [Talk(tell.say(title), said, there) for title, said, there in found]


class Figure(NamedTuple):
    """A number of the month, beside that of the month before."""

    name: str
    value: str
    beside: str


def figures(tell: Teller) -> list[Figure]:
    """The month in a few numbers: leads, those that got far, and revenue."""
    funnel, fmt = tell.content["funnel"], tell.formats
    counts = [
        Figure(
            STAGES[row["stage"]][tell.lang],
            fmt.number(row["count"]),
            _beside(tell, row["count"], row["before"]),
        )
        for row in funnel["stages"]
        if row["stage"] in SHOWN
    ]
    money = [
        Figure(
            tell.say("Revenue"),
            fmt.money(one["amount"], one["currency"]),
            _beside(tell, one["amount"], one["before"]),
        )
        for one in funnel["revenue"]
    ]
    return [*counts, *money]


def _beside(tell: Teller, now: float, before: float) -> str:
    return tell.say("{change} against the month before", change=tell.change(now, before))


def answer(tell: Teller) -> str:
    """Whether the month reached its goal, or is on the line to it."""
    lines = {line["name"]: line for line in tell.content["daily"]["lines"]}
    line = next((lines[name] for name in GOALS if lines[name]["goal"] is not None), None)
    if line is None:
        won = tell.content["funnel"]["stages"][-1] if "won" in _stages(tell) else {"count": 0, "before": 0}
        now, before = (tell.formats.number(won[name]) for name in ("count", "before"))
        return tell.say("{now} won, {before} in the month before; no goal is set.", now=now, before=before)
    partial, goal = tell.content["now"]["partial"], line["goal"]
    beside = line["goal_now"] if partial and line["goal_now"] is not None else goal
    gap = line["actual_now"] - beside
    show = shown(tell, line["name"], tell.content["daily"]["currency"])
    said = _ANSWERS[partial, gap >= 0]
    return tell.say(
        said, name=LINES[line["name"]][tell.lang], actual=show(line["actual_now"]), goal=show(goal),
        gap=show(abs(gap)),
    )  # fmt: skip


def lacking(tell: Teller) -> set[str]:
    """What nobody has told yet, so that a part of the loop stays open: ``goal``, ``costs``, ``outcomes``."""
    codes = {note["code"] for note in tell.content["notes"]}
    found = {what for code, what in (("no_goal", "goal"), ("no_cost", "costs")) if code in codes}
    return found | ({"outcomes"} if len(_stages(tell)) == 1 else set())


def _stages(tell: Teller) -> list[str]:
    return [row["stage"] for row in tell.content["funnel"]["stages"]]


def compared(tell: Teller) -> str:
    """What is compared with what."""
    now, before = tell.months
    if not tell.content["now"]["partial"]:
        return tell.say("{now} against {before}", now=now, before=before)
    until = tell.formats.moment(datetime.fromisoformat(tell.content["now"]["until"]))
    return tell.say(
        "{now} until {until}, against as many days of {before}", now=now, before=before, until=until
    )


# Whether the month still runs, and whether what came is at least what was to come.
_ANSWERS: Final = {
    (True, True): mark("{name}: so far {actual} of the goal of {goal}, {gap} ahead of the line to it."),
    (True, False): mark("{name}: so far {actual} of the goal of {goal}, {gap} behind the line to it."),
    (False, True): mark("{name}: {actual} of the goal of {goal}. The goal is reached."),
    (False, False): mark("{name}: {actual} of the goal of {goal}, {gap} short of it."),
}
_POINTS: Final = {
    "change": mark("The largest change"),
    "sla": mark("The largest gap"),
    "missed": mark("Missed wins"),
}
