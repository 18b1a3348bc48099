"""``scorecard.json``: the scorecard as text, read back only after it has been judged.

The format is versioned by :data:`FORMAT`.  To change it: raise the number, keep a reader for every earlier
one in :data:`READERS`, and add the old file to the tests.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from scoring.clean import Column
from scoring.errors import ModelError
from scoring.features import Feature
from scoring.scorecard import Interval, Meta, Ranks, Scorecard
from scoring.terms import Pair, Term

FORMAT = 1


def dump(card: Scorecard) -> str:
    """The artifact's text: the same scorecard always gives the same characters.

    Parameters
    ----------
    card : Scorecard
        What to write.
    """
    content = {
        "format": FORMAT,
        "meta": asdict(card.meta),
        "base": card.base,
        "terms": [asdict(term) for term in card.terms],
        "pairs": [asdict(pair) for pair in card.pairs],
        "interval": asdict(card.interval),
        "ranks": _open_ended(asdict(card.ranks)),
        "columns": [column.to_dict() for column in card.columns],
        "features": [feature.to_dict() for feature in card.features],
        "report": card.report,
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def load(text: str) -> Scorecard:
    """Read an artifact.

    Parameters
    ----------
    text : str
        The content of ``scorecard.json``.

    Raises
    ------
    ModelError
        If it is no scorecard, is damaged, or was written by a newer LeadLoop.
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ModelError("The scorecard is not valid JSON. Train again, or restore the file.") from error
    if not isinstance(content, dict) or "format" not in content:
        raise ModelError(
            "The file is not a scorecard: it has no 'format'. Give a scorecard.json that LeadLoop wrote."
        )
    reader = READERS.get(content["format"])
    if reader is None:
        known = ", ".join(map(str, READERS))
        raise ModelError(
            f"The scorecard has format {content['format']!r}; this LeadLoop reads {known}. Upgrade LeadLoop."
        )
    try:
        card = reader(content)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The scorecard is damaged ({error}). Train again, or restore the file.") from error
    faults = judge(card)
    if faults:
        raise ModelError(f"The scorecard is damaged: {' '.join(faults)} Train again, or restore the file.")
    return card


def judge(card: Scorecard) -> list[str]:
    """What is wrong with a scorecard; an executor may rely on all of this once nothing is.

    Parameters
    ----------
    card : Scorecard
        The scorecard as read.
    """
    faults = [fault for term in card.terms for fault in _term_faults(term)]
    if not _finite([card.base, card.meta.base_rate]):
        faults.append("The base is not a finite number.")
    for pair in card.pairs:
        if not (0 <= pair.first < len(card.terms) and 0 <= pair.second < len(card.terms)):
            faults.append("A pair names a feature that is not there.")
            continue
        rows, columns = card.terms[pair.first].size, card.terms[pair.second].size
        if len(pair.table) != rows or any(len(row) != columns or not _finite(row) for row in pair.table):
            faults.append("A pair's table does not fit its two features.")
    knots = card.interval
    if not len(knots.knots) == len(knots.low) == len(knots.high) or not _ascending(
        knots.knots, strictly=True
    ):
        faults.append("The interval's knots are not ascending.")
    if card.meta.kind == "learned" and not knots.knots:
        faults.append("A learned scorecard needs an interval.")
    if len(card.ranks.score) != 101 or not _ascending(card.ranks.score):
        faults.append("The score needs 101 ascending knots.")
    if card.features and [feature.name for feature in card.features] != [term.feature for term in card.terms]:
        faults.append("Features and terms do not match.")
    return faults


def _term_faults(term: Term) -> list[str]:
    faults = []
    if not len(term.table) == len(term.support) == len(term.rates) == term.size:
        faults.append(f"'{term.feature}' needs {term.size} entries per table.")
    if not _finite([*term.table, *term.cuts, term.slope, term.low, term.high, term.centre]):
        faults.append(f"'{term.feature}' holds a number that is not finite.")
    if not _ascending(term.cuts, strictly=True):
        faults.append(f"The cut points of '{term.feature}' are not ascending.")
    return faults


def _finite(values: Any) -> bool:
    return all(math.isfinite(value) for value in values)


def _ascending(values: tuple[float, ...], *, strictly: bool = False) -> bool:
    return all(low < high if strictly else low <= high for low, high in pairwise(values))


def _open_ended(ranks: dict[str, Any]) -> dict[str, Any]:
    """JSON has no infinity: a score that nobody reaches is written as null."""
    return {
        "score": [None if math.isinf(knot) else knot for knot in ranks["score"]],
        "axes": {
            axis: [None if math.isinf(knot) else knot for knot in knots]
            for axis, knots in ranks["axes"].items()
        },
    }


def _closed(knots: list[float | None]) -> tuple[float, ...]:
    return tuple(math.inf if knot is None else float(knot) for knot in knots)


def _read_1(content: Mapping[str, Any]) -> Scorecard:
    meta = dict(content["meta"])
    meta["grades"] = tuple(meta["grades"])
    return Scorecard(
        meta=Meta(**meta),
        base=float(content["base"]),
        terms=tuple(_term(entry) for entry in content["terms"]),
        pairs=tuple(
            Pair(
                int(entry["first"]),
                int(entry["second"]),
                tuple(tuple(map(float, row)) for row in entry["table"]),
            )
            for entry in content["pairs"]
        ),
        interval=Interval(*(tuple(map(float, content["interval"][end])) for end in ("knots", "low", "high"))),
        ranks=Ranks(
            _closed(content["ranks"]["score"]),
            {axis: _closed(knots) for axis, knots in content["ranks"]["axes"].items()},  # type: ignore[misc]
        ),
        columns=tuple(Column.from_dict(entry) for entry in content["columns"]),
        features=tuple(Feature.from_dict(entry) for entry in content["features"]),
        report=dict(content["report"]),
    )


def _term(entry: Mapping[str, Any]) -> Term:
    known = dict(entry)
    for name in ("cuts", "table"):
        known[name] = tuple(map(float, known[name]))
    for name in ("levels", "support", "rates"):
        known[name] = tuple(known[name])
    return Term(**known)


READERS: dict[object, Callable[[Mapping[str, Any]], Scorecard]] = {1: _read_1}
