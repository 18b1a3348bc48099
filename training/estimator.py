"""The scorecard as a scikit-learn classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_array
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from scoring.categories import Categories
from scoring.scorecard import Meta
from training.backtest import held_out
from training.choice import Leads
from training.folds import plan_folds
from training.recipe import Recipe
from training.run import Effort, choose_recipe, fit_scorecard
from training.tables import MOST_PAIRS

Floats = npt.NDArray[np.float64]

LEAST_ROWS = 2

#: What scikit-learn's ``check_estimator`` asks that a scorecard cannot give, and why.
EXPECTED_FAILURES = {
    "check_sample_weight_equivalence_on_dense_data": (
        "cut points, levels and folds are made from rows, not from their weights"
    ),
    "check_sample_weight_equivalence_on_sparse_data": "sparse input is refused",
}


class ScorecardClassifier(ClassifierMixin, BaseEstimator):
    """Learn who converts, as a sum that anyone can read.

    Parameters
    ----------
    recipe : Recipe or None, default=None
        How much trunk and how many tables; None chooses it by folds.
    folds : int, default=5
        Random folds, or the largest number of forward ones where ``fit`` is given a time.
    pairs : int, default=20
        The largest number of two-feature tables.
    n_jobs : int, default=1
        Processes.
    random_state : int, default=0
        Seed of all draws.

    Attributes
    ----------
    classes_ : array of shape (2,)
        The two labels; the second is the conversion.
    scorecard_ : Scorecard
        The artifact.
    recipe_ : Recipe
        The recipe that was given or chosen.
    learned_ : Learned
        Trunk and boosted trees from which the scorecard was collapsed.

    Examples
    --------
    >>> import numpy as np
    >>> visits = np.arange(200.0).reshape(-1, 1)
    >>> model = ScorecardClassifier(recipe=Recipe("trunk")).fit(visits, visits[:, 0] > 120)
    >>> bool(model.predict([[190.0]])[0])
    True
    """

    def __init__(
        self,
        recipe: Recipe | None = None,
        folds: int = 5,
        pairs: int = MOST_PAIRS,
        n_jobs: int = 1,
        random_state: int = 0,
    ) -> None:
        self.recipe = recipe
        self.folds = folds
        self.pairs = pairs
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        time: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn from leads and what became of them.

        Parameters
        ----------
        X : DataFrame or array-like of shape (n_leads, n_features)
            Numbers; in a frame also text columns, read as categories.  NaN and None are missing.
        y : array-like of shape (n_leads,)
            Two labels.
        sample_weight : array-like of shape (n_leads,), optional
            Weights.
        time : array-like of shape (n_leads,), optional
            Seconds since 1970; given, the recipe is chosen forward in time.
        groups : array-like of shape (n_leads,), optional
            The lead of each row, where one has several.

        Raises
        ------
        ValueError
            If a number is infinite or ``y`` does not hold two labels.
        """
        self._check_parameters()
        if y is None:
            raise ValueError("ScorecardClassifier requires y to be passed, but the target y is None.")
        columns, rows = self._columns(X, reset=True)
        label = self._label(y, rows)
        weight = _weights(sample_weight, rows)
        kept = np.flatnonzero(weight > 0)
        if not len(kept):
            raise ValueError("All entries of sample_weight are zero: no lead is left to learn from.")
        if len(np.unique(label[kept])) < 2:
            raise ValueError("The leads of positive weight have one class: nothing can be learned from it.")
        leads = Leads(
            columns,
            label,
            weight,
            {},
            None if time is None else np.asarray(time, dtype=np.float64),
            None if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1],
        ).take(kept)
        self._fit(leads)
        return self

    def _check_parameters(self) -> None:
        if not 0 <= self.pairs <= MOST_PAIRS:
            raise ValueError(f"pairs of ScorecardClassifier must be 0 to {MOST_PAIRS}, got {self.pairs}.")
        if self.folds < 2:
            raise ValueError(f"folds of ScorecardClassifier must be at least 2, got {self.folds}.")

    def _fit(self, leads: Leads) -> None:
        effort = Effort(self.folds, self.pairs, self.random_state, self.n_jobs)
        plan = plan_folds(
            leads.label, time=leads.time, groups=leads.groups, folds=self.folds,
            random_folds=self.folds, seed=self.random_state,
        )  # fmt: skip
        self.recipe_ = self.recipe or choose_recipe(leads, plan, effort)
        held = held_out(
            leads,
            plan,
            [self.recipe_] * len(plan.folds),
            pairs=self.pairs,
            seed=self.random_state,
            jobs=self.n_jobs,
        )
        fitted = fit_scorecard(leads, plan, self.recipe_, held, _meta(), effort)
        self.scorecard_, self.sigmoid_, self.learned_ = fitted

    def _columns(self, X: Any, *, reset: bool) -> tuple[dict[str, Floats | Categories], int]:
        if isinstance(X, pd.DataFrame) and any(not _numeric(X[name]) for name in X.columns):
            validate_data(self, X, reset=reset, skip_check_array=True)
            return {str(name): _column(X[name]) for name in X.columns}, len(X)
        array = validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite="allow-nan",
            ensure_min_samples=LEAST_ROWS if reset else 1,
        )  # fmt: skip
        names = getattr(self, "feature_names_in_", [f"x{j}" for j in range(array.shape[1])])
        return {str(name): array[:, j] for j, name in enumerate(names)}, len(array)

    def _label(self, y: Any, rows: int) -> npt.NDArray[np.int_]:
        y = np.asarray(y) if not isinstance(y, pd.Series) else y.to_numpy()
        if y.ndim == 2 and y.shape[1] == 1:
            y = _raveled(y)
        check_classification_targets(y)
        if type_of_target(y) != "binary" and len(np.unique(y)) != 1:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(y)}."
            )
        if len(y) != rows:
            raise ValueError(f"Found input variables with inconsistent numbers of samples: {[rows, len(y)]}")
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(
                "The labels must be of two kinds, got one class: nothing can be learned from it."
            )
        return np.asarray(y == self.classes_[1], dtype=np.int_)

    def decision_function(self, X: Any) -> Floats:
        """Calibrated log-odds of conversion, shape (n_leads,)."""
        check_is_fitted(self)
        columns, rows = self._columns(X, reset=False)
        return self.scorecard_.score_columns(columns, rows=rows).log_odds

    def predict_proba(self, X: Any) -> Floats:
        """Likelihood of each label, shape (n_leads, 2)."""
        check_is_fitted(self)
        columns, rows = self._columns(X, reset=False)
        likelihood = self.scorecard_.score_columns(columns, rows=rows).likelihood
        return np.column_stack([1 - likelihood, likelihood])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The likelier label of each lead, shape (n_leads,)."""
        check_is_fitted(self)
        return np.asarray(self.classes_[(self.decision_function(X) > 0).astype(int)])

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


def _numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column.dtype))


def _column(column: pd.Series) -> Floats | Categories:
    if not _numeric(column):
        return Categories.of(column.astype(object).where(column.notna(), None).to_numpy())
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        raise ValueError(f"Column '{column.name}' contains infinity: numbers must be finite.")
    return np.asarray(values)


def _weights(sample_weight: Any, rows: int) -> Floats:
    if sample_weight is None:
        return np.ones(rows)
    weight = check_array(sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if weight.shape != (rows,):
        raise ValueError(f"sample_weight must have shape ({rows},), got {weight.shape}.")
    return np.asarray(weight)


def _raveled(y: npt.NDArray[Any]) -> npt.NDArray[Any]:
    import warnings

    from sklearn.exceptions import DataConversionWarning

    warnings.warn(
        "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
        "(n_samples,), for example using ravel().",
        DataConversionWarning,
        stacklevel=4,
    )
    return y.ravel()


def _meta() -> Meta:
    return Meta("unsaved", "won", None, None, rows=0, conversions=0, base_rate=0.0)
