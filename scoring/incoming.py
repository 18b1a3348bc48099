"""What a file tells of a table of the contract: typed columns, and why some of its rows cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from scoring.categories import Categories
from scoring.contract import Contract

if TYPE_CHECKING:
    import numpy.typing as npt

    from scoring.contract_cells import Values

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """Rows that cannot be kept, and why.

    Parameters
    ----------
    rows : array of int64
        Their positions.
    reason : str
        The rule that they break; never what they hold.
    because_of : array of int64, optional
        The earlier row that each contradicts; its number ends the sentence.
    """

    rows: Integers
    reason: str
    because_of: Integers | None = None


@dataclass
class Incoming:
    """What a file tells of a table of the contract.

    Parameters
    ----------
    contract : Contract
        The table.
    file : str
        What the file is called in messages.
    numbers : array of int64, shape (n_rows,)
        The number of each row, as a spreadsheet shows it.
    columns : mapping of str to (array or Categories)
        The columns of the contract, read; those that the file lacks are all missing.
    headers : mapping of str to str
        The header of each column that the file has.
    properties : dict of str to pyarrow.Array of text
        What else is told of leads.
    keys : array of int64, shape (n_rows,)
        What an event is, beside its lead and its time.
    repeats : array of bool, shape (n_rows,)
        Events that are told again under the same ``event_id``.
    faults : list of Fault
        Rows that cannot be kept.
    notes : list of str
        What the user should know.
    naive : tuple of str
        Headers of columns with times that carry no offset.
    """

    contract: Contract
    file: str
    numbers: Integers
    columns: Mapping[str, Values]
    headers: Mapping[str, str]
    properties: dict[str, pa.Array] = field(default_factory=dict)
    keys: Integers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    repeats: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    naive: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.numbers)

    def answers(self, name: str) -> Categories:
        """A column of ids, text, stages or yes and no."""
        values = self.columns[name]
        assert isinstance(values, Categories)
        return values

    def times(self, name: str) -> Integers:
        """A column of times, in microseconds; ``NO_TIME`` where missing."""
        return np.asarray(self.columns[name], dtype=np.int64)

    @property
    def good(self) -> Mask:
        """The rows that can be kept."""
        good = np.ones(len(self), dtype=bool)
        for fault in self.faults:
            good[fault.rows] = False
        return good

    def refuse(self, rows: Mask | Integers, reason: str, because_of: Integers | None = None) -> None:
        """Name rows that cannot be kept."""
        found = np.flatnonzero(rows) if rows.dtype == bool else np.asarray(rows, dtype=np.int64)
        if len(found):
            self.faults.append(Fault(found, reason, because_of))

    def refuse_each(self, errors: Mapping[int, str], header: str) -> None:
        """Name rows whose cell in a column breaks a rule."""
        by_rule: dict[str, list[int]] = {}
        for row, rule in errors.items():
            by_rule.setdefault(rule, []).append(row)
        for rule, rows in by_rule.items():
            self.refuse(np.array(rows, dtype=np.int64), f"Column '{header}' {rule}.")

    def refusals(self) -> Iterator[tuple[int, str]]:
        """Every row that cannot be kept with its number and a reason, once for each rule it breaks."""
        for fault in self.faults:
            numbers = self.numbers[fault.rows].tolist()
            if fault.because_of is None:
                yield from ((number, fault.reason) for number in numbers)
            else:
                others = self.numbers[fault.because_of].tolist()
                yield from (
                    (number, f"{fault.reason} {other}.")
                    for number, other in zip(numbers, others, strict=True)
                )

    def shown(self, name: str) -> str:
        """How a message calls a column: by its header."""
        return f"Column '{self.headers.get(name, name)}'"
