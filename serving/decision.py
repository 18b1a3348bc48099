"""What the handoff policy in force says of a lead: the same in a call, a lead list and a rescoring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.io.sections import Sections
from scoring.io.store import Store
from scoring.policy import ACTIONS, Policy, decide, decide_all
from scoring.scorecard import Scorecard
from serving.office import office_of
from serving.schemas import Decision

# Nothing is decided without a policy, or without a likelihood to decide by; and that is said to be so.
NO_POLICY = Decision(action="none", policy_version=None, threshold=None, due_at=None)
# What a lead list can say of a lead; the last one where nothing decides.
DECISIONS = (*ACTIONS, "none")
UNDECIDED = len(ACTIONS)
Due = Callable[[float], float]


@dataclass(frozen=True)
class Handoff:
    """A policy, and the model that it decides by.

    Parameters
    ----------
    policy : Policy
        The policy in force.
    card : Scorecard
        What is live for its target.
    due : callable or None
        From when a lead is handed over to when it must have been touched, in seconds since 1970 UTC.
    """

    policy: Policy
    card: Scorecard
    due: Due | None = None

    @classmethod
    def of(cls, policy: Policy | None, card: Scorecard | None, due: Due | None = None) -> Handoff | None:
        """The two together; None where there is no policy, or no model that gives likelihoods of its target."""
        return None if policy is None or card is None or not card.has_likelihood else cls(policy, card, due)

    def of_lead(self, lead_id: str, likelihood: float | None, now: float) -> Decision:
        """What is decided of a lead, and by when sales is to touch it.

        Parameters
        ----------
        lead_id : str
            The lead.
        likelihood : float or None
            Of reaching the policy's target.
        now : float
            Seconds since 1970 UTC.
        """
        action = decide(self.policy, likelihood, lead_id)
        due = None if action == "nurture" or self.due is None else self.due(now)
        return Decision(
            action=action,
            policy_version=self.policy.key,
            threshold=self.policy.threshold,
            due_at=None if due is None else datetime.fromtimestamp(int(due), UTC),
        )

    def of_leads(self, likelihood: npt.NDArray[np.float64], lead_ids: pa.Array) -> npt.NDArray[np.int8]:
        """:meth:`of_lead` for many, as places in ``DECISIONS``.

        Parameters
        ----------
        likelihood : array of float, shape (n_leads,)
            NaN where a lead is not scored.
        lead_ids : pyarrow string array, n_leads long
            What names them.
        """
        return decide_all(self.policy, likelihood, lead_ids.to_pylist() if self.policy.draw > 0 else ())


def handoff_of(store: Store, *cards: Scorecard | None) -> Handoff | None:
    """What decides by the policy in force; None where nothing does.

    Parameters
    ----------
    store : Store
        Where policy and champions are.
    *cards : Scorecard or None
        Champions that are at hand, so that none is read twice.
    """
    policy = store.policy()
    if policy is None:
        return None
    for card in cards:
        if card is not None and card.meta.target == policy.target:
            return Handoff.of(policy, card)
    champion = store.champion(policy.target)
    return Handoff.of(policy, None if champion is None else Scorecard.from_json(champion.scorecard))


def first_touch_due(settings: Sections) -> Due:
    """By when sales is to touch a lead that is handed over at some moment, in business hours.

    Parameters
    ----------
    settings : Sections
        What sales has promised, and when the office is open.
    """

    def due(now: float) -> float:
        return office_of(settings, now, now).add(now, settings.sla.first_touch_hours)

    return due
