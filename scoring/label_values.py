"""What each value of a label column means: converted, not converted, or not an outcome yet."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from scoring.errors import DataError, SettingsError

POSITIVE: Final = 1
NEGATIVE: Final = 0
OPEN: Final = -1
MOST_LISTED: Final = 20

_YES: Final = frozenset({"yes", "y", "true", "t", "1", "はい", "有", "有り", "あり", "済", "○", "◯"})
_NO: Final = frozenset({"no", "n", "false", "f", "0", "いいえ", "無", "無し", "なし", "未", "×", "x"})

# "Qualified" is absent on purpose: in many a CRM it is the very outcome that is to be predicted.
OPEN_LEXICON: Final = frozenset(
    {
        "open", "new", "working", "in progress", "in-progress", "in_progress", "inprogress", "contacted",
        "attempted to contact", "attempting", "connected", "assigned", "prospecting", "engaging", "engaged",
        "nurturing", "nurture", "pending", "on hold", "negotiation", "negotiating", "proposal", "recycled",
        "open - not contacted", "working - contacted", "not started",
        "新規", "オープン", "未対応", "未着手", "未確定", "対応中", "対応待ち", "商談中", "検討中", "進行中",
        "提案中", "交渉中", "見積中", "見積提出", "アプローチ中", "連絡中", "連絡済", "連絡済み",
        "フォロー中", "育成中", "ナーチャリング", "保留", "保留中",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a label column says of each row.

    Parameters
    ----------
    of_row : array of int8
        ``POSITIVE``, ``NEGATIVE`` or ``OPEN``.
    positive, open_values : tuple of str
        The values that were taken as converted and as open, as the file spells them.
    findings : tuple of str
        Which values were taken as what, with counts.
    """

    of_row: npt.NDArray[np.int8]
    positive: tuple[str, ...]
    open_values: tuple[str, ...]
    findings: tuple[str, ...]


def read_values(
    values: Sequence[object] | npt.NDArray[Any] | pd.Series,
    column: str,
    positive: object,
    open_values: object,
) -> Meaning:
    """Decide which label values are conversions, losses, or no outcome yet.

    Parameters
    ----------
    values : array-like, shape (n_leads,)
        Text, booleans or numbers; None, NaN and blank are open.
    column : str
        Name of the column, for messages.
    positive : str or sequence of str, or None
        Converted; None guesses, for yes/no columns only.
    open_values : sequence of str, or None
        Not an outcome yet; None takes those of the lexicon if there are more than two values.

    Returns
    -------
    Meaning
        The meaning of each row.

    Raises
    ------
    DataError
        If the positive value must be named, or a named value is not in the column.
    SettingsError
        If one value is named both positive and open.

    Examples
    --------
    >>> read_values(["成約", "失注", "商談中", None], "結果", "成約", None).of_row.tolist()
    [1, 0, -1, -1]
    """
    found = _Found.of(values, column)
    named = _named(positive)
    opened = (
        found.open_by_lexicon(named) if open_values is None else found.require(_named(open_values), "open")
    )
    converted = found.require(named, "positive") if named else found.guess(opened)
    if both := sorted(set(opened) & set(converted)):
        raise SettingsError(
            f"'{found.shown[both[0]]}' of label column '{column}' is named both positive and "
            "open. Keep one of them."
        )
    meaning = np.array([_meaning(key, converted, opened) for key in found.keys] + [OPEN], dtype=np.int8)
    return Meaning(
        meaning[found.codes],
        tuple(found.shown[key] for key in converted),
        tuple(found.shown[key] for key in opened),
        tuple(found.findings(converted, opened, lexicon=open_values is None)),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """The values of a label column: code per row (-1 = missing), folded keys, spelling and count of each."""

    column: str
    codes: npt.NDArray[np.intp]
    keys: tuple[str, ...]
    shown: dict[str, str]
    counts: dict[str, int]

    @classmethod
    def of(cls, values: Sequence[object] | npt.NDArray[Any] | pd.Series, column: str) -> _Found:
        codes, distinct = pd.factorize(pd.Series(values, dtype=object))
        shown: dict[str, str] = {}
        for value in distinct:
            shown.setdefault(_fold(_text(value)), _text(value))
        shown.pop("", None)
        position = {key: place for place, key in enumerate(shown)}
        of_code = np.array(
            [position.get(_fold(_text(value)), -1) for value in distinct] + [-1], dtype=np.intp
        )
        codes = of_code[codes]
        counted = np.bincount(codes[codes >= 0], minlength=len(shown))
        return cls(column, codes, tuple(shown), shown, dict(zip(shown, counted.tolist(), strict=True)))

    @property
    def boolean(self) -> bool:
        return bool(self.keys) and set(self.keys) <= _YES | _NO

    def open_by_lexicon(self, positive: Sequence[str]) -> tuple[str, ...]:
        if len(self.keys) <= 2:
            return ()
        return tuple(key for key in self.keys if key in OPEN_LEXICON and key not in positive)

    def require(self, named: Sequence[str], what: str) -> tuple[str, ...]:
        """Find the keys that stand for the named values; ``1`` also names ``yes`` in a yes/no column."""
        keys: list[str] = []
        for name in named:
            same = _YES if name in _YES else _NO if name in _NO else frozenset()
            matches = (
                [name] if name in self.keys else [key for key in self.keys if self.boolean and key in same]
            )
            if not matches:
                raise DataError(
                    f"The {what} value named for label column '{self.column}' is not in it. {self.listing()}"
                )
            keys += matches
        return tuple(dict.fromkeys(keys))

    def guess(self, opened: Sequence[str]) -> tuple[str, ...]:
        """Take the positive value of a yes/no column."""
        outcomes = [key for key in self.keys if key not in opened]
        converted = tuple(key for key in outcomes if key in _YES)
        if converted and set(outcomes) <= _YES | _NO:
            return converted
        raise DataError(
            f"Which value of label column '{self.column}' means converted? {self.listing()} "
            "Name it with --positive VALUE."
        )

    def listing(self) -> str:
        """List the values and their counts; a column with very many may be personal and is not quoted."""
        if not self.keys:
            return "The column is empty."
        if len(self.keys) > MOST_LISTED:
            return (
                f"It holds {len(self.keys):,} different values: too many for a label. Is it the right column?"
            )
        ordered = sorted(self.keys, key=lambda key: -self.counts[key])
        return f"It holds {self.join(ordered)}."

    def join(self, keys: Iterable[str]) -> str:
        return ", ".join(f"'{self.shown[key]}' ({self.counts[key]:,})" for key in keys)

    def findings(self, converted: Sequence[str], opened: Sequence[str], *, lexicon: bool) -> list[str]:
        said = [f"Converted is '{self.column}' = {self.join(converted)}."]
        if opened:
            why = " by their names; --open-values decides otherwise" if lexicon else ""
            said.append(f"Not an outcome yet: {self.join(opened)}{why}.")
        missing = int((self.codes < 0).sum())
        if missing:
            said.append(f"No value in '{self.column}': {missing:,} leads, taken as open.")
        return said


def _meaning(key: str, converted: Sequence[str], opened: Sequence[str]) -> int:
    return POSITIVE if key in converted else OPEN if key in opened else NEGATIVE


def _named(given: object) -> tuple[str, ...]:
    """Fold the values a caller named; one value may stand alone."""
    if given is None:
        return ()
    several = isinstance(given, Iterable) and not isinstance(given, str)
    return tuple(_fold(_text(value)) for value in (given if several else (given,)))  # type: ignore[attr-defined]


def _text(value: object) -> str:
    """Show a value as the file does: 1.0 is 1."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
