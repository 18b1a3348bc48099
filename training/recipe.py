"""A recipe: how much trunk, how many tables and how fast old leads lose weight; and what it learns from leads."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.metrics import log_loss
from training.encoding import Encoded
from training.folds import split
from training.tables import (
    MOST_PAIRS,
    Judge,
    PairOf,
    Path,
    Tables,
    boost,
    collapse,
    collapse_at,
    rank_pairs,
    singles,
)
from training.trunk import STRENGTHS, Trunk, TrunkFit, out_of_fold, safe_log_odds

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int_]
Arm = Literal["base", "trunk", "trunk+tables", "tables"]

ROUNDS = (50, 100, 200, 300, 450, 600, 900, 1200, 1600, 2000)
TABLED = ("tables", "trunk+tables")
SMALL = 5_000
# From here on a sample settles what hardly depends on how many leads there are: strength, and which pairs.
LARGE = 30_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """One setting of the grid.

    Parameters
    ----------
    arm : {"base", "trunk", "trunk+tables", "tables"}
        What the scorecard is made of.
    strength : float or None
        Inverse regularisation of a trunk that stands alone; None, and always with tables: found inside the
        training rows.
    rounds : int
        Trees that go into the tables.
    half_life : int or None
        Leads after which an older lead counts half; None: all count the same.
    without : tuple of str
        Features left out because they mirror the calendar.
    """

    arm: Arm = "trunk+tables"
    strength: float | None = None
    rounds: int = 0
    half_life: int | None = None
    without: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "without": list(self.without)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Recipe:
        """The recipe of a record."""
        return cls(**{**record, "without": tuple(record["without"])})

    def words(self) -> str:
        """The recipe in a few words."""
        made_of = {
            "base": "the base rate alone",
            "trunk": "a trunk" if self.strength is None else f"a trunk (strength {self.strength:g})",
            "trunk+tables": f"a trunk and tables ({self.rounds} rounds)",
            "tables": f"tables ({self.rounds} rounds)",
        }[self.arm]
        recency = f", leads halved in weight every {self.half_life:,}" if self.half_life else ""
        left_out = f", without {', '.join(self.without)}" if self.without else ""
        return made_of + recency + left_out


def recency(order: npt.NDArray[np.intp], half_life: int | None) -> Floats:
    """Weight of each lead, the newest counting 1.

    Parameters
    ----------
    order : array of int, shape (n_leads,)
        How many leads are newer.
    half_life : int or None
        Leads after which the weight is half.
    """
    return np.ones(len(order)) if half_life is None else np.exp2(-order / half_life)


@dataclass(slots=True)
class Learned:
    """What was fitted to one set of leads, from which every recipe of the same weights and features is read.

    Parameters
    ----------
    encoded : Encoded
        The training leads.
    base : float
        Log-odds of the base rate.
    trunks : dict of float to Trunk
        A trunk per strength.
    under : float
        The strength of the trunk under the tables.
    paths : dict of str to Path
        The boosted trees per arm.
    """

    encoded: Encoded
    base: float
    trunks: dict[float, Trunk] = field(default_factory=dict)
    under: float = 1.0
    paths: dict[str, Path] = field(default_factory=dict)
    pairs: list[PairOf] = field(default_factory=list)

    def log_odds(self, recipes: Sequence[Recipe], encoded: Encoded) -> Floats:
        """Log-odds of leads under each recipe, shape (len(recipes), n_leads); NaN beyond the end of a path."""
        result = np.full((len(recipes), len(encoded.bins)), self.base)
        for arm in TABLED:
            places = [place for place, recipe in enumerate(recipes) if recipe.arm == arm]
            places.sort(key=lambda place: recipes[place].rounds)
            if places:
                path = self.paths[arm]
                result[places] = self.start(arm, encoded) + path.predict(
                    encoded, [recipes[p].rounds for p in places]
                )
                if path.stopped:
                    result[[p for p in places if recipes[p].rounds > path.rounds]] = np.nan
        for place, recipe in enumerate(recipes):
            if recipe.arm == "trunk":
                result[place] = self.trunks[self._strength(recipe)].log_odds(encoded)
        return result

    def start(self, arm: str, encoded: Encoded) -> Floats:
        """The log-odds that the tables of an arm are added to."""
        if arm == "tables":
            return np.full(len(encoded.bins), self.base)
        return self.trunks[self.under].log_odds(encoded)

    def trunk(self, recipe: Recipe) -> Trunk | None:
        """The trunk that a recipe stands on."""
        return self.trunks[self._strength(recipe)] if recipe.arm in ("trunk", "trunk+tables") else None

    def _strength(self, recipe: Recipe) -> float:
        return self.under if recipe.arm != "trunk" or recipe.strength is None else recipe.strength

    def tables(self, recipe: Recipe) -> Tables | None:
        """The tables of a recipe, not yet purified."""
        path = self.paths.get(recipe.arm)
        return None if path is None else collapse(path, self.encoded, recipe.rounds)

    def cells(self, recipes: Sequence[Recipe]) -> list[int]:
        """Weights that are not zero, per recipe: how much there would be to read."""
        tables: dict[tuple[str, int], Tables] = {}
        for arm, path in self.paths.items():
            readings = [recipe.rounds for recipe in recipes if recipe.arm == arm]
            found = collapse_at(path, self.encoded, readings)
            tables |= {(arm, count): one for count, one in zip(readings, found, strict=True)}
        return [
            self._cells(self.trunk(recipe), tables.get((recipe.arm, recipe.rounds))) for recipe in recipes
        ]

    def _cells(self, trunk: Trunk | None, tables: Tables | None) -> int:
        count = 0
        for position in range(len(self.encoded.terms)):
            table = np.zeros(self.encoded.terms[position].size)
            if trunk is not None:
                table = table + trunk.weights[position]
                count += bool(trunk.slopes[position])
            if tables is not None:
                table = table + tables.ones[position]
            count += int(np.count_nonzero(table))
        if tables is not None:
            count += sum(int(np.count_nonzero(table)) for table in tables.pairs.values())
        return count


@dataclass(frozen=True, slots=True)
class Aside:
    """Leads kept aside.

    Parameters
    ----------
    encoded : Encoded
        The leads.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    """

    encoded: Encoded
    label: Ints
    weight: Floats


def learn(
    encoded: Encoded,
    label: Ints,
    weight: Floats,
    recipes: Sequence[Recipe],
    *,
    groups: npt.NDArray[np.intp] | None = None,
    free: Collection[str] = (),
    pairs: Sequence[PairOf] = (),
    seed: int = 0,
    aside: Aside | None = None,
) -> Learned:
    """Fit all that the recipes need, once.

    Parameters
    ----------
    encoded : Encoded
        The training leads.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    recipes : sequence of Recipe
        Recipes of the same half-life and features.
    groups : array of int, shape (n_leads,), optional
        The lead of each row.
    free : collection of str
        Features whose weights in the trunk are not held back.
    pairs : sequence of (int, int)
        The pairs of features that get tables, of :func:`best_pairs`.
    seed : int
        Seed of all draws.
    aside : Aside, optional
        Leads kept aside, on which paths end where more rounds bring nothing.
    """
    rate = float(np.average(label, weights=weight))
    learned = Learned(encoded, safe_log_odds(rate))
    arms = {recipe.arm for recipe in recipes}
    if arms & {"trunk", "trunk+tables"}:
        fit = TrunkFit(encoded, free)
        for strength in sorted({r.strength for r in recipes if r.arm == "trunk" and r.strength is not None}):
            learned.trunks[strength] = fit.fit(label, weight, strength)
    start = np.full(len(label), learned.base)
    learned.pairs = list(pairs)
    allowed = [*singles(encoded), *(list(pair) for pair in learned.pairs)]
    starts = {"tables": start}
    if "trunk+tables" in arms or Recipe("trunk") in {replace(r, half_life=None, without=()) for r in recipes}:
        learned.under = _best_strength(encoded, label, weight, groups, free, seed)
        folds = [test for _, test in split(label, groups, 5 if len(label) <= LARGE else 2, seed)]
        starts["trunk+tables"] = out_of_fold(fit, label, weight, learned.under, folds)
        learned.trunks.setdefault(learned.under, fit.fit(label, weight, learned.under))
    for arm in sorted(arms & set(TABLED)):
        readings = tuple(sorted({recipe.rounds for recipe in recipes if recipe.arm == arm}))
        judge = None
        if aside is not None and len(readings) > 1:
            judge = Judge(
                aside.encoded, aside.label, aside.weight, learned.start(arm, aside.encoded), readings
            )
        learned.paths[arm] = boost(
            encoded, label, weight, starts[arm], allowed, rounds=readings[-1], seed=seed, judge=judge
        )
    return learned


def best_pairs(
    encoded: Encoded, label: Ints, weight: Floats, *, most: int = MOST_PAIRS, seed: int = 0
) -> list[PairOf]:
    """The pairs of features that add most to what single features explain already.

    They are ranked by all leads alike, however fast these lose weight: what goes together does not change as fast.

    Parameters
    ----------
    encoded : Encoded
        The training leads.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    most, seed : int
        The largest number of pairs, and the seed of all draws.
    """
    start = np.full(len(label), safe_log_odds(float(np.average(label, weights=weight))))
    single = boost(encoded, label, weight, start, singles(encoded), rounds=300, seed=seed, learning_rate=0.05)
    margin = start + single.predict(encoded, [300])[0]
    some = _thinned(len(label))
    return rank_pairs(encoded.take(some), label[some], weight[some], margin[some], most=most, seed=seed)


def _thinned(rows: int) -> npt.NDArray[np.intp]:
    """Rows that stand for all of them, evenly spread."""
    return np.arange(0, rows, -(-rows // LARGE))


def _best_strength(
    encoded: Encoded,
    label: Ints,
    weight: Floats,
    groups: npt.NDArray[np.intp] | None,
    free: Collection[str],
    seed: int,
) -> float:
    """The strength with the least log loss on leads that the trunk did not see."""
    some = _thinned(len(label))
    label, weight, fit = label[some], weight[some], TrunkFit(encoded.take(some), free)
    folds = [test for _, test in split(label, None if groups is None else groups[some], 5, seed)]
    judged = folds if len(label) < SMALL else folds[:1]
    seen = np.concatenate(judged)
    losses = {}
    for strength in STRENGTHS:
        odds = out_of_fold(fit, label, weight, strength, judged)
        losses[strength] = log_loss(label[seen], 1 / (1 + np.exp(-odds[seen])), weight[seen])
    return min(losses, key=lambda strength: (losses[strength], strength))
