"""What is kept of each lead between the two passes: a few numbers on disk, 16 bytes in memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.scorecard import Scores
from serving.decision import UNDECIDED
from serving.worth import CENTS

UNITS = 1_000_000


def kept_schema(reasons: int) -> pa.Schema:
    """The columns kept; likelihoods in millionths, money in hundredths, reasons as numbers of sentences."""
    small = dict.fromkeys(("score", "grade", "fit", "engagement", "decision"), pa.int8())
    units = dict.fromkeys(("likelihood", "likelihood_low", "likelihood_high"), pa.int32())
    sentences = dict.fromkeys((f"reason_{rank}" for rank in range(reasons)), pa.int32())
    return pa.schema(
        {"lead_id": pa.string(), **units, **small, "value": pa.int64(), "why": pa.string(), **sentences}
    )


def kept_rows(
    schema: pa.Schema,
    ids: pa.Array,
    scores: Scores,
    value: npt.NDArray[np.float64] | None,
    sentences: npt.NDArray[np.int32],
    decisions: npt.NDArray[np.int8] | None = None,
) -> pa.RecordBatch:
    """What is kept of some leads.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of :func:`kept_schema`.
    ids : pyarrow string array, length n_leads
        What names them.
    scores : Scores
        What the scorecard said of them.
    value : array of float, shape (n_leads,), optional
        What they are worth.
    sentences : array of int32, shape (n_reasons, n_leads)
        Their reasons.
    decisions : array of int, shape (n_leads,), optional
        What the handoff policy says of them, as places in ``DECISIONS``.
    """
    likelihoods = (scores.likelihood, scores.likelihood_low, scores.likelihood_high)
    small = (scores.score, scores.grade, scores.fit, scores.engagement)
    columns = [
        ids,
        *(_whole(column * UNITS, np.int32) for column in likelihoods),
        *(pa.array(column.astype(np.int8)) for column in small),
        pa.array(np.full(len(ids), UNDECIDED, dtype=np.int8) if decisions is None else decisions),
        pa.nulls(len(ids), pa.int64()) if value is None else _whole(value * CENTS, np.int64),
        _reasons_why(scores.errors, len(ids)),
        *(pa.array(row) for row in sentences),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _whole(numbers: npt.NDArray[np.float64], kind: type[np.int32] | type[np.int64]) -> pa.Array:
    """The nearest whole numbers; null where there is none."""
    unknown = np.isnan(numbers)
    return pa.array(np.rint(np.where(unknown, 0.0, numbers)).astype(kind), mask=unknown)


def _reasons_why(errors: Mapping[int, str], rows: int) -> pa.Array:
    """Why leads are not scored; null for those that are."""
    if not errors:
        return pa.nulls(rows, pa.string())
    texts: list[str | None] = [None] * rows
    for row, why in errors.items():
        texts[row] = why
    return pa.array(texts, pa.string())


class Spill:
    """Rows kept on disk in the first pass and read again in the second, in the same batches.

    Parameters
    ----------
    stream : binary file
        Open for reading and writing; a temporary one without a name.
    schema : pyarrow.Schema
        Its columns.
    """

    def __init__(self, stream: IO[bytes], schema: pa.Schema) -> None:
        self._stream = stream
        self._writer = pa.ipc.new_stream(pa.PythonFile(stream, mode="w"), schema)

    def add(self, rows: pa.RecordBatch) -> None:
        """Keep some rows."""
        self._writer.write_batch(rows)

    def again(self) -> Iterator[tuple[pa.RecordBatch, int]]:
        """All rows, in order, with the position of each batch; nothing can be added from here on."""
        self._writer.close()
        self._stream.seek(0)
        start = 0
        for rows in pa.ipc.open_stream(pa.PythonFile(self._stream, mode="r")):
            yield rows, start
            start += rows.num_rows


class Order:
    """Who is called first: the lead with the highest key, the earlier row where they tie."""

    def __init__(self) -> None:
        # A growing array, not a list of them: joining a list at the end would need every lead twice.
        self._keys = array("d")

    def add(self, keys: npt.NDArray[np.float64]) -> None:
        """Note some leads; NaN for those without a score."""
        self._keys.frombytes((-keys).tobytes())

    def ranks(self) -> npt.NDArray[np.int32]:
        """The rank of each lead from 1 on; 0 for those without a score."""
        keys = np.frombuffer(self._keys, dtype=np.float64)
        scored = len(keys) - int(np.isnan(keys).sum())
        order = np.argsort(keys, kind="stable")[:scored]
        ranks = np.zeros(len(keys), dtype=np.int32)
        ranks[order] = np.arange(1, scored + 1, dtype=np.int32)
        return ranks
