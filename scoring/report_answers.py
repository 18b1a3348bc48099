"""What sales answered to the leads that marketing handed over, and why it turned some down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.categories import Categories
from scoring.ledger import Events, Ledger
from scoring.report_facts import Facts, Span
from scoring.report_rates import Rate
from scoring.stages import RECYCLED

NO_REASON = ""


@dataclass(frozen=True, slots=True)
class Handed:
    """A lead that was handed over, as it was known at the time of the report; seconds since 1970 UTC.

    Parameters
    ----------
    lead_id : str
        The lead.
    handed_at : float
        When.
    state : {"pending", "accepted", "rejected"}
        What sales said.
    decided_at : float or None
        When it said so.
    reason, rep : str or None
        Why, and whose lead it is.
    silent : bool
        Whether nobody said so, and time alone decided.
    """

    lead_id: str
    handed_at: float
    state: Literal["pending", "accepted", "rejected"]
    decided_at: float | None = None
    reason: str | None = None
    rep: str | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why leads were turned down; an empty one is none that was told."""

    reason: str
    count: int
    before: int


@dataclass(frozen=True, slots=True)
class Answers:
    """What sales answered, told by one source.

    Parameters
    ----------
    source : {"handoffs", "outcomes"}
        Handoffs that were decided in the month; or outcomes of it, where sales works outside of LeadLoop: *sal*,
        against *recycled* and *disqualified* of leads that sales had not accepted before.
    accepted, accepted_before : Rate
        Of those decided.
    silent : int or None
        How many of those accepted nobody answered in time; None where that is not known.
    handed, pending : int or None
        Handed over in the month, and how many of these wait for an answer.
    reasons : tuple of Reason
        Why the others were turned down, the most frequent first.
    """

    source: Literal["handoffs", "outcomes"]
    accepted: Rate
    accepted_before: Rate
    silent: int | None
    handed: int | None
    pending: int | None
    reasons: tuple[Reason, ...]


def answers(
    facts: Facts, ledger: Ledger, handed: Sequence[Handed], now: Span, before: Span
) -> tuple[Answers, ...]:
    """What sales answered, by handoffs where there are any, and by outcomes where there are any.

    Parameters
    ----------
    facts : Facts
        What is known of leads.
    ledger : Ledger
        Its outcomes.
    handed : sequence of Handed
        What was handed over.
    now, before : Span
        What is compared.
    """
    told = (_of_handoffs(handed, now, before), _of_outcomes(facts, ledger, now, before))
    return tuple(one for one in told if one.handed or one.accepted.of or one.accepted_before.of)


def _inside(span: Span, moment: float | None) -> bool:
    return moment is not None and span.start <= moment < span.until


def _of_handoffs(handed: Sequence[Handed], now: Span, before: Span) -> Answers:
    decided = [[one for one in handed if _inside(span, one.decided_at)] for span in (now, before)]
    accepted = [[one for one in some if one.state == "accepted"] for some in decided]
    why = [[one.reason or NO_REASON for one in some if one.state == "rejected"] for some in decided]
    new = [one for one in handed if _inside(now, one.handed_at)]
    return Answers(
        "handoffs",
        Rate.counted(len(accepted[0]), len(decided[0])),
        Rate.counted(len(accepted[1]), len(decided[1])),
        sum(one.silent for one in accepted[0]),
        len(new),
        sum(one.state == "pending" for one in new),
        _reasons(*why),
    )


def _of_outcomes(facts: Facts, ledger: Ledger, now: Span, before: Span) -> Answers:
    accepted = [int(span.holds(facts.own["sal"]).sum()) for span in (now, before)]
    turned = [_turned_down(facts, ledger.outcomes, span) for span in (now, before)]
    rates = [Rate.counted(yes, yes + len(no)) for yes, no in zip(accepted, turned, strict=True)]
    return Answers("outcomes", rates[0], rates[1], None, None, None, _reasons(*turned))


def _turned_down(facts: Facts, outcomes: Events, span: Span) -> list[str]:
    """Why leads were recycled or disqualified in a span before sales had accepted them; one entry a lead."""
    stage, why = outcomes.category("stage"), outcomes.category("reason")
    no = [stage.levels.index(name) for name in (RECYCLED, "disqualified") if name in stage.levels]
    handed = facts.reached["mql"][outcomes.lead] <= outcomes.occurred
    free = facts.reached["sal"][outcomes.lead] > outcomes.occurred
    rows = np.flatnonzero(np.isin(stage.codes, no) & span.holds(outcomes.occurred) & handed & free)
    last = rows[np.append(outcomes.lead[rows][1:] != outcomes.lead[rows][:-1], True)] if len(rows) else rows
    return [reason or NO_REASON for reason in Categories(why.codes[last], why.levels).to_list()]


def _reasons(now: Iterable[str], before: Iterable[str]) -> tuple[Reason, ...]:
    counts, earlier = Counter(now), Counter(before)
    names = sorted({*counts, *earlier}, key=lambda name: (-counts[name], -earlier[name], name))
    return tuple(Reason(name, counts[name], earlier[name]) for name in names)
