"""The application: routes, errors and limits put together."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from scoring.errors import LeadLoopError, NoChampion
from scoring.io.sections import Serve
from scoring.io.settings import Settings, load_settings
from scoring.io.store import Store, open_store
from serving import problems
from serving.deps import Deps
from serving.docs import docs_page
from serving.edge import BodyLimit, Edge
from serving.live import Live, Watch
from serving.metrics import Metrics
from serving.problems import UnclearTarget, UnknownTarget, UnreadableLead
from serving.routes import health, model, score

# Which of our errors is whose fault. A class that is not here has the status of its parent.
STATUSES: dict[type[Exception], int] = {
    UnknownTarget: 404,
    UnclearTarget: 422,
    UnreadableLead: 422,
    NoChampion: 503,
    LeadLoopError: 500,
}
SILENT: dict[str, Any] = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def create_app(
    live: Live,
    max_body_kib: int = Serve().max_body_kib,
    clock: Callable[[], datetime] = utc_now,
    *,
    watch: bool = False,
) -> FastAPI:
    """The service as an ASGI application.

    Parameters
    ----------
    live : Live
        The champions to serve.
    max_body_kib : int
        The largest request body, in KiB.
    clock : callable
        The time in UTC.
    watch : bool
        Ask the store for new champions about once a second, from start-up to shutdown.
    """
    metrics = Metrics(live)
    deps = Deps(live, metrics, clock)
    app = FastAPI(
        title="LeadLoop",
        description="Which leads to call first, and why.",
        version=version("leadloop"),
        openapi_url=None,  # served by docs_page, so that it is counted under its name
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_watching(live) if watch else None,
        telemetry=SILENT,  # type: ignore[arg-type]
    )
    app.state.live = live
    # Not `include_router`: it makes each request look for its route twice.
    for routes in (score.router(deps), model.router(deps), health.router(deps), docs_page(app)):
        app.router.routes.extend(routes.routes)
    app.add_exception_handler(LeadLoopError, problems.refusal(STATUSES))
    app.add_exception_handler(RequestValidationError, problems.invalid)
    app.add_exception_handler(HTTPException, problems.not_served)
    app.add_middleware(BodyLimit, most=max_body_kib * 1024)
    app.add_middleware(Edge, metrics=metrics)
    app.openapi = partial(_documented, app)  # type: ignore[method-assign]
    return app


def _watching(live: Live) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch = Watch(live.refresh)
        watch.start()
        yield
        watch.stop()

    return lifespan


def _documented(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with problem details in place of the framework's own form of errors."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Fault"] = problems.Fault.model_json_schema()
        schemas["Problem"] = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas["Problem"].pop("$defs", None)
        app.openapi_schema = document
    return app.openapi_schema


def app_of(settings: Settings, store: Store) -> FastAPI:
    """The service of a store, with what is live already read.

    Parameters
    ----------
    settings : Settings
        What the team has set.
    store : Store
        Where the champions are.
    """
    live = Live(store, settings.primary, settings.value)
    live.refresh()
    return create_app(live, settings.serve.max_body_kib, watch=True)


def from_environment() -> FastAPI:
    """The service as each worker makes it for itself."""
    settings = load_settings(os.environ, Path.cwd())
    return app_of(settings, open_store(settings.database_url, settings.primary))
