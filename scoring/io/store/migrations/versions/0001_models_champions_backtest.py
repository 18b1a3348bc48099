"""The models that were trained, which of them is live, and their held-out predictions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the first three tables."""
    op.create_table(
        "models",
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("horizon_days", sa.Integer),
        sa.Column("scorecard", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("trained_until", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("metrics", sa.JSON, nullable=False),
        sa.Column("recipe", sa.JSON, nullable=False),
        sa.Column("source", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_models")),
    )
    op.create_table(
        "champions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("horizon_days", sa.Integer),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("scorecard", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("trained_until", TIME),
        sa.Column("promoted_at", TIME, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("returns_to", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_champions")),
        sa.ForeignKeyConstraint(["version"], ["models.version"], name=op.f("fk_champions_version_models")),
        sa.ForeignKeyConstraint(
            ["returns_to"], ["champions.id"], name=op.f("fk_champions_returns_to_champions")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_champions_target_id"), "champions", ["target", "id"])
    op.create_table(
        "backtest",
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("as_of", TIME),
        sa.Column("use", sa.Text, nullable=False),
        sa.Column("fold", sa.SmallInteger, nullable=False),
        sa.Column("likelihood", sa.Float, nullable=False),
        sa.Column("label", sa.SmallInteger, nullable=False),
        sa.Column("weight", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("version", "position", name=op.f("pk_backtest")),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("backtest", "champions", "models"):
        op.drop_table(table)
