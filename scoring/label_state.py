"""The state of each labelled row, and the sentences that say what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from scoring.coverage import Coverage, Times

STATES: Final = (
    "mature_positive",
    "mature_negative",
    "censored",
    "open",
    "closed",
    "outside_coverage",
    "error",
)
_LABEL: Final = {"mature_positive": 1.0, "mature_negative": 0.0}
TOO_HIGH: Final = "among resolved leads: too high for open ones"

States = npt.NDArray[np.str_]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Labels:
    """The label of each row, why a row has none, and what to tell the reader about it.

    Parameters
    ----------
    state : array of str
        One of ``STATES`` per row.  ``open`` is not an outcome yet, ``closed`` a snapshot of a lead that was
        no longer open, ``error`` a row whose times contradict each other.
    coverage : Coverage
        The span in which outcomes were trusted; empty where no times were given.
    positive, open_values : tuple of str
        The label values taken as converted, and as not an outcome yet.
    errors : mapping of int to str
        Position of each row in error, and the rule that it breaks.
    findings : tuple of str
        Sentences with numbers, for the output of a run.
    """

    state: States
    coverage: Coverage = field(default_factory=lambda: Coverage(None, None))
    positive: tuple[str, ...] = ()
    open_values: tuple[str, ...] = ()
    errors: Mapping[int, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()

    @property
    def y(self) -> Times:
        """1 for converted, 0 for not converted, NaN for a row that is left out."""
        y = np.full(len(self.state), np.nan)
        for state, label in _LABEL.items():
            y[self.state == state] = label
        return y

    @property
    def counts(self) -> dict[str, int]:
        """Rows per state; they add up to all rows."""
        return {state: int((self.state == state).sum()) for state in STATES}

    @property
    def base_rate(self) -> float:
        """Share of the rows that count which converted; NaN if none counts."""
        return share(self.counts["mature_positive"], self.counts["mature_negative"])


def coverage_findings(labels: Labels, time_zone: str, *, snapshots: bool = False) -> list[str]:
    """Say from when outcomes are known, and how many leads that leaves out.

    Parameters
    ----------
    labels : Labels
        Labels with their coverage.
    time_zone : str
        The zone in which dates are said.
    snapshots : bool
        Whether each label is of a snapshot; else each is of a lead.

    Returns
    -------
    list of str
        Empty if the coverage leaves nothing out.
    """
    span, outside = labels.coverage, labels.counts["outside_coverage"]
    if span.start is None:
        return ["No outcome of the target is recorded with a time: nothing can be learned."]
    said = []
    if outside:
        who = f"{outside:,} snapshots of leads" if snapshots else how_many(outside)
        said.append(
            f"No outcome of the target is recorded before {day(span.start, time_zone)}: "
            f"{who} created earlier are unknown, not lost, and left out."
        )
    if span.stopped and span.end is not None:
        said.append(f"No outcome is recorded after {day(span.end, time_zone)}: later time counts as unknown.")
    return said


def error_findings(rules: Mapping[str, Mask]) -> list[str]:
    """Say how many rows break each rule, and where the first of them is."""
    return [
        f"{int(broken.sum()):,} left out: a lead that {rule} (first: row {int(np.argmax(broken)) + 1})."
        for rule, broken in rules.items()
        if broken.any()
    ]


def error_rows(rules: Mapping[str, Mask]) -> dict[int, str]:
    """Name the first rule that each row breaks."""
    found = {
        int(row): rule for rule, broken in reversed(list(rules.items())) for row in np.flatnonzero(broken)
    }
    return dict(sorted(found.items()))


def share(positive: int, negative: int) -> float:
    """Say which part converted; NaN of nothing."""
    return positive / (positive + negative) if positive + negative else float("nan")


def percent(part: float) -> str:
    """Write a share for a sentence."""
    return "unknown share" if np.isnan(part) else f"{100 * part:.1f} %"


def how_many(count: int, kind: str = "") -> str:
    """Count leads for a sentence, one in the singular."""
    return f"{count:,} {kind}lead{'' if count == 1 else 's'}"


def day(seconds: float, time_zone: str) -> str:
    """Write a time as the date on the wall of its zone."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(time_zone)).date().isoformat()
