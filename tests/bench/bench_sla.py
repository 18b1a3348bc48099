"""What sales owes a hundred thousand open leads with a million touches, against a loop over single leads.

Both sides have all that they need in memory, the loop as the plain values that a live call reads, and the
loop goes over every lead.  Both must say the same to the last bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from itertools import pairwise
from statistics import median
from typing import Final, TypeVar

import numpy as np

from scoring.business_time import HOUR, Floats, OfficeHours
from scoring.categories import Categories
from scoring.dates import DAY
from scoring.io.office import office_hours
from scoring.io.sections import Calendar
from scoring.ledger import Events
from scoring.sla import Clock, ClocksOfMany, ClocksOfOne, Promise, clocks, clocks_of_one

LIMIT: Final = 20.0
LEADS, TOUCHES, TURNS = 100_000, 1_000_000, 5
NOW: Final = datetime(2026, 10, 2, 3, tzinfo=UTC).timestamp()
LATEST, AUTOMATIC, HANDED_ON, CLOSED = 60 * DAY, 0.2, 0.05, 0.1
Touches = list[tuple[float, float, bool, bool]]
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class World:
    """Leads handed over in the last sixty days, what sales did with them, and the same lead by lead."""

    office: OfficeHours
    since: Floats
    touches: Events
    assigned: Events
    closed: Floats
    touches_of: list[Touches]
    assigned_of: list[list[float]]


def world(leads: int, touches: int) -> World:
    """Draw some, at any hour of the day."""
    rng = np.random.default_rng(1)
    since = NOW - rng.uniform(0, LATEST, leads)
    lead = np.sort(rng.integers(0, leads, touches))
    occurred = since[lead] + rng.exponential(5 * DAY, touches) - HOUR
    flags = {"connected": rng.random(touches) < 0.3, "automatic": rng.random(touches) < AUTOMATIC}
    touched = Events.of(lead, occurred, occurred + rng.choice([0.0, DAY], touches, p=[0.9, 0.1]), flags)
    first = since + rng.exponential(2 * HOUR, leads)
    passed_on = np.flatnonzero(rng.random(leads) < HANDED_ON)
    owner = np.concatenate([np.arange(leads), passed_on])
    moments = np.concatenate([first, first[passed_on] + rng.exponential(DAY, len(passed_on))])
    assigned = Events.of(owner, moments, moments, {})
    closed = np.where(rng.random(leads) < CLOSED, since + rng.exponential(20 * DAY, leads), np.nan)
    office = office_hours(Calendar(country="JP"), "Asia/Tokyo", date(2026, 7, 1), date(2026, 12, 31))
    cells = [touched.occurred, touched.recorded, *(touched.flag(name) for name in flags)]
    rows = list(zip(*(cell.tolist() for cell in cells), strict=True))
    moments_of = by_lead(assigned, assigned.occurred.tolist(), leads)
    return World(office, since, touched, assigned, closed, by_lead(touched, rows, leads), moments_of)


def by_lead(events: Events, rows: list[Made], leads: int) -> list[list[Made]]:
    """The rows of each lead."""
    edges = np.searchsorted(events.lead, np.arange(leads + 1)).tolist()
    return [rows[first:last] for first, last in pairwise(edges)]


def ours(asked: World) -> ClocksOfMany:
    """All leads at once."""
    return clocks(Promise(), asked.office, asked.since, asked.touches, asked.assigned, asked.closed, NOW)


def theirs(asked: World) -> list[ClocksOfOne]:
    """One lead after the other."""
    rows = zip(asked.since.tolist(), asked.touches_of, asked.assigned_of, asked.closed.tolist(), strict=True)
    promise, office = Promise(), asked.office
    return [
        clocks_of_one(promise, office, since, touches, assigned, closed, NOW)
        for since, touches, assigned, closed in rows
    ]


def timed(run: Callable[[World], Made], asked: World, turns: int) -> tuple[float, Made]:
    """The median of some turns in seconds, and what the last one gave."""
    seconds = []
    for _ in range(turns):
        began = time.perf_counter()
        made = run(asked)
        seconds.append(time.perf_counter() - began)
    return median(seconds), made


def check(many: ClocksOfMany, ones: list[ClocksOfOne]) -> None:
    """Both say the same of each lead.

    Raises
    ------
    AssertionError
        If they do not.
    """
    for name, values, plain in columns(many, ones):
        if isinstance(values, Categories):
            assert values.to_list() == plain, name
        else:
            np.testing.assert_array_equal(values, np.array(plain), err_msg=name)


def columns(many: ClocksOfMany | Clock, ones: list) -> Iterator[tuple[str, Floats | Categories, list]]:
    """Each thing that is said, of all leads by the one side and by the other."""
    for field in fields(many):
        values, plain = getattr(many, field.name), [getattr(one, field.name) for one in ones]
        if isinstance(values, Clock):
            yield from columns(values, plain)
        else:
            yield field.name, values, plain


def main(leads: int = LEADS, touches: int = TOUCHES, turns: int = TURNS) -> dict[str, float]:
    """Measure both sides, the loop with as few turns as a third of ours."""
    asked = world(leads, touches)
    own, many = timed(ours, asked, turns)
    plain, ones = timed(theirs, asked, max(1, turns // 3))
    check(many, ones)
    return {
        "leads": float(leads),
        "touches": float(touches),
        "ours, seconds": own,
        "a loop over leads, seconds": plain,
        "times faster": plain / own,
        "to reach": LIMIT,
    }
