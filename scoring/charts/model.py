"""How good the model is, and what it says: promises kept, order, blocks of time, the shape of a feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from scoring.bands import Band, LiftRow
from scoring.charts.base import (
    APART,
    BLUE,
    GREY,
    INK,
    NARROW,
    ORANGE,
    PALETTE,
    STEP,
    WIDTH,
    Spec,
    beside,
    category,
    forms,
    interval,
    number,
    said_share,
    series,
    share,
    spec,
)
from scoring.charts.words import WORDS
from scoring.reasons import Lang
from scoring.terms import Term

MOST_BINS: Final = 40
COMPARED: Final = ("scorecard", "logistic regression", "unrestricted boosting", "points rule", "base rate")


def calibration(bands: Sequence[Band], *, lang: Lang = "en", width: int = NARROW) -> Spec:
    """Show promised against observed: whether of the leads given 20 % one in five converted.

    Parameters
    ----------
    bands : sequence of Band
        What :func:`scoring.bands.calibration_table` gave.
    lang : {"en", "ja"}
        The language.
    width : int
        Of the picture, in pixels.
    """
    words = WORDS[lang]
    rows = [
        {"promised": b.likelihood, "observed": b.rate, "low": b.rate_low, "high": b.rate_high, "leads": b.n}
        for b in bands
    ]
    top = max([0.01, *(max(row["promised"], row["high"]) for row in rows)])
    scale = {"domain": [0, min(1.0, round(top + 0.005, 2))]}
    x, y = share("promised", words.promised, scale=scale), share("observed", words.observed, scale=scale)
    end = scale["domain"][1]
    ideal = [{"promised": at, "observed": at} for at in (0, end)]
    dashed = {"type": "line", "color": GREY, "strokeDash": [4, 4], "strokeWidth": 1.2}
    label = {"type": "text", "align": "left", "baseline": "top", "dx": 6, "dy": 4, "color": GREY}
    words_at = [{"promised": 0.7 * end, "observed": 0.7 * end}]
    return spec(
        words.calibration,
        [
            {"data": {"values": ideal}, "mark": dashed, "encoding": {"x": x, "y": y}},
            {
                "data": {"values": words_at},
                "mark": {**label, "text": words.all_as_promised},
                "encoding": {"x": x, "y": y},
            },
            interval("y", y, x),
            {"mark": {"type": "point", "size": 60}, "encoding": {"x": x, "y": y}},
        ],
        rows=rows,
        width=width,
        height=300,
    )  # fmt: skip


def lift(rows: Sequence[LiftRow], *, lang: Lang = "en", width: int = NARROW) -> Spec:
    """How many of all conversions are among the leads called first.

    Parameters
    ----------
    rows : sequence of LiftRow
        What :func:`scoring.bands.lift_table` gave.
    lang, width
        As in :func:`calibration`.
    """
    words = WORDS[lang]
    total = sum(row.weight for row in rows)
    called = [0.0, *(so_far / total for so_far in accumulate(row.weight for row in rows))]
    found = [0.0, *(row.capture or 0.0 for row in rows)]
    points = [{"called": x, "found": y, "by chance": x} for x, y in zip(called, found, strict=True)]
    whole = {"domain": [0, 1]}
    x, y = share("called", words.called, scale=whole), share("found", words.found, scale=whole)
    middle = len(points) // 2
    label = {"type": "text", "align": "left", "baseline": "top", "dx": 6, "dy": 6}
    return spec(
        words.lift,
        [
            {
                "mark": {"type": "line", "color": GREY, "strokeDash": [4, 4], "strokeWidth": 1.2},
                "encoding": {"x": x, "y": {**y, "field": "by chance"}},
            },
            {
                "mark": {"type": "line", "point": {"color": BLUE, "size": 40}},
                "encoding": {"x": x, "y": y},
            },
            *(
                {
                    "data": {"values": points[middle : middle + 1]},
                    "mark": {**label, "color": color, "text": text},
                    "encoding": {"x": x, "y": {**y, "field": field}},
                }
                for field, color, text in (
                    ("found", BLUE, words.by_score),
                    ("by chance", GREY, words.by_chance),
                )
            ),
        ],
        rows=points,
        width=width,
        height=300,
    )


def shape(
    term: Term, names: Sequence[str], *, title: str | None = None, lang: Lang = "en", width: int = WIDTH
) -> Spec:
    """What each value of a feature adds to the log-odds, and in how many leads it was seen.

    Parameters
    ----------
    term : Term
        One part of the scorecard.
    names : sequence of str
        A name per bin: :func:`scoring.reasons.bin_names`.
    title : str, optional
        What the feature is called; by default its name.
    lang, width
        As in :func:`calibration`.

    Returns
    -------
    dict
        Bins of a number in their order, values of a category from the best to the worst; the 40 that were seen most.
        Bins that were never seen are left out.
    """
    words = WORDS[lang]
    rows = _bins(term, names)
    order = [row["value"] for row in rows]
    y = category("value", order)
    x = number("log-odds", words.adds)
    seen = {row["value"]: _seen(row["leads"], row["rate"], lang) for row in rows}
    color = {"condition": {"test": "datum['log-odds'] < 0", "value": ORANGE}, "value": BLUE}
    zero = {"data": {"values": [{"log-odds": 0}]}, "mark": {"type": "rule", "color": INK, "strokeWidth": 0.8}}
    return spec(
        title or term.feature,
        [
            {"mark": {"type": "bar", "height": {"band": 0.7}}, "encoding": {"x": x, "y": y, "color": color}},
            {**zero, "encoding": {"x": x}},
            beside(y, seen),
        ],
        rows=rows,
        width=width,
        height=STEP * max(len(rows), 1),
        resolve=APART,
    )


def _ends(estimate: Mapping[str, float | None]) -> dict[str, float | None]:
    return {end: estimate[end] for end in ("value", "low", "high")}


def _bins(term: Term, names: Sequence[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for place, (name, value, leads, rate) in enumerate(
        zip(names, term.table, term.support, term.rates, strict=True)
    ):
        middle = _middle(term, place)
        line = 0.0 if middle is None or not term.slope else term.line(middle)
        rows.append({"order": place, "value": name, "log-odds": value + line, "leads": leads, "rate": rate})
    most = sorted((row for row in rows if row["leads"]), key=lambda row: -row["leads"])[:MOST_BINS]
    return sorted(most, key=lambda row: row["order"] if term.kind == "number" else -row["log-odds"])


def _seen(leads: int, rate: float | None, lang: Lang) -> str:
    said = said_share(rate, lang)
    return WORDS[lang].count.format(count=f"{leads:,}") + (f", {said}" if said else "")


def _middle(term: Term, place: int) -> float | None:
    """A value inside a bin of a number."""
    if term.kind != "number" or place == term.missing or not term.cuts:
        return None
    low = term.cuts[place - 1] if place else term.cuts[0]
    high = term.cuts[place] if place < len(term.cuts) else term.cuts[-1]
    return (low + high) / 2


def by_block(
    bootstrap: Mapping[str, Any],
    metric: str = "log_loss",
    names: Sequence[str] = COMPARED,
    *,
    lang: Lang = "en",
    width: int = WIDTH,
) -> Spec:
    """Whether the model is better than simpler ones in every block of time, and not only in one.

    Parameters
    ----------
    bootstrap : mapping
        What :meth:`scoring.bootstrap.Bootstrap.to_dict` gave, which a scorecard's report keeps: the metrics of each
        block and, for all of them together, their 90 % intervals.
    metric : str
        One of :data:`scoring.metrics.METRICS`.
    names : sequence of str
        Which candidates, the first one leading; those that were not compared are left out.
    lang, width
        As in :func:`calibration`.
    """
    words = WORDS[lang]
    blocks, estimates = bootstrap["blocks"], bootstrap["estimates"]
    known = [name for name in names if name in estimates]
    said = {name: words.models.get(name, name) for name in known}
    rows = [
        {"block": words.block.format(block=place), "model": said[name], "value": found[name][metric]}
        for place, found in enumerate(blocks.values(), start=1)
        for name in known
        if name in found
    ] + [{"block": words.all_blocks, "model": said[name], **_ends(estimates[name][metric])} for name in known]
    shown = [row for row in rows if row["value"] is not None]
    order = list(dict.fromkeys(row["block"] for row in shown))
    y = category("block", order, axis={"labelFontWeight": "bold"})
    x = number("value", words.metrics[metric], scale={"zero": False, "padding": 12})
    apart = {"yOffset": {"field": "model", "sort": list(said.values())}}
    color = series("model", list(said.values()), PALETTE)
    across = interval("x", x, y)
    across["encoding"] |= {**apart, "color": color}
    form = forms("model", list(said.values()))
    point = {
        "mark": {"type": "point", "size": 60},
        "encoding": {"x": x, "y": y, "color": color, "shape": form, **apart},
    }
    title = words.by_block.format(metric=words.metrics[metric].split(" (")[0].split("（")[0])
    return spec(title, [across, point], rows=shown, width=width, height=(15 * len(known) + 10) * len(order))
