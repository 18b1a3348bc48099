"""Answers that take seconds to make, kept so that a page shows them at once: a monthly report, a curve.

Whatever is kept can be made again from the rest of the store, so throwing it away loses nothing but time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, cast, delete, insert, select, update

from scoring.io.store.tables import kept


@dataclass(frozen=True, slots=True)
class Kept:
    """What was made, and when.

    Parameters
    ----------
    content : dict
        As JSON holds it.
    made_at : datetime
        Aware, in UTC.
    """

    content: dict[str, Any]
    made_at: datetime


def keep(connection: Connection, name: str, key: str, content: Mapping[str, Any], at: datetime) -> None:
    """Keep what was made, in the place of what was kept under the same name and key.

    Parameters
    ----------
    connection : Connection
        Inside a transaction that writes.
    name : str
        What kind of thing it is, such as ``report``.
    key : str
        Which one of these, such as ``2026-10``.
    content : mapping
        What JSON can hold; without NaN.
    at : datetime
        When it was made, with an offset.
    """
    row = {"made_at": at, "content": dict(content)}
    same = (kept.c.name == name, kept.c.key == key)
    if not connection.execute(update(kept).where(*same).values(row)).rowcount:
        connection.execute(insert(kept).values(name=name, key=key, **row))


def read_kept(connection: Connection, name: str, key: str) -> Kept | None:
    """What is kept under a name and key; None where nothing is."""
    query = select(kept.c.content, kept.c.made_at).where(kept.c.name == name, kept.c.key == key)
    row = connection.execute(query).one_or_none()
    return None if row is None else Kept(row.content, row.made_at)


def drop_kept_of(connection: Connection, lead_id: str) -> int:
    """Throw away whatever may name a lead, because the lead is to be forgotten; say how many that were.

    A content that holds the id as a text of its own is meant, also where it is the text of something else:
    it is only made again.
    """
    told = cast(kept.c.content, Text).contains(json.dumps(lead_id, ensure_ascii=False), autoescape=True)
    return connection.execute(delete(kept).where(told)).rowcount
