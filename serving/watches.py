"""What the newest watch of each target found: remembered, and asked for again about once a second."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol


class WatchStore(Protocol):
    """The part of the store that keeps what was found."""

    def watch_stamp(self) -> int | None:
        """Tell cheaply whether :meth:`watches` changed."""

    def watches(self) -> dict[str, dict[str, Any]]:
        """What was found last, by target."""


class Watches:
    """The findings of a store, kept up to date.

    Parameters
    ----------
    store : WatchStore
        Where they come from.
    """

    def __init__(self, store: WatchStore) -> None:
        self._store = store
        self._stamp: int | None = None
        self.now: Mapping[str, Mapping[str, Any]] = MappingProxyType({})

    def refresh(self) -> None:
        """Ask the store; what it says replaces what was known in one step.

        Raises
        ------
        LeadLoopError
            If the store does not answer; then what was known stays.
        """
        stamp = self._store.watch_stamp()
        if stamp != self._stamp:
            self.now = MappingProxyType(self._store.watches())
            self._stamp = stamp
