"""What a report counts: when leads first reached each stage, what wins brought, and which spans are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.ledger import Events, Floats, Ledger, Mask
from scoring.money import decimals
from scoring.months import Month
from scoring.stages import ALL_STAGES, CLOSING, RECYCLED, STAGES
from scoring.value import WON

BESIDE = (*CLOSING, RECYCLED)


@dataclass(frozen=True, slots=True)
class Span:
    """A month, as far as it is looked at.

    Parameters
    ----------
    month : Month
        The month.
    until : float
        Facts from its beginning until then are counted; seconds since 1970 UTC.
    seen : float
        What became of them later is followed until then.
    """

    month: Month
    until: float
    seen: float

    @classmethod
    def pair(cls, month: Month, as_of: float) -> tuple[Span, Span]:
        """A month and the one before, so that they can be compared.

        Of a month that still runs, the one before is counted as many days long; and what became of its leads is
        followed just as long after its beginning.

        Parameters
        ----------
        month : Month
            The month of the report.
        as_of : float
            What is known then is told; later than the beginning of the month.
        """
        now = cls(month, min(as_of, month.end), as_of)
        before = month.before
        shift = month.start - before.start
        until = min(before.end, now.until - shift) if now.partial else before.end
        return now, cls(before, until, as_of - shift)

    @property
    def start(self) -> float:
        """When it begins."""
        return self.month.start

    @property
    def partial(self) -> bool:
        """Whether the month was not over yet."""
        return self.until < self.month.end

    @property
    def length(self) -> float:
        """Its seconds, as far as it is counted."""
        return self.until - self.start

    def holds(self, moments: Floats) -> Mask:
        """Which moments are in it."""
        inside: Mask = (moments >= self.start) & (moments < self.until)
        return inside


@dataclass(frozen=True)
class Facts:
    """What is known of leads, in arrays of shape (n_leads,); a moment that never came is infinite.

    Parameters
    ----------
    created : array of float
        When each was created.
    reached : mapping of str to array of float
        By stage, when a lead first got there or beyond: a later stage shows the earlier ones too.
    own : mapping of str to array of float
        By stage, when that very stage was first recorded of it.
    amount : array of float
        What its win brought, by the newest row that names an amount; NaN where none does.
    currency : Categories
        Of that amount.
    lost_after : array of bool
        Whether it was lost or disqualified after it was won.
    left_out : int
        Outcomes before the creation of their lead, which nobody can believe.
    delays : array of float, shape (n_outcomes,)
        Days until each outcome was written down.
    """

    created: Floats
    reached: Mapping[str, Floats]
    own: Mapping[str, Floats]
    amount: Floats
    currency: Categories
    lost_after: Mask
    left_out: int
    delays: Floats

    @property
    def won(self) -> Floats:
        """When each was won first."""
        return self.reached[WON]

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that somebody records, from ``lead`` on."""
        return tuple(name for name in STAGES if name == STAGES[0] or np.isfinite(self.own[name]).any())

    def revenue(self, some: Mask | npt.NDArray[np.intp]) -> dict[str, float]:
        """What some leads brought, a sum for each currency."""
        codes, amount = self.currency.codes[some], self.amount[some]
        known = ~np.isnan(amount)
        sums = np.bincount(codes[known], amount[known], len(self.currency.levels))
        there = np.bincount(codes[known], minlength=len(self.currency.levels))
        return {
            name: round(float(total), decimals(name))
            for name, total, count in zip(self.currency.levels, sums, there, strict=True)
            if count
        }


def facts_of(ledger: Ledger, unnamed: str) -> Facts:
    """Read what a report counts.

    Parameters
    ----------
    ledger : Ledger
        What was known at the time of the report.
    unnamed : str
        The currency of amounts that name none.
    """
    events = ledger.outcomes
    good = events.occurred >= ledger.created[events.lead]
    outcomes = events.take(good)
    stage = outcomes.category("stage")
    code_of = {name: stage.levels.index(name) if name in stage.levels else -2 for name in ALL_STAGES}
    own = {name: _first(outcomes, stage.codes == code_of[name], len(ledger)) for name in ALL_STAGES}
    own[STAGES[0]] = ledger.created
    reached, latest = {}, np.full(len(ledger), np.inf)
    for name in reversed(STAGES[1:]):
        latest = np.minimum(latest, own[name])
        reached[name] = latest
    reached[STAGES[0]] = ledger.created
    amount, currency = _amounts(outcomes, stage.codes == code_of[WON], len(ledger), unnamed)
    closing = np.isin(stage.codes, [code_of[name] for name in CLOSING])
    last_loss = _last(outcomes, closing, len(ledger))
    return Facts(
        ledger.created, reached, own, amount, currency, last_loss > reached[WON], int((~good).sum()),
        (outcomes.recorded - outcomes.occurred) / 86_400,
    )  # fmt: skip


def _first(events: Events, some: Mask, leads: int) -> Floats:
    found = np.full(leads, np.inf)
    np.minimum.at(found, events.lead[some], events.occurred[some])
    return found


def _last(events: Events, some: Mask, leads: int) -> Floats:
    found = np.full(leads, -np.inf)
    np.maximum.at(found, events.lead[some], events.occurred[some])
    return found


def _amounts(outcomes: Events, won: Mask, leads: int, unnamed: str) -> tuple[Floats, Categories]:
    """The newest amount of each lead's win; outcomes are corrected by a later row."""
    amount, named = outcomes.number("amount"), outcomes.category("currency")
    rows = np.flatnonzero(won & ~np.isnan(amount))
    newest = rows[np.append(outcomes.lead[rows][1:] != outcomes.lead[rows][:-1], True)] if len(rows) else rows
    found, codes = np.full(leads, np.nan), np.full(leads, -1, dtype=np.int32)
    found[outcomes.lead[newest]] = amount[newest]
    levels = tuple(sorted({unnamed, *(level.upper() for level in named.levels)}))
    of_level = np.array([*(levels.index(level.upper()) for level in named.levels), levels.index(unnamed)])
    codes[outcomes.lead[newest]] = of_level[named.codes[newest]]
    return found, Categories(codes, levels)
