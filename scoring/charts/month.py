"""A month: how far leads got, whether the line leads to the goal, and what campaigns brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from scoring.charts.base import (
    APART,
    BLUE,
    GREY,
    ORANGE,
    STEP,
    WIDTH,
    Spec,
    amount,
    beside,
    category,
    dashes,
    day,
    forms,
    interval,
    number,
    said_amount,
    said_share,
    series,
    share,
    spec,
)
from scoring.reasons import Lang

_SAID: Final[Mapping[Lang, Mapping[str, str]]] = {
    "en": {
        "so_far": "so far", "goal": "goal line", "before": "month before",
        "needed": "needed for the goal", "funnel": "How far leads got",
        "campaigns": "What campaigns cost, and what their wins brought", "cost": "cost", "revenue": "revenue",
        "bands": "Share won in each grade", "won": "won", "promised": "promised", "leads": "{count} leads",
    },
    "ja": {
        "so_far": "実績", "goal": "目標線", "before": "前月", "needed": "目標に必要", "funnel": "リードの到達状況",
        "campaigns": "キャンペーンの費用と、受注による売上", "cost": "費用", "revenue": "売上",
        "bands": "グレードごとの受注率", "won": "受注", "promised": "約束した確度", "leads": "{count} 件",
    },
}  # fmt: skip


class CampaignSum(NamedTuple):
    """What a campaign cost and brought, in one currency."""

    name: str
    cost: float
    revenue: float
    currency: str


def daily_line(
    title: str,
    line: Mapping[str, Any],
    days: Sequence[str],
    currency: str | None,
    *,
    lang: Lang = "en",
    width: int = WIDTH,
) -> Spec:
    """Whether what came so far is on the line to the goal, and whether it was more than the month before.

    Parameters
    ----------
    title : str
        What is counted.
    line : mapping
        A :class:`scoring.report_daily.DailyLine` as a record.
    days : sequence of str
        The days of the month.
    currency : str or None
        Of amounts; None for counts.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = _SAID[lang]
    columns = {
        words["so_far"]: line["actual"],
        words["goal"]: line["goal_by_day"] or (),
        words["before"]: line["before"],
    }
    rows = [
        {"day": f"{date}T12:00:00Z", "what": name, "value": value}
        for name, values in columns.items()
        for date, value in zip(days, values, strict=False)
        if value is not None
    ]
    names = [name for name, values in columns.items() if values]
    colors = [color for color, values in zip((BLUE, ORANGE, GREY), columns.values(), strict=True) if values]
    y = number("value", axis={"tickMinStep": 1}) if currency is None else amount("value", currency, lang)
    encoding = {
        "x": day("day", lang=lang), "y": y, "color": series("what", names, colors),
        "strokeDash": dashes("what", names),
    }  # fmt: skip
    return spec(title, [{"mark": {"type": "line"}, "encoding": encoding}], rows=rows, width=width, height=180)


class StageSum(NamedTuple):
    """A stage: how many leads reached it in the month and in the one before, and how many must for the goal."""

    name: str
    now: int
    before: int
    needed: int | None = None


def funnel_bars(
    stages: Sequence[StageSum], months: tuple[str, str], *, lang: Lang = "en", width: int = WIDTH
) -> Spec:
    """How many leads reached each stage, beside the month before and what the goal takes.

    Parameters
    ----------
    stages : sequence of StageSum
        In their order.
    months : (str, str)
        What the months are called.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = _SAID[lang]
    rows = [
        {"stage": one.name, "month": month, "leads": count}
        for one in stages
        for month, count in zip(months, (one.now, one.before), strict=True)
    ]
    goals = [
        {"stage": one.name, "leads": one.needed, "month": words["needed"]} for one in stages if one.needed
    ]
    order = [one.name for one in stages]
    names, colors = [*months, words["needed"]][: 3 if goals else 2], (BLUE, GREY, ORANGE)
    encoding = {
        "y": category("stage", order),
        "x": number("leads"),
        "color": series("month", names, colors, legend={"symbolType": "square", "symbolOpacity": 1}),
        "yOffset": {
            "field": "month",
            "type": "nominal",
            "sort": list(months),
            "scale": {"domain": list(months)},
        },
    }
    place = {name: encoding[name] for name in ("y", "x", "yOffset")}
    layers: list[Spec] = [{"mark": {"type": "bar"}, "encoding": encoding}]
    if goals:
        # Across both bars of a stage, and never by colour alone: a line is no bar.
        mark = {"type": "tick", "thickness": 3, "size": STEP * 1.7}
        ticks = {name: encoding[name] for name in ("y", "x", "color")}
        layers.append({"data": {"values": goals}, "mark": mark, "encoding": ticks})
    said = {**place, "text": {"field": "leads", "type": "quantitative", "format": ","}}
    # A white edge keeps the counts readable where the goal crosses them.
    for look in ({"stroke": "white", "strokeWidth": 3}, {}):
        layers.append({"mark": {"type": "text", "align": "left", "dx": 4, **look}, "encoding": said})
    return spec(words["funnel"], layers, rows=rows, width=width, height=2 * STEP * max(len(stages), 1))


def campaign_return(found: Sequence[CampaignSum], *, lang: Lang = "en", width: int = WIDTH) -> Spec:
    """What each campaign cost beside what its wins brought; those of the most frequent currency.

    Parameters
    ----------
    found : sequence of CampaignSum
        In the order in which they are shown.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = _SAID[lang]
    currencies = [one.currency for one in found]
    currency = max(sorted(set(currencies)), key=currencies.count, default="USD")
    shown = [one for one in found if one.currency == currency]
    names = [words["cost"], words["revenue"]]
    rows = [
        {"campaign": one.name, "what": what, "value": value}
        for one in shown
        for what, value in zip(names, (one.cost, one.revenue), strict=True)
    ]
    y = category("campaign", [one.name for one in shown])
    x = amount("value", currency, lang)
    looks = {"color": series("what", names, (ORANGE, BLUE)), "shape": forms("what", names)}
    said = {one.name: said_amount(one.revenue, currency, lang) for one in shown}
    return spec(
        words["campaigns"],
        [
            {
                "mark": {"type": "line", "color": GREY, "strokeWidth": 1},
                "encoding": {"x": x, "y": {**y, "axis": None}, "detail": {"field": "campaign"}},
            },
            {"mark": {"type": "point", "size": 70}, "encoding": {"x": x, "y": y, **looks}},
            beside(y, said),
        ],
        rows=rows,
        width=width,
        height=STEP * max(len(shown), 1),
        resolve=APART,
    )  # fmt: skip


def promised_and_won(bands: Sequence[Mapping[str, Any]], *, lang: Lang = "en", width: int = WIDTH) -> Spec:
    """Whether a better grade means more wins, and as many as were promised.

    Parameters
    ----------
    bands : sequence of mapping
        Each a :class:`scoring.report_bands.ScoreBand` as a record.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = _SAID[lang]
    names = [words["won"], words["promised"]]
    seen = [
        {"grade": one["grade"], "what": names[0], "value": one["won"]["rate"], "low": one["won"]["low"],
         "high": one["won"]["high"]}
        for one in bands
        if one["won"]["of"]
    ]  # fmt: skip
    told = [
        {"grade": one["grade"], "what": names[1], "value": one["promised"], "low": None, "high": None}
        for one in bands
        if one["promised"] is not None
    ]
    top = max([0.01, *(row[end] or 0.0 for row in (*seen, *told) for end in ("value", "high"))])
    y = category("grade", [one["grade"] for one in bands])
    x = share("value", scale={"domain": [0, min(1.03 * top, 1.0)]})
    looks = {"color": series("what", names, (BLUE, ORANGE)), "shape": forms("what", names)}
    right = {
        one["grade"]: words["leads"].format(count=f"{one['won']['of']:,}")
        + (f", {said_share(one['won']['rate'], lang)}" if one["won"]["of"] else "")
        for one in bands
    }
    return spec(
        words["bands"],
        [
            interval("x", x, {**y, "axis": None}, strokeWidth=2),
            {"mark": {"type": "point", "size": 70}, "encoding": {"x": x, "y": y, **looks}},
            beside(y, right),
        ],
        rows=[*seen, *told],
        width=width,
        height=STEP * max(len(bands), 1),
        resolve=APART,
    )
