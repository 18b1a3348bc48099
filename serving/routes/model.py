"""The model that is live."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from scoring.features import Feature
from scoring.terms import Term
from serving.deps import Deps
from serving.live import LiveChampion
from serving.problems import responses
from serving.schemas import FeatureAnswer, ModelAnswer, PropertyAnswer


def router(deps: Deps) -> APIRouter:
    """The routes that describe the model.

    Parameters
    ----------
    deps : Deps
        What they work with.
    """
    routes = APIRouter(prefix="/v1/model", tags=["Model"], responses=responses(404, 422, 503))

    @routes.get("", summary="Describe the live model")
    async def model(
        target: Annotated[
            str | None, Query(min_length=1, max_length=50, description="By default the primary target.")
        ] = None,
    ) -> ModelAnswer:
        """Say what is live: what it predicts, what it reads, what it was learned from, who promoted it."""
        return _described(deps.live.now.model(target, deps.live.primary))

    return routes


def _described(live: LiveChampion) -> ModelAnswer:
    meta, champion = live.card.meta, live.champion
    terms = zip(live.card.features, live.card.terms, strict=True) if live.card.features else ()
    return ModelAnswer(
        model=live.name,
        kind=meta.kind,
        digest=champion.digest,
        trained_until=meta.trained_until,
        rows=meta.rows,
        conversions=meta.conversions,
        base_rate=round(meta.base_rate, 6) if live.card.has_likelihood else None,
        promoted_at=champion.promoted_at,
        promoted_by=champion.by,
        reason=champion.reason,
        as_of_property=meta.as_of_column,
        properties=[PropertyAnswer(name=column.name, type=column.type) for column in live.card.columns],
        features=[_feature(feature, term) for feature, term in terms],
        report=live.card.report,
    )


def _feature(feature: Feature, term: Term) -> FeatureAnswer:
    number = feature.kind == "number"
    return FeatureAnswer(
        name=feature.name,
        kind=feature.kind,
        axis=feature.axis,
        properties=list(feature.sources),
        levels=None if number else len(term.levels),
        ranges=len(term.cuts) + 1 if number else None,
    )
