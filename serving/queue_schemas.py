"""What the service says of handoffs, the queue and a human's word, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from serving.schemas import Answer, LeadId, Request

Reason = Annotated[str, Field(min_length=1, max_length=500, examples=["no budget"])]
ClockState = Literal["on track", "due soon", "breached", "met"]


class HandoffShown(Answer):
    """A lead that marketing handed to sales, and what sales said."""

    id: int
    lead_id: str
    policy_version: str = Field(description="The policy that handed it over.")
    action: Literal["hand_over", "explore"] = Field(
        description="`explore` for a lead that was drawn from those below the threshold."
    )
    likelihood: float | None = Field(description="What the model said then.")
    handed_at: datetime
    rep: str | None = Field(description="To whom; null where nobody had room.")
    state: Literal["pending", "accepted", "rejected"]
    decided_at: datetime | None
    decided_by: str | None = Field(description="Who answered; `silence` where nobody did in time.")
    reason: str | None = Field(description="Why it was rejected.")
    recycle_at: datetime | None = Field(description="From when on a rejected lead may come back.")


class HandoffsAnswer(Answer):
    """Handoffs, the newest first."""

    handoffs: list[HandoffShown]
    next: int | None = Field(description="Give it as `before` to read on; null at the end.")
    reasons: list[str] = Field(description="The reasons for which a lead may be rejected.")


class RejectRequest(Request):
    """Why sales does not take a lead."""

    reason: Reason = Field(description="One of the reasons that `GET /v1/handoffs` lists.")
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(
        default=None, description="After how many days it may come back; by default as the settings say."
    )
    for_good: bool = Field(default=False, description="Whether it never may: it is disqualified.")


class ReasonTold(Answer):
    """Why a lead stands where it does."""

    feature: str
    value: float | str | None
    contribution: float
    text: str = Field(description="The same in words.")


class ClockShown(Answer):
    """What sales owes the lead."""

    due_at: datetime
    state: ClockState


class QueueEntry(Answer):
    """A lead that waits: why, until when, and what was done so far."""

    lead_id: str
    others: list[str] = Field(description="Leads with the same address or number, shown as one with this.")
    rep: str | None
    handoff: int | None = Field(description="The handoff that brought it.")
    expected_value: float | None
    likelihood: float | None
    score: int | None
    grade: str | None
    model_version: str | None
    scored_at: datetime | None
    old: bool = Field(description="Whether the score is older than 24 hours.")
    reasons: list[ReasonTold]
    since: datetime = Field(description="When its clocks began.")
    due_at: datetime | None = Field(description="By when the next thing is due; null where nothing is owed.")
    first_touch: ClockShown
    touches: ClockShown
    touches_done: int
    touches_owed: int


class CallTime(Answer):
    """An hour of the week at which calls reach people more often than at others."""

    weekday: int = Field(description="0 is Monday.")
    hour: int = Field(description="The hour that begins then, on the clocks of the settings' zone.")
    rate: float = Field(description="Share of calls that reach somebody.")
    low: float = Field(description="Lower end of its 90 % interval.")
    high: float = Field(description="Upper end of it.")
    calls: int = Field(description="Calls that it rests on.")


class QueueAnswer(Answer):
    """Who to call next, the first of them first."""

    queue: list[QueueEntry]
    total: int = Field(description="How many leads wait in all.")
    call_times: list[CallTime] = Field(description="The best times to call; none where too little is known.")
    next: int | None = Field(description="Give it as `skip` to read on; null at the end.")


class KeptShown(Answer):
    """How well a rep, or everybody, kept sales' promise lately."""

    rep: str | None = Field(description="Null for leads that nobody has, and for all together.")
    leads: int = Field(description="Leads that something was promised to.")
    first_touch: tuple[int, int] = Field(
        description="First touches in time, of those whose time is over or that were touched."
    )
    first_touch_share: float | None
    touches: tuple[int, int] = Field(description="Leads with all touches in time, of those settled.")
    touches_share: float | None
    median_hours: float | None = Field(
        description="Business hours until the rep's first touch, of half of them."
    )
    p95_hours: float | None = Field(description="The same of 95 % of them.")
    system_hours: float | None = Field(
        description="Business hours until a rep had the lead, of half of them."
    )
    exceptions: int = Field(description="Leads with a breach.")


class MarketingShown(Answer):
    """Marketing's promise of the month against what was handed over."""

    owed: int
    owed_by_now: float
    handed_over: int
    ahead: float = Field(description="Leads ahead of the line; negative where marketing is behind.")
    days: list[str]
    goal: list[float] = Field(description="Leads owed by the end of each day.")
    actual: list[int | None] = Field(description="Leads handed over by then; null for days to come.")


class PromisesShown(Answer):
    """How both sides kept their word."""

    days: int = Field(description="So many days back.")
    sales: list[KeptShown]
    overall: KeptShown
    marketing: MarketingShown | None = Field(description="Null where the settings name no reps.")


class SlaAnswer(Answer):
    """What is overdue, the longest first; and how both sides kept their word lately."""

    exceptions: list[QueueEntry]
    next: int | None = Field(description="Give it as `skip` to read on; null at the end.")
    promises: PromisesShown | None = Field(
        description="As of when the queue was made; null where it never was."
    )


class OverrideRequest(Request):
    """A human's word on a lead."""

    lead_id: LeadId
    field: Literal["score", "decision"]
    value: Annotated[str, Field(min_length=1, max_length=20, examples=["hand_over"])] = Field(
        description="A score from 0 to 100, or `hand_over` or `nurture`."
    )
    reason: Reason
    days: Annotated[int, Field(ge=1, le=365)] = Field(default=30, description="How long it holds.")


class TakeBackRequest(Request):
    """The end of a human's word."""

    lead_id: LeadId
    field: Literal["score", "decision"]
    reason: Reason


class OverrideShown(Answer):
    """A human's word beside the model's."""

    lead_id: str
    field: Literal["score", "decision"]
    value: str
    model_value: str | None = Field(description="What the model said then.")
    author: str
    reason: str
    made_at: datetime
    expires_at: datetime
    holds: bool
    became: str | None = Field(description="The last stage that the lead reached since.")


class OverridesAnswer(Answer):
    """What humans said, the newest first."""

    overrides: list[OverrideShown]


class TrailEntry(Answer):
    """Who changed what, when and why."""

    id: int
    at: datetime
    who: str
    what: str
    subject: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


class TrailAnswer(Answer):
    """Changes, the newest first."""

    trail: list[TrailEntry]
