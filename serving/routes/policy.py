"""The handoff policy: what is in force, what should be, and putting it in force."""

from __future__ import annotations

from fastapi import APIRouter, Request

from scoring.io.sections import Sections
from scoring.io.store import Store
from serving.deps import Deps
from serving.gate import caller
from serving.policy_schemas import (
    PolicyAnswer,
    PolicyPut,
    PolicyRollback,
    PolicyShown,
    ProposalAnswer,
    ProposeRequest,
    PublishedAnswer,
)
from serving.problems import responses
from serving.proposing import proposed, publish

MOST_SHOWN = 200


def router(deps: Deps, store: Store, settings: Sections) -> APIRouter:
    """The routes of the handoff policy.

    Parameters
    ----------
    deps : Deps
        What they work with.
    store : Store
        Where policies are, and what they rest on.
    settings : Sections
        Capacity, goal and value.
    """
    routes = APIRouter(prefix="/v1/policy", tags=["Handoff"], responses=responses(503))

    # Not `async`: the store is asked and much is counted, and other requests must not wait for it.
    @routes.get("", summary="Show the handoff policy")
    def policy() -> PolicyAnswer:
        """Say what is in force, and what was before."""
        kept = [PolicyShown.of(one) for one in store.policies()[:MOST_SHOWN]]
        decides = any(model.handoff is not None for model in deps.live.now.models.values())
        return PolicyAnswer(in_force=kept[0] if kept else None, decides=bool(kept) and decides, history=kept)

    @routes.post("/propose", summary="Propose a handoff policy", responses=responses(400, 409, 413, 422))
    def propose(asked: ProposeRequest) -> ProposalAnswer:
        """Say from which likelihood on leads should be handed over, and what to expect; nothing is changed."""
        return ProposalAnswer.of(proposed(store, settings, asked.asked()))

    @routes.put("", summary="Put a handoff policy in force", responses=responses(400, 409, 413, 422))
    def put(wanted: PolicyPut, request: Request) -> PublishedAnswer:
        """Publish a new version: what is named, else what is proposed. This process takes it up at once."""
        asked = wanted.asked(threshold=wanted.threshold, per_month=wanted.per_month)
        published, found = publish(store, settings, asked, caller(request), wanted.reason, deps.clock())
        deps.refresh()
        return PublishedAnswer(
            policy=PolicyShown.of(published), warnings=list(found.warnings), notes=list(found.notes)
        )

    @routes.post("/rollback", summary="Undo the last publication", responses=responses(400, 409, 413, 422))
    def rollback(wanted: PolicyRollback, request: Request) -> PolicyShown:
        """Put the policy in force again that was before, as a new version; once more goes one further back."""
        kept = store.rollback_policy(caller(request), wanted.reason, deps.clock())
        deps.refresh()
        return PolicyShown.of(kept)

    return routes
