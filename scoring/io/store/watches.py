"""What `watch` reads of the score log, and what it found, kept for whoever asks later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, func, insert, select

from scoring.contract import MICROSECONDS
from scoring.io.store.tables import scores, watches
from scoring.scorecard import GRADES
from scoring.watching import PastScores

DAY = 86_400


def past_scores(connection: Connection, target: str, lead_ids: npt.NDArray[np.object_]) -> PastScores:
    """What champions said of leads, the last score of each lead and day.

    Parameters
    ----------
    connection : Connection
        Any.
    target : str
        The target.
    lead_ids : array of str, shape (n_leads,)
        The leads of a ledger, in its order; scores of others are passed over.
    """
    query = select(scores.c.lead_id, scores.c.as_of, scores.c.likelihood, scores.c.grade)
    said = (scores.c.target == target, scores.c.role == "champion", scores.c.likelihood.is_not(None))
    place = {lead_id: at for at, lead_id in enumerate(lead_ids)}
    last: dict[tuple[int, int], tuple[float, float, int]] = {}
    for lead_id, as_of, likelihood, grade in connection.execute(
        query.where(*said).order_by(scores.c.as_of, scores.c.id)
    ):
        at = place.get(lead_id)
        if at is not None:
            seconds = as_of / MICROSECONDS
            last[at, int(seconds // DAY)] = (seconds, likelihood, GRADES.index(grade))
    rows = np.array([(at, *cells) for (at, _), cells in last.items()], dtype=float).reshape(-1, 4)
    return PastScores(rows[:, 0].astype(np.intp), rows[:, 1], rows[:, 2], rows[:, 3].astype(np.intp))


def keep_watch(
    connection: Connection,
    target: str,
    version: str | None,
    at: datetime,
    findings: Sequence[dict[str, Any]],
    retrain: bool,
) -> None:
    """Keep what was found."""
    row = {"target": target, "version": version, "at": at, "findings": list(findings), "retrain": retrain}
    connection.execute(insert(watches).values(row))


def last_watch(connection: Connection, target: str) -> dict[str, Any] | None:
    """What was found last for a target; None where nobody looked."""
    return last_watches(connection).get(target)


def last_watches(connection: Connection) -> dict[str, dict[str, Any]]:
    """What was found last, by target."""
    newest = select(func.max(watches.c.id)).group_by(watches.c.target)
    found = connection.execute(select(watches).where(watches.c.id.in_(newest))).mappings()
    return {row["target"]: dict(row) for row in found}


def newest_watch(connection: Connection) -> int | None:
    """The number of the newest watch: no two share one, and a later one has a higher."""
    newest: int | None = connection.scalar(select(func.max(watches.c.id)))
    return newest
