"""What an import tells of the properties of leads, held against what the store has: history grows by itself.

A value that differs from the one before is a change as of now.  Where it is the first change of a property
that had a value, that value is kept too, as it was from the lead's creation on: else nobody could say
later what was known earlier.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from scoring.contract import content_key
from scoring.event_rows import in_order
from scoring.incoming import Incoming
from scoring.io.store.bulk import add_rows, has_rows, rows_of, run_many
from scoring.io.store.known_leads import KnownLeads, as_json
from scoring.io.store.tables import changes
from scoring.words import plain

Integers = npt.NDArray[np.int64]
Objects = npt.NDArray[np.object_]
Updates = dict[int, dict[str, str | None]]

# A change that comes in the microsecond of the one before it is still the later one.
_TICK = 1


@dataclass(frozen=True, slots=True)
class History:
    """The changes of a property.

    Parameters
    ----------
    ever : array of bool, one per lead
        Whether the lead has any.
    value : array of (str or None), one per lead
        What the last one says.
    at : array of int64, one per lead
        Since when that holds, in microseconds.
    """

    ever: npt.NDArray[np.bool_]
    value: Objects
    at: Integers

    @classmethod
    def nothing(cls, leads: int) -> History:
        """No changes of any lead."""
        none = np.full(leads, None, dtype=object)
        return cls(np.zeros(leads, dtype=bool), none, np.zeros(leads, dtype=np.int64))


@dataclass
class NewChanges:
    """Changes that no file tells of in so many words."""

    place: list[int] = field(default_factory=list)
    at: list[int] = field(default_factory=list)
    name: list[str] = field(default_factory=list)
    value: list[str | None] = field(default_factory=list)

    def add(self, place: int, at: int, name: str, value: str | None) -> None:
        """Note one."""
        self.place.append(place)
        self.at.append(at)
        self.name.append(name)
        self.value.append(value)

    def write(self, connection: Connection, leads: KnownLeads) -> int:
        """Add them to the store, and say how many they were."""
        lead = leads.row[self.place]
        at = np.array(self.at, dtype=np.int64)
        key = np.array(list(map(content_key, self.name, self.value)), dtype=np.int64)
        order, n = in_order(lead, at, key, at)
        texts = {
            "property": pa.array(self.name, pa.string()).take(pa.array(order)),
            "value": pa.array(self.value, pa.string()).take(pa.array(order)),
        }
        columns = {"lead": lead[order], "occurred_at": at[order], "key": key[order], "n": n}
        return add_rows(connection, changes, {**columns, "recorded_at": at[order], **texts}, lambda _: None)


def read_history(connection: Connection, leads: KnownLeads, places: Integers) -> dict[str, History]:
    """The changes that some leads have, by property."""
    found: dict[str, History] = {}
    if not has_rows(connection, changes):
        return found
    parts = rows_of(
        connection,
        "lead, property, changes.value, occurred_at",
        'changes WHERE lead = key_of ORDER BY lead, occurred_at, recorded_at, "key", n',
        leads.row[places].tolist(),
        "bigint",
    )
    for part in parts:
        lead, names, values, times = zip(*part, strict=True)
        place = leads.places_of(np.array(lead, dtype=np.int64))
        codes, levels = pd.factorize(np.array(names, dtype=object))
        told, at = np.array([*values, None], dtype=object)[:-1], np.array(times, dtype=np.int64)
        for code, name in enumerate(levels):
            rows = codes == code
            history = found.setdefault(name, History.nothing(len(leads.row)))
            # Of several rows of a lead, the last one stays.
            history.ever[place[rows]] = True
            history.value[place[rows]] = told[rows]
            history.at[place[rows]] = at[rows]
    return found


def keep_earlier(connection: Connection, leads: KnownLeads, told: Incoming, places: Integers) -> int:
    """Before a file brings the first changes of a stored lead's property: keep the value that it has.

    It is not needed where the changes go back to the creation of the lead.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    leads : KnownLeads
        The leads.
    told : Incoming
        The changes.
    places : array of int64, shape (n_rows,)
        The lead of each.
    """
    rows = np.flatnonzero(told.good & (places < leads.stored))
    if not len(rows):
        return 0
    history = read_history(connection, leads, np.unique(places[rows]))
    kept = NewChanges()
    names = told.answers("property")
    for code in np.unique(names.codes[rows]).tolist():
        own = rows[names.codes[rows] == code]
        name = names.levels[code]
        earliest = pd.Series(told.times("occurred_at")[own]).groupby(places[own]).min()
        place, first = earliest.index.to_numpy(dtype=np.int64), earliest.to_numpy(dtype=np.int64)
        ever = history[name].ever[place] if name in history else np.zeros(len(place), dtype=bool)
        place = place[~ever & (first > leads.created[place])]
        for at, value in zip(place.tolist(), leads.values(name, place).tolist(), strict=True):
            if value is not None:
                kept.add(at, int(leads.created[at]), name, value)
    return kept.write(connection, leads)


def renew(
    connection: Connection,
    leads: KnownLeads,
    told: Incoming | None,
    places: Integers,
    changed: Iterable[Integers],
    now: int,
) -> tuple[int, int]:
    """Make properties what they are now, and write down what they were.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes; new leads and the changes of files are there already.
    leads : KnownLeads
        The leads.
    told : Incoming or None
        The list of leads.
    places : array of int64, shape (n_rows,)
        The lead of each of its rows.
    changed : iterable of array of int64
        Leads that files of changes speak of.
    now : int
        Since when a value that differs holds, in microseconds.

    Returns
    -------
    leads, changes : int
        How many leads that were there before have other values now, and how many changes were written.
    """
    good = np.zeros(0, dtype=np.int64) if told is None else np.flatnonzero(told.good)
    looked_at = np.unique(np.concatenate([places[good][places[good] < leads.stored], *changed]))
    history = read_history(connection, leads, looked_at)
    written = NewChanges()
    updates: Updates = {}
    properties: Mapping[str, pa.Array] = {} if told is None else told.properties
    for name, values in properties.items():
        past = history.get(name) or History.nothing(len(leads.row))
        rows = good[(places[good] < leads.stored) | past.ever[places[good]]]
        _compare(leads, name, values.take(pa.array(rows)), places[rows], past, now, written, updates)
    for name, past in history.items():
        unsaid = past.ever.copy()
        if name in properties:
            unsaid[places[good]] = False
        place = np.flatnonzero(unsaid)
        _settle(leads, name, past.value[place], place, updates)
    _update(connection, leads, updates)
    return sum(place < leads.stored for place in updates), written.write(connection, leads)


def _compare(
    leads: KnownLeads,
    name: str,
    values: pa.Array,
    places: Integers,
    past: History,
    now: int,
    written: NewChanges,
    updates: Updates,
) -> None:
    """Hold what a list tells of a property against the value before; spelling alone is no change."""
    told = np.array([*values.to_pylist(), None], dtype=object)[:-1]
    kept = leads.values(name, places)
    before = np.where(past.ever[places], past.value[places], kept)
    for at in np.flatnonzero(told != before).tolist():
        place, value, old = int(places[at]), told[at], before[at]
        if _same(value, old):
            continue
        since = int(past.at[place] if past.ever[place] else leads.created[place])
        if old is not None and not past.ever[place]:
            written.add(place, since, name, old)
        written.add(place, max(now, since + _TICK), name, value)
    stored = places < leads.stored
    _settle(leads, name, told[stored], places[stored], updates)


def _settle(leads: KnownLeads, name: str, values: Objects, places: Integers, updates: Updates) -> None:
    """Note the leads among whose properties another value stands."""
    kept = leads.values(name, places)
    for at in np.flatnonzero(values != kept).tolist():
        if not _same(values[at], kept[at]):
            updates.setdefault(int(places[at]), {})[name] = values[at]


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and plain(one) == plain(other)


def _update(connection: Connection, leads: KnownLeads, updates: Updates) -> None:
    """Write the properties of some leads anew."""
    numbers = leads.row[list(updates)].tolist()
    kept: dict[int, str] = {}
    for part in rows_of(
        connection, "id, CAST(properties AS TEXT)", "leads WHERE id = key_of", numbers, "bigint"
    ):
        kept.update(part)
    lines = []
    for number, news in zip(numbers, updates.values(), strict=True):
        merged = json.loads(kept[number]) | news
        filled = {name: value for name, value in merged.items() if value is not None}
        lines.append((as_json(filled), number))
    run_many(connection, "UPDATE leads SET properties = ? WHERE id = ?", lines)
