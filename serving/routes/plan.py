"""What a goal takes."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from threading import Lock
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from scoring.io.sections import Sections
from scoring.io.store import Store
from serving.deps import Deps
from serving.plan_asked import Asked
from serving.plan_schemas import PlanAnswer
from serving.planning import READ, planned
from serving.problems import responses


def router(deps: Deps, store: Store, settings: Sections) -> APIRouter:
    """The route of the plan.

    Parameters
    ----------
    deps : Deps
        What it works with.
    store : Store
        Where rates are measured.
    settings : Sections
        What the team has set.
    """
    routes = APIRouter(prefix="/v1/plan", tags=["Sales"], responses=responses(422, 503))
    # The store is read as a whole, so by one call at a time: a dozen of them must not fill the memory.
    one_at_a_time = Lock()

    # Not `async`: the store is read, and other requests must not wait for it.
    @routes.get("", summary="Plan the leads that a goal takes")
    def plan(
        goal: Annotated[
            Decimal | None,
            Query(description="The revenue to be won; by default the goal of the settings."),
        ] = None,
        deal: Annotated[
            Decimal | None,
            Query(
                description="What a deal brings; by default that of the settings, else the mean won deal of the "
                "last twelve months."
            ),
        ] = None,
        close_rate: Annotated[
            Decimal | None, Query(description="The share of leads that are won; by default measured.")
        ] = None,
        customers: Annotated[
            int | None, Query(description="The goal as a number of deals, in place of `goal`.")
        ] = None,
        certainty: Annotated[Decimal, Query(description="How certain the goal is to be.")] = Decimal("0.9"),
        seen: Annotated[int | None, Query(description="On how many leads `close_rate` was seen.")] = None,
        by: Annotated[
            str | None,
            Query(
                min_length=1,
                max_length=200,
                description="Share the goal out by `month`, by `rep` or by a property of leads.",
            ),
        ] = None,
        months: Annotated[
            int, Query(description="For how many months the goal is, in all of them together.")
        ] = 1,
        start: Annotated[
            str | None,
            Query(max_length=7, description="The first of them, as `2026-11`; by default this month."),
        ] = None,
        currency: Annotated[
            str | None,
            Query(max_length=3, description="The currency (ISO 4217); by default that of the settings."),
        ] = None,
    ) -> PlanAnswer:
        """Say how many leads a goal takes, on average and with certainty, and whether sales can work them.

        Rates that are not given are measured on the leads of the store whose fate is known, stage by stage. Counts
        are rounded up. `leadloop plan` gives the same numbers.
        """
        asked = Asked(
            goal, deal, customers, close_rate, seen, certainty, by, months, start, currency, _parameter
        )
        today = deps.clock().astimezone(ZoneInfo(settings.time.zone)).date()
        with one_at_a_time:
            return planned(asked, settings, partial(store.ledger, READ), today)

    return routes


def _parameter(name: str) -> str:
    return f"`{name}`"
