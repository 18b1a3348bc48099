"""Since when outcomes are recorded, and whether the world has moved since the model learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scoring.charts.base import (
    BLUE,
    GREY,
    ORANGE,
    STEP,
    WIDTH,
    Mark,
    Spec,
    category,
    dashes,
    number,
    rules,
    series,
    spec,
)
from scoring.charts.words import WORDS
from scoring.drift import MOVED, STABLE
from scoring.reasons import Lang

MOST_FEATURES: Final = 25
# Pixels that the words of two limits take.
APART: Final = 70
# And the number beside a bar.
ROOM: Final = 75


def drift(moved: Mapping[str, float], *, lang: Lang = "en", width: int = WIDTH) -> Spec:
    """How far the values of each feature have moved, against the two limits that ask for attention.

    Parameters
    ----------
    moved : mapping of str to float
        The population stability index by feature.
    lang, width
        The language, and the width of the picture in pixels.

    Returns
    -------
    dict
        The 25 that moved most, the farthest first.
    """
    words = WORDS[lang]
    found = sorted(moved.items(), key=lambda one: (-one[1], one[0]))[:MOST_FEATURES]
    rows = [{"feature": feature, "psi": value, "said": f"{value:.2f}"} for feature, value in found]
    y = category("feature", [feature for feature, _ in found])
    # Room for the number beside the longest bar.
    most = max([1.2 * MOVED, *((1 + ROOM / width) * v for _, v in found)])
    x = number("psi", words.psi, scale={"domainMin": 0, "domainMax": most})
    color = {
        "condition": [
            {"test": f"datum.psi > {MOVED}", "value": ORANGE},
            {"test": f"datum.psi > {STABLE}", "value": BLUE},
        ],
        "value": GREY,
    }
    # Where one value is far out the limits lie side by side, and there is room for the words of one.
    apart = (MOVED - STABLE) / most * width > APART
    limits = [Mark(STABLE, words.watch if apart else ""), Mark(MOVED, words.moved)]
    said = {"type": "text", "align": "left", "dx": 4}
    return spec(
        words.drift,
        [
            {"mark": {"type": "bar", "height": {"band": 0.7}}, "encoding": {"x": x, "y": y, "color": color}},
            {"mark": said, "encoding": {"x": x, "y": y, "text": {"field": "said"}}},
            *rules(limits, "x", x, above=True),
        ],
        rows=rows,
        width=width,
        height=STEP * max(len(rows), 1),
    )  # fmt: skip


def recorded(
    months: Mapping[str, tuple[int, int]], stage: str, *, lang: Lang = "en", width: int = WIDTH
) -> Spec:
    """Leads and outcomes by month: where leads came and no outcome did, nobody wrote any down.

    Parameters
    ----------
    months : mapping of str to (int, int)
        By month, as ``2026-10``: leads created, and leads that reached the stage.
    stage : str
        What it is called.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = WORDS[lang]
    names = [words.created, words.reached.format(stage=stage)]
    rows = [
        {"month": month, "what": name, "count": count}
        for month, counts in months.items()
        for name, count in zip(names, counts, strict=True)
    ]
    x = {
        "field": "month",
        "type": "ordinal",
        "title": words.month,
        "axis": {"labelAngle": 0, "labelOverlap": True, "grid": False},
    }
    looks = {"color": series("what", names, (GREY, BLUE)), "strokeDash": dashes("what", names)}
    line = {"type": "line", "point": {"size": 36}}
    return spec(
        words.recorded,
        [{"mark": line, "encoding": {"x": x, "y": number("count"), **looks}}],
        rows=rows,
        width=width,
        height=200,
    )
