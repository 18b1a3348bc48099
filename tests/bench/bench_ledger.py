"""What half a million snapshots of leads show of their events and histories, against a ``merge_asof`` a feature.

The leads are those of :mod:`tests.bench.bench_import`.  Both sides have all that is known in memory, pandas in
order of time already.  They must agree, in all but few of the steps back and forth: a running sum does not see
a step in its place that was recorded after a later one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pyarrow as pa

from scoring.categories import Categories
from scoring.clean import Column
from scoring.event_forms import define_events, event_columns
from scoring.features import Feature, define, feature_columns
from scoring.io.store import open_store
from scoring.leads import typed_at
from scoring.ledger import Floats, Ledger
from scoring.observed import Ways, guess_properties
from scoring.outcomes import Outcomes
from scoring.snapshots import Snapshots, draw_snapshots
from scoring.stages import at_or_beyond
from tests.bench import by_merge, worlds

LIMIT, LIMIT_MIB = 5.0, 2048.0
LEADS, WEEKLY, TURNS = 100_000, 6, 5
MOST_UNLIKE = 0.01
UNSEEN = ("steps_forward", "steps_back")
Found = Mapping[str, by_merge.Column]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What both sides work out."""

    ledger: Ledger
    snapshots: Snapshots
    features: Sequence[Feature]
    columns: Sequence[Column]

    @property
    def changing(self) -> list[Column]:
        """The properties that have a history."""
        return [column for column in self.columns if column.name in self.ledger.with_history]


@dataclass(frozen=True, slots=True)
class Measured:
    """The seconds of a side, those for all properties alone, its peak of memory, and what it found."""

    seconds: float
    others: float
    mebibytes: float
    found: Found


def wanted(file: Path, weekly: int) -> Wanted:
    """The leads of a store, their snapshots and features."""
    with open_store(worlds.url(file), "won") as store:
        ledger = store.ledger()
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond("won"))
    snapshots = draw_snapshots(ledger, outcomes, worlds.NOW.timestamp(), most_weekly=weekly)
    kinds = ledger.activities.category("kind")
    frequent = np.argsort(-np.bincount(kinds.codes, minlength=len(kinds.levels)), kind="stable")
    named = [kinds.levels[code] for code in frequent]
    features = define_events(named, touches=True, outcomes=True, time_zone=worlds.ZONE)
    columns = [guess.column for guess in guess_properties(ledger, Ways(time_zone=worlds.ZONE))]
    return Wanted(ledger, snapshots, features, columns)


def ours(file: Path, weekly: int, turns: int) -> Measured:
    """By the functions that training uses."""
    asked = wanted(file, weekly)
    looks = asked.snapshots
    times = []
    for _ in range(turns):
        began = time.perf_counter()
        events = event_columns(asked.features, asked.ledger, looks.lead, looks.as_of)
        typed = _properties(asked, asked.changing)
        then = time.perf_counter()
        _properties(asked, asked.columns)
        times.append((then - began, time.perf_counter() - then))
    mebibytes = worlds.peak()
    seconds, others = (median(column) for column in zip(*times, strict=True))
    return Measured(
        seconds, others, mebibytes, {name: _plain(made) for name, made in (events | typed).items()}
    )


def theirs(file: Path, weekly: int, turns: int) -> Measured:
    """By pandas."""
    asked = wanted(file, weekly)
    times = []
    for _ in range(turns):
        frames = by_merge.frames_of(asked.ledger, asked.snapshots.lead, asked.snapshots.as_of)
        began = time.perf_counter()
        events = by_merge.event_columns(asked.features, frames)
        raw = {column.name: by_merge.property_column(column.name, frames) for column in asked.changing}
        times.append(time.perf_counter() - began)
    mebibytes = worlds.peak()
    back = np.argsort(frames.looks.index.to_numpy())
    found = {name: made[back] for name, made in events.items()}
    for column in asked.changing:
        text = pa.array(raw[column.name][back], pa.string(), from_pandas=True)
        found[column.name] = _plain(column.clean_array(text).values)
    return Measured(median(times), 0.0, mebibytes, found)


def _properties(asked: Wanted, columns: Sequence[Column]) -> dict[str, Floats | Categories]:
    """Properties as they were known, and the features made of them."""
    typed, _ = typed_at(columns, asked.ledger, asked.snapshots.lead, asked.snapshots.as_of)
    feature_columns(define(columns, as_of_column="as_of"), typed, asked.snapshots.as_of)
    return typed


def _plain(made: Floats | Categories) -> by_merge.Column:
    return np.array([*made.levels, None], dtype=object)[made.codes] if isinstance(made, Categories) else made


def check(one: Found, other: Found) -> None:
    """Both say the same.

    Raises
    ------
    AssertionError
        If they do not.
    """
    assert one.keys() == other.keys()
    for name, left in one.items():
        right = other[name]
        if name in UNSEEN:
            assert np.mean(left != right) <= MOST_UNLIKE, name
        elif left.dtype == object:
            assert bool(np.all(left == right)), name
        else:
            np.testing.assert_allclose(left, right, rtol=0, atol=1e-6, err_msg=name)


def main(leads: int = LEADS, weekly: int = WEEKLY, turns: int = TURNS) -> dict[str, float]:
    """Measure each side in a process of its own."""
    file = worlds.store_of(leads, busy=True)
    own = worlds.apart(ours, file, weekly, turns)
    plain = worlds.apart(theirs, file, weekly, turns)
    check(own.found, plain.found)
    return {
        "snapshots": float(len(own.found["stage"])),
        "features and properties with a history": float(len(own.found)),
        "ours, seconds": own.seconds,
        "merge_asof, seconds": plain.seconds,
        "times faster": plain.seconds / own.seconds,
        "to reach": LIMIT,
        "ours, peak MiB": own.mebibytes,
        "to reach at most, MiB": LIMIT_MIB,
        "merge_asof, peak MiB": plain.mebibytes,
        "ours, all properties alone, seconds": own.others,
    }
