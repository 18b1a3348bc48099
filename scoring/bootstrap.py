"""How sure a comparison of models is: draws of leads, the same for every candidate.

Leads are drawn with replacement, all their snapshots together.  Means are drawn exactly; the order of the
leads is kept in 1,000 bins per candidate, so that a draw costs one count per bin instead of a sort.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.bands import BANDS, CERTAINTY, quantile_bins
from scoring.errors import DataError
from scoring.judged import Judged
from scoring.metrics import LIFT_SHARE, METRICS, ORDER_METRICS, Metrics, checked_capacity, evaluate
from scoring.ranking import Vector, ratio

HISTOGRAM_BINS: Final = 1000
AT_MOST: Final = dict.fromkeys(("brier", "calibration_error", "auc", "average_precision", "capture"), 1.0)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 90 % interval and standard error over draws of leads (None: does not exist)."""

    value: float | None
    low: float | None
    high: float | None
    error: float | None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What the candidates are worth, alone and against the reference, on the same draws of leads.

    `estimates` and `differences` (candidate less reference) go by candidate, then by metric; `blocks`
    holds the exact metrics by block, then by candidate.
    """

    reference: str
    draws: int
    estimates: dict[str, dict[str, Estimate]]
    differences: dict[str, dict[str, Estimate]]
    blocks: dict[str, dict[str, Metrics]]

    def to_dict(self) -> dict[str, Any]:
        """Give all of it as JSON-ready values."""
        return asdict(self)


def paired_bootstrap(
    label: npt.ArrayLike,
    likelihoods: Mapping[str, npt.ArrayLike],
    *,
    seed: int,
    weight: npt.ArrayLike | None = None,
    groups: Sequence[Hashable] | npt.NDArray[Any] | None = None,
    block: Sequence[Hashable] | npt.NDArray[Any] | None = None,
    reference: str | None = None,
    capacity: float = LIFT_SHARE,
    draws: int = 200,
) -> Bootstrap:
    """Say whether one model is better than another, or whether other leads could have turned it round.

    Parameters
    ----------
    label : array-like of shape (n_rows,)
    likelihoods : mapping of candidate to array-like of shape (n_rows,)
    seed : int
    weight : array-like of shape (n_rows,), optional
    groups : sequence of shape (n_rows,), optional
        Whose rows are drawn together: the lead, or the week; by default each row for itself.
    block : sequence of shape (n_rows,), optional
        The forward block of each row; every block's exact metrics are given beside the whole.
    reference : str, optional
        The candidate to compare with; the first one by default.
    capacity : float or int
        As in `scoring.metrics.evaluate`.
    draws : int

    Returns
    -------
    Bootstrap
        Values are exact.  Intervals run from the 5th to the 95th percentile of the draws, moved so that
        their median is the exact value: this takes out what the 1,000 bins cost, and that redrawn leads
        always look a little worse calibrated.  `error` is the standard deviation over the draws.  A draw
        in which a metric does not exist (no conversion drawn) is left out.

    Raises
    ------
    DataError
        If a column has another length, or no candidate or an unknown reference is named.

    Examples
    --------
    >>> outcome = paired_bootstrap([0, 1] * 50, {"base rate": [0.5] * 100, "model": [0.2, 0.8] * 50}, seed=1)
    >>> gain = outcome.differences["model"]["log_loss"]
    >>> round(gain.value, 3), gain.high < 0
    (-0.47, True)
    """
    judged = {name: Judged.of(label, likelihood, weight) for name, likelihood in likelihoods.items()}
    against = _reference(judged, reference)
    rows = judged[against]
    checked_capacity(capacity)
    cluster = _numbered(groups, len(rows.label), "groups")
    weights = _drawn_weights(rows.weight, cluster, draws, seed)
    drawn = dict(zip(judged, _draw([*judged.values()], weights, draws, capacity), strict=True))
    exact = {name: evaluate(j.label, j.likelihood, j.weight, capacity) for name, j in judged.items()}
    return Bootstrap(
        reference=against,
        draws=draws,
        estimates={
            name: {m: _estimate(getattr(exact[name], m), drawn[name][m], m) for m in METRICS}
            for name in judged
        },
        differences={
            name: {
                m: _estimate(
                    _less(getattr(exact[name], m), getattr(exact[against], m)),
                    drawn[name][m] - drawn[against][m],
                )
                for m in METRICS
            }
            for name in judged
            if name != against
        },
        blocks=_by_block(judged, block, capacity),
    )


class _Histogram:
    """One candidate's leads in bins, best first; every draw fills the same bins with other weights."""

    def __init__(self, judged: Judged, draws: int) -> None:
        bins = quantile_bins(judged.likelihood, judged.weight, HISTOGRAM_BINS)
        self.bins = int(bins.max(initial=-1)) + 1
        best_first = self.bins - 1 - bins
        self.cell = np.where(judged.label == 1, best_first, best_first + self.bins)
        size = np.bincount(best_first, minlength=self.bins)
        self.promise = np.bincount(best_first, judged.likelihood, self.bins) / np.maximum(size, 1)
        # The 1,000 bins lie within the 10 bands, so any row of a bin names the band of all.
        self.band = np.zeros(self.bins, np.intp)
        self.band[best_first] = quantile_bins(judged.likelihood, judged.weight, BANDS)
        self.weights = np.empty((draws, 2 * self.bins))

    def metrics(self, capacity: float) -> dict[str, Vector]:
        won, lost = self.weights[:, : self.bins], self.weights[:, self.bins :]
        gaps = ((won + lost) * self.promise - won) @ np.eye(BANDS)[self.band]
        found = {name: metric(won, lost, capacity) for name, metric in ORDER_METRICS.items()}
        return {"calibration_error": ratio(np.abs(gaps).sum(axis=1), self.weights.sum(axis=1)), **found}


def _draw(
    candidates: Sequence[Judged], weights: Iterator[Vector], draws: int, capacity: float
) -> list[dict[str, Vector]]:
    """Give, for each candidate, every metric in every draw; one draw's weights are held at a time."""
    histograms = [_Histogram(judged, draws) for judged in candidates]
    losses = np.column_stack([loss for j in candidates for loss in (j.surprise(), j.squared_error())])
    sums, total = np.empty((draws, losses.shape[1])), np.empty(draws)
    for draw, weight in enumerate(weights):
        sums[draw], total[draw] = weight @ losses, weight.sum()
        for histogram in histograms:
            histogram.weights[draw] = np.bincount(histogram.cell, weight, 2 * histogram.bins)
    means = ratio(sums, total[:, None])
    return [
        {"log_loss": means[:, 2 * i], "brier": means[:, 2 * i + 1], **histogram.metrics(capacity)}
        for i, histogram in enumerate(histograms)
    ]


def _drawn_weights(weight: Vector, cluster: npt.NDArray[np.intp], draws: int, seed: int) -> Iterator[Vector]:
    rng = np.random.default_rng(seed)
    clusters = int(cluster.max(initial=-1)) + 1
    for _ in range(draws):
        times = np.bincount(rng.integers(0, max(clusters, 1), clusters), minlength=clusters)
        yield weight * times[cluster]


def _estimate(value: float | None, drawn: Vector, metric: str | None = None) -> Estimate:
    held = drawn[np.isfinite(drawn)]
    if value is None or not len(held):
        return Estimate(value, None, None, None)
    tail = (1 - CERTAINTY) / 2
    low, middle, high = np.quantile(held, [tail, 0.5, 1 - tail])
    low, high = float(value + low - middle), float(value + high - middle)
    if metric:
        low, high = max(low, 0.0), min(high, AT_MOST.get(metric, np.inf))
    return Estimate(value, low, high, float(held.std()))


def _less(value: float | None, reference: float | None) -> float | None:
    return None if value is None or reference is None else value - reference


def _reference(judged: Mapping[str, Judged], reference: str | None) -> str:
    if not judged:
        raise DataError("A bootstrap needs the likelihoods of at least one candidate. Got none.")
    against = next(iter(judged)) if reference is None else reference
    if against not in judged:
        raise DataError(f"The reference must be one of the candidates {sorted(judged)}. Got {against!r}.")
    return against


def _numbered(
    names: Sequence[Hashable] | npt.NDArray[Any] | None, rows: int, what: str
) -> npt.NDArray[np.intp]:
    if names is None:
        return np.arange(rows)
    if len(names) != rows:
        raise DataError(f"The {what} of a bootstrap must have a value per row: {rows}. Got {len(names)}.")
    return np.unique(np.asarray(names), return_inverse=True)[1]


def _by_block(
    judged: Mapping[str, Judged], block: Sequence[Hashable] | npt.NDArray[Any] | None, capacity: float
) -> dict[str, dict[str, Metrics]]:
    if block is None:
        return {}
    number = _numbered(block, len(next(iter(judged.values())).label), "blocks")
    names = np.unique(np.asarray(block))
    blocks = {}
    for i, name in enumerate(names):
        rows = number == i
        blocks[str(name)] = {
            candidate: evaluate(j.label[rows], j.likelihood[rows], j.weight[rows], capacity)
            for candidate, j in judged.items()
        }
    return blocks
