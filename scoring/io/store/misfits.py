"""Rows of an import that contradict the store, or speak of leads that nobody knows; and the leads of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from scoring.contract import LEADS, OUTCOMES, content_key
from scoring.event_rows import content_keys
from scoring.incoming import Incoming
from scoring.io.store.bulk import has_rows, rows_of
from scoring.io.store.known_leads import KnownLeads, find_leads, next_number
from scoring.io.store.tables import EVENTS

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Placed:
    """The leads that some files speak of.

    Parameters
    ----------
    leads : KnownLeads
        The leads, the new ones too.
    places : list of array of int64
        For each file the lead of each of its rows, -1 where there is none.
    """

    leads: KnownLeads
    places: list[Integers]


def place(connection: Connection, files: Sequence[Incoming]) -> Placed:
    """Find the leads of all rows, and name the rows that cannot be kept beside what the store has.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes, so that what is found stays true.
    files : sequence of Incoming
        What is to be imported, at most one list of leads; faults and notes are added to them.
    """
    leads = find_leads(connection, [file for file in files if "lead_id" in file.columns])
    listed = next((file for file in files if file.contract is LEADS), None)
    lost: set[str] = set()
    if listed is not None:
        _refuse_other_creation(listed, leads)
        leads, lost = _with_new(connection, listed, leads)
    places = []
    for file in files:
        ids = file.columns.get("lead_id")
        places.append(np.zeros(0, dtype=np.int64) if ids is None else leads.places(file.answers("lead_id")))
        if file.contract.name in EVENTS:
            _refuse_unknown(file, places[-1], lost, listed)
            _refuse_other_event(connection, file, places[-1], leads)
        if file.contract is OUTCOMES:
            _note_early(file, places[-1], leads)
    return Placed(leads, places)


def _refuse_other_creation(listed: Incoming, leads: KnownLeads) -> None:
    """A lead keeps the time of its creation."""
    places = leads.places(listed.answers("lead_id"))
    rows = np.flatnonzero(listed.good & (places >= 0))
    other = listed.times("created_at")[rows] != leads.created[places[rows]]
    listed.refuse(rows[other], f"{listed.shown('created_at')} differs from the stored one of this lead.")


def _with_new(connection: Connection, listed: Incoming, leads: KnownLeads) -> tuple[KnownLeads, set[str]]:
    """The leads and the new ones of a list, numbered; and those that its bad rows would have brought."""
    ids, good = listed.answers("lead_id"), listed.good
    unknown = leads.places(ids) < 0
    new = np.flatnonzero(good & unknown)
    names = [ids.levels[code] for code in ids.codes[new].tolist()]
    bad = np.flatnonzero(~good & unknown & (ids.codes >= 0))
    lost = {ids.levels[code] for code in ids.codes[bad].tolist()} - set(names)
    first = next_number(connection) if names else 0
    return leads.with_new(names, listed.times("created_at")[new], first), lost


def _refuse_unknown(file: Incoming, places: Integers, lost: set[str], listed: Incoming | None) -> None:
    """An event belongs to a lead."""
    ids = file.answers("lead_id")
    of_lost = np.array([*(level in lost for level in ids.levels), False])[ids.codes]
    unknown = (places < 0) & (ids.codes >= 0)
    where = "the store" if listed is None else f"{listed.file} or the store"
    shown = file.shown("lead_id")
    file.refuse(unknown & ~of_lost, f"{shown} must name a lead of {where}.")
    if listed is not None:
        file.refuse(unknown & of_lost, f"{shown} names a lead whose own row in {listed.file} is rejected.")


def _refuse_other_event(connection: Connection, file: Incoming, places: Integers, leads: KnownLeads) -> None:
    """An event never changes: its id does not come again with other content."""
    table, ids = EVENTS[file.contract.name], file.answers("event_id")
    rows = np.flatnonzero(file.good & (ids.codes >= 0))
    if not len(rows) or not has_rows(connection, table, "event_id IS NOT NULL"):
        return
    level_of = {ids.levels[code]: code for code in np.unique(ids.codes[rows]).tolist()}
    stored = np.zeros((3, len(ids.levels)), dtype=np.int64)
    there = np.zeros(len(ids.levels), dtype=bool)
    for event_id, *what in _stored_events(connection, file, list(level_of)):
        there[level_of[event_id]] = True
        stored[:, level_of[event_id]] = what
    codes = ids.codes[rows]
    told = (leads.row[places[rows]], file.times(file.contract.time)[rows], _content(file)[rows])
    other = there[codes] & np.any(stored[:, codes] != np.stack(told), axis=0)
    file.refuse(
        rows[other],
        f"{file.shown('event_id')} is that of a stored event with other content. "
        "What came later is an event of its own, with another id.",
    )


def _content(file: Incoming) -> Integers:
    return content_keys(file.contract, file.columns)


def _stored_events(connection: Connection, file: Incoming, ids: list[str]) -> list[tuple[str, int, int, int]]:
    """Stored events: id, lead, time and the key of what they say."""
    contract = file.contract
    flags = {column.name for column in contract.columns if column.kind == "boolean"}
    is_flag = [name in flags for name in contract.content]
    columns = ", ".join(f'"{name}"' for name in ("event_id", "lead", "occurred_at", *contract.content))
    rest = f"{contract.name} WHERE event_id = key_of"
    return [
        (event_id, lead, at, content_key(*_typed(content, is_flag)))
        for part in rows_of(connection, columns, rest, ids, "text")
        for event_id, lead, at, *content in part
    ]


def _typed(
    content: Sequence[str | float | bool | None], is_flag: Sequence[bool]
) -> list[str | float | bool | None]:
    """What the driver gives, with yes and no as such: SQLite has numbers for them."""
    return [
        bool(value) if flag and value is not None else value
        for value, flag in zip(content, is_flag, strict=True)
    ]


def _note_early(file: Incoming, places: Integers, leads: KnownLeads) -> None:
    """An outcome from before its lead is kept, but nothing is learned from it."""
    rows = np.flatnonzero(file.good & (places >= 0))
    early = int((file.times("occurred_at")[rows] < leads.created[places[rows]]).sum())
    if early:
        one = early == 1
        file.notes.append(
            f"{file.file}: {early:,} outcome{' is' if one else 's are'} before {'its' if one else 'their'} "
            f"lead's creation: kept, but left out of learning."
        )
