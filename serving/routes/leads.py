"""A lead with its history; and forgetting it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query

from scoring.io.store import Store
from scoring.io.store.lead_page import LeadPage, forget
from scoring.io.store.scores import ScoreRow
from scoring.trend import trend
from serving.deps import Deps
from serving.facts import Reader
from serving.lead_schemas import Counts, ForgottenAnswer, LeadShown, ReasonShown, ScoreShown
from serving.problems import responses
from serving.refusals import NoSuchLead
from serving.schemas import LeadId
from serving.writer import Writer

NOT_KEPT = "Nothing is kept of the lead asked for. Send it first: PUT /v1/leads/{lead_id}."
Shadows = Annotated[
    bool, Query(description="Whether to list those scores too that a challenger gave beside the champion.")
]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def router(deps: Deps, store: Store, writer: Writer, reader: Reader) -> APIRouter:
    """The routes that show a lead and forget it.

    Parameters
    ----------
    deps : Deps
        What they work with.
    store : Store
        What is asked.
    writer : Writer
        What forgets.
    reader : Reader
        How an id is read.
    """
    routes = APIRouter(prefix="/v1/leads", tags=["Facts"], responses=responses(404, 422, 503))

    # Not `async`: the store is asked, and other requests must not wait for it.
    @routes.get("/{lead_id:path}", summary="Show a lead")
    def show(lead_id: LeadId, challengers: Shadows = False) -> LeadShown:
        """Say what a lead is now, what happened to it, what it was scored, and whether it gets warmer."""
        now = deps.clock().timestamp()
        found = store.lead_page(reader.lead_id(lead_id), now, challengers=challengers)
        if found is None:
            raise NoSuchLead(NOT_KEPT)
        return _shown(found, now)

    @routes.delete("/{lead_id:path}", summary="Forget a lead")
    async def erase(lead_id: LeadId) -> ForgottenAnswer:
        """Erase a lead with all that happened to it and all that it was scored, at once and for good.

        What a model has learned from it stays: a scorecard holds counts of many leads and nothing of one.
        """
        gone = await writer.write(partial(forget, lead_id=reader.lead_id(lead_id)))
        if not gone.anything:
            raise NoSuchLead(NOT_KEPT)
        return ForgottenAnswer(events=gone.events, scores=gone.scores, predictions=gone.predictions)

    return routes


def _shown(page: LeadPage, now: float) -> LeadShown:
    return LeadShown(
        lead_id=page.lead_id,
        created_at=_moment(page.created_at),
        properties=dict(page.properties),
        trend={target: trend(scores, now) for target, scores in page.recent.items()},
        counts=Counts(**page.counts),
        scores=[_score(row) for row in page.scores],
        **{name: [_event(row) for row in rows] for name, rows in page.events.items()},
    )


def _event(row: Mapping[str, Any]) -> Any:
    times = {name: _moment(row[name]) for name in ("occurred_at", "recorded_at")}
    return {**row, **times}


def _score(row: ScoreRow) -> ScoreShown:
    names = ("target", "version", "role", "source", "likelihood", "score", "grade", "label", "status")
    return ScoreShown(
        **{name: getattr(row, name) for name in names},
        as_of=_moment(row.as_of),
        scored_at=_moment(row.scored_at),
        reasons=[ReasonShown.model_validate(reason) for reason in row.reasons],
    )


def _moment(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=seconds)
