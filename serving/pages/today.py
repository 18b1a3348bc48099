"""*Today*: who to call next and why, what is overdue on either side, and which handoffs wait for an answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, get_args

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from scoring.contract import to_micros
from scoring.io.store.engine import reading
from scoring.io.store.faces import faces
from scoring.io.store.handoffs import State, read_handoffs
from scoring.io.store.overrides import Field, holding
from scoring.io.store.queue import count_late, count_queue, exceptions_query, queue_query, read_rows
from scoring.scorecard import Scorecard
from serving.deciding import accept, reject
from serving.gate import caller
from serving.pages.desk import Desk
from serving.pages.door import inside
from serving.pages.site import Reader, back_to
from serving.pages.timeline import word_said
from serving.queue_schemas import CallTime, PromisesShown, QueueEntry
from serving.queueing import call_times, promises
from serving.showing import Shower, show_handoff
from serving.writer import or_refused

SHOWN: Final = 20
FEW: Final = 5
PAGE: Final = 50
LARGEST: Final = 2**31 - 1
STATES: Final = get_args(State)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lead in a list, with what people know it by, and what somebody said beside the model."""

    entry: QueueEntry
    face: dict[str, str]
    words: list[str]


def router(desk: Desk) -> APIRouter:
    """The routes of the page, of all that is overdue, and of handoffs.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    routes = APIRouter(include_in_schema=False)
    site, store = desk.site, desk.store

    # Not `async`: the store is asked, and other requests must not wait for it.
    @routes.get("/")
    def today(request: Request, rep: str = "", skip: int = 0) -> Response:
        reader, now = site.reader(request), _now(desk)
        skip = min(max(skip, 0), LARGEST)
        with reading(store.engine) as connection:
            shown = _today(connection, desk, reader, rep or None, skip, now)
        return site.page(
            request, "today.html", rep=rep, skip=skip, now=desk.deps.clock(),
            reps=[one.name for one in desk.settings.reps], settings=desk.settings, **shown,
        )  # fmt: skip

    @routes.get("/late")
    def late(request: Request, rep: str = "", skip: int = 0) -> Response:
        reader, now = site.reader(request), _now(desk)
        skip = min(max(skip, 0), LARGEST)
        with reading(store.engine) as connection:
            rows = read_rows(connection, exceptions_query(now, rep or None, PAGE + 1, skip))
            shown = _entries(connection, desk, reader, rows[:PAGE], now)
            total = count_late(connection, now, rep or None)
        more = skip + PAGE if len(rows) > PAGE else None
        return site.page(request, "late.html", rep=rep, skip=skip, late=shown, total=total, more=more)

    @routes.get("/handoffs")
    def handed(request: Request, state: str = "", rep: str = "", before: int = LARGEST) -> Response:
        wanted: Any = state if state in STATES else None
        with reading(store.engine) as connection:
            found = read_handoffs(
                connection, state=wanted, rep=rep or None, before=min(max(before, 1), LARGEST), most=PAGE + 1
            )
            known = faces(connection, [row.lead_id for row in found[:PAGE]])
        shown = [show_handoff(row) for row in found[:PAGE]]
        more = shown[-1].id if len(found) > PAGE else None
        return site.page(
            request, "handoffs.html", state=state, rep=rep, shown=shown, faces=known, more=more,
            first=before < LARGEST, settings=desk.settings, states=STATES,
        )  # fmt: skip

    @routes.post("/handoffs/{number}/accept")
    async def take(number: int, request: Request) -> Response:
        form = await site.form(request)
        said = partial(accept, number=_fits(number), by=caller(request), now=_now(desk))
        await desk.writer.write(or_refused(said))
        return back_to(inside(str(form.get("next", "/"))), done="accepted")

    @routes.post("/handoffs/{number}/reject")
    async def leave(number: int, request: Request) -> Response:
        form = await site.form(request)
        said = partial(
            reject, number=_fits(number), by=caller(request), now=_now(desk), settings=desk.settings,
            reason=str(form.get("reason", "")), days=None, for_good=form.get("for_good") == "yes",
        )  # fmt: skip
        await desk.writer.write(or_refused(said))
        return back_to(inside(str(form.get("next", "/"))), done="rejected")

    return routes


def _fits(number: int) -> int:
    """A number that a handoff may have; no handoff has another."""
    return number if 0 < number <= LARGEST else 0


def _now(desk: Desk) -> int:
    return to_micros(desk.deps.clock().timestamp())


def _today(
    connection: Connection, desk: Desk, reader: Reader, rep: str | None, skip: int, now: int
) -> dict[str, Any]:
    rows = read_rows(connection, queue_query(rep, SHOWN + 1, skip))
    late = read_rows(connection, exceptions_query(now, rep, FEW))
    pending = [show_handoff(row) for row in read_handoffs(connection, state="pending", rep=rep, most=FEW + 1)]
    kept = promises(connection)
    known = faces(connection, [one.lead_id for one in pending])
    return {
        "queue": _entries(connection, desk, reader, rows[:SHOWN], now),
        "more": skip + SHOWN if len(rows) > SHOWN else None,
        "total": count_queue(connection, rep),
        "late": _entries(connection, desk, reader, late, now),
        "late_total": count_late(connection, now, rep),
        "pending": [(one, known.get(one.lead_id, {})) for one in pending[:FEW]],
        "more_pending": len(pending) > FEW,
        "promises": None if kept is None else PromisesShown.model_validate(kept),
        "call_times": [CallTime(**asdict(slot)) for slot in call_times(connection)],
    }


def _entries(connection: Connection, desk: Desk, reader: Reader, rows: list[Any], now: int) -> list[Waiting]:
    models = desk.deps.live.now.models.values()

    def card(version: str) -> Scorecard | None:
        return next((model.card for model in models if model.card.meta.version == version), None)

    shower = Shower(desk.settings, card, reader.lang)
    known = faces(connection, [row.lead_id for row in rows])
    said = [holding(connection, now, field) for field in get_args(Field)]
    return [
        Waiting(
            shower.entry(row, now),
            dict(known.get(row.lead_id, {})),
            [word_said(of[row.lead_id], reader) for of in said if row.lead_id in of],
        )
        for row in rows
    ]
