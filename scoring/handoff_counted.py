"""A test of a model, counted once for every threshold that can be named, before anybody asks for anything.

Reading held-out predictions and drawing leads takes seconds; finding a threshold in what was counted takes none.  So
it is counted once for a model, kept as JSON, and each proposal is read from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from scoring.handoff_columns import Columns, pack, unpack
from scoring.handoff_evidence import MONTH, Evidence, Floats, Integers
from scoring.handoff_reach import Reached, Rows
from scoring.policy import UNITS

THRESHOLDS: Final = 100
_ARRAYS: Final = ("at", "fine", "shown", "seen", "seen_won", "below")
_PLAIN: Final = ("version", "months", "state", "knows_won", "looked", "revisited")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What held-out predictions say of every threshold of at most three digits, and of others that were named.

    Parameters
    ----------
    version : str
        The model.
    months : float
        In how many months leads came.
    at : array of int, shape (n,)
        Thresholds in millionths, ascending.
    fine, shown : array of int
        Those of them that may be proposed, and about a hundred that are shown.
    columns : Columns
        What each of ``at`` brings.
    seen, seen_won : array, shape (n,)
        Leads whose last likelihood is at or above it, and what the model of *won* says of them in sum.
    below : array of int, shape (n,)
        Leads that are below it when they are first seen.
    by_month : array of int, shape (2, n), or None
        The least and the most that it hands over in a whole month; None where there is none.
    state : str
        Where the random numbers go on.
    knows_won : bool
        Whether a model of *won* says anything of these leads.
    looked : float
        The share of them of which it does.
    revisited : bool
        Whether leads were seen again after their creation.
    """

    version: str
    months: float
    at: Integers
    fine: Integers
    shown: Integers
    columns: Columns
    seen: Integers
    seen_won: Floats
    below: Integers
    by_month: Integers | None
    state: str
    knows_won: bool
    looked: float
    revisited: bool

    @classmethod
    def of(cls, evidence: Evidence, named: Iterable[int] = (), seed: int = 0) -> Counted:
        """Count.

        Parameters
        ----------
        evidence : Evidence
            What was tested.
        named : iterable of int
            Thresholds in millionths that have more than three digits.
        seed : int
            Of the draws behind the intervals.
        """
        at = np.union1d(EVERY, np.array(list(named), dtype=np.int64))
        columns, state = Columns.counted([Reached(evidence, at).sums], evidence.leads, evidence.months, seed)
        by_month = evidence.by_month(at)
        won = evidence.won[evidence.moments]
        seen, seen_won = _last_seen(evidence, at)
        return cls(
            version=evidence.version, months=evidence.months, at=at, fine=readable_grid(evidence),
            shown=shown_grid(evidence), columns=columns, state=state, seen=seen, seen_won=seen_won,
            below=evidence.first_below(at), by_month=None if by_month is None else np.array(by_month),
            knows_won=evidence.knows_won, looked=float(np.isfinite(won).mean()) if len(won) else 0.0,
            revisited=evidence.leads < len(evidence.lead),
        )  # fmt: skip

    def place(self, at: Any) -> Any:
        """Where thresholds stand, in millionths; they must have been counted."""
        found = np.searchsorted(self.at, at)
        assert (self.at[found] == at).all(), "a threshold was not counted"
        return found

    def holds(self, units: int) -> bool:
        """Whether a threshold was counted."""
        place = int(np.searchsorted(self.at, units))
        return place < len(self.at) and int(self.at[place]) == units

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        packed = {name: pack(getattr(self, name)) for name in _ARRAYS}
        months = None if self.by_month is None else pack(self.by_month)
        plain = {name: getattr(self, name) for name in _PLAIN}
        return plain | packed | {"by_month": months, "columns": self.columns.to_dict()}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Counted:
        """From :meth:`to_dict`."""
        fields: dict[str, Any] = {name: told[name] for name in _PLAIN}
        fields |= {name: unpack(told[name]) for name in _ARRAYS}
        return cls(
            **fields,
            by_month=None if told["by_month"] is None else unpack(told["by_month"]),
            columns=Columns.read(told["columns"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tops:
    """What handing over so many a month would have brought, each month the likeliest that were not handed over yet.

    Parameters
    ----------
    per_month : array of int, shape (n,)
        How many a month.
    cut : array of int, shape (n,)
        The likelihood, in millionths, that the last of them had in the middle one of the months.
    below : array of int, shape (n,)
        Leads that are below that when they are first seen.
    columns : Columns
        What each brings.
    """

    per_month: Integers
    cut: Integers
    below: Integers
    columns: Columns

    @classmethod
    def of(cls, evidence: Evidence, per_month: Sequence[int], seed: int = 0) -> Tops:
        """Count.

        Parameters
        ----------
        evidence : Evidence
            What was tested.
        per_month : sequence of int
            How many a month.
        seed : int
            Of the draws behind the intervals.
        """
        picked = [_picked(evidence, max(many, 1)) for many in per_month]
        cut = np.array([int(np.median(cuts)) for _, cuts in picked])
        summed = [Reached.rows(evidence, rows).sums for rows, _ in picked]
        columns, _ = Columns.counted(summed, evidence.leads, evidence.months, seed)
        return cls(per_month=np.array(per_month), cut=cut, below=evidence.first_below(cut), columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        told = {name: pack(getattr(self, name)) for name in ("per_month", "cut", "below")}
        return told | {"columns": self.columns.to_dict()}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Tops:
        """From :meth:`to_dict`."""
        arrays = {name: unpack(told[name]) for name in ("per_month", "cut", "below")}
        return cls(**arrays, columns=Columns.read(told["columns"]))


# Thresholds -------------------------------------------------------------------------------------------


def _readable() -> Integers:
    digits = np.arange(100, 1000)
    decades = [digits * 10**power for power in range(4)]
    return np.concatenate([[0], np.arange(1, 100), *decades, [UNITS]])


# Every threshold of at most three digits.
EVERY: Final = _readable()


def readable_grid(evidence: Evidence) -> Integers:
    """Every threshold of at most three digits between the least and the most likely lead.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    """
    rows = evidence.units[evidence.counts] if evidence.counts.any() else evidence.units
    lowest = EVERY[np.searchsorted(EVERY, rows.min(), side="right") - 1]
    found: Integers = EVERY[(lowest <= EVERY) & (rows.max() >= EVERY)]
    return found


def shown_grid(evidence: Evidence, most: int = THRESHOLDS) -> Integers:
    """About a hundred of them, so that from one to the next about as many leads are added.

    Half of them lie among the likeliest tenth, where most policies do.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    most : int
        At most so many.
    """
    fine = readable_grid(evidence)
    if len(fine) <= most:
        return fine
    rows = evidence.moments
    shares = np.concatenate([np.linspace(0, 0.9, most // 2), np.linspace(0.9, 1, most - most // 2)])
    wanted = np.quantile(evidence.units[rows], shares)
    places = np.clip(np.searchsorted(fine, wanted, side="right") - 1, 0, None)
    found: Integers = fine[np.unique(np.append(places, 0))]
    return found


# What a lead is worth ---------------------------------------------------------------------------------


def _last_seen(evidence: Evidence, at: Integers) -> tuple[Integers, Floats]:
    """Leads whose last likelihood is at or above each threshold, and their likelihoods of winning in sum."""
    rows = evidence.moments
    last = np.append(evidence.lead[rows][1:] != evidence.lead[rows][:-1], True) if len(rows) else rows > 0
    used = rows[last & np.isfinite(evidence.won[rows])]
    step = np.searchsorted(at, evidence.units[used], side="right")
    many: Integers = np.bincount(step, minlength=len(at) + 1).astype(np.int64)
    total: Floats = np.bincount(step, evidence.won[used], len(at) + 1).astype(np.float64)
    return np.cumsum(many[::-1])[::-1][1:], np.cumsum(total[::-1])[::-1][1:]


def marginal_won(counted: Counted, at: Integers) -> Floats:
    """How likely a lead just at each threshold is won, rising with the threshold; NaN where nobody knows.

    Parameters
    ----------
    counted : Counted
        What was counted.
    at : array of int
        Thresholds in millionths, ascending, that were.
    """
    places = counted.place(at)
    count = -np.diff(counted.seen[places], append=0)
    total = -np.diff(counted.seen_won[places], append=0.0)
    there = np.flatnonzero(count)
    if not len(there):
        return np.full(len(at), np.nan)
    rising = rising_means(total[there] / count[there], count[there].astype(np.float64))
    return rising[np.minimum(np.searchsorted(there, np.arange(len(at))), len(there) - 1)]


def rising_means(values: Floats, weights: Floats) -> Floats:
    """The nearest values that never fall, by pooling neighbours that do (isotonic regression).

    Parameters
    ----------
    values, weights : array of float, shape (n,)
        Means in order, and what each rests on.

    Examples
    --------
    >>> rising_means(np.array([1.0, 3.0, 2.0]), np.array([1.0, 1.0, 3.0]))
    array([1.  , 2.25, 2.25])
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, total, size = value, weight, 1
        while pools and pools[-1][0] >= mean:
            before, held, many = pools.pop()
            mean = (mean * total + before * held) / (total + held)
            total, size = total + held, size + many
        pools.append((mean, total, size))
    return np.repeat([mean for mean, _, _ in pools], [size for _, _, size in pools])


# So many a month --------------------------------------------------------------------------------------


def _picked(evidence: Evidence, per_month: int) -> tuple[Rows, list[int]]:
    """The rows that are handed over month by month, and the lowest likelihood among them in each month."""
    rows = np.flatnonzero(evidence.counts)
    start = evidence.as_of.min()
    slots = max(int(np.ceil(evidence.months - 1e-6)), 1)
    slot = (
        np.minimum(((evidence.as_of[rows] - start) / MONTH).astype(int), slots - 1)
        if evidence.timed
        else 0 * rows
    )
    handed, picked, cuts = np.zeros(evidence.leads, dtype=bool), [], []
    for month in range(slots):
        share = min(evidence.months - month, 1.0) if evidence.timed else evidence.months
        some = rows[(slot == month) & ~handed[evidence.lead[rows]]]
        best = some[np.argsort(-evidence.units[some], kind="stable")]
        _, once = np.unique(evidence.lead[best], return_index=True)
        taken = best[np.sort(once)][: round(per_month * share)]
        if len(taken):
            handed[evidence.lead[taken]] = True
            picked.append(taken)
            cuts.append(int(evidence.units[taken[-1]]))
        if not evidence.timed:
            break
    return np.concatenate([*picked, np.array([], dtype=np.intp)]).astype(np.intp), cuts or [UNITS]
