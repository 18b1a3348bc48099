"""Charts as Vega-Lite specifications: plain dictionaries, drawn by whoever shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scoring.bands import Band, LiftRow
from scoring.terms import Term

Spec = dict[str, Any]

BLUE, GREY, RED = "#2b6cb0", "#a0aec0", "#c05621"
SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
FONTS = "Noto Sans, Noto Sans CJK JP, IPAGothic, Hiragino Sans, Yu Gothic, sans-serif"


def _spec(title: str, rows: Sequence[Spec], layers: list[Spec], **more: Any) -> Spec:
    return {
        "$schema": SCHEMA,
        "title": {"text": title, "anchor": "start"},
        "width": 420,
        "height": 260,
        "background": "white",
        "config": {
            "font": FONTS,
            "view": {"stroke": None},
            "axis": {"grid": True, "gridOpacity": 0.4, "labelLimit": 320},
        },
        "data": {"values": list(rows)},
        "layer": layers,
        **more,
    }


def calibration(bands: Sequence[Band]) -> Spec:
    """Show promised against observed: whether of the leads given 20 % one in five converted.

    Parameters
    ----------
    bands : sequence of Band
        What :func:`scoring.bands.calibration_table` gave.
    """
    rows = [
        {"promised": b.likelihood, "observed": b.rate, "low": b.rate_low, "high": b.rate_high, "leads": b.n}
        for b in bands
    ]
    top = max([0.01, *(max(row["promised"], row["high"]) for row in rows)])
    scale = {"domain": [0, round(top + 0.005, 2)]}
    percent = {"format": "%"}
    x = {"field": "promised", "type": "quantitative", "title": "promised", "axis": percent, "scale": scale}
    y = {"field": "observed", "type": "quantitative", "title": "observed", "axis": percent, "scale": scale}
    ideal = [{"promised": 0, "observed": 0}, {"promised": top, "observed": top}]
    return _spec(
        "Do the likelihoods hold?",
        rows,
        [
            {
                "data": {"values": ideal},
                "mark": {"type": "line", "color": GREY, "strokeDash": [4, 4]},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "rule", "color": BLUE},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "color": BLUE},
                "encoding": {"x": x, "y": y},
            },
        ],
    )


def lift(rows: Sequence[LiftRow]) -> Spec:
    """How many of all conversions are among the leads called first.

    Parameters
    ----------
    rows : sequence of LiftRow
        What :func:`scoring.bands.lift_table` gave.
    """
    total = sum(row.n for row in rows)
    called, points = 0, [{"called": 0.0, "found": 0.0, "by chance": 0.0}]
    for row in rows:
        called += row.n
        points.append({"called": called / total, "found": row.capture or 0.0, "by chance": called / total})
    percent = {"format": "%"}
    x = {"field": "called", "type": "quantitative", "title": "share of leads called", "axis": percent}
    y = {"field": "found", "type": "quantitative", "title": "share of conversions found", "axis": percent}
    return _spec(
        "What calling in order of the score finds",
        points,
        [
            {
                "mark": {"type": "line", "color": GREY, "strokeDash": [4, 4]},
                "encoding": {"x": x, "y": {**y, "field": "by chance"}},
            },
            {"mark": {"type": "line", "color": BLUE, "point": True}, "encoding": {"x": x, "y": y}},
        ],
    )


def shape(term: Term, names: Sequence[str]) -> Spec:
    """What each value of a feature adds to the log-odds, and how many leads it was seen in.

    Parameters
    ----------
    term : Term
        One part of the scorecard.
    names : sequence of str
        A name per bin.
    """
    rows = []
    for place, (name, value, leads) in enumerate(zip(names, term.table, term.support, strict=True)):
        middle = _middle(term, place)
        line = 0.0 if middle is None or not term.slope else term.line(middle)
        rows.append({"order": place, "value": name, "log-odds": value + line, "leads": leads})
    rows = [row for row in rows if row["leads"]][:40]
    return _spec(
        term.feature,
        rows,
        [
            {
                "mark": {"type": "bar"},
                "encoding": {
                    "y": {"field": "value", "type": "nominal", "sort": {"field": "order"}, "title": None},
                    "x": {"field": "log-odds", "type": "quantitative", "title": "adds to the log-odds"},
                    "color": {
                        "condition": {"test": "datum['log-odds'] < 0", "value": RED},
                        "value": BLUE,
                    },
                    "opacity": {
                        "field": "leads",
                        "type": "quantitative",
                        "scale": {"type": "log"},
                        "legend": None,
                    },
                },
            }
        ],
        height={"step": 16},
    )


def _middle(term: Term, place: int) -> float | None:
    """A value inside a bin of a number."""
    if term.kind != "number" or place == term.missing or not term.cuts:
        return None
    low = term.cuts[place - 1] if place else term.cuts[0]
    high = term.cuts[place] if place < len(term.cuts) else term.cuts[-1]
    return (low + high) / 2
