"""What campaigns cost, month by month: a later file replaces what an earlier one said."""

from __future__ import annotations

from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, insert, select, update

from scoring.categories import Categories
from scoring.incoming import Incoming
from scoring.io.store.tables import campaigns

_KEY = ("campaign", "month")


def take_in_campaigns(connection: Connection, file: Incoming) -> tuple[int, int]:
    """Keep the costs that a file tells; columns that it lacks stay as they are.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    file : Incoming
        The file.

    Returns
    -------
    new, changed : int
        How many campaigns and months were added, and how many cost something else now.
    """
    stored = {
        (row["campaign"], row["month"]): dict(row) for row in connection.execute(select(campaigns)).mappings()
    }
    new, changed = [], []
    for row in _rows(file):
        before = stored.get((row["campaign"], row["month"]))
        if before is None:
            new.append({name: row.get(name) for name in [column.name for column in campaigns.columns]})
        elif (after := before | row) != before:
            changed.append({f"of_{name}" if name in _KEY else name: value for name, value in after.items()})
    if new:
        connection.execute(insert(campaigns), new)
    if changed:
        of = [campaigns.c[name] == bindparam(f"of_{name}") for name in _KEY]
        rest = [name for name in [column.name for column in campaigns.columns] if name not in _KEY]
        connection.execute(
            update(campaigns).where(*of).values({name: bindparam(name) for name in rest}), changed
        )
    return len(new), len(changed)


def _rows(file: Incoming) -> list[dict[str, Any]]:
    """The good rows, with the columns that the file has."""
    rows = np.flatnonzero(file.good)
    columns = []
    for name in file.headers:
        values = file.columns[name]
        if isinstance(values, Categories):
            columns.append(Categories(values.codes[rows], values.levels).to_list())
        else:
            columns.append(values[rows].tolist())
    return [dict(zip(file.headers, row, strict=True)) for row in zip(*columns, strict=True)]
