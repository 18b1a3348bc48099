"""Published handoff rules: the newest is in force, and a rollback publishes the one before once more."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from scoring.errors import DataError
from scoring.io.store.tables import policies
from scoring.io.store.trail import add_trail
from scoring.policy import Policy

SUBJECT = "policy"
_SAID = ("version", "target", "rule", "threshold", "per_month", "explore")
_COPIED = ("target", "rule", "threshold", "per_month", "explore", "model", "inputs", "expected")


class NoPolicy(DataError):
    """No policy is in force, or none was before."""


def newest_policy(connection: Connection) -> int | None:
    """The number of the policy in force; None where none is."""
    newest: int | None = connection.scalar(select(func.max(policies.c.version)))
    return newest


def read_policy(connection: Connection, version: int | None = None) -> Policy | None:
    """A policy by its number, by default the one in force; None where there is none."""
    wanted = newest_policy(connection) if version is None else version
    row = connection.execute(select(policies).where(policies.c.version == wanted)).mappings().one_or_none()
    return None if row is None else Policy(**row)


def read_policies(connection: Connection) -> list[Policy]:
    """Every policy that was published, the newest first."""
    rows = connection.execute(select(policies).order_by(policies.c.version.desc())).mappings()
    return [Policy(**row) for row in rows]


def publish(connection: Connection, row: dict[str, Any], what: str = "publish") -> Policy:
    """Put a policy in force, and note who did.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    row : dict
        The fields of :class:`scoring.policy.Policy` without its version.
    what : str
        What the trail calls it.
    """
    wanted = {one.name for one in fields(Policy)} - {"version"}
    assert row.keys() == wanted, f"a policy needs {wanted ^ row.keys()}"
    before = read_policy(connection)
    number = connection.execute(insert(policies).values(row).returning(policies.c.version)).scalar_one()
    after = read_policy(connection, number)
    assert after is not None
    was, told = _said(before), _said(after)
    add_trail(connection, row["published_at"], row["author"], what, SUBJECT, was, told, row["reason"])
    return after


def _said(policy: Policy | None) -> dict[str, Any] | None:
    """What the trail tells of a policy."""
    return None if policy is None else {name: getattr(policy, name) for name in _SAID}


def rollback(connection: Connection, author: str, reason: str, at: datetime) -> Policy:
    """Put in force again what was before; once more goes one further back.

    Raises
    ------
    NoPolicy
        If nothing is in force, or nothing was before.
    """
    now = read_policy(connection)
    if now is None:
        raise NoPolicy("No handoff policy is in force. Publish one: leadloop handoff publish --reason WHY.")
    since = now.returns_to or now.version
    before = connection.scalar(select(func.max(policies.c.version)).where(policies.c.version < since))
    back = None if before is None else read_policy(connection, before)
    if back is not None and back.returns_to is not None:
        back = read_policy(connection, back.returns_to)
    if back is None:
        raise NoPolicy(
            f"No policy was in force before version {since}. Publish the one you want: leadloop handoff publish."
        )
    row = {name: getattr(back, name) for name in _COPIED}
    row |= {"author": author, "reason": reason, "published_at": at, "returns_to": back.version}
    return publish(connection, row, "rollback")
