"""What happened to a lead, in the words of a reader: a line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scoring.feature_words import level_said
from scoring.features import Feature
from scoring.io.store.overrides import Override
from scoring.io.store.timeline import Happened, Kind
from serving.pages.site import WEB, Reader
from serving.pages.words import mark
from serving.showing import moment

# Microseconds after which it is said that something was written down later than it happened.
LATE: Final = 24 * 3_600_000_000
_STAGE: Final = Feature("stage", "category", "process", ("outcomes",), "stage")
_SHORT: Final[Mapping[str, str]] = {"mql": "MQL", "sal": "SAL", "sql": "SQL"}
KINDS: Final[Mapping[Kind, str]] = {
    "created": mark("Created"),
    "change": mark("New value"),
    "activity": mark("Activity"),
    "touch": mark("Touch"),
    "outcome": mark("Outcome"),
    "assignment": mark("Owner"),
    "handoff": mark("Handed over"),
    "answer": mark("Sales' answer"),
    "override": mark("Override"),
    "taken back": mark("Taken back"),
}
# How most teams name the ways to reach a lead; others stay as they are written.
_CHANNELS: Final[Mapping[str, str]] = {
    "call": mark("call"),
    "phone": mark("phone"),
    "email": mark("e-mail"),
    "meeting": mark("meeting"),
    "visit": mark("visit"),
}
_REACHED: Final = mark("reached")
_MISSED: Final = mark("not reached")
_SAID: Final[Mapping[str, str]] = {"accepted": mark("accepted"), "rejected": mark("rejected")}
_NAMELESS: Final[Mapping[str, str]] = {
    WEB: mark("somebody without a login"),
    "api": mark("a program without a key"),
}
_WORDS: Final[Mapping[str, str]] = {"score": mark("Score {value}"), "decision": mark("Decision: {value}")}
ACTIONS: Final[Mapping[str, str]] = {
    "hand_over": mark("hand over"),
    "explore": mark("hand over, drawn"),
    "nurture": mark("nurture"),
    "none": mark("no policy"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """Something that happened.

    Parameters
    ----------
    at : datetime
        When.
    kind : str
        What it is, for the looks.
    word : str
        The same in words.
    text : str
        What.
    about : list of str
        What else is known of it.
    """

    at: datetime
    kind: Kind
    word: str
    text: str
    about: list[str]


def line(happened: Happened, reader: Reader) -> Line:
    """Something that happened, in words.

    Parameters
    ----------
    happened : Happened
        What.
    reader : Reader
        Who reads.
    """
    at = moment(happened.at)
    assert at is not None
    text, about = _TOLD[happened.kind](happened.content, reader)
    if happened.recorded_at - happened.at > LATE:
        known = reader.formats.moment(moment(happened.recorded_at), year=True)
        about.append(reader.say("written down {when}", when=known))
    return Line(
        at, happened.kind, reader.say(KINDS[happened.kind]), text, [one for one in about if one is not None]
    )


def stage_said(stage: str, reader: Reader) -> str:
    """A stage in words."""
    return _SHORT.get(stage) or level_said(_STAGE, stage, reader.lang)


def who_said(author: str, reader: Reader) -> str:
    """Who did something; on the machine of the service itself nobody needs a login as long as there is no key."""
    return reader.say(_NAMELESS[author]) if author in _NAMELESS else author


def value_said(field: str, value: str | None, reader: Reader) -> str:
    """What a human's word says, or what the model said in its place: of a decision that is a likelihood."""
    if value is None:
        return reader.say("nothing")
    if field == "score":
        return value
    if value in ACTIONS:
        return reader.say(ACTIONS[value])
    return reader.formats.percent(float(value))


def word_said(word: Override, reader: Reader) -> str:
    """A human's word, who says so, and until when."""
    said = reader.say(_WORDS[word.field], value=value_said(word.field, word.value, reader))
    until = reader.formats.day(moment(word.expires_at))
    return reader.say(
        "{said}, says {who} until {when}", said=said, who=who_said(word.author, reader), when=until
    )


Told = tuple[str, list[str | None]]


def _created(_: Mapping[str, Any], reader: Reader) -> Told:
    return reader.say("The lead was created."), []


def _change(content: Mapping[str, Any], reader: Reader) -> Told:
    name, value = content["property"], content["value"]
    if value is None:
        return reader.say("{property} emptied", property=name), []
    return f"{name} = {value}", []


def _activity(content: Mapping[str, Any], reader: Reader) -> Told:
    value = content["value"]
    said = None if value is None else reader.say("value {value}", value=reader.formats.number(value, 2))
    return content["kind"], [content["campaign"], said]


def _touch(content: Mapping[str, Any], reader: Reader) -> Told:
    channel, reached = content["channel"], content["connected"]
    text = reader.say(_CHANNELS[channel]) if channel in _CHANNELS else channel
    said = None if reached is None else reader.say(_REACHED if reached else _MISSED)
    return text, [content["rep"], said, reader.say("automatic") if content["automatic"] else None]


def _outcome(content: Mapping[str, Any], reader: Reader) -> Told:
    amount = content["amount"]
    money = None if amount is None else reader.formats.money(amount, content["currency"])
    return stage_said(content["stage"], reader), [money, _reason(content, reader), content["rep"]]


def _assignment(content: Mapping[str, Any], _: Reader) -> Told:
    return content["rep"], []


def _handoff(content: Mapping[str, Any], reader: Reader) -> Told:
    likelihood = content["likelihood"]
    share = reader.formats.percent(likelihood)
    return content["rep"] or reader.say("nobody had room"), [
        None if likelihood is None else reader.say("likelihood {share}", share=share),
        reader.say("policy {number}", number=content["policy"]),
        reader.say("drawn from below the threshold") if content["action"] == "explore" else None,
    ]


def _answer(content: Mapping[str, Any], reader: Reader) -> Told:
    who, said = content["by"], _SAID[content["state"]]
    return reader.say(said), [
        reader.say("in silence") if who == "silence" else who_said(who, reader),
        _reason(content, reader),
    ]


def _override(content: Mapping[str, Any], reader: Reader) -> Told:
    until = reader.formats.moment(moment(content["expires_at"]), year=True)
    model = value_said(content["field"], content["model_value"], reader)
    return _word(content, reader), [
        reader.say("the model said {value}", value=model),
        who_said(content["author"], reader),
        content["reason"],
        reader.say("until {when}", when=until),
    ]


def _taken_back(content: Mapping[str, Any], reader: Reader) -> Told:
    return _word(content, reader), []


def _word(content: Mapping[str, Any], reader: Reader) -> str:
    form = _WORDS[content["field"]]
    return reader.say(form, value=value_said(content["field"], content["value"], reader))


def _reason(content: Mapping[str, Any], reader: Reader) -> str | None:
    """A reason: those of the settings have words in each language, others stay as they are written."""
    reason: str | None = content["reason"]
    return reader.say(reason) if reason else None


_TOLD: Final[Mapping[Kind, Callable[[Mapping[str, Any], Reader], Told]]] = {
    "created": _created,
    "change": _change,
    "activity": _activity,
    "touch": _touch,
    "outcome": _outcome,
    "assignment": _assignment,
    "handoff": _handoff,
    "answer": _answer,
    "override": _override,
    "taken back": _taken_back,
}


def cursor(shown: list[Happened], until: int | None, skip: int) -> tuple[int, int]:
    """Where the next page begins: the moment of the last line, and how many of that moment were shown.

    Parameters
    ----------
    shown : list of Happened
        The lines of this page.
    until, skip
        Where this page began.

    Examples
    --------
    >>> one = Happened(5, "created", {}, 5)
    >>> cursor([one, one], None, 0), cursor([one], 5, 2)
    ((5, 2), (5, 3))
    """
    last = shown[-1].at
    of_it = sum(1 for one in shown if one.at == last)
    return last, of_it + (skip if last == until else 0)
