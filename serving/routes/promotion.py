"""Changing what is live: promoting a version, and going back to the one before."""

from __future__ import annotations

from fastapi import APIRouter, Request

from scoring.io.store import Store
from serving.deps import Deps
from serving.gate import caller
from serving.lead_schemas import LiveAnswer, PromoteRequest, RollbackRequest
from serving.problems import responses
from serving.promoting import Changed
from serving.promoting import promote as put_live
from serving.promoting import roll_back as put_back


def router(deps: Deps, store: Store) -> APIRouter:
    """The routes that change what is live.

    Parameters
    ----------
    deps : Deps
        What they work with.
    store : Store
        Where the champions are.
    """
    routes = APIRouter(prefix="/v1/model", tags=["Model"], responses=responses(400, 409, 413, 422, 503))

    # Not `async`: the store is asked and a scorecard is read, and other requests must not wait for it.
    @routes.post("/promote", summary="Make a model live", responses=responses(404))
    def promote(wanted: PromoteRequest, request: Request) -> LiveAnswer:
        """Put a trained model into service; requests that are under way end with the one before.

        The alias in MLflow stays where it is: `leadloop models` says where it differs and how to put it right.
        """
        return _said(deps, put_live(deps, store, wanted.version, caller(request), wanted.reason))

    @routes.post("/rollback", summary="Undo the last promotion")
    def rollback(wanted: RollbackRequest, request: Request) -> LiveAnswer:
        """Put the model into service again that was live before; once more goes one further back."""
        return _said(deps, put_back(deps, store, wanted.target, caller(request), wanted.reason))

    return routes


def _said(deps: Deps, changed: Changed) -> LiveAnswer:
    """What is live now, as a program is told."""
    champion = changed.champion
    served = deps.live.now.models.get(champion.target)
    return LiveAnswer(
        version=champion.version,
        target=champion.target,
        horizon_days=champion.horizon_days,
        digest=champion.digest,
        promoted_at=champion.promoted_at,
        promoted_by=champion.by,
        reason=champion.reason,
        handoffs=changed.handoffs,
        taken_up=served is not None and served.champion.id == champion.id,
    )
