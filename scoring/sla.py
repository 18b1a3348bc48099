"""Sales' promise to a lead that was handed over: a first touch soon, and so many touches in so many days.

Two clocks start at the handoff.  That of the first touch runs in business hours, that of all touches in days.
Touches by a person count, automatic messages never do.  What the system lost until a rep had the lead is told
apart from what the rep took.  Everything is said as of ``now``, from events that were known by then; of many
leads at once (:func:`clocks`) or of one (:func:`clocks_of_one`), and a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isnan, nan
from typing import Final, Generic, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from scoring.business_time import Floats, OfficeHours
from scoring.categories import Categories
from scoring.dates import DAY
from scoring.ledger import Events, Mask, Places

State = Literal["on track", "due soon", "breached", "met", "ended"]
STATES: Final[tuple[State, ...]] = ("on track", "due soon", "breached", "met", "ended")
_ON_TRACK, _DUE_SOON, _BREACHED, _MET, _ENDED = range(len(STATES))

Number = TypeVar("Number", float, Floats)
Word = TypeVar("Word", State, Categories)


@dataclass(frozen=True, slots=True)
class Promise:
    """What sales owes a lead that is handed over.

    Parameters
    ----------
    first_touch_hours : float
        Business hours within which it is touched first.
    touches : int
        Touches by a person that it gets.
    touch_days : float
        Days, of 24 hours each, within which it gets them.
    warn : float
        The share of the time that is left when a clock is due soon, 0 to 1.
    """

    first_touch_hours: float = 4.0
    touches: int = 5
    touch_days: float = 14.0
    warn: float = 0.25

    def warn_of(self, whole: float) -> float:
        """How much of a clock's time has passed when it is due soon."""
        return whole * (1.0 - self.warn)


@dataclass(frozen=True, slots=True)
class Clock(Generic[Number, Word]):
    """One of the two clocks: of a lead in plain values, of many leads in arrays of shape (n_leads,).

    Parameters
    ----------
    due, warn : float
        When its time is over, and from when on it is due soon; seconds since 1970 UTC.
    at : float
        When what it waits for was done, NaN: not yet.
    state : str
        ``met``
            Done in time; the due moment itself is in time.
        ``breached``
            Not done in time, and it stays a breach when it is done later, or the lead is closed later.
        ``ended``
            The lead was closed in time, before it was done.  Nothing is owed any more: there is nobody left to
            reach, so the clock counts neither as met nor as breached.
        ``due soon``, ``on track``
            There is still time: the last share of it, or more.
    late : float
        How late it was done or, as long as it is not, how late it is: business hours of the first touch, days
        of all touches; 0 where it is no breach.
    """

    due: Number
    warn: Number
    at: Number
    state: Word
    late: Number


@dataclass(frozen=True, slots=True)
class Clocks(Generic[Number, Word]):
    """What sales owes: of a lead in plain values, of many leads in arrays of shape (n_leads,).

    Parameters
    ----------
    first_touch, touches : Clock
        The two clocks; what the second waits for is the last of the promised touches.
    count : float
        Touches up to the moment at which all of them are due.
    due_at, warn_at : float
        The earliest due moment of the clocks that still run, and when that clock becomes due soon; NaN where
        none runs.  A clock runs until it is done or the lead is closed, so a missed one stays at the top, with
        a due moment in the past, and what was stored yesterday is still right today.
    assigned_at : float
        When a rep first got the lead, NaN: not yet.
    held_since : float
        From when on the rep's delay counts: the last assignment before the first touch, at the earliest the
        start of the clocks; NaN where nobody had it then.
    system_delay : float
        Business hours until a rep first got it, or nobody yet: until the first touch, the closing or now.
    rep_delay : float
        Business hours from ``held_since`` to the first touch, the closing or now; NaN where nobody had it.
    """

    first_touch: Clock[Number, Word]
    touches: Clock[Number, Word]
    count: Number
    due_at: Number
    warn_at: Number
    assigned_at: Number
    held_since: Number
    system_delay: Number
    rep_delay: Number


ClocksOfMany = Clocks[Floats, Categories]
ClocksOfOne = Clocks[float, State]


def clocks(
    promise: Promise,
    office: OfficeHours,
    since: Floats,
    touches: Events,
    assigned: Floats | Events,
    closed: Floats,
    now: float,
) -> ClocksOfMany:
    """Say of many leads what sales owes them and what it has kept.

    Parameters
    ----------
    promise : Promise
        What was promised.
    office : OfficeHours
        Over a span that holds each ``since``, ``now`` and the due moments.
    since : array of float, shape (n_leads,)
        When the clocks began: the handoff or the creation, seconds since 1970 UTC.  NaN where nothing was
        promised; all that is said of such a lead is missing.
    touches : Events
        Touches with the column ``automatic``; their leads are positions in ``since``.  Those before ``since``
        or after the closing do not count.
    assigned : array of float, shape (n_leads,), or Events
        When a rep got the lead, NaN: not yet.  Or every assignment, where leads go from rep to rep: the clocks
        go on then, and the delay of the rep counts from the last one before the first touch.
    closed : array of float, shape (n_leads,)
        When the lead was closed, NaN: it is open.
    now : float
        The moment of which this is said.

    Raises
    ------
    ValueError
        If the span of the office's hours is too short.
    """
    shut = closed <= now
    end = np.where(shut, closed, now)
    counted = _counted(touches, since, end, now)
    first_at = counted.nth(1)
    stop = np.maximum(np.where(np.isnan(first_at), end, first_at), since)
    first = _first_touch(promise, office, since, first_at, stop, shut)
    every = _touches(promise, since, counted.nth(promise.touches), np.maximum(end, since), shut)
    count = np.bincount(
        counted.lead[counted.moments <= every.due[counted.lead]], minlength=len(since)
    ).astype(np.float64)
    due_at, warn_at = _earliest(first, every, shut)
    return Clocks(first, every, count, due_at, warn_at, *_delays(office, since, assigned, stop, end, now))


@dataclass(frozen=True)
class _PerLead:
    """Moments of leads, sorted by lead and time."""

    lead: Places
    moments: Floats
    count: npt.NDArray[np.intp]

    @classmethod
    def of(cls, events: Events, kept: Mask, leads: int) -> _PerLead:
        rows = np.flatnonzero(kept)
        lead = events.lead[rows]
        return cls(lead, events.occurred[rows], np.bincount(lead, minlength=leads))

    def nth(self, n: int) -> Floats:
        """The n-th of each lead, NaN where it has fewer; the last one for 0."""
        place = np.cumsum(self.count) - (0 if n == 0 else self.count) + n - 1
        found = np.full(len(self.count), np.nan)
        some = self.count >= max(n, 1)
        found[some] = self.moments[place[some]]
        return found


def _counted(touches: Events, since: Floats, end: Floats, now: float) -> _PerLead:
    """The touches that count."""
    occurred, lead = touches.occurred, touches.lead
    kept = (occurred >= since[lead]) & (occurred <= end[lead]) & (touches.recorded <= now)
    return _PerLead.of(touches, kept & ~touches.flag("automatic"), len(since))


def _first_touch(
    promise: Promise, office: OfficeHours, since: Floats, at: Floats, stop: Floats, shut: Mask
) -> Clock[Floats, Categories]:
    due = office.add_many(since, promise.first_touch_hours)
    warn = office.add_many(since, promise.warn_of(promise.first_touch_hours))
    late = office.between_many(due, np.maximum(stop, due))
    return Clock(due, warn, at, _states(due, warn, at, stop, shut), late)


def _touches(
    promise: Promise, since: Floats, at: Floats, end: Floats, shut: Mask
) -> Clock[Floats, Categories]:
    due = since + promise.touch_days * DAY
    warn = since + promise.warn_of(promise.touch_days) * DAY
    stop = np.where(np.isnan(at), end, at)
    return Clock(due, warn, at, _states(due, warn, at, stop, shut), np.maximum(stop - due, 0.0) / DAY)


def _states(due: Floats, warn: Floats, at: Floats, stop: Floats, shut: Mask) -> Categories:
    """The states of a clock that was looked at until ``stop``: done, closed or now."""
    codes = np.select(
        [np.isnan(due), stop > due, ~np.isnan(at), shut, stop >= warn],
        [-1, _BREACHED, _MET, _ENDED, _DUE_SOON],
        _ON_TRACK,
    )
    return Categories(codes.astype(np.int32), STATES)


def _earliest(
    first: Clock[Floats, Categories], every: Clock[Floats, Categories], shut: Mask
) -> tuple[Floats, Floats]:
    """When the first of the clocks that run is due, and when it becomes due soon."""
    dues = [np.where(np.isnan(clock.at) & ~shut, clock.due, np.inf) for clock in (first, every)]
    due_at = np.minimum(*dues)
    runs = np.isfinite(due_at)
    warn_at = np.where(dues[0] <= dues[1], first.warn, every.warn)
    return np.where(runs, due_at, np.nan), np.where(runs, warn_at, np.nan)


def _delays(
    office: OfficeHours, since: Floats, assigned: Floats | Events, stop: Floats, end: Floats, now: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """When a rep first got each lead, since when the last had it, and what the system and the rep took."""
    events = assigned if isinstance(assigned, Events) else _assignments(assigned)
    known = (events.recorded <= now) & (events.occurred <= end[events.lead])
    first = _PerLead.of(events, known, len(since)).nth(1)
    last = _PerLead.of(events, known & (events.occurred <= stop[events.lead]), len(since)).nth(0)
    held = np.maximum(last, since)
    system = office.between_many(since, np.maximum(np.fmin(first, stop), since))
    return first, held, system, office.between_many(held, stop)


def _assignments(assigned: Floats) -> Events:
    """One assignment of each lead that has one."""
    lead = np.flatnonzero(~np.isnan(assigned))
    return Events(lead, assigned[lead], assigned[lead])


def clocks_of_one(
    promise: Promise,
    office: OfficeHours,
    since: float,
    touches: Iterable[tuple[float, float, bool, bool]],
    assigned: Iterable[float],
    closed: float,
    now: float,
) -> ClocksOfOne:
    """Say the same of one lead, for a live call.

    Parameters
    ----------
    promise, office
        As in :func:`clocks`.
    since : float
        When its clocks began.
    touches : iterable of (occurred, recorded, connected, automatic)
        As in :class:`scoring.ledger.OneLead`, in order of time.
    assigned : iterable of float
        When reps got it, in order of time.
    closed : float
        When it was closed, NaN: it is open.
    now : float
        The moment of which this is said.

    Raises
    ------
    ValueError
        If ``since`` is NaN, or the span of the office's hours is too short.

    Examples
    --------
    >>> from datetime import date
    >>> office = OfficeHours.between_days(date(2026, 5, 1), date(2026, 5, 31))
    >>> friday = 1_777_654_800.0  # 1 May 2026, 17:00
    >>> said = clocks_of_one(Promise(), office, friday, [], [friday], float("nan"), friday + 3 * 86_400)
    >>> said.first_touch.state, said.first_touch.late, said.touches.state
    ('breached', 5.0, 'on track')
    """
    if isnan(since):
        raise ValueError(
            "Nothing is promised to a lead whose clocks never began. Give the moment of the handoff."
        )
    shut = closed <= now
    end = closed if shut else now
    counted = [
        at for at, told, _, automatic in touches if not automatic and since <= at <= end and told <= now
    ]
    first_at = counted[0] if counted else nan
    stop = max(counted[0] if counted else end, since)
    first = _first_touch_of_one(promise, office, since, first_at, stop, shut)
    nth = counted[promise.touches - 1] if len(counted) >= promise.touches else nan
    every = _touches_of_one(promise, since, nth, max(end, since), shut)
    count = float(sum(at <= every.due for at in counted))
    running = [clock for clock in (first, every) if isnan(clock.at) and not shut]
    next_one = min(running, key=lambda clock: clock.due, default=None)
    due_at, warn_at = (next_one.due, next_one.warn) if next_one else (nan, nan)
    return Clocks(first, every, count, due_at, warn_at, *_delays_of_one(office, since, assigned, stop, end))


def _first_touch_of_one(
    promise: Promise, office: OfficeHours, since: float, at: float, stop: float, shut: bool
) -> Clock[float, State]:
    due = office.add(since, promise.first_touch_hours)
    warn = office.add(since, promise.warn_of(promise.first_touch_hours))
    return Clock(
        due, warn, at, _state(due, warn, at, stop, shut), office.between(due, stop) if stop > due else 0.0
    )


def _touches_of_one(promise: Promise, since: float, at: float, end: float, shut: bool) -> Clock[float, State]:
    due = since + promise.touch_days * DAY
    warn = since + promise.warn_of(promise.touch_days) * DAY
    stop = end if isnan(at) else at
    return Clock(due, warn, at, _state(due, warn, at, stop, shut), max(stop - due, 0.0) / DAY)


def _state(due: float, warn: float, at: float, stop: float, shut: bool) -> State:
    if stop > due:
        return "breached"
    if not isnan(at):
        return "met"
    if shut:
        return "ended"
    return "due soon" if stop >= warn else "on track"


def _delays_of_one(
    office: OfficeHours, since: float, assigned: Iterable[float], stop: float, end: float
) -> tuple[float, float, float, float]:
    known = [at for at in assigned if at <= end]
    first = known[0] if known else nan
    before = [at for at in known if at <= stop]
    held = max(before[-1], since) if before else nan
    system = office.between(since, max(min(known[0] if known else inf, stop), since))
    return first, held, system, office.between(held, stop)
