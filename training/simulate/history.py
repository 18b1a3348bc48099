"""What was filled in or corrected after a lead was created: the history of its properties."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scoring.stages import CLOSING
from training.simulate.clock import DAY, HOUR, Seconds
from training.simulate.people import People
from training.simulate.sales import Ownership
from training.simulate.world import RANKS, Numbers, Words

LOST_REASON = "失注理由"
_PROMOTED = {"主任": "課長", "課長": "部長"}


def draw_changes(
    rng: np.random.Generator,
    created: Seconds,
    people: People,
    leads: pd.DataFrame,
    outcomes: pd.DataFrame,
    owners: Ownership,
) -> pd.DataFrame:
    """Draw the changes of properties: columns ``lead``, ``occurred``, ``property``, ``value``.

    A property with any change of a lead has its first value there too, so that nothing is known too early.
    """
    parts = [
        _owner(owners),
        _enriched(rng, created, leads),
        _promoted(rng, created, people, leads),
        _unsubscribed(rng, created, leads),
        _lost(rng, outcomes),
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["occurred", "lead", "property"], kind="stable", ignore_index=True)


def _owner(owners: Ownership) -> pd.DataFrame:
    later = np.flatnonzero(np.isfinite(owners.passed_on))
    lead = np.concatenate([np.arange(len(owners.first)), later])
    when = np.concatenate([owners.assigned, owners.passed_on[later]])
    rep = np.concatenate([owners.first, owners.second[later]])
    return _rows(lead, when, "owner", owners.names[rep])


def _enriched(rng: np.random.Generator, created: Seconds, leads: pd.DataFrame) -> pd.DataFrame:
    """The head count of some companies is bought in, days after."""
    lead = np.flatnonzero(rng.random(len(created)) < 0.08)
    when = created[lead] + rng.uniform(0.5, 5, len(lead)) * DAY
    return _rows(lead, when, "employees", leads["employees"].to_numpy(dtype=object)[lead])


def _promoted(
    rng: np.random.Generator, created: Seconds, people: People, leads: pd.DataFrame
) -> pd.DataFrame:
    ranks = [RANKS.index(rank) for rank in _PROMOTED]
    lead = np.flatnonzero(np.isin(people.rank, ranks) & (rng.random(len(created)) < 0.05))
    when = created[lead] + rng.uniform(20, 250, len(lead)) * DAY // HOUR * HOUR
    new = np.array([_PROMOTED[RANKS[rank]] for rank in people.rank[lead]], dtype=object)
    old = leads["job_title"].to_numpy(dtype=object)[lead]
    first = _rows(lead, created[lead], "job_title", old)
    return pd.concat([first, _rows(lead, when, "job_title", new)], ignore_index=True)


def _unsubscribed(rng: np.random.Generator, created: Seconds, leads: pd.DataFrame) -> pd.DataFrame:
    wants = (leads["newsletter"] == "はい").to_numpy()
    lead = np.flatnonzero(wants & (rng.random(len(created)) < 0.1))
    when = created[lead] + rng.exponential(90, len(lead)) * DAY + HOUR
    first = _rows(lead, created[lead], "newsletter", np.full(len(lead), "はい", dtype=object))
    return pd.concat([first, _rows(lead, when, "newsletter", np.full(len(lead), "いいえ", dtype=object))])


def _lost(rng: np.random.Generator, outcomes: pd.DataFrame) -> pd.DataFrame:
    """The planted leak: sales picks the reason when it writes the loss down, never before."""
    lost = outcomes[outcomes["stage"].isin(CLOSING)].drop_duplicates("lead", keep="last")
    lost = lost[rng.random(len(lost)) < 0.93]
    return _rows(
        lost["lead"].to_numpy(),
        lost["recorded"].to_numpy(),
        LOST_REASON,
        lost["reason"].to_numpy(dtype=object),
    )


def _rows(lead: Numbers | Seconds, when: Numbers | Seconds, name: str, value: Words) -> pd.DataFrame:
    return pd.DataFrame(
        {"lead": lead.astype(np.int64), "occurred": when.astype(np.int64), "property": name, "value": value}
    )


def value_at(changes: pd.DataFrame, name: str, at_creation: Words, when: Seconds) -> Words:
    """Say what a property was at a time: the last change by then; blank if all changes came later."""
    own = changes[changes["property"] == name]
    values = at_creation.copy()
    values[own["lead"].unique()] = ""
    seen = own[own["occurred"].to_numpy() <= when[own["lead"]]].drop_duplicates("lead", keep="last")
    values[seen["lead"]] = seen["value"]
    return values
