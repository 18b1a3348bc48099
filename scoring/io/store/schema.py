"""Bringing a store to the schema of this release.

Opening asks the store for its revision and compares it with ``HEAD``; Alembic, which takes longer to
import than a store to open, is only loaded where there is something to do.
"""

import logging
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from scoring.errors import LeadLoopError
from scoring.io.store.engine import reading, rebuilding, shown

REVISIONS = ("0001", "0002", "0003", "0004")
HEAD = REVISIONS[-1]
# A name of its own: MLflow keeps Alembic's default table, perhaps in the same database.
VERSION_TABLE = "leadloop_revision"
MIGRATIONS = Path(__file__).parent / "migrations"


def to_head(engine: Engine) -> None:
    """Bring the store up to date; a second process that starts meanwhile waits and finds it done.

    Raises
    ------
    LeadLoopError
        The store was made by a newer release, or cannot be reached or written.
    """
    with reading(engine) as connection:
        current = revision(connection)
    if current != HEAD:
        upgrade(engine, HEAD)


def revision(connection: Connection) -> str | None:
    """Give the revision a store is at; None for an empty one, an error for one that is newer."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()
    if found is not None and found not in REVISIONS:
        raise LeadLoopError(
            f"The store at {shown(connection.engine.url)} was made by a newer LeadLoop (schema {found}; "
            f"this release knows up to {HEAD}). Upgrade leadloop, or name another store."
        )
    return found


def upgrade(engine: Engine, to: str, migrations: Path = MIGRATIONS) -> None:
    """Run the migrations up to a revision in one transaction: all of them, or none."""
    from alembic import command  # here, because it takes longer than opening a store
    from alembic.config import Config

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with rebuilding(engine) as connection:
        if migrations is MIGRATIONS and revision(connection) == to:
            return
        config.attributes["connection"] = connection
        command.upgrade(config, to)
