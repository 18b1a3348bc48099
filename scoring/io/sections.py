"""What may stand in ``leadloop.toml``: the sections, their keys, defaults, meanings and rules.

The description of a key is its documentation: the example file and the pages are written from it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from scoring.stages import STAGES

# A lead is there from the start, so only what comes after it can be a target.
TARGETS = STAGES[1:]


def horizon_days(text: object) -> int:
    """Read a horizon, the time a lead is given to reach the target stage.

    Parameters
    ----------
    text : str
        A number of days or weeks: ``"30d"``, ``"12w"``.

    Returns
    -------
    int
        Whole days, 1 to 3,650.

    Raises
    ------
    ValueError
        The text is no such time; the message is the rule in words.

    Examples
    --------
    >>> horizon_days("30d"), horizon_days("12w")
    (30, 84)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3})([dw])", text.strip()) if isinstance(text, str) else None
    days = int(found[1]) * (7 if found[2] == "w" else 1) if found else 0
    if not 1 <= days <= 3650:
        raise ValueError('must be a time in days or weeks, such as "30d" or "12w"')
    return days


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        near = nearest(name, available_timezones()) or " such as 'UTC' or 'Asia/Tokyo'"
        raise ValueError(f"must be the name of a time zone{near}") from error
    return name


def _named_stages(targets: Mapping[str, int]) -> Mapping[str, int]:
    if not targets:
        raise ValueError("must name at least one target")
    for name in targets:
        if name not in TARGETS:
            near = nearest(name, TARGETS)
            raise ValueError(f"must be stages ({', '.join(TARGETS)}), got '{name}'{near}")
    return targets


def nearest(name: str, known: Iterable[str]) -> str:
    """Name the known word that a mistyped one most likely meant, ready to end a message with."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f" (did you mean '{near[0]}'?)" if near else ""


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        raise ValueError('must be a time of day such as "09:00"')
    return text


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise ValueError('must be a day such as "2026-12-29"') from error


def _period(text: str) -> str:
    first, _, last = text.partition("/")
    if _date(first) > _date(last or first):
        raise ValueError('must begin before it ends, as "2026-12-28/2027-01-04" does')
    return text


def _country(code: str) -> str:
    from holidays.registry import COUNTRIES  # here, because only a team that sets it needs it

    known = {names[1] for names in COUNTRIES.values()}
    if code not in known:
        raise ValueError(f"must be a country whose holidays are known, by two letters{nearest(code, known)}")
    return code


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Stage = Literal["mql", "sal", "sql", "opportunity", "won"]
Horizon = Annotated[int, BeforeValidator(horizon_days)]
Share = Annotated[float, Field(ge=0, le=1)]
Cut = Annotated[int, Field(ge=0, le=100)]


class Section(BaseModel):
    """A group of keys: exact types, nothing unknown, no change once read."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Time(Section):
    """How times without an offset are read, and in which zone days begin."""

    zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="The zone of times that carry no offset, and of business days."
    )


class Grades(Section):
    """The scores from which the letters are given."""

    a: Cut = Field(default=80, description="Grade A from this score on (0 to 100).")
    b: Cut = Field(default=50, description="Grade B from this score on; below the one of A.")
    c: Cut = Field(default=20, description="Grade C from this score on; below the one of B. The rest is D.")

    def model_post_init(self, _context: object, /) -> None:
        """Refuse cuts that do not fall from A to C."""
        if not self.a > self.b > self.c:
            raise ValueError(f"must fall: a > b > c, got a = {self.a}, b = {self.b}, c = {self.c}")

    @property
    def cuts(self) -> tuple[int, int, int]:
        """The three scores at which A, B and C begin."""
        return self.a, self.b, self.c


class Value(Section):
    """What a won deal is worth, where the lead itself does not say."""

    deal: Annotated[float, Field(gt=0, le=1e15)] | None = Field(
        default=None,
        description="The amount of a deal, where neither the lead nor its source says.",
        examples=[1000.0],
    )
    margin: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0,
        description="The share of an amount that is earned; the expected value is multiplied by it.",
    )
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(
        default="USD", description="The currency (ISO 4217) of amounts that name none."
    )


class Reading(Section):
    """How files of leads are read."""

    missing: tuple[str, ...] = Field(
        default=(), description='Words that mean "not known" in your files, beside the built-in ones.'
    )
    max_rejected: Share = Field(
        default=0.01, description="The share of rows that may be unreadable before a run counts as failed."
    )


class Work(Section):
    """What is done by itself, by ``leadloop work`` or ``leadloop serve --with-work``."""

    import_folder: str | None = Field(
        default=None,
        description="A folder whose files (leads.csv, outcomes.csv, …) are imported as they come; none by default.",
        examples=["inbox"],
    )
    rescore_hours: Annotated[float, Field(gt=0)] = Field(
        default=24.0, description="Hours after which open leads are scored again."
    )
    handoff_minutes: Annotated[float, Field(gt=0)] = Field(
        default=15.0, description="Minutes after which leads are handed over and the queue is made anew."
    )
    watch_hours: Annotated[float, Field(gt=0)] = Field(
        default=24.0, description="Hours after which the live models are watched again."
    )
    report_hours: Annotated[float, Field(gt=0)] = Field(
        default=24.0,
        description="Hours after which the reports of the running month and of the last one are made again.",
    )
    retrain: bool = Field(
        default=True, description="Train again when watch asks for it; the gate decides what goes live."
    )


class Challenger(Section):
    """What the newest model does that was not promoted."""

    shadow: bool = Field(
        default=False,
        description="Let the newest model trained since the live one was promoted score beside it: "
        "logged, and shown nowhere.",
    )


class Goal(Section):
    """What marketing and sales have agreed to reach in a month."""

    revenue: Annotated[float, Field(gt=0, le=1e18)] | None = Field(
        default=None, description="The revenue to be won in a month.", examples=[1_200_000.0]
    )
    customers: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="The deals to be won in a month, where no revenue is set.", examples=[12]
    )


class Capacity(Section):
    """What sales can work on."""

    reps: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="How many reps there are, where none is listed by name.", examples=[6]
    )
    leads_per_rep: Annotated[int, Field(ge=0)] = Field(
        default=100,
        description="Qualified leads that marketing owes each rep in a month, and a rep can take.",
    )
    touches_per_lead: Annotated[float, Field(gt=0)] = Field(
        default=5.0, description="Touches that a lead takes on average."
    )
    minutes_per_touch: Annotated[float, Field(gt=0)] = Field(
        default=12.0, description="Minutes that a touch takes, notes included."
    )
    hours_per_rep: Annotated[float, Field(ge=0)] = Field(
        default=120.0, description="Hours in a month that a rep has for leads."
    )


class Calendar(Section):
    """When the office is open: business hours run only then, in the zone of [time]."""

    opens: Annotated[str, AfterValidator(_clock)] = Field(
        default="09:00", description="When the office opens."
    )
    closes: Annotated[str, AfterValidator(_clock)] = Field(
        default="18:00", description="When it closes; later on the same day."
    )
    days: tuple[Weekday, ...] = Field(
        default=("mon", "tue", "wed", "thu", "fri"), description="The days on which it is open."
    )
    country: Annotated[str, AfterValidator(_country)] | None = Field(
        default=None, description="Whose public holidays are off (ISO 3166).", examples=["JP"]
    )
    days_off: tuple[Annotated[str, AfterValidator(_date)], ...] = Field(
        default=(), description="Further days on which it is closed.", examples=[("2026-12-29", "2026-12-30")]
    )

    def model_post_init(self, _context: object, /) -> None:
        """Refuse an office that closes before it opens, or never opens."""
        if self.opens >= self.closes:
            raise ValueError(f"must open before it closes, got {self.opens} and {self.closes}")
        if not self.days:
            raise ValueError("must be open on one day of the week at least")


class Sla(Section):
    """What sales owes a lead that is handed over."""

    first_touch_hours: Annotated[float, Field(gt=0)] = Field(
        default=4.0, description="Business hours within which a lead is touched first."
    )
    touches: Annotated[int, Field(ge=1)] = Field(
        default=5, description="Touches that it gets; automatic messages do not count."
    )
    touch_days: Annotated[float, Field(gt=0)] = Field(
        default=14.0, description="Days within which it gets them."
    )
    warn: Share = Field(
        default=0.25, description="The share of the time that is left when a clock is due soon."
    )
    accept_hours: Annotated[float, Field(gt=0)] = Field(
        default=24.0,
        description="Business hours after which a handoff that nobody answered counts as accepted.",
    )
    recycle_days: Annotated[int, Field(ge=1)] = Field(
        default=90, description="Days after which a rejected lead may come back."
    )
    reasons: tuple[str, ...] = Field(
        default=(
            "no need",
            "no budget",
            "no authority",
            "bad timing",
            "not reachable",
            "wrong data",
            "duplicate",
        ),
        description="The reasons for which sales may reject a lead.",
    )


class HandoffRule(Section):
    """What a proposal of the handoff threshold takes into account."""

    target: Stage = Field(default="sql", description="The stage whose likelihood decides.")
    explore: Share = Field(
        default=0.05, description="The share of the capacity that goes to leads below the threshold."
    )
    lead_cost: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="What working a lead costs.", examples=[50.0]
    )
    acceptance_floor: Share | None = Field(
        default=None, description="The share of handoffs that sales accepts at least.", examples=[0.6]
    )


class Rep(Section):
    """A salesperson who takes leads."""

    name: str = Field(description="The name that touches and assignments carry.", examples=["Sato"])
    leads_per_month: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Leads that this rep can take in a month; by default as all.", examples=[80]
    )
    away: tuple[Annotated[str, AfterValidator(_period)], ...] = Field(
        default=(),
        description="Days of absence, in which no lead is given.",
        examples=[("2026-12-28/2027-01-04",)],
    )


class Language(Section):
    """The language of pages and reports."""

    default: Literal["en", "ja"] = Field(default="en", description="The language of a reader who chose none.")


class Serve(Section):
    """Where the scoring service listens."""

    host: str = Field(
        default="127.0.0.1",
        description="The address to listen on; any other than 127.0.0.1 or ::1 needs a key.",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        default=8000, description="The port; 0 takes a free one."
    )
    max_body_kib: Annotated[int, Field(ge=1)] = Field(
        default=16_384, description="The largest request body accepted, in KiB."
    )


class Condition(Section):
    """What a property must say."""

    property: str = Field(
        description="The column it looks at, or what is counted of events, such as pricing_view_30d.",
        examples=["source"],
    )
    op: Literal["is", "in", "at_least", "at_most", "filled"] = Field(
        description="How it looks: is, in (a list), at_least, at_most, filled.", examples=["is"]
    )
    value: str | bool | int | float | tuple[str | int | float, ...] | None = Field(
        default=None,
        description="What it compares with; a list for in, none for filled.",
        examples=["Referral"],
    )

    def model_post_init(self, _context: object, /) -> None:
        """Refuse a value that the operator cannot compare with."""
        wanted, rule = _OPERANDS[self.op]
        if not isinstance(self.value, wanted) or (isinstance(self.value, bool) and self.op != "is"):
            raise ValueError(f"with op = '{self.op}' must have {rule}")


class PointsRule(Condition):
    """One line of the points rule a team already scores by: so many points where a property says so."""

    points: Annotated[float, Field(ge=-10_000, le=10_000)] = Field(
        description="The points it gives; negative ones take away.", examples=[10]
    )
    also: Condition | None = Field(
        default=None,
        description="A second condition that must hold as well, with a property, an op and a value of its own.",
        examples=[{"property": "country", "op": "is", "value": "JP"}],
    )


_OPERANDS: dict[str, tuple[tuple[type, ...], str]] = {
    "is": ((str, int, float), "one value"),
    "in": ((tuple,), "a list of values"),
    "at_least": ((int, float), "a number as value"),
    "at_most": ((int, float), "a number as value"),
    "filled": ((type(None),), "no value"),
}


def _apart(reps: tuple[Rep, ...]) -> tuple[Rep, ...]:
    names = [rep.name for rep in reps]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"must name each rep once, got {', '.join(twice)} again")
    return reps


class Sections(Section):
    """What may stand in the file: the sections."""

    targets: Annotated[Mapping[str, Horizon], AfterValidator(_named_stages)] = Field(
        default={"won": 90, "sql": 30},
        description="The stages a likelihood is learned for, each with its horizon; the first is primary.",
    )
    time: Time = Time()
    grades: Grades = Grades()
    value: Value = Value()
    reading: Reading = Reading()
    goal: Goal = Goal()
    capacity: Capacity = Capacity()
    handoff: HandoffRule = HandoffRule()
    sla: Sla = Sla()
    calendar: Calendar = Calendar()
    language: Language = Language()
    serve: Serve = Serve()
    work: Work = Work()
    challenger: Challenger = Challenger()
    reps: Annotated[tuple[Rep, ...], AfterValidator(_apart)] = Field(
        default=(), description="The salespeople who take leads."
    )
    points: tuple[PointsRule, ...] = Field(
        default=(),
        description="The points rule you score by today: it serves until a model is better, and each is compared with "
        "it.",
    )

    @property
    def primary(self) -> str:
        """The target that a call means when it names none."""
        return next(iter(self.targets))
