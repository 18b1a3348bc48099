"""Groups of leads side by side: what was promised to each, what came of it, and who is handed over.

A model that is right on average can be wrong for a group: promise it too little, or leave more of its coming wins
below the threshold than of others.  Whether that is unfair is for people to say; here is what they need for it, with
intervals, so that a small group is not judged by chance.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.bands import wilson_interval
from scoring.judged import Judged
from scoring.ranking import Vector

LEAST_LEADS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of leads with its 90 % interval; `value` is None where there are no leads to count."""

    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A group of leads.

    Parameters
    ----------
    name : str
        Which.
    leads, rows : int
        How many different leads, and how many of their snapshots.
    weight : float
        Of its snapshots, together.
    likelihood : float
        The mean of what was promised.
    rate : Rate
        What came of it.
    gap, gap_low, gap_high : float
        Promised less observed, with its interval: above zero, too much was promised.
    selected : Rate or None
        The share that reaches the threshold; None without one.
    found : Rate or None
        Of those who converted, the share that reaches the threshold.
    converts : Rate or None
        Of those who reach the threshold, the share that converted.
    """

    name: str
    leads: int
    rows: int
    weight: float
    likelihood: float
    rate: Rate
    gap: float
    gap_low: float
    gap_high: float
    selected: Rate | None = None
    found: Rate | None = None
    converts: Rate | None = None

    @property
    def holds(self) -> bool:
        """Whether what was promised lies within what chance allows."""
        return self.gap_low <= 0.0 <= self.gap_high

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON-ready values."""
        return asdict(self)


def segments(
    label: npt.ArrayLike,
    likelihood: npt.ArrayLike,
    segment: Sequence[str] | npt.NDArray[Any],
    *,
    weight: npt.ArrayLike | None = None,
    lead: Sequence[Hashable] | npt.NDArray[Any] | None = None,
    threshold: float | None = None,
    least: int = LEAST_LEADS,
    others: str = "others",
) -> list[Segment]:
    """Set what was promised to each group beside what came of it, and say who reaches the threshold.

    Parameters
    ----------
    label, likelihood : array-like of shape (n_rows,)
    segment : sequence of str, shape (n_rows,)
        The group of each row.
    weight : array-like of shape (n_rows,), optional
    lead : sequence of shape (n_rows,), optional
        Whose snapshot a row is; by default each is a lead's only one.  Snapshots of a lead share its outcome: they say
        less than as many leads would.
    threshold : float, optional
        From which likelihood a lead is handed over.
    least : int
        Groups with fewer leads are counted together.
    others : str
        The name of these.

    Returns
    -------
    list of Segment
        The largest first, those counted together last.  Intervals are Wilson's, with Kish's effective number of leads
        (Kish, L. (1965), Survey sampling).

    Examples
    --------
    >>> found = segments([1, 0, 0, 0], [0.6, 0.4, 0.1, 0.1], ["a", "a", "b", "b"], threshold=0.5, least=1)
    >>> [(one.name, one.leads, one.likelihood, one.rate.value, one.selected.value) for one in found]
    [('a', 2, 0.5, 0.5, 0.5), ('b', 2, 0.1, 0.0, 0.0)]
    """
    judged = Judged.of(label, likelihood, weight)
    whose = (
        np.arange(len(judged.label)) if lead is None else np.unique(np.asarray(lead), return_inverse=True)[1]
    )
    names = np.asarray(segment, dtype=object)
    names = _pooled(names, whose, least, others)
    found = [
        _segment(name, judged, whose, np.flatnonzero(names == name), threshold)
        for name in dict.fromkeys(names.tolist())
        if judged.weight[names == name].sum() > 0
    ]
    return sorted(found, key=lambda one: (one.name == others, -one.weight, one.name))


def _pooled(
    names: npt.NDArray[np.object_], whose: npt.NDArray[np.intp], least: int, others: str
) -> npt.NDArray[np.object_]:
    small = {name for name in set(names.tolist()) if len(np.unique(whose[names == name])) < least}
    return np.array([others if name in small else name for name in names.tolist()], dtype=object)


def _segment(
    name: str,
    judged: Judged,
    whose: npt.NDArray[np.intp],
    rows: npt.NDArray[np.intp],
    threshold: float | None,
) -> Segment:
    y, p, w, of = judged.label[rows], judged.likelihood[rows], judged.weight[rows], whose[rows]
    rate, promised = _rate(y, w, of), float(w @ p / w.sum())
    observed = rate.value or 0.0
    more: dict[str, Rate] = {}
    if threshold is not None:
        above = (p >= threshold).astype(np.float64)
        more = {
            "selected": _rate(above, w, of),
            "found": _rate(above, w * y, of),
            "converts": _rate(y, w * above, of),
        }
    return Segment(
        name=name, leads=len(np.unique(of)), rows=len(rows), weight=float(w.sum()), likelihood=promised, rate=rate,
        gap=promised - observed, gap_low=promised - rate.high, gap_high=promised - rate.low, **more,
    )  # fmt: skip


def _rate(hit: Vector, weight: Vector, lead: npt.NDArray[np.intp]) -> Rate:
    """A weighted share, as sure as so many leads allow."""
    total = float(weight.sum())
    if not total:
        return Rate(value=None, low=0.0, high=1.0)
    by_lead = np.bincount(lead, weights=weight)
    effective = total**2 / float(by_lead @ by_lead)
    value = float(weight @ hit) / total
    low, high = wilson_interval(value * effective, effective)
    return Rate(value=value, low=min(float(low), value), high=max(float(high), value))
