"""The application: routes, errors and limits put together."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock, Thread
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException

from scoring.contract_cells import Customs
from scoring.errors import LeadLoopError, NoChampion
from scoring.io.sections import Sections, Serve
from scoring.io.settings import Settings, load_settings
from scoring.io.store import Store, open_store
from scoring.io.store.policies import NoPolicy, Overtaken
from serving import problems
from serving.decision import first_touch_due
from serving.deps import Deps
from serving.docs import docs_page
from serving.edge import BodyLimit, Edge
from serving.facts import Reader
from serving.gate import Gate, listens_here, with_security
from serving.kept_reports import NotBegun, NotMade, Reports, UnfitMonth
from serving.keys import Keys
from serving.known import KnownLeads
from serving.live import Live, Watch
from serving.meanings import with_meanings
from serving.metrics import Metrics
from serving.pages.desk import Desk
from serving.pages.making import Workshop
from serving.pages.refusing import Refusals
from serving.pages.routes import page_routers
from serving.pages.session import SECRET
from serving.pages.site import ForeignForm, Site
from serving.pages.uploads import NoSuchList
from serving.plan_asked import UnfitPlan
from serving.problems import UnclearTarget, UnknownTarget, UnreadableLead
from serving.proposing import UnfitProposal
from serving.refusals import (
    ConflictingFacts,
    Decided,
    NoSuchHandoff,
    NoSuchLead,
    NoSuchVersion,
    NotPromoted,
    NotProposed,
    UnfitDecision,
    UnfitFacts,
    UnknownLead,
)
from serving.reporting import NoLeads
from serving.routes import (
    facts,
    handoffs,
    health,
    leads,
    model,
    plan,
    policy,
    promotion,
    queue,
    reports,
    score,
)
from serving.watches import Watches
from serving.writer import NotWritten, Writer

# Which of our errors is whose fault. A class that is not here has the status of its parent.
STATUSES: dict[type[Exception], int] = {
    NoSuchLead: 404,
    UnknownLead: 404,
    NoSuchHandoff: 404,
    NoSuchVersion: 404,
    NoSuchList: 404,
    NotBegun: 404,
    NoLeads: 404,
    ConflictingFacts: 409,
    NotPromoted: 409,
    NoPolicy: 409,
    Overtaken: 409,
    NotProposed: 409,
    Decided: 409,
    UnfitDecision: 422,
    UnfitFacts: 422,
    UnfitPlan: 422,
    UnfitMonth: 422,
    UnfitProposal: 422,
    ForeignForm: 403,
    NotWritten: 503,
    NotMade: 503,
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
    store: Store | None = None,
    customs: Customs = Customs(),  # noqa: B008 - frozen
    settings: Sections = Sections(),  # noqa: B008 - frozen
    loopback: bool = True,
    watch: bool = False,
    secret: str | None = None,
    home: Path | None = None,
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
    store : Store, optional
        Where facts, scores and keys are kept.  Without one the service only scores, for whoever asks.
    customs : Customs
        How the team writes *no answer*.
    settings : Sections
        What the team has set, for what is planned and agreed.
    loopback : bool
        Whether only this machine reaches the service: then it needs no key until one is made.
    watch : bool
        Ask the store for new champions, keys and findings about once a second, from start-up to shutdown.
    secret : str, optional
        What the cookies of pages are signed with; by default one of this process alone.
    home : Path, optional
        The folder that holds what LeadLoop writes, for what pages show of it.
    """
    keys = None if store is None else Keys(store)
    watches = None if store is None else Watches(store)
    metrics = Metrics(live, watches)
    writer = None if store is None else Writer(store.engine)
    beside = [one for one in (keys, watches) if one is not None]
    refresh = _refreshing(live, beside)
    known = None if store is None else KnownLeads(store)
    site = None if keys is None else Site(settings, keys, secret or token_urlsafe(32))
    workshop = None if store is None else Workshop(store, clock)
    refusals = Refusals(site)
    deps = Deps(live, metrics, clock, refresh, writer, known)
    app = FastAPI(
        title="LeadLoop",
        description="Which leads to call first, and why.",
        version=version("leadloop"),
        openapi_url=None,  # served by docs_page, so that it is counted under its name
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_running(writer, refresh if watch else None, site, workshop),
        telemetry=SILENT,  # type: ignore[arg-type]
    )
    app.state.live, app.state.writer, app.state.refresh = live, writer, refresh
    # Not `include_router`: it makes each request look for its route twice.
    routers = [score.router(deps), model.router(deps), health.router(deps), docs_page(app)]
    if store is not None and writer is not None and site is not None and workshop is not None:
        reader = Reader(customs)
        routers[1:1] = [
            facts.router(deps, writer, reader, settings),
            leads.router(deps, store, writer, reader),
        ]
        routers.insert(-2, promotion.router(deps, store))
        routers.insert(-2, plan.router(deps, store, settings))
        monthly = Reports(workshop, store, settings, clock)
        routers.insert(-2, reports.router(monthly))
        routers.insert(-2, policy.router(deps, store, settings))
        routers.insert(-2, handoffs.router(deps, store, writer, settings))
        routers.insert(-2, queue.router(deps, store, settings))
        desk = Desk(site, deps, store, writer, settings, reader, workshop, home)
        routers += page_routers(desk)
    for routes in routers:
        app.router.routes.extend(routes.routes)
    app.add_exception_handler(LeadLoopError, refusals.handler(problems.refusal(STATUSES)))
    app.add_exception_handler(RequestValidationError, refusals.handler(problems.invalid))
    app.add_exception_handler(HTTPException, refusals.handler(problems.not_served))
    app.add_middleware(BodyLimit, most=max_body_kib * 1024, refuse=refusals.refuse)
    for one in beside:
        one.refresh()
    if keys is not None and site is not None:
        app.add_middleware(
            Gate, keys=keys, loopback=loopback, looks=site.sessions.key, refuse=refusals.refuse
        )
    app.add_middleware(Edge, metrics=metrics, broken=refusals.broken)
    app.openapi = partial(_documented, app, keys)  # type: ignore[method-assign]
    return app


def _refreshing(live: Live, beside: Sequence[Keys | Watches]) -> Callable[[], None]:
    """Ask the store for what is new; one at a time, or the slower of two would put back what is old."""
    lock = Lock()

    def refresh() -> None:
        with lock:
            live.refresh()
            for one in beside if live.now.reachable else ():
                one.refresh()

    return refresh


def _running(
    writer: Writer | None, refresh: Callable[[], None] | None, site: Site | None, workshop: Workshop | None
) -> Callable[[FastAPI], Any]:
    """What runs beside the requests, from start-up to shutdown."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch = None if refresh is None else Watch(refresh)
        for one in (writer, watch):
            if one is not None:
                one.start()
        if watch is not None and site is not None:
            Thread(target=site.drawing.warm, name="leadloop-drawing", daemon=True).start()
        yield
        if workshop is not None:
            workshop.close()
        for one in (watch, writer):
            if one is not None:
                one.stop()

    return lifespan


def _documented(app: FastAPI, keys: Keys | None) -> dict[str, Any]:
    """The OpenAPI document, with problem details in place of the framework's own form of errors."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        with_meanings(schemas)
        schemas["Fault"] = problems.Fault.model_json_schema()
        schemas["Problem"] = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas["Problem"].pop("$defs", None)
        app.openapi_schema = document
    return app.openapi_schema if keys is None else with_security(app.openapi_schema, keys.now.closed)


def app_of(settings: Settings, store: Store) -> FastAPI:
    """The service of a store, with what is live already read.

    Parameters
    ----------
    settings : Settings
        What the team has set; ``serve.host`` is where the service listens.
    store : Store
        Where the champions are.
    """
    challengers = store if settings.challenger.shadow else None
    due = first_touch_due(settings)
    live = Live(store, settings.primary, settings.value, challengers, policies=store, due=due)
    live.refresh()
    return create_app(
        live,
        settings.serve.max_body_kib,
        store=store,
        customs=Customs(settings.time.zone, missing=settings.reading.missing),
        settings=settings,
        loopback=listens_here(settings.serve.host),
        watch=True,
        secret=os.environ.get(SECRET),
        home=settings.home,
    )


def from_environment() -> FastAPI:
    """The service as each worker makes it for itself."""
    settings = load_settings(os.environ, Path.cwd())
    return app_of(settings, open_store(settings.database_url, settings.primary))
