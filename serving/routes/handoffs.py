"""Handoffs: what was handed over, and what sales says of it; and a human's word beside the model's."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request

from scoring.contract import to_micros
from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.handoffs import read_handoffs
from scoring.io.store.overrides import read_overrides, what_became
from scoring.io.store.trail import read_trail
from serving.deciding import accept, override, reject, take_back
from serving.deps import Deps
from serving.gate import caller
from serving.problems import responses
from serving.queue_schemas import (
    HandoffsAnswer,
    HandoffShown,
    OverrideRequest,
    OverridesAnswer,
    OverrideShown,
    RejectRequest,
    TakeBackRequest,
    TrailAnswer,
    TrailEntry,
)
from serving.refusals import NoSuchLead
from serving.showing import show_handoff, show_override
from serving.writer import Writer, or_refused

MOST = 200
LARGEST = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST, examples=[1], description="The handoff's number.")]
Most = Annotated[int, Query(ge=1, le=MOST, description="At most so many.")]


def router(deps: Deps, store: Store, writer: Writer, settings: Sections) -> APIRouter:
    """The routes of handoffs, overrides and the trail.

    Parameters
    ----------
    deps : Deps
        What they work with.
    store : Store
        What is asked.
    writer : Writer
        What commits.
    settings : Sections
        The reasons of a rejection.
    """
    routes = APIRouter(prefix="/v1", tags=["Handoff"], responses=responses(400, 404, 409, 413, 422, 503))

    @routes.get("/handoffs", summary="List handoffs")
    def handoffs(
        state: Literal["pending", "accepted", "rejected"] | None = None,
        rep: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        before: Annotated[
            int | None, Query(ge=1, le=LARGEST, description="Only those with a smaller number.")
        ] = None,
        most: Most = 50,
    ) -> HandoffsAnswer:
        """List what was handed over, the newest first, and the reasons for which sales may reject it."""
        with reading(store.engine) as connection:
            found = read_handoffs(connection, state=state, rep=rep, before=before, most=most + 1)
        shown = [show_handoff(row) for row in found[:most]]
        return HandoffsAnswer(
            handoffs=shown,
            next=shown[-1].id if len(found) > most else None,
            reasons=list(settings.sla.reasons),
        )

    @routes.post("/handoffs/{number}/accept", summary="Accept a handoff")
    async def take(number: Number, request: Request) -> HandoffShown:
        """Say that sales takes the lead; it becomes a *sal*."""
        now = to_micros(deps.clock().timestamp())
        said = partial(accept, number=number, by=caller(request), now=now)
        return show_handoff(await writer.write(or_refused(said)))

    @routes.post("/handoffs/{number}/reject", summary="Reject a handoff")
    async def leave(number: Number, wanted: RejectRequest, request: Request) -> HandoffShown:
        """Say why sales does not take the lead; it may come back after a while, unless it is for good."""
        said = partial(
            reject, number=number, by=caller(request), now=to_micros(deps.clock().timestamp()),
            settings=settings, **wanted.model_dump(),
        )  # fmt: skip
        return show_handoff(await writer.write(or_refused(said)))

    @routes.get("/overrides", summary="List what people say beside the model")
    def overrides(
        past: Annotated[bool, Query(description="Whether to list those too that hold no more.")] = False,
    ) -> OverridesAnswer:
        """List what humans said of leads, what the model said then, and what became of them."""
        now = to_micros(deps.clock().timestamp())
        with reading(store.engine) as connection:
            found = [one for one in reversed(read_overrides(connection)) if past or one.holds(now)]
            became = what_became(connection, found)
        shown = [show_override(one, now, stage) for one, stage in zip(found, became, strict=True)]
        return OverridesAnswer(overrides=shown)

    @routes.post("/overrides", summary="Put a word beside the model's")
    async def say(wanted: OverrideRequest, request: Request) -> OverrideShown:
        """Keep what a human says of a lead, for a while and with a reason; the model's value stays beside it."""
        now = deps.clock()
        said = partial(
            override, author=caller(request), now=now, primary=deps.live.primary, **wanted.model_dump()
        )
        kept = await writer.write(or_refused(said))
        return show_override(kept, to_micros(now.timestamp()))

    @routes.post("/overrides/end", summary="Take a word back")
    async def unsay(wanted: TakeBackRequest, request: Request) -> OverridesAnswer:
        """Let the model's value count again, before the word expires."""
        now = deps.clock()
        said = partial(take_back, author=caller(request), now=now, **wanted.model_dump())
        if not await writer.write(or_refused(said)):
            raise NoSuchLead("No word on this lead holds that could be taken back.")
        return OverridesAnswer(overrides=[])

    @routes.get("/trail", summary="Show who changed what")
    def trail(most: Most = 50) -> TrailAnswer:
        """Show the newest changes of policies, models and overrides: who, when, what, before, after and why."""
        with reading(store.engine) as connection:
            found = read_trail(connection, most=most)
        names = TrailEntry.model_fields
        return TrailAnswer(
            trail=[TrailEntry(**{name: getattr(line, name) for name in names}) for line in found]
        )

    return routes
