"""How sales kept its promise to the leads whose clocks began in some span of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.business_time import OfficeHours
from scoring.categories import Categories
from scoring.ledger import Events, Floats, Ledger, Places
from scoring.owners import Owners
from scoring.sla import Promise, clocks
from scoring.sla_summary import Kept, sla_overall, sla_summary
from scoring.stages import CLOSING
from scoring.value import WON

ENDS: Final = frozenset({WON, *CLOSING})


@dataclass(frozen=True, slots=True)
class Begun:
    """Leads whose clocks began.

    Parameters
    ----------
    lead : array of int, shape (n_leads,)
        Their positions in the ledger, ascending.
    since : array of float, shape (n_leads,)
        When; seconds since 1970 UTC.
    turned : array of float, shape (n_leads,)
        When sales turned them down, NaN where it did not.
    """

    lead: Places
    since: Floats
    turned: Floats

    @classmethod
    def by_handoff(
        cls, ledger: Ledger, handed: Mapping[str, tuple[float, float]], first: float, last: float
    ) -> Begun:
        """Clocks begin when leads are handed over.

        Parameters
        ----------
        ledger : Ledger
            What is known.
        handed : mapping of str to (float, float)
            By lead, when it was handed over, and when sales turned it down (NaN: it did not).
        first, last : float
            The span, in seconds since 1970 UTC; its end counts too.
        """
        found = [handed.get(name) for name in ledger.lead_id.tolist()] if handed else []
        kept = [(at, *one) for at, one in enumerate(found) if one is not None and first <= one[0] <= last]
        rows = np.array(kept, dtype=np.float64).reshape(-1, 3)
        return cls(rows[:, 0].astype(np.intp), rows[:, 1], rows[:, 2])

    @classmethod
    def by_creation(cls, ledger: Ledger, first: float, last: float) -> Begun:
        """Where nothing was ever handed over, clocks begin when leads are created.

        Parameters
        ----------
        ledger : Ledger
            What is known.
        first, last : float
            The span; its end counts too.
        """
        lead = np.flatnonzero((ledger.created >= first) & (ledger.created <= last))
        return cls(lead, ledger.created[lead], np.full(len(lead), np.nan))


def sales_side(
    ledger: Ledger, held: Owners, begun: Begun, promise: Promise, office: OfficeHours, now: float
) -> tuple[list[Kept], Kept]:
    """How sales kept its promise, per rep and in all.

    Parameters
    ----------
    ledger, held : Ledger, Owners
        What is known, and who has each lead.
    begun : Begun
        The leads that something was promised to.
    promise : Promise
        What was.
    office : OfficeHours
        Around the span and ``now``.
    now : float
        The moment of which this is said; seconds since 1970 UTC.
    """
    lead = begun.lead
    told = clocks(
        promise, office, begun.since, of_leads(ledger.touches, lead, len(ledger)),
        of_leads(held.given, lead, len(ledger)), np.fmin(begun.turned, _ends(ledger, begun)), now,
    )  # fmt: skip
    rep = Categories(held.rep.codes[lead], held.rep.levels)
    return sla_summary(told, rep), sla_overall(told)


def of_leads(events: Events, lead: Places, everyone: int) -> Events:
    """The events of some leads, by their positions among these.

    Parameters
    ----------
    events : Events
        Those of a ledger.
    lead : array of int, shape (n_leads,)
        Positions in the ledger, ascending.
    everyone : int
        Leads of the ledger.
    """
    place = np.full(everyone, -1)
    place[lead] = np.arange(len(lead))
    some = events.take(place[events.lead] >= 0)
    return Events(place[some.lead], some.occurred, some.recorded, some.columns)


def _ends(ledger: Ledger, begun: Begun) -> Floats:
    """When each lead was won, lost or disqualified since its clocks began; NaN where it was not."""
    outcomes = of_leads(ledger.outcomes, begun.lead, len(ledger))
    stages = outcomes.category("stage")
    ending = np.array([level in ENDS for level in stages.levels] + [False])[stages.codes]
    rows = np.flatnonzero(ending & (outcomes.occurred >= begun.since[outcomes.lead]))
    which, first = np.unique(outcomes.lead[rows], return_index=True)
    found = np.full(len(begun.lead), np.nan)
    found[which] = outcomes.occurred[rows[first]]
    return found
