"""What every threshold would have brought in a month: handoffs, conversions, acceptances, wins, revenue.

Values are counts of the test over its months.  Intervals hold 90 % of 200 draws of leads, each with all its
snapshots; the number of leads varies too, as it does from month to month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from scoring.handoff_evidence import MONTH, Answers, Evidence, Floats, Integers
from scoring.policy import UNITS

DRAWS: Final = 200
THRESHOLDS: Final = 100
CERTAINTY: Final = 0.9
# The rows of what is summed.
HANDOFFS, CONVERSIONS, KNOWN, WINS, WON = range(5)
SUMS: Final = 5


class Expected(NamedTuple):
    """What is to be expected, with its 90 % interval; None where it is not known."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What a threshold brings in a month.

    Parameters
    ----------
    threshold : float
        The likelihood from which leads are handed over.
    handoffs, conversions : Expected
        Leads that reach it, and those of them that reach the target within its horizon.
    precision : Expected
        Conversions ÷ handoffs.
    acceptance, acceptances : Expected
        The share of handoffs that sales accepts, and how many these are.
    wins, revenue : Expected
        Deals won, and what they bring.
    worth : float or None
        What a lead just at the threshold earns.
    """

    threshold: float
    handoffs: Expected
    conversions: Expected
    precision: Expected
    acceptance: Expected
    acceptances: Expected
    wins: Expected
    revenue: Expected
    worth: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON-ready values."""
        names = ("handoffs", "conversions", "precision", "acceptance", "acceptances", "wins", "revenue")
        told = {name: getattr(self, name)._asdict() for name in names}
        return {"threshold": self.threshold, **told, "worth": self.worth}


class Grid(NamedTuple):
    """Thresholds in millionths, ascending, with what each brings in a month, without intervals."""

    at: Integers
    handoffs: Floats
    wins: Floats
    acceptance: Floats
    decided: Integers

    @classmethod
    def of(cls, evidence: Evidence, at: Integers, answers: Answers | None) -> Grid:
        """Count for each threshold."""
        sums = _Reached(evidence, at).sums()
        rates, decided = acceptance_rates(answers, at)
        return cls(at, sums[HANDOFFS] / evidence.months, _wins(sums) / evidence.months, rates, decided)

    def near(self, threshold: float) -> tuple[float, float]:
        """Handoffs and wins of the highest of these thresholds that is not above another."""
        place = max(int(np.searchsorted(self.at, round(threshold * UNITS), side="right")) - 1, 0)
        return float(self.handoffs[place]), float(self.wins[place])


def readable_grid(evidence: Evidence) -> Integers:
    """Every threshold of at most three digits between the least and the most likely lead.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    """
    digits = np.arange(100, 1000)
    decades = [digits * 10**power for power in range(4)]
    every = np.concatenate([[0], np.arange(1, 100), *decades, [UNITS]])
    rows = evidence.units[evidence.counts] if evidence.counts.any() else evidence.units
    lowest = every[np.searchsorted(every, rows.min(), side="right") - 1]
    found: Integers = every[(every >= lowest) & (every <= rows.max())]
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


class Curve:
    """The points of many thresholds, with intervals.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    at : array of int
        Thresholds in millionths, ascending.
    answers : Answers or None
        What sales said of earlier handoffs.
    amount : float or None
        What a won deal brings.
    margin : float
        The share of it that is earned.
    seed : int
        Of the draws.
    """

    def __init__(
        self,
        evidence: Evidence,
        at: Integers,
        answers: Answers | None = None,
        amount: float | None = None,
        margin: float = 1.0,
        seed: int = 0,
    ) -> None:
        self.amount, self.answers, self.seed = amount, answers, seed
        reached = _Reached(evidence, at)
        worth = marginal_won(evidence, at) * (amount or np.nan) * margin
        self.points = self.points_of(evidence, at, reached, worth)

    def points_of(
        self, evidence: Evidence, at: Integers, reached: _Reached, worth: Floats
    ) -> tuple[Point, ...]:
        """The points of what was reached."""
        sums = reached.sums()
        rng = np.random.default_rng(self.seed)
        drawn = np.array([reached.sums(times) for times in _draws(evidence.leads, rng)])
        rates, drawn_rates = self._acceptance(at, rng)
        return tuple(
            self._point(
                float(at[k]) / UNITS, sums[:, k], drawn[:, :, k], rates[k], drawn_rates[:, k],
                evidence.months, worth[k],
            )
            for k in range(len(at))
        )  # fmt: skip

    def _acceptance(self, at: Integers, rng: np.random.Generator) -> tuple[Floats, Floats]:
        rates, _ = acceptance_rates(self.answers, at)
        if self.answers is None or not len(self.answers):
            return rates, np.full((DRAWS, len(at)), np.nan)
        draws = [acceptance_rates(self.answers, at, t)[0] for t in _draws(len(self.answers), rng)]
        return rates, np.array(draws)

    def _point(
        self,
        threshold: float,
        sums: Floats,
        drawn: Floats,
        rate: float,
        drawn_rate: Floats,
        months: float,
        worth: float,
    ) -> Point:
        each, draws = sums / months, drawn.T / months
        wins = _expected_wins(each, draws)
        bring = self.amount
        return Point(
            threshold=threshold,
            handoffs=_expected(each[HANDOFFS], draws[HANDOFFS]),
            conversions=_expected(each[CONVERSIONS], draws[CONVERSIONS]),
            precision=_expected(_over(each[CONVERSIONS], each[HANDOFFS]), _over(draws[CONVERSIONS], draws[HANDOFFS])),
            acceptance=_expected(rate, drawn_rate),
            acceptances=_expected(rate * each[HANDOFFS], drawn_rate * draws[HANDOFFS]),
            wins=wins,
            revenue=Expected() if bring is None else Expected(*(None if w is None else w * bring for w in wins)),
            worth=None if np.isnan(worth) else float(worth),
        )  # fmt: skip


def top_k_point(evidence: Evidence, per_month: int, curve: Curve) -> Point:
    """What handing over so many a month would have brought: each month the likeliest that were not handed over yet.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    per_month : int
        How many a month.
    curve : Curve
        Gives amount, acceptance and seed.
    """
    picked, cuts = _picked(evidence, max(per_month, 1))
    cut = np.array([int(np.median(cuts))])
    return curve.points_of(evidence, cut, _Reached.rows(evidence, picked), np.array([np.nan]))[0]


def _picked(evidence: Evidence, per_month: int) -> tuple[npt.NDArray[np.intp], list[int]]:
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


def acceptance_rates(
    answers: Answers | None, at: Integers, times: Integers | None = None
) -> tuple[Floats, Integers]:
    """The share of decided handoffs at or above each threshold that sales accepted, and how many were decided.

    Parameters
    ----------
    answers : Answers or None
        What sales said.
    at : array of int
        Thresholds in millionths, ascending.
    times : array of int, optional
        How often each answer counts.
    """
    if answers is None or not len(answers):
        return np.full(len(at), np.nan), np.zeros(len(at), dtype=np.int64)
    weight = answers.weight if times is None else answers.weight * times
    place = np.searchsorted(at, answers.units, side="right")

    def above(values: Floats) -> Floats:
        counted: Floats = np.cumsum(_counted(place, values, len(at) + 1)[::-1])[::-1][1:]
        return counted

    decided = above(np.ones(len(place))).astype(np.int64)
    return _over(above(weight * answers.accepted), above(weight)), decided


def marginal_won(evidence: Evidence, at: Integers) -> Floats:
    """How likely a lead just at each threshold is won, rising with the threshold; NaN where nobody knows.

    Parameters
    ----------
    evidence : Evidence
        What was tested.
    at : array of int
        Thresholds in millionths, ascending.
    """
    rows = evidence.moments
    step = np.searchsorted(at, evidence.units[rows], side="right") - 1
    last = np.append(evidence.lead[rows][1:] != evidence.lead[rows][:-1], True) if len(rows) else rows > 0
    used = last & (step >= 0) & np.isfinite(evidence.won[rows])
    count = _counted(step[used], np.ones(int(used.sum())), len(at))
    total = _counted(step[used], evidence.won[rows][used], len(at))
    there = np.flatnonzero(count)
    if not len(there):
        return np.full(len(at), np.nan)
    rising = rising_means(total[there] / count[there], count[there])
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


# Sums over leads --------------------------------------------------------------------------------------


class _Reached:
    """For each threshold the row in which each lead reaches it first; summed with any weights of leads."""

    def __init__(self, evidence: Evidence, at: Integers) -> None:
        rows = evidence.moments
        low = np.searchsorted(at, evidence.below[rows], side="right")
        high = np.searchsorted(at, evidence.units[rows], side="right")
        used = low < high
        self._fill(evidence, rows[used], low[used], high[used], len(at))

    @classmethod
    def rows(cls, evidence: Evidence, rows: npt.NDArray[np.intp]) -> _Reached:
        """The same where the rows are known: one threshold, reached in each of them."""
        made = cls.__new__(cls)
        made._fill(evidence, rows, np.zeros(len(rows), dtype=np.intp), np.ones(len(rows), dtype=np.intp), 1)
        return made

    def _fill(
        self,
        evidence: Evidence,
        rows: npt.NDArray[np.intp],
        low: npt.NDArray[np.intp],
        high: npt.NDArray[np.intp],
        size: int,
    ) -> None:
        self.size = size
        # A row counts for the thresholds from `low` up to `high`: one number per pair of them.
        span, lead = low * (size + 1) + high, evidence.lead[rows]
        won, label = evidence.won[rows], evidence.won_label[rows]
        columns = (
            np.ones(len(rows)), evidence.label[rows], np.isfinite(won).astype(np.float64),
            np.nan_to_num(won), np.nan_to_num(label),
        )  # fmt: skip
        self._parts = [(span[some], lead[some], column[some]) for column in columns
                       for some in (np.flatnonzero(column),)]  # fmt: skip

    def sums(self, times: Integers | None = None) -> Floats:
        """Per kind of sum and threshold; each lead counts as often as `times` says."""
        edge = self.size + 1
        out = np.empty((SUMS, self.size))
        for kind, (span, lead, value) in enumerate(self._parts):
            weight = value if times is None else value * times[lead]
            spans = _counted(span, weight, edge * edge).reshape(edge, edge)
            out[kind] = np.cumsum(spans.sum(axis=1) - spans.sum(axis=0))[: self.size]
        return out


def _counted(place: npt.NDArray[np.intp], values: Floats, size: int) -> Floats:
    """The sum of the values at each place."""
    return np.asarray(np.bincount(place, values, size), dtype=np.float64)


def _draws(many: int, rng: np.random.Generator) -> Iterator[Integers]:
    for _ in range(DRAWS):
        yield np.bincount(rng.integers(0, many, rng.poisson(many)), minlength=many)


def _wins(sums: Floats, kind: int = WINS) -> Floats:
    """Wins of all handoffs, where only some of them are known to the model of *won*."""
    wins: Floats = sums[HANDOFFS] * _over(sums[kind], sums[KNOWN])
    return wins


def _over(one: Any, other: Any) -> Any:
    """A ratio; NaN where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(other) > 0, np.asarray(one) / np.asarray(other), np.nan)[()]


def _expected_wins(each: Floats, draws: Floats) -> Expected:
    """Wins by their likelihood; the interval is that of the likelihoods or of what was won, whichever is wider."""
    value = float(_wins(each))
    if np.isnan(value):
        return Expected()
    said = _expected(value, _wins(draws))
    seen = _expected(value, _wins(draws, WON) - float(_wins(each, WON)) + value)
    lows = [one.low for one in (said, seen) if one.low is not None]
    highs = [one.high for one in (said, seen) if one.high is not None]
    return Expected(value, min(lows, default=None), max(highs, default=None))


def _expected(value: float, drawn: Floats) -> Expected:
    held = drawn[np.isfinite(drawn)]
    if np.isnan(value):
        return Expected()
    if not len(held):
        return Expected(float(value))
    tail = (1 - CERTAINTY) / 2
    low, high = np.quantile(held, [tail, 1 - tail])
    return Expected(float(value), min(max(float(low), 0.0), float(value)), max(float(high), float(value)))
