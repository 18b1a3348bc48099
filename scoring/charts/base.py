"""What every chart has in common: the frame, the palette, the fonts, and axes whose numbers people read at once.

A chart says nothing by colour alone: a second colour always comes with another shape, dash or word.  Colours keep 4.5:1
against white, so that they may be text as well, and differ for all kinds of colour vision.  Nothing here makes an SVG
carry styles, links or ids: pages forbid the first two, and ids of two charts in one page would collide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from unicodedata import east_asian_width

from scoring.money import decimals
from scoring.reasons import WORDS, Lang, percent

Spec = dict[str, Any]
Rows = Sequence[Mapping[str, Any]]

INK: Final = "#1f2933"
MUTED: Final = "#52606d"
GREY: Final = "#6b7280"
LINE: Final = "#d5dae0"
BLUE: Final = "#0072b2"
ORANGE: Final = "#c65102"
GREEN: Final = "#007a5a"
PURPLE: Final = "#7b4b94"
PALETTE: Final = (BLUE, ORANGE, GREEN, PURPLE, GREY)
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross")
DASHES: Final = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [1, 3])

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
FONTS: Final = (
    "Noto Sans, Noto Sans JP, Noto Sans CJK JP, Hiragino Sans, Yu Gothic UI, Yu Gothic, Meiryo, IPAPGothic, "
    "IPAGothic, Helvetica, Arial, sans-serif"
)
WIDTH: Final = 640
HEIGHT: Final = 260
STEP: Final = 22
APART: Final[Spec] = {"axis": {"y": "independent"}}
NARROW: Final = 480
TITLE_LETTER: Final = 7.6
_SYMBOLS: Final = {"JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"}
# An amount of at least so much is said in a unit, whose word follows it.
_UNITS: Final[Mapping[Lang, tuple[tuple[float, float, str], ...]]] = {
    "en": ((1e9, 1e9, "bn"), (1e6, 1e6, "m"), (1e4, 1e3, "k")),
    "ja": ((1e8, 1e8, "億"), (1e4, 1e4, "万")),
}


def spec(
    title: str,
    layers: Sequence[Spec],
    *,
    rows: Rows = (),
    width: int = WIDTH,
    height: int = HEIGHT,
    background: str | None = None,
    **more: Any,
) -> Spec:
    """A chart as everybody sees it here, on a page, in the report or in a notebook.

    Parameters
    ----------
    title : str
        The question that the chart answers.
    layers : sequence of dict
        Vega-Lite layers, the lowest first.
    rows : sequence of mapping
        What all layers show that bring no data of their own.
    width : int
        Of the whole picture with its labels, in pixels.
    height : int
        Of the plot, in pixels; a chart of names takes :data:`STEP` for each.
    background : str, optional
        Transparent by default.
    **more
        Further parts of the specification, such as ``resolve``.

    Examples
    --------
    >>> bars = {"mark": "bar", "encoding": {"x": {"field": "leads", "type": "quantitative"}}}
    >>> chart = spec("How many leads?", [bars], rows=[{"leads": 3}])
    >>> chart["title"]["text"], chart["width"], chart["data"]
    ('How many leads?', 640, {'values': [{'leads': 3}]})
    >>> spec("How many leads do we have?", [bars], width=130)["title"]["text"]
    ['How many leads do', 'we have?']
    """
    return {
        "$schema": SCHEMA,
        "title": {"text": _lines(title, width), "anchor": "start", "frame": "bounds"},
        "width": width,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": background,
        "config": _config(width),
        "data": {"values": [dict(row) for row in rows]},
        "layer": list(layers),
        **more,
    }


def untitled(chart: Spec) -> Spec:
    """The same chart without its title, for a page that says it in a heading of its own."""
    return {part: value for part, value in chart.items() if part != "title"}


def _lines(title: str, width: int) -> str | list[str]:
    """A title in as many lines as its width takes: a letter is about as wide as half a character of Japanese."""
    room, lines = int(width / TITLE_LETTER), [""]
    for part in re.findall(r"[!-~]+ ?|.", title):
        if _letters(lines[-1] + part.rstrip()) > room and lines[-1]:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines] if len(lines) > 1 else title


def _letters(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)


def _config(width: int) -> Spec:
    text = {
        "labelColor": INK,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "labelFontSize": 11,
        "titleFontSize": 11,
    }
    axis = {
        "gridColor": LINE, "gridWidth": 0.7, "domainColor": GREY, "tickColor": GREY, "tickSize": 4, "labelLimit": 260,
        "labelPadding": 4, "titlePadding": 8,
    }  # fmt: skip
    return {
        "font": FONTS,
        "view": {"stroke": None},
        "title": {"color": INK, "fontSize": 13, "fontWeight": "bold", "offset": 12},
        "axis": {**text, **axis},
        # Said above the axis and level: upright words are hard to read, most of all Japanese ones.
        "axisY": {
            "titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleBaseline": "bottom", "titleX": 0,
            "titleY": -8,
        },
        "legend": {
            **text, "orient": "top", "title": None, "symbolStrokeWidth": 2, "labelLimit": 220, "offset": 22,
            "columns": max(width // 150, 1),
        },
        "text": {"fontSize": 11, "color": INK},
        "bar": {"color": BLUE},
        "line": {"color": BLUE, "strokeWidth": 2},
        "rule": {"color": GREY},
        "point": {"color": BLUE, "filled": True, "size": 50, "opacity": 1},
    }  # fmt: skip


# Channels ---------------------------------------------------------------------------------------------


def number(field: str, title: str | None = None, **more: Any) -> Spec:
    """A channel of plain numbers, with separators at the thousands."""
    return _channel(field, title, {"format": ",~f"}, more)


def share(field: str, title: str | None = None, **more: Any) -> Spec:
    """A channel of shares, in percent."""
    return _channel(field, title, {"format": "%"}, more)


def amount(field: str, currency: str | None, lang: Lang, title: str | None = None, **more: Any) -> Spec:
    """A channel of money: ¥1.2m, and in Japanese ¥120万."""
    return _channel(field, title, {"labelExpr": _money_labels(currency, lang)}, more)


def _channel(field: str, title: str | None, axis: Spec, more: Spec) -> Spec:
    axis = {**axis, "tickCount": 5, **more.pop("axis", {})}
    return {"field": field, "type": "quantitative", "title": title, "axis": axis, **more}


def day(field: str, title: str | None = None, *, lang: Lang = "en", **more: Any) -> Spec:
    """A channel of days, from moments that :func:`wall` gave."""
    form = "%-m/%-d" if lang == "ja" else "%b %-d"
    axis = {"format": form, "grid": False, "labelOverlap": True, "tickCount": 6, **more.pop("axis", {})}
    scale = {"type": "utc", **more.pop("scale", {})}
    return {"field": field, "type": "temporal", "title": title, "axis": axis, "scale": scale, **more}


def category(field: str, order: str | Sequence[str] = "order", title: str | None = None, **more: Any) -> Spec:
    """A channel of names, in the order of another field, or in the order that is given."""
    axis = {"orient": "left", "grid": False, "ticks": False, "domain": False, **more.pop("axis", {})}
    sort = {"field": order, "op": "min"} if isinstance(order, str) else list(order)
    return {"field": field, "type": "nominal", "sort": sort, "title": title, "axis": axis, **more}


def beside(names: Spec, said: Mapping[str, str], title: str | None = None) -> Spec:
    """A layer that says something of each name at the right end of its row, in place of a column of its own.

    Parameters
    ----------
    names : dict
        The channel of names; the chart resolves its axes apart: ``resolve=APART``.
    said : mapping of str to str
        By name.
    title : str, optional
        What it is.
    """
    labels = f"({json.dumps(said)})[datum.value]"
    right = {"orient": "right", "labelExpr": labels, "labelColor": MUTED, "titleAlign": "right", "titleX": 0}
    y = {**names, "title": title, "axis": {**names["axis"], **right}}
    return {"mark": {"type": "point", "opacity": 0}, "encoding": {"y": y}}


def series(field: str, names: Sequence[str], colors: Sequence[str] = PALETTE, **more: Any) -> Spec:
    """Colours of several series, in order; give :func:`forms` or :func:`dashes` of the same names beside it."""
    return _of_series(field, names, colors) | more


def forms(field: str, names: Sequence[str]) -> Spec:
    """Shapes of the points of several series, so that colour is not needed to tell them apart."""
    return _of_series(field, names, SHAPES)


def dashes(field: str, names: Sequence[str]) -> Spec:
    """Dashes of the lines of several series, so that colour is not needed to tell them apart."""
    return _of_series(field, names, DASHES)


def _of_series(field: str, names: Sequence[str], looks: Sequence[Any]) -> Spec:
    scale = {"domain": list(names), "range": list(looks[: len(names)])}
    return {"field": field, "type": "nominal", "scale": scale}


# Layers -----------------------------------------------------------------------------------------------


class Mark(NamedTuple):
    """A value that a rule across the chart stands for, and its words.

    Parameters
    ----------
    value : float or str
        Where.
    said : str
        What it is.
    before : bool
        Whether the words stand to the left of a rule on the x axis, where the picture ends soon.
    """

    value: float | str
    said: str
    before: bool = False


_RULE_WORDS: Final[Mapping[str, Spec]] = {
    "x": {"align": "left", "dx": 5, "baseline": "top", "dy": 2},
    "before": {"align": "right", "dx": -5, "baseline": "top", "dy": 2},
    "above": {"align": "center", "baseline": "bottom", "dy": -4},
    "y": {"align": "right", "baseline": "bottom", "dy": -3},
}


def rules(
    marks: Sequence[Mark], channel: str, like: Spec, color: str = GREY, *, above: bool = False
) -> list[Spec]:
    """Rules across the chart with their words beside them: limits, goals, a published threshold.

    Parameters
    ----------
    marks : sequence of Mark
        Where, and what is said.
    channel : {"x", "y"}
        Which axis they stand on.
    like : dict
        The channel whose scale they share.
    color : str
        Of rules and words.
    above : bool
        Whether the words of rules on the x axis stand above the plot.
    """
    along = {**like, "field": "at"}
    place = {channel: along, "y" if channel == "x" else "x": {"value": 0 if channel == "x" else "width"}}
    rule = {"type": "rule", "color": color, "strokeDash": [5, 3], "strokeWidth": 1.2}
    layers: list[Spec] = []
    for before in sorted({mark.before for mark in marks}):
        rows = [{"at": mark.value, "said": mark.said} for mark in marks if mark.before == before]
        put = _RULE_WORDS["above" if above else "before" if before else channel]
        said = {"data": {"values": rows}, "encoding": {**place, "text": {"field": "said"}}}
        layers += [
            {"data": {"values": rows}, "mark": rule, "encoding": {channel: along}},
            # A white edge keeps the words readable where they cross the data.
            {**said, "mark": {"type": "text", "stroke": "white", "strokeWidth": 3, **put}},
            {**said, "mark": {"type": "text", "color": MUTED if color == GREY else color, **put}},
        ]
    return layers


def interval(along: str, at: Spec, across: Spec, low: str = "low", high: str = "high", **mark: Any) -> Spec:
    """Lines from the low to the high end of an interval.

    Parameters
    ----------
    along : {"x", "y"}
        The axis of the value.
    at, across : dict
        The channel of the value, and that of the other axis.
    low, high : str
        The fields of the ends; rows in which one is missing show nothing.
    **mark
        How it looks.
    """
    other = "y" if along == "x" else "x"
    ends = {along: {**at, "field": low}, f"{along}2": {"field": high}, other: across}
    return {
        "transform": [{"filter": f"isValid(datum['{low}']) && isValid(datum['{high}'])"}],
        "mark": {"type": "rule", "color": BLUE, "strokeWidth": 1.5, **mark},
        "encoding": ends,
    }


# What is said in a chart ------------------------------------------------------------------------------


def said_share(value: float | None, lang: Lang) -> str:
    """A share as a label says it; nothing where it is not known."""
    return "" if value is None else percent(value, WORDS[lang])


def said_amount(value: float, currency: str | None, lang: Lang) -> str:
    """An amount as a label says it: short, with its symbol.

    Examples
    --------
    >>> said_amount(1_234_000, "JPY", "en"), said_amount(1_234_000, "JPY", "ja"), said_amount(850, "USD", "en")
    ('¥1.23m', '¥123万', '$850')
    """
    sign, value = ("-", -value) if value < 0 else ("", value)
    for least, unit, word in _UNITS[lang]:
        if value >= least:
            short = f"{value / unit:,.0f}" if value >= 100 * unit else f"{value / unit:.3g}"
            return f"{sign}{_symbol(currency)}{short}{word}"
    places = 0 if value == int(value) else decimals(currency or "USD")
    return f"{sign}{_symbol(currency)}{value:,.{places}f}"


def wall(moment: datetime) -> str:
    """A moment as the clocks of its own zone show it, which charts keep: they know no zones."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _symbol(currency: str | None) -> str:
    # Written into an expression: a code of letters is all that may stand there.
    return _SYMBOLS.get(currency, f"{currency} ") if currency and currency.isalpha() else ""


def _money_labels(currency: str | None, lang: Lang) -> str:
    """A Vega expression that writes an amount as :func:`said_amount` does."""
    symbol = _symbol(currency)
    steps = "".join(
        f"abs(datum.value) >= {least:g} ? '{symbol}' + format(datum.value / {unit:g}, ',~r') + '{word}' : "
        for least, unit, word in _UNITS[lang]
    )
    return f"{steps}'{symbol}' + format(datum.value, ',~r')"
