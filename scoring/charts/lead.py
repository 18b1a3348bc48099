"""One lead: why its likelihood is what it is, and how its score has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from scoring.charts.base import (
    BLUE,
    DASHES,
    GREY,
    INK,
    MUTED,
    ORANGE,
    PALETTE,
    SHAPES,
    STEP,
    WIDTH,
    Spec,
    category,
    day,
    number,
    said_share,
    spec,
    wall,
)
from scoring.charts.words import WORDS, ChartWords
from scoring.reasons import Lang
from scoring.scorecard import logistic

MOST_PARTS: Final = 8
# Written on the axis of log-odds: the likelihood that each stands for.
_AS_LIKELIHOOD: Final = "format(1 / (1 + exp(-datum.value)), abs(datum.value) > 4.5 ? '.2~p' : '.0%')"


class Past(NamedTuple):
    """A score that a lead was given.

    Parameters
    ----------
    at : datetime
        The time as which it was scored.
    version : str
        By which model.
    score : int
        0 to 100.
    """

    at: datetime
    version: str
    score: int


class Event(NamedTuple):
    """Something that happened to a lead: it was handed over, accepted, won.

    Parameters
    ----------
    at : datetime
        When.
    said : str
        What, in the reader's language.
    """

    at: datetime
    said: str


def waterfall(
    base: float,
    contributions: Mapping[str, float],
    *,
    names: Mapping[str, str] | None = None,
    most: int = MOST_PARTS,
    likelihood: bool = True,
    lang: Lang = "en",
    width: int = WIDTH,
) -> Spec:
    """Why a lead is likely: from the average lead, step by step, to this one; the steps add up.

    Parameters
    ----------
    base : float
        Log-odds of the average lead; of points those that every lead has.
    contributions : mapping of str to float
        What each feature adds to them, as :class:`scoring.scorecard.Score` says.
    names : mapping of str to str, optional
        What is written for a feature, in place of its name: its value too, as a rule.
    most : int
        So many of the strongest stand alone; the rest is one step.
    likelihood : bool
        False for points, which stand for no likelihood.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = WORDS[lang]
    first = words.average_lead if likelihood else words.before_rules
    rows = _steps(first, base, contributions, names or {}, most, words)
    form = "+.2f" if likelihood else "+g"
    for row in rows:
        whole = said_share(logistic(row["end"]), lang) if likelihood else f"{row['end']:g} {words.points}"
        # A minus that is as wide as the plus.
        row["said"] = whole if row["part"] is None else f"{row['part']:{form}}".replace("-", "−")
    y = category("name", [row["name"] for row in rows], axis={"labelLimit": 300})
    # A number that would not fit beside the last line of the grid is left out.
    axis = {"labelBound": 5, **({"labelExpr": _AS_LIKELIHOOD} if likelihood else {})}
    title = words.likelihood if likelihood else words.points
    x = number("end", title, axis=axis, scale={"zero": False, "nice": False, "padding": 44})
    color = {"condition": {"test": "datum.part < 0", "value": ORANGE}, "value": BLUE}
    whole_color = {"condition": {"test": "datum.part === null", "value": INK}, "value": MUTED}
    bar = {"type": "bar", "height": {"band": 0.62}}
    text: Spec = {"type": "text", "align": "left", "dx": 5}
    return spec(
        words.waterfall,
        [
            {
                "transform": [{"filter": "datum.next !== null"}],
                "mark": {"type": "rule", "color": GREY, "strokeWidth": 0.8},
                "encoding": {"x": x, "y": {**y, "bandPosition": 0.5}, "y2": {"field": "next", "bandPosition": 0.5}},
            },
            {
                "transform": [{"filter": "datum.part !== null"}],
                "mark": bar,
                "encoding": {"x": {**x, "field": "start"}, "x2": {"field": "end"}, "y": y, "color": color},
            },
            {
                "transform": [{"filter": "datum.part === null"}],
                "mark": {"type": "tick", "thickness": 4, "color": INK, "height": {"band": 0.8}},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": text,
                "encoding": {"x": {**x, "field": "right"}, "y": y, "text": {"field": "said"}, "color": whole_color},
            },
        ],
        rows=rows,
        width=width,
        height=STEP * len(rows),
    )  # fmt: skip


def _steps(
    first: str,
    base: float,
    contributions: Mapping[str, float],
    names: Mapping[str, str],
    most: int,
    words: ChartWords,
) -> list[dict[str, Any]]:
    """Rows from the average lead to this one: the strongest features first, the rest together."""
    moved = sorted(((f, part) for f, part in contributions.items() if part), key=lambda one: -abs(one[1]))
    alone, rest = (moved, []) if len(moved) <= most + 1 else (moved[:most], moved[most:])
    parts = [(names.get(feature, feature), part) for feature, part in alone]
    if rest:
        parts.append((words.others.format(count=len(rest)), sum(part for _, part in rest)))
    rows: list[dict[str, Any]] = [{"name": first, "start": base, "end": base, "right": base, "part": None}]
    at = base
    for name, part in parts:
        rows.append({"name": name, "start": at, "end": at + part, "right": max(at, at + part), "part": part})
        at += part
    rows.append({"name": words.this_lead, "start": at, "end": at, "right": at, "part": None})
    for row, later in zip(rows, [*rows[1:], None], strict=True):
        row["next"] = later and later["name"]
    return rows


def history(
    scores: Sequence[Past], events: Sequence[Event] = (), *, lang: Lang = "en", width: int = WIDTH
) -> Spec:
    """How a lead's score has moved; a line joins what one model said, for scores of two are not compared.

    Parameters
    ----------
    scores : sequence of Past
        What it was given, in any order.
    events : sequence of Event
        What happened to it, marked on the same days.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = WORDS[lang]
    rows = [{"at": wall(one.at), "model": one.version, "score": one.score} for one in sorted(scores)]
    models = list(dict.fromkeys(str(row["model"]) for row in rows))
    x = day("at", lang=lang, scale={"padding": 12})
    y = number("score", words.score, scale={"domain": [0, 100]})
    # Versions are as many as there were trainings: looks come round again, in the order of time.
    looks = {
        channel: {"field": "model", "type": "nominal", "scale": {"domain": models, "range": _round(given, len(models))}}
        for channel, given in (("color", PALETTE), ("shape", SHAPES), ("strokeDash", DASHES))
    }  # fmt: skip
    line = {channel: looks[channel] for channel in ("color", "strokeDash")}
    point = {channel: looks[channel] for channel in ("color", "shape")}
    layers: list[Spec] = [
        *_marked(events, x),
        {"mark": {"type": "line", "strokeWidth": 1.5}, "encoding": {"x": x, "y": y, **line}},
        {"mark": {"type": "point", "size": 36}, "encoding": {"x": x, "y": y, **point}},
    ]
    return spec(words.history, layers, rows=rows, width=width, height=200)


def _round(looks: Sequence[Any], many: int) -> list[Any]:
    return [looks[place % len(looks)] for place in range(many)]


def _marked(events: Sequence[Event], x: Spec) -> list[Spec]:
    """Each event at its time; words of events that are close stand one below the other."""
    layers: list[Spec] = []
    down = {"field": "row", "type": "quantitative", "scale": None, "axis": None}
    for align, rows in _places(sorted(events)).items():
        if not rows:
            continue
        data = {"data": {"values": rows}}
        text: Spec = {"type": "text", "align": align, "dx": 4 if align == "left" else -4}
        said = {"x": x, "y": down, "text": {"field": "said"}}
        rule = {"type": "rule", "color": GREY, "strokeDash": [5, 3], "strokeWidth": 1}
        layers += [
            {**data, "mark": rule, "encoding": {"x": x}},
            {**data, "mark": {**text, "stroke": "white", "strokeWidth": 3}, "encoding": said},
            {**data, "mark": {**text, "color": MUTED}, "encoding": said},
        ]
    return layers


def _places(events: Sequence[Event]) -> dict[str, list[Spec]]:
    """On which side of its line each event is said, the last ones where there is room, and how far down."""
    placed: dict[str, list[Spec]] = {"left": [], "right": []}
    if not events:
        return placed
    first, span = events[0].at, events[-1].at - events[0].at
    row, before, after_late = 0, first, False
    for event in events:
        late = len(events) > 1 and event.at - first > span * 0.8
        # Words left of their line run towards those that stand right of the line before.
        near = span * (0.6 if late and not after_late else 1 / 6)
        row = (row + 1) % 6 if event.at - before <= near and event is not events[0] else 0
        before, after_late = event.at, late
        placed["right" if late else "left"].append(
            {"at": wall(event.at), "said": event.said, "row": 8 + 14 * row}
        )
    return placed
