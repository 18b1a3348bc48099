"""From files of the data contract to the store: read, checked row by row, kept whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from scoring.contract import CHANGES, CONTRACTS, LEADS
from scoring.contract_cells import Customs
from scoring.crm_formats import stage_dates
from scoring.errors import DataError
from scoring.incoming import Incoming
from scoring.incoming_reader import read_incoming
from scoring.io.files import Rejected, TableRead, open_table, write_rejected
from scoring.io.store import Store
from scoring.io.store.intake import Count, Taken
from scoring.mappings import Meaning, name_columns
from scoring.stage_dates import stage_outcomes

Told = Callable[[str, int, int | None], None]
"""Is told what is being done, and how many rows of how many are done."""

_OLIST = {"leads": "*marketing_qualified_leads*.csv", "outcomes": "*closed_deals*.csv"}


@dataclass(frozen=True, slots=True)
class Refused:
    """The rows of a file that were not kept.

    Parameters
    ----------
    path : Path
        The file.
    rows : list of Rejected
        The rows and why, in the order of the file; a row that breaks several rules has a line for each.
    """

    path: Path
    rows: list[Rejected]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Parameters
    ----------
    written : bool
        Whether it is in the store now.
    counts : mapping of str to Count
        By table.
    refused : list of Refused
        Files with rows that were not kept.
    notes : list of str
        What the user should know.
    """

    written: bool
    counts: Mapping[str, Count]
    refused: list[Refused]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Source:
    """A file as it was read; its cells are not kept, for they take more memory than what they tell."""

    path: Path
    tells: list[Incoming]
    rejected: tuple[Rejected, ...]
    notes: list[str]


def import_files(
    store: Store,
    files: Mapping[str, Path],
    meaning: Meaning,
    customs: Customs,
    now: datetime,
    *,
    encoding: str | None = None,
    skip_rejected: bool = False,
    dry_run: bool = False,
    told: Told = lambda *_: None,
) -> Imported:
    """Keep what some files tell, in one transaction; importing them again changes nothing.

    The rows that are not kept are listed in ``<stem>.rejected.csv`` beside each file, except by a dry run.

    Parameters
    ----------
    store : Store
        Where it goes.
    files : mapping of str to Path
        A file for each table of the contract; where there is none of leads, they must be in the store.
    meaning : Meaning
        What headers and stages mean.
    customs : Customs
        How times without an offset and *no answer* are written.
    now : datetime
        Since when values hold that differ from those before.
    encoding : str, optional
        That of the CSV files, where the guess is wrong.
    skip_rejected : bool
        Whether the good rows are kept where others have faults; else nothing is.
    dry_run : bool
        Whether to say what would change and to write nothing.
    told : callable, optional
        Is told how far it is.

    Raises
    ------
    DataError
        If a file cannot be read at all, or lacks a column that it must have.
    """
    sources = _read_all(files, meaning, customs, encoding, told)
    tells = [incoming for source in sources for incoming in source.tells]
    is_whole = skip_rejected or not any(source.rejected for source in sources)
    taken = store.take_in(
        tells,
        now,
        skip_rejected=skip_rejected,
        dry_run=dry_run or not is_whole,
        told=lambda table, done, total: told(f"Writing {table}", done, total),
    )
    refused = [Refused(source.path, _refusals(source)) for source in sources]
    notes = _notes(sources, taken, customs)
    if not dry_run:
        for one in refused:
            _list(one, notes)
    return Imported(
        taken.written,
        _counts(sources, taken),
        [one for one in refused if one.rows],
        list(dict.fromkeys(notes)),
    )


def olist_files(folder: Path) -> dict[str, Path]:
    """The files of Olist's marketing funnel in a folder.

    Raises
    ------
    DataError
        If the list of leads is not there.
    """
    found = {table: next(iter(sorted(folder.glob(pattern))), None) for table, pattern in _OLIST.items()}
    if found["leads"] is None:
        raise DataError(f"{folder} holds no file {_OLIST['leads']}. Name the file itself.")
    return {table: path for table, path in found.items() if path is not None}


def _read_all(
    files: Mapping[str, Path], meaning: Meaning, customs: Customs, encoding: str | None, told: Told
) -> list[_Source]:
    """All files, that of leads first: it says under which names properties are kept."""
    customs = Customs(
        customs.time_zone, customs.date_order or meaning.preset.date_order, customs.missing, meaning.stages
    )
    sources = []
    renamed = dict(meaning.headers.get(LEADS.name, {}))
    for table in CONTRACTS:
        if table in files:
            read = _read(files[table], encoding, told)
            sources.append(_source(files[table], read, table, meaning, customs, renamed))
    return sources


def _read(path: Path, encoding: str | None, told: Told) -> TableRead:
    """A whole file in memory."""
    with open_table(path, encoding=encoding) as reader:
        batches = []
        for batch in reader:
            batches.append(batch)
            told(f"Reading {path.name}", reader.rows, None)
        table = pa.Table.from_batches([batch.rows for batch in batches], reader.schema)
        numbers = np.concatenate([np.empty(0, np.int64), *(batch.numbers for batch in batches)])
        return TableRead(table, numbers, tuple(reader.rejected), reader.blank, tuple(reader.notes))


def _source(
    path: Path, read: TableRead, table: str, meaning: Meaning, customs: Customs, renamed: dict[str, str]
) -> _Source:
    """What a file tells; a list of leads may tell of outcomes too."""
    contract = CONTRACTS[table]
    notes = list(read.notes)
    if not read.table.num_rows and not read.rejected:
        notes.append(f"{path.name} holds a header and no rows.")
    if contract is LEADS:
        tells = _of_leads(path.name, read, meaning, customs, renamed, notes)
    else:
        names = renamed if contract is CHANGES else {}
        tells = [
            read_incoming(path.name, read.table, read.numbers, contract, meaning, customs, renamed=names)
        ]
    return _Source(path, tells, read.rejected, notes)


def _of_leads(
    file: str, read: TableRead, meaning: Meaning, customs: Customs, renamed: dict[str, str], notes: list[str]
) -> list[Incoming]:
    """The leads, and the outcomes whose dates stand among their columns."""
    headers = read.table.column_names
    dates = stage_dates(meaning.format, headers)
    named = name_columns(LEADS, headers, meaning, file)
    renamed.update({header: name for name, header in named.properties.items()})
    if not dates:
        return [read_incoming(file, read.table, read.numbers, LEADS, meaning, customs, named=named)]
    spent = set().union(*(date.headers for date in dates))
    shown = ", ".join(f"'{header}'" for header in headers if header in spent)
    notes.append(f"{file}: read as outcomes, not as properties: {shown}.")
    own = named.without(spent)
    listed = read_incoming(file, read.table, read.numbers, LEADS, meaning, customs, named=own)
    return [listed, *stage_outcomes(read.table, listed, dates, meaning, customs)]


def _refusals(source: _Source) -> list[Rejected]:
    """Every row that was not kept and why, in the order of the file."""
    found = [Rejected(row, reason) for tells in source.tells for row, reason in tells.refusals()]
    return sorted([*source.rejected, *dict.fromkeys(found)], key=lambda one: one.row)


def _list(refused: Refused, notes: list[str]) -> None:
    """Write the list beside the file; an import is not undone because that is not possible."""
    try:
        write_rejected(refused.path, refused.rows)
    except (DataError, OSError) as error:
        notes.append(f"The rejected rows of {refused.path.name} cannot be listed beside it: {error}")


def _counts(sources: list[_Source], taken: Taken) -> dict[str, Count]:
    """The counts by table, with the rows that do not split."""
    counts = dict(taken.counts)
    for source in sources:
        name, lost = source.tells[0].contract.name, len(source.rejected)
        before = counts[name]
        counts[name] = Count(
            before.rows + lost,
            before.new,
            before.changed,
            before.unchanged,
            before.rejected + lost,
            before.implied,
        )
    return counts


def _notes(sources: list[_Source], taken: Taken, customs: Customs) -> list[str]:
    """What the user should know, file by file."""
    notes: list[str] = []
    for source in sources:
        notes += source.notes
        notes += [note for tells in source.tells for note in tells.notes]
        naive = dict.fromkeys(header for tells in source.tells for header in tells.naive)
        if naive:
            columns = ", ".join(f"'{header}'" for header in naive)
            notes.append(
                f"{source.path.name}: times without an offset ({columns}) are read in {customs.time_zone}, the "
                "time zone of the settings."
            )
    return notes + taken.notes
