"""The score log: every score that was given, so that what was promised can be held against what came.

Rows are only ever added, many at a time; a lead's history is read back, and erased with the lead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, select, true

from scoring.contract import to_micros, to_seconds
from scoring.io.store.tables import scores
from scoring.trend import Scored

MOST_READ = 200
Role = Literal["champion", "challenger"]
CHAMPION: Role = "champion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRow:
    """A score that a lead was given.

    Parameters
    ----------
    lead_id, target, version : str
        Whose, of which stage, and by which model.
    role : str
        ``champion``, or ``challenger`` for a model that only watches.
    source : str
        ``api``, ``open`` or ``file``.
    run : int or None
        The rescoring that it is of.
    as_of, scored_at : float
        The time as which the lead was seen, and the time at which it was scored: seconds since 1970 UTC.
    features : str
        Digest of what the model read.
    log_odds, likelihood, score, grade, label : float, float, int, str, str, each or None
        What the model said; None where ``status`` says why it said nothing.
    reasons : sequence of mapping
        ``feature``, ``value`` and ``contribution`` of each.
    status : str
        ``scored``, or ``not_scored: why``.
    """

    lead_id: str
    target: str
    version: str
    role: Role = CHAMPION
    source: Literal["api", "open", "file"] = "api"
    run: int | None = None
    as_of: float
    scored_at: float
    features: str
    log_odds: float | None = None
    likelihood: float | None = None
    score: int | None = None
    grade: str | None = None
    label: str | None = None
    reasons: Sequence[Mapping[str, Any]] = ()
    status: str = "scored"


COLUMNS = tuple(field.name for field in fields(ScoreRow))
_TIMES = tuple(COLUMNS.index(name) for name in ("as_of", "scored_at"))
_CALLERS = tuple(COLUMNS.index(name) for name in ("lead_id", "status"))
_REASONS = COLUMNS.index("reasons")


def write_scores(connection: Connection, rows: Iterable[ScoreRow]) -> int:
    """Add scores to the log, in bulk.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    rows : iterable of ScoreRow
        The scores.

    Returns
    -------
    int
        How many were added.
    """
    cells = [cells_of(row) for row in rows]
    write_cells(connection, cells)
    return len(cells)


def cells_of(row: ScoreRow) -> tuple[Any, ...]:
    """A score as the driver writes it: times in microseconds, reasons as JSON.

    Raises
    ------
    ValueError
        If a reason holds a number that is not finite.
    """
    cells: list[Any] = [getattr(row, name) for name in COLUMNS]
    for at in _TIMES:
        cells[at] = to_micros(cells[at])
    for at in _CALLERS:
        cells[at] = cells[at].replace("\0", "\ufffd")  # PostgreSQL keeps no NUL, and a row must not be lost
    cells[_REASONS] = json.dumps(list(row.reasons), ensure_ascii=False, allow_nan=False)
    return tuple(cells)


def write_cells(connection: Connection, cells: Sequence[tuple[Any, ...]]) -> None:
    """Add scores that :func:`cells_of` has made."""
    names = ", ".join(COLUMNS)
    if not cells:
        return
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(COLUMNS))
        connection.exec_driver_sql(f"INSERT INTO scores ({names}) VALUES ({marks})", list(cells))
        return
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY scores ({names}) FROM STDIN") as copy:
        for row in cells:
            copy.write_row(row)


def score_history(
    connection: Connection,
    lead_id: str,
    target: str | None = None,
    most: int = MOST_READ,
    *,
    skip: int = 0,
    challengers: bool = False,
) -> list[ScoreRow]:
    """The scores that a lead was given, the newest first.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The lead.
    target : str, optional
        By default those of every target.
    most : int
        How many at most.
    skip : int
        Leave out so many of the newest: the next page.
    challengers : bool
        Whether to give those too that a challenger said beside the champion.
    """
    query = select(*(scores.c[name] for name in COLUMNS)).where(of_lead(lead_id, challengers=challengers))
    if target is not None:
        query = query.where(scores.c.target == target)
    newest = query.order_by(scores.c.as_of.desc(), scores.c.id.desc()).limit(most).offset(skip)
    return [_row(found) for found in connection.execute(newest).mappings()]


def of_lead(lead_id: str, *, challengers: bool) -> ColumnElement[bool]:
    """The rows of a lead's scores, with or without what challengers said."""
    return and_(scores.c.lead_id == lead_id, true() if challengers else scores.c.role == CHAMPION)


def _row(found: Mapping[Any, Any]) -> ScoreRow:
    times = {name: to_seconds(found[name]) for name in ("as_of", "scored_at")}
    return ScoreRow(**{**found, **times})


def scores_since(connection: Connection, lead_id: str, since: float) -> dict[str, list[Scored]]:
    """What the champions said of a lead, by target, oldest first: what its trend is read from.

    Parameters
    ----------
    connection : Connection
        Any.
    lead_id : str
        The lead.
    since : float
        The first ``as_of``, in seconds since 1970 UTC.
    """
    columns = (scores.c.target, scores.c.as_of, scores.c.version, scores.c.log_odds)
    said = (scores.c.lead_id == lead_id, scores.c.role == CHAMPION, scores.c.log_odds.is_not(None))
    query = select(*columns).where(*said, scores.c.as_of >= to_micros(since))
    found: dict[str, list[Scored]] = {}
    for target, at, version, log_odds in connection.execute(query.order_by(scores.c.as_of, scores.c.id)):
        found.setdefault(target, []).append(Scored(to_seconds(at), version, log_odds))
    return found


def erase_scores(connection: Connection, lead_id: str) -> int:
    """Take every score of a lead out of the log, and say how many there were."""
    return connection.execute(delete(scores).where(scores.c.lead_id == lead_id)).rowcount
