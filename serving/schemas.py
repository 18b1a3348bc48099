"""What the service takes and gives: strict on the way in, the names of the data contract on the way out.

What happened to a lead may come along with it; of a lead that the store knows, it is added to what is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

MOST_LEADS = 10_000
MOST_PROPERTIES = 1_000
MOST_EVENTS = 10_000
_EXAMPLE = {"source": "Referral", "visits": 12, "country": "Japan"}


def _aware(value: object) -> datetime:
    """A time with an offset, written as ISO 8601."""
    if not isinstance(value, str):
        raise PydanticCustomError("moment", "must be a time as text, such as 2026-11-24T09:00:00+09:00")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise PydanticCustomError(
            "moment", "must be a time in ISO 8601, such as 2026-11-24T09:00:00+09:00"
        ) from error
    if moment.tzinfo is None:
        raise PydanticCustomError("moment", "must carry its offset, such as Z or +09:00, after the time")
    return moment


Moment = Annotated[
    datetime,
    BeforeValidator(_aware),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T09:00:00+09:00"]}),
]
LeadId = Annotated[str, Field(min_length=1, max_length=200, examples=["lead-0042"])]
PropertyValue = str | int | float | bool | None
PropertyName = Annotated[str, Field(max_length=1_000)]
Properties = Annotated[
    dict[PropertyName, PropertyValue], Field(max_length=MOST_PROPERTIES, examples=[_EXAMPLE])
]
Target = Annotated[str, Field(min_length=1, max_length=50, examples=["won"])]


class Request(BaseModel):
    """What comes in: exact types, finite numbers, no key that nobody reads."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)


class _Happened(Request):
    """Something that happened to the lead."""

    occurred_at: Moment = Field(description="When it happened.")
    recorded_at: Moment | None = Field(
        default=None, description="When it was written down; by default when it happened."
    )

    def _times(self) -> tuple[float, float]:
        occurred = self.occurred_at.timestamp()
        return occurred, occurred if self.recorded_at is None else self.recorded_at.timestamp()


class Activity(_Happened):
    """Something that the lead did."""

    kind: Annotated[str, Field(min_length=1, max_length=200, examples=["page_view"])]
    value: float | None = None

    def as_event(self) -> tuple[float, float, str, float | None]:
        """As :class:`scoring.ledger.OneLead` has it."""
        return (*self._times(), self.kind, self.value)


class Touch(_Happened):
    """Something that sales did to reach the lead."""

    connected: bool = Field(default=False, description="Whether it reached the lead.")
    automatic: bool = Field(default=False, description="Whether no person did it; then it is no touch.")

    def as_event(self) -> tuple[float, float, bool, bool]:
        """As :class:`scoring.ledger.OneLead` has it."""
        return (*self._times(), self.connected, self.automatic)


class Step(_Happened):
    """A stage that the lead reached, as sales recorded it."""

    stage: Literal["lead", "mql", "sal", "sql", "opportunity", "won", "lost", "disqualified", "recycled"]

    def as_event(self) -> tuple[float, float, str]:
        """As :class:`scoring.ledger.OneLead` has it."""
        return (*self._times(), self.stage)


EVENTS = ("activities", "touches", "outcomes")


class Lead(Request):
    """A lead to score: its name, its properties as the CRM or the form has them, and what happened to it."""

    lead_id: LeadId = Field(description="Your name for the lead; it comes back with the answer.")
    properties: Properties = Field(
        default={},
        description="Values by property. What the model does not read is ignored; what is absent is missing, or as "
        "the store knows it.",
    )
    activities: Annotated[list[Activity], Field(max_length=MOST_EVENTS)] | None = Field(
        default=None, description="What the lead did."
    )
    touches: Annotated[list[Touch], Field(max_length=MOST_EVENTS)] | None = Field(
        default=None, description="What sales did to reach it."
    )
    outcomes: Annotated[list[Step], Field(max_length=MOST_EVENTS)] | None = Field(
        default=None, description="The stages that it reached."
    )
    as_of: Moment | None = Field(default=None, description="The time at which to score it; by default now.")


class ScoreRequest(Lead):
    """A lead to score, and what its likelihood shall be of."""

    target: Target | None = Field(default=None, description="The stage; by default the primary target.")


@dataclass(frozen=True, slots=True)
class NoLead:
    """What stands among the leads of a batch without being one."""

    lead_id: str | None
    errors: list[ErrorDetails]


def _each_alone(sent: object) -> Lead | NoLead:
    """A lead, or what is wrong with it: one bad lead must not fail the others."""
    try:
        return Lead.model_validate(sent)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
    name = sent.get("lead_id") if isinstance(sent, dict) else None
    wrong = {one["loc"][0] for one in found if one["loc"]}
    return NoLead(name if isinstance(name, str) and "lead_id" not in wrong else None, found)


class BatchRequest(Request):
    """Many leads to score at once."""

    leads: list[Annotated[Lead | NoLead, PlainValidator(_each_alone, json_schema_input_type=Lead | Any)]] = (
        Field(
            max_length=MOST_LEADS,
            description=f"At most {MOST_LEADS:,} leads; the answers keep their order. Anything that is not a lead "
            "is answered as `not_scored`.",
        )
    )
    target: Target | None = Field(default=None, description="The stage; by default the primary target.")


class Answer(BaseModel):
    """What goes out."""

    model_config = ConfigDict(protected_namespaces=())


class Decision(Answer):
    """What the published handoff rule says of the lead."""

    action: Literal["hand_over", "explore", "nurture", "none"] = Field(
        description="`none` as long as no policy is published."
    )
    policy_version: str | None = Field(description="The policy that says so.")
    threshold: float | None = Field(description="The likelihood from which it hands over.")
    due_at: datetime | None = Field(description="By when sales is to have touched the lead.")


class ReasonAnswer(Answer):
    """Why the likelihood is what it is: one feature, and what was seen among leads like this one."""

    feature: str = Field(description="What it speaks of, under `features` of `/v1/model`.")
    value: float | str | None = Field(description="The lead's value; null where it is missing.")
    direction: Literal["up", "down"] = Field(description="Whether it raises the likelihood or lowers it.")
    contribution: float = Field(description="Its part of the log-odds; of a points rule, its points.")
    rate: float | None = Field(description="Share of leads in the same range that converted.")
    base_rate: float | None = Field(
        description="Share of all leads that converted; null where a points rule serves."
    )
    support: int = Field(description="Leads in the same range.")


class ModelName(Answer):
    """Which model answered."""

    name: str = Field(examples=["leadloop"])
    version: str
    target: str = Field(description="The stage that the likelihood is of.")
    horizon_days: int | None = Field(description="Days within which it is reached; null where none is set.")


class LeadAnswer(Answer):
    """The score of a lead, with the reasons; all null where `status` says why it is not scored.

    Where a points rule serves, because nothing could be learned yet, the likelihoods are null.
    """

    lead_id: str | None = Field(description="Your name for the lead; null where none could be read.")
    likelihood: float | None = Field(description="Probability of reaching the target within the horizon.")
    likelihood_low: float | None = Field(description="Lower end of the 90 % interval.")
    likelihood_high: float | None = Field(description="Upper end of the 90 % interval.")
    score: int | None = Field(description="0 to 100: the share of reference leads that are less likely.")
    grade: Literal["A", "B", "C", "D"] | None = Field(description="The score in four steps, A is best.")
    fit: Literal["A", "B", "C", "D"] | None = Field(description="Who the lead is, A to D.")
    engagement: Literal[1, 2, 3, 4] | None = Field(description="What the lead does, 1 (most) to 4.")
    label: str | None = Field(description="Fit and engagement together, A1 to D4.")
    decision: Decision
    expected_value: float | None = Field(description="Likelihood of winning times amount times margin.")
    reasons: list[ReasonAnswer]
    as_of: datetime = Field(description="The time at which the lead was scored.")
    status: str = Field(description="`scored`, or `not_scored: why`.")
    warnings: list[str] = Field(description="What may not be as you meant it, such as a mistyped property.")


class ScoreAnswer(LeadAnswer):
    """The score of one lead, and the model it comes from."""

    lead_id: str = Field(description="Your name for the lead.")
    model: ModelName
    scored_at: datetime = Field(description="When the answer was made.")


class BatchAnswer(Answer):
    """The scores of many leads, in the order in which they were sent."""

    results: list[LeadAnswer]
    model: ModelName
    scored_at: datetime = Field(description="When the answer was made.")


class FeatureAnswer(Answer):
    """A feature that the model reads."""

    name: str
    kind: Literal["number", "category"]
    axis: Literal["fit", "engagement", "process"]
    properties: list[str] = Field(description="The properties it is made of.")
    levels: int | None = Field(description="Answers it tells apart; null for a number.")
    ranges: int | None = Field(description="Ranges it tells apart; null for a category.")


class PropertyAnswer(Answer):
    """A property that the model reads, under `properties` of a lead."""

    name: str
    type: str


class ModelAnswer(Answer):
    """What is live: what it predicts, what it was learned from, and who made it live."""

    model: ModelName
    kind: Literal["learned", "points"]
    digest: str
    trained_until: str | None
    rows: int
    conversions: int
    base_rate: float | None
    promoted_at: datetime
    promoted_by: str
    reason: str
    as_of_property: str | None = Field(
        description="The property that says when a lead is scored, before `as_of`."
    )
    properties: list[PropertyAnswer]
    features: list[FeatureAnswer]
    report: dict[str, Any] = Field(description="What was found in training.")


class Alive(Answer):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Answer):
    """What is served, and whether news still arrive from the store."""

    status: Literal["ready"] = "ready"
    models: list[ModelName]
    store: Literal["reachable", "unreachable"]
    refused: list[str] = Field(
        description="Champions that could not be taken up; the ones before still serve."
    )
