"""The leads of a scored list in the order in which to call them, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.headers import contract_name
from scoring.io.files import open_table
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.known_leads import known_ids
from scoring.reasons import SEPARATOR
from serving.uploads.folder import Upload

PAGE: Final = 25
# Nobody turns more pages than these; whoever wants all has the file.
MOST: Final = 10_000
# What people know a lead by.
FACE: Final = ("name", "company")
_TOLD: Final = ("rank", "lead_id", "likelihood", "grade", "expected_value", "reasons")
_SCHEMA: Final = pa.schema(
    {name: pa.int64() if name == "rank" else pa.string() for name in (*_TOLD, *FACE)},
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A lead of the list, as it was scored.

    Parameters
    ----------
    rank : int
        Its place, from 1.
    lead_id : str or None
        What names it.
    face : dict of str to str
        What people know it by, where the list says it.
    likelihood, expected_value : float or None
        None where the model has none.
    grade : str or None
        A to D.
    reasons : list of str
        What raises and what lowers it.
    known : bool
        Whether the store has it.
    """

    rank: int
    lead_id: str | None
    face: dict[str, str]
    likelihood: float | None
    expected_value: float | None
    grade: str | None
    reasons: list[str]
    known: bool


def write_ranking(upload: Upload) -> None:
    """Keep the order of a list that was scored, so that any page of it is found without reading the others.

    Parameters
    ----------
    upload : Upload
        The list; ``scored.csv`` lies beside it.
    """
    found, places = _first(upload.scored)
    order = pc.sort_indices(found.column("rank"))
    faces = _faces(upload, places)
    columns = {name: found.column(name) for name in _TOLD} | faces
    ranked = pa.table(columns, schema=_SCHEMA).take(order)
    part = upload.ranked.with_suffix(".part")
    with pa.OSFile(str(part), "wb") as stream, pa.ipc.new_file(stream, _SCHEMA) as out:
        out.write_table(ranked.combine_chunks(), max_chunksize=PAGE)
    part.replace(upload.ranked)


def read_ranking(upload: Upload, page: int, store: Store) -> list[Ranked]:
    """A page of the order.

    Parameters
    ----------
    upload : Upload
        The list.
    page : int
        From 0; one that is not there is empty.
    store : Store
        Which leads are known.
    """
    try:
        with pa.memory_map(str(upload.ranked)) as stream, pa.ipc.open_file(stream) as pages:
            rows = pages.get_batch(page).to_pylist() if 0 <= page < pages.num_record_batches else []
    except FileNotFoundError:
        return []
    with reading(store.engine) as connection:
        known = known_ids(connection, [row["lead_id"] for row in rows if row["lead_id"]])
    return [_told(row, row["lead_id"] in known) for row in rows]


def _told(row: Mapping[str, Any], known: bool) -> Ranked:
    return Ranked(
        rank=row["rank"],
        lead_id=row["lead_id"],
        face={name: row[name] for name in FACE if row[name]},
        likelihood=_number(row["likelihood"]),
        expected_value=_number(row["expected_value"]),
        grade=row["grade"],
        reasons=row["reasons"].split(SEPARATOR) if row["reasons"] else [],
        known=known,
    )


def _number(text: str | None) -> float | None:
    return None if text is None else float(text)


def _first(scored: Path) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """The rows of the highest ranks, and their places among all."""
    found, places, start = [], [np.empty(0, np.int64)], 0
    with open_table(scored, encoding="utf-8") as reader:
        for batch in reader:
            rows = batch.rows.select(_TOLD)
            rank = rows.column("rank").cast(pa.int64())
            at = np.flatnonzero(pc.fill_null(pc.less_equal(rank, MOST), False).to_numpy(zero_copy_only=False))
            found.append(rows.set_column(0, _SCHEMA.field("rank"), rank).take(pa.array(at)))
            places.append(at + start)
            start += rows.num_rows
    schema = pa.schema([_SCHEMA.field(name) for name in _TOLD])
    return pa.Table.from_batches(found, schema), np.concatenate(places)


def _faces(upload: Upload, places: npt.NDArray[np.int64]) -> dict[str, pa.Array]:
    """What the list calls the leads at some ascending places: names and companies, null where it does not."""
    encoding = upload.choices.get("encoding") or None
    with open_table(upload.list, encoding=encoding) as whole:
        columns = _named(whole.schema.names)
    parts: dict[str, list[pa.Array]] = {name: [] for name in FACE}
    start = 0
    with open_table(upload.list, encoding=encoding, columns=list(columns.values()) or None) as reader:
        for batch in reader:
            end = start + batch.rows.num_rows
            low, high = np.searchsorted(places, [start, end])
            here = pa.array(places[low:high] - start)
            for name in FACE:
                parts[name].append(_cells(batch.rows, columns.get(name), here))
            start = end
    return {name: pa.chunked_array(cells, pa.string()) for name, cells in parts.items()}


def _named(headers: Sequence[str]) -> dict[str, str]:
    """The column of each name that people know a lead by; the first one where several could be meant."""
    found = {contract_name(header): header for header in reversed(headers)}
    return {name: found[name] for name in FACE if name in found}


def _cells(rows: pa.RecordBatch, column: str | None, here: pa.Array) -> pa.Array:
    if column is None:
        return pa.nulls(len(here), pa.string())
    return rows.column(column).take(here).cast(pa.string())
