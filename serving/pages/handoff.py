"""*Handoff*: from which likelihood on leads go to sales, what each threshold would bring, and putting one in force."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response

from scoring.charts.words import WORDS
from scoring.policy import UNITS, Policy
from scoring.proposal import Proposal
from scoring.report_words import STAGES
from serving.gate import caller
from serving.ground import Ground
from serving.pages.desk import Desk
from serving.pages.proposals import Worked, work_out
from serving.pages.site import Reader, back_to
from serving.pages.sliders import asked_of, given, nearest, sliders
from serving.pages.thresholds import brief, compared, curves, point_of
from serving.pages.words import mark
from serving.proposing import Asked, Seen, capacity_of, handed_lately, publish

FEW: Final = 5
PAGE: Final = 50
LONGEST_REASON: Final = 1_000


def router(desk: Desk) -> APIRouter:
    """The routes of the page, of the history of policies, and of what changes the one in force.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    """
    routes = APIRouter(include_in_schema=False)
    site, store = desk.site, desk.store

    # Not `async`: the store is asked, and other requests must not wait for it.
    @routes.get("/handoff")
    def handoff(request: Request, done: str = "") -> Response:
        reader = site.reader(request)
        shown = _shown(desk, reader, request.query_params)
        return site.page(request, "handoff.html", done=done, **shown)

    @routes.get("/handoff/history")
    def history(request: Request, skip: int = 0) -> Response:
        found, first = store.policies(), max(skip, 0)
        return site.page(
            request, "handoff_history.html", policies=found[first : first + PAGE], count=len(found), skip=first,
            more=first + PAGE if len(found) > first + PAGE else None, stages=_stages(site.reader(request)),
        )  # fmt: skip

    @routes.post("/handoff/publish")
    async def put(request: Request) -> Response:
        form = await site.form(request)
        why, by = _reason(form), caller(request)
        await run_in_threadpool(_publish, desk, form, by, why)
        return back_to("/handoff", **given(form), done="published")

    @routes.post("/handoff/rollback")
    async def put_back(request: Request) -> Response:
        form = await site.form(request)
        said = partial(store.rollback_policy, caller(request), _reason(form), desk.deps.clock())
        await run_in_threadpool(said, over=_whole(form, "over"))
        await run_in_threadpool(desk.deps.refresh)
        return back_to("/handoff", done="back")

    @routes.post("/handoff/count")
    async def count_again(request: Request) -> Response:
        form = await site.form(request)
        asked = asked_of(form)
        await run_in_threadpool(work_out, desk, _ground(desk), asked, store.policy(), anew=True)
        return back_to("/handoff", **given(form))

    return routes


def _ground(desk: Desk) -> Ground:
    return Ground.of(desk.store, desk.settings.handoff.target)


def _shown(desk: Desk, reader: Reader, query: Mapping[str, str]) -> dict[str, Any]:
    """What the page says, as far as there is something to say."""
    asked, ground, policies = asked_of(query), _ground(desk), desk.store.policies()
    asked.check()
    policy = policies[0] if policies else None
    shown: dict[str, Any] = {
        "ground": ground, "given": given(query), "policy": policy, "policies": policies[:FEW],
        "count": len(policies), "before": desk.store.policy_before(), "stages": _stages(reader),
        "stage": STAGES[ground.target][reader.lang], "sales": capacity_of(desk.settings), "made": None, "found": None,
        "lately": None if policy is None else handed_lately(desk.store, policy, desk.deps.clock()),
    }  # fmt: skip
    if ground.kind == "timed" or (ground.kind == "untimed" and asked.leads_per_month):
        shown["made"], work = work_out(desk, ground, asked, policy)
        if work is not None:
            shown |= _proposal(desk, reader, asked, work, policy)
    return shown


def _stages(reader: Reader) -> dict[str, str]:
    return {stage: said[reader.lang] for stage, said in STAGES.items()}


def _proposal(
    desk: Desk, reader: Reader, asked: Asked, work: Worked, policy: Policy | None
) -> dict[str, Any]:
    """The proposal, what it changes, and the curves it is read from."""
    own, found = work.own, work.found
    target, constraints = desk.settings.handoff.target, own.constraints
    now = None if policy is None else point_of(policy, target, work.counted, work.answers, own)
    by_deals = constraints.goal_revenue is None and (
        constraints.goal_customers is not None or not constraints.amount
    )
    drawn = own if found.per_month is not None else found
    return {
        "found": found,
        "own": own,
        "picked": asked.threshold is not None or asked.per_month is not None,
        "now": now,
        "same": _same(policy, found, target),
        "sides": compared(found, policy, now, reader),
        "curves": curves(drawn, work.counted, now, reader, nearest(found.threshold)),
        "brief": partial(brief, formats=reader.formats),
        "measures": WORDS[reader.lang].measures,
        "sliders": sliders(own, desk.settings, by_deals=by_deals),
        "warnings": found.said("warning", reader.lang),
        "notes": found.said("note", reader.lang),
    }


def _same(policy: Policy | None, found: Proposal, target: str) -> bool:
    """Whether the policy in force does already what is proposed."""
    return (
        policy is not None
        and (policy.rule, policy.target, policy.model) == (found.rule, target, found.model)
        and (round(policy.threshold * UNITS), policy.per_month)
        == (round(found.threshold * UNITS), found.per_month)
        and policy.explore == found.constraints.explore
        and policy.draw == found.explore.draw
    )


def _publish(desk: Desk, form: Mapping[str, Any], by: str, why: str) -> None:
    """Put in force what the page showed, and nothing else."""
    store, asked, ground = desk.store, asked_of(form), _ground(desk)
    seen = Seen(
        _whole(form, "over"), str(form.get("model", "")), _whole(form, "shown") / UNITS,
        _whole(form, "shown_many") if asked.rule == "top_k" else None,
    )  # fmt: skip
    work = None
    if ground.kind in ("timed", "untimed"):
        _, work = work_out(desk, ground, asked, store.policy())
    publish(
        store, desk.settings, asked, by, why, desk.deps.clock(), seen=seen,
        counted=None if work is None else work.counted, tops=None if work is None else work.tops,
    )  # fmt: skip
    desk.deps.refresh()


def _whole(form: Mapping[str, Any], name: str) -> int:
    """A number that the page itself has put into a form."""
    text = str(form.get(name, ""))
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise HTTPException(422, mark("The form is not whole. Open the page again; nothing was changed."))
    return int(text)


def _reason(form: Mapping[str, Any]) -> str:
    said = str(form.get("reason", "")).strip()
    if not said or len(said) > LONGEST_REASON:
        raise HTTPException(422, mark("Say why, in at most 1,000 characters: the history keeps it."))
    return said
