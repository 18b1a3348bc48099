"""What is known of a lead in the words of a reader: what its page is filled with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scoring.charts import Event, Past, history
from scoring.charts.base import untitled
from scoring.contract import to_micros
from scoring.io.store.lead_page import LeadPage
from scoring.io.store.scores import CHAMPION, ScoreRow
from scoring.scorecard import Scorecard
from scoring.stages import CLOSING
from scoring.trend import trend
from scoring.value import WON
from serving.live import Now
from serving.pages.desk import Desk
from serving.pages.dossier import ALIKE, SCORES, Dossier, Wanted
from serving.pages.site import Reader
from serving.pages.standing import Standing, Sum, reasons, standing, standings
from serving.pages.timeline import cursor, line, stage_said, value_said, who_said
from serving.pages.what_if import differences, fields, given, wrong
from serving.pages.words import mark
from serving.showing import Shower, moment, show_handoff

WIDE: Final = 620
NARROW: Final = 360
NARROW_LETTERS: Final = 22
TRENDS: Final[Mapping[str, str]] = {
    "improving": mark("It is getting warmer."),
    "declining": mark("It is getting colder."),
    "steady": mark("It holds steady."),
}
SOURCES: Final[Mapping[str, str]] = {
    "api": mark("a call"),
    "open": mark("rescoring"),
    "file": mark("a list"),
}
# What is marked in the course of the scores.
_MARKED: Final = ("handoff", "answer", "outcome")
_MOST_MARKED: Final = 6
# Scores of fewer days are no course that a picture could show.
LEAST_DRAWN: Final = timedelta(days=5)


def portrait(desk: Desk, dossier: Dossier, wanted: Wanted, reader: Reader, now: datetime) -> dict[str, Any]:
    """All that a lead's page shows.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    dossier : Dossier
        What is known of the lead.
    wanted : Wanted
        Which part of it.
    reader : Reader
        Who reads.
    now : datetime
        In UTC.
    """
    page, live = dossier.page, desk.deps.live
    every = standings(page.lead_id, live.now, live.primary, now, dossier.known)
    shown = next((one for one in every if one.target == wanted.target), every[0] if every else None)
    told = {} if shown is None else _explained(shown, page, reader, now)
    return {
        "lead_id": page.lead_id,
        "face": dossier.faces.get(page.lead_id, {}),
        "created": _at(page.created_at),
        "owner": next((one["rep"] for one in page.events["assignments"]), None),
        "closed": _closed(page, reader),
        "every": every,
        "shown": shown,
        "policy": None if shown is None or shown.live.handoff is None else shown.live.handoff.policy,
        "sum": None,
        "trend": None,
        "wanted": wanted,
        **told,
        "owed": _owed(desk, dossier, reader, now),
        "pending": [show_handoff(one) for one in dossier.pending],
        "words": [_word(one, reader) for one in dossier.words],
        "what_if": None if shown is None else _what_if(shown, dossier, wanted, reader, now),
        "past": _past(dossier, wanted, reader),
        **_timeline(dossier, wanted, reader),
        "properties": _properties(page, live.now),
        "alike": dossier.alike[:ALIKE],
        "more_alike": len(dossier.alike) > ALIKE,
        "faces": dossier.faces,
        "stage": lambda name: stage_said(name, reader),
    }


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _closed(page: LeadPage, reader: Reader) -> dict[str, Any] | None:
    """How a lead ended, if its last outcome ended it; a later one opens it again."""
    last = next(iter(page.events["outcomes"]), None)
    if last is None or last["stage"] not in (WON, *CLOSING):
        return None
    amount = last["amount"]
    return {
        "won": last["stage"] == WON,
        "stage": stage_said(last["stage"], reader),
        "at": _at(last["occurred_at"]),
        "amount": None if amount is None else reader.formats.money(amount, last["currency"]),
        "reason": last["reason"],
    }


def _explained(shown: Standing, page: LeadPage, reader: Reader, now: datetime) -> dict[str, Any]:
    """Trend, reasons and sum of the model that is shown."""
    scored = page.recent.get(shown.target, [])
    found: dict[str, Any] = {"trend": TRENDS.get(trend(scored, now.timestamp()))}
    if shown.said is None:
        return found
    whole = Sum(shown.live.card, shown.said, reader)
    chart = whole.chart(WIDE)
    return {
        **found,
        "sum": {
            "chart": untitled(chart),
            "narrow": untitled(whole.chart(NARROW, NARROW_LETTERS)),
            "steps": whole.steps(chart),
            "rows": whole.rows(),
        },
        "reasons": reasons(shown.live.card, shown.said.score, reader),
    }


def _owed(desk: Desk, dossier: Dossier, reader: Reader, now: datetime) -> Any:
    """The lead's line in the queue."""
    if dossier.row is None:
        return None
    models = desk.deps.live.now.models.values()

    def card(version: str) -> Scorecard | None:
        return next((model.card for model in models if model.card.meta.version == version), None)

    return Shower(desk.settings, card, reader.lang).entry(dossier.row, to_micros(now.timestamp()))


def _word(word: Any, reader: Reader) -> dict[str, Any]:
    """A human's word that holds."""
    return {
        "field": word.field,
        "value": value_said(word.field, word.value, reader),
        "model": value_said(word.field, word.model_value, reader),
        "author": who_said(word.author, reader),
        "reason": word.reason,
        "until": moment(word.expires_at),
    }


def _what_if(
    shown: Standing, dossier: Dossier, wanted: Wanted, reader: Reader, now: datetime
) -> dict[str, Any]:
    """The form, and what it would change."""
    properties = {} if dossier.known is None else dossier.known.properties_at(now.timestamp())
    form = fields(shown.live, properties, wanted.asked)
    told = given(form)
    found: dict[str, Any] = {"form": form, "changed": [one for one in form if one.changed], "then": None}
    if not told:
        return {**found, "wrong": wrong(shown)}
    then = standing(dossier.page.lead_id, shown.live, now, dossier.known, told)
    return {**found, "then": then.said, "wrong": wrong(then), **_compared(shown, then, reader)}


def _compared(shown: Standing, then: Standing, reader: Reader) -> dict[str, Any]:
    if shown.said is None or then.said is None:
        return {"moved": [], "why": []}
    whole = Sum(then.live.card, then.said, reader)
    moved = [
        (whole.name(one.feature), *whole.moved(one.before, one.after))
        for one in differences(shown.said, then.said)
    ]
    return {"moved": moved, "why": reasons(then.live.card, then.said.score, reader)}


def _past(dossier: Dossier, wanted: Wanted, reader: Reader) -> dict[str, Any]:
    """What the lead was scored: a page of the log, and its chart where it has more than some days."""
    rows, zone = dossier.scores[:SCORES], reader.formats.zone
    scored_by = [_scored_by(row, reader) for row in rows]
    drawn = [row for row in rows if row.score is not None and row.target == rows[0].target]
    points = [Past(_at(row.as_of).astimezone(zone), row.version, row.score or 0) for row in drawn]
    specs: list[Any] = [None, None]
    if len(points) > 2 and points[0].at - points[-1].at >= LEAST_DRAWN:
        marks = _marks(dossier, drawn, reader)
        specs = [untitled(history(points, marks, lang=reader.lang, width=width)) for width in (WIDE, NARROW)]
    return {
        "rows": [
            {"row": row, "at": _at(row.as_of), "by": by} for row, by in zip(rows, scored_by, strict=True)
        ],
        "alike": scored_by[0] if len(set(scored_by)) == 1 else None,
        "spec": specs[0],
        "narrow": specs[1],
        "more": wanted.scores + SCORES if len(dossier.scores) > SCORES else None,
    }


def _scored_by(row: ScoreRow, reader: Reader) -> str:
    """Which model scored, and on what occasion."""
    parts = [row.version, reader.say(SOURCES[row.source])]
    if row.role != CHAMPION:
        parts.append(reader.say("challenger"))
    return " · ".join(parts)


def _marks(dossier: Dossier, drawn: list[ScoreRow], reader: Reader) -> list[Event]:
    """The turning points that lie within the scores that are drawn."""
    first, last = (to_micros(pick(row.as_of for row in drawn)) for pick in (min, max))
    found = [one for one in dossier.happened if one.kind in _MARKED and first <= one.at <= last]
    lines = [line(one, reader) for one in found[:_MOST_MARKED]]
    zone = reader.formats.zone
    return [Event(one.at.astimezone(zone), one.word if one.kind == "handoff" else one.text) for one in lines]


def _timeline(dossier: Dossier, wanted: Wanted, reader: Reader) -> dict[str, Any]:
    happened = dossier.happened[: wanted.lines]
    more = cursor(happened, wanted.until, wanted.past) if len(dossier.happened) > wanted.lines else None
    return {"lines": [line(one, reader) for one in happened], "earlier": more}


def _properties(page: LeadPage, now: Now) -> list[tuple[str, str | None, bool]]:
    """Every property by name, its value, and whether a live model reads it; those that the lead lacks too."""
    read = {column.name for model in now.models.values() for column in model.columns}
    every = sorted({*page.properties, *read} - {"created_at"})
    return [(name, page.properties.get(name), name in read) for name in every]
