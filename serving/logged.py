"""What the score log keeps of an answer: made into rows by the thread that writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from hashlib import blake2b

from scoring.errors import DataError
from scoring.io.store.scores import Role, ScoreRow
from scoring.ledger import OneLead
from serving.answers import Answered, answer_lead
from serving.live import LiveChampion, LiveModel
from serving.schemas import Lead
from serving.score_log import FLUSH_ROWS
from serving.writer import Writer

Scored = tuple[Answered, Lead, OneLead | None]


def log_scored(writer: Writer, live: LiveChampion, now: datetime, scored: Sequence[Scored]) -> None:
    """Have answers of the service logged, and what the challenger says of the same leads.

    The challenger scores only as the rows are made, in the thread that writes: no caller waits for it.

    Parameters
    ----------
    writer : Writer
        What writes.
    live : LiveChampion
        The model that answered, and its challenger.
    now : datetime
        When.
    scored : sequence of (Answered, Lead, OneLead or None)
        Each answer, the lead as it was sent, and what the store knew of it.
    """
    each = 1 if live.shadow is None else 2
    for start in range(0, len(scored), FLUSH_ROWS):
        some = scored[start : start + FLUSH_ROWS]
        writer.log(partial(_rows, live, now, some), each * len(some))


def _rows(live: LiveChampion, now: datetime, scored: Sequence[Scored]) -> Iterator[ScoreRow]:
    for answered, _, _ in scored:
        yield _row(answered, live, now)
    if live.shadow is not None:
        for _, lead, known in scored:
            yield _shadowed(lead, known, live.shadow, now)


def _shadowed(lead: Lead, known: OneLead | None, shadow: LiveModel, now: datetime) -> ScoreRow:
    """What a challenger would have answered."""
    try:
        return _row(answer_lead(lead, shadow, now, known), shadow, now, "challenger")
    except DataError as error:
        return ScoreRow(
            lead_id=lead.lead_id,
            target=shadow.name.target,
            version=shadow.name.version,
            role="challenger",
            as_of=(lead.as_of or now).timestamp(),
            scored_at=now.timestamp(),
            features=digest_of_features({}),
            status=f"not_scored: {error}",
        )


def _row(answered: Answered, live: LiveModel, now: datetime, role: Role = "champion") -> ScoreRow:
    fields, score = answered.fields, answered.score
    return ScoreRow(
        lead_id=fields["lead_id"],
        target=live.name.target,
        version=live.name.version,
        role=role,
        as_of=fields["as_of"].timestamp(),
        scored_at=now.timestamp(),
        features=digest_of_features(answered.features),
        log_odds=score.log_odds,
        likelihood=fields["likelihood"],
        score=score.score,
        grade=score.grade,
        label=score.label,
        reasons=[
            {"feature": reason["feature"], "value": reason["value"], "contribution": reason["contribution"]}
            for reason in fields["reasons"]
        ],
    )


def digest_of_features(features: Mapping[str, float | str | None]) -> str:
    """Fingerprint of what a model read: the same for the same values, whatever their order.

    Examples
    --------
    >>> digest_of_features({"a": 1.0, "b": None}) == digest_of_features({"b": None, "a": 1.0})
    True
    """
    return blake2b(repr(sorted(features.items())).encode(), digest_size=8).hexdigest()
