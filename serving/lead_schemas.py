"""What is told of leads and what is shown of them: strict on the way in, the names of the data contract."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from scoring.trend import Trend
from serving.schemas import Answer, LeadId, Moment, Properties, Request

MOST_EVENTS = 10_000
# Steps that only this module knows: no part of a caller's body, so they are left out of where a fault is.
ONE, MANY = "one event", "many events"
Stage = Literal["lead", "mql", "sal", "sql", "opportunity", "won", "lost", "disqualified", "recycled"]
Word = Annotated[str, Field(min_length=1, max_length=1_000)]
EventId = Annotated[str, Field(min_length=1, max_length=200)]


def _currency(text: str) -> str:
    if not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise PydanticCustomError("currency", "must be a currency code of three capital letters, such as EUR")
    return text


Currency = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"})
]
Reason = Annotated[str, Field(min_length=1, max_length=1_000, examples=["the newest quarter is in it"])]


class LeadPut(Request):
    """A lead as it is now."""

    created_at: Moment | None = Field(
        default=None, description="When it was created; by default at its first call. It never changes."
    )
    properties: Properties = Field(
        default_factory=dict,
        description="Values by property. What is not named stays as it is, and null empties.",
    )


class LeadPutAnswer(Answer):
    """What the call has changed."""

    lead_id: str = Field(description="The lead, as it is kept.")
    created: bool = Field(description="Whether it is new.")
    changed: list[str] = Field(description="The properties that have another value now.")


class EventSent(Request):
    """Something that happened to a lead."""

    lead_id: LeadId = Field(description="The lead; it must be known here.")
    occurred_at: Moment | None = Field(
        default=None, description="When it happened; by default now. At most 5 minutes ahead of this clock."
    )
    recorded_at: Moment | None = Field(
        default=None,
        description="Since when it is known; by default now, because before this call nobody here knew it. "
        "Give it only where your CRM wrote the fact down earlier.",
    )
    event_id: EventId | None = Field(
        default=None,
        description="Its own id: sent again it changes nothing, and with other content it is refused. Without "
        "one, the same lead, `occurred_at` and content are the same event; without both, each call is a new one.",
    )


class ActivitySent(EventSent):
    """What the lead did."""

    kind: Word = Field(description="What it was.", examples=["page_view"])
    campaign: Word | None = Field(default=None, description="The campaign that it belongs to.")
    value: float | None = Field(default=None, description="A number that says how much, such as minutes.")


class TouchSent(EventSent):
    """What sales did to the lead."""

    rep: Word = Field(description="Who did it.", examples=["rep-1"])
    channel: Word = Field(description="By which way.", examples=["call"])
    connected: bool | None = Field(default=None, description="Whether the lead was reached.")
    automatic: bool | None = Field(default=None, description="Whether a machine did it; then it is no touch.")


class OutcomeSent(EventSent):
    """A stage that the lead reached, as sales recorded it; a correction is a later outcome."""

    stage: Stage = Field(description="The stage.", examples=["won"])
    amount: Annotated[float, Field(ge=0)] | None = Field(default=None, description="What the deal brings.")
    currency: Currency | None = Field(default=None, description="The currency of the amount (ISO 4217).")
    reason: Word | None = Field(default=None, description="Why, in the words of sales.")
    rep: Word | None = Field(default=None, description="Who recorded it.")


Sent = TypeVar("Sent", bound=EventSent)


class Batch(Request, Generic[Sent]):
    """Many events at once: all of them are kept, or none."""

    events: list[Sent] = Field(max_length=MOST_EVENTS, description="The events.")


class Activities(Batch[ActivitySent]):
    """Many activities at once: all of them are kept, or none."""


class Touches(Batch[TouchSent]):
    """Many touches at once: all of them are kept, or none."""


class Outcomes(Batch[OutcomeSent]):
    """Many outcomes at once: all of them are kept, or none."""


def _form(sent: Any) -> str:
    many = "events" in sent if isinstance(sent, dict) else isinstance(sent, Batch)
    return MANY if many else ONE


_BY_FORM = Discriminator(_form)
ActivityBody = Annotated[Annotated[ActivitySent, Tag(ONE)] | Annotated[Activities, Tag(MANY)], _BY_FORM]
TouchBody = Annotated[Annotated[TouchSent, Tag(ONE)] | Annotated[Touches, Tag(MANY)], _BY_FORM]
OutcomeBody = Annotated[Annotated[OutcomeSent, Tag(ONE)] | Annotated[Outcomes, Tag(MANY)], _BY_FORM]


class EventsAnswer(Answer):
    """What became of the events; all of them are committed."""

    accepted: int = Field(description="Events that are new.")
    unchanged: int = Field(description="Events that were known already.")


class ChangeShown(Answer):
    """A value that a property took."""

    occurred_at: datetime
    recorded_at: datetime
    property: str
    value: str | None
    event_id: str | None


class ActivityShown(Answer):
    """What the lead did."""

    occurred_at: datetime
    recorded_at: datetime
    kind: str
    campaign: str | None
    value: float | None
    event_id: str | None


class TouchShown(Answer):
    """What sales did to the lead."""

    occurred_at: datetime
    recorded_at: datetime
    rep: str
    channel: str
    connected: bool | None
    automatic: bool | None
    event_id: str | None


class OutcomeShown(Answer):
    """A stage that the lead reached."""

    occurred_at: datetime
    recorded_at: datetime
    stage: str
    amount: float | None
    currency: str | None
    reason: str | None
    rep: str | None
    event_id: str | None


class AssignmentShown(Answer):
    """Who had the lead from when on."""

    occurred_at: datetime
    recorded_at: datetime
    rep: str
    event_id: str | None


class ReasonShown(Answer):
    """A part of a score's log-odds."""

    feature: str
    value: float | str | None
    contribution: float


class ScoreShown(Answer):
    """A score that the lead was given."""

    target: str
    version: str
    role: Literal["champion", "challenger"]
    source: Literal["api", "open", "file"]
    as_of: datetime = Field(description="The time as which the lead was seen.")
    scored_at: datetime
    likelihood: float | None
    score: int | None
    grade: str | None
    label: str | None
    reasons: list[ReasonShown]
    status: str


class Counts(Answer):
    """How many there are in all; the newest 200 of each are listed."""

    changes: int
    activities: int
    touches: int
    outcomes: int
    assignments: int
    scores: int


class LeadShown(Answer):
    """A lead: what it is now, what happened to it, and what it was scored; the newest first."""

    lead_id: str
    created_at: datetime
    properties: dict[str, str] = Field(description="As they are now.")
    trend: dict[str, Trend] = Field(
        description="By target, over the last 30 days: `improving` or `declining` where the mean log-odds of the "
        "newest third of its days differ from those of the oldest third by more than 0.2, else `steady`. The last "
        "score of a day (UTC) counts, of the newest model; fewer than 3 such days, or less than 3 days between the "
        "first and the last, are `not enough information`."
    )
    counts: Counts
    changes: list[ChangeShown]
    activities: list[ActivityShown]
    touches: list[TouchShown]
    outcomes: list[OutcomeShown]
    assignments: list[AssignmentShown]
    scores: list[ScoreShown]


class ForgottenAnswer(Answer):
    """What is gone."""

    events: int = Field(description="Events of the lead, changes of its properties among them.")
    scores: int = Field(description="Scores in the log.")
    predictions: int = Field(description="Predictions on which a model was tested.")


class PromoteRequest(Request):
    """The version that shall be live, and why."""

    version: Annotated[str, Field(min_length=1, max_length=200, examples=["20261124-1a2b3c"])] = Field(
        description="A version that `leadloop models` lists."
    )
    reason: Reason = Field(description="Why; kept in the history.")


class RollbackRequest(Request):
    """What shall be live again, and why."""

    target: Stage | None = Field(default=None, description="The stage; by default the primary target.")
    reason: Reason = Field(description="Why; kept in the history.")


class LiveAnswer(Answer):
    """What is live now."""

    version: str
    target: str = Field(description="The stage that it is live for.")
    horizon_days: int | None
    digest: str
    promoted_at: datetime
    promoted_by: str = Field(description="The name of the key, or `api` where none is needed.")
    reason: str
    taken_up: bool = Field(
        description="Whether it serves already; other workers follow within seconds. If not, `/readyz` says so."
    )
    handoffs: str | None = Field(
        description="What becomes of the handoffs of the policy in force, which is not changed; null where it is "
        "not concerned."
    )
