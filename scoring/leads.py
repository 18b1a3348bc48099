"""From a raw lead, as a form or a file brings it, to the features that a scorecard reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.categories import Categories
from scoring.clean import Column, Unreadable
from scoring.errors import DataError
from scoring.event_forms import event_columns, event_row
from scoring.features import feature_columns, feature_row
from scoring.ledger import Ledger, OneLead
from scoring.scorecard import Scorecard


def lead_features(
    card: Scorecard, properties: Mapping[str, object], as_of: float | None = None, lead: OneLead | None = None
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
    lead : OneLead, optional
        What happened to it; by default it was created at this moment and nothing has happened yet.

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
    moment = own if isinstance(own, float) else as_of
    features = feature_row(card.of_properties, typed, moment)
    if card.of_events and moment is not None:
        features |= event_row(card.of_events, lead or OneLead("", moment), moment)
    return features


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
    features = feature_columns(card.of_properties, typed, moments)
    if card.of_events:
        new = Ledger(np.full(len(moments), None, dtype=object), moments)
        features |= event_columns(card.of_events, new, np.arange(len(moments)), moments)
    return features, errors


def ledger_features(
    card: Scorecard, ledger: Ledger, lead: npt.NDArray[np.intp], as_of: npt.NDArray[np.float64]
) -> tuple[dict[str, npt.NDArray[np.float64] | Categories], dict[int, str]]:
    """What a scorecard reads of leads as they were known at some time.

    Parameters
    ----------
    card : Scorecard
        Its columns and features say how.
    ledger : Ledger
        All that is known of the leads, also later.
    lead, as_of : array, shape (n_looks,)
        Which lead, and the time as which it is looked at.

    Returns
    -------
    features, errors
        As :func:`table_features`.
    """
    typed, errors = typed_at(card.columns, ledger, lead, as_of)
    features = feature_columns(card.of_properties, typed, as_of)
    return features | event_columns(card.of_events, ledger, lead, as_of), errors


def typed_at(
    columns: Sequence[Column], ledger: Ledger, lead: npt.NDArray[np.intp], as_of: npt.NDArray[np.float64]
) -> tuple[dict[str, npt.NDArray[np.float64] | Categories], dict[int, str]]:
    """Properties as they were known at some time, read; and which looks hold one that cannot be read.

    Parameters
    ----------
    columns : sequence of Column
        How each is read.
    ledger, lead, as_of
        As in :func:`ledger_features`.
    """
    typed: dict[str, npt.NDArray[np.float64] | Categories] = {}
    errors: dict[int, str] = {}
    for column in columns:
        cleaned = column.clean_array(ledger.values_of(column.name))
        place = ledger.places_at(column.name, lead, as_of)
        typed[column.name] = _at(cleaned.values, place)
        if cleaned.errors:
            broken = np.isin(place, list(cleaned.errors))
            for look in np.flatnonzero(broken).tolist():
                why = f"Column '{column.name}' {cleaned.errors[int(place[look])]}."
                errors[look] = f"{errors[look]} {why}" if look in errors else why
    return typed, errors


def _at(
    values: npt.NDArray[np.float64] | Categories, place: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64] | Categories:
    """Values at places, missing where the place is -1."""
    if isinstance(values, Categories):
        return Categories(np.append(values.codes, np.int32(-1))[place], values.levels)
    return np.append(values, np.nan)[place]
