"""The columns of OUT, made of what was kept of each lead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.reasons import Phrases
from scoring.scorecard import GRADES
from serving.batch.kept import UNITS
from serving.decision import DECISIONS
from serving.worth import CENTS

SCORED = "scored"
NOT_SCORED = "not_scored: "

# As text a decimal never has an exponent, which a spreadsheet or another program might not read.
_LIKELIHOOD = {".csv": pa.decimal128(7, 6)}
_MONEY = {".csv": pa.decimal128(20, 2)}
_LETTERS = pa.array(list(GRADES))
_LABELS = pa.array([f"{grade}{step}" for grade in GRADES for step in (1, 2, 3, 4)])
_DECISIONS = pa.array(DECISIONS)
_NO_TEXT = pa.scalar(None, pa.string())


def out_schema(target: Path) -> pa.Schema:
    """The columns of OUT, in order, with the types its kind of file has."""
    suffix = target.suffix.lower()
    likelihood = _LIKELIHOOD.get(suffix, pa.float64())
    return pa.schema(
        {
            "lead_id": pa.string(),
            "likelihood": likelihood,
            "likelihood_low": likelihood,
            "likelihood_high": likelihood,
            "score": pa.int32(),
            "grade": pa.string(),
            "fit": pa.string(),
            "engagement": pa.int32(),
            "label": pa.string(),
            "decision": pa.string(),
            "expected_value": _MONEY.get(suffix, pa.float64()),
            "rank": pa.int64(),
            "reasons": pa.string(),
            "status": pa.string(),
            "model_version": pa.string(),
        }
    )


def out_rows(
    schema: pa.Schema, kept: pa.RecordBatch, ranks: npt.NDArray[np.int32], phrases: Phrases, version: str
) -> pa.RecordBatch:
    """Rows of OUT.

    Parameters
    ----------
    schema : pyarrow.Schema
        Of :func:`out_schema`.
    kept : pyarrow.RecordBatch, n_leads rows
        What was kept of the leads.
    ranks : array of int32, shape (n_leads,)
        Their ranks; 0 where there is none.
    phrases : Phrases
        The sentences that reasons are numbers of.
    version : str
        The model's.
    """
    fit, engagement, score = (_numbers(kept, name) for name in ("fit", "engagement", "score"))
    scored = score >= 0
    with_fit, with_engagement = scored & (fit >= 0), scored & (engagement >= 0)
    sentences = [_numbers(kept, name) for name in kept.schema.names if name.startswith("reason_")]
    columns = {
        "lead_id": kept.column("lead_id"),
        **{
            name: _scaled(kept.column(name), UNITS, schema.field(name).type)
            for name in ("likelihood", "likelihood_low", "likelihood_high")
        },
        "score": pa.array(score, pa.int32(), mask=~scored),
        "grade": _taken(_LETTERS, _numbers(kept, "grade"), scored),
        "fit": _taken(_LETTERS, fit, with_fit),
        "engagement": pa.array(engagement + 1, pa.int32(), mask=~with_engagement),
        "label": _taken(_LABELS, fit * 4 + engagement, with_fit & with_engagement),
        "decision": _taken(_DECISIONS, _numbers(kept, "decision"), scored),
        "expected_value": _scaled(kept.column("value"), CENTS, schema.field("expected_value").type),
        "rank": pa.array(ranks.astype(np.int64), mask=ranks == 0),
        "reasons": _reasons(phrases, sentences, len(scored)),
        "status": _status(kept.column("why")),
        "model_version": _where(scored, version),
    }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _numbers(kept: pa.RecordBatch, name: str) -> npt.NDArray[np.int32]:
    """A column without nulls as numbers."""
    numbers: npt.NDArray[np.int32] = kept.column(name).to_numpy().astype(np.int32)
    return numbers


def _taken(texts: pa.Array, places: npt.NDArray[np.int32], given: npt.NDArray[np.bool_]) -> pa.Array:
    """A text per lead, null where none is given."""
    return texts.take(pa.array(places, mask=~given))


def _where(given: npt.NDArray[np.bool_], text: str) -> pa.Array:
    """The same text for all leads that have one."""
    return pc.if_else(pa.array(given), pa.scalar(text), _NO_TEXT)


def _scaled(units: pa.Array, per_one: int, kind: pa.DataType) -> pa.Array:
    """Counted units as numbers, or as decimals, which are nothing but counted units."""
    given = units.is_valid()
    whole = units.fill_null(0).to_numpy().astype(np.int64)
    if not pa.types.is_decimal(kind):
        return pa.array(whole / per_one, mask=~given.to_numpy(zero_copy_only=False))
    wide = np.zeros((len(whole), 2), dtype="<i8")
    wide[:, 0] = whole
    return pa.Array.from_buffers(kind, len(whole), [given.buffers()[1], pa.py_buffer(wide)])


def _reasons(phrases: Phrases, sentences: Sequence[npt.NDArray[np.int32]], rows: int) -> pa.Array:
    """The reasons in words."""
    return phrases.texts(np.array(sentences, dtype=np.int32).reshape(len(sentences), rows))


def _status(why: pa.Array) -> pa.Array:
    """Scored, or why not."""
    return pc.fill_null(pc.binary_join_element_wise(NOT_SCORED, why, ""), SCORED)
