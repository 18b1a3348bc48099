"""Every page, in one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter

from serving.pages import handoff, lead, loop, model, today, uploads
from serving.pages.desk import Desk
from serving.pages.entry import router as entry

PAGES: Final[tuple[Callable[[Desk], APIRouter], ...]] = (
    today.router,
    loop.router,
    handoff.router,
    model.router,
    uploads.router,
    lead.router,
)


def page_routers(desk: Desk) -> list[APIRouter]:
    """The routes of all pages.

    Parameters
    ----------
    desk : Desk
        What they work with.
    """
    return [entry(desk.site), *(router(desk) for router in PAGES)]
