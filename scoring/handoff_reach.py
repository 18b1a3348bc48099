"""Which leads would have reached each threshold, and what came of them, counted as often as they are drawn.

A lead reaches the thresholds between the highest likelihood that it had before and the one that it has now.  All
sums are exact (see :class:`scoring.handoff_evidence.Evidence`), so what is said of a threshold depends on no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.handoff_evidence import Evidence, Floats, Integers

DRAWS: Final = 200
# The rows of what is summed.
HANDOFFS, CONVERSIONS, KNOWN, WINS, WON = range(5)
SUMS: Final = 5
Rows = npt.NDArray[np.intp]


def draws(many: int, rng: np.random.Generator) -> Iterator[Integers]:
    """How often each of so many counts, drawn anew each time; the number of all varies too, as from month to month.

    Parameters
    ----------
    many : int
        How many leads or answers there are.
    rng : numpy.random.Generator
        What draws.
    """
    for _ in range(DRAWS):
        yield np.bincount(rng.integers(0, many, rng.poisson(many)), minlength=many)


class Reached:
    """For each threshold the row in which each lead reaches it first, summed with any weights of leads.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    at : array of int, shape (n_thresholds,)
        Thresholds in millionths, ascending.
    """

    def __init__(self, evidence: Evidence, at: Integers) -> None:
        rows = evidence.moments
        low = np.searchsorted(at, evidence.below[rows], side="right")
        high = np.searchsorted(at, evidence.units[rows], side="right")
        used = low < high
        self._fill(evidence, rows[used], low[used], high[used], len(at))

    @classmethod
    def rows(cls, evidence: Evidence, rows: Rows) -> Reached:
        """The same where the rows are known: one threshold, reached in each of them."""
        made = cls.__new__(cls)
        made._fill(evidence, rows, np.zeros(len(rows), dtype=np.intp), np.ones(len(rows), dtype=np.intp), 1)
        return made

    def _fill(self, evidence: Evidence, rows: Rows, low: Rows, high: Rows, size: int) -> None:
        # A row counts for the thresholds from `low` up to `high`.
        self._size = size
        values = _columns(evidence, rows)
        self._all_known = bool(values[KNOWN].all())
        self._parts = [
            (low[some], high[some], evidence.lead[rows[some]], one[some])
            for one in values
            for some in (np.flatnonzero(one),)
        ]

    def sums(self, times: Integers | None = None) -> Floats:
        """Per kind of sum and threshold, shape (5, n_thresholds).

        Parameters
        ----------
        times : array of int, shape (n_leads,), optional
            How often each lead counts; by default once.
        """
        edge = self._size + 1
        out = np.empty((SUMS, self._size))
        for kind, (low, high, lead, value) in enumerate(self._parts):
            if kind == KNOWN and self._all_known:
                out[KNOWN] = out[HANDOFFS]
                continue
            weight = value if times is None else value * times[lead]
            change = np.bincount(low, weight, edge) - np.bincount(high, weight, edge)
            out[kind] = np.cumsum(change)[: self._size]
        return out


def _columns(evidence: Evidence, rows: Rows) -> tuple[Floats, ...]:
    """The values of rows, per kind of sum."""
    won, label = evidence.won[rows], evidence.won_label[rows]
    return (
        np.ones(len(rows)), evidence.label[rows], np.isfinite(won).astype(np.float64),
        np.nan_to_num(won), np.nan_to_num(label),
    )  # fmt: skip
