"""Scores: of one lead, and of many."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.responses import Response

from scoring.errors import DataError
from serving.answers import answer_lead, no_lead, unreadable, unscored
from serving.deps import Deps
from serving.live import LiveChampion
from serving.logged import Scored, log_scored
from serving.problems import UnreadableLead, responses
from serving.schemas import (
    BatchAnswer,
    BatchRequest,
    Lead,
    LeadAnswer,
    NoLead,
    ScoreAnswer,
    ScoreRequest,
)


def router(deps: Deps) -> APIRouter:
    """The routes that score.

    Parameters
    ----------
    deps : Deps
        What they work with.
    """
    routes = APIRouter(prefix="/v1/score", tags=["Scores"], responses=responses(400, 404, 413, 422, 503))

    @routes.post("", summary="Score a lead", response_model=ScoreAnswer)
    async def score(lead: ScoreRequest) -> Response:
        """Say how likely a lead is to reach the target, and why.

        A property that the model cannot read refuses the whole request: every such property is named.
        """
        live, now = deps.live.now.model(lead.target, deps.live.primary), deps.clock()
        known = None if deps.known is None else await deps.known.get(lead.lead_id)
        try:
            answered = answer_lead(lead, live, now, known)
        except DataError as error:
            deps.metrics.not_scored(live.name)
            raise UnreadableLead(unreadable(lead, live, now, known)) from error
        fields = answered.fields
        deps.metrics.scored(live.name, fields["grade"], fields["likelihood"])
        if deps.writer is not None:
            await deps.writer.room()
            log_scored(deps.writer, live, now, [(answered, lead, known)])
        return _sent(fields | {"model": live.name, "scored_at": now})

    # Not `async`: so many leads take a while, and other requests must not wait for them.
    @routes.post("/batch", summary="Score many leads", response_model=BatchAnswer)
    def score_batch(batch: BatchRequest) -> Response:
        """Say the same of many leads, in their order.

        One that cannot be read is `not_scored`, with the reason; the others are scored all the same.
        """
        live, now = deps.live.now.model(batch.target, deps.live.primary), deps.clock()
        results, scored = [], []
        for lead in batch.leads:
            result, given = _one_of_many(lead, live, now, deps)
            results.append(result)
            if given is not None:
                scored.append(given)
        if deps.writer is not None:
            log_scored(deps.writer, live, now, scored)
        return _sent({"results": results, "model": live.name, "scored_at": now})

    return routes


def _sent(answer: dict[str, Any]) -> Response:
    """The answer as it is: checking our own fields would take longer than making them, so tests do that."""
    return Response(to_json(answer), media_type="application/json")


def _one_of_many(
    lead: Lead | NoLead, live: LiveChampion, now: datetime, deps: Deps
) -> tuple[LeadAnswer | dict[str, Any], Scored | None]:
    if isinstance(lead, NoLead):
        deps.metrics.not_scored(live.name)
        return no_lead(lead, now), None
    known = None if deps.known is None else deps.known.now(lead.lead_id)
    try:
        answered = answer_lead(lead, live, now, known)
    except DataError:
        deps.metrics.not_scored(live.name)
        return unscored(lead, live, now, known), None
    fields = answered.fields
    deps.metrics.scored(live.name, fields["grade"], fields["likelihood"])
    return fields, (answered, lead, known)
