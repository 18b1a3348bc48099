"""Which columns know the outcome because they were filled in after it: the audit of a flat file.

Each of `scoring.leak_checks` looks for one kind of evidence and grades it.  A column is *severe* when the
grades of its kinds of evidence reach 2: two kinds at least, or one that is conclusive.  A column that is
merely strong has one kind and stays.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from scoring.clean import Categories, Column
from scoring.drift import psi
from scoring.errors import DataError, SettingsError
from scoring.hindsight import Outcome, Values, distinct, later_shares, tenths
from scoring.leak_checks import CHECKS, CONCLUSIVE, SAME_FACT, Facts, Hint

FEWEST_TO_COMPARE = 50
Severity = Literal["severe", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the audit: what was found in a column, on which evidence, and what to do about it.

    Parameters
    ----------
    column, code : str
        There is at most one finding for each pair.
    severity : {"severe", "warning", "note"}
    evidence : dict of str to number
        What the finding rests on, JSON-ready.
    advice : str
    left_out : bool
        Whether the *column* is left out of the model; the same in all findings of a column.
    """

    column: str
    code: str
    severity: Severity
    evidence: dict[str, float]
    advice: str
    left_out: bool

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as JSON-ready values."""
        return asdict(self)


def audit(
    columns: Sequence[Column],
    values: Mapping[str, Values],
    label: npt.ArrayLike,
    *,
    seed: int = 0,
    keep: Collection[str] = (),
    exclude: Collection[str] = (),
    late: npt.NDArray[np.bool_] | None = None,
    more: Mapping[str, Sequence[Hint]] = MappingProxyType({}),
) -> list[Finding]:
    """Say which columns of a flat file probably know the outcome from after it, and leave out the worst.

    Parameters
    ----------
    columns : sequence of Column
        Without the label.
    values : mapping of column name to float array or Categories
        As read by the columns; dates are seconds, missing is NaN or code -1.
    label : array-like of shape (n_leads,)
        Whether the lead converted, 0 or 1.
    seed : int
        Draws the folds.
    keep : collection of str
        Columns that stay, whatever is found in them.
    exclude : collection of str
        Columns that go; wins over `keep`.
    late : bool array of shape (n_leads,), optional
        Which leads are the newer ones, to find columns that tell the time.
    more : mapping of column name to sequence of Hint
        What else is known of a column, from its history.

    Returns
    -------
    list of Finding
        Severe ones first, then in the order of the columns.  Constant columns and identifiers are left
        out too, as notes: they are useless, not suspected.

    Raises
    ------
    DataError
        If a column has no values, the lengths differ or the label is not 0 and 1.
    SettingsError
        If `keep` or `exclude` names a column that there is not.

    Examples
    --------
    >>> seller = Column("seller", "category", "process")
    >>> filled = Categories(np.repeat(np.array([0, -1], np.int32), [40, 160]), ("A",))
    >>> [(f.code, f.severity) for f in audit([seller], {"seller": filled}, np.repeat([1, 0], [40, 160]))]
    [('filled_only_after', 'severe')]
    """
    names = [column.name for column in columns]
    _check_names(names, keep=keep, exclude=exclude)
    outcome = Outcome(_checked(names, values, label), seed)
    newer = None if late is None else Outcome(np.asarray(late, np.bool_), seed)
    later = later_shares(columns, values)
    findings: list[Finding] = []
    for column in columns:
        facts = _facts(column, values[column.name], outcome, newer, later.get(column.name, 0.0))
        hints = [*more.get(column.name, ()), *_hints(facts)]
        findings += _judge(column.name, hints, column.name in keep, column.name in exclude)
    order = ("severe", "warning", "note")
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def _hints(facts: Facts) -> list[Hint]:
    found = [hint for check in CHECKS if (hint := check(facts)) is not None]
    said = {code for hint in found for code in SAME_FACT.get(hint.code, ())}
    return [hint for hint in found if hint.code not in said]


def _judge(column: str, hints: list[Hint], kept: bool, excluded: bool) -> Iterator[Finding]:
    severe = sum(hint.grade for hint in hints) >= CONCLUSIVE
    out = excluded or (not kept and (severe or any(hint.useless for hint in hints)))
    for hint in hints:
        severity: Severity = "note" if hint.useless else "severe" if severe and hint.grade else "warning"
        evidence = {name: _rounded(value) for name, value in hint.evidence.items()}
        yield Finding(column, hint.code, severity, evidence, hint.advice, out)
    by_user = {"severe": float(severe), "grade": sum(hint.grade for hint in hints)}
    if excluded:
        yield Finding(column, "excluded_by_user", "note", by_user, "Left out as asked.", out)
    elif kept:
        advice = "Kept as asked, although it looks like a leak." if severe else "Kept as asked."
        yield Finding(column, "kept_by_user", "note", by_user, advice, out)


def _facts(
    column: Column, values: Values, outcome: Outcome, newer: Outcome | None, later_share: float
) -> Facts:
    filled = values.codes >= 0 if isinstance(values, Categories) else np.isfinite(values)
    return Facts(
        column=column,
        values=values,
        filled=filled,
        label=outcome.label,
        levels=distinct(values),
        known=outcome.known_by(values),
        late=newer.known_by(values) if newer else None,
        moved=_moved(values, newer.label) if newer else None,
        later_share=later_share,
    )


def _moved(values: Values, late: npt.NDArray[np.bool_]) -> float:
    """How far the newer leads are spread differently, in tenths for numbers."""
    codes = tenths(values)
    bins = int(codes.max(initial=0)) + 1
    before, after = (np.bincount(codes[rows], minlength=bins).astype(float) for rows in (~late, late))
    common = (before + after) >= FEWEST_TO_COMPARE
    return psi(
        np.append(before[common], before[~common].sum()), np.append(after[common], after[~common].sum())
    )


def _rounded(value: float) -> float:
    return value if isinstance(value, int) else round(float(value), 4)


def _checked(names: list[str], values: Mapping[str, Values], label: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    y = np.asarray(label)
    if y.ndim != 1 or not np.isin(y, (0, 1)).all():
        raise DataError("The label of an audit must hold 0 or 1 for every lead. Leave open leads out first.")
    if not len(y):
        raise DataError("An audit needs at least one lead with a known outcome. Got none.")
    absent = [name for name in names if name not in values]
    if absent:
        raise DataError(f"Columns {absent} are to be audited but have no values. Read them first.")
    longer = [name for name in names if len(values[name]) != len(y)]
    if longer:
        raise DataError(
            f"Columns {longer} must have a value per lead: {len(y)}. Read them from the same rows."
        )
    return y.astype(np.bool_)


def _check_names(names: list[str], **named: Collection[str]) -> None:
    for setting, asked in named.items():
        for name in asked:
            if name not in names:
                near = get_close_matches(name, names, n=1)
                meant = f" Did you mean {near[0]!r}?" if near else f" The columns are {names}."
                raise SettingsError(f"--{setting} must name a column of the leads. Got {name!r}.{meant}")
