"""Files of the data contract into the store: all of it, or nothing; told twice, they change nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection

from scoring.categories import Categories
from scoring.contract import CAMPAIGNS, CHANGES, CONTRACTS, LEADS
from scoring.event_rows import in_order, recorded_or_occurred
from scoring.incoming import Incoming
from scoring.io.store.bulk import Cells, add_rows
from scoring.io.store.campaigns import take_in_campaigns
from scoring.io.store.known_leads import KnownLeads, json_rows, number_from
from scoring.io.store.misfits import Placed, place
from scoring.io.store.renewal import keep_earlier, renew
from scoring.io.store.tables import EVENTS
from scoring.io.store.tables import leads as leads_table

Integers = npt.NDArray[np.int64]
Told = Callable[[str, int, int], None]
"""Is told of which table how many rows of how many are written."""


@dataclass(frozen=True, slots=True)
class Count:
    """What became of a table.

    Parameters
    ----------
    rows : int
        Rows of the files.
    new, changed, unchanged : int
        Rows added, rows whose values are others now, and rows that were there already.
    rejected : int
        Rows that were not kept.
    implied : int
        Rows added that no file holds: changes that follow from what the lists say.
    """

    rows: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    implied: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import did, or would do.

    Parameters
    ----------
    written : bool
        Whether it is in the store now.
    counts : mapping of str to Count
        By table.
    notes : list of str
        What the user should know.
    """

    written: bool
    counts: Mapping[str, Count]
    notes: list[str] = field(default_factory=list)


def take_in(
    connection: Connection,
    files: Sequence[Incoming],
    now: int,
    *,
    skip_rejected: bool = False,
    dry_run: bool = False,
    told: Told | None = None,
) -> Taken:
    """Keep what some files tell; see :meth:`scoring.io.store.Store.take_in`."""
    placed = place(connection, files)
    counts = {
        name: _read(files, name) for name in CONTRACTS if any(file.contract.name == name for file in files)
    }
    if any(file.faults for file in files) and not (skip_rejected or dry_run):
        return Taken(False, counts)
    notes: list[str] = []
    _add(connection, files, placed, counts, told or _silent)
    _renew(connection, files, placed, counts, notes, now)
    if dry_run:
        _undo(connection)
    elif len(placed.leads.row) > placed.leads.stored:
        number_from(connection, int(placed.leads.row.max()))
    return Taken(not dry_run, counts, notes)


def _silent(*_: object) -> None:
    """Tell nobody."""


def _undo(connection: Connection) -> None:
    transaction = connection.get_transaction()
    assert transaction is not None
    transaction.rollback()


def _read(files: Sequence[Incoming], name: str) -> Count:
    """The rows of a table, and those that are rejected."""
    own = [file for file in files if file.contract.name == name]
    good = sum(int(file.good.sum()) for file in own)
    rows = sum(map(len, own))
    return Count(rows, unchanged=good, rejected=rows - good)


def _note(counts: dict[str, Count], name: str, *, new: int = 0, changed: int = 0, implied: int = 0) -> None:
    """Of the good rows of a table, some are new or changed after all."""
    count = counts.get(name, Count())
    counts[name] = replace(
        count,
        new=count.new + new,
        changed=count.changed + changed,
        unchanged=count.unchanged - new - changed,
        implied=count.implied + implied,
    )


def _add(
    connection: Connection, files: Sequence[Incoming], placed: Placed, counts: dict[str, Count], told: Told
) -> None:
    """Add what is new: leads first, because all else belongs to them."""
    for file, places in zip(files, placed.places, strict=True):
        if file.contract is LEADS:
            _note(counts, LEADS.name, new=_add_leads(connection, file, places, placed.leads, told))
    for file, places in zip(files, placed.places, strict=True):
        name = file.contract.name
        if file.contract is CHANGES:
            _note(counts, name, implied=keep_earlier(connection, placed.leads, file, places))
        if name in EVENTS:
            _note(counts, name, new=_add_events(connection, file, places, placed.leads, told))
        elif file.contract is CAMPAIGNS:
            new, changed = take_in_campaigns(connection, file)
            _note(counts, name, new=new, changed=changed)


def _add_leads(
    connection: Connection, listed: Incoming, places: Integers, leads: KnownLeads, told: Told
) -> int:
    """Add the new leads of a list."""
    rows = np.flatnonzero(listed.good & (places >= leads.stored))
    if not len(rows):
        return 0
    chosen = pa.array(rows)
    properties = {name: values.take(chosen) for name, values in listed.properties.items()}
    columns: dict[str, Cells] = {
        "id": leads.row[places[rows]],
        "lead_id": _rows(listed.answers("lead_id"), rows),
        "created_at": listed.times("created_at")[rows],
        "properties": json_rows(properties, len(rows)),
    }
    return add_rows(connection, leads_table, columns, lambda done: told(LEADS.name, done, len(rows)))


def _add_events(
    connection: Connection, file: Incoming, places: Integers, leads: KnownLeads, told: Told
) -> int:
    """Add the events that are not there yet, in the order in which the store keeps them."""
    name = file.contract.name
    rows = np.flatnonzero(file.good & ~file.repeats)
    lead, occurred = leads.row[places[rows]], file.times(file.contract.time)[rows]
    recorded = recorded_or_occurred(file.times("recorded_at")[rows], occurred)
    key = file.keys[rows]
    order, n = in_order(lead, occurred, key, recorded)
    rows = rows[order]
    columns: dict[str, Cells] = {
        "lead": lead[order],
        "occurred_at": occurred[order],
        "key": key[order],
        "n": n,
        "recorded_at": recorded[order],
    }
    for column in ("event_id", *file.contract.content):
        values = file.columns[column]
        columns[column] = _rows(values, rows) if isinstance(values, Categories) else values[rows]
    return add_rows(connection, EVENTS[name], columns, lambda done: told(name, done, len(rows)))


def _rows(values: Categories, rows: Integers) -> Categories:
    return Categories(values.codes[rows], values.levels)


def _renew(
    connection: Connection,
    files: Sequence[Incoming],
    placed: Placed,
    counts: dict[str, Count],
    notes: list[str],
    now: int,
) -> None:
    """Hold what is told of properties against what was known."""
    both = list(zip(files, placed.places, strict=True))
    listed, places = next((pair for pair in both if pair[0].contract is LEADS), (None, placed.leads.row[:0]))
    changed = [own[file.good] for file, own in both if file.contract is CHANGES]
    if listed is None and not changed:
        return
    renewed, written = renew(connection, placed.leads, listed, places, changed, now)
    if listed is not None:
        _note(counts, LEADS.name, changed=renewed)
    if written or CHANGES.name in counts:
        _note(counts, CHANGES.name, implied=written)
    implied = counts[CHANGES.name].implied if CHANGES.name in counts else 0
    if implied:
        follow = "change follows" if implied == 1 else "changes follow"
        notes.append(
            f"{implied:,} {follow} from values that differ from those before: the new value is kept as of now, "
            "the one before it as of the lead's creation where it had no history yet."
        )
