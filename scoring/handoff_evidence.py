"""What held-out predictions say of handing over: who would have reached a likelihood, when, and what came of it.

A lead is handed over once, the first time that its likelihood reaches the threshold.  So of its snapshots only
those count in which it was likelier than ever before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.errors import DataError
from scoring.policy import UNITS, selection_weights

DAY: Final = 86_400.0
MONTH: Final = 365.25 / 12 * DAY
NEVER: Final = -1
# What is summed is rounded to this: so fine that nobody sees it, so coarse that sums are exact in any order, and what
# is said of a threshold is the same to the last digit whatever else is asked.
FINEST: Final = 2.0**-32
Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a model said of leads that it had not seen, and what came of them.

    Parameters
    ----------
    version : str
        The model.
    lead_id : pyarrow string array, n_rows long
        The lead of each row.
    as_of : array of float, shape (n_rows,)
        The time as which it was seen, in seconds since 1970 UTC; NaN where there is none.
    creation : array of bool, shape (n_rows,)
        Whether it was just created then.
    likelihood : array of float, shape (n_rows,)
        What was said.
    label : array of int, shape (n_rows,)
        1 where it reached the target within the horizon.
    """

    version: str
    lead_id: pa.Array
    as_of: Floats
    creation: Mask
    likelihood: Floats
    label: Integers

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.likelihood)


@dataclass(frozen=True, slots=True)
class Answers:
    """What sales said of leads that were handed over.

    Parameters
    ----------
    likelihood : array of float, shape (n_decided,)
        Of each lead, when it was handed over.
    accepted : array of bool, shape (n_decided,)
        Whether sales took it.
    drawn : array of float, shape (n_decided,)
        With what probability it was handed over.
    """

    likelihood: Floats
    accepted: Mask
    drawn: Floats

    def __len__(self) -> int:
        """Number of decided handoffs."""
        return len(self.likelihood)

    @property
    def units(self) -> Integers:
        """The likelihoods in millionths."""
        return _units(self.likelihood)

    @property
    def weight(self) -> Floats:
        """How many leads each stands for: those below the threshold were drawn among others like them."""
        return exact(selection_weights(self.drawn))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The tested snapshots of a model, in order of lead and time.

    Parameters
    ----------
    version : str
        The model.
    lead : array of int, shape (n_rows,)
        The lead of each row, numbered.
    as_of : array of float, shape (n_rows,)
        Seconds since 1970 UTC; 0 where there is no time.
    units : array of int, shape (n_rows,)
        The likelihood in millionths.
    below : array of int, shape (n_rows,)
        The highest that the lead had before; -1 at its first row.
    counts : array of bool, shape (n_rows,)
        Whether the lead can be handed over here.  One that was there before the test began and is at a threshold
        when first seen was handed over earlier.
    label : array of float, shape (n_rows,)
        1 where the lead reached the target.
    won, won_label : array of float, shape (n_rows,)
        By the model of *won*: the likelihood of winning, rounded so that sums are exact, and whether it was won; NaN
        where that is not known.
    first : array of int, shape (n_new,)
        The likelihoods, in millionths, at which the leads of these months were first seen.
    leads : int
        How many leads there are.
    months : float
        In how many months of the test leads came.
    begin : float
        When the first of them came, seconds since 1970 UTC.
    timed : bool
        Whether rows have times.
    """

    version: str
    lead: Integers
    as_of: Floats
    units: Integers
    below: Integers
    counts: Mask
    label: Floats
    won: Floats
    won_label: Floats
    first: Integers
    leads: int
    months: float
    begin: float
    timed: bool

    @classmethod
    def of(cls, given: HeldOut, won: HeldOut | None = None, leads_per_month: float | None = None) -> Evidence:
        """From held-out predictions.

        Parameters
        ----------
        given : HeldOut
            Of the model whose likelihood decides.
        won : HeldOut, optional
            Of the model of *won*: each row takes what that said of the lead at the nearest time.
        leads_per_month : float, optional
            How many leads come in a month; by default what the test shows.

        Raises
        ------
        DataError
            If there are no rows, or rows have no time and nobody says how many leads come in a month.
        """
        if not len(given):
            raise DataError(
                f"Model {given.version} has no held-out predictions, so nothing can be proposed from it. "
                "Train one: leadloop train."
            )
        timed = bool(np.isfinite(given.as_of).any())
        coded = given.lead_id.dictionary_encode()
        code = coded.indices.to_numpy().astype(np.int64)
        as_of = np.nan_to_num(given.as_of, nan=0.0)
        order = np.lexsort((as_of, code))
        lead, as_of, units = code[order], as_of[order], _units(given.likelihood[order])
        first = np.append(True, lead[1:] != lead[:-1])
        new = _new(given.creation[order], lead)
        odds, label = _nearest(won, coded.dictionary, lead, as_of)
        leads = len(coded.dictionary)
        # Where the test saw older leads for months before and after, in those no new ones came that could be counted.
        came = as_of[first & new[lead]]
        return cls(
            version=given.version, lead=lead, as_of=as_of, units=units, below=_highest_before(lead, units, first),
            counts=new[lead] | ~first, label=given.label[order].astype(np.float64), won=exact(odds), won_label=label,
            first=units[first & new[lead]], leads=leads, timed=timed,
            months=_months(came if timed else None, int(new.sum()), leads_per_month),
            begin=float(came.min()),
        )  # fmt: skip

    @property
    def knows_won(self) -> bool:
        """Whether a model of *won* says anything of these leads."""
        return bool(np.isfinite(self.won).any())

    @property
    def moments(self) -> npt.NDArray[np.intp]:
        """The rows in which a lead was likelier than ever before, and can be handed over."""
        return np.flatnonzero(self.counts & (self.units > self.below))

    def first_below(self, at: Integers) -> Integers:
        """How many leads are below each threshold when they are first seen."""
        return np.searchsorted(np.sort(self.first), at, side="left")

    def by_month(self, at: Integers) -> tuple[Integers, Integers] | None:
        """The least and the most that each threshold would have handed over in a whole month of the test."""
        slots = int(self.months) if self.timed else 0
        if slots < 1:
            return None
        rows = self.moments
        slot = np.floor((self.as_of[rows] - self.begin) / MONTH).astype(int)
        counted = np.array([self._handed(rows[slot == month], at) for month in range(slots)])
        return counted.min(axis=0), counted.max(axis=0)

    def _handed(self, rows: npt.NDArray[np.intp], at: Integers) -> Integers:
        """How many of these rows reach each threshold first."""
        come, before = np.sort(self.units[rows]), np.sort(self.below[rows])
        return np.searchsorted(before, at, side="left") - np.searchsorted(come, at, side="left")


def exact(values: Floats) -> Floats:
    """Values whose sums are exact in any order: rounded to a fraction of two."""
    rounded: Floats = np.rint(values / FINEST) * FINEST
    return rounded


def _units(likelihood: Floats) -> Integers:
    return np.rint(likelihood * UNITS).astype(np.int64)


def _new(creation: Mask, lead: Integers) -> Mask:
    """Whether each lead appeared in these months; where no row is a creation, each row is a lead of its own time."""
    new = np.zeros(int(lead[-1]) + 1, dtype=bool)
    new[lead[creation]] = True
    return new if creation.any() else ~new


def _highest_before(lead: Integers, units: Integers, first: Mask) -> Integers:
    apart = 2 * UNITS * lead
    before = np.empty_like(units)
    before[1:] = (np.maximum.accumulate(units + apart) - apart)[:-1]
    before[first] = NEVER
    return before


def _months(as_of: Floats | None, new: int, leads_per_month: float | None) -> float:
    if leads_per_month is not None:
        if leads_per_month <= 0:
            raise DataError("The leads of a month must be more than 0.")
        return new / leads_per_month
    if as_of is None:
        raise DataError(
            "The held-out predictions have no times, so nobody knows how many leads come in a month. "
            "Say it: --leads-per-month N, or leads_per_month in a call."
        )
    return max(float(as_of.max() - as_of.min()), DAY) / MONTH


def _nearest(won: HeldOut | None, names: pa.Array, lead: Integers, as_of: Floats) -> tuple[Floats, Floats]:
    """What the model of *won* said of each row's lead at the nearest time, and what came of it."""
    nothing = np.full(len(lead), np.nan), np.full(len(lead), np.nan)
    if won is None or not len(won):
        return nothing
    code = pc.fill_null(pc.index_in(won.lead_id, value_set=names), -1).to_numpy().astype(np.int64)
    rows = np.flatnonzero(code >= 0)
    if not len(rows):
        return nothing
    begin = min(float(as_of.min()), float(np.nanmin(won.as_of, initial=np.inf)))
    own = np.rint(as_of - begin).astype(np.int64)
    its = np.rint(np.nan_to_num(won.as_of[rows], nan=begin) - begin).astype(np.int64)
    apart = int(max(own.max(), its.max())) + 1
    keys = code[rows] * apart + its
    order = np.argsort(keys, kind="stable")
    keys, rows = keys[order], rows[order]
    place = _nearest_of(keys, apart, lead, own)
    known = place >= 0
    odds = np.where(known, won.likelihood[rows[place]], np.nan)
    return odds, np.where(known, won.label[rows[place]].astype(np.float64), np.nan)


def _nearest_of(keys: Integers, apart: int, lead: Integers, own: Integers) -> Integers:
    """The place of the nearest key of the same lead, the earlier one where two are as near; -1 without one."""
    wanted = lead * apart + own
    after = np.searchsorted(keys, wanted)
    best = np.full(len(wanted), -1, dtype=np.int64)
    distance = np.full(len(wanted), apart, dtype=np.int64)
    for candidate in (after - 1, after):
        there = np.clip(candidate, 0, len(keys) - 1)
        away = np.abs(keys[there] - wanted)
        nearer = (candidate == there) & (keys[there] // apart == lead) & (away < distance)
        best[nearer], distance[nearer] = there[nearer], away[nearer]
    return best
