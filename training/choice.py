"""The choice: which recipe, by log loss on folds that look like the use, the simpler where two tie.

The grid is fixed and listed in :func:`grid`.  What is reported for a fold was chosen without it: on the
other folds where they are random, on the earlier ones where they run forward in time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed

from training.encoding import Columns, blank_terms, encode, take
from training.folds import Fold, Plan
from training.recipe import ROUNDS, TABLED, Aside, Ints, Learned, Recipe, best_pairs, learn, recency
from training.trunk import STRENGTHS, safe_log_odds

Floats = npt.NDArray[np.float64]

GRID_ROWS = 30_000
# With more features than this the grid runs on fewer rows: it is their product that takes the time.
GRID_FEATURES = 25
# On a sample no more rounds are tried than these: on all leads up to four times as many are.
SAMPLED_ROUNDS = 450
# Nor in a brief grid, where old leads count as new ones do.
BRIEF_ROUNDS = 200
HALF_LIVES = (4, 12)
LEAST_EFFECTIVE = 150
FIRST_FORWARD = Recipe("trunk", strength=None)


@dataclass(frozen=True, slots=True)
class Leads:
    """The leads that are learned from.

    Parameters
    ----------
    columns : mapping of str to (array or Categories), each of shape (n_leads,)
        Features.
    label : array of int, shape (n_leads,)
        1 where the lead converted.
    weight : array of float, shape (n_leads,)
        Weight of each lead.
    axes : mapping of str to str
        The axis of each feature.
    time : array of float, shape (n_leads,), optional
        Seconds since 1970 at which each lead is scored.
    groups : array of int, shape (n_leads,), optional
        The lead of each row.
    free : tuple of str
        Features whose weights in the trunk are not held back, so that what is said of the leads that share an
        answer is right on average.
    """

    columns: Columns
    label: Ints
    weight: Floats
    axes: dict[str, str]
    time: Floats | None = None
    groups: npt.NDArray[np.intp] | None = None
    free: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.label)

    def take(self, rows: npt.NDArray[np.intp]) -> Leads:
        """Some of the leads."""
        return replace(
            self,
            columns=take(self.columns, rows),
            label=self.label[rows],
            weight=self.weight[rows],
            time=None if self.time is None else self.time[rows],
            groups=None if self.groups is None else self.groups[rows],
        )

    def without(self, names: Sequence[str]) -> Leads:
        """The leads without some features."""
        return replace(self, columns={name: v for name, v in self.columns.items() if name not in set(names)})

    def age(self) -> npt.NDArray[np.intp]:
        """How many leads are newer than each; 0 for all where there is no time."""
        if self.time is None:
            return np.zeros(len(self), dtype=np.intp)
        newest_first = np.argsort(-self.time, kind="stable")
        age = np.empty(len(self), dtype=np.intp)
        age[newest_first] = np.arange(len(self))
        return age


def grid(
    leads: Leads, plan: Plan, mirrors: Sequence[tuple[str, ...]] = (), *, brief: bool = False
) -> list[Recipe]:
    """Every setting that is tried.

    Parameters
    ----------
    leads : Leads
        The leads; how many there are bounds how fast old ones may lose weight.
    plan : Plan
        Recency and calendar mirrors are only tried forward in time.
    mirrors : sequence of tuple of str
        Sets of features that mirror the calendar, each tried without.
    brief : bool
        Whether few rounds are tried, and no loss of weight with age.
    """
    tried = [rounds for rounds in ROUNDS if rounds <= BRIEF_ROUNDS] if brief else ROUNDS
    made_of = [
        *(Recipe("trunk", strength=strength) for strength in STRENGTHS),
        *(Recipe(arm, rounds=rounds) for arm in ("trunk+tables", "tables") for rounds in tried),
    ]
    if plan.kind == "random":
        return made_of
    rate = float(leads.label.mean())
    half_lives = [] if brief else [len(leads) // part for part in HALF_LIVES]
    kept = [None, *(life for life in half_lives if life / np.log(2) * rate >= LEAST_EFFECTIVE)]
    return [
        replace(recipe, half_life=life, without=names)
        for names in [(), *mirrors]
        for life in kept
        for recipe in made_of
    ]


def fit_recipes(leads: Leads, recipes: Sequence[Recipe], *, pairs: int, seed: int) -> Learned:
    """Fit what recipes of the same half-life and features need.

    Parameters
    ----------
    leads : Leads
        The training leads.
    recipes : sequence of Recipe
        Recipes that differ in nothing but arm, strength and rounds.
    pairs, seed : int
        The largest number of pairs, and the seed of all draws.
    """
    (learned,) = fit_lives(leads, recipes, pairs=pairs, seed=seed).values()
    return learned


def fit_lives(
    leads: Leads, recipes: Sequence[Recipe], *, pairs: int, seed: int, aside: Leads | None = None
) -> dict[int | None, Learned]:
    """Fit what recipes of the same features need, by half-life.

    Parameters
    ----------
    leads, pairs, seed
        As in :func:`fit_recipes`.
    recipes : sequence of Recipe
        Recipes without the same features.
    aside : Leads, optional
        Leads kept aside, on which paths end where more rounds bring nothing.
    """
    leads = leads.without(recipes[0].without)
    encoded = encode(blank_terms(leads.columns, leads.axes), leads.columns, len(leads))
    kept, ranked = None, []
    if aside is not None:
        kept = Aside(encode(encoded.terms, aside.columns, len(aside)), aside.label, aside.weight)
    if any(recipe.arm in TABLED for recipe in recipes):
        ranked = best_pairs(encoded, leads.label, leads.weight, most=pairs, seed=seed)
    return {
        life: learn(
            encoded, leads.label, leads.weight * recency(leads.age(), life),
            [recipe for recipe in recipes if recipe.half_life == life],
            groups=leads.groups, free=leads.free, pairs=ranked, seed=seed, aside=kept,
        )
        for life in dict.fromkeys(recipe.half_life for recipe in recipes)
    }  # fmt: skip


def predict(learned: Learned, recipes: Sequence[Recipe], leads: Leads) -> Floats:
    """Log-odds of leads under each recipe, shape (len(recipes), n_leads)."""
    return learned.log_odds(recipes, encode(learned.encoded.terms, leads.columns, len(leads)))


def fold_odds(
    leads: Leads, fold: Fold, recipes: Sequence[Recipe], pairs: int, seed: int
) -> tuple[Floats, list[int]]:
    """Log-odds of one fold's test rows under each recipe, and the cells of each.

    A path of several numbers of rounds ends where two more of them brought nothing on the test rows: what would
    come after is NaN, and no recipe is chosen that was not read on every fold that may speak.

    Parameters
    ----------
    leads : Leads
        All leads.
    fold : Fold
        Which of them are learned from, and which are tested.
    recipes : sequence of Recipe
        Recipes without the same features, as in :func:`fit_lives`.
    pairs, seed : int
        As in :func:`fit_recipes`.
    """
    test = leads.take(fold.test)
    odds, cells = np.empty((len(recipes), len(test))), [0] * len(recipes)
    for life, learned in fit_lives(
        leads.take(fold.train), recipes, pairs=pairs, seed=seed, aside=test
    ).items():
        places = [place for place, recipe in enumerate(recipes) if recipe.half_life == life]
        mine = [recipes[place] for place in places]
        odds[places] = predict(learned, mine, test)
        for place, count in zip(places, learned.cells(mine), strict=True):
            cells[place] = count
    return odds, cells


@dataclass(frozen=True, slots=True)
class Tried:
    """Every recipe on every fold.

    Parameters
    ----------
    recipes : list of Recipe
        The grid.
    plan : Plan
        The folds, of the rows that were tried.
    odds : list of array of float, shape (n_recipes, n_test)
        Log-odds per fold.
    losses : list of array of float, shape (n_recipes, n_test)
        Log loss of each test row per fold.
    base : list of array of float, shape (n_test,)
        Log loss of the base rate per fold.
    cells : array of int, shape (n_recipes,)
        How much there is to read.
    weight : list of array of float
        Weights of the test rows per fold.
    """

    recipes: list[Recipe]
    plan: Plan
    odds: list[Floats]
    losses: list[Floats]
    base: list[Floats]
    cells: npt.NDArray[np.int_]
    weight: list[Floats]

    def choose(self, folds: Sequence[int]) -> Recipe:
        """The simplest recipe that no other beats by more than one standard error on these folds.

        Parameters
        ----------
        folds : sequence of int
            Which folds may speak.  Where none may, forward in time, a trunk is taken.
        """
        if not folds:
            return FIRST_FORWARD
        losses = np.concatenate([self.losses[k] for k in folds], axis=1)
        weight = np.concatenate([self.weight[k] for k in folds])
        clusters = self.plan.clusters[np.concatenate([self.plan.folds[k].test for k in folds])]
        read = np.flatnonzero(~np.isnan(losses).any(axis=1))
        losses, recipes = losses[read], [self.recipes[place] for place in read]
        mean = losses @ weight / weight.sum()
        if mean.min() >= np.average(np.concatenate([self.base[k] for k in folds]), weights=weight):
            return Recipe("base")
        reading = list(
            zip(effort_to_read(self.cells[read]), [-(r.half_life or np.inf) for r in recipes], strict=True)
        )
        return recipes[simplest(losses, weight, clusters, reading)]

    def chosen_per_fold(self) -> list[Recipe]:
        """For each fold the recipe that was chosen without it."""
        return [self.choose(self.plan.others(k)) for k in range(len(self.plan.folds))]

    def table(self) -> list[tuple[Recipe, float, int]]:
        """Mean log loss and cells of every recipe that was read on all folds, the best first."""
        losses, weight = np.concatenate(self.losses, axis=1), np.concatenate(self.weight)
        mean = losses @ weight / weight.sum()
        return [
            (self.recipes[i], float(mean[i]), int(self.cells[i]))
            for i in np.argsort(mean, kind="stable")
            if not np.isnan(mean[i])
        ]


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen, and from what.

    Parameters
    ----------
    per_fold : list of Recipe
        For each fold the recipe that was chosen without it.
    shipped : Recipe
        The recipe that was chosen on all folds.
    tried : Tried
        The grid.
    odds : dict of (Recipe, int) to array of float
        Log-odds of a fold's test rows under a recipe fitted to all its training rows, as far as they were
        needed on the way.
    """

    per_fold: list[Recipe]
    shipped: Recipe
    tried: Tried
    odds: dict[tuple[Recipe, int], Floats] = field(default_factory=dict)


def make_choice(leads: Leads, plan: Plan, recipes: Sequence[Recipe], **common: Any) -> Choice:
    """Choose a recipe for each fold and for what is shipped.

    Where the grid ran on a sample, how many rounds and how strong a trunk is settled on all leads: more leads
    bear more.

    Parameters
    ----------
    leads : Leads
        All leads.
    plan : Plan
        The folds.
    recipes : sequence of Recipe
        The grid.
    **common
        ``pairs``, ``seed``, ``jobs``, ``progress`` and ``cached`` as in :func:`try_grid`.
    """
    sampled = len(leads) > grid_rows(leads)
    if sampled:
        recipes = [recipe for recipe in recipes if recipe.rounds <= SAMPLED_ROUNDS]
    tried = try_grid(leads, plan, recipes, **common)
    chosen = [*tried.chosen_per_fold(), tried.choose(range(len(plan.folds)))]
    if sampled:
        chosen, odds = _settled(leads, plan, chosen, **common)
    else:
        odds = {
            (recipe, k): tried.odds[k][place]
            for place, recipe in enumerate(tried.recipes)
            for k in range(len(plan.folds))
            if recipe in chosen and not np.isnan(tried.odds[k][place]).any()
        }
    return Choice(chosen[:-1], chosen[-1], tried, odds)


def _settled(
    leads: Leads, plan: Plan, chosen: Sequence[Recipe], **common: Any
) -> tuple[list[Recipe], dict[tuple[Recipe, int], Floats]]:
    """The chosen recipes with rounds and strength settled on all leads, by the folds that may speak.

    Beside them the log-odds that were needed for it.
    """
    speaking = [*(plan.others(k) for k in range(len(plan.folds))), range(len(plan.folds))]
    families = [_family(recipe) for recipe in chosen]
    needed = {
        (family, k): None
        for family, folds in zip(families, speaking, strict=True)
        if len(family) > 1
        for k in folds
    }
    found = Parallel(n_jobs=common.get("jobs", 1), return_as="generator")(
        delayed(common.get("cached", fold_odds))(
            leads, plan.folds[k], list(family), common["pairs"], common["seed"]
        )
        for family, k in needed
    )
    judged, known = {}, {}
    for (family, k), (odds, cells) in zip(needed, found, strict=True):
        known |= {
            (recipe, k): row for recipe, row in zip(family, odds, strict=True) if not np.isnan(row).any()
        }
        judged[family, k] = surprise(leads.label[plan.folds[k].test], odds), cells
        common.get("progress", lambda _: None)(f"on all leads, fold {k + 1} of {len(plan.folds)}")
    settled = []
    for family, folds in zip(families, speaking, strict=True):
        if len(family) == 1 or not folds:
            settled.append(family[0])
            continue
        rows = np.concatenate([plan.folds[k].test for k in folds])
        losses = np.concatenate([judged[family, k][0] for k in folds], axis=1)
        read = np.flatnonzero(~np.isnan(losses).any(axis=1))
        cells = effort_to_read(np.mean([judged[family, k][1] for k in folds], axis=0)[read])
        best = simplest(losses[read], leads.weight[rows], plan.clusters[rows], cells)
        settled.append(family[read[best]])
    return settled, known


def _family(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipe, and the same with more rounds or a stronger trunk."""
    if recipe.arm in ("trunk+tables", "tables"):
        rounds = [count for count in ROUNDS if recipe.rounds <= count <= 4 * recipe.rounds]
        return tuple(replace(recipe, rounds=count) for count in rounds)
    if recipe.arm == "trunk" and recipe.strength is not None:
        least = recipe.strength
        return tuple(replace(recipe, strength=strength) for strength in STRENGTHS if strength >= least)
    return (recipe,)


def effort_to_read(cells: npt.ArrayLike) -> list[int]:
    """How much there is to read, in steps of a quarter: 3,400 cells are no more to read than 3,300."""
    return [round(step) for step in np.log(np.maximum(np.asarray(cells, dtype=float), 1)) / np.log(1.25)]


def simplest(losses: Floats, weight: Floats, clusters: npt.NDArray[np.intp], reading: Sequence[Any]) -> int:
    """Which of several is the simplest that no other beats by more than one standard error.

    Parameters
    ----------
    losses : array of float, shape (n_settings, n_rows)
        Log loss of each row.
    weight : array of float, shape (n_rows,)
        Weights.
    clusters : array of int, shape (n_rows,)
        What counts as one.
    reading : sequence of comparable
        How much there is to read in each, the simplest lowest; of equals the better one is taken.
    """
    mean = losses @ weight / weight.sum()
    gap = standard_errors(losses - losses[mean.argmin()], weight, clusters)
    tied = np.flatnonzero(mean - mean.min() <= gap)
    return int(min(tied, key=lambda i: (reading[i], mean[i])))


def standard_errors(gaps: Floats, weight: Floats, clusters: npt.NDArray[np.intp]) -> Floats:
    """Standard error of each weighted mean gap, rows of a cluster counted as one.

    Parameters
    ----------
    gaps : array of float, shape (n_recipes, n_rows)
        Differences in log loss.
    weight : array of float, shape (n_rows,)
        Weights.
    clusters : array of int, shape (n_rows,)
        Cluster of each row.
    """
    _, place = np.unique(clusters, return_inverse=True)
    centred = (gaps - (gaps @ weight / weight.sum())[:, None]) * weight
    sums = np.array([np.bincount(place, row) for row in centred])
    count = sums.shape[1]
    return np.asarray(np.sqrt((sums**2).sum(axis=1) * count / max(count - 1, 1)) / weight.sum())


def grid_rows(leads: Leads) -> int:
    """How many rows the grid runs on at most.

    Parameters
    ----------
    leads : Leads
        All leads.
    """
    return int(GRID_ROWS * min(1.0, GRID_FEATURES / max(len(leads.columns), 1)))


def try_grid(
    leads: Leads,
    plan: Plan,
    recipes: Sequence[Recipe],
    *,
    pairs: int,
    seed: int,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda _: None,
    cached: Callable[..., tuple[Floats, list[int]]] = fold_odds,
) -> Tried:
    """Fit and judge the whole grid.

    Parameters
    ----------
    leads : Leads
        All leads; above :func:`grid_rows` a sample of them is tried.
    plan : Plan
        The folds.
    recipes : sequence of Recipe
        The grid.
    pairs, seed, jobs : int
        Largest number of pairs, seed, and processes.
    progress : callable, optional
        Told of each finished step.
    cached : callable, optional
        :func:`fold_odds`, or the same with a memory.
    """
    most = grid_rows(leads)
    if len(leads) > most:
        rows = np.sort(np.random.default_rng(seed).choice(len(leads), most, replace=False))
        share = most / len(leads)
        plan, leads = plan.within(rows), leads.take(rows)
    else:
        share = 1.0
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, recipe in enumerate(recipes):
        groups.setdefault(recipe.without, []).append(place)
    jobs_of = [(k, places) for places in groups.values() for k in range(len(plan.folds))]
    scaled = [
        recipe
        if recipe.half_life is None
        else replace(recipe, half_life=max(1, int(recipe.half_life * share)))
        for recipe in recipes
    ]
    done = Parallel(n_jobs=jobs, return_as="generator")(
        delayed(cached)(leads, plan.folds[k], [scaled[i] for i in places], pairs, seed)
        for k, places in jobs_of
    )
    odds = [np.empty((len(recipes), len(fold.test))) for fold in plan.folds]
    cells = np.zeros(len(recipes))
    for (k, places), (found, counts) in zip(jobs_of, done, strict=True):
        odds[k][places] = found
        cells[places] += counts
        progress(f"fold {k + 1} of {len(plan.folds)}")
    return _judged(leads, plan, list(recipes), odds, cells / len(plan.folds))


def _judged(leads: Leads, plan: Plan, recipes: list[Recipe], odds: list[Floats], cells: Floats) -> Tried:
    losses, base, weight = [], [], []
    for fold, z in zip(plan.folds, odds, strict=True):
        label = leads.label[fold.test]
        losses.append(surprise(label, z))
        rate = np.average(leads.label[fold.train], weights=leads.weight[fold.train])
        base.append(surprise(label, np.full(len(label), safe_log_odds(float(rate)))))
        weight.append(leads.weight[fold.test])
    return Tried(recipes, plan, odds, losses, base, cells.astype(int), weight)


def surprise(label: Ints, log_odds: Floats) -> Floats:
    """Log loss of each row, from log-odds; no likelihood is ever rounded to 0 or 1, and NaN stays NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.logaddexp(0.0, log_odds) - label * log_odds)
