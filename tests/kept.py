"""What is kept of contents that were made beside the requests."""

from sqlalchemy import Connection, select

from scoring.io.store.tables import kept


def kept_keys(connection: Connection, name: str) -> list[str]:
    """The keys under which things of a name are kept, in their order."""
    return sorted(connection.scalars(select(kept.c.key).where(kept.c.name == name)))
