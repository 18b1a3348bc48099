"""The scorecard: a model that is a sum anyone can read, and the one artifact that goes live.

``base`` plus one contribution per feature is the calibrated log-odds of reaching the target stage, exactly.
Two executors live here: :meth:`Scorecard.score_one` for one lead, in plain Python, with its reasons, and
:meth:`Scorecard.score_columns` for many, in NumPy.  They agree to 1e-9 on every input.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from math import isfinite
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.categories import Categories
from scoring.clean import Axis, Column
from scoring.errors import DataError
from scoring.event_forms import EVENT_FORMS
from scoring.features import Feature
from scoring.terms import Pair, Term, missing_column, read_column

GRADES = "ABCD"
Floats = npt.NDArray[np.float64]


def settle(log_odds: float) -> float:
    """Log-odds on the grid of 1e-9 from which grades and scores are cut, so that every executor agrees."""
    return math.floor(log_odds * 1e9 + 0.5) / 1e9


def settle_array(log_odds: Floats) -> Floats:
    """:func:`settle` for many leads."""
    settled: Floats = np.floor(log_odds * 1e9 + 0.5) / 1e9
    return settled


@dataclass(frozen=True, slots=True)
class Meta:
    """What the scorecard predicts, and what it was learned from.

    Parameters
    ----------
    version : str
        The version under which it is stored and answered.
    target : str
        The stage whose likelihood it gives.
    horizon_days : int or None
        Days within which the stage is reached; None where the label has no horizon.
    trained_until : str or None
        ISO time of the newest lead it learned from.
    rows, conversions : int
        Leads it learned from, and how many of them converted.
    base_rate : float
        Share that converted.
    as_of_column : str or None
        The column that says when a lead is scored; None: the time of the call.
    id_column : str or None
        The column that names a lead.
    grades : tuple of int
        Least scores of A, B and C.
    created_at : str or None
        ISO time of training.
    kind : {"learned", "points"}
        Learned from outcomes, or a team's own points rule.
    """

    version: str
    target: str
    horizon_days: int | None
    trained_until: str | None = None
    rows: int = 0
    conversions: int = 0
    base_rate: float = 0.0
    as_of_column: str | None = None
    id_column: str | None = None
    grades: tuple[int, int, int] = (80, 50, 20)
    created_at: str | None = None
    kind: Literal["learned", "points"] = "learned"


@dataclass(frozen=True, slots=True)
class Interval:
    """The 90 % interval of the rate among leads with the same log-odds, at knots.

    Parameters
    ----------
    knots, low, high : tuple of float
        Log-odds; between two knots the ends are interpolated, beyond the last they stay.
    """

    knots: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    def at(self, log_odds: float) -> tuple[float, float]:
        """The two ends, as log-odds, widened to contain the log-odds themselves."""
        right = bisect_right(self.knots, log_odds)
        if right == 0 or right == len(self.knots):
            end = 0 if right == 0 else -1
            return min(self.low[end], log_odds), max(self.high[end], log_odds)
        left = right - 1
        share = (log_odds - self.knots[left]) / (self.knots[right] - self.knots[left])
        low = self.low[left] + share * (self.low[right] - self.low[left])
        high = self.high[left] + share * (self.high[right] - self.high[left])
        return min(low, log_odds), max(high, log_odds)

    def at_array(self, log_odds: Floats) -> tuple[Floats, Floats]:
        """:meth:`at` for many leads."""
        low = np.minimum(np.interp(log_odds, self.knots, self.low), log_odds)
        high = np.maximum(np.interp(log_odds, self.knots, self.high), log_odds)
        return low, high


@dataclass(frozen=True, slots=True)
class Ranks:
    """Frozen log-odds at which score and grades change.

    Parameters
    ----------
    score : tuple of float
        101 knots: entry ``s`` is the least log-odds with score ``s``; the first is the lowest there is.
    axes : dict of str to tuple of float
        Per axis that has a grade, the least partial sums of A, B and C.
    """

    score: tuple[float, ...]
    axes: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, reference: Floats, axes: Mapping[str, Floats], grades: tuple[int, int, int]) -> Ranks:
        """Ranks among the reference leads.

        Parameters
        ----------
        reference : array of float, shape (n_leads,)
            Their log-odds.
        axes : mapping of str to array of float, shape (n_leads,)
            Their partial sums.
        grades : tuple of int
            Least scores of A, B and C.
        """
        score = (float(settle_array(reference).min()), *rank_knots(reference, range(1, 101)))
        cuts = {axis: rank_knots(sums, grades) for axis, sums in axes.items()}
        return cls(score, {axis: (a, b, c) for axis, (a, b, c) in cuts.items()})

    def grade(self, axis: str, partial: float) -> int | None:
        """0 (best) to 3 (last) among the reference leads; None for an axis without features."""
        cuts = self.axes.get(axis)
        if cuts is None:
            return None
        settled = settle(partial)
        return (settled < cuts[0]) + (settled < cuts[1]) + (settled < cuts[2])


def rank_knots(reference: Floats, scores: Sequence[int]) -> tuple[float, ...]:
    """The least settled value whose share of lower reference values, ties half, rounds up to each score.

    Parameters
    ----------
    reference : array of float, shape (n_leads,)
        Values of the reference leads.
    scores : sequence of int
        Scores from 1 to 100.

    Examples
    --------
    >>> rank_knots(np.array([1.0, 2.0, 3.0, 4.0]), [50, 100])
    (2.000000001, 4.000000001)
    """
    values, counts = np.unique(settle_array(reference), return_counts=True)
    total = counts.sum()
    below = np.cumsum(counts) - counts
    at_value = (below + counts / 2) / total
    above_value = (below + counts) / total
    knots = []
    for score in scores:
        need = (score - 0.5) / 100
        first = int(np.searchsorted(above_value, need - 1e-12))
        if first == len(values):
            knots.append(math.inf)
        elif at_value[first] >= need - 1e-12:
            knots.append(float(values[first]))
        else:
            knots.append(settle(float(values[first]) + 1e-9))
    return tuple(knots)


class Reason(NamedTuple):
    """Why a lead's likelihood is what it is: one feature, what was seen in its bin, and its part in the sum.

    Parameters
    ----------
    feature : str
        The feature's name.
    value : float, str or None
        The lead's value; None where it is missing.
    direction : {"up", "down"}
        Whether it raises or lowers the likelihood.
    contribution : float
        Its part of the log-odds.
    rate, base_rate : float or None
        Share of leads in the same bin, and of all, that converted; the first is None where none was seen, both
        are where contributions are points.
    support : int
        Leads in the same bin.
    allowing : bool
        True where rate and direction disagree: the effect holds allowing for the other features.
    bin : int
        The bin, from which :mod:`scoring.reasons` makes words.
    """

    feature: str
    value: float | str | None
    direction: Literal["up", "down"]
    contribution: float
    rate: float | None
    base_rate: float | None
    support: int
    allowing: bool
    bin: int


class Score(NamedTuple):
    """Everything a scorecard says of one lead; of points that nothing calibrates there is no likelihood."""

    log_odds: float
    likelihood: float | None
    likelihood_low: float | None
    likelihood_high: float | None
    score: int
    grade: str
    fit: str | None
    engagement: int | None
    label: str | None
    base: float
    contributions: dict[str, float]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Scores:
    """Everything a scorecard says of many leads; NaN where ``errors`` says why not, or there is no likelihood.

    Parameters
    ----------
    log_odds, likelihood, likelihood_low, likelihood_high : array of float, shape (n_leads,)
        As in :class:`Score`.
    score : array of int, shape (n_leads,)
        -1 where the lead is not scored.
    fit, engagement : array of int, shape (n_leads,)
        0 (best) to 3 (last); -1 where the scorecard has no such feature.
    contributions : array of float, shape (n_leads, n_features)
        Parts of the log-odds.
    bins : array of int, shape (n_leads, n_features)
        The bin of each feature.
    errors : dict of int to str
        Row index to why the lead is not scored.
    """

    log_odds: Floats
    likelihood: Floats
    likelihood_low: Floats
    likelihood_high: Floats
    score: npt.NDArray[np.int16]
    grade: npt.NDArray[np.int8]
    fit: npt.NDArray[np.int8]
    engagement: npt.NDArray[np.int8]
    contributions: Floats
    bins: npt.NDArray[np.int16]
    errors: dict[int, str]


@dataclass(frozen=True)
class Scorecard:
    """A readable sum: what a feature's value adds to the log-odds of conversion, or to a team's own points.

    Parameters
    ----------
    meta : Meta
        What it predicts and what it was learned from.
    base : float
        Log-odds of a lead whose contributions are all at their mean.
    terms : tuple of Term
        One per feature.
    pairs : tuple of Pair
        Tables of two features.
    interval : Interval
        How well the likelihood is known.
    ranks : Ranks
        Where score and grades change.
    columns : tuple of Column
        How each raw column is read.
    features : tuple of Feature
        How features are made of columns; one per term.
    report : dict
        What was found in training: audit, choice, metrics; JSON-ready.
    """

    meta: Meta
    base: float
    terms: tuple[Term, ...]
    pairs: tuple[Pair, ...]
    interval: Interval
    ranks: Ranks
    columns: tuple[Column, ...] = ()
    features: tuple[Feature, ...] = ()
    report: dict[str, object] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Scorecard:
        """Read a scorecard; see :func:`scoring.artifact.load`."""
        from scoring.artifact import load

        return load(text)

    def to_json(self) -> str:
        """The artifact's text; see :func:`scoring.artifact.dump`."""
        from scoring.artifact import dump

        return dump(self)

    @cached_property
    def digest(self) -> str:
        """A short fingerprint of the whole artifact."""
        return blake2b(self.to_json().encode(), digest_size=16).hexdigest()

    @property
    def cells(self) -> int:
        """Weights that are not zero: how much there is to read."""
        return sum(term.cells for term in self.terms) + sum(pair.cells for pair in self.pairs)

    @cached_property
    def has_likelihood(self) -> bool:
        """Whether the sum is log-odds; else it is points, and nobody has shown what a point is worth."""
        return bool(self.interval.knots)

    @cached_property
    def of_events(self) -> tuple[Feature, ...]:
        """The features that are made of what happened to the lead."""
        return tuple(feature for feature in self.features if feature.form in EVENT_FORMS)

    @cached_property
    def of_properties(self) -> tuple[Feature, ...]:
        """The features that are made of its properties."""
        return tuple(feature for feature in self.features if feature.form not in EVENT_FORMS)

    @cached_property
    def _halves(self) -> list[tuple[int, int, list[list[float]]]]:
        return [(p.first, p.second, [[value / 2 for value in row] for row in p.table]) for p in self.pairs]

    @cached_property
    def _flat_halves(self) -> list[tuple[int, int, int, Floats]]:
        return [
            (first, second, len(halves[0]), np.asarray(halves).ravel())
            for first, second, halves in self._halves
        ]

    @cached_property
    def _axes(self) -> dict[Axis, list[int]]:
        return {
            axis: [i for i, term in enumerate(self.terms) if term.axis == axis] for axis in get_args(Axis)
        }

    def score_one(self, features: Mapping[str, float | str | None], reasons: int = 5) -> Score:
        """Score one lead, with the reasons that moved it most.

        Parameters
        ----------
        features : mapping of str to (float, str or None)
            Values by feature; one that is absent is missing, one the scorecard does not know is ignored.
        reasons : int
            At most so many reasons, the strongest first.

        Raises
        ------
        DataError
            If a value is of the wrong kind or infinite; all of them are named.
        """
        values = [features.get(name) for name in self._names]
        try:
            bins, parts = self._place(values)
        except DataError as first:
            raise DataError(" ".join(self._wrong(values))) from first
        for one, other, halves in self._halves:
            half = halves[bins[one]][bins[other]]
            parts[one] += half
            parts[other] += half
        log_odds = self.base
        for part in parts:
            log_odds += part
        return self._score(log_odds, parts, bins, values, reasons)

    @cached_property
    def _names(self) -> list[str]:
        return [term.feature for term in self.terms]

    @cached_property
    def _line_up(self) -> list[tuple[Term, bool, tuple[float, ...], tuple[float, ...], dict[str, int], int]]:
        """What placing a value needs of each term, without looking it up again for every lead."""
        return [
            (term, term.kind == "number", term.table, term.cuts, term.level_bins, len(term.levels))
            for term in self.terms
        ]

    def _place(self, values: Sequence[Any]) -> tuple[list[int], list[float]]:
        """The bin of each value, and what it adds by itself."""
        bins, parts = [], []
        for value, (term, number, table, cuts, levels, other) in zip(values, self._line_up, strict=True):
            if number:
                plain = type(value) is float and isfinite(value)
                place = bisect_left(cuts, value) if plain else term.bin_one(value)
                line = term.slope and place != term.missing
                parts.append(table[place] + term.line(value) if line else table[place])
            else:
                place = levels.get(value, other) if type(value) is str else term.bin_one(value)
                parts.append(table[place])
            bins.append(place)
        return bins, parts

    def _wrong(self, values: Sequence[object]) -> list[str]:
        wrong = []
        for term, value in zip(self.terms, values, strict=True):
            try:
                term.bin_one(value)
            except DataError as error:
                wrong.append(str(error))
        return wrong

    def _score(
        self,
        log_odds: float,
        parts: list[float],
        bins: list[int],
        values: Sequence[float | str | None],
        reasons: int,
    ) -> Score:
        likelihood = low = high = None
        if self.has_likelihood:
            ends = self.interval.at(log_odds)
            likelihood, low, high = logistic(log_odds), logistic(ends[0]), logistic(ends[1])
        score = bisect_right(self.ranks.score, settle(log_odds), lo=1) - 1
        fit = self.ranks.grade("fit", self._partial("fit", parts))
        engagement = self.ranks.grade("engagement", self._partial("engagement", parts))
        return Score(
            log_odds=log_odds,
            likelihood=likelihood,
            likelihood_low=low,
            likelihood_high=high,
            score=score,
            grade=self.grade_of(score),
            fit=None if fit is None else GRADES[fit],
            engagement=None if engagement is None else engagement + 1,
            label=None if fit is None or engagement is None else f"{GRADES[fit]}{engagement + 1}",
            base=self.base,
            contributions=dict(zip(self._names, parts, strict=True)),
            reasons=tuple(self._reasons(parts, bins, values, reasons)),
        )

    def _partial(self, axis: Axis, parts: Sequence[float]) -> float:
        total = 0.0
        for position in self._axes[axis]:
            total += parts[position]
        return total

    def grade_of(self, score: int) -> str:
        """A to D for a score."""
        a, b, c = self.meta.grades
        return GRADES[(score < a) + (score < b) + (score < c)]

    def _reasons(
        self, parts: list[float], bins: list[int], values: Sequence[float | str | None], most: int
    ) -> list[Reason]:
        sizes = [abs(part) for part in parts]
        order = sorted(range(len(parts)), key=sizes.__getitem__, reverse=True)[:most]
        return [self.reason(i, bins[i], values[i], parts[i]) for i in order if abs(parts[i]) >= 5e-7]

    def reason(self, position: int, place: int, value: float | str | None, contribution: float) -> Reason:
        """The reason that one feature gives.

        Parameters
        ----------
        position, place : int
            The feature's position and the bin its value falls into.
        value : float, str or None
            The value itself.
        contribution : float
            Its part of the log-odds.
        """
        term = self.terms[position]
        rate = term.rates[place]
        base_rate = self.meta.base_rate if self.has_likelihood else None
        up = contribution > 0
        allowing = (
            rate is not None and base_rate is not None and rate != base_rate and (rate > base_rate) != up
        )
        return Reason(
            term.feature,
            value if place != term.missing else None,
            "up" if up else "down",
            contribution,
            rate,
            base_rate,
            term.support[place],
            allowing,
            place,
        )

    def score_columns(
        self,
        columns: Mapping[str, npt.NDArray[Any] | Categories],
        errors: Mapping[int, str] | None = None,
        rows: int | None = None,
    ) -> Scores:
        """Score many leads.

        Parameters
        ----------
        columns : mapping of str to (array or Categories), each of shape (n_leads,)
            Values by feature; a column that is absent is missing in every row.
        errors : mapping of int to str, optional
            Rows already known to be unreadable, and why.
        rows : int, optional
            Number of leads, where no column tells it.

        Returns
        -------
        Scores
            One row per lead, in order.
        """
        if rows is None:
            rows = len(next(iter(columns.values()))) if columns else 0
        wrong: dict[int, str] = dict(errors or {})
        bins = np.empty((len(self.terms), rows), dtype=np.int16)
        parts = np.empty((len(self.terms), rows))
        for position, term in enumerate(self.terms):
            raw = columns.get(term.feature)
            values, unusable = read_column(raw, term) if raw is not None else (missing_column(term, rows), {})
            for row, why in unusable.items():
                wrong[row] = f"{wrong[row]} {why}" if row in wrong else why
            bins[position] = term.bin_array(values)
            parts[position] = np.asarray(term.table)[bins[position]]
            if term.slope and isinstance(values, np.ndarray):
                parts[position] += term.line_array(values)
        for first, second, width, halves in self._flat_halves:
            half = halves.take(bins[first].astype(np.intp) * width + bins[second])
            parts[first] += half
            parts[second] += half
        return self._scores(parts, bins, wrong)

    def _scores(self, parts: Floats, bins: npt.NDArray[np.int16], wrong: dict[int, str]) -> Scores:
        log_odds = np.full(parts.shape[1], self.base)
        for part in parts:
            log_odds += part
        none = np.full(len(log_odds), np.nan)
        low, high = self.interval.at_array(log_odds) if self.has_likelihood else (none, none.copy())
        score = (np.searchsorted(self.ranks.score[1:], settle_array(log_odds), side="right")).astype(np.int16)
        grade = sum((score < least).astype(np.int8) for least in self.meta.grades)
        bad = np.fromiter(wrong, dtype=np.intp, count=len(wrong))
        for column in (log_odds, low, high):
            column[bad] = np.nan
        score[bad] = -1
        return Scores(
            log_odds,
            logistic_array(log_odds) if self.has_likelihood else none,
            logistic_array(low),
            logistic_array(high),
            score,
            np.asarray(grade, dtype=np.int8),
            self._axis_grades("fit", parts),
            self._axis_grades("engagement", parts),
            parts.T,
            bins.T,
            wrong,
        )

    def partial_sums(self, axis: Axis, parts: Floats) -> Floats:
        """Partial sums of one axis; ``parts`` has shape (n_features, n_leads)."""
        total = np.zeros(parts.shape[1])
        for position in self._axes[axis]:
            total += parts[position]
        return total

    def _axis_grades(self, axis: Axis, parts: Floats) -> npt.NDArray[np.int8]:
        cuts = self.ranks.axes.get(axis)
        if cuts is None:
            return np.full(parts.shape[1], -1, dtype=np.int8)
        settled = settle_array(self.partial_sums(axis, parts))
        return np.asarray(sum((settled < cut).astype(np.int8) for cut in cuts), dtype=np.int8)

    def score_frame(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score a frame of features; the index is kept.

        Parameters
        ----------
        frame : pandas.DataFrame, shape (n_leads, n_features)
            A column per feature; absent ones are missing, others are ignored.

        Returns
        -------
        pandas.DataFrame
            ``likelihood, likelihood_low, likelihood_high, score, grade, fit, engagement, label, status``.
        """
        columns = {str(name): np.asarray(frame[name].array) for name in frame.columns}
        return scores_frame(self.score_columns(columns, rows=len(frame)), frame.index)


def scores_frame(scores: Scores, index: pd.Index | None = None) -> pd.DataFrame:
    """Scores as a frame with the names that files and answers use.

    Parameters
    ----------
    scores : Scores
        What :meth:`Scorecard.score_columns` gave.
    index : pandas.Index, optional
        The frame's index.
    """
    scored = scores.score >= 0
    letters = np.array([*GRADES, None], dtype=object)
    digits = np.array(["1", "2", "3", "4", None], dtype=object)
    fit, engagement = np.where(scored, scores.fit, -1), np.where(scored, scores.engagement, -1)
    both = (fit >= 0) & (engagement >= 0)
    label = np.where(
        both, letters[fit].astype(str).astype(object) + digits[engagement].astype(str).astype(object), None
    )
    status = np.full(len(scored), "scored", dtype=object)
    for row, why in scores.errors.items():
        status[row] = f"not_scored: {why}"
    return pd.DataFrame(
        {
            "likelihood": scores.likelihood,
            "likelihood_low": scores.likelihood_low,
            "likelihood_high": scores.likelihood_high,
            "score": pd.array(np.where(scored, scores.score, 0), dtype="Int16").copy(),
            "grade": letters[np.where(scored, scores.grade, -1)],
            "fit": letters[fit],
            "engagement": digits[engagement],
            "label": label,
            "status": status,
        },
        index=index,
    ).assign(score=lambda frame: frame["score"].mask(~scored))


def logistic(log_odds: float) -> float:
    """Likelihood of log-odds, for any finite value.

    Examples
    --------
    >>> logistic(0.0)
    0.5
    """
    if log_odds >= 0:
        return 1 / (1 + math.exp(-min(log_odds, 700.0)))
    odds = math.exp(max(log_odds, -700.0))
    return odds / (1 + odds)


def logistic_array(log_odds: Floats) -> Floats:
    """:func:`logistic` for many leads; NaN stays NaN."""
    odds = np.exp(-np.abs(np.clip(log_odds, -700, 700)))
    likelihood: Floats = np.where(log_odds >= 0, 1, odds) / (1 + odds)
    return likelihood
