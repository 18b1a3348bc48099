"""Features of leads as they were at some times, the usual way in pandas: running sums and ``merge_asof``.

Each count takes a merge as of the look and one as of the start of its window; those as of the look are shared
by the windows of a kind.  A step that is recorded after a later one is not seen in its place here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.categories import Categories
from scoring.dates import DAY
from scoring.event_forms import AGE_ENDS, AGES, HALF_LIFE, RANK
from scoring.features import Feature
from scoring.ledger import Events, Floats, Ledger, Places
from scoring.stages import STAGES

Column = npt.NDArray[Any]


@dataclass
class Frames:
    """Looks at leads in order of time, and what happened as frames in the order in which it became known."""

    looks: pd.DataFrame
    created: pd.Series
    leads: pd.DataFrame
    changes: pd.DataFrame
    activities: pd.DataFrame
    touches: pd.DataFrame
    outcomes: pd.DataFrame
    so_far: dict[tuple[str, str | None], Column] = field(default_factory=dict)

    def at(self, events: pd.DataFrame, what: str, *, days: float = 0.0, by: str = "known") -> pd.Series:
        """A column of the newest event of each look's lead, so many days before the look."""
        looks = self.looks if not days else self.looks.assign(as_of=self.looks["as_of"] - days * DAY)
        merged = pd.merge_asof(looks, events[["lead", by, what]], left_on="as_of", right_on=by, by="lead")
        return merged[what].set_axis(looks.index)

    def count(self, name: str, events: pd.DataFrame, of: str | None, days: float) -> Column:
        """How many events there were in a window."""
        if (name, of) not in self.so_far:
            running = events.assign(n=events.groupby("lead").cumcount() + 1)
            self.so_far[name, of] = self.at(running, "n").fillna(0).to_numpy()
        in_time = events.sort_values("occurred", kind="stable")
        running = in_time.assign(n=in_time.groupby("lead").cumcount() + 1)
        before = self.at(running, "n", days=days, by="occurred").fillna(0).to_numpy()
        return np.asarray(self.so_far[name, of] - before)

    def since(self, moment: pd.Series) -> Column:
        """Days since a time."""
        return ((self.looks["as_of"] - moment) / DAY).to_numpy()

    def newest(self, events: pd.DataFrame) -> pd.Series:
        """Where the latest event of each look's lead stands in the order of lead and time."""
        return self.at(events.assign(newest=events.groupby("lead")["place"].cummax()), "newest")


def frame_of(events: Events, *columns: str) -> pd.DataFrame:
    """Events in the order in which they became known."""
    made: dict[str, Any] = {"lead": events.lead, "occurred": events.occurred, "known": events.known}
    for name in columns:
        values = events.columns[name]
        made[name] = values
        if isinstance(values, Categories):
            made[name] = pd.Categorical.from_codes(values.codes, pd.Index(values.levels))
    return pd.DataFrame(made).assign(place=np.arange(len(events))).sort_values("known", kind="stable")


def frames_of(ledger: Ledger, lead: Places, as_of: Floats) -> Frames:
    """All that is known, and the looks; their index says where each stood."""
    looks = pd.DataFrame({"lead": lead, "as_of": as_of}).sort_values("as_of", kind="stable")
    touches = frame_of(ledger.touches, "connected", "automatic")
    return Frames(
        looks=looks,
        created=pd.Series(ledger.created[looks["lead"]], looks.index),
        leads=pd.DataFrame({name: values.to_pandas() for name, values in ledger.properties.items()}),
        changes=frame_of(ledger.changes, "property", "value"),
        activities=frame_of(ledger.activities, "kind"),
        touches=touches[~touches["automatic"]],
        outcomes=frame_of(ledger.outcomes, "stage"),
    )


def event_columns(features: Iterable[Feature], frames: Frames) -> dict[str, Column]:
    """The features that events give, in the order of the frames' looks."""
    return {feature.name: _FORMS[feature.form](frames, feature) for feature in features}


def property_column(name: str, frames: Frames) -> Column:
    """A property as it was known: the last change by then; what the list says where there is none at all."""
    changes = frames.changes[frames.changes["property"] == name]
    then = frames.at(changes, "value").to_numpy(dtype=object)
    lead = frames.looks["lead"]
    return np.where(lead.isin(changes["lead"]), then, frames.leads[name].to_numpy(dtype=object)[lead])


def _activities(frames: Frames, feature: Feature) -> Column:
    events = frames.activities
    some = events if feature.of is None else events[events["kind"] == feature.of]
    return frames.count("activities", some, feature.of, feature.days or 0.0)


def _kinds(frames: Frames, _: Feature) -> Column:
    events = frames.activities
    first = events[~events.duplicated(["lead", "kind"])]
    return frames.at(first.assign(n=first.groupby("lead").cumcount() + 1), "n").fillna(0).to_numpy()


def _decayed(frames: Frames, feature: Feature) -> Column:
    half_life, start = feature.days or HALF_LIFE, frames.activities["occurred"].min()
    weight = 2.0 ** ((frames.activities["occurred"] - start) / DAY / half_life)
    running = frames.activities.assign(sum=weight.groupby(frames.activities["lead"]).cumsum())
    faded = 0.5 ** ((frames.looks["as_of"] - start) / DAY / half_life)
    return np.asarray((frames.at(running, "sum").fillna(0) * faded).round(6))


def _last(frames: Frames, events: pd.DataFrame) -> Column:
    running = events.assign(last=events.groupby("lead")["occurred"].cummax())
    return frames.since(frames.at(running, "last"))


def _connected(frames: Frames, _: Feature) -> Column:
    reached = frames.touches[frames.touches["connected"]]
    return frames.at(reached.assign(n=reached.groupby("lead").cumcount() + 1), "n").fillna(0).to_numpy()


def _stage(frames: Frames, _: Feature) -> Column:
    stage = frames.outcomes.set_index("place")["stage"]
    return frames.newest(frames.outcomes).map(stage).astype(object).fillna(STAGES[0]).to_numpy()


def _stage_days(frames: Frames, _: Feature) -> Column:
    occurred = frames.outcomes.set_index("place")["occurred"]
    return frames.since(frames.newest(frames.outcomes).map(occurred).fillna(frames.created))


def _steps(frames: Frames, sign: int) -> Column:
    events = frames.outcomes
    rank = events["stage"].map(RANK).astype(float)
    step = (rank - rank.groupby(events["lead"]).shift(fill_value=0)) * sign > 0
    return frames.at(events.assign(n=step.groupby(events["lead"]).cumsum()), "n").fillna(0).to_numpy()


def _clock(frames: Frames, feature: Feature) -> pd.Series:
    return pd.to_datetime(frames.created, unit="s", utc=True).dt.tz_convert(feature.time_zone)


_FORMS: dict[str, Callable[[Frames, Feature], Column]] = {
    "activity_count": _activities,
    "activity_recency": lambda frames, _: _last(frames, frames.activities),
    "activity_kinds": _kinds,
    "activity_decayed": _decayed,
    "touch_count": lambda frames, feature: frames.count("touches", frames.touches, None, feature.days or 0.0),
    "touch_recency": lambda frames, _: _last(frames, frames.touches),
    "touch_connected": _connected,
    "stage": _stage,
    "stage_days": _stage_days,
    "steps_forward": lambda frames, _: _steps(frames, 1),
    "steps_back": lambda frames, _: _steps(frames, -1),
    "age": lambda frames, _: frames.since(frames.created),
    "age_band": lambda frames, _: np.array(AGES, dtype=object)[
        np.searchsorted(AGE_ENDS, frames.since(frames.created), "right")
    ],
    "created_hour": lambda frames, feature: _clock(frames, feature).dt.hour.to_numpy(),
    "created_weekday": lambda frames, feature: _clock(frames, feature).dt.day_name().to_numpy(dtype=object),
}
