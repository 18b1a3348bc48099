"""What a ledger has really shown: snapshots with what became of them, how its properties are read, and leaks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.audit import Finding, audit
from scoring.categories import Categories
from scoring.clean import Column
from scoring.coverage import coverage
from scoring.label_state import Labels
from scoring.labels import label_snapshots
from scoring.late_changes import late_hints
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes
from scoring.schema import Guess, guess_columns
from scoring.snapshots import Snapshots, draw_snapshots

Floats = npt.NDArray[np.float64]
AUDITED = 50_000


@dataclass(frozen=True, slots=True)
class Ways:
    """How the user wants properties to be read.

    Parameters
    ----------
    types, axes : mapping of str to str
        What overrules the guess.
    date_order : str, optional
        The order of day, month and year.
    time_zone : str
        Where times without an offset were written down.
    missing : sequence of str
        More words that mean *not known*.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, str] = field(default_factory=dict)
    date_order: str | None = None
    time_zone: str = "UTC"
    missing: Sequence[str] = ()


def labelled(
    ledger: Ledger, outcomes: Outcomes, target: str, horizon: float, *, time_zone: str = "UTC", seed: int = 0
) -> tuple[Snapshots, Labels]:
    """All snapshots that a ledger gives for a target, and what became of each.

    Parameters
    ----------
    ledger, outcomes : Ledger, Outcomes
        The leads, and their outcomes read for the target.
    target, horizon : str, float
        The stage, and the days within which it must be reached.
    time_zone : str
        The zone in which dates are said.
    seed : int
        Seed of the draw.
    """
    span = coverage(outcomes.first[np.isfinite(outcomes.first)], outcomes.resolved, outcomes.known)
    snapshots = draw_snapshots(ledger, outcomes, np.inf if span.end is None else span.end, seed=seed)
    labels = label_snapshots(snapshots.lead, snapshots.as_of, outcomes, target, horizon, time_zone=time_zone)
    return snapshots, labels


def guess_properties(ledger: Ledger, ways: Ways) -> list[Guess]:
    """How each property is read, from all values that it ever had.

    Parameters
    ----------
    ledger : Ledger
        The leads.
    ways : Ways
        What the user says of columns.
    """
    names = sorted({*ledger.properties, *ledger.with_history})
    empty = pa.table({name: pa.array([], pa.string()) for name in names})
    guess_columns(
        empty, types=ways.types, axes=ways.axes, date_order=ways.date_order, time_zone=ways.time_zone
    )
    guesses = []
    for name in names:
        guesses += guess_columns(
            pa.table({name: ledger.values_of(name)}),
            types={name: ways.types[name]} if name in ways.types else {},
            axes={name: ways.axes[name]} if name in ways.axes else {},
            date_order=ways.date_order,
            time_zone=ways.time_zone,
            missing=ways.missing,
        )
    return guesses


def audit_ledger(
    columns: Sequence[Column],
    typed: Mapping[str, Floats | Categories],
    label: Floats,
    snapshots: Snapshots,
    ledger: Ledger,
    outcomes: Outcomes,
    *,
    keep: Collection[str] = (),
    exclude: Collection[str] = (),
) -> list[Finding]:
    """The leakage audit: what each property looks like when leads are scored, and what its history betrays.

    Parameters
    ----------
    columns, typed : sequence of Column, mapping
        The properties, and their values at the snapshots.
    label : array of float, shape (n_snapshots,)
        Whether each reached the target.
    snapshots, ledger, outcomes
        Where they come from.
    keep, exclude : collection of str
        As for :func:`scoring.audit.audit`; names that are no property are passed over.
    """
    rows = _one_of_each(snapshots.lead)
    known = [column.name for column in columns]
    return audit(
        columns,
        {column.name: _rows(typed[column.name], rows) for column in columns},
        label[rows],
        keep=[name for name in keep if name in known],
        exclude=[name for name in exclude if name in known],
        late=snapshots.as_of[rows] > np.median(snapshots.as_of[rows]),
        more=late_hints(ledger, outcomes),
    )


def _one_of_each(lead: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """One snapshot of each lead, drawn: a second one would give away what it knows of the first."""
    shuffled = np.random.default_rng(0).permutation(len(lead))
    first = shuffled[np.unique(lead[shuffled], return_index=True)[1]]
    return np.sort(first[np.random.default_rng(1).permutation(len(first))[:AUDITED]])


def _rows(values: Floats | Categories, rows: npt.NDArray[np.intp]) -> Floats | Categories:
    return values[rows] if isinstance(values, np.ndarray) else Categories(values.codes[rows], values.levels)
