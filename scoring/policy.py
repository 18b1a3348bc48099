"""The handoff policy: from which likelihood on marketing hands a lead to sales, and which others sales sees too.

Two rules differ.  A *threshold* hands over every lead that reaches a likelihood, however many these are; *top_k*
hands over so many a month, the likeliest first, whatever their likelihood.  Beside either, a small share of the
capacity goes to leads below, drawn by a keyed hash: only leads that somebody worked on ever have outcomes, and
without the drawn ones nobody would learn what the rule leaves lying.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from scoring.errors import DataError

Rule = Literal["threshold", "top_k"]
Action = Literal["hand_over", "explore", "nurture"]

RULES: Final[tuple[Rule, ...]] = ("threshold", "top_k")
ACTIONS: Final[tuple[Action, ...]] = ("hand_over", "explore", "nurture")
# Likelihoods go out with six decimals, and what is decided must agree with what is shown.
UNITS: Final = 1_000_000
_DRAWS: Final = 2**64
_PERSON: Final = b"leadloop.explore"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A published handoff rule.

    Parameters
    ----------
    version : int
        Its number: a later policy has a higher one.
    target : str
        The stage whose likelihood decides.
    rule : {"threshold", "top_k"}
        Whether all that reach the threshold are handed over, or so many a month.
    threshold : float
        The likelihood from which a lead is handed over; of *top_k* the one that the likeliest ``per_month`` reached
        when it was published.
    per_month : int or None
        Of *top_k*: how many are handed over in a month at most.
    explore : float
        The share of the capacity that goes to leads below the threshold.
    model : str
        The version on whose held-out predictions it was proposed.
    inputs : mapping
        What it was proposed with; ``draw`` is the probability with which a lead below is drawn.
    expected : mapping
        What was promised of a month.
    author, reason : str
        Who published it, and why.
    published_at : datetime
        When.
    returns_to : int or None
        The version that a rollback brought back.
    """

    version: int
    target: str
    rule: Rule
    threshold: float
    per_month: int | None = None
    explore: float = 0.0
    model: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    expected: Mapping[str, Any] = field(default_factory=dict)
    author: str = ""
    reason: str = ""
    published_at: datetime | None = None
    returns_to: int | None = None

    @property
    def draw(self) -> float:
        """The probability with which a lead below the threshold is drawn."""
        return float(self.inputs.get("draw", 0.0))

    @property
    def key(self) -> str:
        """What draws are keyed by, and how answers name it."""
        return str(self.version)


def drawn(lead_id: str, policy_version: int | str, probability: float) -> bool:
    """Whether a lead is among those that sales sees although they are below the threshold.

    The same lead and policy always give the same answer, on every machine; another policy draws anew.

    Parameters
    ----------
    lead_id : str
        The lead.
    policy_version : int or str
        The policy.
    probability : float
        The share of leads that are drawn.

    Examples
    --------
    >>> sum(drawn(f"L-{n}", 3, 0.25) for n in range(4000))
    1020
    >>> drawn("L-1", 3, 0.0), drawn("L-1", 3, 1.0)
    (False, True)
    """
    if probability <= 0:
        return False
    key = str(policy_version).encode()
    told = blake2b(lead_id.encode(), digest_size=8, key=key, person=_PERSON).digest()
    return int.from_bytes(told, "big") < probability * _DRAWS


def reaches(likelihood: Floats | float, threshold: float) -> Any:
    """Whether a likelihood, as it is shown, is at or above a threshold."""
    return np.rint(np.asarray(likelihood) * UNITS) >= np.rint(threshold * UNITS)


def decide(policy: Policy, likelihood: float | None, lead_id: str | None, left: int | None = None) -> Action:
    """What a policy says of a lead: hand it over, let sales see it all the same, or nurture it.

    Parameters
    ----------
    policy : Policy
        The rule in force.
    likelihood : float or None
        Of reaching the policy's target; None where it is not known: then nothing is handed over.
    lead_id : str or None
        The lead; one without a name is never drawn.
    left : int, optional
        Handoffs that are left in this month; of *top_k*, a lead beyond them waits.

    Examples
    --------
    >>> policy = Policy(version=3, target="sql", rule="threshold", threshold=0.2)
    >>> decide(policy, 0.2, "L-1"), decide(policy, 0.19, "L-1")
    ('hand_over', 'nurture')
    """
    if likelihood is None:
        return "nurture"
    if round(likelihood * UNITS) >= round(policy.threshold * UNITS):
        return "nurture" if policy.rule == "top_k" and left is not None and left <= 0 else "hand_over"
    return "explore" if lead_id is not None and drawn(lead_id, policy.key, policy.draw) else "nurture"


def decide_all(policy: Policy, likelihood: Floats, lead_ids: Sequence[str | None]) -> npt.NDArray[np.int8]:
    """:func:`decide` for many leads, as places in ``ACTIONS``.

    Parameters
    ----------
    policy : Policy
        The rule in force.
    likelihood : array of float, shape (n_leads,)
        NaN where it is not known.
    lead_ids : sequence of str or None, n_leads long
        The leads.

    Examples
    --------
    >>> policy = Policy(version=3, target="sql", rule="threshold", threshold=0.2)
    >>> decide_all(policy, np.array([0.3, 0.1, np.nan]), ["a", "b", "c"]).tolist()
    [0, 2, 2]
    """
    over = reaches(np.nan_to_num(likelihood, nan=-1.0), policy.threshold)
    found = np.where(over, 0, 2).astype(np.int8)
    if policy.draw > 0:
        for place in np.flatnonzero(~over & ~np.isnan(likelihood)).tolist():
            name = lead_ids[place]
            if name is not None and drawn(name, policy.key, policy.draw):
                found[place] = 1
    return found


def probability_of(action: Action, policy: Policy) -> float:
    """With what probability a lead was handed over: 1 by the rule itself, else that of the draw."""
    return policy.draw if action == "explore" else 1.0


def selection_weights(probability: npt.ArrayLike) -> Floats:
    """How many leads each worked one stands for, so that those that were drawn speak for those that were not.

    Leads that are handed over are the likely ones, so whatever is counted among them says nothing of all.  Each
    counted as often as one of its kind was left out (inverse probability, Horvitz and Thompson 1952), they do.

    Parameters
    ----------
    probability : array-like of shape (n_handoffs,)
        With what probability each was handed over: 1 by the rule itself, less for a lead that was drawn.

    Returns
    -------
    array of float, shape (n_handoffs,)
        1 / probability.

    Raises
    ------
    DataError
        If one is not above 0 and at most 1.

    Examples
    --------
    >>> selection_weights([1.0, 0.05])
    array([ 1., 20.])
    """
    known = np.asarray(probability, dtype=np.float64)
    if not np.all((known > 0) & (known <= 1)):
        raise DataError("The probability of a handoff must be above 0 and at most 1.")
    weights: Floats = 1 / known
    return weights
