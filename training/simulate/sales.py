"""What sales does with its leads: who gets them, when they are first called, and what is missed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from training.simulate.clock import DAY, HOUR, Seconds, add_business_hours, next_mornings
from training.simulate.fate import Fate
from training.simulate.world import REPS, Indices, Numbers, Words

_CHANNELS = np.array(["call", "email", "meeting"], dtype=object)
_ANSWERED = np.array([0.0, 0.16, 0.97])


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who gets each lead and when, and who takes it over later (infinite: nobody)."""

    names: Words
    first: Indices
    assigned: Numbers
    second: Indices
    passed_on: Numbers

    def on_mornings(self, created: Seconds, since: int) -> Ownership:
        """Give the leads that come from then on to their reps in the morning after, when they are handed over."""
        assigned = np.where(created >= since, next_mornings(created), self.assigned)
        # Whoever has just got a lead does not pass it on within days.
        return replace(self, assigned=assigned, passed_on=np.maximum(self.passed_on, assigned + 4 * DAY))

    def at(self, lead: Indices, when: Numbers) -> Indices:
        """Say whose lead it was then."""
        return np.asarray(np.where(when >= self.passed_on[lead], self.second[lead], self.first[lead]))


def draw_owners(rng: np.random.Generator, created: Seconds, reps: int) -> Ownership:
    """Give each lead to a rep: mostly at once, the rest when somebody gets round to it."""
    count = len(created)
    start = created.astype(np.float64)
    slow = rng.random(count) < 0.18
    by_hand = add_business_hours(start, rng.exponential(2.5, count)) + rng.integers(60, 1_200, count)
    first = rng.integers(0, reps, count)
    passes = rng.random(count) < 0.05
    passed_on = np.where(
        passes, add_business_hours(start + rng.uniform(4, 45, count) * DAY, np.full(count, 1.5)), np.inf
    )
    return Ownership(
        np.array(
            [REPS[place] if place < len(REPS) else f"担当 {place + 1}" for place in range(reps)], dtype=object
        ),
        first,
        np.where(slow, np.maximum(by_hand, start + 300), start),
        (first + rng.integers(1, max(reps, 2), count)) % reps,
        passed_on,
    )


def draw_touches(rng: np.random.Generator, created: Seconds, owners: Ownership, fate: Fate) -> pd.DataFrame:
    """Draw touches by reps and the automatic e-mails before them.

    Columns ``lead``, ``occurred``, ``rep`` (position), ``channel``, ``connected``, ``automatic``.
    """
    end = created + np.where(np.isfinite(fate.end), fate.end, 200) * DAY
    human = _human(rng, created, owners, fate)
    human = human.loc[human["occurred"].to_numpy() < end[human["lead"]]]
    greeted = np.flatnonzero(rng.random(len(created)) < 0.75)
    automatic = pd.DataFrame(
        {
            "lead": greeted,
            "occurred": created[greeted] + rng.integers(30, 400, len(greeted)),
            "channel": "email",
            "connected": False,
            "automatic": True,
        }
    )
    touches: pd.DataFrame = pd.concat([automatic, human], ignore_index=True)
    touches["rep"] = owners.at(touches["lead"].to_numpy(), touches["occurred"].to_numpy())
    return touches


def _human(rng: np.random.Generator, created: Seconds, owners: Ownership, fate: Fate) -> pd.DataFrame:
    """First touch within the rep's usual hours, unless it is missed; then a call now and then."""
    count = len(fate.kind)
    going = fate.becomes_sql == 1
    usual = np.linspace(0.7, 3.2, len(owners.names))[owners.first]
    missed = rng.random(count) < np.where(going, 0.12, 0.24)
    hours = np.where(missed, rng.uniform(4.5, 60, count), np.minimum(rng.exponential(usual), 12))
    ignored = ~going & (rng.random(count) < 0.1)
    number = np.where(ignored, 0, 1 + rng.poisson(np.where(going, 5.5, 2.2)))
    lead = np.repeat(np.arange(count), number)
    turn = np.arange(len(lead)) - np.repeat(np.cumsum(number) - number, number)
    gaps = np.where(turn == 0, hours[lead], rng.exponential(18, len(lead)) + 2)
    total = np.cumsum(gaps)
    before = np.concatenate([[0.0], total])[(np.cumsum(number) - number)][lead]
    # Office hours differ from rep to rep within the hour, so that no clock face stands out.
    occurred = add_business_hours(owners.assigned[lead], total - before) + rng.integers(0, 240, len(lead))
    # Nobody becomes an SQL before anybody spoke to them.
    latest = np.where(going, created + 0.5 * np.where(going, fate.sql, 0.0) * DAY, np.inf)[lead]
    occurred = np.where(turn == 0, np.minimum(occurred, latest), occurred)
    channel = np.where(
        turn == 0, rng.choice(3, len(lead), p=[0.7, 0.3, 0.0]), rng.choice(3, len(lead), p=[0.5, 0.4, 0.1])
    )
    hour = occurred % DAY // HOUR
    by_phone = np.select([hour < 10, hour < 12, hour < 13, hour < 16], [0.2, 0.34, 0.16, 0.28], default=0.38)
    answers = np.where(channel == 0, by_phone, _ANSWERED[channel]) * np.where(going[lead], 1.25, 0.9)
    return pd.DataFrame(
        {
            "lead": lead,
            "occurred": occurred.astype(np.int64),
            "channel": _CHANNELS[channel],
            "connected": rng.random(len(lead)) < answers,
            "automatic": False,
        }
    )
