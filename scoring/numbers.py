"""Numbers as people write them in exports: ``１，２３４``, ``¥1,200``, ``(300)``, ``▲5``, ``12%``, ``1.2万``.

One rule for a single cell, :func:`read_number`; one fast path for a whole column of plain numerals,
:func:`plain_numbers`, which hands back everything it is not sure of.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.words import Unreadable

if TYPE_CHECKING:
    import numpy.typing as npt

Decimal = Literal[".", ","]

_RULE = "must be a number"
_FINITE = "must be a finite number"
_LONGEST = 400

_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ARROW_PLAIN = rf"^{_PLAIN.pattern}$"
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}|[0-9]{1,3}(?:[ '][0-9]{3})+")
_MINUS = str.maketrans({"−": "-", "–": "-", "‐": "-", "▲": "-", "△": "-", "’": "'"})

_CURRENCY = r"(?:[¥$€£₩₹円元]|R\$|US\$|JPY|USD|EUR|GBP|INR|BRL|CNY)"
_UNIT = r"(?:円|%|人|名|件|回|個|点|社|歳|pt)"
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[+-])?\s*(?:{_CURRENCY}\s*)?(?P<sign2>[+-])?"
    r"(?P<number>[0-9.][0-9.,' ]*(?:[eE][+-]?[0-9]+)?)\s*(?P<scale>百万|[千万億])?"
    rf"\s*(?:{_CURRENCY}|{_UNIT})?\s*(?P<after>-)?\s*(?P<close>\))?"
)
_SCALE = {None: 1.0, "千": 1e3, "万": 1e4, "百万": 1e6, "億": 1e8}


def read_number(text: str, decimal: Decimal = ".") -> float:
    """A finite number from the plain text of a cell.

    Thousands separators, currency signs, Japanese units (``1.2万``), accounting negatives and a trailing
    minus are read; ``12%`` is 12.  With ``decimal=","`` comma and point change places.

    Raises
    ------
    Unreadable
        If the text is no number, or an infinite one.

    Examples
    --------
    >>> read_number("¥1,234.5"), read_number("(300)"), read_number("12%"), read_number("1.234,5", ",")
    (1234.5, -300.0, 12.0, 1234.5)
    """
    if decimal == "," and len(text) <= _LONGEST:
        text = text.translate({44: ".", 46: ","})
    if _PLAIN.fullmatch(text):
        return finite(float(text))
    if len(text) > _LONGEST:
        raise Unreadable(_RULE)
    amount = _AMOUNT.fullmatch(text.translate(_MINUS))
    if amount is None or bool(amount["open"]) != bool(amount["close"]):
        raise Unreadable(_RULE)
    signs = [sign for sign in (amount["open"], amount["sign"], amount["sign2"], amount["after"]) if sign]
    if len(signs) > 1:
        raise Unreadable(_RULE)
    size = float(_ungrouped(amount["number"].rstrip())) * _SCALE[amount["scale"]]
    return finite(size if not signs or signs[0] == "+" else -size)


def _ungrouped(number: str) -> str:
    """The number without its thousands separators; a comma anywhere else is refused."""
    whole, point, rest = number.partition(".")
    if _GROUPED.fullmatch(whole):
        number = re.sub(r"[, ']", "", whole) + point + rest
    if not _PLAIN.fullmatch(number):
        raise Unreadable(_RULE)
    return number


def finite(value: float) -> float:
    """The value itself, unless it is infinite.

    Raises
    ------
    Unreadable
        If it is infinite or not a number.
    """
    if math.isfinite(value):
        return value
    raise Unreadable(_FINITE)


def plain_numbers(array: pa.Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The plain numerals of a text column, and which rows are left to :func:`read_number`.

    Returns
    -------
    values : array of float
        NaN where missing or left over.
    left : array of bool
        True where the cell holds text that is no plain, finite numeral.
    """
    try:
        numbers = array.cast(pa.float64())
    except pa.ArrowInvalid:
        plain = pc.match_substring_regex(array, _ARROW_PLAIN)
        numbers = pc.if_else(plain, array, pa.scalar(None, array.type)).cast(pa.float64())
    values = numbers.to_numpy(zero_copy_only=False).astype(np.float64, copy=True)
    left = ~np.isfinite(values) & array.is_valid().to_numpy(zero_copy_only=False)
    values[left] = np.nan
    return values, left
