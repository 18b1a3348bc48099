"""From a lead and the live model to the answer: no clock, no store, nothing that waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.clean import Unreadable
from scoring.errors import DataError
from scoring.leads import lead_features
from scoring.scorecard import Reason
from scoring.value import WON, expected_value, lead_amount
from serving.decision import NO_POLICY
from serving.live import LiveModel
from serving.problems import Fault, UnreadableLead, pointer
from serving.schemas import Lead, LeadAnswer, ReasonAnswer

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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


@dataclass(frozen=True, slots=True)
class Worth:
    """What a won deal brings where the lead does not say, and the share of it that is earned."""

    deal: float | None = None
    margin: float = 1.0


def score_lead(lead: Lead, live: LiveModel, now: datetime, worth: Worth) -> dict[str, Any]:
    """The fields of a scored lead's answer.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model to score it with.
    now : datetime
        The time of the call, in UTC.
    worth : Worth
        What a deal is worth.

    Raises
    ------
    DataError
        If the model cannot read every property of the lead; all that it cannot read are named.
    """
    as_of = _as_of(lead, live, now)
    features = lead_features(live.card, lead.properties, as_of.timestamp())
    score = live.card.score_one(features)
    warnings = live.names.warnings(lead.properties)
    return {
        "lead_id": lead.lead_id,
        "likelihood": round(score.likelihood, 6),
        "likelihood_low": round(score.likelihood_low, 6),
        "likelihood_high": round(score.likelihood_high, 6),
        "score": score.score,
        "grade": score.grade,
        "fit": score.fit,
        "engagement": score.engagement,
        "label": score.label,
        "decision": NO_POLICY,
        "expected_value": _worth(lead, live, score.likelihood, worth, warnings),
        "reasons": [_reason(reason) for reason in score.reasons],
        "as_of": as_of,
        "status": "scored",
        "warnings": warnings,
    }


def unscored(lead: Lead, live: LiveModel, now: datetime, why: DataError) -> LeadAnswer:
    """The answer for a lead that cannot be scored: why not, and nothing that looks like a score."""
    return LeadAnswer.model_construct(
        lead_id=lead.lead_id,
        **_EMPTY,
        decision=NO_POLICY,
        reasons=[],
        as_of=lead.as_of or now,
        status=f"not_scored: {why}",
        warnings=live.names.warnings(lead.properties),
    )


def unreadable(lead: Lead, live: LiveModel) -> UnreadableLead:
    """Every property of a lead that the model cannot read, each with its place and its rule."""
    faults = []
    for name, column in live.columns.items():
        try:
            column.clean(lead.properties.get(name))
        except Unreadable as rule:
            faults.append(Fault(pointer=pointer("properties", name), detail=str(rule)))
    return UnreadableLead(faults)


def _as_of(lead: Lead, live: LiveModel, now: datetime) -> datetime:
    """The time at which the lead is scored: its own, where the model was taught by it; else the call's."""
    if live.moment is not None:
        try:
            own = live.moment.clean(lead.properties.get(live.moment.name))
        except Unreadable:
            own = None  # reading the features names it, with whatever else cannot be read
        if isinstance(own, float):
            return _EPOCH + timedelta(seconds=own)
    return lead.as_of or now


def _worth(lead: Lead, live: LiveModel, likelihood: float, worth: Worth, warnings: list[str]) -> float | None:
    """The expected value, from the lead's own amount where it states one that can be read."""
    if live.name.target != WON:
        return None
    try:
        amount = lead_amount(lead.properties, live.columns)
    except Unreadable as rule:
        warnings.append(f"Property 'amount' {rule}; the deal of the settings is used instead.")
        amount = None
    value = expected_value(WON, likelihood, worth.deal if amount is None else amount, worth.margin)
    return None if value is None else round(value, 6)


def _reason(reason: Reason) -> ReasonAnswer:
    value, rate = reason.value, reason.rate
    return ReasonAnswer.model_construct(
        feature=reason.feature,
        value=round(value, 6) if isinstance(value, float) else value,
        direction=reason.direction,
        contribution=round(reason.contribution, 6),
        rate=None if rate is None else round(rate, 6),
        base_rate=round(reason.base_rate, 6),
        support=reason.support,
    )
