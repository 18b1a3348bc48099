"""What is known of many leads, and when each thing became known: the events of the contract as arrays.

Times are seconds since 1970 UTC.  An event is *known at t* if it occurred and was recorded by ``t``;
everything that is said of a lead as of ``t`` is said from such events alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.categories import Categories

if TYPE_CHECKING:
    from typing import Any

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
EventColumn = Floats | Categories | Mask
PAIRS_AT_ONCE = 1 << 17


@dataclass(frozen=True)
class Events:
    """Events of one kind, sorted by lead and time.

    Parameters
    ----------
    lead : array of int, shape (n_events,)
        Position of the lead in its ledger, ascending.
    occurred, recorded : array of float, shape (n_events,)
        When it happened, and when it was written down; the former ascends within a lead.
    columns : mapping of str to (array or Categories), each of shape (n_events,)
        What else the contract says of them.
    """

    lead: Places
    occurred: Floats
    recorded: Floats
    columns: Mapping[str, EventColumn] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of events."""
        return len(self.lead)

    @classmethod
    def of(
        cls, lead: Places, occurred: Floats, recorded: Floats, columns: Mapping[str, EventColumn]
    ) -> Events:
        """Events in any order, sorted."""
        order = np.lexsort((recorded, occurred, lead))
        return cls(lead, occurred, recorded, columns).take(order)

    def take(self, rows: Places | Mask) -> Events:
        """Some of the events, in their order."""
        columns = {name: _rows(values, rows) for name, values in self.columns.items()}
        return Events(self.lead[rows], self.occurred[rows], self.recorded[rows], columns)

    @cached_property
    def known(self) -> Floats:
        """From when on each is known."""
        return np.maximum(self.occurred, self.recorded)

    def category(self, name: str) -> Categories:
        """A column of answers; one that is absent holds none."""
        found = self.columns.get(name)
        return (
            found if isinstance(found, Categories) else Categories(np.full(len(self), -1, dtype=np.int32), ())
        )

    def number(self, name: str) -> Floats:
        """A column of numbers; one that is absent holds none."""
        found = self.columns.get(name)
        return (
            np.full(len(self), np.nan)
            if found is None or isinstance(found, Categories)
            else found.astype(float)
        )

    def flag(self, name: str) -> Mask:
        """A column of yes and no; what is absent is no."""
        found = self.columns.get(name)
        if found is None or isinstance(found, Categories):
            return np.zeros(len(self), dtype=bool)
        return np.asarray(found == 1)

    def pairs(self, lead: Places, as_of: Floats) -> Iterator[tuple[Places, Places]]:
        """Each look at a lead with each event that is known by then, as many at a time as a cache holds.

        Parameters
        ----------
        lead : array of int, shape (n_looks,)
            The lead looked at.
        as_of : array of float, shape (n_looks,)
            The time as which it is looked at.

        Yields
        ------
        look, event : array of int
            Positions; looks ascend, and the events of a look are in order of time.
        """
        first, last = np.searchsorted(self.lead, lead, "left"), np.searchsorted(self.lead, lead, "right")
        count = last - first
        ends = np.cumsum(count)
        start = 0
        while start < len(lead):
            reached = (ends[start - 1] if start else 0) + PAIRS_AT_ONCE
            stop = max(start + 1, int(np.searchsorted(ends, reached, "right")))
            some = count[start:stop]
            look = np.repeat(np.arange(start, stop), some)
            offset = np.arange(len(look)) - np.repeat(np.cumsum(some) - some, some)
            event = first[look] + offset
            seen = self.known[event] <= as_of[look]
            yield look[seen], event[seen]
            start = stop


NOTHING = Events(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0))


@dataclass(frozen=True)
class Ledger:
    """Leads and all that is known of them.

    Parameters
    ----------
    lead_id : array of str, shape (n_leads,)
        Their ids.
    created : array of float, shape (n_leads,)
        When each was created.
    properties : mapping of str to pyarrow.Array of text, each of n_leads
        Their properties as they are now.
    changes, activities, touches, outcomes, assignments : Events
        What happened to them.
    """

    lead_id: npt.NDArray[np.object_]
    created: Floats
    properties: Mapping[str, pa.Array] = field(default_factory=dict)
    changes: Events = NOTHING
    activities: Events = NOTHING
    touches: Events = NOTHING
    outcomes: Events = NOTHING
    assignments: Events = NOTHING

    def __len__(self) -> int:
        """Number of leads."""
        return len(self.lead_id)

    @property
    def tables(self) -> dict[str, Events]:
        """The events by table."""
        names = ("changes", "activities", "touches", "outcomes", "assignments")
        return {name: getattr(self, name) for name in names}

    def known_at(self, time: float) -> Ledger:
        """What was known at a time: leads created and events recorded by then.

        Properties without any history stay as they are now: nobody knows what they were.
        """
        there = self.created <= time
        place = np.cumsum(there) - 1
        kept = {}
        for name, events in self.tables.items():
            some = events.take((events.known <= time) & there[events.lead])
            kept[name] = replace(some, lead=place[some.lead])
        properties = {
            name: self._then(name, values, time).filter(pa.array(there))
            for name, values in self.properties.items()
        }
        return Ledger(self.lead_id[there], self.created[there], properties, **kept)

    def _then(self, name: str, values: pa.Array, time: float) -> pa.Array:
        """Values as they were then, as far as there is a history."""
        if name not in self.with_history:
            return values
        place = self.places_at(name, np.arange(len(self)), np.full(len(self), time))
        return self.values_of(name).take(pa.array(place, mask=place < 0))

    @cached_property
    def with_history(self) -> frozenset[str]:
        """The properties that have a history for some lead."""
        of = self.changes.category("property")
        return frozenset(of.levels[code] for code in np.unique(of.codes[of.codes >= 0]))

    def values_of(self, name: str) -> pa.Array:
        """Every value that a property ever had: those of the leads, then those of the changes; text."""
        now = self.properties.get(name)
        now = pa.nulls(len(self), pa.string()) if now is None else now
        value = self.changes.category("value")
        codes = value.codes[self._changes_of(name)]
        later = pa.array(value.levels, pa.string()).take(pa.array(codes, mask=codes < 0))
        return pa.concat_arrays([now, later])

    def places_at(self, name: str, lead: Places, as_of: Floats) -> Places:
        """Where in :meth:`values_of` the value stands that a property had, -1 where it was missing.

        The last change known by then; missing if all changes came later; without any change of this lead the
        value that it has now.

        Parameters
        ----------
        name : str
            The property.
        lead, as_of : array, shape (n_looks,)
            Which lead, and the time as which it is looked at.
        """
        changed = self._changes_of(name)
        own = self.changes.take(changed)
        ever = np.zeros(len(self), dtype=bool)
        ever[own.lead] = True
        place = np.where(ever[lead], -1, lead)
        for look, event in own.pairs(lead, as_of):
            newest = np.flatnonzero(np.append(look[1:] != look[:-1], True)) if len(look) else look
            place[look[newest]] = len(self) + event[newest]
        return place

    def _changes_of(self, name: str) -> Places:
        of = self.changes.category("property")
        code = of.levels.index(name) if name in of.levels else -2
        return np.flatnonzero(of.codes == code)


@dataclass(frozen=True, slots=True)
class OneLead:
    """The same of one lead, for a live call: plain values, each list in order of time.

    Parameters
    ----------
    lead_id : str
        Its id.
    created : float
        When it was created.
    properties : mapping of str to value
        As they are now.
    changes : sequence of (occurred, recorded, property, value)
    activities : sequence of (occurred, recorded, kind, value)
    touches : sequence of (occurred, recorded, connected, automatic)
    outcomes : sequence of (occurred, recorded, stage)
        What happened to it.
    """

    lead_id: str
    created: float
    properties: Mapping[str, object] = field(default_factory=dict)
    changes: tuple[tuple[float, float, str, str | None], ...] = ()
    activities: tuple[tuple[float, float, str, float | None], ...] = ()
    touches: tuple[tuple[float, float, bool, bool], ...] = ()
    outcomes: tuple[tuple[float, float, str], ...] = ()

    def properties_at(self, as_of: float) -> dict[str, object]:
        """Its properties as they were known at a time; see :meth:`Ledger.places_at`."""
        values = dict(self.properties)
        for _, _, name, _ in self.changes:
            values[name] = None
        for occurred, recorded, name, value in self.changes:
            if occurred <= as_of and recorded <= as_of:
                values[name] = value
        return values


def _rows(values: EventColumn, rows: Places | Mask) -> EventColumn:
    if isinstance(values, Categories):
        return Categories(values.codes[rows], values.levels)
    return cast("EventColumn", values[rows])


def ledger_of(leads: list[OneLead]) -> Ledger:
    """A ledger of some leads.

    Parameters
    ----------
    leads : list of OneLead
        The leads.
    """
    names = {name for lead in leads for name in lead.properties}
    properties = {
        name: pa.array([_shown(lead.properties.get(name)) for lead in leads], pa.string())
        for name in sorted(names)
    }

    def events(attribute: str, *columns: str) -> Events:
        rows: list[tuple[int, Any]] = [
            (at, row) for at, lead in enumerate(leads) for row in getattr(lead, attribute)
        ]
        made: dict[str, EventColumn] = {}
        for place, column in enumerate(columns, start=2):
            values = [row[place] for _, row in rows]
            if column in ("connected", "automatic"):
                made[column] = np.array([bool(value) for value in values], dtype=bool)
            elif (attribute, column) == ("activities", "value"):
                made[column] = np.array([np.nan if value is None else value for value in values], dtype=float)
            else:
                made[column] = Categories.of(np.array([*values, None], dtype=object)[:-1])
        occurred, recorded = (np.array([row[place] for _, row in rows], dtype=float) for place in (0, 1))
        return Events.of(np.array([at for at, _ in rows], dtype=np.intp), occurred, recorded, made)

    return Ledger(
        np.array([lead.lead_id for lead in leads], dtype=object),
        np.array([lead.created for lead in leads], dtype=float),
        properties,
        changes=events("changes", "property", "value"),
        activities=events("activities", "kind", "value"),
        touches=events("touches", "connected", "automatic"),
        outcomes=events("outcomes", "stage"),
    )


def _shown(value: object) -> str | None:
    from scoring.cells import as_text

    return value if value is None or isinstance(value, str) else as_text(value)
