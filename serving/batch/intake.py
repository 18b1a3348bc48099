"""What a lead list must hold to be scored: the columns a scorecard reads, and what names a lead."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import pyarrow as pa

from scoring.errors import DataError
from scoring.headers import contract_name
from scoring.io.files import Batch
from scoring.scorecard import Scorecard
from scoring.words import fold


def id_column(card: Scorecard, names: Sequence[str]) -> str | None:
    """The column that names a lead; None where the row number has to.

    Parameters
    ----------
    card : Scorecard
        Its own id column comes first, then ``lead_id``, then the headers that CRMs give it.
    names : sequence of str
        The columns of the list.
    """
    for name in (card.meta.id_column, "lead_id"):
        if name is not None and name in names:
            return name
    return next((name for name in names if contract_name(name) == "lead_id"), None)


def columns_read(card: Scorecard) -> list[str]:
    """The columns from which a scorecard makes its features."""
    sources = [name for feature in card.features for name in feature.sources]
    own = [card.meta.as_of_column] if card.meta.as_of_column else []
    return list(dict.fromkeys(sources + own))


def missing_columns(card: Scorecard, names: Sequence[str], file: str) -> list[str]:
    """What to tell the user of columns that the scorecard reads and the list lacks.

    Parameters
    ----------
    card : Scorecard
        The scorecard.
    names : sequence of str
        The columns of the list.
    file : str
        What the list is called.

    Raises
    ------
    DataError
        If not a single one is there: the list is another one than the model learned from.
    """
    read = columns_read(card)
    absent = [name for name in read if name not in names]
    if not absent:
        return []
    named = ", ".join(_with_hint(name, [other for other in names if other not in read]) for name in absent)
    if len(absent) == len(read):
        raise DataError(
            f"{file} has none of the columns that model {card.meta.version} reads: {named}. "
            "Give a list with the columns the model was trained on, or train on this one."
        )
    which = "a column" if len(absent) == 1 else f"{len(absent)} of {len(read)} columns"
    return [
        f"{file} lacks {which} that model {card.meta.version} reads: {named}. "
        "What they say counts as not given for every lead, so likelihoods are less sure and may be off."
    ]


def _with_hint(name: str, others: Sequence[str]) -> str:
    """A column with the one that was perhaps meant."""
    near = near_name(name, others)
    return f"'{name}'" if near is None else f"'{name}' (is it '{near}'?)"


def near_name(name: str, others: Sequence[str]) -> str | None:
    """Of some columns the one that was perhaps meant where another is missing.

    Parameters
    ----------
    name : str
        The column that is missing.
    others : sequence of str
        Columns that are there.

    Examples
    --------
    >>> near_name("Total Visits", ["total_visit", "source"]), near_name("budget", ["source"])
    ('total_visit', None)
    """
    folded = {fold(other): other for other in others}
    near = difflib.get_close_matches(fold(name), folded, n=1, cutoff=0.8)
    return folded[near[0]] if near else None


def lead_ids(batch: Batch, name: str | None) -> pa.Array:
    """What names each lead, as text: leading zeros stay.

    Parameters
    ----------
    batch : Batch
        Some rows of the list.
    name : str or None
        The column; None: the row number.

    Raises
    ------
    DataError
        If the column holds no single values.
    """
    column = pa.array(batch.numbers) if name is None else batch.rows.column(name)
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"Column '{name}' names the leads and must hold text or whole numbers.") from error
