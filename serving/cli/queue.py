"""``leadloop queue``: who to call next, why and until when; ``accept``, ``reject``, ``override`` and ``trail``."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import typer
from rich import box
from rich.cells import cell_len, set_cell_size
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

from scoring.call_times import Slot
from scoring.contract import to_micros
from scoring.errors import DataError
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading, writing
from scoring.io.store.handoffs import acceptance, read_handoffs, rejections
from scoring.io.store.overrides import read_overrides, what_became
from scoring.io.store.queue import count_queue, exceptions_query, queue_query, read_rows
from scoring.io.store.trail import read_trail
from scoring.money import money
from scoring.reasons import percent
from scoring.scorecard import Scorecard
from serving.answered import write_answers
from serving.cli.terminal import console, settings
from serving.deciding import accept, override, reject, take_back
from serving.handing import accept_silent, hand_over
from serving.queue_schemas import QueueEntry
from serving.queueing import call_times, promises, refresh_queue
from serving.refusals import UnfitDecision
from serving.showing import Shower, moment, show_handoff, show_override

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_COLOURS = {"breached": "red", "due soon": "yellow", "on track": "green", "met": "green"}
Result = TypeVar("Result")
Number = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The handoff, as `handoff list` says.")]
Why = Annotated[str, typer.Option(help="Why; kept with it.")]


def register(app: typer.Typer) -> None:
    """Add the commands that stand by themselves."""
    app.command("queue", rich_help_panel="Sales")(queue)
    app.command("override", rich_help_panel="Sales")(override_)
    app.command("overrides", rich_help_panel="Sales")(overrides_)
    app.command("trail", rich_help_panel="Sales")(trail)


def add_to(handoff: typer.Typer) -> None:
    """Add the commands on single handoffs to ``leadloop handoff``."""
    handoff.command("run")(run)
    handoff.command("list")(listed)
    handoff.command("export")(export)
    handoff.command("accept")(accept_)
    handoff.command("reject")(reject_)


def queue(
    rep: Annotated[str | None, typer.Option(metavar="NAME", help="Only the leads of this rep.")] = None,
    late: Annotated[bool, typer.Option("--late", help="Only what is overdue, the longest first.")] = False,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many leads.")] = 20,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Make the queue anew first, however new it is.")
    ] = False,
    lang: Annotated[
        Literal["en", "ja"] | None,
        typer.Option(help="The language of the reasons. [default: the one of the settings]"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Show who to call next, why, and until when.

    The queue holds the leads that were handed over and not rejected; before anything was handed over, open leads
    that have an owner. It is made anew by `leadloop work`, and here where it is older than that would let it be.
    """
    given, now = settings(), datetime.now(UTC)
    at = to_micros(now.timestamp())
    with open_store(given.database_url, given.primary) as store:
        every = timedelta(0) if fresh else timedelta(minutes=given.work.handoff_minutes)
        with console.status("Making the queue …"):
            refresh_queue(store, given, now, every)
        with reading(store.engine) as connection:
            query = exceptions_query(at, rep, most) if late else queue_query(rep, most)
            rows = read_rows(connection, query)
            total, slots = count_queue(connection, rep), call_times(connection)
            kept = promises(connection)
        shower = Shower(given, _cards(store), lang or given.language.default)
        entries = [shower.entry(row, at) for row in rows]
    if as_json:
        typer.echo(
            json.dumps([entry.model_dump(mode="json") for entry in entries], ensure_ascii=False, indent=2)
        )
        return
    _show_queue(entries, total, rep, slots, given, late=late)
    if late and kept is not None:
        _show_promises(kept)


def _cards(store: Store) -> Callable[[str], Scorecard | None]:
    @lru_cache
    def card(version: str) -> Scorecard | None:
        return Scorecard.from_json(store.model(version).scorecard)

    return card


def _show_queue(
    entries: list[QueueEntry],
    total: int,
    rep: str | None,
    slots: list[Slot],
    given: Settings,
    *,
    late: bool,
) -> None:
    of = "" if rep is None else f" of {rep}"
    if not entries:
        console.print(
            f"Nothing{of} is overdue."
            if late
            else f"No lead{of} waits. Hand some over: leadloop handoff run.",
            markup=False,
        )
        return
    what = "overdue" if late else f"of {total:,} that wait"
    console.print(f"{len(entries):,} leads{of} {what}", markup=False)
    for line in _lines(entries, given):
        console.print(line, soft_wrap=True)
    for slot in slots:
        console.print(
            f"Calls on {DAYS[slot.weekday]} at {slot.hour}:00 reach {slot.rate:.0%} "
            f"({slot.low:.0%} to {slot.high:.0%}, {slot.calls:,} calls).",
            markup=False,
        )


def _show_promises(kept: dict[str, Any]) -> None:
    """How both sides kept their word lately."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left")
    table.title = f"Sales, the last {kept['days']} days"
    for title in ("rep", "leads", "first touch in time", "all touches in time", "hours, half", "hours, 95 %"):
        table.add_column(title)
    for one in [*kept["sales"], {**kept["overall"], "rep": "all"}]:
        shares = (
            "" if one[name] is None else percent(one[name]) for name in ("first_touch_share", "touches_share")
        )
        hours = ("" if one[name] is None else f"{one[name]:.1f}" for name in ("median_hours", "p95_hours"))
        table.add_row(escape(one["rep"] or "nobody"), f"{one['leads']:,}", *shares, *hours)
    console.print(table)
    owed = kept["marketing"]
    if owed is not None:
        side = "ahead of" if owed["ahead"] >= 0 else "behind"
        console.print(
            f"Marketing has handed over {owed['handed_over']:,} of {owed['owed']:,} leads this month, "
            f"{abs(owed['ahead']):,.0f} {side} its line."
        )


def _lines(entries: list[QueueEntry], given: Settings) -> Iterator[str]:
    """A line for each lead, and under it the reasons: sentences are too long for a column."""
    rows = [_cells(entry, given) for entry in entries]
    widths = [max(cell_len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for entry, row in zip(entries, rows, strict=True):
        state = entry.first_touch.state if entry.touches_done == 0 else entry.touches.state
        *cells, due, done = (set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True))
        yield f"[bold]{escape('  '.join(cells))}[/]  [{_COLOURS[state]}]{escape(due)}[/]  {escape(done)}"
        for reason in entry.reasons[:2]:
            yield f"    {escape(reason.text)}"


def _cells(entry: QueueEntry, given: Settings) -> tuple[str, ...]:
    zone = ZoneInfo(given.time.zone)
    state = entry.first_touch.state if entry.touches_done == 0 else entry.touches.state
    due = "" if entry.due_at is None else f"{entry.due_at.astimezone(zone):%m-%d %H:%M} "
    worth = (
        ""
        if entry.expected_value is None
        else money(Decimal(str(entry.expected_value)), given.value.currency)
    )
    return (
        " = ".join([entry.lead_id, *entry.others]),
        entry.rep or "nobody",
        worth,
        "" if entry.likelihood is None else percent(entry.likelihood),
        "" if entry.score is None else f"{entry.score} {entry.grade}{' (old)' if entry.old else ''}",
        f"{due}{state}",
        f"{entry.touches_done} of {entry.touches_owed} touches",
    )


def run() -> None:
    """Hand over what is due by the policy in force; handoffs that nobody answered in time count as accepted."""
    given, now = settings(), datetime.now(UTC)
    with open_store(given.database_url, given.primary) as store, console.status("Handing over …"):
        silent = accept_silent(store, given, now)
        done = hand_over(store, given, now)
        waiting = refresh_queue(store, given, now)
    if silent:
        console.print(f"{silent:,} handoffs without an answer count as accepted.")
    if done is None:
        console.print(
            "No policy is in force. See what one would do with leadloop handoff propose, and publish it.",
            markup=False,
        )
        return
    console.print(
        f"{done.handed:,} leads handed over by policy {done.policy}, {done.explored:,} more to explore; "
        f"{waiting:,} leads in the queue.",
        markup=False,
    )
    if done.waiting:
        console.print(
            f"{done.waiting:,} more reach the threshold, but sales has no room for them this month."
        )


def listed(
    state: Annotated[
        Literal["pending", "accepted", "rejected"] | None, typer.Option(help="Only those in this state.")
    ] = None,
    rep: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this rep.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """List what was handed over, the newest first, with what sales said; and why leads were rejected."""
    given = settings()
    with open_store(given.database_url, given.primary) as store, reading(store.engine) as connection:
        found = read_handoffs(connection, state=state, rep=rep, most=most)
        counts, reasons = acceptance(connection), rejections(connection)
    if as_json:
        shown = [show_handoff(row).model_dump(mode="json") for row in found]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("number", "lead", "rep", "handed over", "likelihood", "state", "by", "reason"):
        table.add_column(title, overflow="fold")
    for row in found:
        at = moment(row.handed_at)
        assert at is not None
        likely = "" if row.likelihood is None else f"{row.likelihood:.1%}"
        table.add_row(
            str(row.id), escape(row.lead_id), escape(row.rep or "nobody"),
            f"{at.astimezone(ZoneInfo(given.time.zone)):%Y-%m-%d %H:%M}",
            likely + (" (explore)" if row.action == "explore" else ""), row.state,
            escape(row.decided_by or ""), escape(row.reason or ""),
        )  # fmt: skip
    console.print(table)
    decided = counts.get("accepted", 0) + counts.get("rejected", 0)
    if decided:
        console.print(f"Accepted: {counts.get('accepted', 0):,} of {decided:,} decided.")
    for reason, count in reasons:
        console.print(f"  rejected {count:,} × {reason}", markup=False)


def export(
    target: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="Where they go: CSV or Parquet, by its suffix.")
    ],
) -> None:
    """Write what sales said as a file to learn from: each lead as it was when it was handed over, answer and reason.

    Example: `leadloop handoff export -o answers.csv`, then `leadloop train answers.csv --label answer
    --positive accepted --time-column handed_at --target sal --exclude reason --exclude by`
    """
    with _store() as store:
        count = write_answers(store, target)
    console.print(f"{count:,} answered handoffs in {target}", markup=False)


def accept_(
    number: Number, by: Annotated[str | None, typer.Option(help="Who says so. [default: you]")] = None
) -> None:
    """Say that sales takes a lead."""
    row = _write(lambda connection, now: accept(connection, number, by or getpass.getuser(), now))
    console.print(f"Handoff {number} is accepted: {row.lead_id}.", markup=False)


def reject_(
    number: Number,
    reason: Annotated[str, typer.Option(help="One of the reasons of the settings (sla.reasons).")],
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days after which it may come back.")
    ] = None,
    for_good: Annotated[bool, typer.Option("--for-good", help="It never may: it is disqualified.")] = False,
    by: Annotated[str | None, typer.Option(help="Who says so. [default: you]")] = None,
) -> None:
    """Say why sales does not take a lead; it may come back after a while, unless it is for good."""
    who = by or getpass.getuser()
    row = _write(
        lambda connection, now: reject(
            connection, number, who, now, settings(), reason=reason, days=days, for_good=for_good
        )
    )
    back = moment(row.recycle_at)
    until = "for good" if back is None else f"until {back:%Y-%m-%d}"
    console.print(f"Handoff {number} is rejected {until}: {row.lead_id}.", markup=False)


def override_(
    lead_id: Annotated[str, typer.Argument(metavar="LEAD_ID", help="The lead.")],
    reason: Why,
    score: Annotated[
        int | None, typer.Option(min=0, max=100, help="The score it should have in your eyes.")
    ] = None,
    decision: Annotated[
        Literal["hand_over", "nurture"] | None, typer.Option(help="What should be done with it.")
    ] = None,
    end: Annotated[bool, typer.Option("--end", help="Take back what was said before.")] = False,
    days: Annotated[int, typer.Option(min=1, max=365, help="How long it holds.")] = 30,
    by: Annotated[str | None, typer.Option(help="Who says so. [default: you]")] = None,
) -> None:
    """Put your word on a lead beside the model's, for a while and with a reason.

    The model's own score stays as it is and is shown beside it; a decision is followed when leads are handed over.
    """
    if (score is None) == (decision is None) and not end:
        raise typer.BadParameter("Give either --score or --decision.")
    who, now = by or getpass.getuser(), datetime.now(UTC)
    said: list[tuple[Literal["score", "decision"], str | None]] = [
        ("score", None if score is None else str(score)),
        ("decision", decision),
    ]
    with _store() as store, writing(store.engine) as connection:
        for field, value in said:
            if end:
                if take_back(connection, lead_id, field, author=who, reason=reason, now=now):
                    console.print(f"The word on the {field} of {lead_id} is taken back.", markup=False)
            elif value is not None:
                kept = override(
                    connection, lead_id, field, value, author=who, reason=reason, now=now, days=days,
                    primary=settings().primary,
                )  # fmt: skip
                until = moment(kept.expires_at)
                beside = "" if kept.model_value is None else f" (the model said {kept.model_value})"
                console.print(f"{field} of {lead_id}: {value}{beside}, until {until:%Y-%m-%d}.", markup=False)


def overrides_(
    past: Annotated[bool, typer.Option("--past", help="Also those that hold no more.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """List what people said beside the model, what the model said then, and what became of the leads."""
    now = to_micros(datetime.now(UTC).timestamp())
    with _store() as store, reading(store.engine) as connection:
        found = [one for one in reversed(read_overrides(connection)) if past or one.holds(now)]
        became = what_became(connection, found)
    shown = [show_override(one, now, stage) for one, stage in zip(found, became, strict=True)]
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in shown], ensure_ascii=False, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("lead", "of", "human", "model", "by", "until", "became", "why"):
        table.add_column(title, overflow="fold")
    for one in shown:
        until = f"{one.expires_at:%Y-%m-%d}" + ("" if one.holds else " (over)")
        cells = (
            one.lead_id,
            one.field,
            one.value,
            one.model_value or "",
            one.author,
            until,
            one.became or "",
        )
        table.add_row(*map(escape, (*cells, one.reason)))
    console.print(table)


def trail(
    most: Annotated[int, typer.Option(min=1, max=200, help="At most so many lines.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Show who changed a policy, a model or an override: when, before, after and why."""
    with _store() as store, reading(store.engine) as connection:
        lines = read_trail(connection, most=most)
    if as_json:
        shown = [
            {**{name: getattr(line, name) for name in line.__slots__}, "at": line.at.isoformat()}
            for line in lines
        ]
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("when", "who", "what", "of", "before", "after", "why"):
        table.add_column(title, overflow="fold")
    for line in lines:
        cells = (line.who, line.what, line.subject, _said(line.before), _said(line.after), line.reason or "")
        table.add_row(f"{line.at:%Y-%m-%d %H:%M}", *map(escape, cells))
    console.print(table)


def _said(value: object) -> str:
    if not isinstance(value, dict):
        return ""
    return ", ".join(f"{name} {said}" for name, said in value.items() if said is not None)


def _store() -> Store:
    given = settings()
    return open_store(given.database_url, given.primary)


def _write(do: Callable[[Connection, int], Result]) -> Result:
    try:
        with _store() as store, writing(store.engine) as connection:
            return do(connection, to_micros(datetime.now(UTC).timestamp()))
    except UnfitDecision as error:
        faults = (f"--{fault.pointer.removeprefix('#/')} {fault.detail}" for fault in error.faults)
        raise DataError(f"{'; '.join(faults)}.") from error
