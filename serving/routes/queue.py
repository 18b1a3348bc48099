"""Who to call next and why; and what is overdue."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, get_args

from fastapi import APIRouter, Query

from scoring.contract import to_micros
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.queue import count_queue, exceptions_query, queue_query, read_rows
from scoring.reasons import Lang
from scoring.scorecard import Scorecard
from serving.deps import Deps
from serving.problems import responses
from serving.queue_schemas import CallTime, PromisesShown, QueueAnswer, SlaAnswer
from serving.queueing import call_times, promises
from serving.showing import Shower

MOST = 200
Rep = Annotated[str | None, Query(min_length=1, max_length=200, description="Only the leads of this rep.")]
Most = Annotated[int, Query(ge=1, le=MOST, description="At most so many.")]
Skip = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many: the next page.")]
Words = Annotated[Lang, Query(description="The language of the reasons.")]


def router(deps: Deps, store: Store, settings: Sections) -> APIRouter:
    """The routes of the queue.

    Parameters
    ----------
    deps : Deps
        What they work with.
    store : Store
        What is asked.
    settings : Sections
        What sales has promised.
    """
    routes = APIRouter(prefix="/v1", tags=["Handoff"], responses=responses(422, 503))
    default = settings.language.default

    def card(version: str) -> Scorecard | None:
        models = deps.live.now.models.values()
        return next((model.card for model in models if model.card.meta.version == version), None)

    showers: dict[Lang, Shower] = {lang: Shower(settings, card, lang) for lang in get_args(Lang)}

    @routes.get("/queue", summary="Show who to call next")
    def queue(rep: Rep = None, most: Most = 50, skip: Skip = 0, lang: Words = default) -> QueueAnswer:
        """Show the leads that wait, of one rep or of all, the first to call first, with why and until when."""
        now = to_micros(deps.clock().timestamp())
        with reading(store.engine) as connection:
            rows = read_rows(connection, queue_query(rep, most + 1, skip))
            total, slots = count_queue(connection, rep), call_times(connection)
        shower = showers[lang]
        return QueueAnswer(
            queue=[shower.entry(row, now) for row in rows[:most]],
            total=total,
            call_times=[CallTime(**asdict(slot)) for slot in slots],
            next=skip + most if len(rows) > most else None,
        )

    @routes.get("/sla", summary="Show what is overdue")
    def sla(rep: Rep = None, most: Most = 50, skip: Skip = 0, lang: Words = default) -> SlaAnswer:
        """Show the leads whose clock has run out and that still wait, the longest overdue first; and who kept what."""
        now = to_micros(deps.clock().timestamp())
        with reading(store.engine) as connection:
            rows = read_rows(connection, exceptions_query(now, rep, most + 1, skip))
            kept = promises(connection)
        shower = showers[lang]
        return SlaAnswer(
            exceptions=[shower.entry(row, now) for row in rows[:most]],
            next=skip + most if len(rows) > most else None,
            promises=None if kept is None else PromisesShown.model_validate(kept),
        )

    return routes
