"""The closed-loop report: what a month brought, against the month before, for both sides of the table.

Facts count by when they occurred, and only those that were known at the time of the report.  Each rate comes with its
counts.  Nothing is told that was not counted: where something is missing or too young, the report says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from scoring.attribution import CAMPAIGN, attribute
from scoring.categories import Categories
from scoring.ledger import Ledger
from scoring.months import Month
from scoring.owners import owners
from scoring.report_answers import Answers, answers
from scoring.report_bands import ScoreBands, score_bands
from scoring.report_campaigns import Campaigns, campaigns
from scoring.report_daily import Daily, daily
from scoring.report_facts import Facts, Span
from scoring.report_funnel import Funnel, funnel, funnel_changes
from scoring.report_given import Agreed, Known
from scoring.report_missed import Missed, Win, missed_wins, told
from scoring.report_notes import Note, notes
from scoring.report_parts import Part, RepMonth, parts, personas, reps
from scoring.report_rates import Change, allowed_for, rate_change
from scoring.report_sla import Sla, given_to_sales, sla_of_month
from scoring.report_talk import Point, talk
from scoring.words import plain

JOB_TITLE, SOURCE = "job_title", "source"
# What a report reads of a lead's properties.
PROPERTIES = (JOB_TITLE, SOURCE, CAMPAIGN, "owner")


@dataclass(frozen=True, slots=True)
class Counted:
    """What of a month was counted: ISO 8601, in the zone of the report.

    Parameters
    ----------
    month : str
        The month.
    start, end, until, seen : str
        When it begins and ends; until when facts are counted; until when what became of them is followed.
    partial : bool
        Whether it was not over yet.
    """

    month: str
    start: str
    end: str
    until: str
    seen: str
    partial: bool

    @classmethod
    def of(cls, span: Span) -> Counted:
        """A span as it is shown."""
        place = ZoneInfo(span.month.zone)
        return cls(
            month=span.month.name,
            start=told(span.start, place),
            end=told(span.month.end, place),
            until=told(span.until, place),
            seen=told(span.seen, place),
            partial=span.partial,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """A month, closed: what came, what became of it, and whether both sides kept their word.

    Parameters
    ----------
    month, zone : str
        Which month, and by whose clocks.
    as_of : str
        What was known then is told; ISO 8601.
    currency : str
        That of the settings: of goals, and of amounts that name none.
    now, before : Counted
        What is compared.
    talk : tuple of Point
        The three things that deserve talk.
    funnel : Funnel
        How many leads reached each stage, how many went on, and how long it took them.
    daily : Daily
        The month day by day, against its goals.
    campaigns : Campaigns
        What campaigns cost and brought.
    bands : tuple of ScoreBands
        Whether the score is honest: what was promised, and what came.
    answers : tuple of Answers
        What sales answered to leads that were handed over, and why it turned some down.
    sla : Sla
        Whether both sides kept their word.
    personas, sources, fits : tuple of Part
        The month by job title (department and rank), by source, and by fit as new leads were scored first.
    reps : tuple of RepMonth
        The month by rep.
    missed : Missed
        Wins that the score had not seen coming.
    changes : tuple of Change
        Every number that was compared, the least likely by chance first.
    notes : tuple of Note
        What must be known to read it right.
    """

    month: str
    zone: str
    as_of: str
    currency: str
    now: Counted
    before: Counted
    talk: tuple[Point, ...]
    funnel: Funnel
    daily: Daily
    campaigns: Campaigns
    bands: tuple[ScoreBands, ...]
    answers: tuple[Answers, ...]
    sla: Sla
    personas: tuple[Part, ...]
    sources: tuple[Part, ...]
    fits: tuple[Part, ...]
    reps: tuple[RepMonth, ...]
    missed: Missed
    changes: tuple[Change, ...]
    notes: tuple[Note, ...]

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready record under the names of these fields."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def wins_of(facts: Facts, ledger: Ledger, span: Span) -> list[Win]:
    """The wins of a month.

    Parameters
    ----------
    facts, ledger : Facts, Ledger
        What is known.
    span : Span
        The month.
    """
    rows = np.flatnonzero(span.holds(facts.won))
    amounts, named = facts.amount[rows].tolist(), facts.currency.codes[rows].tolist()
    return [
        Win(
            lead_id,
            won_at,
            None if amount != amount else amount,
            facts.currency.levels[code] if code >= 0 else None,
        )
        for lead_id, won_at, amount, code in zip(
            ledger.lead_id[rows].tolist(), facts.won[rows].tolist(), amounts, named, strict=True
        )
    ]


def report_of(month: Month, as_of: float, known: Known, agreed: Agreed) -> Report:
    """Make the report of a month.

    Parameters
    ----------
    month : Month
        The month; it has begun by then.
    as_of : float
        What was known then is told; seconds since 1970 UTC.
    known : Known
        What was known.
    agreed : Agreed
        What both sides have agreed.
    """
    now, before = Span.pair(month, as_of)
    facts, ledger = known.facts, known.ledger
    held = owners(ledger)
    stages = funnel(facts, now, before, agreed.currency, agreed.goals.needed)
    brought = _campaigns(known, agreed, now, before)
    bands = tuple(score_bands(one, agreed.cuts) for one in known.scores)
    told_back = answers(facts, ledger, known.handed, now, before)
    handed = known.handed if known.by_handoff else None
    kept = sla_of_month(ledger, facts, held, handed, agreed.promise, agreed.office, agreed.owed, now, before)
    wins = wins_of(facts, ledger, now)
    missed = missed_wins(wins, known.said, known.policy, month.zone)
    changes = allowed_for([*funnel_changes(stages, now, before), *_kept_changes(told_back, kept)])
    grouped = partial(parts, facts, now=now, before=before, horizon_days=agreed.horizon_days)
    open_hours = agreed.office.between(month.start, month.end) > 0
    return Report(
        month=month.name,
        zone=month.zone,
        as_of=told(as_of, ZoneInfo(month.zone)),
        currency=agreed.currency,
        now=Counted.of(now),
        before=Counted.of(before),
        talk=talk(changes, kept, missed),
        funnel=stages,
        daily=daily(
            facts,
            given_to_sales(facts, handed),
            now,
            agreed.goals,
            agreed.office if open_hours else None,
            agreed.currency,
        ),
        campaigns=brought,
        bands=bands,
        answers=told_back,
        sla=kept,
        personas=grouped(personas(_property(ledger, JOB_TITLE))),
        sources=grouped(_property(ledger, SOURCE).mapped(_spelled)),
        fits=() if known.fit is None else _in_order(grouped(known.fit)),
        reps=_reps(grouped(held.rep), ledger, now, kept),
        missed=missed,
        changes=tuple(changes),
        notes=notes(facts, now, before, stages, agreed.goals, brought, bands, missed),
    )


def _property(ledger: Ledger, name: str) -> Categories:
    found = ledger.properties.get(name)
    return Categories.of(pa.nulls(len(ledger), pa.string()) if found is None else found)


def _in_order(fits: Sequence[Part]) -> tuple[Part, ...]:
    """From A to D, and those that nobody scored when they were new last."""
    return tuple(sorted(fits, key=lambda part: (not part.name, part.name)))


def _spelled(text: str) -> str | None:
    """One spelling of what was typed in many widths and with many spaces."""
    return plain(text) or None


def _campaigns(known: Known, agreed: Agreed, now: Span, before: Span) -> Campaigns:
    until = np.minimum(known.facts.won, now.seen)
    credit = attribute(known.touched, until, _property(known.ledger, CAMPAIGN))
    return campaigns(known.facts, credit, known.costs, now, before, agreed.margin)


def _kept_changes(told_back: Sequence[Answers], kept: Sla) -> list[Change | None]:
    found = [
        rate_change("first_touch", kept.sales.first_touch, kept.sales_before.first_touch),
        rate_change("touches", kept.sales.touches, kept.sales_before.touches),
    ]
    if told_back:
        found.append(rate_change("acceptance", told_back[0].accepted, told_back[0].accepted_before))
    return found


def _reps(of_leads: Sequence[Part], ledger: Ledger, now: Span, kept: Sla) -> tuple[RepMonth, ...]:
    return reps(of_leads, ledger.touches, now, {one.rep: one for one in kept.reps})
