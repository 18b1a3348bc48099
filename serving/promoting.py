"""What it takes to change what is live, whoever asks: a call, or a page."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from scoring.errors import ModelError
from scoring.io.store import Champion, Store
from scoring.scorecard import Scorecard
from serving.deps import Deps
from serving.proposing import after_promotion
from serving.refusals import NoSuchVersion, NotPromoted

log = logging.getLogger("leadloop.serving")


@dataclass(frozen=True, slots=True)
class Changed:
    """What is live now.

    Parameters
    ----------
    champion : Champion
        The newest line of the history.
    handoffs : str or None
        What becomes of the handoffs of the policy in force, which is not changed; None where it is not concerned.
    """

    champion: Champion
    handoffs: str | None


def promote(deps: Deps, store: Store, version: str, by: str, reason: str) -> Changed:
    """Put a trained model into service; requests that are under way end with the one before.

    Parameters
    ----------
    deps : Deps
        Its clock, and what serves.
    store : Store
        Where the models are.
    version : str
        Which one.
    by, reason : str
        Who decided, and why.

    Raises
    ------
    NoSuchVersion
        If it is not kept.
    NotPromoted
        If no server could take it up.
    """
    _check(store, version)
    return _taken_up(deps, store, store.promote(version, by, reason, deps.clock()))


def roll_back(deps: Deps, store: Store, target: str | None, by: str, reason: str) -> Changed:
    """Put the model into service again that was live before; once more goes one further back.

    Parameters
    ----------
    deps, store, by, reason
        As in :func:`promote`.
    target : str or None
        The stage; None for the primary one.

    Raises
    ------
    NotPromoted
        If nothing was live before.
    """
    try:
        champion = store.rollback(target, by, reason, deps.clock())
    except ModelError as error:
        raise NotPromoted(str(error)) from error
    return _taken_up(deps, store, champion)


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


def _taken_up(deps: Deps, store: Store, champion: Champion) -> Changed:
    """What is live now, taken up by this process at once."""
    deps.refresh()
    told = after_promotion(store, champion.target)
    if told is not None:
        log.warning("%s", told)
    return Changed(champion, told)
