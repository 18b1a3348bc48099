"""Bands and groups of leads: what was promised to each beside what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scoring.bands import Band
from scoring.charts.base import (
    APART,
    BLUE,
    ORANGE,
    STEP,
    WIDTH,
    Spec,
    beside,
    category,
    forms,
    interval,
    said_share,
    series,
    share,
    spec,
)
from scoring.charts.words import WORDS
from scoring.reasons import Lang
from scoring.segments import Segment


class _Row(NamedTuple):
    name: str
    leads: int
    promised: float | None
    observed: float | None
    low: float
    high: float


def win_rate(bands: Mapping[str, Band], *, lang: Lang = "en", width: int = WIDTH) -> Spec:
    """Whether a better score means more wins, and as many as the likelihoods promised.

    Parameters
    ----------
    bands : mapping of str to Band
        By the name of the band: a grade, or a range of scores; in the order in which they are shown.
    lang, width
        The language, and the width of the picture in pixels.
    """
    rows = [
        _Row(name, band.n, band.likelihood, band.rate, band.rate_low, band.rate_high)
        for name, band in bands.items()
    ]
    return _side_by_side(WORDS[lang].win_rate, rows, WORDS[lang].rate, lang, width)


def by_segment(found: Sequence[Segment], what: str, *, lang: Lang = "en", width: int = WIDTH) -> Spec:
    """Whether the likelihoods hold in every group, or one of them is promised too little.

    Parameters
    ----------
    found : sequence of Segment
        What :func:`scoring.segments.segments` gave.
    what : str
        The attribute that makes the groups.
    lang, width
        The language, and the width of the picture in pixels.
    """
    rows = [
        _Row(one.name, one.leads, one.likelihood, one.rate.value, one.rate.low, one.rate.high)
        for one in found
    ]
    return _side_by_side(WORDS[lang].segments.format(what=what), rows, WORDS[lang].rate, lang, width)


def selection(
    found: Sequence[Segment], what: str, threshold: float, *, lang: Lang = "en", width: int = WIDTH
) -> Spec:
    """Which share of each group is handed over.

    Parameters
    ----------
    found : sequence of Segment
        What :func:`scoring.segments.segments` gave with this threshold.
    what : str
        The attribute that makes the groups.
    threshold : float
        From which likelihood leads are handed over.
    lang, width
        The language, and the width of the picture in pixels.
    """
    words = WORDS[lang]
    rows = [
        _Row(one.name, one.leads, None, one.selected.value, one.selected.low, one.selected.high)
        for one in found
        if one.selected is not None
    ]
    title = words.selection.format(threshold=f"{100 * threshold:.6g} %", what=what)
    return _side_by_side(title, rows, words.selected, lang, width)


def _side_by_side(title: str, rows: Sequence[_Row], axis: str, lang: Lang, width: int) -> Spec:
    words = WORDS[lang]
    names = [words.observed, words.promised]
    seen = [
        {"group": row.name, "what": words.observed, "value": row.observed, "low": row.low, "high": row.high}
        for row in rows
        if row.observed is not None
    ]
    promised = [
        {"group": row.name, "what": words.promised, "value": row.promised, "low": None, "high": None}
        for row in rows
        if row.promised is not None
    ]
    y = category("group", [row.name for row in rows])
    top = max([0.01, *(max(row.high, row.promised or 0.0) for row in rows)])
    x = share("value", axis, scale={"domain": [0, min(1.03 * top, 1.0)]})
    looks = {"color": series("what", names, (BLUE, ORANGE)), "shape": forms("what", names)}
    if not promised:
        looks = {}
    right = {
        row.name: f"{words.count.format(count=f'{row.leads:,}')}, {said_share(row.observed, lang)}"
        for row in rows
    }
    return spec(
        title,
        [
            interval("x", x, {**y, "axis": None}, strokeWidth=2),
            {"mark": {"type": "point", "size": 70}, "encoding": {"x": x, "y": y, **looks}},
            beside(y, right),
        ],
        rows=[*seen, *promised],
        width=width,
        height=STEP * max(len(rows), 1),
        resolve=APART,
    )
