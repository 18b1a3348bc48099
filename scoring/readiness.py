"""What can be learned from a ledger, said before anything is: leads, outcomes, maturity, coverage, leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from scoring.audit import Finding
from scoring.dates import DAY
from scoring.label_state import day
from scoring.leads import typed_at
from scoring.ledger import Ledger
from scoring.observed import Ways, audit_ledger, guess_properties, labelled
from scoring.outcomes import Outcomes
from scoring.stages import STAGES, at_or_beyond
from scoring.words import fold

LEAST_FOR_ANY = 10
LEAST_FORWARD = 100
MONTH = 30.4375


@dataclass(frozen=True, slots=True)
class TargetReadiness:
    """What is known of one target.

    Parameters
    ----------
    target, horizon_days : str, int
        The stage, and the days within which it must be reached.
    reached : int
        Leads that ever reached it.
    since, until : str or None
        The days between which outcomes can be trusted.
    mature, censored, outside, converted : int
        Leads, as of their creation: those that count, those that are too young, those from before the coverage,
        and those of the first that reached the target in time.
    rate : float or None
        Share of the mature leads that did.
    delay_days : float
        Within which 95 % of its outcomes were written down.
    snapshots, snapshots_converted : int
        Mature snapshots, and those that reached it.
    state : {"forward", "random", "cold"}
        Judged forward in time, at random, or not learned at all.
    missing : int
        Converted leads that are lacking for a test forward in time.
    ready_in_months : float or None
        When they will have come, at the pace of late.
    """

    target: str
    horizon_days: int
    reached: int
    since: str | None
    until: str | None
    mature: int
    censored: int
    outside: int
    converted: int
    rate: float | None
    delay_days: float
    snapshots: int
    snapshots_converted: int
    state: str
    missing: int
    ready_in_months: float | None


@dataclass(frozen=True, slots=True)
class Readiness:
    """What can be learned.

    Parameters
    ----------
    leads : int
        How many there are.
    events : dict of str to int
        How many of each table.
    first, last : str or None
        Days of creation of the oldest and the newest lead.
    early_outcomes : int
        Outcomes before their lead's creation; left out.
    duplicates : int
        Leads that share an e-mail address or a phone number with an earlier one.
    targets : tuple of TargetReadiness
        One for each stage with a horizon.
    advised : str or None
        The stage furthest down the funnel that can be learned and judged forward in time, else at random.
    without_history : tuple of str
        Properties of which only the value of today is known.
    findings : tuple of Finding
        The leakage audit for the advised target.
    """

    leads: int
    events: dict[str, int]
    first: str | None
    last: str | None
    early_outcomes: int
    duplicates: int
    targets: tuple[TargetReadiness, ...]
    advised: str | None
    without_history: tuple[str, ...]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready record."""
        return asdict(self)


def readiness(ledger: Ledger, horizons: Mapping[str, int], ways: Ways) -> Readiness:
    """Say what can be learned from a ledger.

    Parameters
    ----------
    ledger : Ledger
        All that is known.
    horizons : mapping of str to int
        Days by stage.
    ways : Ways
        How properties are read.
    """
    targets = tuple(_target(ledger, target, days, ways.time_zone) for target, days in horizons.items())
    advised = _advised(targets)
    dates = (
        [day(float(at), ways.time_zone) for at in (ledger.created.min(), ledger.created.max())]
        if len(ledger)
        else []
    )
    return Readiness(
        leads=len(ledger),
        events={name: len(events) for name, events in ledger.tables.items()},
        first=dates[0] if dates else None,
        last=dates[1] if dates else None,
        early_outcomes=int((ledger.outcomes.occurred < ledger.created[ledger.outcomes.lead]).sum()),
        duplicates=duplicates(ledger),
        targets=targets,
        advised=None if advised is None else advised.target,
        without_history=tuple(sorted(set(ledger.properties) - ledger.with_history)),
        findings=() if advised is None else tuple(_findings(ledger, advised, ways)),
    )


def _target(ledger: Ledger, target: str, days: int, time_zone: str) -> TargetReadiness:
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond(target))
    snapshots, labels = labelled(ledger, outcomes, target, days, time_zone=time_zone)
    states = Counter(labels.state[snapshots.new].tolist())
    converted, other = states["mature_positive"], states["mature_negative"]
    counts = labels.counts
    span = labels.coverage
    enough = counts["mature_positive"] >= LEAST_FOR_ANY and counts["mature_negative"] >= LEAST_FOR_ANY
    leads = len(np.unique(snapshots.lead[labels.state == "mature_positive"]))
    state = "cold" if not enough else "forward" if leads >= LEAST_FORWARD else "random"
    missing = max(LEAST_FORWARD - leads, 0)
    pace = _pace(outcomes, span.end)
    return TargetReadiness(
        target=target,
        horizon_days=days,
        reached=int(np.isfinite(outcomes.first).sum()),
        since=None if span.start is None else day(span.start, time_zone),
        until=None if span.end is None else day(span.end, time_zone),
        mature=converted + other,
        censored=states["censored"],
        outside=states["outside_coverage"],
        converted=converted,
        rate=converted / (converted + other) if converted + other else None,
        delay_days=outcomes.recording_delay,
        snapshots=counts["mature_positive"] + counts["mature_negative"],
        snapshots_converted=counts["mature_positive"],
        state=state,
        missing=missing,
        ready_in_months=missing / pace if missing and pace else None,
    )


def _pace(outcomes: Outcomes, end: float | None) -> float:
    """Leads a month that reached the target in the last three months."""
    if end is None:
        return 0.0
    return float((outcomes.first > end - 3 * MONTH * DAY).sum() - np.isinf(outcomes.first).sum()) / 3


def _advised(targets: tuple[TargetReadiness, ...]) -> TargetReadiness | None:
    """The stage furthest down the funnel that can be judged forward in time, else at random."""
    for state in ("forward", "random"):
        able = [target for target in targets if target.state == state]
        if able:
            return max(able, key=lambda target: STAGES.index(target.target))
    return None


def duplicates(ledger: Ledger) -> int:
    """Leads that share an e-mail address or a phone number with an earlier one."""
    return int((first_alike(ledger, np.argsort(ledger.created, kind="stable")) >= 0).sum())


def first_alike(ledger: Ledger, order: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """For each of some leads, the first before it with the same e-mail address or phone number; -1 for none.

    Parameters
    ----------
    ledger : Ledger
        The leads.
    order : array of int, shape (n_some,)
        Which of them, in the order in which they count.
    """
    seen: dict[str, int] = {}
    found = np.full(len(order), -1, dtype=np.intp)
    columns = [
        ledger.properties[name].to_pylist() for name in ("email", "phone") if name in ledger.properties
    ]
    for at, place in enumerate(order.tolist()):
        keys = {_key(column[place]) for column in columns} - {""}
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            found[at] = first
        for key in keys:
            seen.setdefault(key, place if first is None else first)
    return found


def _key(cell: str | None) -> str:
    """An address or a number without what is written in different ways."""
    if cell is None:
        return ""
    text = fold(cell)
    return text if "@" in text else "".join(letter for letter in text if letter.isdigit())


def _findings(ledger: Ledger, target: TargetReadiness, ways: Ways) -> list[Finding]:
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond(target.target))
    snapshots, labels = labelled(
        ledger, outcomes, target.target, target.horizon_days, time_zone=ways.time_zone
    )
    counted = np.flatnonzero(~np.isnan(labels.y))
    columns = [guess.column for guess in guess_properties(ledger, ways)]
    some = snapshots.take(counted)
    typed, _ = typed_at(columns, ledger, some.lead, some.as_of)
    return audit_ledger(columns, typed, labels.y[counted], some, ledger, outcomes)
