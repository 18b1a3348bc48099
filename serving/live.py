"""What is live: the champions of the store, parsed, and watched for new ones while serving.

A request reads one attribute, :attr:`Live.now`, and keeps what it got until its end; a new champion
replaces that attribute in one step, so no request ever sees half of two models.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from threading import Event, Thread
from types import MappingProxyType
from typing import Protocol

from scoring.clean import Column
from scoring.errors import LeadLoopError, ModelError, NoChampion
from scoring.io.sections import Value
from scoring.io.store import Champion, Model
from scoring.policy import Policy
from scoring.scorecard import Scorecard
from scoring.stages import STAGES
from scoring.value import AMOUNT, WON
from serving.decision import Due, Handoff
from serving.names import Names
from serving.problems import UnclearTarget, UnknownTarget
from serving.schemas import ModelName
from serving.worth import Worth

POLL_SECONDS = 1.0
NOTHING_LIVE = (
    "No model is live yet. Train one with `leadloop train`, or make one live with `leadloop promote VERSION`; "
    "it is taken up within seconds."
)
REFUSED = "The log says why. Promote another version with `leadloop promote VERSION`."
log = logging.getLogger("leadloop.serving")


class Champions(Protocol):
    """The part of the store that serving asks."""

    def champion_stamp(self, target: str | None = None) -> int | None:
        """Tell cheaply whether the champion changed."""

    def champion(self, target: str | None = None) -> Champion | None:
        """Find the model that is live."""


class Challengers(Protocol):
    """The part of the store that serving asks where challengers score too."""

    def model_count(self) -> int:
        """How many versions are kept: it grows with every one that is trained."""

    def challenger(self, target: str) -> Model | None:
        """Find what may follow the live model."""


class Policies(Protocol):
    """The part of the store that serving asks where leads are handed over."""

    def policy_stamp(self) -> int | None:
        """Tell cheaply whether the policy changed."""

    def policy(self) -> Policy | None:
        """Find the policy in force."""


@dataclass(frozen=True)
class LiveModel:
    """A model of the store, ready to score.

    Parameters
    ----------
    card : Scorecard
        What scores.
    name : ModelName
        How an answer names it.
    worth : Worth or None
        What tells the expected value, by the champion of *won*; None where there is none.
    handoff : Handoff or None
        What decides whether a lead is handed over; None where no policy is in force, or no model for its target.
    """

    card: Scorecard
    name: ModelName
    worth: Worth | None = None
    handoff: Handoff | None = None

    @cached_property
    def cards(self) -> tuple[Scorecard, ...]:
        """The scorecards that read a lead: its own, the one that decides, and the one that tells its worth."""
        found = [self.card]
        for beside in (self.handoff, self.worth):
            if beside is not None and all(beside.card is not card for card in found):
                found.append(beside.card)
        return tuple(found)

    @cached_property
    def reads_events(self) -> bool:
        """Whether one of them reads what happened to the lead."""
        return any(card.of_events for card in self.cards)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """How each property is read, by each of them."""
        return tuple(dict.fromkeys(column for card in self.cards for column in card.columns))

    @cached_property
    def names(self) -> Names:
        """The properties that are read, and what others may have meant."""
        amount = () if self.worth is None else (AMOUNT,)
        return Names(dict.fromkeys((*(column.name for column in self.columns), *amount)))

    @cached_property
    def moment(self) -> Column | None:
        """The column that says when a lead is scored."""
        own = self.card.meta.as_of_column
        return next((column for column in self.card.columns if column.name == own), None)


@dataclass(frozen=True, kw_only=True)
class LiveChampion(LiveModel):
    """A champion, ready to score.

    Parameters
    ----------
    champion : Champion
        What the store says of it.
    shadow : LiveModel or None
        The challenger that scores what it scores, for the score log alone.
    """

    champion: Champion
    shadow: LiveModel | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """What is served at one moment.

    Parameters
    ----------
    models : mapping of str to LiveChampion
        By target.
    reachable : bool
        Whether the store answered when last asked.
    refused : mapping of str to str
        By target, the version of its newest champion, where that could not be taken up.
    """

    models: Mapping[str, LiveChampion] = field(default_factory=lambda: MappingProxyType({}))
    reachable: bool = True
    refused: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def model(self, target: str | None, primary: str) -> LiveChampion:
        """The model that a call means.

        Parameters
        ----------
        target : str or None
            The target it names.
        primary : str
            The target that is meant where it names none; without a champion, the only one that has one.

        Raises
        ------
        NoChampion
            If nothing is live.
        UnknownTarget, UnclearTarget
            If something is, but not for the target named, or none is named and several could be meant.
        """
        found = self.models.get(target or primary)
        if found is None and target is None and len(self.models) == 1:
            found = next(iter(self.models.values()))
        if found is not None:
            return found
        live = ", ".join(sorted(self.models))
        if not live:
            raise self.nothing()
        if target is None:
            raise UnclearTarget(f"Several targets have a model: {live}. Name one as `target`.")
        raise UnknownTarget(f"No model is live for the target asked for. Live: {live}.")

    def nothing(self) -> NoChampion:
        """Why no score can be given, where nothing is live."""
        if not self.refused:
            return NoChampion(NOTHING_LIVE)
        named = ", ".join(f"{version} for {target}" for target, version in self.refused.items())
        return NoChampion(f"No model is live: {named} cannot be taken up. {REFUSED}")


class Live:
    """The champions of a store, kept up to date.

    Parameters
    ----------
    store : Champions
        Where they come from.
    primary : str
        The target that a call means when it names none.
    value : Value
        What a won deal brings, and the share of it that is earned.
    challengers : Challengers, optional
        Where challengers come from; by default none scores.
    policies : Policies, optional
        Where the handoff policy comes from; by default nothing is decided.
    due : callable, optional
        By when a lead must have been touched that is handed over at some moment.
    """

    def __init__(
        self,
        store: Champions,
        primary: str,
        value: Value = Value(),  # noqa: B008 - frozen
        challengers: Challengers | None = None,
        policies: Policies | None = None,
        due: Due | None = None,
    ) -> None:
        self.store = store
        self.primary = primary
        self.value = value
        self.challengers = challengers
        self.policies = policies
        self.policy: Policy | None = None
        self._due = due
        self._policy_stamp: int | None = None
        self.targets = tuple(dict.fromkeys((primary, *STAGES)))
        self.now = Now()
        self._stamps: dict[str, int | None] = {}
        self._shadows: dict[str, LiveModel] = {}
        self._kept: int | None = None

    def refresh(self) -> None:
        """Ask the store once, and take up what is new; what cannot be read changes nothing but the log."""
        try:
            changed = self._changed()
            found = {target: self.store.champion(target) for target in changed}
            rivals = self._rivals(promoted=bool(found))
            published = self._published()
        except LeadLoopError as error:
            if self.now.reachable:
                log.error("%s What was live goes on serving.", error)
            self.now = Now(self.now.models, False, self.now.refused)
            return
        if not self.now.reachable:
            log.info("The store answers again.")
        models, refused = dict(self.now.models), dict(self.now.refused)
        for target, champion in found.items():
            self._take_up(target, champion, models, refused)
        if rivals is not None:
            self._shadow(rivals)
        if found or rivals is not None or published or not self.now.reachable:
            whole = MappingProxyType(self._whole(models))
            self.now = Now(whole, True, MappingProxyType(refused))
        self._stamps |= changed

    def _changed(self) -> dict[str, int | None]:
        stamps = {target: self.store.champion_stamp(target) for target in self.targets}
        return {target: stamp for target, stamp in stamps.items() if self._stamps.get(target) != stamp}

    def _rivals(self, *, promoted: bool) -> dict[str, Model] | None:
        """The challengers; None where they are those of before, or none are wanted."""
        if self.challengers is None:
            return None
        kept = self.challengers.model_count()
        if kept == self._kept and not promoted:
            return None
        found = {target: self.challengers.challenger(target) for target in self.targets}
        self._kept = kept
        return {target: model for target, model in found.items() if model is not None}

    def _published(self) -> bool:
        """Take up the policy in force; whether it is another one than before."""
        if self.policies is None:
            return False
        stamp = self.policies.policy_stamp()
        if stamp == self._policy_stamp:
            return False
        self.policy = self.policies.policy()
        self._policy_stamp = stamp
        if self.policy is not None:
            log.info("Handoff policy %s is in force.", self.policy.key)
        return True

    def _shadow(self, rivals: Mapping[str, Model]) -> None:
        """Let these challengers score, and no others; one that cannot be read is only missed in the log."""
        before, self._shadows = self._shadows, {}
        for target, model in rivals.items():
            known = before.get(target)
            if known is not None and known.name.version == model.version:
                self._shadows[target] = known
                continue
            try:
                self._shadows[target] = LiveModel(*self._parsed(model))
                log.info("Version %s shadows what is live for %s.", model.version, target)
            except Exception as error:  # as below
                log.error("Challenger %s for %s cannot shadow: %s", model.version, target, _why(error))

    def _take_up(
        self,
        target: str,
        champion: Champion | None,
        models: dict[str, LiveChampion],
        refused: dict[str, str],
    ) -> None:
        refused.pop(target, None)
        if champion is None:
            models.pop(target, None)
            log.warning("Nothing is live for %s any more.", target)
            return
        try:
            models[target] = LiveChampion(*self._parsed(champion), champion=champion)
            log.info("Version %s is live for %s.", champion.version, target)
        except Exception as error:  # a damaged artifact may fail in any way; it must not stop the others
            refused[target] = champion.version
            kept = models.get(target)
            serving = f"{kept.champion.version} goes on serving" if kept else "nothing serves"
            log.error(
                "Version %s for %s cannot be taken up, %s: %s", champion.version, target, serving, _why(error)
            )

    def _whole(self, models: Mapping[str, LiveChampion]) -> dict[str, LiveChampion]:
        """The same, each with what tells the expected value, what decides, and its challenger."""
        won = models.get(WON)
        worth = Worth.of(None if won is None else won.card, self.value)
        deciding = None if self.policy is None else models.get(self.policy.target)
        handoff = Handoff.of(self.policy, None if deciding is None else deciding.card, self._due)
        return {
            target: replace(model, worth=worth, handoff=handoff, shadow=self._shadows.get(target))
            for target, model in models.items()
        }

    def _parsed(self, kept: Champion | Model) -> tuple[Scorecard, ModelName]:
        if blake2b(kept.scorecard.encode(), digest_size=16).hexdigest() != kept.digest:
            raise ModelError(
                "The scorecard does not match its digest. Roll back, or promote another version."
            )
        card = Scorecard.from_json(kept.scorecard)
        card.score_one({})  # the first lead must not wait for what is computed once
        name = "leadloop" if kept.target == self.primary else f"leadloop-{kept.target}"
        named = ModelName(name=name, version=kept.version, target=kept.target, horizon_days=kept.horizon_days)
        return card, named


def _why(error: Exception) -> object:
    """What the log says of an error: our own words, or no more than its kind."""
    return error if isinstance(error, LeadLoopError) else type(error).__name__


class Watch:
    """Refreshes a :class:`Live` in a thread of its own, about once a second.

    Parameters
    ----------
    refresh : callable
        What to do each time.
    seconds : float
        How long to wait in between.
    """

    def __init__(self, refresh: Callable[[], None], seconds: float = POLL_SECONDS) -> None:
        self._refresh, self._seconds = refresh, seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="leadloop-live", daemon=True)

    def start(self) -> None:
        """Begin watching."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, once the refresh that is under way is done."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._refresh()
            except Exception as error:
                # Whatever went wrong, the next try may find it mended; a dead watch never would.
                log.error("Asking the store failed: %s.", type(error).__name__)
