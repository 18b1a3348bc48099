"""What the store hands out: trained models, and what was live when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A trained version without its scorecard: a line of the list of models."""

    version: str
    target: str
    horizon_days: int | None
    digest: str
    trained_until: datetime | None
    created_at: datetime
    metrics: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model(ModelInfo):
    """A trained version with its scorecard, as JSON text."""

    scorecard: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A line of the history: from ``promoted_at`` on this version was live for its target.

    ``returns_to`` is the ``id`` of the earlier line that a rollback brought back, None for a promotion.
    """

    id: int
    target: str
    horizon_days: int | None
    version: str
    digest: str
    trained_until: datetime | None
    promoted_at: datetime
    by: str
    reason: str
    returns_to: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion(Promotion):
    """The live version of a target with its scorecard, as JSON text."""

    scorecard: str = field(repr=False)
