"""The first days: where nothing can be learned yet, the team's own points rule serves, as any champion does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import numpy as np

from scoring.clean import Column
from scoring.event_forms import events_of
from scoring.io.store import Model
from scoring.leads import ledger_features
from scoring.observed import Ways, guess_properties
from scoring.points import plain_columns, points_card, ranked_among
from scoring.scorecard import Meta, Scorecard

if TYPE_CHECKING:
    from scoring.io.sections import PointsRule, Sections
    from scoring.io.store import Store
    from scoring.ledger import Ledger

BY: Final = "leadloop"
WHY: Final = "no model yet: the points rule of the settings serves"
RECENT: Final = 20_000


def serve_points(store: Store, settings: Sections, now: datetime) -> list[str]:
    """Make the points rule live for each target that has no model yet, and say for which.

    It is made anew where the rule has changed, or leads have doubled since: scores say which share of the leads
    has fewer points.

    Parameters
    ----------
    store : Store
        Where champions are.
    settings : Sections
        The rule.
    now : datetime
        The time, with an offset.

    Raises
    ------
    SettingsError
        If the rule names a property that no lead has, or compares numbers with text.
    """
    if not settings.points:
        return []
    mark = _mark(settings.points, store.lead_count(), settings.grades.cuts)
    due = [target for target in settings.targets if _is_due(store, target, mark)]
    if not due:
        return []
    ledger = store.ledger()
    for target in due:
        card = compiled(settings, ledger, target, now.timestamp())
        version = f"points-{blake2b((card.to_json() + mark).encode(), digest_size=4).hexdigest()}"
        _keep(store, replace(card, meta=replace(card.meta, version=version)), mark, now)
        store.promote(version, BY, WHY, now)
    return due


def compiled(settings: Sections, ledger: Ledger, target: str, now: float) -> Scorecard:
    """The points rule as a scorecard, its scores ranked among the newest leads as they are known now.

    Parameters
    ----------
    settings : Sections
        The rule, and the horizon of the target.
    ledger : Ledger
        The leads.
    target : str
        The stage it stands in for.
    now : float
        Seconds since 1970 UTC.
    """
    rules = settings.points
    meta = Meta("", target, settings.targets[target], grades=settings.grades.cuts)
    events = events_of(ledger, settings.time.zone)
    if not len(ledger):
        return points_card(rules, _unseen(rules, [event.name for event in events]), meta, events)
    ways = Ways(time_zone=settings.time.zone, missing=settings.reading.missing)
    card = points_card(rules, [guess.column for guess in guess_properties(ledger, ways)], meta, events)
    newest = np.sort(np.argsort(-ledger.created, kind="stable")[:RECENT])
    features, _ = ledger_features(card, ledger, newest, np.full(len(newest), now))
    return ranked_among(card, features, len(newest))


def _unseen(rules: Sequence[PointsRule], events: Sequence[str]) -> list[Column]:
    return [column for column in plain_columns(rules) if column.name not in events]


def _is_due(store: Store, target: str, mark: str) -> bool:
    """Whether nothing is live for a target, or a points rule that is not up to date."""
    live = store.champions(target)
    if not live:
        return True
    source = store.model(live[0].version).source
    return "points" in source and source["points"] != mark


def _mark(rules: Sequence[PointsRule], leads: int, grades: Sequence[int]) -> str:
    """What a compiled rule depends on; leads count by their doublings."""
    said = repr((list(rules), leads.bit_length(), tuple(grades)))
    return blake2b(said.encode(), digest_size=8).hexdigest()


def _keep(store: Store, card: Scorecard, mark: str, now: datetime) -> None:
    store.save_model(
        Model(
            version=card.meta.version,
            target=card.meta.target,
            horizon_days=card.meta.horizon_days,
            scorecard=card.to_json(),
            digest=card.digest,
            trained_until=None,
            created_at=now,
            recipe={"arm": "points"},
            source={"points": mark, "rows": card.meta.rows},
        )
    )
