"""What the columns of a lead list hold: a guess for each, with the reason, that the user can overrule.

The rules stand in :mod:`scoring.type_rules`; what a type still has to settle (the order of dates, the
spelling of answers) is settled here, on the whole column.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast, get_args

import pyarrow as pa

from scoring.clean import AXES, TYPES, Axis, Column, ColumnType
from scoring.dates import DateOrder, zone
from scoring.errors import SettingsError
from scoring.evidence import Evidence
from scoring.headers import axis_of
from scoring.type_rules import JUDGED_FROM, judge, percent

_SPELLINGS = 500
_ORDERS: tuple[DateOrder, ...] = get_args(DateOrder)


@dataclass(frozen=True, slots=True)
class Guess:
    """How a column will be read, why, and what the user should know.

    Parameters
    ----------
    column : Column
        The recorded form.
    reason : str
        Why, in a few words.
    findings : tuple of str
        What could be wrong with it.
    """

    column: Column
    reason: str
    findings: tuple[str, ...] = ()


def guess_columns(
    table: pa.Table,
    *,
    types: Mapping[str, str] | None = None,
    axes: Mapping[str, str] | None = None,
    date_order: str | None = None,
    time_zone: str = "UTC",
    missing: Sequence[str] = (),
) -> list[Guess]:
    """How each column of a lead list should be read, before anything is learned from it.

    Parameters
    ----------
    table : pyarrow.Table
        The lead list; text cells from CSV or native values from Parquet.
    types, axes : mapping of str to str, optional
        What the user says of a column; it wins over the guess.
    date_order : {"ymd", "dmy", "mdy"}, optional
        The order of all dates whose year does not stand in front with four digits.
    time_zone : str
        Where times without an offset were written down.
    missing : sequence of str
        Tokens that mean *no answer* in every column, beside the usual ones.

    Raises
    ------
    SettingsError
        If a column, type, axis, order or time zone does not exist.

    Examples
    --------
    >>> leads = pa.table({"visits": ["3", "4", "12"], "created_at": ["2026-11-23", "2026-11-24", None]})
    >>> [(guess.column.name, guess.column.type, guess.column.axis) for guess in guess_columns(leads)]
    [('visits', 'number', 'engagement'), ('created_at', 'date', 'fit')]
    """
    types, axes = types or {}, axes or {}
    _check("--type", types, table.column_names, TYPES)
    _check("--axis", axes, table.column_names, AXES)
    _check_setting("--date-order", date_order, _ORDERS)
    _check_zone(time_zone)
    return [
        _guess(
            Evidence.of(name, table.column(name), missing),
            cast("ColumnType | None", types.get(name)),
            cast("Axis", axes.get(name) or axis_of(name)),
            cast("DateOrder | None", date_order),
            partial(Column, time_zone=time_zone, missing=tuple(missing)),
        )
        for name in table.column_names
    ]


def _check(flag: str, given: Mapping[str, str], names: Iterable[str], allowed: tuple[str, ...]) -> None:
    """Columns and words that exist."""
    for name, word in given.items():
        if name not in names:
            raise SettingsError(f"{flag} {name}={word}: there is no column '{name}'.{_nearest(name, names)}")
        _check_setting(f"{flag} {name}={word}", word, allowed)


def _check_setting(flag: str, word: str | None, allowed: tuple[str, ...]) -> None:
    """A word that is one of those allowed."""
    if word is not None and word not in allowed:
        raise SettingsError(f"{flag}: '{word}' must be one of {', '.join(allowed)}.{_nearest(word, allowed)}")


def _nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""


def _check_zone(time_zone: str) -> None:
    """A time zone that exists."""
    try:
        zone(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise SettingsError(f"There is no time zone '{time_zone}'. Use a name like Asia/Tokyo.") from error


def _guess(
    seen: Evidence,
    stated: ColumnType | None,
    axis: Axis,
    date_order: DateOrder | None,
    column_of: Callable[[str, ColumnType, Axis], Column],
) -> Guess:
    """The form of one column."""
    verdict = (stated, "as you said") if stated else judge(seen)
    column = column_of(seen.name, verdict[0], axis)
    return _FINISH.get(column.type, _finish_other)(seen, column, verdict[1], date_order)


def _finish_date(seen: Evidence, column: Column, reason: str, order: DateOrder | None) -> Guess:
    """The order of day, month and year, decided on the whole column."""
    unread: dict[DateOrder | None, int] = {}
    for candidate in (order,) if order else _plausible(seen):
        unread[candidate] = len(replace(column, date_order=candidate).clean_array(seen.array).errors)
        if candidate is None and not unread[candidate]:
            break
    fewest = min(unread.values())
    fitting = [candidate for candidate, count in unread.items() if count == fewest]
    chosen = fitting[0] if len(fitting) == 1 or None in fitting else _likeliest(seen, fitting)
    findings = _unread(seen, fewest, "a date" + (f" in the order {chosen}" if chosen else ""))
    if len(fitting) > 1 and None not in fitting:
        findings += (
            f"Column '{seen.name}': its dates can be read as {' or '.join(map(str, fitting))}; "
            f"read as {chosen}. Name the order with --date-order.",
        )
    written = f", written {chosen}" if chosen else ""
    return Guess(replace(column, date_order=chosen), reason + written, findings)


def _plausible(seen: Evidence) -> list[DateOrder | None]:
    """The orders that read a sample nearly as well as the best."""
    candidates: tuple[DateOrder | None, ...] = (None, *_ORDERS)
    unread = {order: seen.undated(order) for order in candidates}
    slack = min(unread.values()) + 0.01
    return [order for order in candidates if unread[order] <= slack]


def _likeliest(seen: Evidence, fitting: list[DateOrder | None]) -> DateOrder | None:
    """Of several orders, the one in which years vary least; day-first where that does not tell."""
    return min(
        fitting, key=lambda order: (seen.year_variety(order), ("dmy", "ymd", "mdy").index(order or "ymd"))
    )


def _finish_number(seen: Evidence, column: Column, reason: str, _: DateOrder | None) -> Guess:
    """Whether a comma separates the decimals, and how many cells are no numbers."""
    comma = seen.share("decimal comma") > seen.share("number")
    column = replace(column, decimal="," if comma else ".")
    findings = _unread(seen, len(column.clean_array(seen.array).errors), "a number")
    return Guess(column, reason + (", with decimal commas" if comma else ""), findings)


def _finish_category(seen: Evidence, column: Column, reason: str, _: DateOrder | None) -> Guess:
    """One spelling for answers that differ only in case or width: the most common."""
    spellings: dict[str, dict[str, int]] = defaultdict(dict)
    for text, rows in seen.values.items():
        spellings[text.casefold()][text] = rows
    common = sorted(spellings.items(), key=lambda item: (-sum(item[1].values()), item[0]))[:_SPELLINGS]
    shown = tuple(
        (folded, max(texts.items(), key=lambda item: (item[1], item[0]))[0])
        for folded, texts in common
        if sum(texts.values()) > 1
    )
    findings: tuple[str, ...] = ()
    if seen.share("number") >= 0.5 and seen.distinct > JUDGED_FROM:
        findings = (
            f"Column '{seen.name}': only {percent(seen.share('number'))} are numbers, so it is a category. "
            f"If it is a number, say --type {seen.name}=number.",
        )
    return Guess(replace(column, spelling=shown), reason, findings)


def _finish_other(seen: Evidence, column: Column, reason: str, _: DateOrder | None) -> Guess:
    """Nothing more to decide."""
    findings: tuple[str, ...] = ()
    if seen.nested:
        findings = (f"Column '{seen.name}' {reason}.",)
    elif not seen.filled:
        findings = (f"Column '{seen.name}' holds no values.",)
    elif column.type == "boolean":
        findings = _unread(seen, len(column.clean_array(seen.array).errors), "yes or no")
    return Guess(column, reason, findings)


def _unread(seen: Evidence, rows: int, what: str) -> tuple[str, ...]:
    """A finding about cells that break the rule of their column."""
    if not rows:
        return ()
    return (f"Column '{seen.name}': {rows:,} of {seen.filled:,} values cannot be read as {what}.",)


_FINISH: dict[str, Callable[[Evidence, Column, str, Any], Guess]] = {
    "date": _finish_date,
    "number": _finish_number,
    "category": _finish_category,
}
