"""The queue of 100,000 open leads with a million touches and fifty reps, as it is read, given out and made anew.

What a rep asks for is read, counted and shown as a call does, against the database's driver that selects the same
columns of the same rows by the same index, and does nothing with them.  New leads are given to reps all at once,
against a loop that looks for the rep of each.  Both sides must give the same.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from statistics import median
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection

from scoring.assignment import NOBODY, Room, assign
from scoring.categories import Categories
from scoring.dates import DAY
from scoring.io.sections import Sections, Value
from scoring.io.store import Model, Store, open_store
from scoring.io.store.bulk import add_rows
from scoring.io.store.engine import reading, writing
from scoring.io.store.queue import QueueRow, count_queue, exceptions_query, queue_query, read_rows
from scoring.io.store.tables import assignments, handoffs, leads, touches
from serving.queue_schemas import QueueEntry
from serving.queueing import refresh_queue
from serving.showing import Shower
from tests.bench import worlds
from tests.bench.bench_import import postgresql, sqlite
from tests.cards import small_card

READ_LIMIT, ASSIGN_LIMIT = 5.0, 20.0
LEADS, TOUCHES, REPS, NEW, TURNS, MOST = 100_000, 1_000_000, 50, 10_000, 5, 50
NOW: Final = datetime(2026, 11, 24, 6, tzinfo=UTC)
LATEST: Final = 60 * DAY
MICROS: Final = 1_000_000
SETTINGS: Final = Sections(value=Value(deal=1_000.0))
PRIMARY: Final = SETTINGS.primary
COLUMNS: Final = ", ".join(f"queue.{field.name}" for field in fields(QueueRow) if field.name != "lead_id")
SELECT: Final = f"SELECT leads.lead_id, {COLUMNS} FROM queue JOIN leads ON leads.id = queue.lead WHERE queue."
QUEUE: Final = "rep = ? ORDER BY queue.place, queue.due_at, queue.lead LIMIT ?"
LATE: Final = "due_at <= ? ORDER BY queue.due_at, queue.lead LIMIT ?"
LISTS: Final = [field.name for field in fields(QueueRow)].index("reasons")  # and "others" after it
Made = TypeVar("Made")


# The world --------------------------------------------------------------------------------------------


def fill(address: str, count: int, touched: int, reps: int) -> None:
    """A store of leads that were handed over in the last sixty days, with what sales did."""
    rng = np.random.default_rng(1)
    numbers, at = np.arange(1, count + 1), int(NOW.timestamp())
    handed = at - rng.integers(0, LATEST, count)
    rep = Categories(rng.integers(0, reps, count).astype(np.int32), tuple(name(n) for n in range(reps)))
    lead = np.sort(rng.integers(0, count, touched))
    occurred = handed[lead] + rng.exponential(5 * DAY, touched).astype(np.int64)
    order = np.lexsort((occurred, lead))
    lead, occurred = lead[order], occurred[order]
    with open_store(address, PRIMARY) as store:
        for target in ("sql", "won"):
            keep(store, target)
        store.publish_policy(
            target="sql", rule="threshold", threshold=0.1, explore=0.0, model="sql-1", inputs={}, expected={},
            author="bench", reason="a bench", at=NOW,
        )  # fmt: skip
        with writing(store.engine) as connection:
            add(connection, leads, count, {
                "id": numbers, "lead_id": pa.array([f"lead-{n:07d}" for n in numbers]),
                "created_at": MICROS * (handed - 3_600), "properties": properties(rng, count),
            })  # fmt: skip
            add(connection, handoffs, count, {
                "lead": numbers, "policy": np.ones(count, np.int64), "action": said("hand_over", count),
                "drawn": np.ones(count), "handed_at": MICROS * handed, "rep": rep,
                "state": said("accepted", count),
            })  # fmt: skip
            add(connection, assignments, count, event(rng, numbers, handed) | {"rep": rep})
            add(connection, touches, touched, event(rng, numbers[lead], occurred) | {
                "rep": Categories(rep.codes[lead], rep.levels), "channel": said("call", touched),
                "connected": answers(rng, touched, 0.3), "automatic": answers(rng, touched, 0.2),
            })  # fmt: skip


def name(rep: int) -> str:
    """What a rep is called."""
    return f"rep {rep:02d}"


def keep(store: Store, target: str) -> None:
    """Make a small model live."""
    card = small_card(f"{target}-1", target)
    model = Model(
        version=card.meta.version, target=target, horizon_days=30, digest=card.digest, trained_until=None,
        created_at=NOW, scorecard=card.to_json(),
    )  # fmt: skip
    store.save_model(model)
    store.promote(card.meta.version, "bench", "a bench", NOW)


def properties(rng: np.random.Generator, count: int) -> pa.Array:
    """What is known of leads; of a hundred one has the address of another."""
    source = np.array(["Web", "Referral"])[rng.integers(0, 2, count)]
    visits, person = rng.integers(0, 40, count), np.arange(count)
    person[rng.random(count) < 0.01] //= 2
    rows = zip(person.tolist(), source.tolist(), visits.tolist(), strict=True)
    return pa.array(
        [f'{{"email": "p{p}@example.com", "source": "{s}", "visits": "{v}"}}' for p, s, v in rows]
    )


def said(word: str, count: int) -> Categories:
    """The same word in every row."""
    return Categories(np.zeros(count, dtype=np.int32), (word,))


def answers(rng: np.random.Generator, count: int, share: float) -> Categories:
    """Yes in a share of the rows, else no."""
    return Categories((rng.random(count) < share).astype(np.int32), ("no", "yes"))


def event(rng: np.random.Generator, lead: Any, occurred: Any) -> dict[str, Any]:
    """What every event of a lead has."""
    key = rng.integers(-(2**62), 2**62, len(lead))
    n = np.zeros(len(lead), dtype=np.int64)
    return {
        "lead": lead,
        "occurred_at": MICROS * occurred,
        "key": key,
        "n": n,
        "recorded_at": MICROS * occurred,
    }


def add(connection: Connection, table: Any, count: int, columns: dict[str, Any]) -> None:
    """Add rows, all of them."""
    if add_rows(connection, table, columns, lambda _: None) != count:
        raise RuntimeError(f"Rows of {table.name} are missing.")


# Both sides -------------------------------------------------------------------------------------------


def made(address: str) -> tuple[int, float, float]:
    """Leads in the queue that is made anew, seconds and peak of memory."""
    with open_store(address, PRIMARY) as store:
        began = time.perf_counter()
        count = refresh_queue(store, SETTINGS, NOW)
        return count, time.perf_counter() - began, worlds.peak()


def queue_of(store: Store, shower: Shower, rep: str) -> list[QueueEntry]:
    """The queue of a rep as a call gives it."""
    now = MICROS * int(NOW.timestamp())
    with reading(store.engine) as connection:
        rows = read_rows(connection, queue_query(rep, MOST))
        count_queue(connection, rep)
    return [shower.entry(row, now) for row in rows]


def late_of(store: Store, shower: Shower) -> list[QueueEntry]:
    """What is overdue as a call gives it."""
    now = MICROS * int(NOW.timestamp())
    with reading(store.engine) as connection:
        rows = read_rows(connection, exceptions_query(now, None, MOST))
    return [shower.entry(row, now) for row in rows]


def bare(cursor: Any, statement: str, mark: str, *given: Any) -> list[tuple[Any, ...]]:
    """The same rows by the driver alone; what one driver reads of JSON, the other must be told to."""
    rows: list[tuple[Any, ...]] = cursor.execute(
        (SELECT + statement).replace("?", mark), (*given, MOST)
    ).fetchall()
    if mark == "?":
        at = LISTS
        return [(*row[:at], json.loads(row[at]), json.loads(row[at + 1]), *row[at + 2 :]) for row in rows]
    return rows


def measured(address: str, reps: int, turns: int) -> dict[str, float]:
    """Both sides of both questions, rep by rep in turns: milliseconds and ratios."""
    cards = {f"{target}-1": small_card(f"{target}-1", target) for target in ("sql", "won")}
    shower, now = Shower(SETTINGS, cards.get), MICROS * int(NOW.timestamp())
    with open_store(address, PRIMARY) as store, reading(store.engine) as connection:
        cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]
        mark = "%s" if store.engine.dialect.name == "postgresql" else "?"

        def sides(rep: str) -> tuple[tuple[Callable[[], Any], Callable[[], Any]], ...]:
            return (
                (lambda: queue_of(store, shower, rep), lambda: bare(cursor, QUEUE, mark, rep)),
                (lambda: late_of(store, shower), lambda: bare(cursor, LATE, mark, now)),
            )

        found = [
            [(*timed(ours), *timed(theirs)) for ours, theirs in sides(name(rep))]
            for _ in range(turns)
            for rep in range(reps)
        ]
    for pairs in found:
        for _, shown, _, rows in pairs:
            check(shown, rows)
    seconds = np.array([[(ours, theirs) for ours, _, theirs, _ in pairs] for pairs in found])
    return {
        f"{what}, {unit}": float(value)
        for what, (ours, theirs) in zip(
            ("queue of a rep", "overdue"), seconds.transpose(1, 2, 0), strict=True
        )
        for unit, value in (
            ("ms", 1_000 * np.median(ours)),
            ("by the driver alone, ms", 1_000 * np.median(theirs)),
            ("times as long", np.median(ours / theirs)),
        )
    }


def timed(run: Callable[[], Made]) -> tuple[float, Made]:
    """Seconds, and what came of it."""
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def check(shown: list[QueueEntry], rows: list[tuple[Any, ...]]) -> None:
    """Both sides have the same leads in the same order.

    Raises
    ------
    AssertionError
        If they do not.
    """
    assert [entry.lead_id for entry in shown] == [row[0] for row in rows]
    assert len(rows) == MOST


def one_by_one(count: int, rooms: list[Room]) -> list[int]:
    """Who gets each of some leads: the least full rep, and of equals the one who waits longest."""
    taken = [room.given for room in rooms]
    turn = sorted(range(len(rooms)), key=lambda at: (rooms[at].last, at))
    found = []
    for _ in range(count):
        able = [at for at in turn if taken[at] < rooms[at].capacity]
        best = min(able, key=lambda at: taken[at] / rooms[at].capacity, default=NOBODY)
        if best != NOBODY:
            taken[best] += 1
        found.append(best)
    return found


def given_out(new: int, reps: int, turns: int) -> dict[str, float]:
    """New leads to reps, all at once and one by one."""
    rng = np.random.default_rng(2)
    rooms = [
        Room(name(n), int(most), int(had), float(last))
        for n, (most, had, last) in enumerate(
            zip(rng.integers(new // reps, 2 * new // reps, reps), rng.integers(0, 20, reps),
                rng.permutation(reps), strict=True)
        )
    ]  # fmt: skip
    ours = [timed(lambda: assign(new, rooms)) for _ in range(3 * turns)]
    theirs = [timed(lambda: one_by_one(new, rooms)) for _ in range(max(turns // 2, 1))]
    assert ours[0][1].tolist() == theirs[0][1]
    fast, slow = (median(seconds for seconds, _ in side) for side in (ours, theirs))
    return {
        "leads given to reps at once, ms": 1_000 * fast,
        "one by one, ms": 1_000 * slow,
        "times faster": slow / fast,
        "to reach": ASSIGN_LIMIT,
    }


def main(
    leads: int = LEADS, touches: int = TOUCHES, reps: int = REPS, new: int = NEW, turns: int = TURNS
) -> dict[str, float]:
    """Measure on SQLite and on PostgreSQL."""
    figures: dict[str, float] = {"leads": leads, "touches": touches, "reps": reps}
    for database, databases in (("SQLite", sqlite), ("PostgreSQL", postgresql)):
        with databases() as named:
            address = named("queue")
            worlds.apart(fill, address, leads, touches, reps)
            count, seconds, mebibytes = worlds.apart(made, address)
            figures |= {
                f"{database}: rows of the queue": float(count),
                f"{database}: made anew, seconds": seconds,
                f"{database}: made anew, peak MiB": mebibytes,
            }
            for what, value in worlds.apart(measured, address, reps, turns).items():
                figures[f"{database}: {what}"] = value
                if what.endswith("times as long"):
                    figures[f"to reach at most, {database}, {what}"] = READ_LIMIT
    return figures | given_out(new, reps, turns)
