"""Events as rows of the store: their keys, their order, and one of them made of what a call says.

An event is its lead, its time and its key.  The key is the digest of its ``event_id`` or, without one, of
its content; ``n`` counts events of one lead and time whose content is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from scoring.categories import Categories
from scoring.contract import Contract, content_key, id_key
from scoring.contract_cells import NO_TIME, Cell, Customs, read_cell
from scoring.errors import DataError
from scoring.words import Unreadable

if TYPE_CHECKING:
    import numpy.typing as npt

    from scoring.contract_cells import Values

    Integers = npt.NDArray[np.int64]


def event_row(
    contract: Contract, values: Mapping[str, object], customs: Customs | None = None
) -> dict[str, Cell]:
    """One event as the store keeps it, with the same key as if it came in a file.

    Parameters
    ----------
    contract : Contract
        The table it belongs to.
    values : mapping of str to value
        Its columns, raw or read already; ``lead_id`` and what the contract does not know are not looked at.
    customs : Customs, optional
        How times without an offset and stages are read.

    Returns
    -------
    dict of str to value
        ``occurred_at``, ``key``, ``n`` (0), ``recorded_at``, ``event_id`` and the columns of its content:
        all but the number of the lead.  Times are microseconds since 1970 UTC.

    Raises
    ------
    DataError
        Naming every column that breaks its rule.

    Examples
    --------
    >>> from scoring.contract import TOUCHES
    >>> told = {"occurred_at": "2026-11-23T09:00Z", "rep": "aya", "channel": "phone", "connected": True}
    >>> row = event_row(TOUCHES, told)
    >>> row["occurred_at"] == row["recorded_at"], row["connected"], row["automatic"]
    (True, True, None)
    """
    read: dict[str, Cell] = {}
    wrong: list[str] = []
    for column in contract.columns:
        if column.name == "lead_id":
            continue
        try:
            read[column.name] = value = read_cell(column, values.get(column.name), customs or Customs())
        except Unreadable as why:
            wrong.append(f"'{column.name}' {why}.")
        else:
            if value is None and column.required:
                wrong.append(f"'{column.name}' must have a value.")
    if wrong:
        raise DataError(f"An event of {contract.name} cannot be kept: {' '.join(wrong)}")
    occurred, event_id = read[contract.time], read["event_id"]
    content = {name: read[name] for name in contract.content}
    key = id_key(str(event_id)) if event_id is not None else content_key(*content.values())
    recorded = read["recorded_at"]
    return {
        "occurred_at": occurred,
        "key": key,
        "n": 0,
        "recorded_at": occurred if recorded is None else recorded,
        "event_id": event_id,
        **content,
    }


def content_keys(contract: Contract, columns: Mapping[str, Values]) -> Integers:
    """The key of the content of each event; computed once for each content that occurs.

    Parameters
    ----------
    contract : Contract
        The table.
    columns : mapping of str to (array or Categories), each of n_events
        At least the columns of its content, read.
    """
    kinds = {column.name: column.kind for column in contract.columns}
    parts = [_coded(columns[name], is_flag=kinds[name] == "boolean") for name in contract.content]
    which = np.zeros(len(parts[0][0]), dtype=np.int64)
    for codes, levels in parts:
        which, _ = pd.factorize(which * (len(levels) + 1) + codes + 1)
    _, first = np.unique(which, return_index=True)
    contents = zip(*(_cells(codes[first], levels) for codes, levels in parts), strict=True)
    keys = np.array([content_key(*content) for content in contents], dtype=np.int64)
    return keys[which]


def event_keys(content: Integers, event_id: Categories) -> Integers:
    """The key of each event: that of its id where it has one, else that of its content."""
    keys = np.array([*map(id_key, event_id.levels), 0], dtype=np.int64)
    return np.where(event_id.codes < 0, content, keys[event_id.codes])


def in_order(
    lead: Integers, occurred: Integers, key: Integers, recorded: Integers
) -> tuple[Integers, Integers]:
    """The order in which the store keeps events, and ``n`` in that order.

    Parameters
    ----------
    lead, occurred, key, recorded : array of int64, shape (n_events,)
        What the events are, and when they were written down.

    Returns
    -------
    order : array of int64, shape (n_events,)
        Positions, in the order of lead, time and key; of equal ones the one written down first.
    n : array of int64, shape (n_events,)
        In this order, how many equal events stand before each.

    Examples
    --------
    >>> order, n = in_order(*np.array([[2, 1, 1], [5, 7, 7], [9, 9, 9], [5, 8, 7]]))
    >>> order.tolist(), n.tolist()
    ([2, 1, 0], [0, 1, 0])
    """
    order = np.lexsort((recorded, key, occurred, lead))
    starts = np.zeros(len(order), dtype=bool)
    starts[:1] = True
    for values in (lead, occurred, key):
        ordered = values[order]
        starts[1:] |= ordered[1:] != ordered[:-1]
    places = np.arange(len(order))
    return order, places - np.maximum.accumulate(np.where(starts, places, 0))


def _coded(values: Values, *, is_flag: bool) -> tuple[Integers, list[Cell]]:
    """Codes (-1 where missing) and the typed values that they stand for."""
    if isinstance(values, Categories):
        levels = [level == "yes" for level in values.levels] if is_flag else values.levels
        return values.codes.astype(np.int64), list(cast("tuple[Cell, ...]", levels))
    codes, found = pd.factorize(values)
    return codes.astype(np.int64), list(cast("list[Cell]", found.tolist()))


def _cells(codes: Integers, levels: list[Cell]) -> list[str | float | bool | None]:
    """The typed values of some rows."""
    shown = [*levels, None]
    return [cast("str | float | bool | None", shown[code]) for code in codes.tolist()]


def recorded_or_occurred(recorded: Integers, occurred: Integers) -> Integers:
    """When each event was written down: as it says, or as it occurred."""
    return np.where(recorded == NO_TIME, occurred, recorded)
