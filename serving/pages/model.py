"""*Model*: what is live, how good it is, what it is made of, what may follow it, and what was live before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

from scoring.charts.words import WORDS
from scoring.io.store.engine import reading
from scoring.io.store.trail import MOST_LINES, read_trail
from scoring.reasons import WORDS as REASONS
from scoring.reasons import percent
from scoring.report_words import STAGES
from serving.gate import caller
from serving.live import LiveChampion
from serving.pages.champion import champion_shown, shape_of, unready
from serving.pages.desk import Desk
from serving.pages.points_table import (
    POINTS_TO_DOUBLE,
    Part,
    in_points,
    matrix_of,
    of_nothing,
    part_of,
    parts_of,
)
from serving.pages.review import APART, review_of
from serving.pages.sentences import retold
from serving.pages.site import Reader, back_to
from serving.pages.succession import asked, put_back, put_live, states, succession

PAGE: Final = 50
BINS_OF_PAGE: Final = 400


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
        reader, wanted = site.reader(request), _wanted(desk, target)
        live = desk.deps.live.now.models.get(wanted)
        shown = unready(desk, wanted) if live is None else champion_shown(desk, reader, live)
        return site.page(
            request, "model.html", done=done, live=live,
            refused=desk.deps.live.now.refused.get(wanted), **_frame(desk, reader, wanted),
            **succession(desk, wanted), **shown,
        )  # fmt: skip

    @routes.get("/model/points")
    def points(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, wanted = site.reader(request), _wanted(desk, target)
        live = _serving(desk, wanted)
        parts = parts_of(live.card, reader.lang)
        first = min(max(skip, 0), len(parts))
        last = _end_of_page(parts, first)
        return site.page(
            request, "model_points.html", live=live, parts=parts[first:last], first=first, count=len(parts),
            more=last if last < len(parts) else None, of_nothing=of_nothing(live.card), **_frame(desk, reader, wanted),
        )  # fmt: skip

    @routes.get("/model/features/{position}")
    def feature(position: int, request: Request, target: str = "") -> Response:
        reader, wanted = site.reader(request), _wanted(desk, target)
        live = _serving(desk, wanted)
        if not 0 <= position < len(live.card.terms):
            raise HTTPException(404)
        part = part_of(live.card, position, reader.lang)
        pairs = [matrix_of(live.card, at, reader.lang) for at in part.pairs]
        return site.page(
            request, "model_feature.html", live=live, part=part, charts=shape_of(live.card, position, reader),
            pairs=pairs, of_nothing=of_nothing(live.card), **_frame(desk, reader, wanted),
        )  # fmt: skip

    @routes.get("/model/pairs/{position}")
    def pair(position: int, request: Request, target: str = "") -> Response:
        reader, wanted = site.reader(request), _wanted(desk, target)
        live = _serving(desk, wanted)
        if not 0 <= position < len(live.card.pairs):
            raise HTTPException(404)
        matrix = matrix_of(live.card, position, reader.lang)
        return site.page(request, "model_pair.html", live=live, matrix=matrix, **_frame(desk, reader, wanted))

    @routes.get("/model/history")
    def history(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, wanted = site.reader(request), _wanted(desk, target)
        lines, first = store.champions(wanted), max(skip, 0)
        with reading(store.engine) as connection:
            trail = read_trail(connection, f"model:{wanted}") if not first else []
        return site.page(
            request, "model_history.html", lines=lines[first : first + PAGE], count=len(lines), skip=first,
            more=first + PAGE if len(lines) > first + PAGE else None, trail=trail, most=MOST_LINES,
            by_number={line.id: line for line in lines},
            **_frame(desk, reader, wanted),
        )  # fmt: skip

    @routes.get("/model/versions")
    def versions(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, wanted = site.reader(request), _wanted(desk, target)
        found, first = store.models(wanted), max(skip, 0)
        return site.page(
            request, "model_versions.html", versions=found[first : first + PAGE], count=len(found), skip=first,
            more=first + PAGE if len(found) > first + PAGE else None, states=states(desk, wanted),
            **_frame(desk, reader, wanted),
        )  # fmt: skip

    @routes.get("/model/scorecard.json")
    def scorecard(target: str = "") -> Response:
        champion = _serving(desk, _wanted(desk, target)).champion
        name = re.sub(r"[^A-Za-z0-9._-]", "_", f"scorecard-{champion.target}-{champion.version}.json")
        kept = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(champion.scorecard, media_type="application/json", headers=kept)

    @routes.get("/model/review/{version}")
    def review(version: str, request: Request) -> Response:
        kept = next((info for info in store.models() if info.version == version), None)
        if kept is None:
            raise HTTPException(404)
        found = review_of(desk.home, version)
        if found is not None:
            return FileResponse(found, media_type="text/html", headers=APART)
        reader = site.reader(request)
        return site.page(
            request, "model_review.html", 404, version=version, **_frame(desk, reader, kept.target)
        )

    @routes.post("/model/promote")
    async def promote(request: Request) -> Response:
        form = await site.form(request)
        wanted = asked(form, _wanted(desk, str(form.get("target", ""))), caller(request))
        changed = await run_in_threadpool(put_live, desk, str(form.get("version", "")).strip(), wanted)
        return back_to("/model", target=changed.champion.target, done="promoted")

    @routes.post("/model/rollback")
    async def rollback(request: Request) -> Response:
        form = await site.form(request)
        wanted = asked(form, _wanted(desk, str(form.get("target", ""))), caller(request))
        changed = await run_in_threadpool(put_back, desk, wanted)
        return back_to("/model", target=changed.champion.target, done="back")

    return routes


def _targets(desk: Desk) -> list[str]:
    """The stages that have a model or shall have one, the primary one first."""
    return list(dict.fromkeys((*desk.settings.targets, *desk.deps.live.now.models)))


def _wanted(desk: Desk, target: str) -> str:
    """The stage that is asked for; by default the primary one, or the only one that has a model."""
    if target in STAGES:
        return target
    live, primary = desk.deps.live.now.models, desk.deps.live.primary
    return next(iter(live)) if primary not in live and len(live) == 1 else primary


def _serving(desk: Desk, target: str) -> LiveChampion:
    live = desk.deps.live.now.models.get(target)
    if live is None:
        raise HTTPException(404)
    return live


def _frame(desk: Desk, reader: Reader, target: str) -> dict[str, Any]:
    """What every page of a model says of where it is."""
    stages = [(one, STAGES[one][reader.lang]) for one in _targets(desk)]
    return {
        "target": target,
        "stage": STAGES[target][reader.lang],
        "stages": stages if len(stages) > 1 else [],
        "double": POINTS_TO_DOUBLE,
        "in_points": in_points,
        "all_stages": STAGES,
        "words": WORDS[reader.lang],
        "retold": partial(retold, reader),
        "reviewed": lambda version: review_of(desk.home, version) is not None,
        "share": lambda rate: percent(rate, REASONS[reader.lang]),
        "axes": {
            "fit": reader.say("who the lead is"),
            "engagement": reader.say("what the lead does"),
            "process": reader.say("what sales has done"),
        },
    }


def _end_of_page(parts: Sequence[Part], first: int) -> int:
    """So many features as a page holds; at least one."""
    bins = 0
    for place in range(first, len(parts)):
        bins += len(parts[place].bins)
        if bins > BINS_OF_PAGE:
            return max(place, first + 1)
    return len(parts)
