"""From what a call tells to what is kept: read by the rules that files are read by, at the time of the call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.clean import Column
from scoring.contract import ACTIVITIES, LEADS, OUTCOMES, TOUCHES, Contract
from scoring.contract_cells import Customs, written
from scoring.io.store.facts import Finding, Told
from scoring.words import Unreadable
from serving.lead_schemas import EventSent
from serving.problems import Fault, pointer
from serving.refusals import ConflictingFacts, UnfitFacts, UnknownLead

AHEAD = timedelta(minutes=5)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AHEAD = AHEAD // _MICROSECOND
_RULES: Mapping[Finding, str] = {
    "unknown_lead": "is not known here",
    "before_lead": "must not be before the lead was created",
    "other_event": "is the id of another event; events never change, so send what came later as an event of its own",
}
# What weighs more comes first: it gives the answer its status.
_REFUSALS: tuple[tuple[Finding, type[UnfitFacts] | type[UnknownLead] | type[ConflictingFacts]], ...] = (
    ("before_lead", UnfitFacts),
    ("unknown_lead", UnknownLead),
    ("other_event", ConflictingFacts),
)
_PLACES: Mapping[Finding, str] = {
    "unknown_lead": "lead_id",
    "before_lead": "occurred_at",
    "other_event": "event_id",
}
_OWN = frozenset(column.name for column in LEADS.columns)
_EMPTY = "must not be empty, nor a word for that such as N/A"
_FUTURE = "must not lie more than 5 minutes ahead"


def micros(moment: datetime) -> int:
    """A time as the store keeps it.

    Examples
    --------
    >>> micros(datetime(1970, 1, 1, 9, 0, 1, tzinfo=UTC))
    32401000000
    """
    return (moment - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Sender:
    """Where the events of a call stand in its body, for whoever is told of a fault.

    Parameters
    ----------
    many : bool
        Whether they stand in a list.
    named_by_header : bool
        Whether the id of the only one stands in a header.
    """

    many: bool = False
    named_by_header: bool = False

    def place(self, position: int, name: str) -> str:
        """The place of a column of an event."""
        if self.named_by_header and name == "event_id":
            return HEADER
        return pointer("events", position, name) if self.many else pointer(name)


HEADER = "header.Idempotency-Key"


class Reader:
    """Reads what is told.

    Parameters
    ----------
    customs : Customs
        How the team writes *no answer*.
    """

    def __init__(self, customs: Customs) -> None:
        self._customs = customs
        self._id = customs.column(LEADS.columns[0])
        self._cells = {
            contract.name: _cells(contract, customs) for contract in (ACTIVITIES, TOUCHES, OUTCOMES)
        }

    def lead_id(self, text: str) -> str:
        """The id of a lead, as files have it.

        Raises
        ------
        UnfitFacts
            If it says nothing.
        """
        found = self._id.clean(text)
        if not isinstance(found, str):
            raise UnfitFacts([Fault(pointer="path.lead_id", detail=_EMPTY)])
        return found

    def properties(self, sent: Mapping[str, object]) -> dict[str, str | None]:
        """Properties as text, as files have them; None empties.

        Raises
        ------
        UnfitFacts
            If one of them is none, or cannot be written down; all such are named.
        """
        found: dict[str, str | None] = {}
        wrong = []
        for name, value in sent.items():
            try:
                found[_property(name)] = written(value, self._customs)
            except Unreadable as rule:
                wrong.append(Fault(pointer=pointer("properties", name), detail=str(rule)))
        if wrong:
            raise UnfitFacts(wrong)
        return found

    def created_at(self, sent: datetime | None, now: int) -> int | None:
        """When a lead was created, if the call says so.

        Raises
        ------
        UnfitFacts
            If that is still to come.
        """
        at = None if sent is None else micros(sent)
        if at is not None and at > now + _AHEAD:
            raise UnfitFacts([Fault(pointer=pointer("created_at"), detail=_FUTURE)])
        return at

    def told(self, contract: Contract, events: Sequence[EventSent], now: int, sender: Sender) -> list[Told]:
        """Events as the store takes them.

        Raises
        ------
        UnfitFacts
            If one of them breaks a rule; all faults of all events are named.
        """
        wrong: list[Fault] = []
        found = []
        for position, sent in enumerate(events):
            faults: list[tuple[str, str]] = []
            found.append(self._event(contract, sent, now, faults))
            wrong.extend(Fault(pointer=sender.place(position, name), detail=rule) for name, rule in faults)
        if wrong:
            raise UnfitFacts(wrong)
        return found

    def _event(self, contract: Contract, sent: EventSent, now: int, faults: list[tuple[str, str]]) -> Told:
        at = now if sent.occurred_at is None else micros(sent.occurred_at)
        known = max(now, at) if sent.recorded_at is None else micros(sent.recorded_at)
        if at > now + _AHEAD:
            faults.append(("occurred_at", _FUTURE))
        if sent.recorded_at is not None and known > now + _AHEAD:
            faults.append(("recorded_at", _FUTURE))
        cells = []
        for name, column, required in self._cells[contract.name]:
            value: Any = getattr(sent, name)
            if value.__class__ is str:
                value = column.clean(value)
                if value is None and required:
                    faults.append((name, _EMPTY))
            elif value.__class__ is float:
                value += 0.0  # so that -0.0 is 0.0
            cells.append(value)
        lead_id, event_id, *content = cells
        return Told(lead_id, at, known, sent.occurred_at is not None, event_id, tuple(content))


def _cells(contract: Contract, customs: Customs) -> tuple[tuple[str, Column, bool], ...]:
    """How the cells of an event are read, and whether each must say something; an id that is given must."""
    column = {column.name: column for column in contract.columns}
    must = {*contract.required, "event_id"}
    return tuple(
        (name, customs.column(column[name]), name in must)
        for name in ("lead_id", "event_id", *contract.content)
    )


def _property(name: str) -> str:
    if name in _OWN:
        raise Unreadable("stands beside `properties`, not in it")
    if not name.strip() or "\0" in name:
        raise Unreadable("must have a name")
    return name


def refusal(
    found: Iterable[tuple[int, Finding]], sender: Sender
) -> UnfitFacts | UnknownLead | ConflictingFacts:
    """Why events cannot be kept, every one of them with its place.

    Parameters
    ----------
    found : iterable of (int, str)
        By position, as the store found it.
    sender : Sender
        Where they stood.
    """
    findings = list(found)
    kinds = {finding for _, finding in findings}
    faults = [Fault(pointer=sender.place(at, _PLACES[one]), detail=_RULES[one]) for at, one in findings]
    return next(kind for finding, kind in _REFUSALS if finding in kinds)(faults)
