"""What people decide: sales accepts or rejects a handoff, and anybody may put a word beside the model's."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from scoring.contract import to_micros, to_seconds
from scoring.io.sections import Sections
from scoring.io.store.handoffs import Handoff, read_handoff, settle_handoff
from scoring.io.store.overrides import Field, Override, add_override, end_overrides, overrides_of
from scoring.io.store.policies import read_policy
from scoring.io.store.queue import take_out
from scoring.io.store.scores import score_history
from scoring.io.store.tables import leads
from scoring.io.store.trail import add_trail
from scoring.policy import ACTIONS
from serving.problems import Fault, pointer
from serving.refusals import Decided, NoSuchHandoff, NoSuchLead, UnfitDecision

MICROSECONDS_A_DAY = 86_400_000_000
WORDS = tuple(action for action in ACTIONS if action != "explore")
NO_HANDOFF = "There is no such handoff. `leadloop handoff list` and GET /v1/handoffs list those there are."
NOT_KEPT = "Nothing is kept of the lead asked for. Import it first, or send it: PUT /v1/leads/{lead_id}."


def accept(connection: Connection, number: int, by: str, now: int) -> Handoff:
    """Keep that sales takes a lead.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    number : int
        The handoff.
    by : str
        Who says so.
    now : int
        Microseconds since 1970 UTC.

    Raises
    ------
    NoSuchHandoff
        If there is no such one.
    Decided
        If it was accepted or rejected before.
    """
    _must_be_open(connection, number)
    settle_handoff(connection, number, "accepted", by=by, now=now)
    return _kept(connection, number)


def reject(
    connection: Connection,
    number: int,
    by: str,
    now: int,
    settings: Sections,
    *,
    reason: str,
    days: int | None = None,
    for_good: bool = False,
) -> Handoff:
    """Keep that sales does not take a lead, and why; it may come back after a while, unless it is for good.

    Parameters
    ----------
    connection, number, by, now
        As in :func:`accept`.
    settings : Sections
        The reasons there are, and after how many days a lead may come back.
    reason : str
        One of them.
    days : int, optional
        After how many days it may come back, where not as usual.
    for_good : bool
        Whether it is disqualified.

    Raises
    ------
    UnfitDecision
        If there is no such reason.
    NoSuchHandoff, Decided
        As in :func:`accept`.
    """
    if reason not in settings.sla.reasons:
        known = ", ".join(settings.sla.reasons)
        raise UnfitDecision([Fault(pointer=pointer("reason"), detail=f"must be one of: {known}")])
    _must_be_open(connection, number)
    wait = settings.sla.recycle_days if days is None else days
    settle_handoff(
        connection, number, "rejected", by=by, now=now, reason=reason,
        recycle_at=None if for_good else now + wait * MICROSECONDS_A_DAY,
    )  # fmt: skip
    found = _kept(connection, number)
    take_out(connection, found.lead_id)
    return found


def override(
    connection: Connection,
    lead_id: str,
    field: Field,
    value: str,
    *,
    author: str,
    reason: str,
    now: datetime,
    days: int,
    primary: str | None = None,
) -> Override:
    """Put a human's word beside the model's, for so many days; the trail says who did.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    lead_id : str
        The lead.
    field : {"score", "decision"}
        What the word is about.
    value : str
        A score from 0 to 100, or ``hand_over`` or ``nurture``.
    author, reason : str
        Who says so, and why.
    now : datetime
        With an offset.
    days : int
        How long it holds.
    primary : str, optional
        The target whose score is kept beside it; by default the last score of any. Beside a decision stands the
        likelihood that the policy in force decides by.

    Raises
    ------
    NoSuchLead
        If nothing is kept of the lead.
    UnfitDecision
        If the value is none that the field can have.
    """
    _check_word(field, value)
    lead, at = _lead(connection, lead_id), _micros(now)
    before = _word(connection, lead_id, field, at)
    add_override(
        connection, lead, field=field, value=value, model_value=_by_model(connection, lead_id, field, primary),
        author=author, reason=reason, now=at, expires_at=at + days * MICROSECONDS_A_DAY,
    )  # fmt: skip
    after = _word(connection, lead_id, field, at)
    assert after is not None
    was = None if before is None else _told(before)
    add_trail(connection, now, author, "override", _subject(lead), was, _told(after), reason)
    return after


def take_back(
    connection: Connection, lead_id: str, field: Field, *, author: str, reason: str, now: datetime
) -> bool:
    """Take a human's word back; False where none holds.

    Parameters
    ----------
    connection, lead_id, field, author, reason, now
        As in :func:`override`.

    Raises
    ------
    NoSuchLead
        If nothing is kept of the lead.
    """
    lead, at = _lead(connection, lead_id), _micros(now)
    before = _word(connection, lead_id, field, at)
    if before is None or not end_overrides(connection, lead, field, at):
        return False
    add_trail(connection, now, author, "take back", _subject(lead), _told(before), None, reason)
    return True


def _must_be_open(connection: Connection, number: int) -> None:
    kept = read_handoff(connection, number)
    if kept is None:
        raise NoSuchHandoff(NO_HANDOFF)
    if kept.state != "pending":
        when = datetime.fromtimestamp(to_seconds(kept.decided_at or 0), UTC).isoformat(timespec="seconds")
        raise Decided(f"This handoff was {kept.state} at {when} already; what was decided stays.")


def _kept(connection: Connection, number: int) -> Handoff:
    found = read_handoff(connection, number)
    assert found is not None
    return found


def _check_word(field: Field, value: str) -> None:
    fits = value in WORDS if field == "decision" else value.isdecimal() and int(value) <= 100
    rule = f"must be one of: {', '.join(WORDS)}" if field == "decision" else "must be a score from 0 to 100"
    if not fits:
        raise UnfitDecision([Fault(pointer=pointer("value"), detail=rule)])


def _lead(connection: Connection, lead_id: str) -> int:
    found = connection.scalar(select(leads.c.id).where(leads.c.lead_id == lead_id))
    if found is None:
        raise NoSuchLead(NOT_KEPT)
    return int(found)


def _word(connection: Connection, lead_id: str, field: Field, now: int) -> Override | None:
    return next(
        (one for one in overrides_of(connection, lead_id) if one.field == field and one.holds(now)), None
    )


def _by_model(connection: Connection, lead_id: str, field: Field, primary: str | None) -> str | None:
    """What the model said last; of a decision it is the likelihood that decides."""
    policy = read_policy(connection) if field == "decision" else None
    target = primary if policy is None else policy.target
    last = next(iter(score_history(connection, lead_id, target, 1)), None)
    said = None if last is None else last.score if field == "score" else last.likelihood
    return None if said is None else str(said)


def _told(word: Override) -> dict[str, object]:
    until = datetime.fromtimestamp(to_seconds(word.expires_at), UTC).isoformat(timespec="seconds")
    return {"field": word.field, "value": word.value, "model": word.model_value, "until": until}


def _subject(lead: int) -> str:
    """The row of the lead, not its id: once it is forgotten, nobody can tell whose line it was."""
    return f"lead:{lead}"


def _micros(moment: datetime) -> int:
    return to_micros(moment.timestamp())
