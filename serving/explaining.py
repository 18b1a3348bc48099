"""A lead's score as a sum: what each feature adds, and what it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from scoring.clean import Column
from scoring.scorecard import Score, Scorecard


@dataclass(frozen=True, slots=True)
class Part:
    """What one feature adds to a lead's log-odds, or to its points.

    Parameters
    ----------
    feature : str
        The feature.
    value : float, str or None
        What the model took it for; None where it is missing.
    contribution : float
        What it adds.
    cells : dict of str to object
        The properties that it was made of, as they are kept; none for what is made of events.
    read_as : dict of str to (float, str or None)
        What each of them was read as; a date in words.
    """

    feature: str
    value: float | str | None
    contribution: float
    cells: dict[str, object]
    read_as: dict[str, float | str | None]


def parts_of(
    card: Scorecard,
    properties: Mapping[str, object],
    features: Mapping[str, float | str | None],
    score: Score,
) -> list[Part]:
    """What each feature adds, the strongest first; with the base it is the log-odds.

    Parameters
    ----------
    card : Scorecard
        What scored.
    properties : mapping of str to object
        The lead as it was read.
    features : mapping of str to (float, str or None)
        What the scorecard took it for.
    score : Score
        What it said.
    """
    columns = {column.name: column for column in card.columns}
    sources = {feature.name: feature.sources for feature in card.of_properties}
    parts = []
    for name, contribution in sorted(score.contributions.items(), key=lambda item: -abs(item[1])):
        cells = {source: properties.get(source) for source in sources.get(name, ())}
        read_as = {source: _read_as(columns[source], cell) for source, cell in cells.items()}
        parts.append(Part(name, features.get(name), contribution, cells, read_as))
    return parts


def _read_as(column: Column, cell: object) -> float | str | None:
    """What a cell was read as; a date in words."""
    value = column.clean(cell)
    if column.type == "date" and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return value
