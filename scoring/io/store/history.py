"""The statements behind the store: finding versions, and adding to the history of champions."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from difflib import get_close_matches
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.sql import Select

from scoring.errors import ModelError
from scoring.io.store.records import Champion, Model, Promotion
from scoring.io.store.tables import champions, models
from scoring.io.store.trail import add_trail

Record = TypeVar("Record")


def chosen(record: type, table: Table) -> Select[Any]:
    """Select the columns of a table that a record has fields for."""
    return select(*(table.c[field.name] for field in fields(record)))


def records(connection: Connection, record: type[Record], query: Select[Any]) -> list[Record]:
    """Run a query that :func:`chosen` began."""
    return [record(**row) for row in connection.execute(query).mappings()]


def find_model(connection: Connection, version: str) -> Model:
    """Find a trained version; the error names the nearest ones."""
    found = records(connection, Model, chosen(Model, models).where(models.c.version == version))
    if not found:
        newest_first = select(models.c.version).order_by(models.c.created_at.desc())
        raise ModelError(_unknown(version, connection.scalars(newest_first)))
    return found[0]


def _unknown(version: str, kept: Iterable[str]) -> str:
    names = list(kept)
    near = get_close_matches(version, names, n=3, cutoff=0.3) or names[:3]
    known = f"The nearest: {', '.join(near)}." if near else "None is kept yet: train one first."
    return f"No model has the version '{version}'. {known}"


def newest_lines(connection: Connection) -> dict[str, int]:
    """Give the id of the live line of each target."""
    query = select(champions.c.target, func.max(champions.c.id)).group_by(champions.c.target)
    return {target: line for target, line in connection.execute(query)}  # noqa: C416 - rows, not pairs


def find_line(connection: Connection, line: int) -> Champion:
    """Read one line of the history, with the scorecard."""
    return records(connection, Champion, chosen(Champion, champions).where(champions.c.id == line))[0]


def line_before(connection: Connection, live: Promotion) -> Champion:
    """Find what was live before what is live now, seeing through earlier rollbacks."""
    since = live.returns_to or live.id
    query = select(func.max(champions.c.id)).where(champions.c.target == live.target, champions.c.id < since)
    before = connection.scalar(query)
    if before is None:
        raise ModelError(
            f"Nothing was live for {live.target} before {live.version}. Promote the version you want."
        )
    line = find_line(connection, before)
    return line if line.returns_to is None else find_line(connection, line.returns_to)


def newest_since(connection: Connection, live: Promotion) -> Model | None:
    """Find the newest version trained after another went live for its target, and never promoted itself."""
    query = chosen(Model, models).where(
        models.c.target == live.target,
        models.c.created_at > live.promoted_at,
        models.c.version.not_in(select(champions.c.version)),
    )
    found = records(connection, Model, query.order_by(models.c.created_at.desc(), models.c.version).limit(1))
    return found[0] if found else None


def add_line(
    connection: Connection,
    of: Model | Champion,
    *,
    by: str,
    reason: str,
    at: datetime,
    returns_to: int | None = None,
) -> Champion:
    """Add the line that makes a version live, with its own copy of the scorecard, and note who did."""
    before = newest_lines(connection).get(of.target)
    was = None if before is None else {"version": find_line(connection, before).version}
    what = "promote" if returns_to is None else "rollback"
    add_trail(connection, at, by, what, f"model:{of.target}", was, {"version": of.version}, reason)
    copied = ("target", "horizon_days", "version", "scorecard", "digest", "trained_until")
    row = {name: getattr(of, name) for name in copied}
    row |= {"promoted_at": at, "by": by, "reason": reason, "returns_to": returns_to}
    line = connection.execute(insert(champions).values(row).returning(champions.c.id)).scalar_one()
    return find_line(connection, line)
