"""Blank terms: cut points and levels learned from the training rows, before anything is fitted to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.clean import Axis
from scoring.terms import Term, missing_column

Floats = npt.NDArray[np.float64]
Columns = Mapping[str, Floats | Categories]

MOST_CUTS = 32
MOST_LEVELS = 200
# How far a cut may move towards its neighbours to become a rounder number.
SLACK = 0.05


@dataclass(frozen=True, slots=True)
class Encoded:
    """Leads in the forms that trunk and tables are fitted to.

    Parameters
    ----------
    terms : tuple of Term
        Blank: no slope, tables of zeros.
    bins : array of int16, shape (n_leads, n_features)
        The bin of each value.
    numbers : array of float, shape (n_leads, n_features)
        The values of number features; NaN for the missing and for categories.
    """

    terms: tuple[Term, ...]
    bins: npt.NDArray[np.int16]
    numbers: Floats

    def take(self, rows: npt.NDArray[np.intp]) -> Encoded:
        """Some of the leads."""
        return Encoded(self.terms, self.bins[rows], self.numbers[rows])


def encode(terms: Sequence[Term], columns: Columns, rows: int) -> Encoded:
    """Leads as bins and numbers.

    Parameters
    ----------
    terms : sequence of Term
        What :func:`blank_terms` learned.
    columns : mapping of str to (array or Categories), each of shape (n_leads,)
        Values by feature; an absent column is missing in every row.
    rows : int
        Number of leads.
    """
    bins = np.empty((rows, len(terms)), dtype=np.int16)
    numbers = np.full((rows, len(terms)), np.nan)
    for position, term in enumerate(terms):
        values = columns.get(term.feature)
        if values is None:
            values = missing_column(term, rows)
        bins[:, position] = term.bin_array(values)
        if isinstance(values, np.ndarray):
            numbers[:, position] = values
    return Encoded(tuple(terms), bins, numbers)


def take(columns: Columns, rows: npt.NDArray[np.intp]) -> dict[str, Floats | Categories]:
    """Some rows of every column."""
    return {
        name: values[rows]
        if isinstance(values, np.ndarray)
        else Categories(values.codes[rows], values.levels)
        for name, values in columns.items()
    }


def blank_terms(
    columns: Columns, axes: Mapping[str, Axis], *, rows: npt.NDArray[np.intp] | None = None, least: int = 10
) -> tuple[Term, ...]:
    """Cut points of each number and levels of each category, from the training rows alone.

    Parameters
    ----------
    columns : mapping of str to (array or Categories), each of shape (n_leads,)
        Values by feature.
    axes : mapping of str to {"fit", "engagement", "process"}
        The axis of each feature; ``fit`` where absent.
    rows : array of int, optional
        The training rows; all of them by default.
    least : int
        A level seen in fewer rows is pooled with those never seen.
    """
    terms = []
    for name, values in columns.items():
        axis = axes.get(name, "fit")
        if isinstance(values, np.ndarray):
            terms.append(_number_term(name, axis, values if rows is None else values[rows]))
        else:
            codes = values.codes if rows is None else values.codes[rows]
            terms.append(_category_term(name, axis, codes, values.levels, least))
    return tuple(terms)


def _number_term(name: str, axis: Axis, values: Floats) -> Term:
    seen = values[~np.isnan(values)]
    cuts = readable_cuts(seen)
    low, high = _clip_range(seen)
    centre = float(np.clip(seen, low, high).mean()) if seen.size else 0.0
    return _blank(Term(name, "number", axis, cuts, (), (), (), (), 0.0, low, high, centre))


def _clip_range(seen: Floats) -> tuple[float, float]:
    """The 0.1 to 99.9 % range, widened by half on each side: beyond it a typo cannot make a likelihood."""
    if not seen.size:
        return 0.0, 0.0
    low, high = np.quantile(seen, [0.001, 0.999])
    half = (high - low) / 2
    return float(low - half), float(high + half)


def _category_term(
    name: str, axis: Axis, codes: npt.NDArray[np.int32], levels: Sequence[str], least: int
) -> Term:
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = sorted(range(len(levels)), key=lambda code: (-counts[code], levels[code]))
    kept = tuple(levels[code] for code in order[:MOST_LEVELS] if counts[code] >= least)
    return _blank(Term(name, "category", axis, (), kept, (), (), ()))


def _blank(term: Term) -> Term:
    size = term.size
    return replace(term, table=(0.0,) * size, support=(0,) * size, rates=(None,) * size)


def readable_cuts(seen: Floats, most: int = MOST_CUTS) -> tuple[float, ...]:
    """At most ``most`` cut points near quantiles, each as round a number as can be.

    Parameters
    ----------
    seen : array of float
        The values in training, none missing.
    most : int
        The largest number of cut points.

    Examples
    --------
    >>> readable_cuts(np.array([0.0, 1.0, 2.0, 5.0]))
    (0.0, 1.0, 4.0)
    """
    values, counts = np.unique(seen, return_counts=True)
    if len(values) < 2:
        return ()
    if len(values) - 1 <= most:
        cuts = [_roundest((low + high) / 2, low, high) for low, high in pairwise(values.tolist())]
    else:
        share = np.cumsum(counts) / counts.sum()
        places = np.unique(np.searchsorted(share, np.arange(1, most + 1) / (most + 1)))
        aims = values[places[places < len(values) - 1]]
        around = np.r_[values[0], aims, values[-1]]
        left, right = np.diff(around)[:-1], np.diff(around)[1:]
        slack = SLACK * np.minimum(left, right)
        # Where many share the least value there is no room below it, but as much as there is above.
        above = np.where(left > 0, slack, SLACK * right)
        cuts = list(map(_roundest, aims.tolist(), (aims - slack).tolist(), (aims + above).tolist()))
    below = np.searchsorted(values, cuts, side="right")
    parting = {int(count): cut for count, cut in zip(below, cuts, strict=True) if 0 < count < len(values)}
    return tuple(sorted(parting.values()))


def _roundest(aim: float, low: float, high: float) -> float:
    """The number of fewest digits in [low, high), near ``aim`` if it can be."""
    if not low < high or not math.isfinite(high - low):
        return low
    digits = -math.floor(math.log10(high - low))
    for places in range(digits - 1, min(digits + 17, 300)):
        for rounded in (round(aim, places), math.ceil(low * 10.0**places) / 10.0**places):
            if low <= rounded < high:
                return float(rounded)
    return low
