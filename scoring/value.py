"""What a lead is worth: the likelihood of winning it, times what a won deal brings.

Only a likelihood of *won* is worth money; of any other stage there is no expected value.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.clean import Column, Unreadable

WON = "won"
AMOUNT = "amount"
Floats = npt.NDArray[np.float64]

_DEFAULT = Column(AMOUNT, "number", "fit")


def expected_value(
    target: str, likelihood: float | None, amount: float | None, margin: float = 1.0
) -> float | None:
    """What working a lead earns on average; None where that is not known.

    Parameters
    ----------
    target : str
        The stage that the likelihood is of.
    likelihood : float or None
        Probability of reaching it within the horizon.
    amount : float or None
        What a won deal brings, in one currency.
    margin : float
        The share of the amount that is earned.

    Examples
    --------
    >>> expected_value("won", 0.25, 1000.0, margin=0.5)
    125.0
    >>> expected_value("sql", 0.25, 1000.0) is None
    True
    """
    if target != WON or likelihood is None or amount is None:
        return None
    return likelihood * amount * margin


def expected_values(
    target: str, likelihood: Floats, amount: Floats | float | None, margin: float = 1.0
) -> Floats:
    """:func:`expected_value` for many leads; NaN where it is not known.

    Parameters
    ----------
    target : str
        The stage that the likelihoods are of.
    likelihood : array of float, shape (n_leads,)
        NaN where a lead is not scored.
    amount : array of float, shape (n_leads,), or float or None
        What a won deal brings; NaN where it is not known.
    margin : float
        The share of the amount that is earned.

    Examples
    --------
    >>> expected_values("won", np.array([0.25, 0.5]), np.array([1000.0, np.nan]))
    array([250.,  nan])
    """
    if target != WON or amount is None:
        return np.full(len(likelihood), np.nan)
    values: Floats = likelihood * amount * margin
    return values


def lead_amount(properties: Mapping[str, object], columns: Mapping[str, Column]) -> float | None:
    """The amount that a lead states itself, None where it states none.

    Parameters
    ----------
    properties : mapping of str to object
        Raw values by column.
    columns : mapping of str to Column
        How the model reads its columns; an amount it does not read is read as a plain number.

    Raises
    ------
    Unreadable
        If it is no number, or below zero.
    """
    raw = properties.get(AMOUNT)
    if raw is None:
        return None
    amount = _reader(columns).clean(raw)
    if amount is not None and (not isinstance(amount, float) or amount < 0):
        raise Unreadable("must be a number that is not below zero")
    return amount


def lead_amounts(
    raw: pa.Array | pa.ChunkedArray, columns: Mapping[str, Column]
) -> tuple[Floats, dict[int, str]]:
    """:func:`lead_amount` for the ``amount`` column of many leads.

    Parameters
    ----------
    raw : pyarrow.Array, n_leads long
        The raw column.
    columns : mapping of str to Column
        How the model reads its columns.

    Returns
    -------
    amounts : array of float, shape (n_leads,)
        NaN where a lead states none, or none that can be read.
    errors : dict of int to str
        Row index to why its amount cannot be read.
    """
    cleaned = _reader(columns).clean_array(raw)
    amounts, errors = np.asarray(cleaned.values, dtype=np.float64).copy(), dict(cleaned.errors)
    for row in np.flatnonzero(amounts < 0):
        errors[int(row)] = "must be a number that is not below zero"
        amounts[row] = np.nan
    return amounts, errors


def _reader(columns: Mapping[str, Column]) -> Column:
    """The model's own way to read the amount, if it reads it as a number."""
    column = columns.get(AMOUNT, _DEFAULT)
    return column if column.type == "number" else _DEFAULT
