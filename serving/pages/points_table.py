"""A scorecard as a table of points: what each value of each feature adds.

Where the sum is log-odds, 20 points double the odds; a points rule has its own.  Nought is what the average lead gets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf, log
from typing import Final

from scoring.clean import Axis
from scoring.feature_words import feature_said
from scoring.features import Feature
from scoring.reasons import WORDS, Lang, describe
from scoring.scorecard import Scorecard, logistic
from scoring.terms import Term

POINTS_TO_DOUBLE: Final = 20


@dataclass(frozen=True, slots=True)
class Bin:
    """One value, or range of values, of a feature.

    Parameters
    ----------
    said : str
        The value in words.
    log_odds, points : tuple of float
        What it adds, from its one end to its other; nearly always the same at both.
    rate : float or None
        Share of the leads with it that converted.
    leads : int
        How many had it when the model learned.
    """

    said: str
    log_odds: tuple[float, float]
    points: tuple[float, float]
    rate: float | None
    leads: int


@dataclass(frozen=True, slots=True)
class Part:
    """One feature of a scorecard.

    Parameters
    ----------
    position : int
        Its place in the scorecard.
    feature, name, axis : str
        Its name in the artifact, what people call it, and the side of the lead it speaks of.
    bins : tuple of Bin
        Its values: ranges from low to high, categories from the most points to the fewest, *not given* last.
    strength : float or None
        By how far it moves the log-odds of a lead on average; None where nobody measured it.
    pairs : tuple of int
        The tables of two features that it is in.
    """

    position: int
    feature: str
    name: str
    axis: Axis
    bins: tuple[Bin, ...]
    strength: float | None
    pairs: tuple[int, ...]

    @property
    def lowest(self) -> float:
        """The fewest points it gives."""
        return min(min(one.points) for one in self.bins)

    @property
    def highest(self) -> float:
        """The most points it gives."""
        return max(max(one.points) for one in self.bins)

    @property
    def ranged(self) -> bool:
        """Whether some value adds more at its one end than at its other."""
        return any(round(one.points[0]) != round(one.points[1]) for one in self.bins)

    @property
    def ends(self) -> tuple[Bin, Bin]:
        """The values with the fewest and the most points, of those that leads had."""
        had = [one for one in self.bins if one.leads] or list(self.bins)
        return min(had, key=lambda one: min(one.points)), max(had, key=lambda one: max(one.points))


@dataclass(frozen=True, slots=True)
class Matrix:
    """What two features add together, beyond what each adds alone.

    Parameters
    ----------
    position : int
        Its place in the scorecard.
    first, second : str
        The features.
    rows, columns : tuple of str
        The values of the first and of the second at which the table says something.
    points : tuple of tuple of float
        A row for each value of the first.
    """

    position: int
    first: str
    second: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]

    @property
    def lowest(self) -> float:
        """The fewest points it gives."""
        return min((value for row in self.points for value in row), default=0.0)

    @property
    def highest(self) -> float:
        """The most points it gives."""
        return max((value for row in self.points for value in row), default=0.0)

    @property
    def reach(self) -> float:
        """How far its ends lie apart."""
        return self.highest - self.lowest


def in_points(card: Scorecard, part: float) -> float:
    """A part of the sum in points.

    Parameters
    ----------
    card : Scorecard
        Whose.
    part : float
        Log-odds; or points, where a card has no likelihood.
    """
    return POINTS_TO_DOUBLE * part / log(2) if card.has_likelihood else part


def of_nothing(card: Scorecard) -> float | None:
    """The likelihood of a lead that has nought points; None where a card has no likelihood."""
    return logistic(card.base) if card.has_likelihood else None


def name_of(card: Scorecard, feature: str, lang: Lang) -> str:
    """What people call a feature.

    Parameters
    ----------
    card : Scorecard
        Whose.
    feature : str
        Its name in the artifact.
    lang : {"en", "ja"}
        The language.
    """
    known = _feature(card, feature)
    return feature if known is None else feature_said(known, lang)


def names_of_bins(card: Scorecard, term: Term, lang: Lang) -> list[str]:
    """Every value of a feature in words, without the feature's name.

    Parameters
    ----------
    card : Scorecard
        Whose.
    term : Term
        The feature's term.
    lang : {"en", "ja"}
        The language.
    """
    feature, name = _feature(card, term.feature), name_of(card, term.feature, lang)
    said = (describe(term, place, WORDS[lang], feature) for place in range(term.size))
    return [one.removeprefix(name).strip().removeprefix("=").strip() for one in said]


def _feature(card: Scorecard, name: str) -> Feature | None:
    return next((feature for feature in card.features if feature.name == name), None)


def part_of(card: Scorecard, position: int, lang: Lang) -> Part:
    """One feature with all that it can add.

    Parameters
    ----------
    card : Scorecard
        Whose.
    position : int
        Its place.
    lang : {"en", "ja"}
        The language.
    """
    term = card.terms[position]
    names = names_of_bins(card, term, lang)
    bins = [_bin(card, term, place, name) for place, name in enumerate(names)]
    shown = [one for one in bins if one.leads or any(one.log_odds)] or bins
    if term.kind == "category":
        given = [one for one in shown if one is not bins[term.missing]]
        given.sort(key=lambda one: -one.points[0])
        shown = [*given, *(one for one in shown if one is bins[term.missing])]
    pairs = tuple(at for at, pair in enumerate(card.pairs) if position in (pair.first, pair.second))
    strength = dict(_drivers(card)).get(term.feature)
    return Part(
        position, term.feature, name_of(card, term.feature, lang), term.axis, tuple(shown), strength, pairs
    )


def parts_of(card: Scorecard, lang: Lang) -> list[Part]:
    """Every feature, the one that moves leads most first.

    Parameters
    ----------
    card : Scorecard
        Whose.
    lang : {"en", "ja"}
        The language.
    """
    found = [part_of(card, position, lang) for position in range(len(card.terms))]
    return sorted(found, key=lambda part: -_weight(part))


def matrix_of(card: Scorecard, position: int, lang: Lang) -> Matrix:
    """A table of two features, without the values at which it says nothing.

    Parameters
    ----------
    card : Scorecard
        Whose.
    position : int
        Its place.
    lang : {"en", "ja"}
        The language.
    """
    pair = card.pairs[position]
    first, second = card.terms[pair.first], card.terms[pair.second]
    rows = [place for place, row in enumerate(pair.table) if any(row)]
    columns = [place for place in range(second.size) if any(row[place] for row in pair.table)]
    names = [names_of_bins(card, term, lang) for term in (first, second)]
    return Matrix(
        position,
        name_of(card, first.feature, lang),
        name_of(card, second.feature, lang),
        tuple(names[0][place] for place in rows),
        tuple(names[1][place] for place in columns),
        tuple(tuple(in_points(card, pair.table[row][column]) for column in columns) for row in rows),
    )


def _bin(card: Scorecard, term: Term, place: int, said: str) -> Bin:
    ends = tuple(term.table[place] + line for line in _lines(term, place))
    points = tuple(in_points(card, end) for end in ends)
    return Bin(said, (ends[0], ends[1]), (points[0], points[1]), term.rates[place], term.support[place])


def _lines(term: Term, place: int) -> tuple[float, float]:
    """What the slope of a number adds at either end of a range."""
    if term.kind == "category" or not term.slope or place == term.missing:
        return 0.0, 0.0
    low = term.cuts[place - 1] if place else -inf
    high = term.cuts[place] if place < len(term.cuts) else inf
    return term.line(low), term.line(high)


def _drivers(card: Scorecard) -> Iterator[tuple[str, float]]:
    known = card.report.get("drivers")
    for one in known if isinstance(known, list) else ():
        yield one["feature"], float(one["strength"])


def _weight(part: Part) -> float:
    return part.strength if part.strength is not None else max(abs(part.lowest), abs(part.highest))
