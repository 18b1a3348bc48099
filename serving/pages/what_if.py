"""A lead as it would be: its properties as fields of a form, and what another value would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from scoring.clean import Column, Unreadable
from scoring.forms import AS_IS
from scoring.scorecard import Scorecard
from serving.answers import IN_STORE
from serving.live import LiveModel
from serving.pages.standing import Said, Standing
from serving.pages.words import mark
from serving.problems import Fault, pointer

PREFIX: Final = "if."
# An answer that no model has seen; people choose it by these words, and answers are named by them too.
OTHER: Final = mark("another value")
MOST_CHOICES: Final = 60
Kind = Literal["number", "choice", "text"]
_YES_NO: Final = ("yes", "no")
_HINTS: Final[Mapping[str, str]] = {
    "number": mark("a number"),
    "date": mark("a date"),
    "boolean": mark("yes or no"),
    "email": mark("an e-mail address"),
    "job_title": mark("a job title"),
    "country": mark("a country"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """A property in the form.

    Parameters
    ----------
    name : str
        The property.
    kind : {"number", "choice", "text"}
        How it is asked for.
    shown : str
        What the lead has; empty where it has none.
    value : str
        What the form says.
    choices : tuple of str
        What may be chosen.
    hint : str or None
        What it holds, in words to be translated.
    """

    name: str
    kind: Kind
    shown: str
    value: str
    choices: tuple[str, ...] = ()
    hint: str | None = None

    @property
    def changed(self) -> bool:
        """Whether the form says something else than what the lead has."""
        return self.value != self.shown

    @property
    def key(self) -> str:
        """What the form calls it."""
        return PREFIX + self.name


def fields(live: LiveModel, properties: Mapping[str, object], asked: Mapping[str, str]) -> list[Field]:
    """The properties that a model reads, as they are and as the form has them.

    Parameters
    ----------
    live : LiveModel
        The model.
    properties : mapping of str to object
        The lead as it is.
    asked : mapping of str to str
        What the form says, by :attr:`Field.key`; a property that it does not name stays as it is.
    """
    columns = {column.name: column for column in reversed(live.columns)}
    return [_field(columns[name], live.cards, properties.get(name), asked) for name in sorted(columns)]


def _field(column: Column, cards: Iterable[Scorecard], cell: object, asked: Mapping[str, str]) -> Field:
    shown = "" if cell is None else str(cell)
    choices = _YES_NO if column.type == "boolean" else _levels(column, cards)
    kind: Kind = "choice" if choices else "number" if column.type == "number" else "text"
    if choices:
        shown = _chosen(column, cell, shown)
        choices = (*dict.fromkeys(choices),)
        if shown and shown not in choices:
            choices = (shown, *choices)
        if column.type != "boolean":
            choices = (*choices, OTHER)
    # A browser sends a line break as two characters, and none at either end of a value.
    value = asked.get(PREFIX + column.name, shown)
    same = value.replace("\r\n", "\n").strip() == shown.strip()
    return Field(column.name, kind, shown, shown if same else value, choices, _HINTS.get(column.type))


def _chosen(column: Column, cell: object, shown: str) -> str:
    """Which of the choices a lead's value is; one that cannot be read is a choice of its own."""
    try:
        read = column.clean(cell)
    except Unreadable:
        return shown
    return "" if read is None else str(read)


def _levels(column: Column, cards: Iterable[Scorecard]) -> tuple[str, ...]:
    """The answers that models tell apart; none where a property is no category, or has too many to choose from."""
    if column.type != "category":
        return ()
    made = {
        (card.meta.version, feature.name)
        for card in cards
        for feature in card.of_properties
        if feature.form == AS_IS and feature.sources == (column.name,)
    }
    found = dict.fromkeys(
        level
        for card in cards
        for term in card.terms
        if (card.meta.version, term.feature) in made
        for level in term.levels
    )
    return tuple(found) if len(found) <= MOST_CHOICES else ()


def given(wanted: Sequence[Field]) -> dict[str, str | None]:
    """What is taken to be otherwise, as a call of ``/v1/score`` would say it; None for what is emptied."""
    return {field.name: field.value or None for field in wanted if field.changed}


@dataclass(frozen=True, slots=True)
class Difference:
    """What a feature adds now, and what it would.

    Parameters
    ----------
    feature : str
        The feature.
    before, after : float
        Parts of the log-odds.
    """

    feature: str
    before: float
    after: float


def differences(before: Said, after: Said) -> list[Difference]:
    """The features that would add something else, the strongest change first.

    Parameters
    ----------
    before, after : Said
        What the same model says of the lead as it is, and as it would be.
    """
    then = after.score.contributions
    moved = [
        Difference(name, part, then[name])
        for name, part in before.score.contributions.items()
        if part != then[name]
    ]
    return sorted(moved, key=lambda one: -abs(one.after - one.before))


def wrong(standing: Standing) -> dict[str, str]:
    """The rule that a property breaks, by property."""
    return {_property(fault): fault.detail.removeprefix(IN_STORE) for fault in standing.faults}


def _property(fault: Fault) -> str:
    """The property that a fault points to."""
    name: Any = fault.pointer.removeprefix(pointer("properties", ""))
    return str(name).replace("~1", "/").replace("~0", "~")
