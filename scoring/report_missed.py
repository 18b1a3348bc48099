"""Wins that the score had not seen coming: won in the month, though the lead scored low before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from scoring.policy import Policy, reaches

LOW_GRADES: Final = ("C", "D")
Source = Literal["log", "held_out", "rescored"]
Why = Literal["grade", "threshold"]


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What was said of a lead before the month in which it was won.

    Parameters
    ----------
    lead_id : str
        The lead.
    source : {"log", "held_out", "rescored"}
        From the score log; from the champion's held-out predictions; or what the champion, which has not learned
        from that time, says of the lead as it was known then.
    at : float
        As of when, in seconds since 1970 UTC.
    score, grade : int, str, each or None
        By the primary target.
    likelihood : float or None
        Of the target that the policy decides by; None where it is not known, or the lead had got there by then.
    reasons : sequence of mapping
        ``feature``, ``value`` and ``contribution`` of each.
    """

    lead_id: str
    source: Source
    at: float
    score: int | None
    grade: str | None
    likelihood: float | None
    reasons: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Win:
    """A win of the month."""

    lead_id: str
    won_at: float
    amount: float | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class MissedWin:
    """A win that was not seen coming.

    Parameters
    ----------
    lead_id : str
        The lead.
    won_at, scored_at : str
        When it was won, and as of when it was scored before; ISO 8601 in the zone of the report.
    source : {"log", "held_out", "rescored"}
        As in :class:`SaidBefore`.
    score, grade, likelihood : int, str, float, each or None
        What was said.
    why : tuple of str
        ``grade`` (C or D), ``threshold`` (below the policy's), or both.
    amount, currency : float, str, each or None
        What it brought.
    reasons : tuple of dict
        What pulled the score down most: ``feature``, ``value``, ``contribution`` and, where a model is live, ``name``
        and ``said`` in both languages.
    """

    lead_id: str
    won_at: str
    scored_at: str
    source: Source
    score: int | None
    grade: str | None
    likelihood: float | None
    why: tuple[Why, ...]
    amount: float | None
    currency: str | None
    reasons: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Missed:
    """The wins of the month that were not seen coming.

    Parameters
    ----------
    wins, scored, from_log : int
        Wins of the month; those of which a score from before is known; and of these, by the log.
    count : int
        Those that scored low.
    threshold : float or None
        The policy's, where one is in force.
    rows : tuple of MissedWin
        Each of them, the largest deal first.
    """

    wins: int
    scored: int
    from_log: int
    count: int
    threshold: float | None
    rows: tuple[MissedWin, ...]


def missed_wins(
    wins: Sequence[Win], said: Iterable[SaidBefore], policy: Policy | None, zone: str, most_reasons: int = 3
) -> Missed:
    """Find the wins that scored low.

    Low is grade C or D by the primary target, or a likelihood below the threshold of the policy in force.

    Parameters
    ----------
    wins : sequence of Win
        Those of the month.
    said : iterable of SaidBefore
        The last that was said of each before the month began or, of a lead that came later, the first.
    policy : Policy or None
        The handoff rule in force.
    zone : str
        In which moments are told.
    most_reasons : int
        How many reasons each is told with at most.
    """
    known = {one.lead_id: one for one in said}
    rows = []
    place = ZoneInfo(zone)
    for win in sorted(
        wins, key=lambda win: (win.currency or "", -(win.amount or 0.0), win.won_at, win.lead_id)
    ):
        one = known.get(win.lead_id)
        why = () if one is None else _why(one, policy)
        if one is not None and why:
            rows.append(
                MissedWin(
                    win.lead_id, told(win.won_at, place), told(one.at, place), one.source, one.score, one.grade,
                    one.likelihood, why, win.amount, win.currency, _against(one.reasons, most_reasons),
                )
            )  # fmt: skip
    scored = [known[win.lead_id] for win in wins if win.lead_id in known]
    from_log = sum(one.source == "log" for one in scored)
    threshold = None if policy is None else policy.threshold
    return Missed(len(wins), len(scored), from_log, len(rows), threshold, tuple(rows))


def told(moment: float, place: ZoneInfo) -> str:
    """A moment as ISO 8601, by the clocks of a place.

    Examples
    --------
    >>> told(0.0, ZoneInfo("Asia/Tokyo"))
    '1970-01-01T09:00:00+09:00'
    """
    return datetime.fromtimestamp(moment, place).isoformat(timespec="seconds")


def _why(one: SaidBefore, policy: Policy | None) -> tuple[Why, ...]:
    low: list[Why] = []
    if one.grade in LOW_GRADES:
        low.append("grade")
    if policy is not None and one.likelihood is not None and not reaches(one.likelihood, policy.threshold):
        low.append("threshold")
    return tuple(low)


def _against(reasons: Sequence[Mapping[str, Any]], most: int) -> tuple[dict[str, Any], ...]:
    """The reasons that speak against a lead, the strongest first."""
    against = [dict(one) for one in reasons if one["contribution"] < 0]
    return tuple(sorted(against, key=lambda one: one["contribution"])[:most])
