"""One lead with five reasons, against a scikit-learn pipeline's ``predict_proba`` on a one-row frame."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from training.estimator import ScorecardClassifier
from training.recipe import Recipe

LIMIT = 200.0
ROWS, NUMBERS, NAMES = 3_000, 15, 10


def leads(seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Random leads of 25 columns and what became of them."""
    rng = np.random.default_rng(seed)
    numbers = rng.gamma(1.5, 10, (ROWS, NUMBERS))
    numbers[rng.random(numbers.shape) < 0.1] = np.nan
    frame = pd.DataFrame(numbers, columns=[f"number_{j}" for j in range(NUMBERS)])
    for j in range(NAMES):
        frame[f"name_{j}"] = rng.choice([f"value {k}" for k in range(12)], ROWS)
    odds = np.nan_to_num(numbers[:, 0]) / 10 + np.nan_to_num(numbers[:, 1] * numbers[:, 2]) / 300 - 2.5
    return frame, (rng.random(ROWS) < 1 / (1 + np.exp(-odds))).astype(int)


def per_call(call: Callable[[], object], seconds: float = 1.0) -> float:
    """Median seconds of a call over batches that take about the given time."""
    call()
    timed, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        for _ in range(5):
            call()
        timed.append((time.perf_counter() - start) / 5)
    return float(np.median(timed))


def main() -> dict[str, float]:
    """Measure, in turns."""
    frame, label = leads()
    card = ScorecardClassifier(recipe=Recipe("tables", rounds=600)).fit(frame, label).scorecard_
    names = [name for name in frame if str(name).startswith("name")]
    numbers = [name for name in frame if name not in names]
    pipeline = make_pipeline(
        ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
                ("names", OneHotEncoder(handle_unknown="ignore"), names),
            ]
        ),
        LogisticRegression(max_iter=300),
    ).fit(frame, label)
    one = frame.iloc[[7]]
    lead = {name: None if pd.isna(value) else value for name, value in one.iloc[0].items()}
    ours, theirs = [], []
    for _ in range(3):
        ours.append(per_call(lambda: card.score_one(lead, 5)))
        theirs.append(per_call(lambda: pipeline.predict_proba(one)))
    return {
        "features": len(card.terms),
        "pairs": len(card.pairs),
        "score_one, microseconds": float(np.median(ours)) * 1e6,
        "pipeline, microseconds": float(np.median(theirs)) * 1e6,
        "times faster": float(np.median(theirs) / np.median(ours)),
        "to reach": LIMIT,
    }
