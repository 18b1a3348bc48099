"""What was made of the store once and is kept, because it takes seconds to make: reports, and other numbers of pages."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "kept",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", "key", name=op.f("pk_kept")),
    )


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("kept")
