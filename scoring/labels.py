"""What has really been observed of a lead: converted, not converted, or not known yet.

A lead counts only when it is *mature*: its horizon, and the usual delay of recording, have passed.  Until
then it is left out even when it is already resolved, since keeping the resolved ones picks winners and
fast losers.  Times are seconds since 1970 in UTC, NaN where unknown; horizons are in days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.coverage import DAY, Times, coverage
from scoring.label_state import (
    TOO_HIGH,
    Labels,
    Mask,
    coverage_findings,
    error_findings,
    error_rows,
    how_many,
    percent,
    share,
)
from scoring.label_values import NEGATIVE, OPEN, POSITIVE, Meaning, read_values
from scoring.outcomes import Outcomes, seconds
from scoring.stages import at_or_beyond

__all__ = ["MAX_OPEN", "Labels", "flat_labels", "label_snapshots", "snapshot_labels"]

MAX_OPEN = 180.0


def flat_labels(
    values: Sequence[object] | npt.NDArray[Any] | pd.Series,
    *,
    column: str = "label",
    positive: object = None,
    open_values: object = None,
    created: Times | None = None,
    closed: Times | None = None,
    horizon: float | None = None,
    recorded_until: float | None = None,
    recording_delay: float = 0.0,
    time_zone: str = "UTC",
) -> Labels:
    """Tell converted leads from lost and from unknown ones in a file with one row per lead.

    With ``created``, ``closed`` and ``horizon``, a lead is positive if it was closed as such within
    ``[created, created + horizon]``, and counts only when mature and created inside the coverage.  A lead
    closed on the day of its creation counts as closed after it.  Without all three, only resolved leads
    count and a finding says what that does to the rate.

    Parameters
    ----------
    values : array-like, shape (n_leads,)
        The label column: text, booleans or numbers; None, NaN and blank are *open*.
    column : str
        Its name, for messages.
    positive : str or sequence of str, optional
        The value, or values, that mean *converted*.  Guessed only for yes/no columns.
    open_values : sequence of str, optional
        Values that are not outcomes yet.  By default those of a lexicon, if there are more than two values.
    created, closed : array of float, shape (n_leads,), optional
        When the lead was created and when it was resolved; ``closed`` of an open lead is not used.
    horizon : float, optional
        Days within which the target must be reached.
    recorded_until : float, optional
        End of observation.  By default the newest time in the data, strays left out.
    recording_delay : float
        Days that sales usually needs to record an outcome.
    time_zone : str
        The zone in which dates are said and whole days are told from times.

    Returns
    -------
    Labels
        One state per row, counts and findings.

    Raises
    ------
    DataError
        If the positive value must be named, or a named value is not in the column.
    SettingsError
        If one value is named both positive and open.

    Examples
    --------
    >>> labels = flat_labels(["Won", "Lost", "Lost", "In progress"], positive="Won")
    >>> labels.y.tolist(), labels.counts["open"]
    ([1.0, 0.0, 0.0, nan], 1)
    >>> labels.findings[-1]
    'Rate: 33.3 % of 3 leads, among resolved leads: too high for open ones (1 open lead left out).'
    """
    meaning = read_values(values, column, positive, open_values)
    if created is None or closed is None or horizon is None:
        return _resolved_only(meaning, created)
    rows = _Rows(meaning.of_row, np.asarray(created, float), np.asarray(closed, float), horizon, time_zone)
    return _timed(meaning, rows, recorded_until, recording_delay)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A flat file with times."""

    meaning: npt.NDArray[np.int8]
    created: Times
    closed: Times
    horizon: float
    time_zone: str

    @property
    def resolved(self) -> Mask:
        return np.asarray(self.meaning != OPEN)

    @property
    def won(self) -> Mask:
        return np.asarray(self.meaning == POSITIVE)

    @property
    def backwards(self) -> Mask:
        """Resolved before creation; a closing date without a time of day stands for its whole day."""
        slack = DAY if _whole_days(self.closed[self.resolved], self.time_zone) else 0.0
        backwards: Mask = (self.closed < self.created) & (self.closed + slack <= self.created)
        return self.resolved & backwards


def _resolved_only(meaning: Meaning, created: Times | None) -> Labels:
    """Without times nobody can tell a mature lead: whatever is resolved counts."""
    state = np.select(
        [meaning.of_row == POSITIVE, meaning.of_row == NEGATIVE],
        ["mature_positive", "mature_negative"],
        default="open",
    )
    labels = Labels(state, positive=meaning.positive, open_values=meaning.open_values)
    left_out = labels.counts["open"]
    rate = f"Rate: {percent(labels.base_rate)} of {how_many(len(state) - left_out)}"
    if left_out and _open_by_age(meaning.of_row == OPEN, created):
        rate += f"; {how_many(left_out)} left out by age alone, which does not move the rate."
    elif left_out:
        rate += f", {TOO_HIGH} ({how_many(left_out, 'open ')} left out)."
    else:
        rate += "."
    return replace(labels, findings=(*meaning.findings, rate))


def _open_by_age(is_open: Mask, created: Times | None) -> bool:
    """Whether no open lead was created between resolved ones: such a file was labelled by age."""
    if created is None or is_open.all() or np.isnan(created).any():
        return False
    resolved = created[~is_open]
    between = (created[is_open] > resolved.min()) & (created[is_open] < resolved.max())
    return not between.any()


def _timed(meaning: Meaning, rows: _Rows, recorded_until: float | None, recording_delay: float) -> Labels:
    """Labels of leads whose creation and closing times are known."""
    created, closed, resolved = rows.created, rows.closed, rows.resolved
    fair = resolved & ~rows.backwards
    known = np.concatenate([created, closed[fair]])
    span = coverage(closed[fair & rows.won], closed[fair], known, recorded_until)
    newest = np.inf if recorded_until is not None or span.end is None or span.stopped else span.end
    rules = {
        "is resolved but has no creation time": resolved & np.isnan(created),
        "is positive but has no closing time": rows.won & np.isnan(closed),
        "was closed before it was created": rows.backwards,
        "was created or closed after everything else in the data": (created > newest)
        | (resolved & (closed > newest)),
    }
    ready = created + (rows.horizon + recording_delay) * DAY
    within = rows.won & (closed <= created + rows.horizon * DAY)
    state = np.select(
        [
            np.logical_or.reduce(list(rules.values())),
            np.isnan(created),
            created < (np.inf if span.start is None else span.start),
            ready > (-np.inf if span.end is None else span.end),
            within,
        ],
        ["error", "open", "outside_coverage", "censored", "mature_positive"],
        default="mature_negative",
    )
    labels = Labels(state, span, meaning.positive, meaning.open_values, error_rows(rules))
    return replace(labels, findings=(*meaning.findings, *_timed_findings(labels, rows, rules)))


def _timed_findings(labels: Labels, rows: _Rows, rules: Mapping[str, Mask]) -> list[str]:
    """Say what was left out and why, and the rate that remains."""
    state, horizon = labels.state, rows.horizon
    censored = state == "censored"
    late = (state == "mature_negative") & rows.won
    unresolved = (state == "mature_negative") & ~rows.resolved
    said = [*coverage_findings(labels, rows.time_zone), *error_findings(rules)]
    if labels.counts["open"]:
        said.append(f"{how_many(labels.counts['open'], 'open ')} without a creation time: unknown, left out.")
    if censored.any():
        early = int((censored & rows.resolved).sum())
        said.append(
            f"{how_many(int(censored.sum()))} younger than the horizon of {horizon:g} days: left out, also "
            f"the {early:,} already resolved."
        )
    if late.any():
        said.append(f"{how_many(int(late.sum()))} converted later than {horizon:g} days: negative here.")
    if unresolved.any():
        said.append(f"{how_many(int(unresolved.sum()))} still open after {horizon:g} days: negative.")
    resolved = share(int(rows.won.sum()), int((rows.resolved & ~rows.won).sum()))
    mature = labels.counts["mature_positive"] + labels.counts["mature_negative"]
    said.append(
        f"Rate: {percent(labels.base_rate)} of {how_many(mature, 'mature ')} within {horizon:g} days"
        + (f" ({percent(resolved)} {TOO_HIGH})." if resolved < 1 else ".")
    )
    return said


def _whole_days(times: Times, time_zone: str) -> bool:
    """Whether a column holds dates only: every time is midnight in its zone."""
    known = times[np.isfinite(times)]
    if not len(known):
        return False
    offset = datetime.fromtimestamp(float(known[0]), ZoneInfo(time_zone)).utcoffset()
    shift = offset.total_seconds() if offset is not None else 0.0
    # Daylight saving moves midnight by an hour for a part of the year.
    return bool(np.isin((known + shift) % DAY, (0.0, 3_600.0, DAY - 3_600.0)).all())


def snapshot_labels(
    snapshots: pd.DataFrame,
    leads: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    target: str,
    horizon: float,
    recorded_until: float | None = None,
    recording_delay: float | None = None,
    max_open: float = MAX_OPEN,
    time_zone: str = "UTC",
) -> Labels:
    """Tell for each snapshot of a lead whether it went on to reach the target within the horizon.

    A snapshot of a lead that had reached the target, was known to be lost or disqualified, or was older
    than ``max_open`` is ``closed`` and gives no label.

    Parameters
    ----------
    snapshots : DataFrame
        ``lead_id`` and ``as_of``, the time as which the lead is looked at.
    leads : DataFrame
        ``lead_id`` (unique) and ``created_at``.
    outcomes : DataFrame
        ``lead_id``, ``occurred_at``, ``stage`` and, if recorded later than that, ``recorded_at``.
    target : str
        The stage to be reached; a later one counts too.
    horizon : float
        Days after ``as_of`` within which it must be reached.
    recorded_until : float, optional
        End of observation; outcomes recorded later are not known.  By default the newest time in the data.
    recording_delay : float, optional
        Days; by default the 95th percentile of what sales took to record the target.
    max_open : float
        Days after which a lead without an end is no longer open.
    time_zone : str
        The zone in which dates are said.

    Returns
    -------
    Labels
        One state per snapshot.

    Raises
    ------
    DataError
        If an outcome has a stage that is not one of ``ALL_STAGES``.
    SettingsError
        If the target is not a stage.

    Examples
    --------
    >>> leads = pd.DataFrame({"lead_id": ["1", "2"], "created_at": [0.0, 100 * DAY]})
    >>> won = pd.DataFrame({"lead_id": ["1"], "occurred_at": [20 * DAY], "stage": ["won"]})
    >>> at_first = pd.DataFrame({"lead_id": ["1"], "as_of": [0.0]})
    >>> snapshot_labels(at_first, leads, won, target="sql", horizon=30, recorded_until=60 * DAY).counts
    ... # doctest: +ELLIPSIS
    {'mature_positive': 0, ..., 'outside_coverage': 1, 'error': 0}
    """
    events = Outcomes.of(leads, outcomes, at_or_beyond(target), recorded_until)
    lead = pd.Index(leads["lead_id"]).get_indexer(snapshots["lead_id"])
    return label_snapshots(
        lead, seconds(snapshots["as_of"]), events, target, horizon,
        recorded_until=recorded_until, recording_delay=recording_delay, max_open=max_open, time_zone=time_zone,
    )  # fmt: skip


def label_snapshots(
    lead: npt.NDArray[np.intp],
    as_of: Times,
    events: Outcomes,
    target: str,
    horizon: float,
    *,
    recorded_until: float | None = None,
    recording_delay: float | None = None,
    max_open: float = MAX_OPEN,
    time_zone: str = "UTC",
) -> Labels:
    """The same as :func:`snapshot_labels`, from positions of leads.

    Parameters
    ----------
    lead, as_of : array, shape (n_snapshots,)
        Position of each snapshot's lead, -1 for one that is not there, and its time.
    events : Outcomes
        The outcomes, read for the target.
    target, horizon, recorded_until, recording_delay, max_open, time_zone
        As in :func:`snapshot_labels`.
    """
    span = coverage(events.first[np.isfinite(events.first)], events.resolved, events.known, recorded_until)
    delay = events.recording_delay if recording_delay is None else recording_delay
    created = np.append(events.created, np.nan)[lead]
    reached = np.append(events.first, np.inf)[lead]
    rules = {
        "is in no row of leads": lead < 0,
        "has a snapshot without a time or before its creation": ~(as_of >= created) & (lead >= 0),
    }
    state = np.select(
        [
            np.logical_or.reduce(list(rules.values())),
            created < (np.inf if span.start is None else span.start),
            ~events.open_at(lead, as_of, max_open),
            as_of + (horizon + delay) * DAY > (-np.inf if span.end is None else span.end),
            reached <= as_of + horizon * DAY,
        ],
        ["error", "outside_coverage", "closed", "censored", "mature_positive"],
        default="mature_negative",
    )
    labels = Labels(state, span, (target,), errors=error_rows(rules))
    said = (*coverage_findings(labels, time_zone, snapshots=True), *events.findings, *error_findings(rules))
    return replace(labels, findings=(*said, _snapshot_rate(labels, horizon, delay)))


def _snapshot_rate(labels: Labels, horizon: float, delay: float) -> str:
    counts = labels.counts
    mature = counts["mature_positive"] + counts["mature_negative"]
    return (
        f"Rate: {percent(labels.base_rate)} of {mature:,} mature snapshots within {horizon:g} days; "
        f"{counts['censored']:,} younger than that and {delay:.1f} days of recording, and "
        f"{counts['closed']:,} no longer open, left out."
    )
