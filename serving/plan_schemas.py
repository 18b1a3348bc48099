"""What a plan says, on the command line with ``--json`` and over HTTP alike."""

from __future__ import annotations

from pydantic import Field

from scoring.plan_parts import SharedBy
from serving.schemas import Answer

Money = int | float


class StagePlan(Answer):
    """A stage of the waterfall."""

    stage: str
    needed: int = Field(description="Leads that must reach it, rounded up.")
    rate: float | None = Field(description="The share of them that goes on; null for the last stage.")
    rate_low: float | None = Field(description="The 90 % interval of that rate.")
    rate_high: float | None
    reached: int | None = Field(description="How many went on where it was measured.")
    of: int | None = Field(description="On how many leads it was seen.")


class NeedPlan(Answer):
    """How many leads bring a number of customers."""

    customers: int = Field(description="Deals to be won, rounded up.")
    leads: int = Field(description="Leads that bring them on average: customers ÷ close rate, rounded up.")
    leads_per_day: int | None = Field(description="The same for each working day, rounded up.")
    chance: float = Field(description="The chance that these leads are enough.")
    leads_certain: int = Field(description="Leads that are enough with the certainty, if the rate is exact.")
    leads_certain_seen: int | None = Field(
        description="The same if the rate is only known from the leads that it was seen on."
    )
    close_rate: float
    close_rate_low: float | None = Field(description="The 90 % interval of the close rate.")
    close_rate_high: float | None
    seen: int | None = Field(description="On how many leads it was seen.")


class PartPlan(NeedPlan):
    """A month, a rep or a value of a property; certainty is that of this part alone."""

    name: str | None = Field(description="Null for leads of which it is not known.")
    own_rates: bool = Field(description="Whether its rates are its own; else those of all leads.")
    working_days: int
    needed: dict[str, int] = Field(description="Leads that must reach each stage.")
    hours_needed: float = Field(description="Hours that working its leads takes.")
    hours_available: float | None = Field(
        description="Hours there are for them; null where nobody can say: hours are not tied to a property."
    )


class WorkPlan(Answer):
    """Whether sales can work the leads."""

    stage: str = Field(description="The stage from which on sales works a lead.")
    leads: int
    touches_per_lead: float
    minutes_per_touch: float
    hours_needed: float
    reps: int | None = Field(description="Null where the settings name none.")
    hours_available: float | None
    fits: bool | None
    most_leads: int | None = Field(description="Leads of that stage that the hours are enough for.")
    most_customers: int | None = Field(description="Customers that these bring on average, rounded down.")
    reps_needed: int | None
    agreed_leads: int | None = Field(description="Leads that the reps take by agreement.")


class Measured(Answer):
    """The leads that the rates were measured on."""

    leads: int
    since: str = Field(description="The day of the first one's creation, at the earliest.")
    until: str = Field(description="The day of the last one's creation, at the latest.")
    horizon_days: int = Field(description="Days after its creation within which a lead counted as won.")


class PlanAnswer(NeedPlan):
    """What a goal takes."""

    revenue: Money | None = Field(description="The goal; null where it is a number of customers.")
    deal: Money | None = Field(description="What a deal brings.")
    deals_seen: int | None = Field(description="Won deals whose mean that is; null where it was given.")
    currency: str
    certainty: float
    months: list[str] = Field(description="The months in which the leads are created.")
    working_days: int = Field(description="Working days in these months.")
    measured: Measured | None = Field(description="Null where the close rate was given.")
    waterfall: list[StagePlan]
    passed_over: dict[str, str] = Field(description="Stages that are left out, and why.")
    work: WorkPlan
    by: str | None
    shared_by: SharedBy | None = Field(
        description="By what the customers are shared out; `alike` where the store lacks whole months of the past."
    )
    parts: list[PartPlan]
