"""Tables of one and two features, learned by gradient boosting and collapsed exactly.

A tree whose paths use at most two features is a sum of boxes in one or two features: every leaf adds a
constant to a rectangle of a table.  LightGBM keeps that promise when it is given the allowed pairs, and its
documented model dump is the only thing read of it.  Numbers enter as their bins, categories as the rank of
their bins by smoothed conversion rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import lightgbm
import numpy as np
import numpy.typing as npt

from training.encoding import Encoded

Floats = npt.NDArray[np.float64]
PairOf = tuple[int, int]

ROUNDS = 900
MOST_PAIRS = 20
SMOOTHING = 20.0
RANKINGS = 8
# So many readings in a row that are no better end a path.
PATIENCE = 2
# LightGBM draws columns with the low bits of a short generator: of fewer, some two would never meet in a tree.
FEWEST_DRAWN = 8
BOOSTING: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.02,
    "num_leaves": 8,
    "min_data_in_leaf": 20,
    "min_sum_hessian_in_leaf": 1e-3,
    "feature_fraction": 0.4,
    "lambda_l2": 5.0,
    "max_bin": 255,
    "min_data_in_bin": 1,
    "feature_pre_filter": False,
    "boost_from_average": False,
    "deterministic": True,
    "force_col_wise": True,
    "num_threads": 1,
    "verbose": -1,
}


@dataclass(frozen=True, slots=True)
class Ordering:
    """How bins are numbered for the booster: a category's by its smoothed conversion rate.

    Parameters
    ----------
    codes : tuple of array of float
        Per feature, the code of each bin; NaN where a number is missing.
    """

    codes: tuple[Floats, ...]

    @classmethod
    def of(cls, encoded: Encoded, label: npt.NDArray[np.int_], weight: Floats) -> Ordering:
        """Learn the numbering from training rows."""
        rate = float(np.average(label, weights=weight))
        codes = []
        for position, term in enumerate(encoded.terms):
            if term.kind == "number":
                codes.append(np.r_[np.arange(term.size - 1, dtype=np.float64), np.nan])
                continue
            bins = encoded.bins[:, position]
            total = np.bincount(bins, weight, minlength=term.size)
            converted = np.bincount(bins, weight * label, minlength=term.size)
            smoothed = (converted + SMOOTHING * rate) / (total + SMOOTHING)
            ranks = np.empty(term.size)
            ranks[np.argsort(smoothed, kind="stable")] = np.arange(term.size)
            codes.append(ranks)
        return cls(tuple(codes))

    def matrix(self, encoded: Encoded) -> Floats:
        """The booster's view of the leads, shape (n_leads, n_features)."""
        return np.column_stack([code[encoded.bins[:, j]] for j, code in enumerate(self.codes)])


@dataclass(frozen=True, slots=True)
class Path:
    """A boosted sequence of trees, of which any number of first rounds can be taken.

    Parameters
    ----------
    ordering : Ordering
        Its numbering of bins.
    dump : dict
        The booster's documented model dump.
    model : str
        The booster as text, for its own predictions.
    stopped : bool
        Whether it ends before the rounds that were asked for, because more of them brought nothing.
    """

    ordering: Ordering
    dump: dict[str, Any]
    model: str
    stopped: bool = False

    @property
    def rounds(self) -> int:
        """How many trees there are."""
        return len(self.dump["tree_info"])

    def predict(self, encoded: Encoded, rounds: Sequence[int]) -> Floats:
        """What the first rounds add to the log-odds of leads, shape (len(rounds), n_leads)."""
        booster = lightgbm.Booster(model_str=self.model)
        matrix = self.ordering.matrix(encoded)
        total, start = np.zeros(len(matrix)), 0
        steps = []
        for count in rounds:
            if count > start:
                total = total + booster.predict(
                    matrix, raw_score=True, start_iteration=start, num_iteration=count - start, num_threads=1
                )
            steps.append(total)
            start = max(start, count)
        return np.array(steps)


@dataclass(frozen=True, slots=True)
class Judge:
    """Leads kept aside, which say when more rounds bring nothing.

    Parameters
    ----------
    encoded : Encoded
        The leads.
    label, weight, start : array, shape (n_leads,)
        Conversions, weights and the log-odds that boosting starts from.
    readings : tuple of int
        The numbers of rounds at which it is asked, ascending.
    """

    encoded: Encoded
    label: npt.NDArray[np.int_]
    weight: Floats
    start: Floats
    readings: tuple[int, ...]

    def callback(self, ordering: Ordering) -> Callable[[Any], None]:
        """What ends the boosting after :data:`PATIENCE` readings without a better one."""
        matrix, total = ordering.matrix(self.encoded), self.start.copy()
        losses: list[float] = []

        def read(env: Any) -> None:
            count = env.iteration + 1
            if count not in self.readings:
                return
            done = ([0, *self.readings])[len(losses)]
            total[:] += env.model.predict(
                matrix, raw_score=True, start_iteration=done, num_iteration=count - done, num_threads=1
            )
            losses.append(float(np.average(np.logaddexp(0, total) - self.label * total, weights=self.weight)))
            if len(losses) - 1 - int(np.argmin(losses)) >= PATIENCE:
                raise lightgbm.callback.EarlyStopException(env.iteration, [])

        return read


def boost(
    encoded: Encoded,
    label: npt.NDArray[np.int_],
    weight: Floats,
    start: Floats,
    allowed: Sequence[Sequence[int]],
    *,
    rounds: int = ROUNDS,
    seed: int = 0,
    judge: Judge | None = None,
    **settings: Any,
) -> Path:
    """Boost tables over the allowed sets of features.

    Parameters
    ----------
    encoded : Encoded
        The training leads.
    label, weight, start : array, shape (n_leads,)
        Conversions, weights and the log-odds to start from.
    allowed : sequence of sequence of int
        The sets of at most two features that may meet on a path.
    rounds, seed : int
        Number of trees, and the seed of the column draws.
    judge : Judge, optional
        May end it earlier.
    **settings
        Overrides of :data:`BOOSTING`.
    """
    if len(encoded.terms) < FEWEST_DRAWN:
        settings["feature_fraction"] = 1.0
    ordering = Ordering.of(encoded, label, weight)
    data = lightgbm.Dataset(
        ordering.matrix(encoded), label, weight=weight, init_score=start, params={**BOOSTING, **settings}
    )
    parameters = {
        **BOOSTING,
        **settings,
        "seed": seed,
        "interaction_constraints": [list(group) for group in allowed],
    }
    asked = [] if judge is None else [judge.callback(ordering)]
    booster = lightgbm.train(parameters, data, num_boost_round=rounds, callbacks=asked)
    return Path(ordering, booster.dump_model(), booster.model_to_string(), booster.best_iteration > 0)


def singles(encoded: Encoded) -> list[list[int]]:
    """Every feature by itself."""
    return [[position] for position in range(len(encoded.terms))]


def rank_pairs(
    encoded: Encoded,
    label: npt.NDArray[np.int_],
    weight: Floats,
    margin: Floats,
    *,
    most: int = MOST_PAIRS,
    seed: int = 0,
) -> list[PairOf]:
    """The pairs of features that add most to what single features explain already.

    Parameters
    ----------
    encoded : Encoded
        The training leads.
    label, weight : array, shape (n_leads,)
        Conversions and weights.
    margin : array of float, shape (n_leads,)
        Log-odds of a model of single features.
    most : int
        The largest number of pairs.
    seed : int
        Seed of the column draws.
    """
    every = [list(pair) for pair in combinations(range(len(encoded.terms)), 2)]
    if not every or most == 0:
        return []
    gains: dict[PairOf, float] = {}
    for draw in range(RANKINGS):
        path = boost(
            encoded, label, weight, margin, every, rounds=100, seed=seed + draw, learning_rate=0.05,
            bagging_fraction=0.7, bagging_freq=1,
        )  # fmt: skip
        for tree in path.dump["tree_info"]:
            for pair, gain in _pair_gains(tree["tree_structure"], frozenset()):
                gains[pair] = gains.get(pair, 0.0) + gain
    return sorted(gains, key=lambda pair: (-gains[pair], pair))[:most]


def _pair_gains(node: dict[str, Any], above: frozenset[int]) -> Iterator[tuple[PairOf, float]]:
    if "split_feature" not in node:
        return
    here = above | {node["split_feature"]}
    if len(here) == 2:
        first, second = sorted(here)
        yield (first, second), float(node["split_gain"])
    for side in ("left_child", "right_child"):
        yield from _pair_gains(node[side], here)


@dataclass(slots=True)
class Tables:
    """Collapsed trees: a constant, a table per feature and a table per pair, in log-odds per bin."""

    base: float
    ones: list[Floats]
    pairs: dict[PairOf, Floats]


def collapse(path: Path, encoded: Encoded, rounds: int) -> Tables:
    """The first rounds of a path as tables, equal to the trees on every lead.

    Parameters
    ----------
    path : Path
        The boosted trees.
    encoded : Encoded
        Any leads of the same terms; only the terms are used.
    rounds : int
        How many trees.
    """
    return collapse_at(path, encoded, [rounds])[0]


def collapse_at(path: Path, encoded: Encoded, readings: Sequence[int]) -> list[Tables]:
    """:func:`collapse` for several numbers of rounds, in the order given.

    Parameters
    ----------
    path : Path
        The boosted trees.
    encoded : Encoded
        Any leads of the same terms; only the terms are used.
    readings : sequence of int
        How many trees, each time.
    """
    tables = Tables(0.0, [np.zeros(term.size) for term in encoded.terms], {})
    trees, done = path.dump["tree_info"], 0
    found = {}
    for count in sorted(set(readings)):
        for tree in trees[done:count]:
            for boxes, value in _leaves(tree["tree_structure"], path.ordering, {}):
                _add(tables, boxes, value)
        done = count
        found[count] = deepcopy(tables)
    return [found[count] for count in readings]


def _leaves(
    node: dict[str, Any], ordering: Ordering, boxes: dict[int, npt.NDArray[np.bool_]]
) -> Iterator[tuple[dict[int, npt.NDArray[np.bool_]], float]]:
    """Each leaf as the bins it covers of the features on its path, and its value."""
    if "split_feature" not in node:
        yield boxes, float(node["leaf_value"])
        return
    feature = int(node["split_feature"])
    left = _goes_left(node, ordering.codes[feature])
    covered = boxes.get(feature, np.ones(len(left), dtype=bool))
    yield from _leaves(node["left_child"], ordering, {**boxes, feature: covered & left})
    yield from _leaves(node["right_child"], ordering, {**boxes, feature: covered & ~left})


def _goes_left(node: dict[str, Any], codes: Floats) -> npt.NDArray[np.bool_]:
    """Which bins a split sends left, by the documented rules of the dump."""
    missing = np.isnan(codes)
    known = np.where(missing, 0.0, codes)
    left = known <= float(node["threshold"])
    if node["missing_type"] == "NaN":
        left = np.where(missing, bool(node["default_left"]), left)
    return np.asarray(left, dtype=bool)


def _add(tables: Tables, boxes: dict[int, npt.NDArray[np.bool_]], value: float) -> None:
    if not boxes:
        tables.base += value
    elif len(boxes) == 1:
        ((feature, covered),) = boxes.items()
        tables.ones[feature] += value * covered
    elif len(boxes) == 2:
        (first, rows), (second, columns) = sorted(boxes.items())
        table = tables.pairs.setdefault((first, second), np.zeros((len(rows), len(columns))))
        table += value * np.outer(rows, columns)
    else:
        raise AssertionError("A path uses more than two features: the booster broke its constraint.")


def purify(tables: Tables, encoded: Encoded, weight: Floats) -> None:
    """Move what a pair says of one feature alone into that feature's table; the sum stays the same.

    Without this, half of a feature's own effect would be credited to whatever it is paired with.

    Parameters
    ----------
    tables : Tables
        Changed in place.
    encoded : Encoded
        The training leads, over which a pair's rows and columns average to nothing afterwards.
    weight : array of float, shape (n_leads,)
        Their weights.
    """
    for (first, second), table in tables.pairs.items():
        joint = _joint(encoded, first, second, weight)
        for _ in range(30):
            rows = (table * joint).sum(axis=1) / joint.sum(axis=1)
            table -= rows[:, None]
            tables.ones[first] += rows
            columns = (table * joint).sum(axis=0) / joint.sum(axis=0)
            table -= columns[None, :]
            tables.ones[second] += columns
            if max(np.abs(rows).max(), np.abs(columns).max()) < 1e-10:
                break


def _joint(encoded: Encoded, first: int, second: int, weight: Floats) -> Floats:
    """Share of leads per cell, with a trace everywhere so that no row is empty."""
    rows, columns = encoded.terms[first].size, encoded.terms[second].size
    cell = encoded.bins[:, first].astype(np.intp) * columns + encoded.bins[:, second]
    joint = np.bincount(cell, weight, minlength=rows * columns).reshape(rows, columns)
    return np.asarray(joint / joint.sum() + 1e-6 / joint.size)
