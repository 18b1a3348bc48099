"""The handoff policy as callers send and see it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from scoring.policy import Policy
from scoring.proposal import Proposal
from serving.lead_schemas import Reason
from serving.proposing import Asked
from serving.schemas import Answer, Request

Rule = Literal["threshold", "top_k"]
Share = Annotated[float, Field(ge=0, le=1)]
Money = Annotated[float, Field(ge=0, le=1e18)]
Count = Annotated[float, Field(ge=0, le=1e9)]


class ProposeRequest(Request):
    """What a proposal takes into account; what is left out comes from the settings."""

    rule: Rule = Field(
        default="threshold",
        description="`threshold`: all leads from a likelihood on; `top_k`: so many a month, the likeliest first.",
    )
    capacity: Count | None = Field(
        default=None, description="Leads that sales can work on in a month.", examples=[300]
    )
    goal: Money | None = Field(default=None, description="The revenue of a month.")
    customers: Count | None = Field(
        default=None, description="The goal as a number of deals, in place of `goal`."
    )
    deal: Annotated[float, Field(gt=0, le=1e15)] | None = Field(
        default=None, description="What a won deal brings."
    )
    lead_cost: Money | None = Field(default=None, description="What working a lead costs.")
    acceptance_floor: Share | None = Field(
        default=None, description="The share of handoffs that sales accepts at least."
    )
    explore: Share | None = Field(
        default=None, description="The share of the capacity for leads below the threshold."
    )
    leads_per_month: Annotated[float, Field(gt=0, le=1e9)] | None = Field(
        default=None,
        description="How many leads come in a month; needed where the model was tested without times.",
    )

    def asked(self, **own: Any) -> Asked:
        """As it is proposed by."""
        told = self.model_dump(include=set(ProposeRequest.model_fields))
        return Asked(**told, **own)


class PolicyRollback(Request):
    """Why the policy before is to be in force again."""

    reason: Reason = Field(description="Why; both sides will read it.")


class PolicyPut(ProposeRequest):
    """The policy to put in force; without a threshold or a number the proposed one."""

    threshold: Share | None = Field(
        default=None, description="The likelihood from which leads are handed over."
    )
    per_month: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = Field(
        default=None, description="Of `top_k`: how many in a month."
    )
    reason: Reason = Field(description="Why; both sides will read it.")


class ExpectedShown(Answer):
    """What is to be expected, with its 90 % interval; null where it is not known."""

    value: float | None
    low: float | None
    high: float | None


class PointShown(Answer):
    """What a threshold brings in a month."""

    threshold: float
    handoffs: ExpectedShown
    conversions: ExpectedShown = Field(description="Handoffs that reach the target within its horizon.")
    precision: ExpectedShown = Field(description="Conversions ÷ handoffs.")
    acceptance: ExpectedShown = Field(
        description="The share of handoffs that sales accepts; null without history."
    )
    acceptances: ExpectedShown
    wins: ExpectedShown
    revenue: ExpectedShown
    worth: float | None = Field(description="What a lead just at the threshold earns.")


class BoundShown(Answer):
    """What a constraint does to the threshold."""

    name: Literal["capacity", "value", "acceptance", "goal"]
    side: Literal["lower", "upper"]
    threshold: float | None = Field(
        description="Where the bound is; null where no threshold keeps to the constraint."
    )
    binds: bool = Field(description="Whether it leaves a lead out, or asks for one.")


class ExploreShown(Answer):
    """Leads below the threshold that sales sees all the same."""

    per_month: float
    below: float = Field(description="Leads a month that begin below the threshold.")
    draw: float = Field(description="The probability with which each of them is drawn.")


class ProposalAnswer(Answer):
    """A proposed policy: why this one, and what it promises. Nothing is changed by it."""

    model: str = Field(description="The version on whose held-out predictions it rests.")
    rule: Rule
    threshold: float
    per_month: int | None
    binding: Literal["capacity", "value", "acceptance", "goal"] | None
    bounds: list[BoundShown]
    expected: dict[str, Any] = Field(
        description="Of a month, at the threshold: as in `neighbours`, with `explored` and `handoffs_in_a_month`."
    )
    explore: ExploreShown
    constraints: dict[str, float | None]
    neighbours: list[PointShown]
    curve: list[PointShown]
    warnings: list[str] = Field(description="Constraints that contradict each other, with the numbers.")
    notes: list[str] = Field(description="What could not be taken into account.")

    @classmethod
    def of(cls, found: Proposal) -> ProposalAnswer:
        """As it was proposed."""
        return cls.model_validate(found.to_dict())


class PolicyShown(Answer):
    """A published policy."""

    version: str
    target: str = Field(description="The stage whose likelihood decides.")
    rule: Rule
    threshold: float
    per_month: int | None
    explore: float = Field(description="The share of the capacity for leads below the threshold.")
    draw: float = Field(description="The probability with which each lead below is drawn.")
    model: str = Field(description="The model on whose held-out predictions it was proposed.")
    expected: dict[str, Any] = Field(description="What it promised of a month.")
    author: str
    reason: str
    published_at: datetime
    returns_to: str | None = Field(description="The version that a rollback brought back.")

    @classmethod
    def of(cls, policy: Policy) -> PolicyShown:
        """As it is kept."""
        assert policy.published_at is not None
        names = ("target", "rule", "threshold", "per_month", "explore", "draw", "model", "author", "reason")
        return cls(
            **{name: getattr(policy, name) for name in names},
            version=policy.key,
            expected=dict(policy.expected),
            published_at=policy.published_at,
            returns_to=None if policy.returns_to is None else str(policy.returns_to),
        )


class PolicyAnswer(Answer):
    """The policy in force and what was in force before, the newest first."""

    in_force: PolicyShown | None
    decides: bool = Field(description="Whether it decides with what is live; else every decision is `none`.")
    history: list[PolicyShown]


class PublishedAnswer(Answer):
    """The policy that is in force now, and what is to be known of it."""

    policy: PolicyShown
    warnings: list[str]
    notes: list[str]
