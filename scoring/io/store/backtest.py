"""Held-out predictions, in bulk: a hundred thousand rows in about a second."""

from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, insert, select

from scoring.errors import ModelError
from scoring.io.store.tables import backtest

# In the order of the table, each with the type of its column in a frame.
COLUMNS = {
    "lead_id": "str",
    "as_of": "datetime64[us, UTC]",
    "use": "str",
    "fold": "int64",
    "likelihood": "float64",
    "label": "int64",
    "weight": "float64",
}


def write(connection: Connection, version: str, frame: pd.DataFrame) -> None:
    """Replace the predictions of a version."""
    rows = _rows(version, frame)
    connection.execute(delete(backtest).where(backtest.c.version == version))
    if connection.dialect.name == "postgresql":
        _copy(connection, rows)
    elif len(frame):
        names = [column.name for column in backtest.columns]
        connection.execute(insert(backtest), [dict(zip(names, row, strict=True)) for row in rows])


def read(connection: Connection, version: str) -> pd.DataFrame:
    """Give the predictions of a version in the order they were written."""
    query = select(*(backtest.c[name] for name in COLUMNS)).where(backtest.c.version == version)
    rows = connection.execute(query.order_by(backtest.c.position)).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS)).astype(COLUMNS)


def _rows(version: str, frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Check the frame and give its rows as Python values, in the order of the table's columns."""
    absent = [name for name in COLUMNS if name not in frame.columns]
    if absent:
        raise ModelError(f"The backtest of {version} must have the columns {', '.join(absent)}.")
    empty = [name for name in COLUMNS if name != "as_of" and frame[name].isna().any()]
    if empty:
        raise ModelError(f"The backtest of {version} has missing values in {', '.join(empty)}.")
    typed = frame.assign(as_of=pd.to_datetime(frame["as_of"], utc=True)).astype(COLUMNS)
    columns = [typed[name].tolist() for name in COLUMNS]
    columns[1] = [None if time is pd.NaT else time.to_pydatetime() for time in columns[1]]
    return zip([version] * len(frame), range(len(frame)), *columns, strict=True)


def _copy(connection: Connection, rows: Iterator[tuple[Any, ...]]) -> None:
    # COPY is what makes PostgreSQL as fast as SQLite here; SQLAlchemy has no word for it.
    names = ", ".join(f'"{column.name}"' for column in backtest.columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY backtest ({names}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
