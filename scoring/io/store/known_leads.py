"""The leads that an import speaks of: those that the store has, and those that are new."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, func, select

from scoring.categories import Categories
from scoring.incoming import Incoming
from scoring.io.store.bulk import has_rows, rows_of
from scoring.io.store.tables import leads

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class KnownLeads:
    """Leads, those that the store has before those that are new; a lead's *place* is its position here.

    Parameters
    ----------
    lead_id : pyarrow.Array of text
        Their ids.
    row : array of int64
        Their numbers in the store.
    created : array of int64
        When they were created, in microseconds.
    kept : tuple of str
        The properties of those that the store has, as JSON.
    """

    lead_id: pa.Array
    row: Integers
    created: Integers
    kept: tuple[str, ...]

    @property
    def stored(self) -> int:
        """How many the store has."""
        return len(self.kept)

    def places(self, ids: Categories) -> Integers:
        """The place of each lead, -1 where it is not known."""
        if not ids.levels:
            return np.full(len(ids), -1, dtype=np.int64)
        of_level = pc.fill_null(pc.index_in(pa.array(ids.levels, pa.string()), self.lead_id), -1)
        return np.append(of_level.to_numpy(zero_copy_only=False), -1).astype(np.int64)[ids.codes]

    def places_of(self, rows: Integers) -> Integers:
        """The places of numbers that are all known."""
        return self._by_row[np.searchsorted(self.row, rows, sorter=self._by_row)]

    @cached_property
    def _by_row(self) -> Integers:
        return np.argsort(self.row).astype(np.int64)

    @cached_property
    def properties(self) -> list[dict[str, str]]:
        """The properties of those that the store has."""
        return [json.loads(text) for text in self.kept]

    def values(self, name: str, places: Integers) -> npt.NDArray[np.object_]:
        """A property as the store has it; None where it has none."""
        found = np.full(len(places), None, dtype=object)
        for at in np.flatnonzero(places < self.stored).tolist():
            found[at] = self.properties[places[at]].get(name)
        return found

    def with_new(self, ids: list[str], created: Integers, first: int) -> KnownLeads:
        """The same and some new ones, numbered from ``first`` on."""
        return KnownLeads(
            pa.concat_arrays([self.lead_id, pa.array(ids, pa.string())]),
            np.append(self.row, np.arange(first, first + len(ids))),
            np.append(self.created, created),
            self.kept,
        )


def find_leads(connection: Connection, files: Iterable[Incoming]) -> KnownLeads:
    """The leads of some files that the store has."""
    wanted: dict[str, None] = {}
    if has_rows(connection, leads):
        for file in files:
            wanted |= dict.fromkeys(file.answers("lead_id").levels)
    found = [
        row
        for part in rows_of(
            connection,
            "lead_id, id, created_at, CAST(properties AS TEXT)",
            "leads WHERE leads.lead_id = key_of",
            list(wanted),
            "text",
        )
        for row in part
    ]
    ids, rows, created, kept = zip(*found, strict=True) if found else ((), (), (), ())
    return KnownLeads(
        pa.array(ids, pa.string()), np.array(rows, dtype=np.int64), np.array(created, dtype=np.int64), kept
    )


def next_number(connection: Connection) -> int:
    """The number of the next new lead."""
    return int(connection.scalar(select(func.max(leads.c.id))) or 0) + 1


def number_from(connection: Connection, last: int) -> None:
    """Let PostgreSQL count on from here: it does not see numbers that were given by hand."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT setval(pg_get_serial_sequence('leads', 'id'), %s)", (last,))


def as_json(properties: Mapping[str, str]) -> str:
    """Properties as the store keeps them."""
    return json.dumps(dict(properties), ensure_ascii=False, sort_keys=True)


def json_rows(properties: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """The properties of many leads as :func:`as_json` writes them, without an object per lead.

    Parameters
    ----------
    properties : mapping of str to pyarrow.Array of text, each of n_leads
        Their properties, null where there is none.
    rows : int
        How many leads there are.
    """
    if not properties:
        return pa.array(["{}"] * rows, pa.string())
    # Each with a comma behind it; the last is cut off.
    parts = [_line(json.dumps(name, ensure_ascii=False), properties[name]) for name in sorted(properties)]
    inner = pc.utf8_rtrim(pc.binary_join_element_wise(*parts, ""), characters=", ")
    return pc.binary_join_element_wise("{", inner, "}", "")


def _line(name: str, values: pa.Array) -> pa.Array:
    return pc.fill_null(pc.binary_join_element_wise(name, ": ", _quoted(values), ", ", ""), "")


def _quoted(values: pa.Array) -> pa.Array:
    """Texts as JSON writes them."""
    simple = pc.binary_join_element_wise('"', values, '"', "")
    special = np.flatnonzero(pc.fill_null(pc.match_substring_regex(values, r'["\\\x00-\x1f]'), False))
    if not len(special):
        return simple
    mask = np.zeros(len(values), dtype=bool)
    mask[special] = True
    written = [json.dumps(text, ensure_ascii=False) for text in values.take(pa.array(special)).to_pylist()]
    return pc.replace_with_mask(simple, pa.array(mask), pa.array(written, pa.string()))


def known_ids(connection: Connection, lead_ids: Iterable[str]) -> set[str]:
    """Of some ids, those of leads that the store has.

    Parameters
    ----------
    connection : Connection
        In any transaction.
    lead_ids : iterable of str
        The ids, as they are kept.
    """
    # No text of a database holds a NUL.
    wanted = [lead_id for lead_id in lead_ids if "\0" not in lead_id]
    parts = rows_of(connection, "lead_id", "leads WHERE lead_id = key_of", wanted, "text")
    return {lead_id for part in parts for (lead_id,) in part}
