"""Snapshots: leads as they were known at some time, drawn so that they look like the leads that will be scored.

Each lead gives one at its creation and some of the weekly ones while it was open, drawn by a hash of its id
and weighted by weeks open over weeks drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import numpy as np
import numpy.typing as npt

from scoring.coverage import DAY, Times
from scoring.labels import MAX_OPEN
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes

CREATION_DELAY = 600.0
MOST_WEEKLY = 4
MOST_SNAPSHOTS = 250_000
WEEK = 7 * DAY
PHASE = np.uint64(0x9E6C63D0876A3F6B)
Use = Literal["creation", "open"]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Leads as they were known at some time.

    Parameters
    ----------
    lead : array of int, shape (n_snapshots,)
        Position of each lead.
    as_of : array of float, shape (n_snapshots,)
        The time, seconds since 1970 UTC.
    weight : array of float, shape (n_snapshots,)
        How many of the leads to be scored it stands for.
    new : array of bool, shape (n_snapshots,)
        Whether it is the one at creation.
    """

    lead: npt.NDArray[np.intp]
    as_of: Times
    weight: Times
    new: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of snapshots."""
        return len(self.lead)

    def take(self, rows: npt.NDArray[np.intp]) -> Snapshots:
        """Some of them."""
        return Snapshots(self.lead[rows], self.as_of[rows], self.weight[rows], self.new[rows])


def draw_snapshots(
    ledger: Ledger,
    outcomes: Outcomes,
    until: float,
    *,
    most_weekly: int | None = None,
    creation_delay: float = CREATION_DELAY,
    max_open: float = MAX_OPEN,
    seed: int = 0,
) -> Snapshots:
    """The snapshots of all leads, in order of lead and time.

    Parameters
    ----------
    ledger : Ledger
        The leads.
    outcomes : Outcomes
        Their outcomes, read for the target: they say until when each lead was open.
    until : float
        No snapshot is later.
    most_weekly : int, optional
        At most so many weekly ones of a lead; by default four, and fewer where leads are so many that their
        snapshots would pass a quarter of a million: more of the same leads would teach little.
    creation_delay : float
        Seconds after creation, so that the form that made the lead is seen as a live call sees it.
    max_open : float
        Days after which a lead without an end is no longer open.
    seed : int
        Another seed draws other weeks.
    """
    first = ledger.created + creation_delay
    there = np.flatnonzero(first <= until)
    most = most_weekly
    if most is None:
        most = max(1, min(MOST_WEEKLY, MOST_SNAPSHOTS // max(len(there), 1) - 1))
    lead, as_of, weight = _weekly(first, there, outcomes, until, max_open, most, _hashes(ledger, seed))
    new = np.append(np.ones(len(there), dtype=bool), np.zeros(len(lead), dtype=bool))
    lead, as_of = np.append(there, lead), np.append(first[there], as_of)
    order = np.lexsort((as_of, lead))
    return Snapshots(lead, as_of, np.append(np.ones(len(there)), weight), new).take(order)


def _weekly(
    first: Times,
    there: npt.NDArray[np.intp],
    outcomes: Outcomes,
    until: float,
    max_open: float,
    most: int,
    hashes: npt.NDArray[np.uint64],
) -> tuple[npt.NDArray[np.intp], Times, Times]:
    """Weekly looks at open leads, drawn, with their weights.

    Each lead is looked at on a day and an hour of the week of its own, so that leads of every age are seen: where
    all looks fell on whole weeks, nobody would know anything of a lead of three days.
    """
    phase = np.floor(_mixed(hashes ^ PHASE) / 2**64 * WEEK)
    begins = first[there] + phase[there]
    end = np.minimum(until, first[there] + max_open * DAY)
    weeks = np.clip((end - begins) // WEEK + 1, 0, None).astype(int)
    lead = np.repeat(there, weeks)
    week = np.arange(len(lead)) - np.repeat(np.cumsum(weeks) - weeks, weeks)
    as_of = first[lead] + phase[lead] + week * WEEK
    is_open = outcomes.open_at(lead, as_of, max_open)
    lead, week, as_of = lead[is_open], week[is_open], as_of[is_open]
    order = np.lexsort((_mixed(hashes[lead] + week.astype(np.uint64)), lead))
    lead, as_of = lead[order], as_of[order]
    open_weeks = np.bincount(lead, minlength=len(first))
    start = np.cumsum(open_weeks) - open_weeks
    drawn = np.arange(len(lead)) - start[lead] < most
    lead, as_of = lead[drawn], as_of[drawn]
    return lead, as_of, open_weeks[lead] / np.minimum(open_weeks[lead], most)


def _hashes(ledger: Ledger, seed: int) -> npt.NDArray[np.uint64]:
    key = str(seed).encode()
    return np.array(
        [
            int.from_bytes(blake2b(str(lead_id).encode(), digest_size=8, key=key).digest(), "big")
            for lead_id in ledger.lead_id
        ],
        dtype=np.uint64,
    )


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Numbers scattered as if drawn (the last steps of SplitMix64, Steele et al. 2014)."""
    mixed = numbers * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
