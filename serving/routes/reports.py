"""The monthly report."""

from __future__ import annotations

from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import TypeAdapter, ValidationError

from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.report import Report
from serving.deps import Deps
from serving.problems import responses
from serving.reporting import fresh_report, month_asked, renewed_report

READER = TypeAdapter(Report)


def router(deps: Deps, store: Store, settings: Sections) -> APIRouter:
    """The route of the monthly report.

    Parameters
    ----------
    deps : Deps
        What it works with.
    store : Store
        What is known, and where reports are kept.
    settings : Sections
        What the team has set.
    """
    routes = APIRouter(prefix="/v1/reports", tags=["Sales"], responses=responses(404, 422, 503))
    # The store is read as a whole, so by one call at a time: a dozen of them must not fill the memory.
    one_at_a_time = Lock()

    # Not `async`: the store is read, and other requests must not wait for it.
    @routes.get("/{month}", summary="Show the report of a month")
    def report(
        month: Annotated[str, Path(max_length=7, description="The month, as `2026-10`.")],
        fresh: Annotated[
            bool, Query(description="Make it anew, also where the one that is kept is young enough.")
        ] = False,
    ) -> Report:
        """Say what a month brought, against the month before: for both sides of the table.

        It is the report that was made last, as of `as_of`, or a new one where that is older than
        `work.report_hours` of the settings. `leadloop report --json` gives the same.
        """
        now = deps.clock()
        asked = month_asked(month, settings, now)
        with one_at_a_time:
            if not fresh:
                try:
                    return READER.validate_python(fresh_report(store, settings, asked, now).content)
                except ValidationError:
                    pass  # kept by an earlier release, which told less
            return READER.validate_python(renewed_report(store, settings, asked, now).content)

    return routes
