"""Who may call: the keys of the store, remembered, and asked for again about once a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hmac import compare_digest
from types import MappingProxyType
from typing import Protocol

from scoring.io.store.keys import Key, hashed


class Scope(StrEnum):
    """What a key may be good for."""

    SCORE = "score"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class KeyStore(Protocol):
    """The part of the store that keeps keys."""

    def api_keys(self) -> list[Key]:
        """Every key that was ever made."""


@dataclass(frozen=True, slots=True)
class Known:
    """The keys of one moment.

    Parameters
    ----------
    closed : bool
        Whether a key was ever made: revoking the last one lets nobody in who had to show one before.
    keys : mapping of str to Key
        Those that hold, by their hash.
    """

    closed: bool = False
    keys: Mapping[str, Key] = field(default_factory=lambda: MappingProxyType({}))


class Keys:
    """The keys of a store, kept up to date.

    Parameters
    ----------
    store : KeyStore
        Where they come from.
    """

    def __init__(self, store: KeyStore) -> None:
        self._store = store
        self.now = Known()

    def refresh(self) -> None:
        """Ask the store; what it says replaces what was known in one step.

        Raises
        ------
        LeadLoopError
            If the store does not answer; then what was known stays.
        """
        kept = self._store.api_keys()
        hold = {key.hash: key for key in kept if key.revoked_at is None}
        self.now = Known(bool(kept), MappingProxyType(hold))

    def of(self, presented: str) -> Key | None:
        """The key that someone presents; None where it is none, or does not hold any more.

        Keys are looked up by a hash, which nobody can choose, and then compared in constant time: how long it
        takes tells nothing of the keys that there are.
        """
        hash_ = hashed(presented)
        found = self.now.keys.get(hash_)
        return found if found is not None and compare_digest(found.hash, hash_) else None

    def numbered(self, number: object) -> Key | None:
        """The key with a number; None where it is none, or does not hold any more."""
        return next((key for key in self.now.keys.values() if key.id == number), None)


def good_for(key: Key, scope: Scope) -> bool:
    """Whether a key opens something; ``admin`` opens everything."""
    return scope in key.scopes or Scope.ADMIN in key.scopes
