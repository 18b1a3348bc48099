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


class Overtaken(DataError):
    """Somebody else has changed the policy since whoever changes it now looked at it."""


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


def publish(
    connection: Connection, row: dict[str, Any], what: str = "publish", over: int | None = None
) -> Policy:
    """Put a policy in force, and note who did.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    row : dict
        The fields of :class:`scoring.policy.Policy` without its version.
    what : str
        What the trail calls it.
    over : int, optional
        The number of the policy that it is known to replace, 0 for none; by default whichever is in force.

    Raises
    ------
    Overtaken
        If another one is in force.
    """
    if over is not None and over != (newest_policy(connection) or 0):
        raise Overtaken(
            "Another policy was published since you looked. Look at it first; nothing was changed."
        )
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


def policy_before(connection: Connection) -> Policy | None:
    """What a rollback would put in force again; None where nothing was before."""
    now = read_policy(connection)
    if now is None:
        return None
    before = connection.scalar(select(func.max(policies.c.version)).where(policies.c.version < _since(now)))
    back = None if before is None else read_policy(connection, before)
    if back is not None and back.returns_to is not None:
        back = read_policy(connection, back.returns_to)
    return back


def _since(now: Policy) -> int:
    """The number from which on the rule in force was in force before, too."""
    return now.returns_to or now.version


def rollback(
    connection: Connection, author: str, reason: str, at: datetime, over: int | None = None
) -> Policy:
    """Put in force again what was before; once more goes one further back.

    Raises
    ------
    NoPolicy
        If nothing is in force, or nothing was before.
    Overtaken
        If another one is in force than ``over`` says.
    """
    now = read_policy(connection)
    if now is None:
        raise NoPolicy("No handoff policy is in force. Publish one: leadloop handoff publish --reason WHY.")
    back = policy_before(connection)
    if back is None:
        raise NoPolicy(
            f"No policy was in force before version {_since(now)}. Publish the one you want: "
            "leadloop handoff publish."
        )
    row = {name: getattr(back, name) for name in _COPIED}
    row |= {"author": author, "reason": reason, "published_at": at, "returns_to": back.version}
    return publish(connection, row, "rollback", over)
