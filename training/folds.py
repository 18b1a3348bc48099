"""Folds that look like the use: forward in time where there is a time, else random and grouped by lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

Rows = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

LEAST_CONVERTED = 50
DAY = 86_400.0
FEW_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn from and rows to be judged on.

    Parameters
    ----------
    train, test : array of int
        Positions of the rows.
    cut : float or None
        Seconds since 1970 at which a forward fold is cut.
    """

    train: Rows
    test: Rows
    cut: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is judged.

    Parameters
    ----------
    kind : {"forward", "random"}
        Forward in time, or at random.
    folds : tuple of Fold
        In order of time where forward.
    clusters : array of int, shape (n_leads,)
        What is drawn as one when intervals are made: weeks where forward, else leads.
    why : str
        A sentence for the reader of the report.
    """

    kind: Literal["forward", "random"]
    folds: tuple[Fold, ...]
    clusters: Rows
    why: str

    @property
    def tested(self) -> Rows:
        """Rows that some fold tests, in fold order."""
        return np.concatenate([fold.test for fold in self.folds])

    def others(self, k: int) -> list[int]:
        """The folds that may speak about fold ``k``: the earlier ones, or all others where they are random."""
        return [j for j in range(len(self.folds)) if (j < k if self.kind == "forward" else j != k)]

    def within(self, rows: Rows) -> Plan:
        """The same folds of a sample of the rows, numbered within the sample."""
        place = np.full(len(self.clusters), -1)
        place[rows] = np.arange(len(rows))
        folds = []
        for fold in self.folds:
            train, test = place[fold.train], place[fold.test]
            folds.append(Fold(train[train >= 0], test[test >= 0], fold.cut))
        return Plan(self.kind, tuple(folds), self.clusters[rows], self.why)


def plan_folds(
    label: npt.NDArray[np.int_],
    *,
    time: Floats | None = None,
    known: Floats | None = None,
    groups: Rows | None = None,
    folds: int = 4,
    random_folds: int | None = None,
    seed: int = 0,
) -> Plan:
    """Folds forward in time if time and conversions allow, else random ones, and why.

    Parameters
    ----------
    label : array of int, shape (n_leads,)
        1 where the lead converted.
    time : array of float, shape (n_leads,), optional
        Seconds since 1970 at which each lead is scored.
    known : array of float, shape (n_leads,), optional
        When each lead's label was known; a fold learns from it only if that is by its cut.
    groups : array of int, shape (n_leads,), optional
        The lead of each row.
    folds : int
        Largest number of forward folds.
    random_folds : int, optional
        Number of random folds; by default 5, and 10 for fewer than 1,000 rows, where each counts.
    seed : int
        Seed of the random folds.
    """
    if time is not None:
        for count in range(folds, 0, -1):
            cuts = _forward(label, time, time if known is None else known, count)
            if cuts:
                why = (
                    f"Judged forward in time: {count} times learned from the past, tested on what came next."
                )
                weeks = np.floor((time - time.min()) / (7 * DAY)).astype(np.intp)
                return Plan("forward", tuple(cuts), weeks, why)
    count = random_folds or (5 if len(label) >= FEW_ROWS else 10)
    return _random(label, groups, count, seed, timed=time is not None)


def _forward(label: npt.NDArray[np.int_], time: Floats, known: Floats, count: int) -> list[Fold]:
    """Folds whose first training set and test blocks all hold enough conversions, or none."""
    when = np.sort(time[label == 1])
    if len(when) < LEAST_CONVERTED * (count + 1):
        return []
    first = _first_cut(label, time, known, when[len(when) // (count + 1)])
    later = when[when >= first]
    if len(later) < LEAST_CONVERTED * count:
        return []
    cuts = [first, *(later[len(later) * k // count] for k in range(1, count)), np.inf]
    made = []
    for start, end in pairwise(cuts):
        train = np.flatnonzero((time < start) & (known <= start))
        test = np.flatnonzero((time >= start) & (time < end))
        if label[test].sum() < LEAST_CONVERTED or label[train].sum() < LEAST_CONVERTED:
            return []
        if label[train].all() or label[test].all():
            return []
        made.append(Fold(train, test, float(start)))
    return made


def _first_cut(label: npt.NDArray[np.int_], time: Floats, known: Floats, at_least: float) -> float:
    """The first time, not before ``at_least``, by which enough conversions were known."""
    both = np.sort(np.maximum(time, known)[label == 1])
    return float(max(at_least, np.nextafter(both[LEAST_CONVERTED - 1], np.inf)))


def _random(label: npt.NDArray[np.int_], groups: Rows | None, count: int, seed: int, *, timed: bool) -> Plan:
    folds = tuple(Fold(train, test) for train, test in split(label, groups, count, seed))
    reason = (
        f"too few conversions for a test forward in time ({int(label.sum())}; it takes {2 * LEAST_CONVERTED})"
        if timed
        else "there is no time column"
    )
    why = f"Judged on random folds, because {reason}: results forward in time will be worse."
    return Plan("random", folds, np.arange(len(label)) if groups is None else groups, why)


def split(
    label: npt.NDArray[np.int_], groups: Rows | None, count: int, seed: int
) -> Sequence[tuple[Rows, Rows]]:
    """Random folds of leads, stratified by whether they converted; rows of one lead stay together.

    Parameters
    ----------
    label : array of int, shape (n_leads,)
        1 where the lead converted.
    groups : array of int, optional
        The lead of each row.
    count, seed : int
        Number of folds and seed; fewer folds where a class is smaller.
    """
    leads, place = np.unique(np.arange(len(label)) if groups is None else groups, return_inverse=True)
    converted = np.bincount(place, label, len(leads)) > 0
    count = max(2, min(count, int(converted.sum()), int((~converted).sum())))
    kfold = StratifiedKFold(count, shuffle=True, random_state=seed)
    fold_of = np.empty(len(leads), dtype=np.intp)
    for fold, (_, test) in enumerate(kfold.split(converted, converted)):
        fold_of[test] = fold
    return [
        (np.flatnonzero(fold_of[place] != fold), np.flatnonzero(fold_of[place] == fold))
        for fold in range(count)
    ]
