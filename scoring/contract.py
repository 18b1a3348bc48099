"""The data contract: which tables a CRM tells of its leads, and how each column of them is read.

The same rules hold for a file, a row of the store and the body of a call.  Times are kept as whole
microseconds since 1970 UTC.  An event is known from ``recorded_at`` on, by default from when it occurred;
its key is the digest of its ``event_id`` or, without one, of its content.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Literal

Kind = Literal["id", "text", "time", "number", "boolean", "stage", "month"]

MICROSECONDS: Final = 1_000_000
SEPARATOR: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class ContractColumn:
    """A column of a table of the contract.

    Parameters
    ----------
    name : str
        Its header in files and its key in calls.
    kind : str
        How its cells are read.
    required : bool
        Whether every row must have a value.
    """

    name: str
    kind: Kind
    required: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A table of the contract.

    Parameters
    ----------
    name : str
        The table.
    columns : tuple of ContractColumn
        What it holds; a table of leads may hold any other column too, as a property.
    content : tuple of str
        The columns that make an event what it is, beside its lead and its time; empty where rows are no
        events.
    time : str
        The column that says when an event occurred.
    """

    name: str
    columns: tuple[ContractColumn, ...]
    content: tuple[str, ...] = ()
    time: str = "occurred_at"

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that every file must have."""
        return tuple(column.name for column in self.columns if column.required)


def _events(name: str, *columns: ContractColumn, time: str = "occurred_at") -> Contract:
    return Contract(
        name,
        (
            ContractColumn("lead_id", "id", required=True),
            ContractColumn(time, "time", required=True),
            *columns,
            ContractColumn("recorded_at", "time"),
            ContractColumn("event_id", "id"),
        ),
        tuple(column.name for column in columns),
        time,
    )


LEADS: Final = Contract(
    "leads",
    (ContractColumn("lead_id", "id", required=True), ContractColumn("created_at", "time", required=True)),
)
CHANGES: Final = _events(
    "changes", ContractColumn("property", "text", required=True), ContractColumn("value", "text")
)
ACTIVITIES: Final = _events(
    "activities",
    ContractColumn("kind", "text", required=True),
    ContractColumn("campaign", "text"),
    ContractColumn("value", "number"),
)
TOUCHES: Final = _events(
    "touches",
    ContractColumn("rep", "text", required=True),
    ContractColumn("channel", "text", required=True),
    ContractColumn("connected", "boolean"),
    ContractColumn("automatic", "boolean"),
)
OUTCOMES: Final = _events(
    "outcomes",
    ContractColumn("stage", "stage", required=True),
    ContractColumn("amount", "number"),
    ContractColumn("currency", "text"),
    ContractColumn("reason", "text"),
    ContractColumn("rep", "text"),
)
ASSIGNMENTS: Final = _events("assignments", ContractColumn("rep", "text", required=True), time="assigned_at")
CAMPAIGNS: Final = Contract(
    "campaigns",
    (
        ContractColumn("campaign", "text", required=True),
        ContractColumn("month", "month", required=True),
        ContractColumn("cost", "number", required=True),
        ContractColumn("currency", "text"),
        ContractColumn("channel", "text"),
    ),
)
EVENT_TABLES: Final = (CHANGES, ACTIVITIES, TOUCHES, OUTCOMES, ASSIGNMENTS)
CONTRACTS: Final = {contract.name: contract for contract in (LEADS, *EVENT_TABLES, CAMPAIGNS)}


def content_key(*values: str | float | bool | None) -> int:
    """The key of an event that has no id of its own: a digest of its content, as a signed 64-bit number.

    Parameters
    ----------
    *values : str, float, bool or None
        Its columns in the order of ``Contract.content``, read.

    Examples
    --------
    >>> content_key("page_view", None, 3.0) == content_key("page_view", None, 3.0)
    True
    >>> content_key("page_view", None, 3.0) == content_key("page_view", "3.0", None)
    False
    """
    return _digest(
        SEPARATOR.join("" if value is None else f"{type(value).__name__[0]}{value}" for value in values)
    )


def id_key(event_id: str) -> int:
    """The key of an event that has an id of its own."""
    return _digest(f"{SEPARATOR}{event_id}")


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)


def to_micros(seconds: float) -> int:
    """Seconds since 1970 as the store keeps them."""
    return round(seconds * MICROSECONDS)


def to_seconds(micros: int) -> float:
    """What the store keeps as seconds since 1970."""
    return micros / MICROSECONDS
