"""Outcomes that stand in the list of leads itself: the dates at which a CRM says that a stage was reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from scoring.categories import Categories
from scoring.contract import MICROSECONDS, OUTCOMES, ContractColumn
from scoring.contract_cells import NO_TIME, Customs, property_column, read_column
from scoring.crm_formats import StageDate
from scoring.dates import DAY
from scoring.incoming import Incoming
from scoring.incoming_reader import read_incoming
from scoring.mappings import Meaning, Named
from scoring.moments import local_times

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]


def stage_outcomes(
    table: pa.Table, leads: Incoming, dates: Sequence[StageDate], meaning: Meaning, customs: Customs
) -> list[Incoming]:
    """The outcomes that a list of leads tells of, one :class:`Incoming` for each column of dates.

    A date without a time of day that is the day of the lead's creation is taken for the moment of creation:
    nothing happens to a lead before it is there.

    Parameters
    ----------
    table : pyarrow.Table
        The cells of the list.
    leads : Incoming
        The list, read; a condition that cannot be read is noted as a fault of its row.
    dates : sequence of StageDate
        The columns of dates.
    meaning, customs
        As for :func:`scoring.incoming_reader.read_incoming`.
    """
    conditions = {header for date in dates for header in date.only_where}
    holds = {header: _says_yes(table, leads, header, customs) for header in sorted(conditions)}
    good = leads.good
    return [
        _outcomes(table, leads, date, _chosen(table, date, holds, customs) & good, meaning, customs)
        for date in dates
    ]


def _says_yes(table: pa.Table, leads: Incoming, header: str, customs: Customs) -> Mask:
    """Where a column says yes; what is neither yes nor no is a fault of its row."""
    found = read_column(ContractColumn(header, "boolean"), table.column(header), customs)
    assert isinstance(found.values, Categories)
    leads.refuse_each(found.errors, header)
    return np.array([*(level == "yes" for level in found.values.levels), False])[found.values.codes]


def _chosen(table: pa.Table, date: StageDate, holds: Mapping[str, Mask], customs: Customs) -> Mask:
    """The rows that have a date, and for which it counts."""
    rows = _filled(table, date.header, customs)
    for header in date.only_where:
        rows &= holds[header]
    if date.filled is not None:
        rows &= _filled(table, date.filled, customs)
    if date.empty is not None:
        rows &= ~_filled(table, date.empty, customs)
    return rows


def _filled(table: pa.Table, header: str, customs: Customs) -> Mask:
    values, _ = property_column(table.column(header), customs)
    return np.array(values.is_valid())


def _outcomes(
    table: pa.Table, leads: Incoming, date: StageDate, rows: Mask, meaning: Meaning, customs: Customs
) -> Incoming:
    """The outcomes of one column."""
    headers = {"lead_id": leads.headers["lead_id"], "occurred_at": date.header}
    outcomes = read_incoming(
        leads.file,
        table.select(list(headers.values())).filter(pa.array(rows)),
        leads.numbers[rows],
        OUTCOMES,
        meaning,
        customs,
        named=Named(headers),
        constants={"stage": date.stage},
    )
    occurred, created = outcomes.times("occurred_at"), leads.times("created_at")[rows]
    occurred[:] = np.where(_day_of(occurred, created, customs.time_zone), created, occurred)
    return outcomes


def _day_of(occurred: Integers, created: Integers, time_zone: str) -> Mask:
    """Which times are the beginning of the day on which the lead was created."""
    known = occurred != NO_TIME
    here, then = (
        local_times(np.where(known, times, 0) / MICROSECONDS, time_zone) for times in (occurred, created)
    )
    return np.asarray(known & (here == then // DAY * DAY))
