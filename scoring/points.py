"""The points rule a team already scores by, as a scorecard: so many points where a lead is so and so.

It serves from the first day, before anything can be learned: score, grade and reasons in points, and no likelihood,
because nobody has shown yet what a point is worth.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from math import inf, nextafter
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.clean import NUMERIC, Axis, Column, Unreadable, Value
from scoring.errors import SettingsError
from scoring.features import Feature
from scoring.forms import AS_IS, Kind
from scoring.scorecard import Interval, Meta, Ranks, Scorecard
from scoring.terms import Pair, Term
from scoring.words import fold, plain

Floats = npt.NDArray[np.float64]
LEAST_REFERENCE = 50
LEAST_CALIBRATED = 50
GRADED: tuple[Axis, ...] = ("fit", "engagement")
_OTHER = "\0any other"


class Condition(Protocol):
    """What a line of a points rule asks of one property."""

    @property
    def op(self) -> str:
        """``is``, ``in``, ``at_least``, ``at_most`` or ``filled``."""

    @property
    def value(self) -> object:
        """What it compares with."""

    @property
    def property(self) -> str:
        """The column, or the feature made of events, that it looks at."""


class Rule(Condition, Protocol):
    """One line of a points rule."""

    @property
    def points(self) -> float:
        """What it gives."""

    @property
    def also(self) -> Condition | None:
        """What must hold beside it."""


def points_card(
    rules: Sequence[Rule], columns: Sequence[Column], meta: Meta, events: Sequence[Feature] = ()
) -> Scorecard:
    """A points rule as a scorecard: its log-odds are points, and it has no likelihood.

    Parameters
    ----------
    rules : sequence of Rule
        The lines; their points are added.
    columns : sequence of Column
        How each property is read; a rule's value is read the same way.
    meta : Meta
        What it stands in for.
    events : sequence of Feature
        Features made of what happened to a lead, which a rule may name as well.

    Raises
    ------
    SettingsError
        If a rule names what is not there, or compares numbers with text.
    """
    columns = [_spelled(column, rules) for column in columns]
    readers: dict[str, Callable[[object], Value]] = {column.name: column.clean for column in columns}
    known = {feature.name: feature for feature in (*map(_as_it_is, columns), *events)}
    asked: dict[str, list[Condition]] = defaultdict(list)
    for condition in _conditions(rules):
        if condition.property not in known:
            near = get_close_matches(condition.property, list(known), n=1)
            meant = f" (did you mean '{near[0]}'?)" if near else ""
            raise SettingsError(
                f"The points rule names '{condition.property}', which is no column{meant}. "
                f"Columns: {', '.join(sorted(readers))}."
            )
        asked[condition.property].append(condition)
    features = [known[name] for name in asked]
    terms = [_blank(feature, asked[feature.name], readers.get(feature.name)) for feature in features]
    tables, pairs = _filled(rules, features, terms, readers)
    terms = [replace(term, table=tuple(table.tolist())) for term, table in zip(terms, tables, strict=True)]
    card = Scorecard(
        meta=replace(meta, kind="points"),
        base=0.0,
        terms=tuple(terms),
        pairs=tuple(
            Pair(first, second, tuple(map(tuple, table.tolist()))) for (first, second), table in pairs.items()
        ),
        interval=Interval((), (), ()),
        ranks=Ranks((0.0,) * 101),
        columns=tuple(column for column in columns if column.name in asked),
        features=tuple(features),
    )
    return replace(card, ranks=_even(card))


def points_of(card: Scorecard, features: Mapping[str, Floats | Categories], rows: int) -> Floats:
    """Points of each lead, shape (n_leads,).

    Parameters
    ----------
    card : Scorecard
        Of :func:`points_card`.
    features : mapping of str to (array or Categories), each of shape (n_leads,)
        What it reads.
    rows : int
        Number of leads.
    """
    return card.score_columns(features, rows=rows).log_odds


def ranked_among(card: Scorecard, features: Mapping[str, Floats | Categories], rows: int) -> Scorecard:
    """The same points, with scores that say which share of these leads has fewer.

    Parameters
    ----------
    card : Scorecard
        Of :func:`points_card`.
    features : mapping of str to (array or Categories), each of shape (n_leads,)
        What it reads of the leads.
    rows : int
        Number of leads; of fewer than fifty the scores stay on an even scale from the fewest to the most points.
    """
    if rows < LEAST_REFERENCE:
        return card
    seen = card.score_columns(features, rows=rows)
    sums: dict[str, Floats] = {
        axis: card.partial_sums(axis, seen.contributions.T) for axis in GRADED if axis in card.ranks.axes
    }
    terms = (
        replace(term, support=tuple(np.bincount(bins, minlength=term.size).tolist()))
        for term, bins in zip(card.terms, seen.bins.T, strict=True)
    )
    ranks = Ranks.of(seen.log_odds, sums, card.meta.grades)
    return replace(card, terms=tuple(terms), ranks=ranks, meta=replace(card.meta, rows=rows))


def plain_columns(rules: Sequence[Rule]) -> list[Column]:
    """How properties are read that no lead has shown yet: as the rule speaks of them."""
    asked: dict[str, list[Condition]] = defaultdict(list)
    for condition in _conditions(rules):
        asked[condition.property].append(condition)
    return [
        Column(name, "number" if any(map(_speaks_of_numbers, conditions)) else "category", "fit")
        for name, conditions in asked.items()
    ]


def _conditions(rules: Sequence[Rule]) -> Iterator[Condition]:
    for rule in rules:
        yield rule
        if rule.also is not None:
            yield rule.also


def _spelled(column: Column, rules: Sequence[Rule]) -> Column:
    """The column, which now knows also the answers that the rule names, however they are spelled."""
    if column.type != "category":
        return column
    known = {folded for folded, _ in column.spelling}
    named = [
        value
        for condition in _conditions(rules)
        if condition.property == column.name
        for value in (condition.value if isinstance(condition.value, tuple | list) else [condition.value])
        if isinstance(value, str)
    ]
    more = {fold(plain(value)): value for value in named if fold(plain(value)) not in known}
    return replace(column, spelling=(*column.spelling, *more.items())) if more else column


def _speaks_of_numbers(condition: Condition) -> bool:
    return condition.op in ("at_least", "at_most") or (
        isinstance(condition.value, int | float) and not isinstance(condition.value, bool)
    )


def _as_it_is(column: Column) -> Feature:
    kind: Kind = "number" if column.type in NUMERIC else "category"
    return Feature(column.name, kind, column.axis, (column.name,), AS_IS)


def _blank(feature: Feature, conditions: Sequence[Condition], read: Callable[[object], Value] | None) -> Term:
    """A term whose bins tell apart whatever the conditions tell apart."""
    values = [value for condition in conditions for value in _values(condition, feature, read)]
    cuts: set[float] = set()
    for condition in conditions:
        for value in _values(condition, feature, read) if feature.kind == "number" else ():
            assert isinstance(value, float)
            below, at = nextafter(value, -inf), value
            cuts |= {"at_least": {below}, "at_most": {at}}.get(condition.op, {below, at})
    levels = () if feature.kind == "number" else tuple(dict.fromkeys(map(str, values)))
    size = len(cuts if feature.kind == "number" else levels) + 2
    return Term(
        feature.name, feature.kind, feature.axis, tuple(sorted(cuts)), levels,
        (0.0,) * size, (0,) * size, (None,) * size,
    )  # fmt: skip


def _values(
    condition: Condition, feature: Feature, read: Callable[[object], Value] | None
) -> list[float | str]:
    """What a condition compares with, read as the property is."""
    if condition.op == "filled":
        return []
    if condition.op in ("at_least", "at_most"):
        if feature.kind != "number" or not isinstance(condition.value, int | float):
            raise SettingsError(
                f"The points rule compares '{condition.property}' with a number, but it holds text."
            )
        return [float(condition.value)]
    wanted = condition.value if isinstance(condition.value, tuple | list) else (condition.value,)
    try:
        cleaned = [read(value) if read is not None else _plainly(value, feature) for value in wanted]
    except Unreadable as error:
        raise SettingsError(f"A value of the points rule for '{condition.property}' {error}.") from error
    return [value for value in cleaned if value is not None]


def _plainly(value: object, feature: Feature) -> Value:
    """A value that stands for itself: what is made of events has no spelling."""
    if feature.kind == "category":
        return str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("must be a number")
    return float(value)


def _filled(
    rules: Sequence[Rule],
    features: Sequence[Feature],
    terms: Sequence[Term],
    readers: Mapping[str, Callable[[object], Value]],
) -> tuple[list[Floats], dict[tuple[int, int], Floats]]:
    """The points of each bin, and of each two bins."""
    place = {feature.name: position for position, feature in enumerate(features)}

    def holds(condition: Condition) -> tuple[int, Floats]:
        position = place[condition.property]
        wanted = _values(condition, features[position], readers.get(condition.property))
        met = [_met(condition.op, wanted, value) for value in _of_bins(terms[position])]
        return position, np.array(met, dtype=np.float64)

    tables = [np.zeros(term.size) for term in terms]
    pairs: dict[tuple[int, int], Floats] = {}
    for rule in rules:
        position, met = holds(rule)
        other, met_too = (position, met) if rule.also is None else holds(rule.also)
        if other == position:
            tables[position] += rule.points * met * met_too
            continue
        first, second = sorted((position, other))
        both = np.outer(met, met_too) if first == position else np.outer(met_too, met)
        pairs[first, second] = pairs.get((first, second), np.zeros(both.shape)) + rule.points * both
    return tables, pairs


def _of_bins(term: Term) -> list[float | str | None]:
    """A value of each bin."""
    if term.kind == "category":
        return [*term.levels, _OTHER, None]
    return [*term.cuts, nextafter(term.cuts[-1], inf) if term.cuts else 0.0, None]


def _met(op: str, wanted: Sequence[float | str], value: float | str | None) -> bool:
    if value is None or op == "filled":
        return value is not None
    if op in ("at_least", "at_most"):
        assert isinstance(value, float)
        limit = float(wanted[0])
        return value >= limit if op == "at_least" else value <= limit
    return value in wanted


def _even(card: Scorecard) -> Ranks:
    """Scores on an even scale from the fewest points that a lead can have to the most."""
    scale = {axis: _reach(card, axis) for axis in GRADED}
    axes: dict[str, Floats] = {
        axis: np.linspace(*ends, 101) for axis, ends in scale.items() if ends is not None
    }
    return Ranks.of(np.linspace(*(_reach(card) or (0.0, 0.0)), 101), axes, card.meta.grades)


def _reach(card: Scorecard, axis: Axis | None = None) -> tuple[float, float] | None:
    """The fewest and the most points that some features can give; None where there is no such feature."""
    mine = [i for i, term in enumerate(card.terms) if axis in (None, term.axis)]
    if not mine:
        return None
    tables = [np.asarray(card.terms[i].table) for i in mine]
    tables += [
        np.asarray(pair.table) * ((pair.first in mine) + (pair.second in mine)) / 2 for pair in card.pairs
    ]
    return float(sum(table.min() for table in tables)), float(sum(table.max() for table in tables))
