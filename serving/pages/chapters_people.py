"""The month by persona, source, fit and rep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from scoring.report_parts import of_persona
from scoring.report_words import DEPARTMENTS, RANKS
from serving.pages.formats import NONE as DASH
from serving.pages.telling import Chapter, Head, Record, Sheet, Teller
from serving.pages.words import mark


def personas(tell: Teller) -> Chapter:
    """The month by persona, source and fit."""
    said = [
        tell.say(
            "Who wins more often is read from the win rate: of leads of twelve months that are old enough, not of "
            "those of one month."
        )
    ]
    tables = (
        ("personas", mark("Persona (department and rank)"), partial(_persona, tell)),
        ("sources", mark("Source"), str),
        ("fits", mark("Fit of new leads"), str),
    )
    sheets = []
    for name, title, named in tables:
        rows = tell.content[name]
        shown = rows[: tell.most]
        if rows:
            sheets.append(_parts(tell, tell.say(title), shown, named))
            said += [
                tell.say("{what}: {said}", what=tell.say(title), said=one)
                for one in tell.more(len(rows), len(shown))
            ]
    return Chapter("personas", tell.say("Who came, and who is won"), said, sheets)


def reps(tell: Teller) -> Chapter:
    """The month by rep."""
    fmt = tell.formats
    heads: list[Head] = [
        tell.say("Rep"),
        *tell.numbers(
            tell.say("Leads"),
            tell.say("MQL"),
            tell.say("SQL"),
            tell.say("Won"),
            tell.say("Revenue"),
            tell.say("Touches"),
            tell.say("Reached"),
            tell.say("Touched in time"),
            tell.say("Win rate"),
        ),
    ]
    rows = []
    for one in tell.content["reps"]:
        part, sla = one["part"], one["sla"]
        rows.append(
            [
                part["name"] or tell.say("(nobody's)"), fmt.number(part["leads"]), fmt.number(part["qualified"]),
                fmt.number(part["sql"]), fmt.number(part["won"]), tell.money(part["revenue"]),
                fmt.number(one["touches"]), fmt.number(one["connected"]),
                DASH if sla is None else tell.rate(sla["first_touch"]), tell.rate(part["fate"]),
            ]
        )  # fmt: skip
    said = [] if rows else [tell.say("No lead has an owner, and nobody touched one.")]
    shown = rows[: tell.most]
    said += tell.more(len(rows), len(shown))
    sheets = [Sheet(tell.say("Leads by their owner"), heads, shown)] if shown else []
    return Chapter("reps", tell.say("The reps"), said, sheets)


def _persona(tell: Teller, name: str) -> str:
    department, rank = of_persona(name)
    return f"{DEPARTMENTS[department][tell.lang]} · {RANKS[rank][tell.lang]}"


def _parts(tell: Teller, title: str, rows: Sequence[Record], named: Callable[[str], str]) -> Sheet:
    fmt = tell.formats
    heads: list[Head] = [
        title,
        *tell.numbers(
            tell.say("Leads"),
            tell.say("Month before"),
            tell.say("MQL"),
            tell.say("SQL"),
            tell.say("Won"),
            tell.say("Revenue"),
            tell.say("Win rate"),
            tell.say("Of leads"),
        ),
    ]
    cells = [
        [
            named(row["name"]) if row["name"] else tell.say("(not known)"), fmt.number(row["leads"]),
            fmt.number(row["leads_before"]), fmt.number(row["qualified"]), fmt.number(row["sql"]),
            fmt.number(row["won"]), tell.money(row["revenue"]), tell.rate(row["fate"]),
            fmt.number(row["fate"]["of"]),
        ]
        for row in rows
    ]  # fmt: skip
    return Sheet(title, heads, cells)
