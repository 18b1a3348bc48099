"""Many rows at once, in the words of each database's driver: SQLAlchemy has none that are fast enough."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from io import BytesIO
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
from sqlalchemy import Boolean, Connection, Table
from sqlalchemy.exc import DBAPIError

from scoring.categories import Categories

Cells: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.float64] | Categories | pa.Array
Done = Callable[[int], None]
"""Is told, now and then, how many rows are done."""

_AT_ONCE = 50_000
_CSV = pacsv.WriteOptions(include_header=False)


def add_rows(connection: Connection, table: Table, columns: Mapping[str, Cells], done: Done) -> int:
    """Add the rows that the table does not have yet, and say how many those were.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    table : Table
        Where they go.
    columns : mapping of str to (array or Categories), each of n_rows
        Their cells; fastest if the rows come in the order of the table's key.
    done : callable
        Is told how many rows are done.
    """
    flags = {column.name for column in table.columns if isinstance(column.type, Boolean)}
    cells = {
        name: _flags(values) if name in flags and isinstance(values, Categories) else values
        for name, values in columns.items()
    }
    rows = len(next(iter(columns.values())))
    add = _copy if connection.dialect.name == "postgresql" else _insert
    return add(connection, table, cells, rows, done) if rows else 0


def rows_of(
    connection: Connection,
    columns: str,
    rest: str,
    wanted: Sequence[str] | Sequence[int],
    kind: Literal["text", "bigint"],
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of tables that belong to some keys, many at a time.

    Parameters
    ----------
    connection : Connection
        In any transaction.
    columns : str
        What is selected.
    rest : str
        The tables after ``FROM``, with conditions; ``key_of`` is a key.
    wanted : sequence of str or int
        The keys.
    kind : {"text", "bigint"}
        Their type.
    """
    is_postgres = connection.dialect.name == "postgresql"
    keys = (
        f"unnest(%s::{kind}[]) AS wanted(key_of)"
        if is_postgres
        else "(SELECT value AS key_of FROM json_each(?)) AS wanted"
    )
    with _cursor(connection) as cursor:
        for start in range(0, len(wanted), _AT_ONCE):
            part = list(wanted[start : start + _AT_ONCE])
            given = part if is_postgres else json.dumps(part, ensure_ascii=False)
            cursor.execute(f"SELECT {columns} FROM {keys} CROSS JOIN {rest}", (given,))
            while found := cursor.fetchmany(_AT_ONCE):
                yield found


def has_rows(connection: Connection, table: Table, condition: str = "TRUE") -> bool:
    """Whether a table holds anything at all, or anything of a kind."""
    query = f"SELECT 1 FROM {table.name} WHERE {condition} LIMIT 1"
    return connection.exec_driver_sql(query).first() is not None


def run_many(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement, its places marked ``?``, for each of some rows."""
    if not rows:
        return
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    with _cursor(connection) as cursor:
        cursor.executemany(statement.replace("?", mark), rows)


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """A cursor of the driver's, whose errors are SQLAlchemy's and say nothing of the rows."""
    driver: Any = connection.connection.driver_connection
    dbapi = connection.dialect.loaded_dbapi
    try:
        with closing(driver.cursor()) as cursor:
            yield cursor
    except dbapi.Error as error:
        of_rows = isinstance(error, dbapi.DataError | dbapi.IntegrityError)
        raise DBAPIError(None, None, Exception(_said(error, of_rows))) from None


def _said(error: Exception, is_about_rows: bool) -> str:
    """An error in one line; PostgreSQL quotes what was written, so of rows only the kind of error is told."""
    return type(error).__name__ if is_about_rows else str(error).partition("\n")[0]


def _insert(connection: Connection, table: Table, columns: Mapping[str, Cells], rows: int, done: Done) -> int:
    """SQLite: prepared once, run for each row."""
    names = ", ".join(f'"{name}"' for name in columns)
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"
    added = 0
    with _cursor(connection) as cursor:
        for start in range(0, rows, _AT_ONCE):
            part = (_values(cells, start, start + _AT_ONCE) for cells in columns.values())
            cursor.executemany(statement, zip(*part, strict=True))
            added += cursor.rowcount
            done(min(start + _AT_ONCE, rows))
    return added


def _copy(connection: Connection, table: Table, columns: Mapping[str, Cells], rows: int, done: Done) -> int:
    """PostgreSQL: copied into the table where it is empty, else beside it and from there."""
    names = ", ".join(f'"{name}"' for name in columns)
    is_empty = not has_rows(connection, table)
    target = table.name if is_empty else "incoming_rows"
    with _cursor(connection) as cursor:
        if not is_empty:
            cursor.execute(f"CREATE TEMP TABLE {target} (LIKE {table.name}) ON COMMIT DROP")
        with cursor.copy(f"COPY {target} ({names}) FROM STDIN (FORMAT csv)") as copy:
            for start in range(0, rows, _AT_ONCE):
                arrays = [_array(cells, start, start + _AT_ONCE) for cells in columns.values()]
                text = BytesIO()
                pacsv.write_csv(pa.table(arrays, names=list(columns)), text, _CSV)
                copy.write(text.getvalue())
                done(min(start + _AT_ONCE, rows))
        if is_empty:
            return rows
        cursor.execute(
            f"INSERT INTO {table.name} ({names}) SELECT {names} FROM {target} ON CONFLICT DO NOTHING"
        )
        added = int(cursor.rowcount)
        cursor.execute(f"DROP TABLE {target}")
    return added


def _flags(values: Categories) -> pa.Array:
    """Answers *yes* and *no* as the database keeps them."""
    said = pa.array([level == "yes" for level in values.levels], pa.bool_())
    return said.take(pa.array(values.codes, mask=values.codes < 0))


def _values(cells: Cells, start: int, stop: int) -> list[Any]:
    """Some cells as Python values."""
    if isinstance(cells, Categories):
        levels = np.array([*cells.levels, None], dtype=object)
        found: list[Any] = levels[cells.codes[start:stop]].tolist()
        return found
    if isinstance(cells, pa.Array):
        return list(cells.slice(start, stop - start).to_pylist())
    part = cells[start:stop]
    if part.dtype.kind != "f":
        return list(part.tolist())
    return [None if value != value else value for value in part.tolist()]


def _array(cells: Cells, start: int, stop: int) -> pa.Array:
    """Some cells as an array of Arrow's."""
    if isinstance(cells, Categories):
        codes = cells.codes[start:stop]
        return pa.array(cells.levels, pa.string()).take(pa.array(codes, mask=codes < 0))
    if isinstance(cells, pa.Array):
        return cells.slice(start, stop - start)
    part = cells[start:stop]
    return pa.array(part, mask=np.isnan(part)) if part.dtype.kind == "f" else pa.array(part)
