"""The door to lead lists on disk: CSV and Parquet in, batch by batch; nothing dropped without being counted.

A row's number is the one a spreadsheet shows: in CSV the header is row 1, a cell with line breaks is still
one row, and blank lines count.  In Parquet the first row is 1.  Every row comes out, is rejected with a
reason, or is blank (no cell holds anything); ``rows + len(rejected) + blank`` is what the file holds.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from scoring.errors import DataError
from scoring.io.outputs import Output, open_output, write_rejected
from scoring.io.reader import Batch, TableRead, TableReader
from scoring.io.rejects import Rejected, Rejects, refuse_open_quote
from scoring.parse import Dialect, read_dialect

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = [
    "Batch",
    "Output",
    "Rejected",
    "TableRead",
    "TableReader",
    "open_output",
    "open_table",
    "read_table",
    "write_rejected",
]

TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
PARQUET_SUFFIXES = (".parquet", ".pq")
_BLOCK = 4 << 20
_SAMPLE = 1 << 20
_BATCH_ROWS = 65_536


def open_table(
    path: str | Path, *, encoding: str | None = None, columns: Sequence[str] | None = None
) -> TableReader:
    """A lead list opened for reading in batches, so that memory does not grow with the file.

    Parameters
    ----------
    path : path
        A CSV file (``.csv``, ``.tsv``, ``.txt``) or a Parquet file (``.parquet``, ``.pq``).
    encoding : str, optional
        The encoding of a CSV file, where the guess is wrong.
    columns : sequence of str, optional
        The columns wanted; all by default.

    Raises
    ------
    DataError
        If the file is missing, empty, of another kind, or lacks a column that is wanted; while reading, if
        its bytes break the encoding or a quote is never closed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in TEXT_SUFFIXES + PARQUET_SUFFIXES:
        allowed = ", ".join(TEXT_SUFFIXES + PARQUET_SUFFIXES)
        raise DataError(f"{path.name} must be CSV or Parquet: its suffix must be one of {allowed}.")
    if path.is_dir():
        raise DataError(f"{path} is a folder. Name a CSV or Parquet file.")
    if not path.is_file():
        raise DataError(f"There is no file {path}.")
    try:
        if suffix in PARQUET_SUFFIXES:
            return _open_parquet(path, columns)
        return _open_text(path, encoding, columns)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or 'the system refuses'}.") from error


def read_table(
    path: str | Path, *, encoding: str | None = None, columns: Sequence[str] | None = None
) -> TableRead:
    """A whole lead list in memory, for training.

    Raises
    ------
    DataError
        As :func:`open_table`, and if the file holds no row that can be read.
    """
    with open_table(path, encoding=encoding, columns=columns) as reader:
        batches = list(reader)
        if not reader.rows and not reader.rejected:
            raise DataError(f"{reader.path.name} holds a header and no rows.")
        table = pa.Table.from_batches([batch.rows for batch in batches], reader.schema)
        numbers = np.concatenate([np.empty(0, np.int64), *(batch.numbers for batch in batches)])
        return TableRead(table, numbers, tuple(reader.rejected), reader.blank, tuple(reader.notes))


def _chosen(names: Sequence[str], columns: Sequence[str] | None, path: Path) -> list[str]:
    """The columns wanted, all of which must be there."""
    if columns is None:
        return list(names)
    absent = [name for name in columns if name not in names]
    if absent:
        near = difflib.get_close_matches(absent[0], names, n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        raise DataError(f"{path.name} has no column {', '.join(map(repr, absent))}.{hint}")
    return list(columns)


def _sample(path: Path) -> tuple[bytes, bool]:
    """The beginning of a file, with the first part that is not ASCII; and whether that is all."""
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
        if len(head) < _SAMPLE:
            return head, True
        block = head
        while block.isascii() and b"\0" not in block:
            block = stream.read(_SAMPLE)
            if not block:
                return head, False
    if block is head:
        return head, False
    lines = block.split(b"\n", 1)[-1].rpartition(b"\n")[0]
    return head[: head.rindex(b"\n") + 1] + lines + b"\n" if b"\n" in head else head + block, False


def _open_text(path: Path, encoding: str | None, columns: Sequence[str] | None) -> TableReader:
    """A reader of delimited text."""
    sample, complete = _sample(path)
    dialect = read_dialect(sample, path.name, encoding=encoding, complete=complete)
    chosen = _chosen(dialect.names, columns, path)
    reader = TableReader(path, pa.schema([(name, pa.string()) for name in chosen]), dialect)
    if not complete or b"\n" in sample or b"\r" in sample:
        reader.source = _text_batches(reader, dialect, chosen)
    return reader


def _text_batches(reader: TableReader, dialect: Dialect, chosen: list[str]) -> Iterator[Batch]:
    """Batches of text cells with their row numbers."""
    rejects = Rejects(dialect, reader.path.name, reader.rejected)
    following = dialect.header_row + 1
    try:
        for rows in _stream(reader.path, dialect, rejects):
            numbers = rejects.number(following, rows.num_rows)
            following = int(numbers[-1]) + 1 if len(numbers) else following
            refuse_open_quote(rows, numbers, dialect, reader.path.name)
            filled = _filled(rows)
            reader.blank += rows.num_rows - int(filled.sum())
            if not filled.all():
                rows, numbers = rows.filter(pa.array(filled)), numbers[filled]
            if rows.num_rows:
                yield Batch(rows.select(chosen), numbers)
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise _explained(error, reader.path.name, dialect, following) from error
    rejects.settle()


def _stream(path: Path, dialect: Dialect, rejects: Rejects) -> Iterator[pa.RecordBatch]:
    """What Arrow reads: every cell as text, one thread, so that it counts the rows."""
    try:
        stream = pacsv.open_csv(
            str(path),
            read_options=pacsv.ReadOptions(
                column_names=list(dialect.names),
                skip_rows=dialect.header_row - 1,
                skip_rows_after_names=1,
                block_size=_BLOCK,
                use_threads=False,
                encoding=dialect.encoding,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                invalid_row_handler=rejects,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(dialect.names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise
    yield from stream


def _filled(rows: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    """Which rows hold anything."""
    empty: npt.NDArray[np.bool_] = np.ones(rows.num_rows, dtype=bool)
    for column in rows.columns:
        if not column.null_count:
            return np.ones(rows.num_rows, dtype=bool)
        empty &= pc.is_null(column).to_numpy(zero_copy_only=False)
    return ~empty


def _explained(error: Exception, name: str, dialect: Dialect, row: int) -> DataError:
    """Arrow's refusal in the user's words."""
    if "straddling" in str(error):
        return DataError(
            f"A quote opened at or after row {row} of {name} is never closed. Close or remove it."
        )
    if isinstance(error, UnicodeError) or "UTF8" in str(error):
        return DataError(
            f"{name} was taken for {dialect.encoding}, but from about row {row} on it holds other bytes. "
            "Name its encoding with --encoding, or save it as CSV UTF-8."
        )
    return DataError(f"{name} cannot be read as CSV from about row {row} on. Export it again as CSV UTF-8.")


def _open_parquet(path: Path, columns: Sequence[str] | None) -> TableReader:
    """A reader of a Parquet file."""
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{path.name} is damaged or no Parquet file.") from error
    names = [name for name in file.schema_arrow.names if not name.startswith("__index_level_")]
    if len(set(names)) < len(names):
        raise DataError(f"{path.name} has several columns of the same name. Rename them.")
    chosen = _chosen(names, columns, path)
    schema = pa.schema([file.schema_arrow.field(name) for name in chosen])
    reader = TableReader(path, schema)
    reader.source = _parquet_batches(file, chosen, path)
    return reader


def _parquet_batches(file: pq.ParquetFile, chosen: list[str], path: Path) -> Iterator[Batch]:
    """Batches of native values."""
    following = 1
    try:
        with file:
            for rows in file.iter_batches(_BATCH_ROWS, columns=chosen):
                yield Batch(rows.select(chosen), np.arange(following, following + rows.num_rows))
                following += rows.num_rows
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(f"{path.name} is damaged from about row {following} on.") from error
