"""From a lead and the live model to the answer: no clock, no store, nothing that waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from scoring.clean import Unreadable
from scoring.leads import lead_features
from scoring.ledger import OneLead
from scoring.scorecard import Reason, Score
from scoring.value import AMOUNT
from serving.decision import NO_POLICY
from serving.live import LiveModel
from serving.problems import Fault, faults, pointer
from serving.schemas import EVENTS, Decision, Lead, LeadAnswer, NoLead
from serving.worth import AMOUNT_RULE

DECIMALS = 6
MOST_REASONS = 5
MOST_TOLD = 5
# Said before the rule, of a value that the call did not bring.
IN_STORE = "is in the store, and "
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


class Answered(NamedTuple):
    """The answer for a scored lead, and what the score log keeps beside it.

    Parameters
    ----------
    fields : dict
        The fields of the answer.
    features : dict
        What the model read.
    score : Score
        What it said.
    """

    fields: dict[str, Any]
    features: dict[str, float | str | None]
    score: Score


def score_lead(lead: Lead, live: LiveModel, now: datetime, known: OneLead | None = None) -> dict[str, Any]:
    """The fields of a scored lead's answer; see :func:`answer_lead`."""
    return answer_lead(lead, live, now, known).fields


def answer_lead(lead: Lead, live: LiveModel, now: datetime, known: OneLead | None = None) -> Answered:
    """A scored lead's answer.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model to score it with.
    now : datetime
        The time of the call, in UTC.
    known : OneLead, optional
        What the store knows of it; what the call says of a property goes before.

    Raises
    ------
    DataError
        If the model cannot read every property of the lead; all that it cannot read are named.
    """
    as_of = _as_of(lead, live, now)
    moment = as_of.timestamp()
    whole = whole_lead(lead, moment, known) if live.reads_events else None
    properties = lead.properties if known is None else {**known.properties_at(moment), **lead.properties}
    features = lead_features(live.card, properties, moment, whole)
    score = live.card.score_one(features, MOST_REASONS)
    warnings = live.names.warnings(lead.properties) if known is None or lead.properties else []
    fields = {
        "lead_id": lead.lead_id,
        "likelihood": _rounded(score.likelihood),
        "likelihood_low": _rounded(score.likelihood_low),
        "likelihood_high": _rounded(score.likelihood_high),
        "score": score.score,
        "grade": score.grade,
        "fit": score.fit,
        "engagement": score.engagement,
        "label": score.label,
        "decision": _decision(lead.lead_id, properties, whole, live, score, moment, now),
        "expected_value": _worth(properties, whole, live, score, moment, warnings),
        "reasons": [_reason(reason) for reason in score.reasons],
        "as_of": as_of,
        "status": "scored",
        "warnings": warnings,
    }
    return Answered(fields, features, score)


def whole_lead(lead: Lead, moment: float, known: OneLead | None) -> OneLead | None:
    """What happened to a lead: what the store knows, and what the call tells beside it.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    moment : float
        The time as which it is scored; a lead that nobody knows was created then, unless it says when.
    known : OneLead, optional
        What the store knows.
    """
    told = {name: rows for name in EVENTS if (rows := getattr(lead, name))}
    if known is not None and not told:
        return known
    base = known or OneLead(lead.lead_id, _created(lead, moment))
    if not told:
        return base
    events: dict[str, Any] = {
        name: tuple(
            sorted((*getattr(base, name), *(row.as_event() for row in rows)), key=lambda event: event[:2])
        )
        for name, rows in told.items()
    }
    return replace(base, **events)


def _created(lead: Lead, moment: float) -> float:
    """When a lead was created that says so itself; one that does not is new."""
    sent = lead.properties.get("created_at")
    try:
        created = datetime.fromisoformat(sent) if isinstance(sent, str) else None
    except ValueError:
        return moment
    return moment if created is None or created.tzinfo is None else created.timestamp()


def unscored(lead: Lead, live: LiveModel, now: datetime, known: OneLead | None = None) -> LeadAnswer:
    """The answer for a lead that the model cannot read: why not, and nothing that looks like a score.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model that cannot read it.
    now : datetime
        The time of the call, in UTC.
    known : OneLead, optional
        What the store knows of it.
    """
    warnings = live.names.warnings(lead.properties)
    found = unreadable(lead, live, now, known)
    return _without_score(lead.lead_id, found, _as_of(lead, live, now), warnings)


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


def unreadable(lead: Lead, live: LiveModel, now: datetime, known: OneLead | None = None) -> list[Fault]:
    """Every property of a lead that the model cannot read, each with its place and its rule.

    Parameters
    ----------
    lead : Lead
        The lead as it was sent.
    live : LiveModel
        The model that cannot read it.
    now : datetime
        The time of the call, in UTC.
    known : OneLead, optional
        What the store knows of it.
    """
    stored = {} if known is None else known.properties_at(_as_of(lead, live, now).timestamp())
    found = {}
    for column in live.columns:
        name = column.name
        try:
            column.clean(lead.properties[name] if name in lead.properties else stored.get(name))
        except Unreadable as rule:
            said = str(rule) if name in lead.properties else f"{IN_STORE}{rule}"
            found[name] = Fault(pointer=pointer("properties", name), detail=said)
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


def _decision(
    lead_id: str,
    properties: Mapping[str, Any],
    whole: OneLead | None,
    live: LiveModel,
    score: Score,
    moment: float,
    now: datetime,
) -> Decision:
    """What the policy in force says of the lead, by the model of the policy's own target."""
    handoff = live.handoff
    if handoff is None:
        return NO_POLICY
    if handoff.card is not live.card:
        score = handoff.card.score_one(lead_features(handoff.card, properties, moment, whole), 0)
    return handoff.of_lead(lead_id, score.likelihood, now.timestamp())


def _worth(
    properties: Mapping[str, Any],
    whole: OneLead | None,
    live: LiveModel,
    score: Score,
    moment: float,
    warnings: list[str],
) -> float | None:
    """The expected value, from the lead's own amount where it states one that can be read."""
    worth = live.worth
    if worth is None:
        return None
    if worth.card is not live.card:
        score = worth.card.score_one(lead_features(worth.card, properties, moment, whole), 0)
    assert score.likelihood is not None  # only a model that has likelihoods tells what leads are worth
    value, readable = worth.of_lead(properties, score.likelihood)
    if not readable:
        warnings.append(f"Property '{AMOUNT}' {AMOUNT_RULE}")
    return value


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DECIMALS)


def _reason(reason: Reason) -> dict[str, Any]:
    value, rate = reason.value, reason.rate
    return {
        "feature": reason.feature,
        "value": round(value, DECIMALS) if isinstance(value, float) else value,
        "direction": reason.direction,
        "contribution": round(reason.contribution, DECIMALS),
        "rate": None if rate is None else _share(rate),
        "base_rate": None if reason.base_rate is None else _share(reason.base_rate),
        "support": reason.support,
    }


@lru_cache(maxsize=4096)
def _share(rate: float) -> float:
    """A rate as answers carry it; remembered, because a model has only so many."""
    return round(rate, DECIMALS)
