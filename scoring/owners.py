"""Who has each lead, and since when: from assignments or, where a lead has none, from its owner's history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from scoring.categories import Categories
from scoring.ledger import Events, Floats, Ledger

OWNER: Final = "owner"
REP: Final = "rep"


@dataclass(frozen=True, slots=True)
class Owners:
    """Who has each lead.

    Parameters
    ----------
    rep : Categories, n_leads long
        The rep; missing where nobody has it.
    since : array of float, shape (n_leads,)
        When that rep got it, seconds since 1970 UTC; NaN where nobody has it.
    given : Events
        Every time a lead was given to somebody, with the column ``rep``.
    """

    rep: Categories
    since: Floats
    given: Events


def owners(ledger: Ledger) -> Owners:
    """Who has each lead by all that a ledger knows.

    Parameters
    ----------
    ledger : Ledger
        What is known; cut it with :meth:`scoring.ledger.Ledger.known_at` to ask of another time.
    """
    given = given_events(ledger)
    rep = given.category(REP)
    code, since = np.full(len(ledger), -1, dtype=np.int32), np.full(len(ledger), np.nan)
    newest = np.flatnonzero(np.append(given.lead[1:] != given.lead[:-1], True)) if len(given) else given.lead
    code[given.lead[newest]] = rep.codes[newest]
    held = rep.codes[newest] >= 0
    since[given.lead[newest[held]]] = given.occurred[newest[held]]
    return Owners(Categories(code, rep.levels), since, given.take(rep.codes >= 0))


def given_events(ledger: Ledger) -> Events:
    """Every assignment; of leads without any, every owner they had, the first from their creation on.

    Parameters
    ----------
    ledger : Ledger
        What is known.
    """
    assigned = ledger.assignments
    by_hand = np.zeros(len(ledger), dtype=bool)
    by_hand[assigned.lead] = True
    of = ledger.changes.category("property")
    code = of.levels.index(OWNER) if OWNER in of.levels else -2
    changed = ledger.changes.take((of.codes == code) & ~by_hand[ledger.changes.lead])
    kept = np.ones(len(ledger), dtype=bool)
    kept[changed.lead] = False
    values = ledger.properties.get(OWNER)
    first = np.flatnonzero(kept & ~by_hand) if values is not None else np.zeros(0, dtype=np.intp)
    names = [*_names(assigned, REP), *_names(changed, "value")]
    names += [] if values is None else [values[at].as_py() for at in first.tolist()]
    return Events.of(
        np.concatenate([assigned.lead, changed.lead, first]),
        np.concatenate([assigned.occurred, changed.occurred, ledger.created[first]]),
        np.concatenate([assigned.recorded, changed.recorded, ledger.created[first]]),
        {REP: Categories.of(np.array([*names, None], dtype=object)[:-1])},
    )


def _names(events: Events, column: str) -> npt.NDArray[np.object_]:
    found = events.category(column)
    return np.array([*found.levels, None], dtype=object)[found.codes]
