"""Files that appear whole or not at all: written beside their target and moved over it at the end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from scoring.errors import DataError
from scoring.io.rejects import Rejected

SUFFIXES = (".csv", ".parquet")


class Output:
    """A file being written, batch by batch."""

    def __init__(self, writer: pacsv.CSVWriter | pq.ParquetWriter, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows = 0
        self._writer = writer

    def write(self, rows: pa.RecordBatch | pa.Table) -> None:
        """Add rows; their columns must be those of the schema."""
        table = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
        self._writer.write_table(table.select(self.schema.names).cast(self.schema))
        self.rows += table.num_rows


@contextmanager
def open_output(path: str | Path, schema: pa.Schema, *, bom: bool = False) -> Iterator[Output]:
    """A result file that replaces the old one only once it is complete.

    Parameters
    ----------
    path : path
        The target; CSV (UTF-8) or Parquet by its suffix.
    schema : pyarrow.Schema
        Its columns.
    bom : bool
        Begin a CSV file with a byte order mark, so that Excel reads Japanese text.

    Raises
    ------
    DataError
        If the suffix is another, or the folder does not exist or cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"{path.name} must be CSV or Parquet: its suffix must be one of {', '.join(SUFFIXES)}."
        )
    with replacing(path) as stream:
        if suffix == ".csv":
            if bom:
                stream.write(b"\xef\xbb\xbf")
            writer = pacsv.CSVWriter(stream, schema)
        else:
            writer = pq.ParquetWriter(stream, schema)
        with writer:
            yield Output(writer, schema)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """A stream of bytes that becomes the file when all went well, and leaves no trace when it did not.

    Raises
    ------
    DataError
        If the folder does not exist or cannot be written.
    """
    if path.is_dir():
        raise DataError(f"{path} is a folder. Name a file to write.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or 'the system refuses'}.") from error
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.chmod(_mode(path))
        part.replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            part.unlink()
        raise
    _sync_folder(path.parent)


def _mode(path: Path) -> int:
    """The permissions of the file to be replaced, or those a new one would get."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _sync_folder(folder: Path) -> None:
    """Make the move itself durable, where the system knows how."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def rejected_path(path: str | Path) -> Path:
    """Where the rejected rows of a file are listed: ``leads.csv`` gives ``leads.rejected.csv`` beside it."""
    path = Path(path)
    return path.with_name(f"{path.stem}.rejected.csv")


def write_rejected(path: str | Path, rejected: Sequence[Rejected]) -> Path | None:
    """List the rows that were not used, with the reason, in ``<stem>.rejected.csv`` beside a file.

    Returns
    -------
    Path or None
        The list, or None where nothing was rejected; a list of an earlier run is then removed.
    """
    target = rejected_path(path)
    if not rejected:
        target.unlink(missing_ok=True)
        return None
    with replacing(target) as stream:
        lines = (f"{text}\r\n".encode() for text in _lines(rejected))
        stream.writelines(lines)
    return target


def _lines(rejected: Sequence[Rejected]) -> Iterator[str]:
    """The list as CSV, in the order of the file."""
    yield "row,reason"
    for one in sorted(rejected, key=lambda one: one.row):
        yield f'{one.row},"{one.reason.replace(chr(34), chr(34) * 2)}"'
