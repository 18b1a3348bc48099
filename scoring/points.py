"""The points rule a team already scores by: so many points where a property says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.clean import Column, Unreadable
from scoring.errors import SettingsError

Floats = npt.NDArray[np.float64]


class Rule(Protocol):
    """One line of a points rule."""

    @property
    def op(self) -> str:
        """``is``, ``in``, ``at_least``, ``at_most`` or ``filled``."""

    @property
    def value(self) -> object:
        """What it compares with."""

    @property
    def points(self) -> float:
        """What it gives."""

    @property
    def property(self) -> str:
        """The column it looks at."""


def points_of(
    rules: Sequence[Rule], columns: Sequence[Column], typed: Mapping[str, Floats | Categories], rows: int
) -> Floats:
    """Points of each lead under a team's own rule, shape (n_leads,).

    Parameters
    ----------
    rules : sequence of Rule
        The lines; their points are added.
    columns : sequence of Column
        How each column is read; a rule's value is read the same way.
    typed : mapping of str to (array or Categories), each of shape (n_leads,)
        Typed values by column.
    rows : int
        Number of leads.

    Raises
    ------
    SettingsError
        If a rule names a column that is not there, or compares numbers with text.
    """
    total = np.zeros(rows)
    of_name = {column.name: column for column in columns}
    for rule in rules:
        column = of_name.get(rule.property)
        if column is None or rule.property not in typed:
            known = ", ".join(sorted(of_name))
            raise SettingsError(
                f"The points rule names '{rule.property}', which is no column. Columns: {known}."
            )
        total += rule.points * _holds(rule, column, typed[rule.property])
    return total


def _holds(rule: Rule, column: Column, values: Floats | Categories) -> npt.NDArray[np.bool_]:
    missing = np.isnan(values) if isinstance(values, np.ndarray) else values.codes < 0
    if rule.op == "filled":
        return ~missing
    if rule.op in ("at_least", "at_most"):
        if not isinstance(values, np.ndarray) or not isinstance(rule.value, int | float):
            raise SettingsError(
                f"The points rule compares '{rule.property}' with a number, but it holds text."
            )
        with np.errstate(invalid="ignore"):
            return values >= rule.value if rule.op == "at_least" else values <= rule.value
    wanted = rule.value if isinstance(rule.value, tuple | list) else (rule.value,)
    try:
        read = {column.clean(value) for value in wanted}
    except Unreadable as error:
        raise SettingsError(f"A value of the points rule for '{rule.property}' {error}.") from error
    if isinstance(values, np.ndarray):
        return np.isin(values, [value for value in read if isinstance(value, float)])
    of_level = np.array([level in read for level in values.levels] + [False])
    return np.asarray(of_level[values.codes])
