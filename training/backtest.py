"""The backtest: what each candidate would have said of leads it had not seen, and what that was worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import Parallel, delayed

from scoring.bands import Coverage, coverage_of_bands
from scoring.bootstrap import Bootstrap, paired_bootstrap
from scoring.scorecard import logistic_array
from training.calibration import KINDS, Kind, Sigmoid, fit_sigmoid, rate_interval
from training.candidates import (
    BASE_RATE,
    BOOSTING,
    FREQUENCIES,
    LOGISTIC,
    NEWEST,
    POINTS,
    SCORECARD,
    judge_fold,
)
from training.choice import Leads, fold_odds, simplest, surprise
from training.folds import Plan
from training.recipe import Recipe

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Held-out predictions and what they were worth.

    Parameters
    ----------
    plan : Plan
        The folds.
    chosen : list of Recipe
        The scorecard's recipe per fold, chosen without it.
    rows, fold : array of int, shape (n_tested,)
        Which lead, and which fold tested it.
    likelihoods : dict of str to array of float, shape (n_tested,)
        Per candidate.
    bootstrap : Bootstrap
        Metrics with intervals, compared with the scorecard.
    coverage : Coverage or None
        Whether the interval of the likelihood held on folds it was not made from.
    """

    plan: Plan
    chosen: list[Recipe]
    rows: npt.NDArray[np.intp]
    fold: npt.NDArray[np.intp]
    likelihoods: dict[str, Floats]
    bootstrap: Bootstrap
    coverage: Coverage | None

    def frame(
        self,
        leads: Leads,
        lead_ids: Sequence[str],
        use: npt.NDArray[np.str_] | None = None,
        candidate: str = SCORECARD,
    ) -> pd.DataFrame:
        """Rows of the store's ``backtest`` table.

        Parameters
        ----------
        leads : Leads
            All leads.
        lead_ids : sequence of str
            The id of each.
        use : array of str, optional
            What each row is like: ``creation`` or ``open``.
        candidate : str
            Whose likelihoods.
        """
        rows = self.rows
        alike = "creation" if leads.time is None else "open"
        return pd.DataFrame(
            {
                "lead_id": np.asarray(lead_ids, dtype=object)[rows],
                "as_of": None if leads.time is None else pd.to_datetime(leads.time[rows], unit="s", utc=True),
                "use": alike if use is None else use[rows],
                "fold": self.fold,
                "likelihood": self.likelihoods[candidate],
                "label": leads.label[rows],
                "weight": leads.weight[rows],
            }
        )


def run_backtest(
    leads: Leads,
    plan: Plan,
    chosen: list[Recipe],
    *,
    points: Floats | None = None,
    pairs: int,
    seed: int,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda _: None,
    cached: Callable[..., tuple[Floats, list[int]]] = fold_odds,
    known: Mapping[tuple[Recipe, int], Floats] = MappingProxyType({}),
) -> Backtest:
    """Judge the scorecard and all it is compared with on the same held-out leads.

    Parameters
    ----------
    leads : Leads
        All leads.
    plan : Plan
        The folds.
    chosen : list of Recipe
        The scorecard's recipe per fold, chosen without it.
    points : array of float, shape (n_leads,), optional
        What the user's own rule gives.
    pairs, seed, jobs : int
        As in :func:`training.choice.try_grid`.
    progress, cached : callable, optional
        As in :func:`training.choice.try_grid`.
    known : mapping, optional
        As in :func:`held_out`.
    """
    own = held_out(
        leads, plan, chosen, pairs=pairs, seed=seed, jobs=jobs, progress=progress, cached=cached, known=known
    )
    labels = [leads.label[fold.test] for fold in plan.folds]
    weights = [leads.weight[fold.test] for fold in plan.folds]
    learned_from = [plan.others(k) for k in range(len(plan.folds))]
    sigmoids = [calibrate(plan, own, labels, weights, others) for others in learned_from]
    calibrated = [sigmoid(z) for sigmoid, z in zip(sigmoids, own, strict=True)]
    names = _names(leads, points)
    found = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(judge_fold)(leads, fold, names, seed, points) for fold in plan.folds
    )
    likelihoods: dict[str, list[Floats]] = {name: [] for name in names}
    for k, of_fold in enumerate(found):
        for name, values in of_fold.items():
            likelihoods[name].append(values)
        progress(f"comparison {k + 1} of {len(plan.folds)}")
    everything = {SCORECARD: logistic_array(np.concatenate(calibrated))}
    everything |= {name: np.concatenate(values) for name, values in likelihoods.items()}
    rows, fold_of = plan.tested, np.repeat(np.arange(len(plan.folds)), [len(f.test) for f in plan.folds])
    return Backtest(
        plan,
        chosen,
        rows,
        fold_of,
        everything,
        paired_bootstrap(
            leads.label[rows], everything, seed=seed, weight=leads.weight[rows],
            groups=plan.clusters[rows], block=fold_of, reference=SCORECARD,
        ),
        _coverage(calibrated, labels, weights, plan, learned_from, seed),
    )  # fmt: skip


def _names(leads: Leads, points: Floats | None) -> list[str]:
    names = [BASE_RATE]
    if leads.time is not None:
        names.append(NEWEST)
    if points is not None:
        names.append(POINTS)
    return [*names, FREQUENCIES, LOGISTIC, BOOSTING]


def held_out(
    leads: Leads,
    plan: Plan,
    recipes: Sequence[Recipe],
    *,
    pairs: int,
    seed: int,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda _: None,
    cached: Callable[..., tuple[Floats, list[int]]] = fold_odds,
    known: Mapping[tuple[Recipe, int], Floats] = MappingProxyType({}),
) -> list[Floats]:
    """Log-odds of each fold's test rows under a recipe of its own, fitted to all its training rows.

    Parameters
    ----------
    leads : Leads
        All leads.
    plan : Plan
        The folds.
    recipes : sequence of Recipe
        One per fold.
    pairs, seed, jobs, progress, cached
        As in :func:`training.choice.try_grid`.
    known : mapping of (Recipe, int) to array of float, optional
        What was fitted before.
    """
    wanted = list(enumerate(recipes))
    odds = {k: known[recipe, k] for k, recipe in wanted if (recipe, k) in known}
    lacking = [(k, recipe) for k, recipe in wanted if k not in odds]
    found = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(cached)(leads, plan.folds[k], [recipe], pairs, seed) for k, recipe in lacking
    )
    for (k, _), (of_recipe, _) in zip(lacking, found, strict=True):
        odds[k] = of_recipe[0]
        progress(f"scorecard on fold {k + 1} of {len(plan.folds)}")
    return [odds[k] for k, _ in wanted]


def calibrate(
    plan: Plan,
    odds: Sequence[Floats],
    labels: Sequence[npt.NDArray[np.int_]],
    weights: Sequence[Floats],
    folds: Sequence[int],
) -> Sigmoid:
    """The calibration that some folds ask for.

    Forward in time a calibration learned from earlier blocks is used only if, learned the same way, it would
    have helped on the blocks that followed: in a market that drifts, yesterday's correction can be wrong today.

    Parameters
    ----------
    plan : Plan
        The folds.
    odds, labels, weights : sequence of array
        Held-out log-odds, conversions and weights per fold.
    folds : sequence of int
        The folds that may speak.
    """
    if not len(folds):
        return Sigmoid()
    kind: Kind = _helpful(plan, odds, labels, weights, folds) if plan.kind == "forward" else "full"
    return _fitted(kind, odds, labels, weights, folds)


def _fitted(
    kind: Kind,
    odds: Sequence[Floats],
    labels: Sequence[npt.NDArray[np.int_]],
    weights: Sequence[Floats],
    folds: Sequence[int],
) -> Sigmoid:
    joined = [np.concatenate([part[k] for k in folds]) for part in (odds, labels, weights)]
    return fit_sigmoid(*joined, kind)


def _helpful(
    plan: Plan,
    odds: Sequence[Floats],
    labels: Sequence[npt.NDArray[np.int_]],
    weights: Sequence[Floats],
    folds: Sequence[int],
) -> Kind:
    """The simplest calibration that no other beats by more than one standard error, each learned from earlier."""
    judged = [k for k in folds if k > min(folds)]
    if not judged:
        return "none"
    weight = np.concatenate([weights[k] for k in judged])
    clusters = plan.clusters[np.concatenate([plan.folds[k].test for k in judged])]
    losses = np.array([
        np.concatenate([
            surprise(labels[k], _fitted(kind, odds, labels, weights, [j for j in folds if j < k])(odds[k]))
            for k in judged
        ])
        for kind in KINDS
    ])  # fmt: skip
    return KINDS[simplest(losses, weight, clusters, range(len(KINDS)))]


def _coverage(
    odds: Sequence[Floats],
    labels: Sequence[Floats],
    weights: Sequence[Floats],
    plan: Plan,
    learned_from: Sequence[Sequence[int]],
    seed: int,
) -> Coverage | None:
    """Whether intervals made from some folds held on the fold they had not seen."""
    judged = [k for k, others in enumerate(learned_from) if others]
    if not judged:
        return None
    low, high = [], []
    for k in judged:
        others = learned_from[k]
        joined = [np.concatenate([part[j] for j in others]) for part in (odds, labels, weights)]
        clusters = plan.clusters[np.concatenate([plan.folds[j].test for j in others])]
        ends = rate_interval(*joined, clusters, seed=seed).at_array(odds[k])
        low.append(logistic_array(ends[0]))
        high.append(logistic_array(ends[1]))
    return coverage_of_bands(
        np.concatenate([labels[k] for k in judged]),
        np.concatenate(low),
        np.concatenate(high),
        logistic_array(np.concatenate([odds[k] for k in judged])),
    )
