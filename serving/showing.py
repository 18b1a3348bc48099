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
    ClockState,
    HandoffShown,
    OverrideShown,
    QueueEntry,
)

# Microseconds after which a score is old: 24 hours.
OLD = 24 * 3_600_000_000
MOST_SAID = 10_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(micros: int | None) -> datetime | None:
    """A time of the store; None for one that never comes."""
    return None if micros is None or micros >= NEVER else _EPOCH + timedelta(0, 0, micros)


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
        self._said: dict[tuple[str, str, float | str | None, float], str] = {}

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
        # Checked as a whole: part by part takes three times as long.
        return QueueEntry.model_validate(
            {
                "lead_id": row.lead_id,
                "others": row.others,
                "rep": row.rep,
                "handoff": row.handoff,
                "expected_value": row.value,
                "likelihood": row.likelihood,
                "score": row.score,
                "grade": row.grade,
                "model_version": row.version,
                "scored_at": scored,
                "old": row.scored_at is not None and now - row.scored_at > OLD,
                "reasons": [self._reason(card, reason) for reason in row.reasons],
                "since": _certain(row.since),
                "due_at": moment(row.due_at),
                "first_touch": {"due_at": _certain(row.first_touch_due), "state": self._first(row, now)},
                "touches": {"due_at": _certain(row.touches_due), "state": self._touches(row, now)},
                "touches_done": row.touches,
                "touches_owed": self._owed,
            }
        )

    def _reason(self, card: Scorecard | None, reason: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **reason,
            "text": ""
            if card is None
            else self._words(card, reason["feature"], reason["value"], reason["contribution"]),
        }

    def _words(self, card: Scorecard, feature: str, value: float | str | None, contribution: float) -> str:
        """A reason in words; many leads have the same ones."""
        key = card.meta.version, feature, value, contribution
        said = self._said.get(key)
        if said is None:
            if len(self._said) >= MOST_SAID:
                self._said.clear()
            said = self._said[key] = value_sentence(card, feature, value, contribution, self._lang)
        return said

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
