"""The forms that features take: each for the values of one lead, and the same for columns of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from scoring import moments
from scoring.categories import Categories
from scoring.clean import Value
from scoring.countries import country
from scoring.dates import DAY, utc_offset
from scoring.emails import domain_kind
from scoring.titles import job_department, job_rank

if TYPE_CHECKING:
    import numpy.typing as npt

    Vector = npt.NDArray[np.float64] | Categories

Kind = Literal["number", "category"]

AS_IS = "value"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Form:
    """How a feature is made: for one lead, and for a column of them.

    ``one`` takes the typed values of the sources, the time of the snapshot and the feature's time zone;
    ``many`` takes the same as vectors.
    """

    kind: Kind
    one: Callable[[Sequence[Value], float | None, str], Value]
    many: Callable[[Sequence[Vector], npt.NDArray[np.float64] | None, str], Vector]


def _answers(function: Callable[[str], str]) -> Form:
    """A form that asks each distinct answer once."""

    def one(values: Sequence[Value], _: float | None, __: str) -> Value:
        return function(values[0]) if isinstance(values[0], str) else None

    def many(values: Sequence[Vector], _: npt.NDArray[np.float64] | None, __: str) -> Vector:
        return as_categories(values[0]).mapped(function)

    return Form("category", one, many)


def as_categories(vector: Vector) -> Categories:
    """The vector as categories; one of numbers holds no answers."""
    if isinstance(vector, Categories):
        return vector
    return Categories(np.full(len(vector), -1, dtype=np.int32), ())


def as_floats(vector: Vector) -> npt.NDArray[np.float64]:
    """The vector as numbers; one of answers holds none."""
    return np.full(len(vector), np.nan) if isinstance(vector, Categories) else vector


def _number(value: Value) -> float | None:
    """The value if it is a number."""
    return None if value is None or isinstance(value, str) else value


def _difference_one(later: float | None, earlier: float | None) -> float | None:
    """Days from one time to another."""
    return None if later is None or earlier is None else (later - earlier) / DAY


def _age_many(values: Sequence[Vector], as_of: npt.NDArray[np.float64] | None, _: str) -> Vector:
    """Days from a date to the snapshot."""
    dates = as_floats(values[0])
    return np.full(len(dates), np.nan) if as_of is None else (as_of - dates) / DAY


def _local(seconds: float, time_zone: str) -> int:
    """Whole seconds shown by the clocks of a zone."""
    whole = int(seconds // 1)
    return whole + utc_offset(whole // 900 * 900, time_zone)


def _hour_one(values: Sequence[Value], _: float | None, time_zone: str) -> Value:
    """Hour of the day, 0 to 23."""
    moment = _number(values[0])
    return None if moment is None else float(_local(moment, time_zone) % DAY // 3600)


def _hour_many(values: Sequence[Vector], _: npt.NDArray[np.float64] | None, time_zone: str) -> Vector:
    """Hours of the day, 0 to 23."""
    return np.floor(moments.local_times(as_floats(values[0]), time_zone) % DAY / 3600)


def _weekday_one(values: Sequence[Value], _: float | None, time_zone: str) -> Value:
    """Day of the week."""
    moment = _number(values[0])
    return None if moment is None else WEEKDAYS[(_local(moment, time_zone) // DAY + 3) % 7]


def _weekday_many(values: Sequence[Vector], _: npt.NDArray[np.float64] | None, time_zone: str) -> Vector:
    """Days of the week."""
    days = (moments.local_times(as_floats(values[0]), time_zone) // DAY + 3) % 7
    return Categories(np.where(np.isnan(days), -1, np.nan_to_num(days)).astype(np.int32), WEEKDAYS)


def _filled_many(values: Sequence[Vector], _: npt.NDArray[np.float64] | None, __: str) -> Vector:
    """Whether there is anything."""
    vector = values[0]
    empty = vector.codes < 0 if isinstance(vector, Categories) else np.isnan(vector)
    return Categories(np.where(empty, 0, 1).astype(np.int32), ("no", "yes"))


FORMS: dict[str, Form] = {
    AS_IS: Form("category", lambda v, _, __: v[0], lambda v, _, __: v[0]),
    "domain_kind": _answers(domain_kind),
    "job_rank": _answers(job_rank),
    "job_department": _answers(job_department),
    "country": _answers(country),
    "filled": Form("category", lambda v, _, __: "no" if v[0] is None else "yes", _filled_many),
    "age_days": Form("number", lambda v, as_of, _: _difference_one(as_of, _number(v[0])), _age_many),
    "days_between": Form(
        "number",
        lambda v, _, __: _difference_one(_number(v[1]), _number(v[0])),
        lambda v, _, __: (as_floats(v[1]) - as_floats(v[0])) / DAY,
    ),
    "hour": Form("number", _hour_one, _hour_many),
    "weekday": Form("category", _weekday_one, _weekday_many),
}
