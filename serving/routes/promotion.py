"""Changing what is live: promoting a version, and going back to the one before."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request

from scoring.errors import ModelError
from scoring.io.store import Champion, Store
from scoring.scorecard import Scorecard
from serving.deps import Deps
from serving.gate import caller
from serving.lead_schemas import LiveAnswer, PromoteRequest, RollbackRequest
from serving.problems import responses
from serving.proposing import after_promotion
from serving.refusals import NoSuchVersion, NotPromoted

log = logging.getLogger("leadloop.serving")


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
        _check(store, wanted.version)
        champion = store.promote(wanted.version, caller(request), wanted.reason, deps.clock())
        return _live(deps, store, champion)

    @routes.post("/rollback", summary="Undo the last promotion")
    def rollback(wanted: RollbackRequest, request: Request) -> LiveAnswer:
        """Put the model into service again that was live before; once more goes one further back."""
        try:
            champion = store.rollback(wanted.target, caller(request), wanted.reason, deps.clock())
        except ModelError as error:
            raise NotPromoted(str(error)) from error
        return _live(deps, store, champion)

    return routes


def _check(store: Store, version: str) -> None:
    """Refuse what is not there, and what no server could take up."""
    try:
        kept = store.model(version)
    except ModelError as error:
        raise NoSuchVersion(
            "No model has the version asked for. `leadloop models` lists those there are."
        ) from error
    try:
        Scorecard.from_json(kept.scorecard)
    except ModelError as error:
        raise NotPromoted("The scorecard of this version cannot be read. Promote another one.") from error


def _live(deps: Deps, store: Store, champion: Champion) -> LiveAnswer:
    """What is live now, taken up by this process at once."""
    deps.refresh()
    told = after_promotion(store, champion.target)
    if told is not None:
        log.warning("%s", told)
    served = deps.live.now.models.get(champion.target)
    return LiveAnswer(
        version=champion.version,
        target=champion.target,
        horizon_days=champion.horizon_days,
        digest=champion.digest,
        promoted_at=champion.promoted_at,
        promoted_by=champion.by,
        reason=champion.reason,
        handoffs=told,
        taken_up=served is not None and served.champion.id == champion.id,
    )
