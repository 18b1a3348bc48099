"""What is told of leads: their properties, and what happened to them; answered once it is committed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from pydantic_core import to_json
from sqlalchemy import Connection
from starlette.responses import Response

from scoring.contract import ACTIVITIES, OUTCOMES, TOUCHES, Contract
from scoring.io.sections import Sections
from scoring.io.store.facts import Added, Put, Told, add_events, put_lead
from serving.deps import Deps
from serving.facts import HEADER, Reader, Sender, micros, refusal
from serving.lead_schemas import (
    ActivityBody,
    Batch,
    EventsAnswer,
    EventSent,
    LeadPut,
    LeadPutAnswer,
    OutcomeBody,
    TouchBody,
)
from serving.problems import Fault, pointer, responses
from serving.queueing import keep_queue
from serving.refusals import ConflictingFacts, UnfitFacts
from serving.schemas import LeadId
from serving.writer import Refused, Writer

LONGEST_KEY = 200
# Read by the route itself: as a parameter of the framework it would cost as much as the rest of the request.
_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The `event_id` of a single event: sent again, it changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}


def router(deps: Deps, writer: Writer, reader: Reader, settings: Sections) -> APIRouter:
    """The routes that keep facts.

    Parameters
    ----------
    deps : Deps
        What they work with.
    writer : Writer
        What commits.
    reader : Reader
        How what is told is read.
    settings : Sections
        What sales has promised the leads in the queue.
    """
    routes = APIRouter(prefix="/v1", tags=["Facts"], responses=responses(400, 409, 413, 422, 503))
    told = partial(_told, deps, writer, reader, settings)

    @routes.post("/outcomes", summary="Tell what came of leads", **_EVENTS)
    async def outcomes(body: OutcomeBody, request: Request) -> Response:
        """Keep an outcome, or a list of them; told twice, nothing changes.

        Outcomes are only ever added: a deal that is opened again or was recorded wrongly is a later outcome.
        """
        return await told(OUTCOMES, body, request)

    @routes.post("/activities", summary="Tell what leads did", **_EVENTS)
    async def activities(body: ActivityBody, request: Request) -> Response:
        """Keep an activity, or a list of them; told twice, nothing changes."""
        return await told(ACTIVITIES, body, request)

    @routes.post("/touches", summary="Tell what sales did", **_EVENTS)
    async def touches(body: TouchBody, request: Request) -> Response:
        """Keep a touch, or a list of them; told twice, nothing changes."""
        return await told(TOUCHES, body, request)

    @routes.put(
        "/leads/{lead_id:path}",
        summary="Keep a lead",
        response_model=LeadPutAnswer,
        # 404 for an id with a line break, which no path can hold.
        responses={**responses(404), 201: {"model": LeadPutAnswer, "description": "The lead is new."}},
    )
    async def put(lead_id: LeadId, lead: LeadPut) -> Response:
        """Keep a new lead, or what has changed of a known one.

        Each value that differs from the one before is kept as a change from now on, so the history grows by
        itself. Sent twice, nothing changes.
        """
        known, now = reader.lead_id(lead_id), micros(deps.clock())
        properties, created_at = reader.properties(lead.properties), reader.created_at(lead.created_at, now)
        done = await writer.write(
            partial(_put, lead_id=known, created_at=created_at, properties=properties, now=now)
        )
        answer = {"lead_id": known, "created": done.created, "changed": done.changed}
        return _sent(answer, 201 if done.created else 200)

    return routes


_EVENTS: dict[str, Any] = {
    "response_model": EventsAnswer,
    "responses": responses(404),
    "openapi_extra": {"parameters": [_KEY]},
}


def _put(connection: Connection, **of_lead: Any) -> Put | Refused:
    done = put_lead(connection, **of_lead)
    if not done.other_time:
        return done
    rule = "is not the time kept; a lead is created once, so leave it out"
    return Refused(ConflictingFacts([Fault(pointer=pointer("created_at"), detail=rule)]))


async def _told(
    deps: Deps,
    writer: Writer,
    reader: Reader,
    settings: Sections,
    contract: Contract,
    body: EventSent | Batch[Any],
    request: Request,
) -> Response:
    """Keep the events of a call: the answer says that they are committed."""
    many = isinstance(body, Batch)
    events: Sequence[EventSent] = body.events if isinstance(body, Batch) else [body]
    key = request.headers.get("idempotency-key")
    if key is not None:
        events = [_named(events, many, key)]
    sender = Sender(many, key is not None)
    now = deps.clock()
    told = reader.told(contract, events, micros(now), sender)
    keep = partial(_add, contract=contract, told=told, sender=sender, settings=settings, now=now)
    added = await writer.write(keep)
    return _sent({"accepted": added.accepted, "unchanged": added.unchanged})


def _add(
    connection: Connection,
    contract: Contract,
    told: list[Told],
    sender: Sender,
    settings: Sections,
    now: datetime,
) -> Added | Refused:
    added = add_events(connection, contract, told)
    if added.refused:
        return Refused(refusal(added.refused, sender))
    if added.accepted:
        keep_queue(connection, contract, told, settings, now.timestamp())
    return added


def _named(events: Sequence[EventSent], many: bool, key: str) -> EventSent:
    """The only event, with the id that stands in the header."""
    if many:
        raise UnfitFacts(
            [Fault(pointer=HEADER, detail="is for a single event; give each of a list its `event_id`")]
        )
    name = key.strip().strip('"')
    if not 0 < len(name) <= LONGEST_KEY:
        raise UnfitFacts([Fault(pointer=HEADER, detail=f"must hold 1 to {LONGEST_KEY} characters")])
    if events[0].event_id not in (None, name):
        raise UnfitFacts([Fault(pointer=HEADER, detail="differs from `event_id`; leave one of them out")])
    return events[0].model_copy(update={"event_id": name})


def _sent(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(to_json(answer), status, media_type="application/json")
