"""*Loop*: whether the month is on the line to its goal, what campaigns brought, and whether the score was honest."""

from __future__ import annotations

import json
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from scoring.attribution import RULES, Rule
from scoring.months import Month
from scoring.report_words import RULES as NAMES
from serving.kept_reports import Reports
from serving.pages.chapters import answer, compared, figures, lacking, points
from serving.pages.chapters_campaigns import campaigns
from serving.pages.chapters_month import daily, funnel
from serving.pages.chapters_trust import bands, star
from serving.pages.desk import Desk
from serving.pages.language import LANGUAGES
from serving.pages.making import Made
from serving.pages.report_file import report_html, whole
from serving.pages.site import Reader, back_to
from serving.pages.telling import Teller
from serving.reporting import NoLeads

LINEAR: Final[Rule] = "linear"
PARTS: Final = (daily, funnel, campaigns, bands)


def router(desk: Desk) -> APIRouter:
    """The routes of the page, and of the report as a page and as files.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    routes = APIRouter(include_in_schema=False)
    site, reports = desk.site, Reports(desk.workshop, desk.store, desk.settings, desk.deps.clock)

    # Not `async`: the store is asked, and other requests must not wait for it.
    @routes.get("/loop")
    def loop(request: Request, month: str = "", rule: str = LINEAR) -> Response:
        running = Month.at(desk.deps.clock().timestamp(), desk.settings.time.zone)
        moment = reports.first()
        first = None if moment is None else Month.at(moment, running.zone)
        try:
            asked = reports.month(month or running.name, moment)
        except NoLeads:
            return site.page(request, "loop_empty.html", first=first)
        made = reports.get(asked)
        tell = _teller(site.reader(request), made, rule)
        return site.page(
            request, "loop.html", made=made, month=asked.name, months=_months(running, first),
            rule=tell.rule if tell else LINEAR, told=None if tell is None else _told(tell), languages=LANGUAGES,
        )  # fmt: skip

    @routes.get("/loop/report")
    def report(request: Request, month: str = "") -> Response:
        asked = reports.month(month or None)
        made = reports.get(asked)
        tell = _teller(site.reader(request), made)
        if tell is None:
            return back_to("/loop", month=asked.name)
        return site.page(request, "loop_report.html", made=made, month=asked.name, **whole(tell))

    @routes.get("/loop/report.html")
    def page_file(request: Request, month: str = "", lang: str = "") -> Response:
        asked = reports.month(month or None)
        made = reports.get(asked)
        if made.content is None:
            return back_to("/loop", month=asked.name)
        language = next((one for one in LANGUAGES if one == lang), site.reader(request).lang)
        text = report_html(site, made.content, language)
        return _file(f"leadloop-{asked.name}-{language}.html", text, "text/html")

    @routes.get("/loop/report.json")
    def numbers_file(month: str = "") -> Response:
        asked = reports.month(month or None)
        made = reports.get(asked)
        if made.content is None:
            return back_to("/loop", month=asked.name)
        text = json.dumps(made.content, ensure_ascii=False, indent=2) + "\n"
        return _file(f"leadloop-{asked.name}.json", text, "application/json")

    @routes.post("/loop/count")
    async def count(request: Request) -> Response:
        form = await site.form(request)
        asked = await run_in_threadpool(reports.month, str(form.get("month", "")) or None)
        await run_in_threadpool(partial(reports.get, asked, anew=True))
        return back_to("/loop", month=asked.name)

    return routes


def _teller(reader: Reader, made: Made, rule: str = LINEAR) -> Teller | None:
    """Who tells the report in the reader's language; None where there is none yet."""
    if made.content is None:
        return None
    return Teller(made.content, reader.formats, next((one for one in RULES if one == rule), LINEAR))


def _told(tell: Teller) -> dict[str, Any]:
    """What the page shows of a report."""
    parts = {part.__name__: part(tell) for part in PARTS}
    return {
        "answer": answer(tell),
        "compared": compared(tell),
        "points": points(tell),
        "figures": figures(tell),
        "parts": parts,
        "lacking": lacking(tell),
        "star": star(tell),
        "rules": [(name, NAMES[name][tell.lang]) for name in RULES],
    }


def _months(running: Month, first: Month | None) -> list[str]:
    """Every month of which there is a report, the newest first."""
    found, one = [], running
    while first is not None and one.name >= first.name:
        found.append(one.name)
        one = one.before
    return found


def _file(name: str, text: str, kind: str) -> Response:
    return Response(text, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})
