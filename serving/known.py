"""What the store knows of the lead that a call names, read while the caller waits."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

from sqlalchemy import PoolProxiedConnection

from scoring.io.store import Store
from scoring.io.store.ledger import read_by_driver
from scoring.ledger import OneLead


class KnownLeads:
    """Reads one lead at a time.

    A read of SQLite takes less time than handing it to a thread would, and never waits for a writer; one of
    PostgreSQL waits for the network, so it does so in a thread.

    Parameters
    ----------
    store : Store
        What is asked.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._near = store.engine.dialect.name == "sqlite"
        self._held: PoolProxiedConnection | None = None

    async def get(self, lead_id: str) -> OneLead | None:
        """All that is known of a lead; None where nothing is."""
        if self._near:
            return self._read(lead_id)
        return await asyncio.to_thread(self._store.lead, lead_id)

    def now(self, lead_id: str) -> OneLead | None:
        """The same, for whoever may wait."""
        return self._store.lead(lead_id)

    def _read(self, lead_id: str) -> OneLead | None:
        if self._held is None:
            self._held = self._store.engine.raw_connection()
        driver: Any = self._held.driver_connection
        try:
            driver.execute("BEGIN")
            try:
                return read_by_driver(driver, "?", lead_id)
            finally:
                driver.execute("COMMIT")
        except sqlite3.Error:
            self._held.invalidate()
            self._held = None
            return self._store.lead(lead_id)  # says clearly what is wrong, or is well again
