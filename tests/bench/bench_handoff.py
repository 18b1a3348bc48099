"""A handoff proposal from half a million held-out predictions of *sql* and as many of *won*, against pandas.

Ours begins at the store and ends with the proposal: about a hundred thresholds with handoffs, conversions, wins and
revenue, each with an interval of 200 draws.  Pandas has the predictions in memory already, in order of lead and time,
and counts handoffs and conversions alone, threshold by threshold, without any interval.  Both must count the same.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from scoring.io.sections import Capacity, Goal, Sections, Value
from scoring.io.store import Model, Store, open_store
from scoring.proposal import Proposal
from serving.proposing import Asked, proposed
from tests.bench import worlds
from tests.cards import small_card

LIMIT_SECONDS = 10.0
ROWS, LOOKS, TURNS = 500_000, 4, 3
BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
SETTINGS = Sections(capacity=Capacity(reps=60), goal=Goal(customers=900), value=Value(deal=1000.0))


def predictions(rows: int, factor: float) -> pd.DataFrame:
    """Leads, each seen at its creation and in three later weeks, with likelihoods that wander."""
    rng = np.random.default_rng(2)
    leads = rows // LOOKS
    own = rng.normal(-2.5, 1.2, size=leads)
    z = np.repeat(own, LOOKS) + rng.normal(0, 0.5, size=leads * LOOKS)
    likelihood = factor / (1 + np.exp(-z))
    began = np.repeat(rng.uniform(0, 330, size=leads), LOOKS)
    week = np.tile(np.arange(LOOKS), leads)
    return pd.DataFrame(
        {
            "lead_id": np.repeat([f"lead-{n:07d}" for n in range(leads)], LOOKS),
            "as_of": pd.to_datetime(BEGIN) + pd.to_timedelta(began + 7 * week, unit="D"),
            "use": np.where(week == 0, "creation", "open"),
            "fold": 0,
            "likelihood": likelihood,
            "label": (rng.uniform(size=len(z)) < likelihood).astype(int),
            "weight": 1.0,
        }
    )


def fill(file: Path, rows: int) -> None:
    """A store with both models and what they said."""
    with open_store(worlds.url(file), "sql") as store:
        for version, target, factor in (("s1", "sql", 1.0), ("w1", "won", 0.2)):
            keep(store, version, target, predictions(rows, factor))


def keep(store: Store, version: str, target: str, frame: pd.DataFrame) -> None:
    """Keep a model with its predictions, and make it live."""
    card = small_card(version, target)
    model = Model(
        version=version, target=target, horizon_days=30, digest=card.digest, trained_until=None,
        created_at=BEGIN, scorecard=card.to_json(),
    )  # fmt: skip
    store.save_model(model)
    store.write_backtest(version, frame)
    store.promote(version, "bench", "a bench", BEGIN + timedelta(days=1))


def ours(file: Path, turns: int) -> tuple[float, float, Proposal]:
    """By the function that the command calls: seconds, peak of memory, and the proposal."""
    times = []
    with open_store(worlds.url(file), "sql") as store:
        for _ in range(turns):
            began = time.perf_counter()
            found = proposed(store, SETTINGS, Asked())
            times.append(time.perf_counter() - began)
    return median(times), worlds.peak(), found


def theirs(rows: int, thresholds: list[float], turns: int) -> tuple[float, list[tuple[int, int]]]:
    """By pandas: the first row of each lead that reaches a threshold, for one threshold after the other."""
    frame = predictions(rows, 1.0).sort_values(["lead_id", "as_of"], kind="stable")
    frame["likelihood"] = frame["likelihood"].round(6)
    times = []
    for _ in range(turns):
        began = time.perf_counter()
        counted = []
        for threshold in thresholds:
            handed = frame[frame["likelihood"] >= threshold].drop_duplicates("lead_id")
            counted.append((len(handed), int(handed["label"].sum())))
        times.append(time.perf_counter() - began)
    return median(times), counted


def main(rows: int = ROWS, turns: int = TURNS) -> dict[str, float]:
    """Measure each side in a process of its own."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "leadloop.db"
        worlds.apart(fill, file, rows)
        seconds, mebibytes, found = worlds.apart(ours, file, turns)
    thresholds = [point.threshold for point in found.curve]
    plain, counted = worlds.apart(theirs, rows, thresholds, 1)
    check(found, counted)
    return {
        "held-out predictions, each of two models": float(rows // LOOKS * LOOKS),
        "thresholds": float(len(thresholds)),
        "ours from the store, with intervals, seconds": seconds,
        "to reach at most, seconds": LIMIT_SECONDS,
        "ours, peak MiB": mebibytes,
        "pandas in memory, without intervals, seconds": plain,
    }


def check(found: Proposal, counted: list[tuple[int, int]]) -> None:
    """Both count the same.

    Raises
    ------
    AssertionError
        If they do not.
    """
    values = np.array(
        [(point.handoffs.value or 0.0, point.conversions.value or 0.0) for point in found.curve]
    )
    wanted = np.array(counted, dtype=float)
    months = wanted[0, 0] / values[0, 0]
    np.testing.assert_allclose(values * months, wanted, rtol=1e-9, atol=1e-6)
