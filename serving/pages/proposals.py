"""Proposals of a handoff policy, read from what the workshop has counted of the test of what is live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from scoring.handoff_counted import Counted, Tops
from scoring.handoff_evidence import Answers
from scoring.policy import Policy
from scoring.proposal import Proposal, propose_from, so_many
from serving.ground import Ground, count, count_tops, unreadable
from serving.pages.desk import Desk
from serving.pages.making import Made, Tell
from serving.pages.words import mark
from serving.proposing import Asked, asked_with

KEPT: Final = "thresholds"
KEPT_TOPS: Final = "so many a month"
_STEP: Final = mark("reading the test, and drawing leads for the intervals")


@dataclass(frozen=True, slots=True)
class Worked:
    """Proposals, and what they were read from.

    Parameters
    ----------
    counted : Counted
        The test.
    tops : Tops or None
        Of the rule *top_k*: the test for so many a month.
    answers : Answers
        What sales said of earlier handoffs.
    own : Proposal
        The threshold that the constraints lead to.
    found : Proposal
        What is asked for: the same, or another threshold or rule.
    """

    counted: Counted
    tops: Tops | None
    answers: Answers
    own: Proposal
    found: Proposal


def work_out(
    desk: Desk, ground: Ground, asked: Asked, policy: Policy | None, *, anew: bool = False
) -> tuple[Made, Worked | None]:
    """What is proposed, or how far the count is that it is read from.

    Parameters
    ----------
    desk : Desk
        What pages work with.
    ground : Ground
        Which test it rests on.
    asked : Asked
        What overrules the settings.
    policy : Policy or None
        What is in force: its threshold is counted too.
    anew : bool
        Count again what could not be counted.
    """
    made = _counted(desk, ground, asked, policy, anew)
    if made.content is None:
        return made, None
    counted = Counted.read(made.content)
    constraints, answers = asked_with(desk.store, desk.settings, asked)
    own = propose_from(counted, constraints, answers)
    if asked.rule == "threshold" and asked.threshold is None:
        return made, Worked(counted, None, answers, own, own)
    tops = None
    if asked.rule == "top_k":
        made = _tops(desk, ground, asked, so_many(counted, constraints, answers, asked.per_month), anew)
        if made.content is None:
            return made, None
        tops = Tops.read(made.content)
    found = propose_from(counted, constraints, answers, asked.rule, asked.threshold, asked.per_month, tops)
    return made, Worked(counted, tops, answers, own, found)


def _counted(desk: Desk, ground: Ground, asked: Asked, policy: Policy | None, anew: bool) -> Made:
    named = unreadable(policy)

    def make(tell: Tell) -> dict[str, Any]:
        tell(_STEP)
        return count(desk.store, ground.target, asked.leads_per_month, named)

    return desk.workshop.get(KEPT, ground.key(asked.leads_per_month, named), make, anew=anew)


def _tops(desk: Desk, ground: Ground, asked: Asked, many: int, anew: bool) -> Made:
    def make(tell: Tell) -> dict[str, Any]:
        tell(_STEP)
        return count_tops(desk.store, ground.target, asked.leads_per_month, many)

    return desk.workshop.get(KEPT_TOPS, ground.key(asked.leads_per_month, [many]), make, anew=anew)
