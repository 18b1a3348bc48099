"""What a proposal of the handoff policy rests on: held-out predictions, what sales answered, what deals brought."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sqlalchemy import Connection, func, or_, select

from scoring.handoff_evidence import Answers, HeldOut
from scoring.io.store.tables import backtest, handoffs, outcomes

# By the driver's own words: half a million times as text or seconds take a second, as objects of Python ten.
_SECONDS = {"sqlite": "as_of", "postgresql": "EXTRACT(EPOCH FROM as_of)::float8"}
_MARK = {"sqlite": "?", "postgresql": "%s"}


def read_held_out(connection: Connection, version: str) -> HeldOut:
    """The held-out predictions of a version as arrays; empty where there are none.

    Parameters
    ----------
    connection : Connection
        Any.
    version : str
        The model.
    """
    name = connection.dialect.name
    query = (
        f"SELECT lead_id, {_SECONDS[name]}, \"use\" = 'creation', likelihood, label FROM {backtest.name} "
        f"WHERE version = {_MARK[name]}"
    )
    rows = connection.exec_driver_sql(query, (version,)).fetchall()
    lead_id, as_of, creation, likelihood, label = zip(*rows, strict=True) if rows else ((),) * 5
    return HeldOut(
        version=version,
        lead_id=pa.array(lead_id, pa.string()),
        as_of=_seconds(as_of),
        creation=np.array(creation, dtype=bool),
        likelihood=np.array(likelihood, dtype=np.float64),
        label=np.array(label, dtype=np.int64),
    )


def _seconds(times: tuple[Any, ...]) -> npt.NDArray[np.float64]:
    """Times as the driver gives them, in seconds since 1970 UTC; SQLite keeps them as text in UTC."""
    if any(isinstance(time, str) for time in times):
        moments = np.array(["NaT" if time is None else time for time in times], dtype="datetime64[us]")
        found: npt.NDArray[np.float64] = moments.astype(np.int64) / 1e6
        return np.where(np.isnat(moments), np.nan, found)
    return np.array(times, dtype=np.float64)


def read_answers(connection: Connection) -> Answers:
    """What sales said of every handoff that is decided."""
    query = select(handoffs.c.likelihood, handoffs.c.state, handoffs.c.drawn)
    decided = handoffs.c.state != "pending", handoffs.c.likelihood.is_not(None), handoffs.c.drawn > 0
    rows = connection.execute(query.where(*decided)).all()
    return Answers(
        likelihood=np.array([row.likelihood for row in rows], dtype=np.float64),
        accepted=np.array([row.state == "accepted" for row in rows], dtype=bool),
        drawn=np.array([row.drawn for row in rows], dtype=np.float64),
    )


def handed_over(connection: Connection, version: int, since: int) -> tuple[int, int | None]:
    """How many leads a policy has handed over since a time, and when it did so first.

    Parameters
    ----------
    connection : Connection
        Any.
    version : int
        The policy.
    since : int
        Microseconds since 1970 UTC.
    """
    rows = handoffs.c.policy == version, handoffs.c.action == "hand_over"
    count = select(func.count()).select_from(handoffs).where(*rows, handoffs.c.handed_at >= since)
    first: int | None = connection.scalar(select(func.min(handoffs.c.handed_at)).where(*rows))
    return connection.scalar(count) or 0, first


def mean_won_amount(connection: Connection, currency: str) -> float | None:
    """The mean amount of won deals in a currency; None where none is known.

    Parameters
    ----------
    connection : Connection
        Any.
    currency : str
        Amounts that name none are in it.
    """
    own = or_(outcomes.c.currency.is_(None), outcomes.c.currency == currency)
    query = select(func.avg(outcomes.c.amount)).where(outcomes.c.stage == "won", outcomes.c.amount > 0, own)
    found = connection.scalar(query)
    return None if found is None else float(found)


def read_kind(connection: Connection, version: str) -> Literal["untested", "untimed", "timed"]:
    """Whether a version has held-out predictions, and whether these have times.

    Parameters
    ----------
    connection : Connection
        Any.
    version : str
        The model.
    """
    own = select(backtest.c.as_of).where(backtest.c.version == version)
    if connection.execute(own.where(backtest.c.as_of.is_not(None)).limit(1)).first() is not None:
        return "timed"
    return "untested" if connection.execute(own.limit(1)).first() is None else "untimed"
