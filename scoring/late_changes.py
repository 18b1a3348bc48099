"""What the history of a property betrays: that it is filled, or last changed, when the outcome is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scoring.coverage import DAY
from scoring.leak_checks import CONCLUSIVE, Hint
from scoring.ledger import Ledger
from scoring.outcomes import Outcomes
from scoring.stages import CLOSING

FEWEST = 20
ALMOST_ALL = 0.95
AT_THE_END = 0.8


def late_hints(ledger: Ledger, outcomes: Outcomes) -> Mapping[str, list[Hint]]:
    """Signs of a leak in the history of each property that has one.

    Parameters
    ----------
    ledger : Ledger
        The leads with their changes.
    outcomes : Outcomes
        Their outcomes, read for the target.
    """
    resolved = np.full(len(ledger), np.inf)
    ends = outcomes.on_target | np.isin(outcomes.stage, CLOSING)
    np.minimum.at(resolved, outcomes.lead[ends], outcomes.occurred[ends])
    found: dict[str, list[Hint]] = {}
    of, value = ledger.changes.category("property"), ledger.changes.category("value")
    for code, name in enumerate(of.levels):
        own = ledger.changes.take((of.codes == code) & (value.codes >= 0))
        first, last = np.full(len(ledger), np.inf), np.full(len(ledger), -np.inf)
        np.minimum.at(first, own.lead, own.known)
        np.maximum.at(last, own.lead, own.known)
        both = np.isfinite(first) & np.isfinite(resolved)
        count = int(both.sum())
        if count < FEWEST:
            continue
        after = float((first[both] >= resolved[both]).mean())
        at_end = float((np.abs(last[both] - resolved[both]) <= DAY).mean())
        if after >= ALMOST_ALL:
            found[name] = [_filled_after(after, count)]
        elif at_end >= AT_THE_END:
            found[name] = [_frozen(at_end, count)]
    return found


def _filled_after(share: float, leads: int) -> Hint:
    return Hint(
        "filled_after_outcome",
        CONCLUSIVE,
        {"share_after": share, "leads": leads},
        "Its history shows that it is first filled in when the outcome is known. Leave it out.",
    )


def _frozen(share: float, leads: int) -> Hint:
    return Hint(
        "constant_after_outcome",
        0.5,
        {"share_at_end": share, "leads": leads},
        "Its last change falls on the day of the outcome. Make sure that it is not written with it.",
    )
