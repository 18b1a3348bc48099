"""The parts a scorecard is a sum of: one term per feature, and tables of two features.

A feature's value falls into one bin.  A number with ``k`` cut points has ``k + 1`` bins (a value on a cut
belongs to the bin below it), a category with ``k`` levels has ``k`` bins and one for levels never seen;
the last bin of either is *missing*.  Everything a scorecard says about a value it says about its bin, plus,
for a number, a slope.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.categories import Categories
from scoring.clean import Axis
from scoring.errors import DataError

Kind = Literal["number", "category"]
Value = float | str | None


@dataclass(frozen=True)
class Term:
    """What one feature adds to the log-odds, and what was observed in each of its bins.

    Parameters
    ----------
    feature, kind, axis
        The feature's name, ``"number"`` or ``"category"``, and the side of the lead it speaks of.
    cuts : tuple of float
        Ascending cut points of a number; empty for a category.
    levels : tuple of str
        The levels of a category; empty for a number.
    table : tuple of float
        Log-odds per bin, the mean over the reference leads already taken off.
    support : tuple of int
        Leads in training per bin.
    rates : tuple of (float or None)
        Share of them that converted; None for an empty bin.
    slope, low, high, centre : float
        A number adds ``slope * (clip(value, low, high) - centre)``; missing adds nothing here.
    """

    feature: str
    kind: Kind
    axis: Axis
    cuts: tuple[float, ...]
    levels: tuple[str, ...]
    table: tuple[float, ...]
    support: tuple[int, ...]
    rates: tuple[float | None, ...]
    slope: float = 0.0
    low: float = 0.0
    high: float = 0.0
    centre: float = 0.0

    @property
    def size(self) -> int:
        """Number of bins, the one for *missing* included."""
        return len(self.cuts if self.kind == "number" else self.levels) + 2

    @cached_property
    def missing(self) -> int:
        """The bin of a missing value: the last one."""
        return self.size - 1

    @cached_property
    def level_bins(self) -> dict[str, int]:
        """The bin of each level that was seen in training."""
        return {level: position for position, level in enumerate(self.levels)}

    @cached_property
    def cells(self) -> int:
        """Weights that are not zero: what a reader of this term has to read."""
        return sum(1 for value in self.table if value) + bool(self.slope)

    def bin_one(self, value: object) -> int:
        """The bin one value falls into.

        Raises
        ------
        DataError
            If a number is infinite or is text, or a category is not text.
        """
        if value is None:
            return self.missing
        if type(value) is float and self.kind == "number" and math.isfinite(value):
            return bisect_left(self.cuts, value)
        if self.kind == "category":
            if isinstance(value, str):
                return self.level_bins.get(value, len(self.levels))
            raise DataError(f"Feature '{self.feature}' must be text, got {type(value).__name__}.")
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise DataError(f"Feature '{self.feature}' must be a number, got {type(value).__name__}.")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return bisect_left(self.cuts, number)
        if math.isnan(number):
            return self.missing
        raise DataError(f"Feature '{self.feature}' must be a finite number, got an infinite one.")

    def line(self, value: float) -> float:
        """What the slope adds for a number that is not missing."""
        clipped = self.low if value < self.low else self.high if value > self.high else value
        return self.slope * (clipped - self.centre)

    def bin_array(self, values: npt.NDArray[np.float64] | Categories) -> npt.NDArray[np.int16]:
        """The bin of each value; an infinite number is the caller's to refuse."""
        if isinstance(values, np.ndarray):
            bins = np.searchsorted(np.asarray(self.cuts), values, side="left").astype(np.int16)
            bins[np.isnan(values)] = self.missing
            return bins
        known, other = self.level_bins, len(self.levels)
        of_level = np.array(
            [known.get(level, other) for level in values.levels] + [self.missing], dtype=np.int16
        )
        return of_level[values.codes]

    def line_array(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """What the slope adds to each number; nothing where it is missing."""
        line = self.slope * (np.clip(values, self.low, self.high) - self.centre)
        return np.where(np.isnan(values), 0.0, line)


@dataclass(frozen=True)
class Pair:
    """What two features add together, beyond what each adds alone.

    Parameters
    ----------
    first, second : int
        Positions of the two terms in the scorecard.
    table : tuple of tuple of float
        Log-odds per bin of the first (rows) and of the second (columns).  Each feature is credited
        with half of it.
    """

    first: int
    second: int
    table: tuple[tuple[float, ...], ...]

    @cached_property
    def cells(self) -> int:
        """Weights that are not zero."""
        return sum(1 for row in self.table for value in row if value)


def read_column(raw: object, term: Term) -> tuple[npt.NDArray[np.float64] | Categories, dict[int, str]]:
    """A column as the vectorised executor reads it, and the rows whose value cannot be used.

    Parameters
    ----------
    raw : array-like or Categories, shape (n_leads,)
        Numbers, text or Python objects; None and NaN are missing.
    term : Term
        The term that will read the column.

    Returns
    -------
    values : numpy array of float64, or Categories
        Missing where the value cannot be used.
    errors : dict of int to str
        Row index to the reason.
    """
    if isinstance(raw, Categories):
        values = raw
        if term.kind == "number":
            return _object_numbers(np.array([*raw.levels, None], dtype=object)[raw.codes], term)
        return values, {}
    array = np.asarray(raw)
    if term.kind == "category":
        return _object_categories(array.astype(object), term)
    if array.dtype.kind in "mM":
        # In nanoseconds NumPy would hand out a moment as a plain number.
        array = array.astype(f"{array.dtype.kind}8[us]")
    if array.dtype.kind not in "fiu":
        return _object_numbers(array.astype(object), term)
    numbers = array.astype(np.float64)
    infinite = np.flatnonzero(np.isinf(numbers))
    if not infinite.size:
        return numbers, {}
    return _object_numbers(array.astype(object), term)


def _object_numbers(
    values: npt.NDArray[np.object_], term: Term
) -> tuple[npt.NDArray[np.float64], dict[int, str]]:
    numbers, errors = np.full(len(values), np.nan), {}
    for row, value in enumerate(values):
        try:
            if term.bin_one(_plain(value)) != term.missing:
                numbers[row] = float(value)
        except DataError as error:
            errors[row] = str(error)
    return numbers, errors


def _object_categories(values: npt.NDArray[np.object_], term: Term) -> tuple[Categories, dict[int, str]]:
    texts, errors = np.full(len(values), None, dtype=object), {}
    for row, value in enumerate(values):
        plain = _plain(value)
        if plain is None or isinstance(plain, str):
            texts[row] = plain
        elif isinstance(plain, float) and math.isnan(plain):
            continue
        else:
            errors[row] = f"Feature '{term.feature}' must be text, got {type(plain).__name__}."
    return Categories.of(texts), errors


def _plain(value: object) -> object:
    """A NumPy or pandas scalar as the Python value that ``bin_one`` judges."""
    if isinstance(value, np.generic):
        return value.item()
    return None if value is pd.NA or value is pd.NaT else value


def missing_column(term: Term, rows: int) -> npt.NDArray[np.float64] | Categories:
    """A column that was not given: missing in every row."""
    if term.kind == "number":
        return np.full(rows, np.nan)
    return Categories(np.full(rows, -1, dtype=np.int32), ())
