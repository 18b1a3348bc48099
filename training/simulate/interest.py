"""What leads do: visits before they give their name, and after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.simulate.clock import DAY, HOUR, Seconds
from training.simulate.world import PERSONAS, SOURCES, Indices, Numbers

WEBINAR = next(place for place, source in enumerate(SOURCES) if source.name == "Webinar")
# Log of the mean number of each kind before creation, and how much of it a person's interest moves.
_BEFORE = {
    "page_view": (1.35, 0.6),
    "pricing_view": (-1.2, 0.7),
    "download": (-1.1, 0.5),
    "webinar_attended": (-2.6, 0.3),
}
_AFTER = ("page_view", "email_open", "email_click", "pricing_view", "download", "webinar_attended")
# Shares of the kinds after creation: of leads that go nowhere, and of those that become SQL.
_AFTER_SHARES = np.array([[0.36, 0.42, 0.08, 0.05, 0.06, 0.03], [0.44, 0.22, 0.10, 0.13, 0.07, 0.04]])


@dataclass(frozen=True, slots=True)
class Visits:
    """Activities before creation: one entry each, and their sums per lead."""

    lead: Indices
    kind: Indices
    occurred: Seconds
    minutes: Numbers
    counts: dict[str, Indices]
    total_minutes: Numbers
    first: Numbers

    @property
    def frame(self) -> pd.DataFrame:
        """The activities as a table with positions of leads."""
        kinds = np.array(list(_BEFORE), dtype=object)
        return pd.DataFrame(
            {"lead": self.lead, "occurred": self.occurred, "kind": kinds[self.kind], "value": self.minutes}
        )


def visits_before(rng: np.random.Generator, created: Seconds, source: Indices, persona: Indices) -> Visits:
    """Draw what each lead did on the web site in the four weeks before it gave its name."""
    count = len(created)
    interest = np.array([each.interest for each in PERSONAS])[persona] + rng.normal(0, 1, count)
    browses = np.array([each.browses for each in SOURCES])[source]
    numbers = {
        kind: np.asarray(rng.poisson(np.exp(level + slope * interest) * browses), dtype=np.intp)
        for kind, (level, slope) in _BEFORE.items()
    }
    numbers["webinar_attended"] += source == WEBINAR
    lead = np.concatenate([np.repeat(np.arange(count), each) for each in numbers.values()])
    kind = np.repeat(np.arange(len(numbers)), [int(each.sum()) for each in numbers.values()])
    ago = np.minimum(rng.exponential(5 * DAY, len(lead)) * (rng.random(len(lead)) < 0.6), 27 * DAY)
    occurred = created[lead] - (ago + rng.integers(60, 2 * HOUR, len(lead))).astype(np.int64)
    watched = np.exp(rng.normal(np.log(1.7), 0.8, len(lead)) + 0.25 * interest[lead])
    minutes = np.where(kind <= 1, np.round(np.clip(watched, 0.1, 45), 1), np.nan)
    first = np.full(count, np.inf)
    np.minimum.at(first, lead, occurred)
    total = np.bincount(lead, weights=np.nan_to_num(minutes), minlength=count)
    return Visits(lead, kind, occurred, minutes, numbers, np.round(total, 1), first)


def visits_after(rng: np.random.Generator, created: Seconds, until: Numbers, going: Indices) -> pd.DataFrame:
    """Draw what leads do afterwards: those on their way to a deal come back more often.

    ``until`` is when each lead's story ends, ``going`` 1 for a lead that becomes an SQL.
    """
    length = np.minimum(until - created, 120 * DAY)
    mean = np.where(going == 1, 3 + 0.18 * length / DAY, 1.2 + 0.02 * length / DAY) * rng.gamma(
        2, 0.5, len(created)
    )
    numbers = rng.poisson(mean)
    lead = np.repeat(np.arange(len(created)), numbers)
    fade = np.where(going[lead] == 1, 1.2, 2.5)
    occurred = created[lead] + HOUR + length[lead] * (1 - (1 - rng.random(len(lead))) ** (1 / fade))
    edges = np.cumsum(_AFTER_SHARES, axis=1)[going[lead]]
    kind = np.minimum((rng.random(len(lead))[:, None] > edges).sum(axis=1), len(_AFTER) - 1)
    minutes = np.round(np.clip(np.exp(rng.normal(np.log(1.7), 0.8, len(lead))), 0.1, 45), 1)
    kinds = np.array(_AFTER, dtype=object)[kind]
    return pd.DataFrame(
        {
            "lead": lead,
            "occurred": occurred.astype(np.int64),
            "kind": kinds,
            "value": np.where(np.isin(kinds, ["page_view", "pricing_view"]), minutes, np.nan),
        }
    )
