"""The scorecard that a command is told to use: what is live, a version of the store, or a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scoring.errors import ModelError, NoChampion, SettingsError
from scoring.io.sections import Value
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.scorecard import Scorecard
from scoring.value import WON
from serving.cold_start import serve_points
from serving.decision import Handoff, handoff_of
from serving.worth import Worth

CHAMPION = "champion"
MODEL_HELP = (
    "champion (what is live), a VERSION that `leadloop models` lists, or the PATH of a scorecard.json."
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A scorecard to score with.

    Parameters
    ----------
    card : Scorecard
        The scorecard.
    won : Scorecard or None
        The one that tells how likely a won deal is, if there is one.
    handoff : Handoff or None
        What decides which leads are handed over: nothing, where a scorecard was named that need not be live.
    """

    card: Scorecard
    won: Scorecard | None
    handoff: Handoff | None = None

    def worth(self, value: Value) -> Worth | None:
        """What a won deal is worth, where there is a model of that.

        Parameters
        ----------
        value : Value
            What the team has set.
        """
        return Worth.of(self.won, value)


def choose(model: str, target: str | None, settings: Settings) -> Chosen:
    """The scorecard a user means.

    Parameters
    ----------
    model : str
        ``champion``, a version or a path.
    target : str or None
        The target it must be of; None: the primary one, or the only one that has a champion.
    settings : Settings
        Where the store is.

    Raises
    ------
    NoChampion
        If nothing is live.
    ModelError
        If there is no such model, or it is of another target.
    """
    path = Path(model)
    if path.suffix == ".json" or path.is_file():
        return _alone(_of_file(path), target)
    with open_store(settings.database_url, settings.primary) as store:
        if model != CHAMPION:
            return _alone(Scorecard.from_json(store.model(model).scorecard), target)
        serve_points(store, settings, datetime.now(UTC))
        card = _live(store, target)
        if card is None:
            named = f" for target {target}" if target else ""
            raise NoChampion(
                f"No model is live yet{named}. Train one with `leadloop train LEADS.csv --label COLUMN`, "
                "or name another with --model."
            )
        won = card if card.meta.target == WON else _live(store, WON)
        return Chosen(card, won, handoff_of(store, card, won))


def _live(store: Store, target: str | None) -> Scorecard | None:
    """The champion, if there is one."""
    champion = store.champion(target)
    return None if champion is None else Scorecard.from_json(champion.scorecard)


def _of_file(path: Path) -> Scorecard:
    """The scorecard of a file."""
    try:
        return Scorecard.from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(
            f"--model {path} cannot be read: {error.strerror or 'the system refuses'}."
        ) from error
    except UnicodeDecodeError as error:
        raise ModelError(f"{path} is not a scorecard: it is no text. Give a scorecard.json.") from error


def _alone(card: Scorecard, target: str | None) -> Chosen:
    """A scorecard that was named, which must be of the target."""
    if target is not None and card.meta.target != target:
        raise ModelError(
            f"Model {card.meta.version} is of target {card.meta.target}, got --target {target}. "
            "Leave --target out."
        )
    return Chosen(card, card if card.meta.target == WON else None)
