"""*Model*: what is live, how good it is, what it is made of, what may follow it, and what was live before."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from scoring.io.store.engine import reading
from scoring.io.store.trail import MOST_LINES, read_trail
from serving.gate import caller
from serving.pages import points
from serving.pages.champion import champion_shown, tests_shown, unready
from serving.pages.desk import Desk
from serving.pages.model_frame import frame, serving, wanted
from serving.pages.review import APART, review_of
from serving.pages.site import back_to
from serving.pages.succession import asked, put_back, put_live, states, succession

PAGE: Final = 50


def router(desk: Desk) -> APIRouter:
    """The routes of the page, of the parts of a scorecard, and of what changes what is live.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    routes = APIRouter(include_in_schema=False)
    site, store = desk.site, desk.store

    # Not `async`: the store is asked, and other requests must not wait for it.
    @routes.get("/model")
    def model(request: Request, target: str = "", done: str = "") -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        live = desk.deps.live.now.models.get(stage)
        shown = unready(desk) if live is None else champion_shown(desk, reader, live)
        return site.page(
            request, "model.html", done=done, live=live,
            refused=desk.deps.live.now.refused.get(stage), **frame(desk, reader, stage),
            **succession(desk, stage), **shown,
        )  # fmt: skip

    @routes.get("/model/tests")
    def tests(request: Request, target: str = "") -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        live = serving(desk, stage)
        return site.page(
            request, "model_tests.html", live=live, **tests_shown(reader, live.card), **frame(desk, reader, stage)
        )  # fmt: skip

    @routes.get("/model/history")
    def history(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        lines, first = store.champions(stage), max(skip, 0)
        with reading(store.engine) as connection:
            trail = read_trail(connection, f"model:{stage}") if not first else []
        return site.page(
            request, "model_history.html", lines=lines[first : first + PAGE], count=len(lines), skip=first,
            more=first + PAGE if len(lines) > first + PAGE else None, trail=trail, most=MOST_LINES,
            by_number={line.id: line for line in lines},
            **frame(desk, reader, stage),
        )  # fmt: skip

    @routes.get("/model/versions")
    def versions(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        found, first = store.models(stage), max(skip, 0)
        return site.page(
            request, "model_versions.html", versions=found[first : first + PAGE], count=len(found), skip=first,
            more=first + PAGE if len(found) > first + PAGE else None, states=states(desk, stage),
            **frame(desk, reader, stage),
        )  # fmt: skip

    @routes.get("/model/review/{version}")
    def review(version: str, request: Request) -> Response:
        kept = next((info for info in store.models() if info.version == version), None)
        if kept is None:
            raise HTTPException(404)
        found = review_of(desk.home, version)
        if found is not None:
            return FileResponse(found, media_type="text/html", headers=APART)
        reader = site.reader(request)
        return site.page(request, "model_review.html", of=version, **frame(desk, reader, kept.target))

    @routes.post("/model/promote")
    async def promote(request: Request) -> Response:
        form = await site.form(request)
        change = asked(form, wanted(desk, str(form.get("target", ""))), caller(request))
        changed = await run_in_threadpool(put_live, desk, str(form.get("version", "")).strip(), change)
        return back_to("/model", target=changed.champion.target, done="promoted")

    @routes.post("/model/rollback")
    async def rollback(request: Request) -> Response:
        form = await site.form(request)
        change = asked(form, wanted(desk, str(form.get("target", ""))), caller(request))
        changed = await run_in_threadpool(put_back, desk, change)
        return back_to("/model", target=changed.champion.target, done="back")

    routes.include_router(points.router(desk))
    return routes
