"""What a proposal stands on: the test of what is live, counted so that proposals are read from it in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from scoring.handoff_counted import EVERY, Counted, Tops
from scoring.io.store import Store
from scoring.io.store.engine import reading
from scoring.io.store.held_out import read_kind
from scoring.policy import UNITS, Policy
from scoring.proposal import numbers_beside
from scoring.value import WON
from serving.proposing import evidence_of

Kind = Literal["no model", "untested", "untimed", "timed"]


@dataclass(frozen=True, slots=True)
class Ground:
    """Which test a proposal rests on.

    Parameters
    ----------
    target : str
        The stage whose likelihood decides.
    model : str or None
        What is live for it.
    won : str or None
        What is live for *won*.
    kind : {"no model", "untested", "untimed", "timed"}
        Whether there is a test at all, and whether its leads have times, without which nobody knows how many come in
        a month.
    """

    target: str
    model: str | None
    won: str | None
    kind: Kind

    @classmethod
    def of(cls, store: Store, target: str) -> Ground:
        """Which test a proposal for a target would rest on; nothing is counted yet.

        Parameters
        ----------
        store : Store
            Where models are.
        target : str
            The stage whose likelihood decides.
        """
        live, won = store.champion(target), store.champion(WON)
        if live is None:
            return cls(target, None, None, "no model")
        with reading(store.engine) as connection:
            kind = read_kind(connection, live.version)
        return cls(target, live.version, None if won is None else won.version, kind)

    def key(self, leads_per_month: float | None, named: list[int]) -> str:
        """What a count of it is kept under: another model, another volume or another threshold is another count."""
        parts = [self.model, self.won, leads_per_month, *named]
        return " ".join("-" if part is None else str(part) for part in parts)


def unreadable(policy: Policy | None) -> list[int]:
    """The threshold of a policy in millionths, where it is not among those that are always counted."""
    if policy is None or policy.rule != "threshold":
        return []
    unit = round(policy.threshold * UNITS)
    return [] if unit in EVERY else [unit]


def count(store: Store, target: str, leads_per_month: float | None, named: list[int]) -> dict[str, Any]:
    """The test, counted for every threshold of three digits and for those that are named, as JSON holds it.

    Parameters
    ----------
    store : Store
        Where models and their tests are.
    target : str
        The stage whose likelihood decides.
    leads_per_month : float or None
        How many leads come in a month; None for as many as in the test.
    named : list of int
        Further thresholds, in millionths.

    Raises
    ------
    NotProposed
        If there is nothing to count.
    """
    return Counted.of(evidence_of(store, target, leads_per_month), named).to_dict()


def count_tops(store: Store, target: str, leads_per_month: float | None, per_month: int) -> dict[str, Any]:
    """The test, counted for handing over so many a month, and fewer and more, as JSON holds it.

    Parameters
    ----------
    store, target, leads_per_month
        As in :func:`count`.
    per_month : int
        How many a month.
    """
    evidence = evidence_of(store, target, leads_per_month)
    return Tops.of(evidence, numbers_beside(per_month)).to_dict()
