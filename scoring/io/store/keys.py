"""API keys: who may call the service, and what for.

A key is 32 random bytes, so nobody finds it by trying, and a plain SHA-256 of it is enough to recognise it by: the
slow hashes that passwords need guard against guesses that are not possible here.  The key itself is never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final

from sqlalchemy import Connection, insert, update

from scoring.io.store.history import chosen, records
from scoring.io.store.tables import keys

PREFIX: Final = "ll_"
RANDOM_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as it is kept.

    Parameters
    ----------
    id : int
        Its number, by which it is revoked.
    name : str
        Who has it.
    hash : str
        The SHA-256 of the key, in hexadecimal.
    scopes : sequence of str
        What it is good for.
    created_at, revoked_at : datetime, datetime or None
        Since when, and until when.
    """

    id: int
    name: str
    hash: str
    scopes: Sequence[str]
    created_at: datetime
    revoked_at: datetime | None


def hashed(key: str) -> str:
    """What a key is recognised by."""
    return sha256(key.encode()).hexdigest()


def create_key(connection: Connection, name: str, scopes: Sequence[str], at: datetime) -> tuple[int, str]:
    """Make a key: its number, and the key itself, which nobody can read again."""
    key = f"{PREFIX}{token_urlsafe(RANDOM_BYTES)}"
    row = {"name": name, "hash": hashed(key), "scopes": list(scopes), "created_at": at}
    return connection.execute(insert(keys).values(row).returning(keys.c.id)).scalar_one(), key


def read_keys(connection: Connection) -> list[Key]:
    """Every key that was ever made, the oldest first."""
    return records(connection, Key, chosen(Key, keys).order_by(keys.c.id))


def revoke_key(connection: Connection, number: int, at: datetime) -> Key | None:
    """End a key; None where there is no such one.  One that has ended keeps the time at which it did."""
    ending = update(keys).where(keys.c.id == number, keys.c.revoked_at.is_(None)).values(revoked_at=at)
    connection.execute(ending)
    found = records(connection, Key, chosen(Key, keys).where(keys.c.id == number))
    return found[0] if found else None
