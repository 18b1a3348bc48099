"""``leadloop plan``: how many leads a goal takes, and whether sales can work them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.markup import escape
from rich.table import Table

from scoring.io.settings import Settings
from scoring.io.store import open_store
from scoring.ledger import Ledger
from scoring.money import money
from scoring.plan_parts import MONTH
from serving.cli.terminal import console, settings
from serving.plan_asked import Asked
from serving.plan_schemas import NeedPlan, PartPlan, PlanAnswer
from serving.planning import READ, planned

_SHORT = {"opportunity": "opp"}
_NUMBER = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]+)?")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("plan", rich_help_panel="Sales")(plan)


def plan(
    goal: Annotated[
        str | None,
        typer.Option(metavar="AMOUNT", help="The revenue to be won. [default: \\[goal] of the settings]"),
    ] = None,
    deal: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT",
            help="What a deal brings. [default: \\[value] of the settings, else the mean of the won deals]",
        ),
    ] = None,
    close_rate: Annotated[
        str | None,
        typer.Option(
            metavar="RATE", help="The share of leads that are won, as 0.02 or 2%. [default: measured]"
        ),
    ] = None,
    customers: Annotated[
        str | None, typer.Option(metavar="N", help="The goal as a number of deals, in place of --goal.")
    ] = None,
    certainty: Annotated[
        str, typer.Option(metavar="SHARE", help="How certain the goal is to be, as 0.9 or 90%.")
    ] = "0.9",
    seen: Annotated[
        str | None, typer.Option(metavar="N", help="On how many leads --close-rate was seen.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(metavar="month|rep|PROPERTY", help="Share the goal out by this.")
    ] = None,
    months: Annotated[
        str, typer.Option(metavar="N", help="For how many months the goal is, in all of them together.")
    ] = "1",
    start: Annotated[
        str | None, typer.Option(metavar="MONTH", help="The first of them: 2026-11. [default: this month]")
    ] = None,
    currency: Annotated[
        str | None, typer.Option(metavar="CODE", help="The currency. [default: that of the settings]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Say how many leads a goal takes: on average, and with certainty; and whether sales can work them.

    Rates that are not given are measured on the leads of the store whose fate is known, stage by stage. Counts are
    rounded up.

    Example: `leadloop plan --goal 1200000 --deal 100000 --close-rate 0.02`
    """
    given = settings()
    bare = Asked(named=_option)
    asked = Asked(
        goal=_number(bare, "goal", goal),
        deal=_number(bare, "deal", deal),
        customers=_whole(bare, "customers", customers),
        close_rate=_share(bare, "close_rate", close_rate),
        seen=_whole(bare, "seen", seen),
        certainty=_share(bare, "certainty", certainty) or Decimal(0),
        by=by,
        months=_whole(bare, "months", months) or 0,
        start=start,
        currency=currency,
        named=_option,
    )
    today = datetime.now(UTC).astimezone(ZoneInfo(given.time.zone)).date()
    found = planned(asked, given, lambda: _ledger(given), today)
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    _show(found)


def _ledger(given: Settings) -> Ledger:
    with open_store(given.database_url, given.primary) as store:
        return store.ledger(READ)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _number(bare: Asked, name: str, text: str | None) -> Decimal | None:
    """A number as it is written, to the last digit."""
    if text is None:
        return None
    if not _NUMBER.fullmatch(text.strip()):
        raise bare.refuse(name, "must be a number such as 1200000 or 1,200,000.50")
    return Decimal(text.strip().replace(",", ""))


def _share(bare: Asked, name: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    number, percent, rest = text.strip().partition("%")
    if rest or not _NUMBER.fullmatch(number.strip()):
        raise bare.refuse(name, "must be a share such as 0.02 or 2%")
    return Decimal(number.strip().replace(",", "")) / (100 if percent else 1)


def _whole(bare: Asked, name: str, text: str | None) -> int | None:
    number = _number(bare, name, text)
    if number is not None and number != number.to_integral_value():
        raise bare.refuse(name, "must be a whole number")
    return None if number is None else int(number)


def _show(found: PlanAnswer) -> None:
    for line in (*_arithmetic(found), *_certainty(found)):
        console.print(line, markup=False, soft_wrap=True)
    console.print(_waterfall(found))
    for stage, why in found.passed_over.items():
        console.print(f"Passed over: {stage}, {why}.", markup=False)
    if found.parts:
        console.print(_parts(found))
        for line in _about_parts(found):
            console.print(line, markup=False, soft_wrap=True)
    for line in _work(found):
        console.print(line, markup=False, soft_wrap=True)


def _arithmetic(found: PlanAnswer) -> Iterator[str]:
    if found.revenue is not None and found.deal is not None:
        revenue, deal = (
            money(Decimal(str(amount)), found.currency) for amount in (found.revenue, found.deal)
        )
        mean = "" if found.deals_seen is None else f" (the mean of {found.deals_seen:,} won deals)"
        yield f"{revenue} ÷ {deal} a deal{mean} = {_count(found.customers, 'customer')}"
    yield f"{_count(found.customers, 'customer')} ÷ {_rate(found)} = {_count(found.leads, 'lead')}"
    if found.measured is not None:
        measured = found.measured
        yield (
            f"Measured on {_count(measured.leads, 'lead')} created {measured.since} to {measured.until}: won within "
            f"{measured.horizon_days} days of creation."
        )
    span = found.months[0] if len(found.months) == 1 else f"{found.months[0]} to {found.months[-1]}"
    if found.leads_per_day is not None:
        yield f"In {span}: {found.leads_per_day:,} leads on each of {_count(found.working_days, 'working day')}."


def _rate(found: NeedPlan) -> str:
    if found.close_rate_low is None or found.close_rate_high is None or found.seen is None:
        return _percent(found.close_rate)
    between = f"{_percent(found.close_rate_low, 3)} to {_percent(found.close_rate_high, 3)}"
    return f"{_percent(found.close_rate)} (90 % interval {between}, seen on {_count(found.seen, 'lead')})"


def _certainty(found: PlanAnswer) -> Iterator[str]:
    yield f"With them the goal is reached with a chance of {_percent(found.chance, 2)}."
    sure = _percent(found.certainty)
    yield f"For {sure} certainty: {found.leads_certain:,} leads, if the close rate is exact."
    if found.leads_certain_seen is None:
        yield f"If it was only seen on N leads, it takes more: add {_option('seen')} N."
    else:
        yield f"For {sure} certainty: {found.leads_certain_seen:,} leads, with the rate as uncertain as it is."


def _waterfall(found: PlanAnswer) -> Table:
    table = _table("stage", "needed", "go on", "90 % interval", "seen")
    for stage in found.waterfall:
        interval = ""
        if stage.rate_low is not None and stage.rate_high is not None:
            interval = f"{_percent(stage.rate_low, 3)} to {_percent(stage.rate_high, 3)}"
        seen = "" if stage.of is None else f"{stage.of:,}"
        table.add_row(
            stage.stage,
            f"{stage.needed:,}",
            "" if stage.rate is None else _percent(stage.rate),
            interval,
            seen if stage.reached is None else f"{stage.reached:,} of {seen}",
        )
    return table


def _parts(found: PlanAnswer) -> Table:
    stages = list(found.parts[0].needed)
    titles = [_SHORT.get(stage, stage) for stage in stages]
    days = ["a day"] if found.by == MONTH else []
    table = _table(
        str(found.by), *titles, "rate", f"at {_percent(found.certainty)}", *days, "hours", *_of_hours(found)
    )
    for part in _shown(found):
        certain = part.leads_certain if part.leads_certain_seen is None else part.leads_certain_seen
        table.add_row(
            escape(part.name or "(not known)"),
            *(f"{part.needed[stage]:,}" for stage in stages),
            _percent(part.close_rate, 3) + (" " if part.own_rates else "*"),
            f"{certain:,}",
            *(["" if part.leads_per_day is None else f"{part.leads_per_day:,}"] if days else []),
            f"{part.hours_needed:,.0f}",
            *(f"{part.hours_available or 0:,.0f}" for _ in _of_hours(found)),
        )
    return table


def _of_hours(found: PlanAnswer) -> list[str]:
    return ["of"] if any(part.hours_available is not None for part in found.parts) else []


def _shown(found: PlanAnswer) -> list[PartPlan]:
    return [part for part in found.parts if part.customers]


def _about_parts(found: PlanAnswer) -> Iterator[str]:
    if found.shared_by == "alike":
        yield "The months share alike: the store does not hold whole months of the past for each of them."
    else:
        yield f"Customers are shared out by {found.shared_by}."
    if any(not part.own_rates for part in _shown(found)):
        why = "fewer than 10 of its own were won" if found.measured else "it was given"
        yield f"* the rate of all leads: {why}."
    left = len(found.parts) - len(_shown(found))
    if left:
        yield f"No whole customer falls to {left:,} more: their shares are too small."
    over = [
        part
        for part in _shown(found)
        if part.hours_available is not None and part.hours_needed > part.hours_available
    ]
    for part in over:
        yield f"Does not fit: {part.name} needs {part.hours_needed:,.0f} hours and has {part.hours_available:,.0f}."


def _work(found: PlanAnswer) -> Iterator[str]:
    work = found.work
    named = "leads" if work.stage == "lead" else f"leads at {work.stage}"
    takes = (
        f"{work.leads:,} {named} × {work.touches_per_lead:g} touches × {work.minutes_per_touch:g} minutes = "
        f"{work.hours_needed:,.1f} hours"
    ).replace(".0 hours", " hours")
    if work.fits is None or work.hours_available is None:
        yield f"Sales: {takes}. With reps under [capacity] or [[reps]] in leadloop.toml it says whether that fits."
        return
    has = f"{_count(work.reps or 0, 'rep')} have {work.hours_available:,.0f}"
    if work.fits:
        yield f"Sales: {takes}; {has}: it fits, up to {work.most_leads:,} {named}."
    else:
        need = "" if work.reps_needed is None else f" It takes {_count(work.reps_needed, 'rep')}."
        yield (
            f"Sales: {takes}, but {has}: it does not fit. They can work {work.most_leads:,} {named}, enough for "
            f"{_count(work.most_customers or 0, 'customer')}.{need}"
        )
    if work.agreed_leads is not None and work.leads > work.agreed_leads:
        yield f"That is more than the {work.agreed_leads:,} leads that reps take by agreement ([capacity], [[reps]])."


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(escape(first), overflow="fold", min_width=7)
    for title in others:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _count(count: int, kind: str) -> str:
    return f"{count:,} {kind}{'' if count == 1 else 's'}"


def _percent(share: float, digits: int = 4) -> str:
    return f"{100 * share:.{digits}g} %"
