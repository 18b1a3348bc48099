"""Scores: of one lead, and of many."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from scoring.errors import DataError
from serving.answers import score_lead, unreadable, unscored
from serving.deps import Deps
from serving.live import LiveModel
from serving.problems import responses
from serving.schemas import BatchAnswer, BatchRequest, Lead, LeadAnswer, ScoreAnswer, ScoreRequest


def router(deps: Deps) -> APIRouter:
    """The routes that score.

    Parameters
    ----------
    deps : Deps
        What they work with.
    """
    routes = APIRouter(prefix="/v1/score", tags=["Scores"], responses=responses(400, 404, 413, 422, 503))

    @routes.post("", summary="Score a lead")
    async def score(lead: ScoreRequest) -> ScoreAnswer:
        """Say how likely a lead is to reach the target, and why.

        A property that the model cannot read refuses the whole request: every such property is named.
        """
        live, now = deps.live.now.model(lead.target, deps.live.primary), deps.clock()
        try:
            fields = score_lead(lead, live, now, deps.worth)
        except DataError as error:
            deps.metrics.not_scored(live.name)
            raise unreadable(lead, live) from error
        deps.metrics.scored(live.name, fields["grade"], fields["likelihood"])
        return ScoreAnswer.model_construct(**fields, model=live.name, scored_at=now)

    # Not `async`: so many leads take a while, and other requests must not wait for them.
    @routes.post("/batch", summary="Score many leads", response_model=BatchAnswer)
    def score_batch(batch: BatchRequest) -> Response:
        """Say the same of many leads, in their order.

        A lead with a property that cannot be read is `not_scored`, with the reason; the others are scored.
        """
        live, now = deps.live.now.model(batch.target, deps.live.primary), deps.clock()
        answer = BatchAnswer.model_construct(
            results=[_one_of_many(lead, live, now, deps) for lead in batch.leads],
            model=live.name,
            scored_at=now,
        )
        return Response(answer.model_dump_json(), media_type="application/json")

    return routes


def _one_of_many(lead: Lead, live: LiveModel, now: datetime, deps: Deps) -> LeadAnswer:
    try:
        fields = score_lead(lead, live, now, deps.worth)
    except DataError as why:
        deps.metrics.not_scored(live.name)
        return unscored(lead, live, now, why)
    deps.metrics.scored(live.name, fields["grade"], fields["likelihood"])
    return LeadAnswer.model_construct(**fields)
