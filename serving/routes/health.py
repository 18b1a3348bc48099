"""Whether the service is alive, whether it can score, and what it has done."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from serving.deps import Deps
from serving.problems import responses
from serving.schemas import Alive, Ready


def router(deps: Deps) -> APIRouter:
    """The routes that operations ask.

    Parameters
    ----------
    deps : Deps
        What they work with.
    """
    routes = APIRouter(tags=["Operations"])

    @routes.get("/healthz", summary="Is it alive?")
    async def healthz() -> Alive:
        """Answer, as long as the process does."""
        return Alive()

    @routes.get("/readyz", summary="Can it score?", responses=responses(503))
    async def readyz() -> Ready:
        """Say what is live; 503 as long as nothing is."""
        now = deps.live.now
        if not now.models:
            raise now.nothing()
        return Ready(
            models=[model.name for model in now.models.values()],
            store="reachable" if now.reachable else "unreachable",
            refused=[f"{version} for {target}" for target, version in now.refused.items()],
        )

    @routes.get(
        "/metrics",
        summary="What it has done, for Prometheus",
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    async def metrics() -> Response:
        """Give counts and times; nothing of any lead."""
        return Response(deps.metrics.page(), media_type=CONTENT_TYPE_LATEST)

    return routes
