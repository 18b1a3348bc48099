"""The leads on which two versions were tested, as each was known at the same time."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from sqlalchemy import Connection

from scoring.contest import Shared
from scoring.io.store.tables import backtest

_MARK: Final = {"sqlite": "?", "postgresql": "%s"}


def read_shared(connection: Connection, champion: str, challenger: str) -> Shared:
    """What two versions promised of the same leads at the same times, and what came.

    Leads without a time are left out: their ids may be the row numbers of two files.

    Parameters
    ----------
    connection : Connection
        Any.
    champion, challenger : str
        The versions; what came is as the challenger's training knew it, which is the later one.
    """
    before = {row[:3]: row[3] for row in _rows(connection, champion)}
    both = [(before[row[:3]], row) for row in _rows(connection, challenger) if row[:3] in before]
    return Shared(
        np.array([row[0] for _, row in both], dtype=object),
        np.array([likelihood for likelihood, _ in both], dtype=np.float64),
        np.array([row[3] for _, row in both], dtype=np.float64),
        np.array([row[4] for _, row in both], dtype=np.int64),
        np.array([row[5] for _, row in both], dtype=np.float64),
    )


def _rows(connection: Connection, version: str) -> list[tuple[Any, ...]]:
    """Lead, time and use, what was promised, what came, and the weight.

    Times as the driver gives them: they are compared and not read.  Matched here, because no index of the table
    helps a database to match them.
    """
    query = (
        f'SELECT lead_id, as_of, "use", likelihood, label, weight FROM {backtest.name} '
        f"WHERE version = {_MARK[connection.dialect.name]} AND as_of IS NOT NULL ORDER BY position"
    )
    return [tuple(row) for row in connection.exec_driver_sql(query, (version,))]
