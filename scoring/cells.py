"""Single values as JSON, Parquet and Python bring them."""

from __future__ import annotations

import datetime as dt
import decimal as dec

import numpy as np
import pyarrow as pa

from scoring import numbers
from scoring.words import Unreadable

NUMBERS = (int, float, dec.Decimal, np.integer, np.floating)


def as_text(raw: object) -> str:
    """What a JSON or Parquet value would say in a CSV cell."""
    if isinstance(raw, bool | np.bool_):
        return "true" if raw else "false"
    if isinstance(raw, int | np.integer):
        return str(int(raw)) if abs(int(raw)) < 10**300 else _refuse("must be a shorter number")
    if isinstance(raw, float | np.floating):
        value = numbers.finite(float(raw))
        return str(int(value)) if value == int(value) and abs(value) < 1e16 else repr(value)
    if isinstance(raw, dt.date | dt.time):
        return raw.isoformat()
    if isinstance(raw, dec.Decimal):
        return str(raw)
    return _refuse("must be one value, not a list or an object")


def is_text(kind: pa.DataType) -> bool:
    """Whether a column is stored as text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def is_numeral(token: str) -> bool:
    """Whether a missing token is written as a number."""
    try:
        numbers.read_number(token)
    except Unreadable:
        return False
    return True


def _refuse(rule: str) -> str:
    """Raise as an expression."""
    raise Unreadable(rule)
