"""Made-up leads with a known truth, for the tests of everything that learns."""

import numpy as np
import pandas as pd

from scoring.categories import Categories
from training.choice import Leads

DAY = 86_400.0


def market(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Leads with two numbers and two categories, one in fifteen values missing."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "visits": rng.poisson(6, rows).astype(float),
            "employees": np.round(rng.lognormal(4, 1, rows)),
            "source": rng.choice(["Referral", "Web", "Fair", "Ads"], rows, p=[0.2, 0.4, 0.2, 0.2]),
            "country": rng.choice(["JP", "US", "DE"], rows),
        }
    )
    return frame.mask(pd.DataFrame(rng.random(frame.shape) < 1 / 15, columns=frame.columns))


def truth(frame: pd.DataFrame, base: float = -1.0, strength: float = 1.0) -> np.ndarray:
    """Their true log-odds: a slope, a bend, a category, and visits that count for more from the web."""
    visits, size = (
        frame["visits"].fillna(6).to_numpy(),
        np.log(frame["employees"].fillna(55).clip(1).to_numpy()),
    )
    web, referral = (frame["source"] == "Web").to_numpy(), (frame["source"] == "Referral").to_numpy()
    effect = 0.15 * (visits - 6) + 1.2 * referral + 0.4 * web * (visits - 6) - 0.8 * (np.abs(size - 4) > 1)
    return base + strength * effect


def outcomes(log_odds: np.ndarray, seed: int = 0) -> np.ndarray:
    """Who converted, drawn from the truth."""
    return (np.random.default_rng(seed + 1_000).random(len(log_odds)) < 1 / (1 + np.exp(-log_odds))).astype(
        int
    )


def leads_of(frame: pd.DataFrame, label: np.ndarray, **more) -> Leads:
    """The leads as training takes them: text as categories, the rest as numbers; ``more`` overrules."""
    columns = {
        name: values.to_numpy(float)
        if pd.api.types.is_numeric_dtype(values.dtype)
        else Categories.of(values.astype(object).where(values.notna(), None).to_numpy())
        for name, values in frame.items()
    }
    axes = {"visits": "engagement"}
    return Leads(
        **{"columns": columns, "label": np.asarray(label), "weight": np.ones(len(label)), "axes": axes} | more
    )


def made_leads(rows: int = 600, seed: int = 0, base: float = -1.0, strength: float = 1.0, **more) -> Leads:
    """Leads of a market whose outcomes follow the truth."""
    frame = market(rows, seed)
    return leads_of(frame, outcomes(truth(frame, base, strength), seed), **more)
