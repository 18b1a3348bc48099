"""What a model promised of leads that were kept aside, and what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scoring.bands import Band, wilson_interval

Gap = Literal["holds", "too little", "too much"]


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised of leads that were kept aside, and what came.

    Parameters
    ----------
    use : {"creation", "open", "all"}
        Of new leads, of open ones, or of all.
    leads : int
        How many.
    promised, rate, low, high : float
        Mean likelihood; share that converted, with its 90 % interval.
    """

    use: Literal["creation", "open", "all"]
    leads: int
    promised: float
    rate: float
    low: float
    high: float

    @property
    def gap(self) -> Gap:
        """Whether it was promised too little or too much, beyond chance."""
        if self.promised < self.low:
            return "too little"
        return "too much" if self.promised > self.high else "holds"


def promises_of(uses: Sequence[Mapping[str, Any]], bands: Sequence[Band]) -> list[Promise]:
    """Promised against observed: for new leads and for open ones, or for all where they were not told apart.

    Parameters
    ----------
    uses : sequence of mapping
        As a report has them; none where leads were known at one time only.
    bands : sequence of Band
        The calibration table.

    Examples
    --------
    >>> band = Band(200, 200.0, 0.1, 0.2, 0.15, 0.3, 0.25, 0.36)
    >>> [(one.use, one.promised, one.rate, one.gap) for one in promises_of((), [band])]
    [('all', 0.15, 0.3, 'too little')]
    """
    if uses:
        return [
            Promise(use["use"], use["leads"], use["promised"], use["rate"], use["rate_low"], use["rate_high"])
            for use in uses
        ]
    weight = sum(band.weight for band in bands)
    if not weight:
        return []
    leads = sum(band.n for band in bands)
    promised = sum(band.weight * band.likelihood for band in bands) / weight
    rate = sum(band.weight * band.rate for band in bands) / weight
    low, high = (float(end) for end in wilson_interval(rate * leads, leads))
    return [Promise("all", leads, promised, rate, low, high)]


def worst_of(promises: Sequence[Promise]) -> Promise | None:
    """The promise that was missed by most, beyond chance; None where all were kept.

    Parameters
    ----------
    promises : sequence of Promise
        What was promised.
    """
    missed = [one for one in promises if one.gap != "holds"]
    return max(missed, key=lambda one: abs(one.rate - one.promised), default=None)
