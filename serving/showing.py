"""Handoffs and the queue as readers see them: times with their offset, reasons in words, clocks by their state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from scoring.io.sections import Sections
from scoring.io.store.handoffs import Handoff
from scoring.io.store.overrides import Override
from scoring.io.store.queue import NEVER, QueueRow
from scoring.reasons import Lang, value_sentence
from scoring.scorecard import Scorecard
from serving.queue_schemas import (
    ClockShown,
    ClockState,
    HandoffShown,
    OverrideShown,
    QueueEntry,
    ReasonTold,
)

OLD = timedelta(hours=24)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: int | None) -> datetime | None:
    """A time of the store; None for one that never comes."""
    return None if micros is None or micros >= NEVER else _EPOCH + timedelta(microseconds=micros)


def _certain(micros: int) -> datetime:
    found = moment(micros)
    assert found is not None
    return found


def show_handoff(row: Handoff) -> HandoffShown:
    """A handoff as callers see it."""
    return HandoffShown(
        id=row.id,
        lead_id=row.lead_id,
        policy_version=str(row.policy),
        action=row.action,
        likelihood=row.likelihood,
        handed_at=_certain(row.handed_at),
        rep=row.rep,
        state=row.state,
        decided_at=moment(row.decided_at),
        decided_by=row.decided_by,
        reason=row.reason,
        recycle_at=moment(row.recycle_at),
    )


def show_override(row: Override, now: int, became: str | None = None) -> OverrideShown:
    """A human's word as callers see it."""
    return OverrideShown(
        lead_id=row.lead_id,
        field=row.field,
        value=row.value,
        model_value=row.model_value,
        author=row.author,
        reason=row.reason,
        made_at=_certain(row.made_at),
        expires_at=_certain(row.expires_at),
        holds=row.holds(now),
        became=became,
    )


class Shower:
    """Shows rows of the queue.

    Parameters
    ----------
    settings : Sections
        How many touches sales owes.
    card : callable
        The scorecard of a version, from which reasons get their words; None where it is not known.
    lang : {"en", "ja"}
        The language of the words.
    """

    def __init__(
        self, settings: Sections, card: Callable[[str], Scorecard | None], lang: Lang = "en"
    ) -> None:
        self._owed = settings.sla.touches
        self._warn = settings.sla.warn
        self._card, self._lang = card, lang

    def entry(self, row: QueueRow, now: int) -> QueueEntry:
        """A lead that waits.

        Parameters
        ----------
        row : QueueRow
            Its row.
        now : int
            Microseconds since 1970 UTC.
        """
        scored = moment(row.scored_at)
        card = None if row.version is None else self._card(row.version)
        return QueueEntry(
            lead_id=row.lead_id,
            others=list(row.others),
            rep=row.rep,
            handoff=row.handoff,
            expected_value=row.value,
            likelihood=row.likelihood,
            score=row.score,
            grade=row.grade,
            model_version=row.version,
            scored_at=scored,
            old=scored is not None and _certain(now) - scored > OLD,
            reasons=[self._reason(card, reason) for reason in row.reasons],
            since=_certain(row.since),
            due_at=moment(row.due_at),
            first_touch=ClockShown(due_at=_certain(row.first_touch_due), state=self._first(row, now)),
            touches=ClockShown(due_at=_certain(row.touches_due), state=self._touches(row, now)),
            touches_done=row.touches,
            touches_owed=self._owed,
        )

    def _reason(self, card: Scorecard | None, reason: Mapping[str, Any]) -> ReasonTold:
        told = reason["feature"], reason["value"], reason["contribution"]
        said = "" if card is None else value_sentence(card, *told, self._lang)
        return ReasonTold(feature=told[0], value=told[1], contribution=told[2], text=said)

    def _first(self, row: QueueRow, now: int) -> ClockState:
        if row.first_touch_at is not None:
            return "met" if row.first_touch_at <= row.first_touch_due else "breached"
        return self._running(row, row.first_touch_due, now)

    def _touches(self, row: QueueRow, now: int) -> ClockState:
        # Only touches in time are counted, so whoever has all of them had them in time.
        return "met" if row.touches >= self._owed else self._running(row, row.touches_due, now)

    def _running(self, row: QueueRow, due: int, now: int) -> ClockState:
        if now > due:
            return "breached"
        warn = row.warn_at if due == row.due_at else due - round(self._warn * (due - row.since))
        return "due soon" if now >= warn else "on track"
