"""Reading a file of the data contract on its way into the store: each cell typed, each row accounted for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.categories import Categories
from scoring.contract import CAMPAIGNS, CHANGES, LEADS, Contract, ContractColumn
from scoring.contract_cells import NO_TIME, Customs, property_column, read_column
from scoring.errors import DataError
from scoring.event_rows import content_keys, event_keys
from scoring.incoming import Incoming
from scoring.mappings import Meaning, Named, name_columns

if TYPE_CHECKING:
    import numpy.typing as npt

    from scoring.contract_cells import Values

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_SHOWN = 20
# An offset after a time of day; so many digits are seconds since 1970, which need none.
_WITH_OFFSET = (
    r"(?i)[:時][^+-]*(?:z|utc|gmt|jst|(?:utc|gmt)?[+-][0-9]{2}(?::?[0-9]{2})?)\s*$"
    r"|^\s*[0-9]{9,13}(?:\.[0-9]+)?\s*$"
)


def read_incoming(
    file: str,
    table: pa.Table,
    numbers: Integers,
    contract: Contract,
    meaning: Meaning,
    customs: Customs,
    *,
    named: Named | None = None,
    constants: Mapping[str, str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Incoming:
    """What a file tells of a table of the contract, each row accounted for.

    Parameters
    ----------
    file : str
        What the file is called in messages.
    table : pyarrow.Table
        Its cells: text from CSV, native values from Parquet.
    numbers : array of int64, shape (n_rows,)
        The number of each row.
    contract : Contract
        The table that it tells of.
    meaning : Meaning
        What its headers and stages mean.
    customs : Customs
        How times and *no answer* are written.
    named : Named, optional
        Which column is which; by default as ``meaning`` has it.
    constants : mapping of str to str, optional
        What holds for every row, by column; by default as ``meaning`` has it.
    renamed : mapping of str to str, optional
        Of changes: the names under which properties are kept, where they are others.

    Raises
    ------
    DataError
        If the file lacks a column that the contract requires.
    SettingsError
        If the user names a header that the file does not have.

    Examples
    --------
    >>> told = pa.table({"Record ID": ["007", None], "Create Date": ["2026-11-23T09:00Z", "soon"]})
    >>> leads = read_incoming("leads.csv", told, np.array([2, 3]), LEADS, Meaning(), Customs())
    >>> list(leads.refusals())
    [(3, "Column 'Record ID' must have a value."), (3, "Column 'Create Date' must be a date.")]
    """
    named = named or name_columns(contract, table.column_names, meaning, file)
    constants = meaning.constants(contract.name) if constants is None else constants
    _require(contract, {*named.columns, *constants}, table.column_names, file)
    columns: dict[str, Values] = {}
    incoming = Incoming(contract, file, numbers, columns, named.columns)
    for column in contract.columns:
        columns[column.name] = _column(incoming, table, column, constants.get(column.name), customs)
    for name, header in named.properties.items():
        incoming.properties[name] = _property(incoming, table, header, customs)
    if contract is CHANGES and renamed:
        columns["property"] = incoming.answers("property").mapped(lambda name: renamed.get(name, name))
    if named.unused:
        incoming.notes.append(f"{file}: not part of {contract.name}, left out: {_listed(named.unused)}.")
    if contract is LEADS:
        _refuse_twice(incoming, incoming.answers("lead_id").codes, "this lead stands already in row")
    elif contract is CAMPAIGNS:
        _refuse_twice(incoming, _pairs(incoming), "this campaign and month stand already in row")
    else:
        _key(incoming)
    return incoming


def _require(contract: Contract, there: set[str], headers: Sequence[str], file: str) -> None:
    """The columns without which nothing can be said."""
    absent = [name for name in contract.required if name not in there]
    if absent:
        raise DataError(
            f"{file} has no column for {' and '.join(absent)}, which {contract.name} must have. Its columns "
            f"are {_listed(headers)}. Say which it is in a file for --mapping: [{contract.name}] "
            f'"Header" = "{absent[0]}".'
        )


def _listed(names: Sequence[str]) -> str:
    """Some names; of very many, the first."""
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + rest


def _column(
    incoming: Incoming, table: pa.Table, column: ContractColumn, constant: str | None, customs: Customs
) -> Values:
    """A column of the contract, its faults noted."""
    header = incoming.headers.get(column.name)
    if constant is not None:
        return Categories(np.zeros(len(incoming), dtype=np.int32), (constant,))
    if header is None:
        return _absent(column, len(incoming))
    raw = table.column(header)
    found = read_column(column, raw, customs)
    incoming.notes += [note.replace(f"'{column.name}'", f"'{header}'", 1) for note in found.notes]
    if column.kind == "time" and _is_naive(raw):
        incoming.naive = (*incoming.naive, header)
    if column.required:
        empty = _missing(found.values)
        empty[list(found.errors)] = False
        incoming.refuse(empty, f"{incoming.shown(column.name)} must have a value.")
    incoming.refuse_each(found.errors, header)
    return found.values


def _property(incoming: Incoming, table: pa.Table, header: str, customs: Customs) -> pa.Array:
    """A property of leads, its faults noted."""
    values, errors = property_column(table.column(header), customs)
    incoming.refuse_each(errors, header)
    return values


def _absent(column: ContractColumn, rows: int) -> Values:
    if column.kind == "time":
        return np.full(rows, NO_TIME, dtype=np.int64)
    if column.kind == "number":
        return np.full(rows, np.nan)
    return Categories(np.full(rows, -1, dtype=np.int32), ())


def _missing(values: Values) -> Mask:
    if isinstance(values, Categories):
        return values.codes < 0
    return np.isnan(values) if values.dtype.kind == "f" else values == NO_TIME


def _is_naive(raw: pa.ChunkedArray) -> bool:
    """Whether a column holds times that carry no offset."""
    if pa.types.is_timestamp(raw.type):
        return raw.type.tz is None
    if not (pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type)):
        return bool(pa.types.is_date(raw.type))
    without = pc.invert(pc.match_substring_regex(raw, _WITH_OFFSET))
    return pc.any(pc.and_(without, pc.match_substring_regex(raw, "[0-9]"))).as_py() is True


def _pairs(incoming: Incoming) -> Integers:
    """A number for each campaign and month; -1 where one of them is missing."""
    campaign, month = (incoming.answers(name) for name in ("campaign", "month"))
    pairs = campaign.codes.astype(np.int64) * (len(month.levels) + 1) + month.codes
    return np.where((campaign.codes < 0) | (month.codes < 0), -1, pairs)


def _refuse_twice(incoming: Incoming, codes: npt.NDArray[np.integer], reason: str) -> None:
    """What may stand in a file once only: the first one is kept."""
    _, first, which = np.unique(codes, return_index=True, return_inverse=True)
    first_of = first[which]
    again = np.flatnonzero((first_of != np.arange(len(codes))) & (codes >= 0))
    name = incoming.contract.required[0]
    incoming.refuse(again, f"{incoming.shown(name)}: {reason}", first_of[again])


def _key(incoming: Incoming) -> None:
    """What each event is; an ``event_id`` must not stand for two."""
    content = content_keys(incoming.contract, incoming.columns)
    event_id = incoming.answers("event_id")
    incoming.keys = event_keys(content, event_id)
    incoming.repeats = np.zeros(len(incoming), dtype=bool)
    named = np.flatnonzero((event_id.codes >= 0) & incoming.good)
    if not len(named):
        return
    _, first, which = np.unique(event_id.codes[named], return_index=True, return_inverse=True)
    first_of = named[first[which]]
    what = (incoming.answers("lead_id").codes, incoming.times(incoming.contract.time), content)
    other = np.zeros(len(named), dtype=bool)
    for values in what:
        other |= values[named] != values[first_of]
    incoming.repeats[named[(first_of != named) & ~other]] = True
    incoming.refuse(
        named[other],
        f"{incoming.shown('event_id')}: an event has an id of its own, and this one is that of another in row",
        first_of[other],
    )
