"""What every scorecard is compared with: from the base rate to boosting without limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import ThreadpoolController

from scoring.scorecard import logistic_array
from training.choice import Leads
from training.encoding import Encoded, blank_terms, encode
from training.folds import Fold
from training.own_points import worth_of_points

Floats = npt.NDArray[np.float64]

# Folds run side by side: threads inside one would only wait for each other.
THREADS = ThreadpoolController()

BASE_RATE = "base rate"
NEWEST = "newest first"
POINTS = "points rule"
FREQUENCIES = "win frequencies"
LOGISTIC = "logistic regression"
BOOSTING = "unrestricted boosting"
SCORECARD = "scorecard"
ADDED = 0.1


@dataclass(frozen=True, slots=True)
class Task:
    """One fold, ready for the candidates.

    Parameters
    ----------
    train, test : Leads
        The leads to learn from, and those to judge.
    seed : int
        Seed of all draws.
    points_train, points_test : array of float, optional
        Points that the user's own rule gives.
    """

    train: Leads
    test: Leads
    seed: int
    points_train: Floats | None = None
    points_test: Floats | None = None

    @property
    def rate(self) -> float:
        """The base rate of the training leads."""
        return float(np.average(self.train.label, weights=self.train.weight))


def base_rate(task: Task) -> Floats:
    """Every lead is as likely as the leads before it were on average."""
    return np.full(len(task.test), task.rate)


def newest_first(task: Task) -> Floats:
    """The base rate, with just enough of a tilt that the newest lead comes first."""
    age = task.test.age()
    return np.asarray(task.rate * (1 - 1e-6 * age / max(len(age), 1)))


def points_rule(task: Task) -> Floats:
    """The user's own points, turned into likelihoods by a sigmoid fitted to the training leads."""
    assert task.points_train is not None
    assert task.points_test is not None
    sigmoid = worth_of_points(task.points_train, task.train.label, task.train.weight)
    return logistic_array(sigmoid(task.points_test))


def win_frequencies(task: Task) -> Floats:
    """How often leads with each value were won, multiplied as if values knew nothing of each other.

    Naive Bayes as Odoo counts it: 0.1 is added to each count, and nothing is calibrated.  Each new outcome only
    raises a count, so it is the plainest model that learns.
    """
    train, test = _encoded(task)
    label, weight = task.train.label == 1, task.train.weight
    odds = np.full(len(task.test), float(np.log(task.rate / (1 - task.rate))))
    for position, term in enumerate(train.terms):
        bins = train.bins[:, position]
        won, lost = (np.bincount(bins[rows], weight[rows], term.size) + ADDED for rows in (label, ~label))
        odds += np.log((won / won.sum()) / (lost / lost.sum()))[test.bins[:, position]]
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))))


def logistic_regression(task: Task) -> Floats:
    """What an analyst would fit first: standardised numbers, one column per category."""
    train, test = _encoded(task)
    numbers = [j for j, term in enumerate(train.terms) if term.kind == "number"]
    names = [j for j, term in enumerate(train.terms) if term.kind == "category"]
    width = len(train.terms)
    number_steps = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    model = make_pipeline(
        ColumnTransformer(
            [
                ("numbers", number_steps, numbers),
                ("names", OneHotEncoder(handle_unknown="ignore"), [width + j for j in names]),
                ("missing", OneHotEncoder(handle_unknown="ignore"), [2 * width + j for j in numbers]),
            ]
        ),
        LogisticRegression(max_iter=500),
    )
    with THREADS.limit(limits=1):
        model.fit(_wide(train), task.train.label, logisticregression__sample_weight=task.train.weight)
    return np.asarray(model.predict_proba(_wide(test))[:, 1])


def unrestricted_boosting(task: Task) -> Floats:
    """Gradient boosting free to combine any number of features: what readability is priced against."""
    train, test = _encoded(task)
    named = np.array([term.kind == "category" for term in train.terms])
    model = HistGradientBoostingClassifier(
        learning_rate=0.04,
        max_iter=300,
        max_leaf_nodes=12,
        l2_regularization=5.0,
        max_features=0.5,
        early_stopping=False,
        categorical_features=named,
        random_state=task.seed,
    )
    with THREADS.limit(limits=1):
        model.fit(_tall(train), task.train.label, sample_weight=task.train.weight)
        return np.asarray(model.predict_proba(_tall(test))[:, 1])


def _encoded(task: Task) -> tuple[Encoded, Encoded]:
    terms = blank_terms(task.train.columns, task.train.axes)
    train = encode(terms, task.train.columns, len(task.train))
    return train, encode(terms, task.test.columns, len(task.test))


def _wide(encoded: Encoded) -> Floats:
    """Numbers, bins, and whether each number is missing, side by side."""
    clipped = [
        np.clip(encoded.numbers[:, j], term.low, term.high)
        if term.kind == "number"
        else encoded.numbers[:, j]
        for j, term in enumerate(encoded.terms)
    ]
    return np.column_stack([*clipped, encoded.bins, np.isnan(encoded.numbers)])


def _tall(encoded: Encoded) -> Floats:
    """Numbers as they are, categories as their bins."""
    named = np.array([term.kind == "category" for term in encoded.terms])
    return np.where(named, encoded.bins, encoded.numbers)


CANDIDATES: dict[str, Callable[[Task], Floats]] = {
    BASE_RATE: base_rate,
    NEWEST: newest_first,
    POINTS: points_rule,
    FREQUENCIES: win_frequencies,
    LOGISTIC: logistic_regression,
    BOOSTING: unrestricted_boosting,
}


def judge_fold(
    leads: Leads, fold: Fold, names: Sequence[str], seed: int, points: Floats | None = None
) -> dict[str, Floats]:
    """Likelihoods of one fold's test rows under each candidate.

    Parameters
    ----------
    leads : Leads
        All leads.
    fold : Fold
        Which are learned from, and which are tested.
    names : sequence of str
        Keys of :data:`CANDIDATES`.
    seed : int
        Seed of all draws.
    points : array of float, shape (n_leads,), optional
        What the user's own rule gives.
    """
    task = Task(
        leads.take(fold.train),
        leads.take(fold.test),
        seed,
        None if points is None else points[fold.train],
        None if points is None else points[fold.test],
    )
    return {name: CANDIDATES[name](task) for name in names}
