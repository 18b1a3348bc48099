"""Alembic's entry: the connection, its transaction and its lock come from the store."""

from alembic import context

from scoring.io.store.schema import VERSION_TABLE
from scoring.io.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
