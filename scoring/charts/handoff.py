"""When leads are handed over: what each threshold would bring."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import Final, Literal

from scoring.charts.base import (
    BLUE,
    INK,
    ORANGE,
    WIDTH,
    Mark,
    Spec,
    amount,
    number,
    rules,
    share,
    spec,
)
from scoring.charts.words import WORDS
from scoring.proposal import Proposal
from scoring.reasons import Lang

Measure = Literal["handoffs", "conversions", "precision", "acceptance", "acceptances", "wins", "revenue"]
SHARES: Final = frozenset({"precision", "acceptance"})
THIRD: Final = 1 / 3


def threshold_curve(
    proposal: Proposal,
    measure: Measure = "wins",
    *,
    published: float | None = None,
    currency: str | None = None,
    lang: Lang = "en",
    width: int = WIDTH,
) -> Spec:
    """What each threshold would bring in a month, with the proposed and the published one marked.

    Parameters
    ----------
    proposal : Proposal
        What :func:`scoring.proposal.propose` gave.
    measure : str
        What is shown of each threshold, with its 90 % interval.
    published : float, optional
        The threshold that holds now.
    currency : str, optional
        Of the revenue.
    lang, width
        The language, and the width of the picture in pixels.

    Returns
    -------
    dict
        Of handoffs, the capacity is marked too.  Thresholds stand on a logarithmic axis: most of them matter below
        one in ten.
    """
    words = WORDS[lang]
    rows = [
        {"threshold": point.threshold, **getattr(point, measure)._asdict()}
        for point in proposal.curve
        if getattr(point, measure).value is not None and point.threshold > 0
    ]
    scale = {"type": "log", "nice": False}
    x = share("threshold", words.threshold, scale=scale, axis={"format": "~%", "labelOverlap": True})
    title = words.measures[measure]
    if measure == "revenue":
        y = amount("value", currency, lang, title)
    else:
        y = share("value", title) if measure in SHARES else number("value", title)
    area = {"type": "area", "color": BLUE, "opacity": 0.18}
    room = proposal.constraints.room if measure == "handoffs" else None
    ends = [row["threshold"] for row in rows]
    return spec(
        words.a_month.format(measure=title),
        [
            {"mark": area, "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}}},
            {"mark": "line", "encoding": {"x": x, "y": y}},
            *(rules([Mark(room, words.capacity.format(count=f"{room:,.0f}"))], "y", y) if room else ()),
            *_marked(proposal.threshold, words.proposed, ends, x, ORANGE, beside=published),
            *_marked(published, words.published, ends, x, INK, beside=proposal.threshold, lower=True),
        ],
        rows=rows,
        width=width,
    )  # fmt: skip


def _marked(
    threshold: float | None,
    said: str,
    ends: Sequence[float],
    x: Spec,
    color: str,
    *,
    beside: float | None = None,
    lower: bool = False,
) -> list[Spec]:
    """A threshold as a rule; the words of one of two stand lower, and away from the other, which may be close."""
    if not threshold or not ends:
        return []
    low, high = log(min(ends)), log(max(ends))
    place = (log(threshold) - low) / (high - low) if high > low else 0.0
    # Words need about a third of a narrow picture.
    other = beside if THIRD < place < 1 - THIRD else None
    before = place > 0.6 if other is None or other == threshold else threshold < other
    layers = rules([Mark(threshold, said.format(threshold=_percent(threshold)), before)], "x", x, color)
    if lower:
        layers[0]["mark"] = {**layers[0]["mark"], "strokeDash": [2, 2]}
        for layer in layers[1:]:
            layer["mark"] = {**layer["mark"], "dy": 18}
    return layers


def _percent(threshold: float) -> str:
    """A threshold as it is set, to its last digit."""
    return f"{100 * threshold:.6g} %"
