"""One training run: from labelled leads to a scorecard, with all that was learned about it on the way."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Memory

from scoring.clean import Column
from scoring.features import Feature
from scoring.scorecard import Meta, Scorecard
from training.assemble import Held, assemble
from training.backtest import Backtest, calibrate, held_out, run_backtest
from training.calendar import Mirror, find_mirrors, mirror_sets
from training.calibration import Sigmoid, rate_interval
from training.candidates import BASE_RATE, SCORECARD
from training.choice import Leads, Tried, fit_recipes, fold_odds, grid, make_choice
from training.folds import Plan, plan_folds
from training.recipe import Learned, Recipe
from training.tables import MOST_PAIRS
from training.trunk import safe_log_odds

Floats = npt.NDArray[np.float64]
CACHE_BYTES = "1G"


@dataclass(frozen=True, slots=True)
class Effort:
    """How a run works.

    Parameters
    ----------
    folds : int
        Largest number of forward folds.
    pairs : int
        Largest number of two-feature tables.
    seed : int
        Seed of all draws.
    jobs : int
        Processes.
    cache : Path or None
        Folder in which fitted folds are kept, so that the same run again takes no time.
    brief : bool
        Whether only the settings are tried that are chosen most often: for whoever waits for it.
    """

    folds: int = 4
    pairs: int = MOST_PAIRS
    seed: int = 0
    jobs: int = 1
    cache: Path | None = None
    brief: bool = False

    def memory(self) -> Callable[..., tuple[Floats, list[int]]]:
        """:func:`training.choice.fold_odds`, remembering what it has fitted with these versions."""
        if self.cache is None:
            return fold_odds
        edition = "-".join(installed(name) for name in ("leadloop", "lightgbm", "scikit-learn", "numpy"))
        memory = Memory(self.cache / edition, verbose=0)
        memory.reduce_size(bytes_limit=CACHE_BYTES)
        remembered: Callable[..., tuple[Floats, list[int]]] = memory.cache(fold_odds)
        return remembered


@dataclass(frozen=True, slots=True)
class Trained:
    """A scorecard and everything that was learned about it.

    Parameters
    ----------
    scorecard : Scorecard
        What can go live.
    recipe : Recipe
        What it is made of.
    plan : Plan
        How it was judged.
    tried : Tried
        The grid.
    backtest : Backtest
        The comparison.
    mirrors : list of Mirror
        Features found to mirror the calendar.
    sigmoid : Sigmoid
        The calibration.
    fell_back : bool
        Whether nothing beat the base rate.
    seconds : dict of str to float
        How long each step took.
    known : array of float or None
        When each label was known.
    """

    scorecard: Scorecard
    recipe: Recipe
    plan: Plan
    tried: Tried
    backtest: Backtest
    mirrors: list[Mirror]
    sigmoid: Sigmoid
    fell_back: bool
    seconds: dict[str, float] = field(default_factory=dict)
    known: Floats | None = None


class Watch:
    """Tells the reader what is being done, and remembers how long it took.

    Parameters
    ----------
    tell : callable
        Told the name of each step as it begins, and of each finished part of it.
    """

    def __init__(self, tell: Callable[[str, str], None] = lambda *_: None) -> None:
        self.seconds: dict[str, float] = {}
        self._tell = tell
        self._step = ""
        self._since = clock.perf_counter()

    def step(self, name: str) -> None:
        """Begin a step."""
        self.stop()
        self._step = name
        self._tell(name, "")

    def part(self, what: str) -> None:
        """Tell of a finished part of the step."""
        self._tell(self._step, what)

    def stop(self) -> None:
        """End the step that is under way."""
        now = clock.perf_counter()
        if self._step:
            self.seconds[self._step] = self.seconds.get(self._step, 0.0) + now - self._since
        self._step, self._since = "", now


def train_scorecard(
    leads: Leads,
    meta: Meta,
    *,
    known: Floats | None = None,
    columns: Sequence[Column] = (),
    features: Sequence[Feature] = (),
    keep: Collection[str] = (),
    points: Floats | None = None,
    effort: Effort | None = None,
    watch: Watch | None = None,
) -> Trained:
    """Choose a recipe, judge it beside all that it must beat, and fit it to everything.

    Parameters
    ----------
    leads : Leads
        Labelled leads.
    meta : Meta
        What is predicted; rows, conversions and base rate are filled in.
    known : array of float, shape (n_leads,), optional
        When each label was known; by default when the lead was scored.
    columns, features : sequence
        How a raw lead is read; kept with the scorecard.
    keep : collection of str
        Features that stay even if they mirror the calendar.
    points : array of float, shape (n_leads,), optional
        What the user's own points rule gives.
    effort : Effort, optional
        How the run works.
    watch : Watch, optional
        Told of the progress.
    """
    effort, watch = effort or Effort(), watch or Watch()
    common: dict[str, Any] = {
        "pairs": effort.pairs, "seed": effort.seed, "jobs": effort.jobs,
        "progress": watch.part, "cached": effort.memory(),
    }  # fmt: skip
    watch.step("folds")
    plan = plan_folds(
        leads.label, time=leads.time, known=known, groups=leads.groups, folds=effort.folds, seed=effort.seed
    )
    mirrors = find_mirrors(leads, plan, keep)
    watch.step("choice of the recipe")
    choice = make_choice(leads, plan, grid(leads, plan, mirror_sets(mirrors), brief=effort.brief), **common)
    watch.step("comparison")
    backtest = run_backtest(leads, plan, choice.per_fold, points=points, known=choice.odds, **common)
    watch.step("fit on everything")
    recipe = choice.shipped
    fell_back = recipe.arm == "base" or _worse_than_base(backtest)
    recipe = Recipe("base") if fell_back else recipe
    held = held_out(leads, plan, [recipe] * len(plan.folds), known=choice.odds, **common)
    scorecard, sigmoid, _ = fit_scorecard(leads, plan, recipe, held, meta, effort, columns, features)
    watch.stop()
    return Trained(
        scorecard, recipe, plan, choice.tried, backtest, mirrors, sigmoid, fell_back, watch.seconds, known
    )


def _worse_than_base(backtest: Backtest) -> bool:
    """Whether the calibrated scorecard lost to the base rate on leads it had not seen."""
    losses = {name: values["log_loss"].value for name, values in backtest.bootstrap.estimates.items()}
    ours, base = losses[SCORECARD], losses[BASE_RATE]
    return ours is not None and base is not None and ours > base


def choose_recipe(leads: Leads, plan: Plan, effort: Effort) -> Recipe:
    """The recipe that the folds choose from the grid.

    Parameters
    ----------
    leads : Leads
        Labelled leads.
    plan : Plan
        The folds.
    effort : Effort
        How the run works.
    """
    recipes = grid(leads, plan, mirror_sets(find_mirrors(leads, plan)))
    return make_choice(leads, plan, recipes, pairs=effort.pairs, seed=effort.seed, jobs=effort.jobs).shipped


def fit_scorecard(
    leads: Leads,
    plan: Plan,
    recipe: Recipe,
    held: Sequence[Floats],
    meta: Meta,
    effort: Effort,
    columns: Sequence[Column] = (),
    features: Sequence[Feature] = (),
) -> tuple[Scorecard, Sigmoid, Learned]:
    """Fit a recipe to all leads and calibrate it by what it said of leads it had not seen.

    Parameters
    ----------
    leads : Leads
        Labelled leads.
    plan : Plan
        The folds.
    recipe : Recipe
        What to fit.
    held : sequence of array of float
        Per fold, log-odds of its test rows under this recipe, from a model that had not seen them.
    meta : Meta
        What is predicted; rows, conversions and base rate are filled in.
    effort : Effort
        How the run works.
    columns, features : sequence
        How a raw lead is read.
    """
    rows = plan.tested
    label, weight = leads.label[rows], leads.weight[rows]
    if recipe.arm == "base":
        rate = safe_log_odds(float(np.average(leads.label, weights=leads.weight)))
        held = [np.full(len(odds), rate) for odds in held]
    of_fold = (
        [leads.label[fold.test] for fold in plan.folds],
        [leads.weight[fold.test] for fold in plan.folds],
    )
    sigmoid = calibrate(plan, held, *of_fold, range(len(plan.folds)))
    odds = sigmoid(np.concatenate(held))
    interval = rate_interval(odds, label, weight, plan.clusters[rows], seed=effort.seed)
    reference = np.ones(len(rows), dtype=bool)
    if plan.kind == "forward":
        reference[: -len(plan.folds[-1].test)] = False
    filled = replace(
        meta,
        rows=len(leads),
        conversions=int(leads.label.sum()),
        base_rate=float(np.average(leads.label, weights=leads.weight)),
    )
    learned = fit_recipes(leads, [recipe], pairs=effort.pairs, seed=effort.seed)
    seen = Held(rows, odds, reference)
    return (
        assemble(learned, recipe, leads, sigmoid, interval, seen, filled, columns, features),
        sigmoid,
        learned,
    )
