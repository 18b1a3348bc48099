"""How far leads get: the share of them that reach each stage, measured on those whose fate is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.coverage import DAY, bounds, coverage
from scoring.errors import DataError
from scoring.label_state import day
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes
from scoring.stages import STAGES, at_or_beyond
from scoring.value import WON

MONTHS_OF_DEALS = 12
_MONTH = 30.4375
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Leads whose fate is known, and how far each of them got in time.

    Parameters
    ----------
    lead : array of int, shape (n_leads,)
        Their positions in the ledger.
    furthest : array of int, shape (n_leads,)
        Position in ``stages`` of the last stage that each reached within the horizon.
    stages : tuple of str
        The stages that sales records, from ``lead`` to ``won``.
    horizon_days : int
        Days after its creation within which a lead counts as won.
    since, until : float
        Between which they were created, in seconds since 1970 UTC.
    passed_over : mapping of str to str
        The stages that are left out, and why.
    """

    lead: Places
    furthest: npt.NDArray[np.int8]
    stages: tuple[str, ...]
    horizon_days: int
    since: float
    until: float
    passed_over: Mapping[str, str]

    def reached(self, some: npt.NDArray[np.bool_] | None = None) -> tuple[int, ...]:
        """How many leads, of all or of some, got to each stage or beyond.

        Parameters
        ----------
        some : array of bool, shape (n_leads,), optional
            Which of them.
        """
        furthest = self.furthest if some is None else self.furthest[some]
        at = np.bincount(furthest, minlength=len(self.stages))
        return tuple(np.cumsum(at[::-1])[::-1].tolist())


def cohort(ledger: Ledger, horizon_days: int, time_zone: str = "UTC") -> Cohort:
    """The leads that rates are measured on: created while sales recorded, and old enough to be won or not.

    A later stage shows the earlier ones too, so that each stage's leads are among those of the stage before.  A
    stage that is never recorded, or only since the younger half of the leads, is passed over.

    Parameters
    ----------
    ledger : Ledger
        All that is known.
    horizon_days : int
        Days after its creation within which a lead counts as won.
    time_zone : str
        The zone in which dates are said.

    Raises
    ------
    DataError
        If no lead counts.
    """
    outcomes = Outcomes.of_ledger(ledger, at_or_beyond(WON))
    first = outcomes.first
    span = coverage(first[np.isfinite(first)], outcomes.resolved, outcomes.known)
    if span.start is None or span.end is None:
        raise DataError("The store holds no lead that was won, so nothing can be measured.")
    until = span.end - (horizon_days + outcomes.recording_delay) * DAY
    fits = (ledger.created >= span.start) & (ledger.created <= until)
    if not fits.any():
        raise DataError(
            f"No lead of the store is old enough to measure anything on: won is recorded from "
            f"{day(span.start, time_zone)} to {day(span.end, time_zone)}, and a lead counts {horizon_days} days "
            "after its creation."
        )
    starts, passed_over = _starts(outcomes, fits, time_zone)
    since = max([span.start, *starts.values()])
    stages = ("lead", *starts, WON)
    lead = np.flatnonzero(fits & (ledger.created >= since))
    furthest = _furthest(outcomes, stages, horizon_days)[lead]
    return Cohort(lead, furthest, stages, horizon_days, since, until, passed_over)


def _starts(
    outcomes: Outcomes, fits: npt.NDArray[np.bool_], time_zone: str
) -> tuple[dict[str, float], dict[str, str]]:
    """Since when each stage between the first and the last is recorded, and why some are passed over."""
    middle = float(np.median(outcomes.created[fits]))
    starts, passed_over = {}, {}
    for stage in STAGES[1:-1]:
        start = bounds(outcomes.occurred[np.asarray(outcomes.stage == stage)])[0]
        if start is None:
            passed_over[stage] = "never recorded"
        elif start > middle:
            passed_over[stage] = f"recorded only since {day(start, time_zone)}"
        else:
            starts[stage] = start
    return starts, passed_over


def _furthest(outcomes: Outcomes, stages: tuple[str, ...], horizon_days: int) -> npt.NDArray[np.int8]:
    furthest = np.zeros(len(outcomes.created), dtype=np.int8)
    in_time = outcomes.occurred <= outcomes.created[outcomes.lead] + horizon_days * DAY
    for place, stage in enumerate(stages[1:], start=1):
        rows = outcomes.lead[np.asarray(outcomes.stage == stage) & in_time]
        furthest[rows] = place
    return furthest


@dataclass(frozen=True, slots=True)
class Deals:
    """What won deals brought.

    Parameters
    ----------
    count : int
        How many there are.
    mean : float
        Their mean amount.
    """

    count: int
    mean: float


def won_deals(ledger: Ledger, currency: str, unnamed: str) -> Deals:
    """The deals won in one currency in the last twelve months of the data; the newest row of a lead counts.

    Parameters
    ----------
    ledger : Ledger
        All that is known.
    currency : str
        The currency.
    unnamed : str
        The currency of amounts that name none.

    Raises
    ------
    DataError
        If there is none.
    """
    events = ledger.outcomes
    stage, named, amount = events.category("stage"), events.category("currency"), events.number("amount")
    of_level = np.array([*(level.upper() == currency for level in named.levels), unnamed == currency])
    won = np.array([*(level == WON for level in stage.levels), False])[stage.codes]
    rows = np.flatnonzero(won & (amount > 0) & of_level[named.codes])
    newest = bounds(events.occurred[rows])[1]
    if newest is None:
        raise DataError(f"The store holds no won deal with an amount in {currency}.")
    age = newest - events.occurred[rows]
    rows = rows[(age >= 0) & (age < MONTHS_OF_DEALS * _MONTH * DAY)]
    rows = rows[np.append(events.lead[rows][1:] != events.lead[rows][:-1], True)]
    return Deals(len(rows), float(amount[rows].mean()))
