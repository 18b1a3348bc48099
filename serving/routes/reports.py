"""The monthly report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse

from scoring.report import Report
from serving.kept_reports import READER, NotMade, Reports
from serving.problems import responses

SOON = 2
YOUNGEST = 60


class BeingMade(BaseModel):
    """A report that is being made: ask again in a moment."""

    month: str = Field(description="Of which month.")
    since: datetime = Field(description="Since when it is being made.")
    step: str = Field(description="What is being done.")


def router(reports: Reports) -> APIRouter:
    """The route of the monthly report.

    Parameters
    ----------
    reports : Reports
        Those that are kept, and what makes them.
    """
    routes = APIRouter(prefix="/v1/reports", tags=["Sales"], responses=responses(404, 422, 503))

    # Not `async`: the store is read, and other requests must not wait for it.
    @routes.get(
        "/{month}",
        summary="Show the report of a month",
        response_model=Report,
        responses={
            202: {"model": BeingMade, "description": "It is being made: ask again after `Retry-After`."}
        },
    )
    def report(
        month: Annotated[
            str, Path(max_length=7, description="The month, as `2026-10`.", examples=["2026-10"])
        ],
        max_age: Annotated[
            int | None,
            Query(
                ge=YOUNGEST,
                le=366 * 86_400,
                description="How many seconds ago it may have been made; by default the report that is kept is shown.",
            ),
        ] = None,
    ) -> Report | JSONResponse:
        """Say what a month brought, against the month before: for both sides of the table.

        Counting takes seconds, so the report that was made last is shown, as of `as_of`; one that is older than
        `work.report_hours` of the settings is made again beside it. Where there is none yet, or none as young as
        `max_age` asks for, the answer is 202: ask the same again. `leadloop report --json` gives the same.
        """
        asked = reports.month(month)
        made = reports.get(asked, max_age=None if max_age is None else timedelta(seconds=max_age))
        if made.running and made.since is not None and (made.content is None or max_age is not None):
            told = BeingMade(month=asked.name, since=made.since, step=made.step)
            return JSONResponse(told.model_dump(mode="json"), 202, {"Retry-After": str(SOON)})
        if made.content is None:
            # Whoever asks next finds it tried again.
            reports.get(asked, anew=True)
            raise NotMade(made.failed or "The report is not there.")
        return READER.validate_python(made.content)

    return routes
