"""Whether the score is honest, what sales answered, whether both sides kept their word, and which wins were missed."""

from __future__ import annotations

from typing import Final

from scoring.charts.base import NARROW
from scoring.charts.month import promised_and_won
from scoring.report_rates import FEW
from scoring.report_words import STAGES
from serving.pages.formats import NONE as DASH
from serving.pages.telling import NUM, Chapter, Head, Record, Sheet, Teller
from serving.pages.words import mark


def bands(tell: Teller) -> Chapter:
    """Whether the score is honest."""
    fmt, said, sheets = tell.formats, [], []
    heads: list[Head] = [
        tell.say("Grade"),
        *tell.numbers(
            tell.say("Leads"),
            tell.say("Won"),
            tell.say("Share won"),
            tell.say("90 % interval"),
            tell.say("Promised"),
        ),
        tell.say("Verdict"),
    ]
    for one in tell.content["bands"]:
        if not one["mature"]:
            continue
        named, order = _SOURCES[one["source"]], _ORDER[one["in_order"]]
        source = tell.say(named)
        rows = [_band(tell, row) for row in one["rows"]]
        sheets.append(Sheet(source, heads, rows, promised_and_won(one["rows"], lang=tell.lang, width=NARROW)))
        counted = tell.say(
            "{source}: {mature} leads that are old enough, {young} are too young. {stage} within {days} days counts.",
            source=source, mature=fmt.number(one["mature"]), young=fmt.number(one["young"]),
            stage=STAGES[one["target"]][tell.lang], days=one["horizon_days"],
        )  # fmt: skip
        said.append(counted + tell.space + tell.say(order))
    if not sheets:
        said.append(
            tell.say(
                "No score is old enough to be held against what came of it. Scores are kept from the first rescoring "
                "on: leadloop work, or leadloop score --open."
            )
        )
    return Chapter("bands", tell.say("Is the score honest?"), said, sheets)


def _band(tell: Teller, row: Record) -> list[str]:
    fmt, verdict = tell.formats, _VERDICTS[row["verdict"]]
    return [
        tell.say("{grade} (from {least})", grade=row["grade"], least=row["least"]), fmt.number(row["won"]["of"]),
        fmt.number(row["won"]["count"]), tell.rate(row["won"]), tell.interval(row["won"]),
        fmt.percent(row["promised"]), tell.say(verdict),
    ]  # fmt: skip


def answers(tell: Teller) -> Chapter:
    """What sales answered to leads that were handed over."""
    fmt, said, sheets = tell.formats, [], []
    for one in tell.content["answers"]:
        name = _ANSWERS[one["source"]]
        told = tell.say(name)
        said.append(
            tell.say(
                "{source}: {rate} accepted, {count} of {of}; {before} in the month before.", source=told,
                rate=tell.rate(one["accepted"]), count=fmt.number(one["accepted"]["count"]),
                of=fmt.number(one["accepted"]["of"]), before=tell.rate(one["accepted_before"]),
            )
        )  # fmt: skip
        if one["handed"] is not None:
            said[-1] += tell.space + tell.say(
                "{handed} were handed over, {pending} wait for an answer; {silent} counted as accepted because "
                "nobody answered in time.",
                handed=fmt.number(one["handed"]), pending=fmt.number(one["pending"]),
                silent=fmt.number(one["silent"]),
            )  # fmt: skip
        rows = [
            [
                _reason(tell, row["reason"]),
                fmt.number(row["count"]),
                fmt.number(row["before"]),
            ]
            for row in one["reasons"]
        ]
        heads: list[Head] = [
            tell.say("Why leads were turned down"),
            *tell.numbers(tell.say("This month"), tell.say("Month before")),
        ]
        if rows:
            sheets.append(Sheet(told, heads, rows))
    if not said:
        said.append(
            tell.say(
                "Nothing was answered in either month: no handoff was decided, and sales recorded no SAL."
            )
        )
    return Chapter("answers", tell.say("What sales said to the leads it got"), said, sheets)


def sla(tell: Teller) -> Chapter:
    """Whether both sides kept their word."""
    sla, fmt = tell.content["sla"], tell.formats
    begins = {
        "handoff": mark("Clocks begin when a lead is handed over."),
        "creation": mark("Nothing was handed over yet, so clocks begin when a lead is created."),
    }
    begin = begins[sla["since"]]
    said = [tell.say(begin)]
    marketing = sla["marketing"]
    if marketing is None:
        said.append(tell.say("Marketing: nothing was agreed, since the settings name no reps."))
    else:
        said.append(
            tell.say(
                "Marketing gave {given} qualified leads, and owed {by_now} by then ({owed} in the whole month).",
                given=fmt.number(marketing["given"]), by_now=fmt.number(marketing["owed_by_now"]),
                owed=fmt.number(marketing["owed"]),
            )
        )  # fmt: skip
    heads: list[Head] = [
        tell.say("Sales"),
        *tell.numbers(
            tell.say("Leads"),
            tell.say("Touched in time"),
            tell.say("Touched often enough"),
            tell.say("Median hours of the rep"),
        ),
    ]
    rows = [_owing(tell, one, one["rep"] or tell.say("(nobody's)")) for one in sla["reps"]]
    rows.append(_owing(tell, sla["sales"], tell.say("Everybody")))
    rows.append(_owing(tell, sla["sales_before"], tell.say("Month before, everybody")))
    return Chapter(
        "sla", tell.say("Did both sides keep their word?"), said, [Sheet(tell.say("By rep"), heads, rows)]
    )


def missed(tell: Teller) -> Chapter:
    """Wins that the score had not seen coming."""
    missed, fmt = tell.content["missed"], tell.formats
    said = [
        tell.say(
            "Of {wins} wins, {scored} have a score from before the month (or from their creation in it); {count} of "
            "these were graded C or D, or had not got far enough and lay below the threshold of the handoff.",
            wins=fmt.number(missed["wins"]), scored=fmt.number(missed["scored"]), count=fmt.number(missed["count"]),
        )
    ]  # fmt: skip
    rows = missed["rows"][: tell.most]
    said += tell.more(len(missed["rows"]), len(rows))
    heads: list[Head] = [
        tell.say("Lead"),
        tell.say("Won"),
        (tell.say("Amount"), NUM),
        (tell.say("Score"), NUM),
        tell.say("As of"),
        tell.say("Why it counts as missed"),
        tell.say("What spoke against it"),
    ]
    cells = [
        [
            row["lead_id"], fmt.day(row["won_at"][:10]),
            DASH if row["amount"] is None else fmt.money(row["amount"], row["currency"]),
            f"{row['grade'] or DASH} {DASH if row['score'] is None else row['score']}", fmt.day(row["scored_at"][:10]),
            tell.comma.join(_low(tell, row, why) for why in row["why"]),
            tell.comma.join(_against(tell, why) for why in row["reasons"]) or DASH,
        ]
        for row in rows
    ]  # fmt: skip
    sheets = [Sheet(tell.say("Missed wins"), heads, cells)] if cells else []
    return Chapter("missed", tell.say("Wins that scored low"), said, sheets)


def notes(tell: Teller) -> Chapter:
    """What must be known to read it right."""
    said = [star(tell), *(one["said"][tell.lang] for one in tell.content["notes"])]
    return Chapter("notes", tell.say("How to read this"), said, [])


def star(tell: Teller) -> str:
    """What a star means."""
    return tell.say("* marks a rate of fewer than {few}.", few=FEW)


def _owing(tell: Teller, row: Record, name: str) -> list[str]:
    fmt = tell.formats
    kept = [
        f"{tell.rate(rate)} ({fmt.number(rate['count'])} / {fmt.number(rate['of'])})" if rate["of"] else DASH
        for rate in (row["first_touch"], row["touches"])
    ]
    return [name, fmt.number(row["leads"]), *kept, fmt.number(row["median_hours"], 1)]


def _reason(tell: Teller, reason: str) -> str:
    """Why a lead was turned down; the reasons of the settings are there in both languages."""
    return tell.say(reason) if reason else tell.say("(no reason told)")


def _low(tell: Teller, row: Record, why: str) -> str:
    """In which way a lead was held low."""
    if why == "grade":
        return tell.say("grade {grade}", grade=row["grade"])
    shares = row["likelihood"], tell.content["missed"]["threshold"]
    likelihood, threshold = map(tell.formats.percent, shares)
    return tell.say(
        "likelihood {likelihood}, threshold {threshold}", likelihood=likelihood, threshold=threshold
    )


def _against(tell: Teller, why: Record) -> str:
    """What a feature is called that spoke against a lead."""
    named: str = why["name"][tell.lang] if "name" in why else why["feature"]
    return named


_ORDER: Final = {
    None: mark("Too few leads to say whether the grades are in order."),
    True: mark("No grade wins less often than a worse one, chance aside."),
    False: mark("A grade wins less often than a worse one: train again."),
}
_SOURCES: Final = {
    "log": mark("Scores that were given"),
    "held_out": mark("Held-out predictions of the live model"),
}


_ANSWERS: Final = {"handoffs": mark("Handoffs that were answered"), "outcomes": mark("What sales recorded")}


_VERDICTS: Final = {
    "holds": mark("holds"),
    "promised_too_much": mark("promised too much"),
    "promised_too_little": mark("promised too little"),
    "too_few": mark("too few leads"),
    "no_likelihood": mark("nothing was promised"),
}
