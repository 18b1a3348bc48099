"""A lead list while it is read: its batches, its row numbers, and an account of every row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa

from scoring.io.rejects import Rejected
from scoring.parse import Dialect

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file.

    Parameters
    ----------
    rows : pyarrow.RecordBatch
        The cells: text from CSV (null where empty), native values from Parquet.
    numbers : array of int64
        The number of each row, as a spreadsheet shows it.
    """

    rows: pa.RecordBatch
    numbers: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TableRead:
    """A whole file in memory, with what was left out of it."""

    table: pa.Table
    numbers: npt.NDArray[np.int64]
    rejected: tuple[Rejected, ...]
    blank: int
    notes: tuple[str, ...]


class TableReader:
    """A file being read; iterate over it once for its batches.

    Attributes
    ----------
    path : Path
        The file.
    schema : pyarrow.Schema
        The columns that come out.
    dialect : Dialect or None
        How a text file is written; None for Parquet.
    notes : list of str
        What had to be decided about the header.
    rows, blank : int
        Rows delivered and blank rows skipped so far.
    rejected : list of Rejected
        Rows that could not be split so far; complete once the last batch is out.
    """

    def __init__(self, path: Path, schema: pa.Schema, dialect: Dialect | None = None) -> None:
        self.path = path
        self.schema = schema
        self.dialect = dialect
        self.notes: list[str] = list(dialect.notes) if dialect else []
        self.rows = 0
        self.blank = 0
        self.rejected: list[Rejected] = []
        self.source: Iterator[Batch] = iter(())

    def __iter__(self) -> Iterator[Batch]:
        """Give the batches in the order of the file."""
        for batch in self.source:
            self.rows += batch.rows.num_rows
            yield batch

    def __enter__(self) -> Self:
        """Give the reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Stop reading."""
        self.source = iter(())
