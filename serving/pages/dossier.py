"""All that the store knows of one lead, as its page asks for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from scoring.contract import to_micros
from scoring.io.store.faces import faces
from scoring.io.store.handoffs import Handoff, read_handoffs
from scoring.io.store.lead_page import LeadPage, read_page
from scoring.io.store.ledger import read_lead
from scoring.io.store.overrides import Override, overrides_of
from scoring.io.store.queue import QueueRow, read_row
from scoring.io.store.scores import ScoreRow, score_history
from scoring.io.store.search import find_alike
from scoring.io.store.timeline import Happened, read_timeline
from scoring.ledger import OneLead
from serving.pages.what_if import PREFIX

# So much of what happened stands on a lead's page, and so much on those that are only looked through.
FIRST_LINES: Final = 20
LINES: Final = 100
SCORES: Final = 50
ALIKE: Final = 20
LARGEST: Final = 2**31 - 1
# Times that the store can hold.
EVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of what is known somebody wants to see.

    Parameters
    ----------
    target : str or None
        Whose model explains itself, and whose scores are listed.
    challengers : bool
        Whether to list what challengers said too.
    scores : int
        How many of the newest scores to leave out.
    until, past : int or None, int
        Where the page of the timeline begins; see :func:`scoring.io.store.timeline.read_timeline`.
    asked : mapping of str to str
        What the form *what if* says.
    """

    target: str | None = None
    challengers: bool = False
    scores: int = 0
    until: int | None = None
    past: int = 0
    asked: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, str], targets: Sequence[str] = ()) -> Wanted:
        """What an address asks for; what makes no sense is as if it were not there.

        Parameters
        ----------
        query : mapping of str to str
            The parameters.
        targets : sequence of str
            The targets that have a model; the first is shown where none of them is asked for.

        Examples
        --------
        >>> Wanted.of({"scores": "50", "until": "soon", "if.visits": "3"}, ["won"])
        Wanted(target='won', challengers=False, scores=50, until=None, past=0, asked={'if.visits': '3'})
        """
        target = query.get("target", "")
        return cls(
            target=target if target in targets else next(iter(targets), None),
            challengers=query.get("challengers") == "yes",
            scores=_count(query.get("scores")) or 0,
            until=_count(query.get("until"), EVER),
            past=_count(query.get("past")) or 0,
            asked={name: value for name, value in query.items() if name.startswith(PREFIX)},
        )

    @property
    def lines(self) -> int:
        """How many lines of what happened a page has."""
        return FIRST_LINES if self.until is None else LINES


def _count(text: str | None, most: int = LARGEST) -> int | None:
    """A whole number; moments before 1970 are negative."""
    digits = (text or "").removeprefix("-")
    if text is None or not digits.isascii() or not digits.isdecimal() or len(digits) > len(str(most)):
        return None
    found = int(text)
    return found if -most < found < most else None


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known of a lead.

    Parameters
    ----------
    page : LeadPage
        What it is, and how its scores moved of late.
    known : OneLead or None
        The same as models read it.
    row : QueueRow or None
        What it is owed, where it waits in the queue.
    pending : list of Handoff
        Handoffs that wait for an answer.
    words : list of Override
        What people said beside the model and what still holds.
    alike : list of str
        Other leads with the same address or number.
    faces : mapping of str to mapping
        What people know it and those by.
    happened : list of Happened
        A page of what happened, and one more where there is another page.
    scores : list of ScoreRow
        A page of what it was scored, and one more where there is another page.
    """

    page: LeadPage
    known: OneLead | None
    row: QueueRow | None
    pending: list[Handoff]
    words: list[Override]
    alike: list[str]
    faces: Mapping[str, Mapping[str, str]]
    happened: list[Happened]
    scores: list[ScoreRow]


def read_dossier(connection: Connection, lead_id: str, now: datetime, wanted: Wanted) -> Dossier | None:
    """All that is known of a lead; None where nothing is.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The lead.
    now : datetime
        With an offset.
    wanted : Wanted
        Which part of it.
    """
    if "\0" in lead_id:
        return None
    moment = now.timestamp()
    page = read_page(connection, lead_id, moment, challengers=wanted.challengers)
    if page is None:
        return None
    properties: Mapping[str, Any] = page.properties
    alike = find_alike(connection, lead_id, properties.get("email"), properties.get("phone"), ALIKE + 1)
    handoffs = read_handoffs(connection, state="pending", lead_id=lead_id)
    words = [one for one in overrides_of(connection, lead_id) if one.holds(to_micros(moment))]
    return Dossier(
        page=page,
        known=read_lead(connection, lead_id),
        row=read_row(connection, lead_id),
        pending=handoffs,
        words=words,
        alike=alike,
        faces=faces(connection, [lead_id, *alike]),
        happened=read_timeline(connection, lead_id, wanted.lines + 1, until=wanted.until, skip=wanted.past),
        scores=score_history(
            connection, lead_id, wanted.target, SCORES + 1, skip=wanted.scores, challengers=wanted.challengers
        ),
    )
