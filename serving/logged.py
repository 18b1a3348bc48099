"""What the score log keeps of an answer: made into rows by the thread that writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from scoring.io.store.scores import ScoreRow
from serving.answers import Answered
from serving.live import LiveModel


def log_rows(answers: Sequence[tuple[Answered, LiveModel, datetime]]) -> Iterator[ScoreRow]:
    """Rows of the score log for some answers of the service.

    Parameters
    ----------
    answers : sequence of (Answered, LiveModel, datetime)
        The answers, which model gave each, and when.
    """
    for answered, live, now in answers:
        fields, score = answered.fields, answered.score
        yield ScoreRow(
            lead_id=fields["lead_id"],
            target=live.name.target,
            version=live.name.version,
            as_of=fields["as_of"].timestamp(),
            scored_at=now.timestamp(),
            features=digest_of_features(answered.features),
            log_odds=score.log_odds,
            likelihood=fields["likelihood"],
            score=score.score,
            grade=score.grade,
            label=score.label,
            reasons=[
                {
                    "feature": reason["feature"],
                    "value": reason["value"],
                    "contribution": reason["contribution"],
                }
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
