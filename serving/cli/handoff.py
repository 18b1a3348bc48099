"""``leadloop handoff``: from which likelihood on marketing hands leads to sales."""

from __future__ import annotations

import getpass
import json
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table

from scoring.errors import SettingsError
from scoring.handoff_curve import Expected, Point
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.policy import Policy
from scoring.proposal import Constraints, Proposal
from serving.cli.queue import add_to
from serving.cli.terminal import console, settings
from serving.decision import handoff_of
from serving.proposing import Asked, capacity_of, handed_lately, proposed, shift_of
from serving.proposing import publish as publish_policy
from serving.refusals import NotProposed

UNKNOWN = "unknown"


class RuleName(StrEnum):
    """The two rules."""

    THRESHOLD = "threshold"
    TOP_K = "top_k"


Rule = Annotated[
    RuleName,
    typer.Option(
        help="threshold: all leads from a likelihood on; top_k: so many a month, the likeliest first."
    ),
]
Capacity = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        min=0,
        help="Leads that sales can work on in a month. [default: \\[capacity] and \\[\\[reps]] of the settings]",
    ),
]
Goal = Annotated[
    float | None,
    typer.Option(metavar="AMOUNT", min=0, help="The revenue of a month. [default: \\[goal] of the settings]"),
]
Customers = Annotated[
    float | None, typer.Option(metavar="N", min=0, help="The goal as a number of deals, in place of --goal.")
]
Deal = Annotated[
    float | None,
    typer.Option(
        metavar="AMOUNT",
        min=0,
        help="What a deal brings. [default: \\[value] of the settings, else the mean of the won deals]",
    ),
]
LeadCost = Annotated[
    float | None,
    typer.Option(metavar="AMOUNT", min=0, help="What working a lead costs. [default: \\[handoff] lead_cost]"),
]
Floor = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        min=0,
        max=1,
        help="The share of handoffs that sales accepts at least. [default: \\[handoff] acceptance_floor]",
    ),
]
Explore = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        min=0,
        max=1,
        help="The share of the capacity for leads below the threshold; 0 for none. [default: \\[handoff] explore]",
    ),
]
Volume = Annotated[
    float | None,
    typer.Option(
        metavar="N",
        min=0.000001,
        help="How many leads come in a month; needed where the model was tested without times.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]
Reason = Annotated[str, typer.Option(help="Why; both sides will read it.")]
Author = Annotated[str | None, typer.Option(help="Who decides. [default: who runs the command]")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    handoff = typer.Typer(
        help="Propose, publish and show from which likelihood on leads are handed to sales.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
    )
    for command in (propose, publish, show, rollback):
        handoff.command()(command)
    add_to(handoff)
    app.add_typer(handoff, name="handoff", rich_help_panel="Sales")


def propose(
    rule: Rule = RuleName.THRESHOLD,
    capacity: Capacity = None,
    goal: Goal = None,
    customers: Customers = None,
    deal: Deal = None,
    lead_cost: LeadCost = None,
    acceptance_floor: Floor = None,
    explore: Explore = None,
    leads_per_month: Volume = None,
    as_json: Json = False,
) -> None:
    """Say from which likelihood on leads should be handed over, why, and what to expect of a month.

    Counted on what the live model said of leads it had not seen, forward in time; nothing is trained or changed.
    """
    asked = Asked(
        rule=rule.value, capacity=capacity, goal=goal, customers=customers, deal=deal, lead_cost=lead_cost,
        acceptance_floor=acceptance_floor, explore=explore, leads_per_month=leads_per_month,
    )  # fmt: skip
    given = settings()
    with _store(given) as store:
        found = proposed(store, given, asked)
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=2))
        return
    _answer(found, given)
    _neighbours(found, given.handoff.target)
    _remarks(found)
    console.print("To put it in force: leadloop handoff publish --reason WHY", markup=False)


def publish(
    reason: Reason,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="P", min=0, max=1, help="The threshold. [default: the proposed one]"),
    ] = None,
    per_month: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Of top_k: how many. [default: as many as proposed]"),
    ] = None,
    author: Author = None,
    rule: Rule = RuleName.THRESHOLD,
    capacity: Capacity = None,
    goal: Goal = None,
    customers: Customers = None,
    deal: Deal = None,
    lead_cost: LeadCost = None,
    acceptance_floor: Floor = None,
    explore: Explore = None,
    leads_per_month: Volume = None,
) -> None:
    """Put a handoff policy in force: a new version, with who decided and why. A running service takes it up."""
    asked = Asked(
        rule=rule.value, threshold=threshold, per_month=per_month, capacity=capacity, goal=goal,
        customers=customers, deal=deal, lead_cost=lead_cost, acceptance_floor=acceptance_floor, explore=explore,
        leads_per_month=leads_per_month,
    )  # fmt: skip
    given = settings()
    who, why = _named(author), _given(reason)
    with _store(given) as store:
        before = store.policy()
        policy, found = publish_policy(store, given, asked, who, why, datetime.now(UTC))
    console.print(f"Policy {policy.key} is in force: {_rule(policy)}.", markup=False, soft_wrap=True)
    if before is not None:
        console.print(f"Before it was policy {before.key}: {_rule(before)}.", markup=False, soft_wrap=True)
    _expected(found, given)
    _remarks(found)


def show(
    history: Annotated[bool, typer.Option("--history", help="List every policy that was published.")] = False,
    as_json: Json = False,
) -> None:
    """Show the policy in force, whether the live model keeps to what it promised, and what was in force before."""
    given = settings()
    with _store(given) as store:
        policies = store.policies()
        said = [] if not policies else _state(store, policies[0])
    if as_json:
        told = [_told(policy) for policy in policies]
        shown: dict[str, Any] = {"in_force": told[0] if told else None, "said": said}
        typer.echo(json.dumps(shown | ({"history": told} if history else {}), ensure_ascii=False, indent=2))
        return
    if not policies:
        console.print(
            "No policy is in force: nothing is handed over. Next: leadloop handoff propose", markup=False
        )
        return
    _policy(policies[0])
    for line in said:
        console.print(line, markup=False, soft_wrap=True)
    if history:
        _history(policies)


def rollback(reason: Reason, author: Author = None) -> None:
    """Put the policy in force again that was before; once more goes one further back."""
    given = settings()
    who, why = _named(author), _given(reason)
    with _store(given) as store:
        policy = store.rollback_policy(who, why, datetime.now(UTC))
    console.print(
        f"Policy {policy.key} is in force, which is {policy.returns_to} again: {_rule(policy)}.",
        markup=False,
        soft_wrap=True,
    )


def _store(given: Settings) -> Store:
    return open_store(given.database_url, given.primary)


def _named(author: str | None) -> str:
    name = (getpass.getuser() if author is None else author).strip()
    if not name:
        raise SettingsError("--author must say who decides.")
    return name


def _given(reason: str) -> str:
    if not reason.strip():
        raise SettingsError("--reason must say why: both sides will read it.")
    return reason.strip()


# Words ------------------------------------------------------------------------------------------------


def _rule(policy: Policy | Proposal) -> str:
    if policy.per_month is None:
        return f"leads from a likelihood of {policy.threshold:g} on"
    return f"the likeliest {policy.per_month:,} leads a month, which reaches down to about {policy.threshold:.3g}"


_BINDS = {
    "capacity": "capacity binds: sales can work on {capacity}",
    "value": "value binds: below it a lead earns less than the {lead_cost:,.0f} that working it costs",
    "acceptance": "acceptance binds: below it sales accepts less than {acceptance_floor:.0%}",
    "goal": "the goal binds: with fewer leads it is missed",
}


def _why(found: Proposal, given: Settings) -> str:
    if found.binding is None:
        return "no constraint leaves a lead out"
    return _BINDS[found.binding].format(
        **asdict(found.constraints) | {"capacity": _capacity(found.constraints, given)}
    )


def _capacity(constraints: Constraints, given: Settings) -> str:
    sales = capacity_of(given)
    said = f"{constraints.capacity or 0:,.0f} leads a month"
    if sales is None or sales.per_month != constraints.capacity:
        return said
    by = "take" if sales.leads <= sales.by_hours else "have hours for"
    other = (
        f"their hours allow {sales.by_hours:,.0f}" if by == "take" else f"they would take {sales.leads:,.0f}"
    )
    return f"{said} ({sales.reps} reps {by} so many; {other})"


def _answer(found: Proposal, given: Settings) -> None:
    console.print(f"[bold]Hand over {_rule(found)}.[/]", soft_wrap=True)
    why = _why(found, given)
    console.print(f"{why[:1].upper()}{why[1:]}.", markup=False, soft_wrap=True)
    console.print()
    _expected(found, given)


def _expected(found: Proposal, given: Settings) -> None:
    point, target = found.point, given.handoff.target
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, side in (("expected a month", "left"), ("", "right"), ("90 % interval", "right")):
        table.add_column(title, justify=side)  # type: ignore[arg-type]
    rows = [
        ("handoffs", point.handoffs, ""),
        (f"of them reach {target}", point.conversions, ""),
        ("accepted by sales", point.acceptances, ""),
        ("won", point.wins, ""),
        ("revenue", point.revenue, f" {given.value.currency}"),
    ]
    for name, expected, unit in rows:
        table.add_row(name, *_cells(expected, unit))
    if found.explore.per_month:
        table.add_row("explored below it", _n(found.explore.per_month), "")
    console.print(table)
    if found.explore.draw:
        console.print(
            f"Explored: {found.explore.draw:.2%} of the {_n(found.explore.below)} leads a month that begin below it, "
            "inside the capacity.",
            markup=False,
            soft_wrap=True,
        )
    if found.by_month is not None:
        least, most = found.by_month
        console.print(f"In single months of the test it was {least:,} to {most:,} handoffs.", markup=False)
    console.print(f"Counted on what model {found.model} said of leads it had not seen.", markup=False)


def _cells(expected: Expected, unit: str = "") -> tuple[str, str]:
    value, low, high = expected
    if value is None:
        return UNKNOWN, ""
    return f"{_n(value)}{unit}", "" if low is None or high is None else f"{_n(low)} to {_n(high)}"


def _n(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:,.1f}"


def _neighbours(found: Proposal, target: str) -> None:
    console.print()
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("threshold", "handoffs", target, "precision", "accepted", "won", "revenue", "a lead earns"):
        table.add_column(title, justify="right")
    for point in found.neighbours():
        here = point is found.point or point.threshold == found.threshold
        table.add_row(*_row(point), style="bold" if here else None)
    console.print(table)


def _row(point: Point) -> list[str]:
    share = [
        UNKNOWN if one.value is None else f"{one.value:.1%}" for one in (point.precision, point.acceptance)
    ]
    handed, reached, won, earned = (
        _cells(one)[0] for one in (point.handoffs, point.conversions, point.wins, point.revenue)
    )
    worth = "" if point.worth is None else _n(point.worth)
    return [f"{point.threshold:.3g}", handed, reached, share[0], share[1], won, earned, worth]


def _remarks(found: Proposal) -> None:
    for warning in found.warnings:
        console.print("[bold yellow]Warning[/] ", end="")
        console.print(warning, markup=False, soft_wrap=True)
    for note in found.notes:
        console.print("[bold]Note[/] ", end="")
        console.print(note, markup=False, soft_wrap=True)


def _policy(policy: Policy) -> None:
    say = console.print
    say(
        f"[bold]Policy {policy.key}[/] hands over {_rule(policy)} (likelihood of {policy.target}).",
        soft_wrap=True,
    )
    explored = f"{policy.explore:.1%} of the capacity, each lead below with {policy.draw:.2%}"
    say(f"  rule       {policy.rule}", markup=False)
    say(f"  explore    {explored if policy.draw else 'none'}", markup=False)
    promised = policy.expected.get("handoffs") or {}
    if promised.get("value") is not None:
        cells = " (".join(cell for cell in _cells(Expected(**promised)) if cell)
        say(f"  promised   {cells + ')' if '(' in cells else cells} handoffs a month", markup=False)
    assert policy.published_at is not None
    say(
        f"  published  {policy.published_at:%Y-%m-%d %H:%M} UTC by {policy.author}: {policy.reason}",
        markup=False,
    )
    if policy.returns_to is not None:
        say(f"  returns to policy {policy.returns_to}", markup=False)


def _state(store: Store, policy: Policy) -> list[str]:
    """Whether the policy decides anything with what is live, and as much as it promised."""
    if handoff_of(store) is None:
        live = store.champion(policy.target)
        why = (
            f"no model is live for {policy.target}"
            if live is None
            else f"{live.version} gives points and no likelihoods"
        )
        return [f"It decides nothing now, because {why}: every decision is none."]
    lately = handed_lately(store, policy, datetime.now(UTC))
    said = [] if lately is None else [lately.said]
    try:
        shift = shift_of(store)
    except NotProposed as error:
        return [*said, f"What becomes of its handoffs with the live model is not known: {error}"]
    return said if shift is None else [*said, shift.said]


def _told(policy: Policy) -> dict[str, Any]:
    told = {name: value for name, value in asdict(policy).items() if name != "published_at"}
    assert policy.published_at is not None
    return told | {"published_at": policy.published_at.isoformat()}


def _history(policies: list[Policy]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("version", "published", "rule", "threshold", "handoffs", "by", "reason"):
        table.add_column(title, overflow="fold")
    for policy in policies:
        assert policy.published_at is not None
        promised = (policy.expected.get("handoffs") or {}).get("value")
        again = "" if policy.returns_to is None else f" (= {policy.returns_to})"
        table.add_row(
            policy.key + again,
            f"{policy.published_at:%Y-%m-%d %H:%M}",
            policy.rule if policy.per_month is None else f"{policy.rule} {policy.per_month:,}",
            f"{policy.threshold:.3g}",
            "" if promised is None else _n(promised),
            policy.author,
            policy.reason,
        )
    console.print(table)
