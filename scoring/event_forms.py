"""Features of what happened to a lead: what it did, what sales did with it, and how old it is.

Each form says the feature of one lead at one time in plain Python (:func:`event_row`), and of many leads at
many times in arrays (:func:`event_columns`); a test holds them equal.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.clean import Value
from scoring.dates import DAY
from scoring.features import Feature
from scoring.forms import FORMS
from scoring.ledger import Events, Floats, Ledger, OneLead, Places
from scoring.stages import CLOSING, RECYCLED, STAGES

WINDOWS: Final = (1.0, 7.0, 30.0, 90.0)
TOUCH_WINDOWS: Final = (7.0, 30.0)
HALF_LIFE: Final = 14.0
MOST_KINDS: Final = 12
DECIMALS: Final = 6
SOURCES: Final = ("activities", "touches", "outcomes", "created_at")
RANK: Final = {**{stage: at for at, stage in enumerate(STAGES)}, **dict.fromkeys((*CLOSING, RECYCLED), 0)}


# How old a lead is, in words: chances fall fast at first and slowly later, which no straight line says.
AGES: Final = (
    "first hour", "first day", "first 3 days", "first week", "first 2 weeks", "first month", "later",
)  # fmt: skip
AGE_ENDS: Final = (1 / 24, 1.0, 3.0, 7.0, 14.0, 30.0)


def define_events(
    kinds: Sequence[str], *, touches: bool, outcomes: bool, time_zone: str = "UTC"
) -> list[Feature]:
    """The features that activities, touches, outcomes and the lead's age give.

    Parameters
    ----------
    kinds : sequence of str
        Kinds of activities, the most frequent first; at most twelve get features of their own.
    touches, outcomes : bool
        Whether there are any.
    time_zone : str
        Whose clock says the hour and the weekday of creation.

    Examples
    --------
    >>> [feature.name for feature in define_events([], touches=False, outcomes=False)]
    ['lead_age_days', 'lead_age', 'created_hour', 'created_weekday']
    """
    made = [
        _feature("lead_age_days", "age", "process", "created_at"),
        _feature("lead_age", "age_band", "process", "created_at"),
        _feature("created_hour", "created_hour", "engagement", "created_at", time_zone=time_zone),
        _feature("created_weekday", "created_weekday", "engagement", "created_at", time_zone=time_zone),
    ]
    if kinds:
        for kind in kinds[:MOST_KINDS]:
            made += [
                _feature(
                    f"{kind}_{days:g}d", "activity_count", "engagement", "activities", of=kind, days=days
                )
                for days in WINDOWS
            ]
        made += [
            _feature(f"activities_{days:g}d", "activity_count", "engagement", "activities", days=days)
            for days in WINDOWS
        ]
        made += [
            _feature("days_since_activity", "activity_recency", "engagement", "activities"),
            _feature("activity_kinds", "activity_kinds", "engagement", "activities"),
            _feature("activity_recent", "activity_decayed", "engagement", "activities", days=HALF_LIFE),
        ]
    if touches:
        made += [
            _feature(f"touches_{days:g}d", "touch_count", "process", "touches", days=days)
            for days in TOUCH_WINDOWS
        ]
        made += [
            _feature("days_since_touch", "touch_recency", "process", "touches"),
            _feature("touches_connected", "touch_connected", "process", "touches"),
        ]
    if outcomes:
        made += [
            _feature("stage", "stage", "process", "outcomes"),
            _feature("days_in_stage", "stage_days", "process", "outcomes"),
            _feature("steps_forward", "steps_forward", "process", "outcomes"),
            _feature("steps_back", "steps_back", "process", "outcomes"),
        ]
    return made


def events_of(ledger: Ledger, time_zone: str = "UTC") -> list[Feature]:
    """The features that what happened to some leads gives.

    Parameters
    ----------
    ledger : Ledger
        All that is known of them.
    time_zone : str
        Whose clock says the hour and the weekday of creation.
    """
    kinds = ledger.activities.category("kind")
    counts = np.bincount(kinds.codes[kinds.codes >= 0], minlength=len(kinds.levels))
    return define_events(
        [kinds.levels[code] for code in np.argsort(-counts, kind="stable")],
        touches=len(ledger.touches) > 0,
        outcomes=len(ledger.outcomes) > 0,
        time_zone=time_zone,
    )


def _feature(
    name: str,
    form: str,
    axis: str,
    source: str,
    *,
    of: str | None = None,
    days: float | None = None,
    time_zone: str = "UTC",
) -> Feature:
    return Feature(
        name, EVENT_FORMS[form].kind, axis, (source,), form, "open" if axis == "process" else "creation",  # type: ignore[arg-type]
        time_zone, of, days,
    )  # fmt: skip


def is_event(feature: Feature) -> bool:
    """Whether a feature is made of events rather than of properties."""
    return feature.form in EVENT_FORMS


@dataclass(frozen=True)
class Seen:
    """What was known of one lead at one time."""

    lead: OneLead
    as_of: float

    @cached_property
    def activities(self) -> list[tuple[float, str]]:
        """Time and kind."""
        return [
            (at, kind)
            for at, told, kind, _ in self.lead.activities
            if at <= self.as_of and told <= self.as_of
        ]

    @cached_property
    def touches(self) -> list[tuple[float, bool]]:
        """Time of each touch by a person, and whether it reached the lead."""
        return [
            (at, connected)
            for at, told, connected, automatic in self.lead.touches
            if at <= self.as_of and told <= self.as_of and not automatic
        ]

    @cached_property
    def steps(self) -> list[tuple[float, str]]:
        """Time and stage."""
        return [
            (at, stage) for at, told, stage in self.lead.outcomes if at <= self.as_of and told <= self.as_of
        ]

    def since(self, moment: float) -> float:
        """Days since a time."""
        return (self.as_of - moment) / DAY

    def moves(self, sign: int) -> float:
        """Steps from stage to stage forward (1) or back (-1)."""
        ranks = [0, *(RANK[stage] for _, stage in self.steps)]
        return float(sum((later - earlier) * sign > 0 for earlier, later in pairwise(ranks)))


def _count_one(seen: Seen, feature: Feature) -> Value:
    since = seen.as_of - (feature.days or 0.0) * DAY
    if feature.of is None:
        return float(sum(at > since for at, _ in seen.activities))
    return float(sum(at > since and kind == feature.of for at, kind in seen.activities))


def _decayed_one(seen: Seen, feature: Feature) -> Value:
    half_life = feature.days or HALF_LIFE
    total = 0.0
    for at, _ in seen.activities:
        total += 0.5 ** (seen.since(at) / half_life)
    return round(total, DECIMALS)


def _touched_one(seen: Seen, feature: Feature) -> Value:
    since = seen.as_of - (feature.days or 0.0) * DAY
    return float(sum(at > since for at, _ in seen.touches))


@dataclass
class Looks:
    """Many looks at leads, and what was known at each; what several features need is worked out once."""

    ledger: Ledger
    lead: Places
    as_of: Floats
    _sums: dict[tuple[str, object], Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lead)

    def since(self, moment: Floats) -> Floats:
        """Days since a time; missing where there is none."""
        days = (self.as_of - moment) / DAY
        days[~np.isfinite(days)] = np.nan
        return np.asarray(days)

    @cached_property
    def _activities(self) -> dict[tuple[str, object], Floats]:
        """Counts by window and kind, the last time, the kinds, and the sum that decays."""
        events, looks = self.ledger.activities, len(self)
        kinds = events.category("kind")
        width = max(len(kinds.levels), 1)
        counts = {days: np.zeros(looks * width) for days in WINDOWS}
        ever, decayed, last = np.zeros(looks * width, dtype=bool), np.zeros(looks), np.full(looks, np.nan)
        for look, event in events.pairs(self.lead, self.as_of):
            if not len(look):
                continue
            cell = look * width + kinds.codes[event]
            low, high = look[0], look[-1] + 1
            occurred, as_of = events.occurred[event], self.as_of[look]
            ever[cell] = True
            part = 0.5 ** ((as_of - occurred) / DAY / HALF_LIFE)
            decayed[low:high] += np.bincount(look - low, part, minlength=high - low)
            newest = np.flatnonzero(np.append(look[1:] != look[:-1], True))
            last[look[newest]] = occurred[newest]
            cell -= low * width
            for days in reversed(WINDOWS):
                inside = occurred > as_of - days * DAY
                cell, occurred, as_of = cell[inside], occurred[inside], as_of[inside]
                counts[days][low * width : high * width] += np.bincount(cell, minlength=(high - low) * width)
        found: dict[tuple[str, object], Floats] = {
            ("last", None): last,
            ("kinds", None): ever.reshape(looks, width).sum(axis=1).astype(float),
            ("decayed", None): np.round(decayed, DECIMALS),
        }
        for days, total in counts.items():
            table = total.reshape(looks, width)
            found["count", (None, days)] = table.sum(axis=1)
            for code, kind in enumerate(kinds.levels):
                found["count", (kind, days)] = table[:, code].copy()
        return found

    def activity(self, what: str, of: object = None) -> Floats:
        """A sum over the activities; a kind that no lead ever did counts nothing."""
        return self._activities.get((what, of), np.zeros(len(self)))

    @cached_property
    def _touches(self) -> dict[str, Floats]:
        events = self.ledger.touches.take(~self.ledger.touches.flag("automatic"))
        connected = events.flag("connected")
        looks = len(self)
        found = {f"{days:g}": np.zeros(looks) for days in TOUCH_WINDOWS} | {"connected": np.zeros(looks)}
        last = np.full(looks, np.nan)
        for look, event in events.pairs(self.lead, self.as_of):
            occurred = events.occurred[event]
            for days in TOUCH_WINDOWS:
                inside = look[occurred > self.as_of[look] - days * DAY]
                found[f"{days:g}"] += np.bincount(inside, minlength=looks)
            found["connected"] += np.bincount(look[connected[event]], minlength=looks)
            newest = np.flatnonzero(np.append(look[1:] != look[:-1], True)) if len(look) else look
            last[look[newest]] = occurred[newest]
        return found | {"last": last}

    def touch(self, what: str) -> Floats:
        """A sum over the touches by persons."""
        return self._touches[what]

    @cached_property
    def _steps(self) -> tuple[npt.NDArray[np.int32], Floats, Floats, Floats]:
        """Code of the current stage (-1: none yet), since when, and steps forward and back."""
        events: Events = self.ledger.outcomes.take(~self.ledger.outcomes.flag("by_rule"))
        stages = events.category("stage")
        rank = np.array([*(RANK[level] for level in stages.levels), 0])
        looks = len(self)
        code = np.full(looks, -1, dtype=np.int32)
        last, forward, back = self.ledger.created[self.lead].copy(), np.zeros(looks), np.zeros(looks)
        for look, event in events.pairs(self.lead, self.as_of):
            if not len(look):
                continue
            ranks = rank[stages.codes[event]]
            first = np.append(True, look[1:] != look[:-1])
            before = np.where(first, 0, np.append(0, ranks[:-1]))
            forward += np.bincount(look[ranks > before], minlength=looks)
            back += np.bincount(look[ranks < before], minlength=looks)
            newest = np.flatnonzero(np.append(first[1:], True))
            code[look[newest]] = stages.codes[event][newest]
            last[look[newest]] = events.occurred[event][newest]
        return code, last, forward, back

    @property
    def stage(self) -> Categories:
        """The current stage of each, by what people recorded."""
        levels = self.ledger.outcomes.category("stage").levels
        lead = STAGES[0]
        shown = levels if lead in levels else (*levels, lead)
        codes = np.where(self._steps[0] < 0, shown.index(lead), self._steps[0])
        return Categories(codes.astype(np.int32), shown)


@dataclass(frozen=True, slots=True)
class EventForm:
    """How a feature is made of events: for one lead at one time, and for many."""

    kind: str
    one: Callable[[Seen, Feature], Value]
    many: Callable[[Looks, Feature], Floats | Categories]


def _stage_one(seen: Seen, _: Feature) -> Value:
    return seen.steps[-1][1] if seen.steps else STAGES[0]


def _created_form(form: str) -> EventForm:
    """Something that the time of creation says, by the form of the same name for dates."""
    base = FORMS[form]
    return EventForm(
        base.kind,
        lambda seen, feature: base.one([seen.lead.created], None, feature.time_zone),
        lambda looks, feature: base.many([looks.ledger.created[looks.lead]], None, feature.time_zone),
    )


EVENT_FORMS: dict[str, EventForm] = {
    "activity_count": EventForm(
        "number", _count_one, lambda looks, feature: looks.activity("count", (feature.of, feature.days))
    ),
    "activity_recency": EventForm(
        "number",
        lambda seen, _: seen.since(seen.activities[-1][0]) if seen.activities else None,
        lambda looks, _: looks.since(looks.activity("last")),
    ),
    "activity_kinds": EventForm(
        "number",
        lambda seen, _: float(len({kind for _, kind in seen.activities})),
        lambda looks, _: looks.activity("kinds"),
    ),
    "activity_decayed": EventForm("number", _decayed_one, lambda looks, _: looks.activity("decayed")),
    "touch_count": EventForm("number", _touched_one, lambda looks, feature: looks.touch(f"{feature.days:g}")),
    "touch_recency": EventForm(
        "number",
        lambda seen, _: seen.since(seen.touches[-1][0]) if seen.touches else None,
        lambda looks, _: looks.since(looks.touch("last")),
    ),
    "touch_connected": EventForm(
        "number",
        lambda seen, _: float(sum(connected for _, connected in seen.touches)),
        lambda looks, _: looks.touch("connected"),
    ),
    "stage": EventForm("category", _stage_one, lambda looks, _: looks.stage),
    "stage_days": EventForm(
        "number",
        lambda seen, _: seen.since(seen.steps[-1][0] if seen.steps else seen.lead.created),
        lambda looks, _: looks.since(looks._steps[1]),
    ),
    "steps_forward": EventForm("number", lambda seen, _: seen.moves(1), lambda looks, _: looks._steps[2]),
    "steps_back": EventForm("number", lambda seen, _: seen.moves(-1), lambda looks, _: looks._steps[3]),
    "age": EventForm(
        "number",
        lambda seen, _: seen.since(seen.lead.created),
        lambda looks, _: looks.since(looks.ledger.created[looks.lead]),
    ),
    "age_band": EventForm(
        "category",
        lambda seen, _: AGES[bisect_right(AGE_ENDS, seen.since(seen.lead.created))],
        lambda looks, _: Categories(
            np.searchsorted(AGE_ENDS, looks.since(looks.ledger.created[looks.lead]), "right").astype(
                np.int32
            ),
            AGES,
        ),
    ),
    "created_hour": _created_form("hour"),
    "created_weekday": _created_form("weekday"),
}


def event_row(features: Iterable[Feature], lead: OneLead, as_of: float) -> dict[str, Value]:
    """What happened to one lead by a time, as features.

    Parameters
    ----------
    features : iterable of Feature
        Those made of events.
    lead : OneLead
        All that is known of it, also later.
    as_of : float
        Seconds since 1970 UTC.
    """
    seen = Seen(lead, as_of)
    return {feature.name: EVENT_FORMS[feature.form].one(seen, feature) for feature in features}


def event_columns(
    features: Iterable[Feature], ledger: Ledger, lead: Places, as_of: Floats
) -> dict[str, Floats | Categories]:
    """The same of many leads at many times, a vector per feature.

    Parameters
    ----------
    features : iterable of Feature
        Those made of events.
    ledger : Ledger
        All that is known of the leads.
    lead, as_of : array, shape (n_looks,)
        Which lead, and the time as which it is looked at.
    """
    looks = Looks(ledger, lead, as_of)
    return {feature.name: EVENT_FORMS[feature.form].many(looks, feature) for feature in features}
