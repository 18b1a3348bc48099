"""An uploaded list with its scores: the same file as ``leadloop score`` writes, and what a page tells of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from scoring.reasons import Lang
from serving.batch import score_file
from serving.live import LiveModel
from serving.uploads.errands import Tell
from serving.uploads.folder import Upload
from serving.uploads.ranking import write_ranking


def score_upload(
    upload: Upload,
    model: LiveModel,
    *,
    as_of: datetime,
    lang: Lang,
    max_rejected: float,
    tell: Tell,
) -> dict[str, Any]:
    """Score a list, and tell of it what a page shows, as JSON has it.

    Parameters
    ----------
    upload : Upload
        The list.
    model : LiveModel
        What scores it.
    as_of : datetime
        The time as which leads are seen that bring no time of their own.
    lang : {"en", "ja"}
        The language of the reasons.
    max_rejected : float
        The share of unreadable rows that is tolerated.
    tell : callable
        Is told how far it is.

    Raises
    ------
    DataError
        If the list cannot be read, or holds none of the columns that the model reads.
    """
    summary = score_file(
        model.card,
        upload.list,
        upload.scored,
        as_of=as_of.timestamp(),
        lang=lang,
        encoding=upload.choices.get("encoding") or None,
        max_rejected=max_rejected,
        worth=model.worth,
        handoff=model.handoff,
        progress=tell,
    )
    write_ranking(upload)
    return {
        "rows_in": summary.rows_in,
        "rows_out": summary.rows_out,
        "scored": summary.scored,
        "not_scored": summary.not_scored,
        "rejected": summary.rejected,
        "blank": summary.blank,
        "grades": {grade: summary.grades.get(grade, 0) for grade in "ABCD"},
        "why": list(summary.why.items()),
        "too_many": summary.too_many_unreadable,
        "max_rejected": max_rejected,
        "version": summary.model_version,
        "target": model.card.meta.target,
        "horizon_days": model.card.meta.horizon_days,
        "lang": lang,
        "as_of": as_of.isoformat(),
        # Columns that are missing were told by the check, near names and all.
        "notes": [note for note in summary.notes if " lacks " not in note],
        "reads_events": model.reads_events,
    }
