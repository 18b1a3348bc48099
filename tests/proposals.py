"""A store whose models were tested on leads that can be counted, for the tests that propose a handoff policy."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from scoring.handoff_evidence import MONTH
from scoring.io.store import Model, Store
from tests.cards import small_card

BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
LEADS, MONTHS = 900, 3


def backtest(shift: float = 0.0) -> pd.DataFrame:
    """Three hundred leads a month for three months, with likelihoods evenly from 0 to 1, plus a shift."""
    number = np.arange(LEADS)
    likelihood = np.clip((number * 7 % LEADS + 0.5) / LEADS + shift, 0, 1)
    return pd.DataFrame(
        {
            "lead_id": [f"L-{n}" for n in number],
            "as_of": [BEGIN + timedelta(seconds=MONTHS * MONTH * n / (LEADS - 1)) for n in number],
            "use": "creation",
            "fold": 0,
            "likelihood": likelihood,
            "label": (number % 3 == 0).astype(int),
            "weight": 1.0,
        }
    )


def keep(store: Store, version: str, target: str, frame: pd.DataFrame | None, base: float = -1.4) -> None:
    """Keep a model with its held-out predictions, and make it live."""
    card = small_card(version, target, base=base)
    model = Model(
        version=version, target=target, horizon_days=30, digest=card.digest, trained_until=None,
        created_at=BEGIN, scorecard=card.to_json(),
    )  # fmt: skip
    store.save_model(model)
    if frame is not None:
        store.write_backtest(version, frame)
    store.promote(version, "tests", "a test", BEGIN)


def stock(store: Store, number: str = "1") -> Store:
    """A model of *sql*, and one of *won* that says a tenth of it."""
    keep(store, f"s{number}", "sql", backtest())
    keep(store, f"w{number}", "won", backtest().assign(likelihood=lambda rows: rows.likelihood / 10))
    return store
