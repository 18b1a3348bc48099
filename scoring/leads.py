"""From a raw lead, as a form or a file brings it, to the features that a scorecard reads."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.categories import Categories
from scoring.clean import Unreadable
from scoring.errors import DataError
from scoring.features import feature_columns, feature_row
from scoring.scorecard import Scorecard


def lead_features(
    card: Scorecard, properties: Mapping[str, object], as_of: float | None = None
) -> dict[str, float | str | None]:
    """What a scorecard reads of one lead.

    Parameters
    ----------
    card : Scorecard
        Its columns and features say how.
    properties : mapping of str to object
        Raw values by column; an absent one is missing, others are ignored.
    as_of : float, optional
        Seconds since 1970 at which the lead is scored; the lead's own ``as_of_column`` comes first.

    Raises
    ------
    DataError
        If values cannot be read; every one of them is named.
    """
    typed: dict[str, float | str | None] = {}
    wrong = []
    for column in card.columns:
        try:
            typed[column.name] = column.clean(properties.get(column.name))
        except Unreadable as rule:
            wrong.append(f"Column '{column.name}' {rule}.")
    if wrong:
        raise DataError(" ".join(wrong))
    own = typed.get(card.meta.as_of_column) if card.meta.as_of_column else None
    return feature_row(card.features, typed, own if isinstance(own, float) else as_of)


def table_features(
    card: Scorecard, table: pa.Table | pa.RecordBatch, as_of: float | None = None
) -> tuple[dict[str, npt.NDArray[np.float64] | Categories], dict[int, str]]:
    """What a scorecard reads of many leads, and which rows it cannot read.

    Parameters
    ----------
    card : Scorecard
        Its columns and features say how.
    table : pyarrow.Table or pyarrow.RecordBatch, n_leads rows
        Raw values.
    as_of : float, optional
        As in :func:`lead_features`.

    Returns
    -------
    features : dict of str to (array of float64 or Categories)
        A column per feature.
    errors : dict of int to str
        Row index to why it cannot be read.
    """
    present = set(table.schema.names)
    typed: dict[str, npt.NDArray[np.float64] | Categories] = {}
    errors: dict[int, str] = {}
    for column in card.columns:
        raw = table.column(column.name) if column.name in present else pa.nulls(table.num_rows, pa.string())
        cleaned = column.clean_array(raw)
        typed[column.name] = cleaned.values
        for row, rule in cleaned.errors.items():
            why = f"Column '{column.name}' {rule}."
            errors[row] = f"{errors[row]} {why}" if row in errors else why
    moments = np.full(table.num_rows, np.nan if as_of is None else as_of)
    own = typed.get(card.meta.as_of_column) if card.meta.as_of_column else None
    if isinstance(own, np.ndarray):
        moments = np.where(np.isnan(own), moments, own)
    return feature_columns(card.features, typed, moments), errors
