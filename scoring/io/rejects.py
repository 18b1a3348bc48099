"""Rows of a text file that do not split into its columns: which they are and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.errors import DataError
from scoring.parse import Dialect

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be used, and why; never what it holds."""

    row: int
    reason: str


class InvalidRow(Protocol):
    """What Arrow says of a row that does not split."""

    expected_columns: int
    actual_columns: int
    number: int | None
    text: str


class Rejects:
    """Takes the rows that do not split, and numbers the rows between them."""

    def __init__(self, dialect: Dialect, name: str, rejected: list[Rejected]) -> None:
        self.dialect = dialect
        self.name = name
        self.rejected = rejected
        self.failure: DataError | None = None
        self._pending: list[int] = []

    def __call__(self, row: InvalidRow) -> Literal["skip", "error"]:
        """Note one row and go on."""
        number = row.number or 0
        self._pending.append(number)
        swallowed = "\n" in row.text and swallows(row.text, len(self.dialect.names), self.dialect.delimiter)
        if swallowed and self.failure is None:
            self.failure = open_quote(self.name, number, None)
        self.rejected.append(Rejected(number, self._reason(row)))
        return "skip"

    def _reason(self, row: InvalidRow) -> str:
        """Why the row does not split."""
        text = row.text.strip()
        if (
            row.actual_columns == 1
            and len(text) > 1
            and text[0] == text[-1] == '"'
            and self.dialect.delimiter in text
        ):
            return "The whole row is wrapped in quotes."
        fields = "1 field" if row.actual_columns == 1 else f"{row.actual_columns} fields"
        return f"The row has {fields}, the header has {row.expected_columns}."

    def number(self, following: int, rows: int) -> npt.NDArray[np.int64]:
        """The numbers of the next good rows, the rejected ones left out.

        Raises
        ------
        DataError
            If one of the rejected rows swallowed others.
        """
        self.settle()
        between = np.arange(following, following + rows + len(self._pending), dtype=np.int64)
        numbers = between[~np.isin(between, self._pending)][:rows]
        last = int(numbers[-1]) if rows else following - 1
        self._pending = [number for number in self._pending if number > last]
        return numbers

    def settle(self) -> None:
        """Speak up if a rejected row swallowed others.

        Raises
        ------
        DataError
            In that case.
        """
        if self.failure is not None:
            raise self.failure


def swallows(text: str, columns: int, delimiter: str) -> bool:
    """Whether text with line breaks holds whole rows, because a quote was opened and never closed."""
    lines = text.splitlines()[1:]
    whole = sum(1 for line in lines if line.count(delimiter) == columns - 1)
    return whole >= {1: len(lines) + 1, 2: 3, 3: 2}.get(columns, 1) and (
        columns > 3 or whole + 1 >= len(lines)
    )


def refuse_open_quote(
    rows: pa.RecordBatch, numbers: npt.NDArray[np.int64], dialect: Dialect, name: str
) -> None:
    """Refuse a cell that swallowed whole rows.

    Raises
    ------
    DataError
        Naming the row and the column.
    """
    for column_name, column in zip(rows.schema.names, rows.columns, strict=True):
        broken = pc.fill_null(pc.match_substring(column, "\n"), False)
        if not broken.true_count:
            continue
        for at in np.flatnonzero(broken.to_numpy(zero_copy_only=False)):
            if swallows(column[int(at)].as_py(), len(dialect.names), dialect.delimiter):
                raise open_quote(name, int(numbers[at]), column_name)


def open_quote(name: str, row: int, column: str | None) -> DataError:
    """The error for a quote that is never closed."""
    where = f" in column '{column}'" if column else ""
    return DataError(
        f"Row {row} of {name} opens a quote{where} that is not closed: it takes in the rows below it. "
        "Close or remove the quote."
    )
