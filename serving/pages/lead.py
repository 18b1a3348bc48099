"""*Lead*: all that is known of one lead, what it would be otherwise, and a human's word beside the model's."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import RedirectResponse, Response

from scoring.io.store.engine import reading
from scoring.io.store.faces import faces
from scoring.io.store.lead_page import forget
from scoring.io.store.search import find_by_id, find_leads, find_near, newest_leads
from serving.deciding import NOT_KEPT, override, take_back
from serving.gate import caller
from serving.pages.desk import Desk
from serving.pages.dossier import Wanted, read_dossier
from serving.pages.portrait import portrait
from serving.pages.site import back_to, lead_address
from serving.pages.standing import targets
from serving.problems import faults
from serving.queue_schemas import OverrideRequest, TakeBackRequest
from serving.refusals import NoSuchLead, UnfitDecision, UnfitFacts
from serving.writer import or_refused

FOUND: Final = 50
FEW: Final = 8
LARGEST: Final = 2**31 - 1
Body = TypeVar("Body", bound=BaseModel)


def router(desk: Desk) -> APIRouter:
    """The routes of a lead's page, of the search, and of what people do to a lead.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    routes = APIRouter(include_in_schema=False)
    site, store = desk.site, desk.store

    # Not `async`: the store is asked, and other requests must not wait for it.
    @routes.get("/leads")
    def find(request: Request, lead: str = "", skip: int = 0, done: str = "") -> Response:
        lead_id, skip = _id(desk, lead), min(max(skip, 0), LARGEST)
        with reading(store.engine) as connection:
            exact = find_by_id(connection, lead_id)
            if exact and not lead_address(lead_id).startswith("/leads/"):
                return _page(desk, request, lead_id)
            found = [lead_id] if exact else find_leads(connection, lead, FOUND + 1, skip)
            if len(found) == 1 and not skip:
                return RedirectResponse(lead_address(found[0]), 303)
            newest = [] if lead else newest_leads(connection, FEW)
            near = find_near(connection, lead_id, FEW) if lead and not found and not skip else []
            known = faces(connection, [*found, *newest, *near])
        return site.page(
            request, "leads_found.html", status=404 if lead and not found and not skip else 200, asked=lead, done=done,
            found=found[:FOUND], faces=known, newest=newest, near=near, skip=skip,
            more=skip + FOUND if len(found) > FOUND else None,
        )  # fmt: skip

    @routes.get("/leads/{lead_id:path}")
    def show(request: Request, lead_id: str) -> Response:
        return _page(desk, request, _id(desk, lead_id))

    @routes.post("/leads")
    async def say(request: Request) -> Response:
        form = await site.form(request)
        told = {name: str(value).strip() for name, value in form.items() if isinstance(value, str)}
        told["lead"] = _id(desk, told.get("lead", ""))
        now, author = desk.deps.clock(), caller(request)
        if told.get("do") == "take back":
            over = _checked(TakeBackRequest, told, {})
            end = partial(take_back, author=author, now=now, **over.model_dump())
            done = "taken-back" if await desk.writer.write(or_refused(end)) else "over"
            return back_to(lead_address(over.lead_id), done=done)
        days = told.get("days", "")
        word = _checked(OverrideRequest, told, {"days": int(days) if days.isdecimal() else days})
        keep = partial(override, author=author, now=now, primary=desk.deps.live.primary, **word.model_dump())
        await desk.writer.write(or_refused(keep))
        return back_to(lead_address(word.lead_id), done="overridden")

    @routes.get("/forget")
    def ask(request: Request, lead: str = "") -> Response:
        lead_id = _id(desk, lead)
        with reading(store.engine) as connection:
            if not find_by_id(connection, lead_id):
                raise NoSuchLead(NOT_KEPT)
            face = faces(connection, [lead_id]).get(lead_id, {})
        return site.page(request, "lead_forget.html", lead_id=lead_id, face=face, back=lead_address(lead_id))

    @routes.post("/forget")
    async def erase(request: Request) -> Response:
        form = await site.form(request)
        gone = await desk.writer.write(partial(forget, lead_id=_id(desk, str(form.get("lead", "")))))
        if not gone.anything:
            raise NoSuchLead(NOT_KEPT)
        return back_to("/leads", done="forgotten")

    return routes


def _id(desk: Desk, text: str) -> str:
    """An id as it is kept; what says nothing is that of no lead."""
    try:
        return desk.facts.lead_id(text)
    except UnfitFacts:
        return ""


def _page(desk: Desk, request: Request, lead_id: str) -> Response:
    """A lead's page; or that there is no such lead, and which there are whose ids are near."""
    site, now = desk.site, desk.deps.clock()
    live = desk.deps.live
    wanted = Wanted.of(request.query_params, targets(live.now, live.primary))
    with reading(desk.store.engine) as connection:
        dossier = read_dossier(connection, lead_id, now, wanted)
        if dossier is None:
            near = find_near(connection, lead_id, FEW)
            return site.page(
                request, "leads_found.html", status=404, asked=lead_id, done="", found=[], newest=[],
                near=near, faces=faces(connection, near), skip=0, more=None,
            )  # fmt: skip
    told = portrait(desk, dossier, wanted, site.reader(request), now)
    return site.page(
        request, "lead.html", address=lead_address(lead_id), done=request.query_params.get("done", ""),
        settings=desk.settings, **told,
    )  # fmt: skip


def _checked(body: type[Body], told: Mapping[str, str], other: Mapping[str, Any]) -> Body:
    """What a form says, by the rules of the call that does the same.

    Raises
    ------
    UnfitDecision
        If it breaks one.
    """
    sent = {
        "lead_id": told.get("lead", ""),
        **{name: told[name] for name in body.model_fields if name in told},
    }
    try:
        return body.model_validate({**sent, **other})
    except ValidationError as error:
        raise UnfitDecision(
            faults([{**one, "loc": ("body", *one["loc"])} for one in error.errors()])
        ) from error
