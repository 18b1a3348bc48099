"""MLflow's aliases follow the store: what is live is decided there, and told here."""

from __future__ import annotations

from scoring.errors import LeadLoopError
from scoring.io.settings import Settings
from scoring.io.store import Champion
from scoring.scorecard import Scorecard
from serving.cli.terminal import console


def is_learned(champion: Champion) -> bool:
    """Whether a champion came out of a training run, so that MLflow knows it; a points rule does not."""
    return Scorecard.from_json(champion.scorecard).meta.kind == "learned"


def mirror(settings: Settings, target: str, champion: Champion | None, challenger: str | None = None) -> None:
    """Set the aliases of a target; where MLflow cannot be asked or lacks the model, that is said and no more.

    Parameters
    ----------
    settings : Settings
        Where MLflow is.
    target : str
        The target.
    champion : Champion or None
        What is live.
    challenger : str, optional
        The version that was trained last, and is not live.
    """
    from scoring.io.registry import open_registry

    version = champion.version if champion is not None and is_learned(champion) else None
    try:
        open_registry(settings).mirror(target, version, challenger)
    except LeadLoopError as error:
        console.print(f"MLflow's alias was not moved: {error}", markup=False, soft_wrap=True)
