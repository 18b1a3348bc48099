"""When calls reach people."""

from __future__ import annotations

from typing import Any, Final

from scoring.call_times import ConnectRates
from scoring.charts.base import STEP, WIDTH, Spec, said_share, spec
from scoring.charts.words import WORDS
from scoring.reasons import Lang

# Light enough for dark words on all of them: the number says what the shade shows.
SHADES: Final = ("#f4f8fb", "#5aa5d6")


def call_times(rates: ConnectRates, *, lang: Lang = "en", width: int = WIDTH) -> Spec:
    """At which hours of the week calls reach people, as far as anybody called then.

    Parameters
    ----------
    rates : ConnectRates
        What :func:`scoring.call_times.connect_rates` counted.
    lang, width
        The language, and the width of the picture in pixels.

    Returns
    -------
    dict
        A field per weekday and hour in which there were calls, with its rate, drawn towards that of all calls.
    """
    words = WORDS[lang]
    rows: list[dict[str, Any]] = [
        {
            "weekday": words.weekdays[weekday],
            "hour": hour,
            "rate": float(rates.rate[weekday, hour]),
            "calls": int(rates.calls[weekday, hour]),
        }
        for weekday in range(7)
        for hour in range(24)
        if rates.calls[weekday, hour]
    ]
    for row in rows:
        row["said"] = said_share(row["rate"], lang).removesuffix(" %")
    hours = sorted({row["hour"] for row in rows})
    shown = list(range(hours[0], hours[-1] + 1)) if hours else []
    days = [name for name in words.weekdays if any(row["weekday"] == name for row in rows)]
    plain = {"grid": False, "labelAngle": 0, "ticks": False, "domain": False}
    weekday = {"field": "weekday", "type": "ordinal", "title": None, "scale": {"domain": days}, "axis": plain}
    hour = {
        "field": "hour",
        "type": "ordinal",
        "title": words.hour,
        "scale": {"domain": shown},
        "axis": plain,
    }
    # Where a field would be too narrow for its number the hours run down.
    wide = width >= WIDTH
    place = {"x": hour, "y": weekday} if wide else {"x": weekday, "y": hour}
    found = [row["rate"] for row in rows]
    color = {
        "field": "rate",
        "type": "quantitative",
        "legend": None,
        "scale": {"domain": [min(found, default=0.0), max(found, default=1.0)], "range": list(SHADES)},
    }
    field = {"type": "rect", "stroke": "white", "strokeWidth": 2}
    return spec(
        words.call_times,
        [
            {"mark": field, "encoding": {**place, "color": color}},
            {"mark": {"type": "text"}, "encoding": {**place, "text": {"field": "said"}}},
        ],
        rows=rows,
        width=width,
        height=STEP * max(len(days if wide else shown), 1),
    )
