"""The scorecard of a model as a table of points: a feature, a pair of features, all of them, and the file itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from serving.pages.champion import shape_of
from serving.pages.desk import Desk
from serving.pages.model_frame import frame, serving, wanted
from serving.pages.points_table import Part, matrix_of, of_nothing, part_of, parts_of

FEATURES: Final = 100
BINS_OF_PAGE: Final = 400


def router(desk: Desk) -> APIRouter:
    """The routes of the parts of a scorecard.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    routes = APIRouter(include_in_schema=False)
    site = desk.site

    # Not `async`: a chart may have to be drawn, and other requests must not wait for it.
    @routes.get("/model/features")
    def features(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        live = serving(desk, stage)
        parts, first = parts_of(live.card, reader.lang), max(skip, 0)
        return site.page(
            request, "model_features.html", live=live, parts=parts[first : first + FEATURES], count=len(parts),
            skip=first, more=first + FEATURES if len(parts) > first + FEATURES else None,
            least=min((part.lowest for part in parts), default=0.0),
            most=max((part.highest for part in parts), default=0.0),
            of_nothing=of_nothing(live.card), **frame(desk, reader, stage),
        )  # fmt: skip

    @routes.get("/model/points")
    def points(request: Request, target: str = "", skip: int = 0) -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        live = serving(desk, stage)
        parts = parts_of(live.card, reader.lang)
        first = min(max(skip, 0), len(parts))
        last = _end_of_page(parts, first)
        return site.page(
            request, "model_points.html", live=live, parts=parts[first:last], first=first, count=len(parts),
            more=last if last < len(parts) else None, of_nothing=of_nothing(live.card), **frame(desk, reader, stage),
        )  # fmt: skip

    @routes.get("/model/features/{position}")
    def feature(position: int, request: Request, target: str = "") -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        live = serving(desk, stage)
        if not 0 <= position < len(live.card.terms):
            raise HTTPException(404)
        part = part_of(live.card, position, reader.lang)
        pairs = [matrix_of(live.card, at, reader.lang) for at in part.pairs]
        return site.page(
            request, "model_feature.html", live=live, part=part, chart=shape_of(live.card, position, reader),
            pairs=pairs, of_nothing=of_nothing(live.card), **frame(desk, reader, stage),
        )  # fmt: skip

    @routes.get("/model/pairs/{position}")
    def pair(position: int, request: Request, target: str = "") -> Response:
        reader, stage = site.reader(request), wanted(desk, target)
        live = serving(desk, stage)
        if not 0 <= position < len(live.card.pairs):
            raise HTTPException(404)
        matrix = matrix_of(live.card, position, reader.lang)
        return site.page(request, "model_pair.html", live=live, matrix=matrix, **frame(desk, reader, stage))

    @routes.get("/model/scorecard.json")
    def scorecard(target: str = "") -> Response:
        champion = serving(desk, wanted(desk, target)).champion
        name = re.sub(r"[^A-Za-z0-9._-]", "_", f"scorecard-{champion.target}-{champion.version}.json")
        kept = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(champion.scorecard, media_type="application/json", headers=kept)

    return routes


def _end_of_page(parts: Sequence[Part], first: int) -> int:
    """So many features as a page holds; at least one."""
    bins = 0
    for place in range(first, len(parts)):
        bins += len(parts[place].bins)
        if bins > BINS_OF_PAGE:
            return max(place, first + 1)
    return len(parts)
