"""Rescorings of the open leads: begun, gone on with where one was interrupted, and finished."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from scoring.contract import to_micros, to_seconds
from scoring.io.store.scores import ScoreRow, write_scores
from scoring.io.store.tables import rescorings, scores


@dataclass(frozen=True, slots=True)
class Rescoring:
    """One rescoring.

    Parameters
    ----------
    id : int
        Its number in the store.
    as_of : float
        The time as which leads are seen, seconds since 1970 UTC.
    resumed : bool
        Whether it was begun before.
    """

    id: int
    as_of: float
    resumed: bool = False


def begin(
    connection: Connection, target: str, version: str, as_of: float | None, now: float, young: float
) -> Rescoring:
    """Go on with an interrupted rescoring of the same model, or begin one.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    target, version : str
        What is scored.
    as_of : float or None
        The time as which leads are seen; None: that of an interrupted rescoring, else now.
    now : float
        Seconds since 1970 UTC.
    young : float
        An interrupted rescoring that was begun earlier than so many seconds ago is not gone on with.
    """
    same = (
        rescorings.c.target == target,
        rescorings.c.version == version,
        rescorings.c.finished_at.is_(None),
    )
    since = rescorings.c.started_at >= to_micros(now - young)
    at = () if as_of is None else (rescorings.c.as_of == to_micros(as_of),)
    query = (
        select(rescorings.c.id, rescorings.c.as_of).where(*same, since, *at).order_by(rescorings.c.id.desc())
    )
    found = connection.execute(query).first()
    if found is not None:
        return Rescoring(found.id, to_seconds(found.as_of), resumed=True)
    moment = now if as_of is None else as_of
    row = {"target": target, "version": version, "as_of": to_micros(moment), "started_at": to_micros(now)}
    number = connection.execute(insert(rescorings).values(row).returning(rescorings.c.id)).scalar_one()
    return Rescoring(number, moment)


def already(connection: Connection, run: Rescoring) -> set[tuple[str, str]]:
    """The leads that an interrupted rescoring has scored, and by which version."""
    query = select(scores.c.lead_id, scores.c.version).where(scores.c.run == run.id)
    return {(lead_id, version) for lead_id, version in connection.execute(query)}


def keep(connection: Connection, rows: Iterable[ScoreRow]) -> int:
    """Keep some scores of a rescoring; see :func:`scoring.io.store.scores.write_scores`."""
    return write_scores(connection, rows)


def finish(connection: Connection, run: Rescoring, leads: int, now: float) -> None:
    """Note that a rescoring is whole."""
    done = {"finished_at": to_micros(now), "leads": leads}
    connection.execute(update(rescorings).where(rescorings.c.id == run.id).values(done))
