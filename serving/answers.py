"""From a lead and the live model to the answer: no clock, no store, nothing that waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from scoring.clean import Unreadable
from scoring.leads import lead_features
from scoring.scorecard import Reason, Score, Scorecard
from scoring.value import AMOUNT
from serving.decision import NO_POLICY
from serving.live import LiveModel
from serving.problems import Fault, faults, pointer
from serving.schemas import Lead, LeadAnswer, NoLead
from serving.worth import AMOUNT_RULE

DECIMALS = 6
MOST_REASONS = 5
MOST_TOLD = 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# With its offset a time in the first or last year may lie outside those that can be written down.
_FIRST = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds()
_LAST = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - _EPOCH).total_seconds()
_EMPTY: dict[str, Any] = dict.fromkeys(
    (
        "likelihood",
        "likelihood_low",
        "likelihood_high",
        "score",
        "grade",
        "fit",
        "engagement",
        "label",
        "expected_value",
    )
)


def score_lead(lead: Lead, live: LiveModel, now: datetime) -> dict[str, Any]:
    """The fields of a scored lead's answer.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model to score it with.
    now : datetime
        The time of the call, in UTC.

    Raises
    ------
    DataError
        If the model cannot read every property of the lead; all that it cannot read are named.
    """
    as_of = _as_of(lead, live, now)
    score = _scored(lead, live.card, as_of, MOST_REASONS)
    warnings = live.names.warnings(lead.properties)
    return {
        "lead_id": lead.lead_id,
        "likelihood": round(score.likelihood, DECIMALS),
        "likelihood_low": round(score.likelihood_low, DECIMALS),
        "likelihood_high": round(score.likelihood_high, DECIMALS),
        "score": score.score,
        "grade": score.grade,
        "fit": score.fit,
        "engagement": score.engagement,
        "label": score.label,
        "decision": NO_POLICY,
        "expected_value": _worth(lead, live, score, as_of, warnings),
        "reasons": [_reason(reason) for reason in score.reasons],
        "as_of": as_of,
        "status": "scored",
        "warnings": warnings,
    }


def unscored(lead: Lead, live: LiveModel, now: datetime) -> LeadAnswer:
    """The answer for a lead that the model cannot read: why not, and nothing that looks like a score.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model that cannot read it.
    now : datetime
        The time of the call, in UTC.
    """
    warnings = live.names.warnings(lead.properties)
    return _without_score(lead.lead_id, unreadable(lead, live), _as_of(lead, live, now), warnings)


def no_lead(sent: NoLead, now: datetime) -> LeadAnswer:
    """The answer for what is no lead at all.

    Parameters
    ----------
    sent : NoLead
        What was sent.
    now : datetime
        The time of the call, in UTC.
    """
    found = faults([{**error, "loc": ("body", *error["loc"])} for error in sent.errors])
    return _without_score(sent.lead_id, found, now, [])


def _without_score(
    lead_id: str | None, found: list[Fault], as_of: datetime, warnings: list[str]
) -> LeadAnswer:
    told = [f"{fault.pointer.lstrip('#/') or 'the lead'} {fault.detail}" for fault in found[:MOST_TOLD]]
    more = [f"{len(found) - MOST_TOLD:,} more faults"] if len(found) > MOST_TOLD else []
    return LeadAnswer(
        lead_id=lead_id,
        **_EMPTY,
        decision=NO_POLICY,
        reasons=[],
        as_of=as_of,
        status=f"not_scored: {'; '.join(told + more)}",
        warnings=warnings,
    )


def unreadable(lead: Lead, live: LiveModel) -> list[Fault]:
    """Every property of a lead that the model cannot read, each with its place and its rule.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model that cannot read it.
    """
    found = {}
    for column in live.columns:
        try:
            column.clean(lead.properties.get(column.name))
        except Unreadable as rule:
            found[column.name] = Fault(pointer=pointer("properties", column.name), detail=str(rule))
    return list(found.values())


def _as_of(lead: Lead, live: LiveModel, now: datetime) -> datetime:
    """The time at which the lead is scored: its own, where the model was taught by it; else the call's."""
    if live.moment is not None:
        try:
            own = live.moment.clean(lead.properties.get(live.moment.name))
        except Unreadable:
            own = None  # reading the features names it, with whatever else cannot be read
        if isinstance(own, float):
            return _EPOCH + timedelta(seconds=min(max(own, _FIRST), _LAST))
    return lead.as_of or now


def _scored(lead: Lead, card: Scorecard, as_of: datetime, reasons: int) -> Score:
    return card.score_one(lead_features(card, lead.properties, as_of.timestamp()), reasons)


def _worth(lead: Lead, live: LiveModel, score: Score, as_of: datetime, warnings: list[str]) -> float | None:
    """The expected value, from the lead's own amount where it states one that can be read."""
    worth = live.worth
    if worth is None:
        return None
    if worth.card is not live.card:
        score = _scored(lead, worth.card, as_of, reasons=0)
    value, readable = worth.of_lead(lead.properties, score.likelihood)
    if not readable:
        warnings.append(f"Property '{AMOUNT}' {AMOUNT_RULE}")
    return value


def _reason(reason: Reason) -> dict[str, Any]:
    value, rate = reason.value, reason.rate
    return {
        "feature": reason.feature,
        "value": round(value, DECIMALS) if isinstance(value, float) else value,
        "direction": reason.direction,
        "contribution": round(reason.contribution, DECIMALS),
        "rate": None if rate is None else _share(rate),
        "base_rate": _share(reason.base_rate),
        "support": reason.support,
    }


@lru_cache(maxsize=4096)
def _share(rate: float) -> float:
    """A rate as answers carry it; remembered, because a model has only so many."""
    return round(rate, DECIMALS)
