"""From typed values to features: one table of definitions, a form for a lead and one for a million.

A :class:`Feature` is recorded with the model.  :data:`FORMS` gives each form its scalar function; the array
function applies it to distinct answers, or does the same arithmetic on whole columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from scoring.clean import Axis, Column, Value
from scoring.forms import AS_IS, FORMS, Kind, as_categories, as_floats

if TYPE_CHECKING:
    import numpy.typing as npt

    from scoring.forms import Vector

__all__ = ["FORMS", "Availability", "Feature", "Kind", "define", "feature_columns", "feature_row", "left_out"]

Availability = Literal["creation", "open", "after_outcome"]


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing the model knows of a lead.

    Parameters
    ----------
    name : str
        What reasons and reports call it.
    kind : {"number", "category"}
        Whether it is cut into ranges or into answers.
    axis : {"fit", "engagement", "process"}
        Who the lead is, what it does, or what sales has done with it.
    sources : tuple of str
        The columns it is made of.
    form : str
        How it is made of them: a key of ``FORMS``.
    availability : {"creation", "open", "after_outcome"}
        From when on it is known.
    time_zone : str
        Whose clock says the hour and the weekday.
    of : str, optional
        The kind of event that is counted; all kinds by default.
    days : float, optional
        The time it looks back, or the half-life.
    """

    name: str
    kind: Kind
    axis: Axis
    sources: tuple[str, ...]
    form: str
    availability: Availability = "open"
    time_zone: str = "UTC"
    of: str | None = None
    days: float | None = None

    def to_dict(self) -> dict[str, object]:
        """A JSON-ready record; what is as usual is left out."""
        record: dict[str, object] = {"name": self.name, "kind": self.kind, "axis": self.axis}
        record |= {"sources": list(self.sources), "form": self.form}
        if self.availability != "open":
            record["availability"] = self.availability
        if self.time_zone != "UTC":
            record["time_zone"] = self.time_zone
        return record | {name: value for name in ("of", "days") if (value := getattr(self, name)) is not None}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The feature of a record."""
        return cls(**{**record, "sources": tuple(record["sources"])})


def feature_row(
    features: Iterable[Feature], typed: Mapping[str, Value], as_of: float | None = None
) -> dict[str, Value]:
    """What the model knows of one lead.

    Parameters
    ----------
    features : iterable of Feature
        The model's definitions.
    typed : mapping of str to value
        Typed values by column; a column that is absent is missing.
    as_of : float, optional
        The time of the snapshot, seconds since 1970 UTC.

    Examples
    --------
    >>> kind = Feature("email_domain_kind", "category", "fit", ("email",), "domain_kind")
    >>> feature_row([kind], {"email": "sato@gmail.com"})
    {'email_domain_kind': 'free'}
    """
    return {
        feature.name: typed.get(feature.sources[0])
        if feature.form == AS_IS
        else FORMS[feature.form].one([typed.get(name) for name in feature.sources], as_of, feature.time_zone)
        for feature in features
    }


def feature_columns(
    features: Iterable[Feature], typed: Mapping[str, Vector], as_of: npt.NDArray[np.float64] | None = None
) -> dict[str, Vector]:
    """What the model knows of many leads, a vector per feature.

    Parameters
    ----------
    features : iterable of Feature
        The model's definitions.
    typed : mapping of str to array of float or Categories
        Typed columns of equal length; a column that is absent is missing in every row.
    as_of : array of float, optional
        The times of the snapshots, seconds since 1970 UTC.
    """
    rows = next((len(vector) for vector in typed.values()), 0 if as_of is None else len(as_of))
    absent: Vector = np.full(rows, np.nan)
    columns: dict[str, Vector] = {}
    for feature in features:
        vectors = [typed.get(name, absent) for name in feature.sources]
        made = FORMS[feature.form].many(vectors, as_of, feature.time_zone)
        columns[feature.name] = as_floats(made) if feature.kind == "number" else as_categories(made)
    return columns


def define(columns: Sequence[Column], as_of_column: str | None = None) -> list[Feature]:
    """The features that a set of columns gives.

    With a time column, other dates become ages at that time and the time itself its hour and weekday.
    Without one, the first date is the anchor and the others are days from it; a single date gives nothing.
    Identifiers give nothing.

    Examples
    --------
    >>> [feature.name for feature in define([Column("email", "email", "fit"), Column("pv", "number", "fit")])]
    ['email_domain_kind', 'pv']
    """
    anchor = None if as_of_column else next((column for column in columns if column.type == "date"), None)
    taken = {column.name for column in columns}
    features: list[Feature] = []
    for column in columns:
        for form, sources, name in _forms_of(column, as_of_column, anchor):
            shown = name
            while name != column.name and shown in taken:
                shown += "_"
            taken.add(shown)
            kind = (
                FORMS[form].kind if form != AS_IS else ("number" if column.type == "number" else "category")
            )
            features.append(Feature(shown, kind, column.axis, sources, form, time_zone=column.time_zone))
    return features


def left_out(columns: Iterable[Column], features: Iterable[Feature]) -> dict[str, str]:
    """The columns that no feature is made of, and why: to be said, so that nothing is dropped in silence.

    Examples
    --------
    >>> columns = [Column("lead_id", "id", "fit"), Column("created_at", "date", "fit")]
    >>> left_out(columns, define(columns))
    {'lead_id': 'an identifier', 'created_at': 'a date, with no time column and no other date to count from'}
    """
    used = {name for feature in features for name in feature.sources}
    why = {"id": "an identifier", "date": "a date, with no time column and no other date to count from"}
    return {
        column.name: why.get(column.type, "not used by any feature")
        for column in columns
        if column.name not in used
    }


_FORMS_OF_TYPE: dict[str, tuple[tuple[str, str], ...]] = {
    "number": ((AS_IS, ""),),
    "category": ((AS_IS, ""),),
    "boolean": ((AS_IS, ""),),
    "country": (("country", ""),),
    "email": (("domain_kind", "_domain_kind"),),
    "job_title": (("job_rank", "_rank"), ("job_department", "_department")),
    "phone": (("filled", "_filled"),),
    "text": (("filled", "_filled"),),
    "id": (),
}


def _forms_of(
    column: Column, as_of_column: str | None, anchor: Column | None
) -> list[tuple[str, tuple[str, ...], str]]:
    """Form, sources and name of each feature of a column."""
    name = column.name
    if column.type != "date":
        return [(form, (name,), name + suffix) for form, suffix in _FORMS_OF_TYPE[column.type]]
    if name == as_of_column:
        return [("hour", (name,), f"{name}_hour"), ("weekday", (name,), f"{name}_weekday")]
    if anchor is None:
        return [("age_days", (name,), f"{name}_age_days")]
    return (
        []
        if name == anchor.name
        else [("days_between", (anchor.name, name), f"days_{anchor.name}_to_{name}")]
    )
