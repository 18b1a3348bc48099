"""What the CRM tells of leads, every score given, API keys, and what is watched and worked on."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)
NAMED = sa.text("event_id IS NOT NULL")


def upgrade() -> None:
    """Make the tables of the closed loop."""
    op.create_table(
        "leads",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("properties", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leads")),
        sa.UniqueConstraint("lead_id", name=op.f("uq_leads_lead_id")),
    )
    _events("changes", sa.Column("property", sa.Text, nullable=False), sa.Column("value", sa.Text))
    _events(
        "activities",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text),
        sa.Column("value", sa.Float),
    )
    _events(
        "touches",
        sa.Column("rep", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("connected", sa.Boolean),
        sa.Column("automatic", sa.Boolean),
    )
    _events(
        "outcomes",
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("amount", sa.Float),
        sa.Column("currency", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("rep", sa.Text),
    )
    _events("assignments", sa.Column("rep", sa.Text, nullable=False))
    op.create_table(
        "campaigns",
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("cost", sa.Float, nullable=False),
        sa.Column("currency", sa.Text),
        sa.Column("channel", sa.Text),
        sa.PrimaryKeyConstraint("campaign", "month", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "rescorings",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("leads", sa.Integer),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescorings")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "scores",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("lead_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("run", sa.Integer),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("scored_at", sa.BigInteger, nullable=False),
        sa.Column("features", sa.Text, nullable=False),
        sa.Column("log_odds", sa.Float),
        sa.Column("likelihood", sa.Float),
        sa.Column("score", sa.SmallInteger),
        sa.Column("grade", sa.Text),
        sa.Column("label", sa.Text),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sa.ForeignKeyConstraint(["run"], ["rescorings.id"], name=op.f("fk_scores_run_rescorings")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_scores_lead_id_target_as_of"), "scores", ["lead_id", "target", "as_of"])
    op.create_index(op.f("ix_scores_target_as_of"), "scores", ["target", "as_of"])
    op.create_index(op.f("ix_scores_run"), "scores", ["run"])
    op.create_table(
        "keys",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("revoked_at", TIME),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keys")),
        sa.UniqueConstraint("hash", name=op.f("uq_keys_hash")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "watches",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("at", TIME, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
        sa.Column("retrain", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watches")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tasks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("holder", sa.Text),
        sa.Column("held_until", TIME),
        sa.Column("finished_at", TIME),
        sa.Column("state", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_tasks")),
    )


def _events(name: str, *columns: "sa.Column[Any]") -> None:
    op.create_table(
        name,
        sa.Column("lead", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("occurred_at", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("key", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("n", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("event_id", sa.Text),
        *columns,
        sa.PrimaryKeyConstraint("lead", "occurred_at", "key", "n", name=op.f(f"pk_{name}")),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name=op.f(f"fk_{name}_lead_leads")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        f"ix_{name}_event_id", name, ["event_id"], unique=True, sqlite_where=NAMED, postgresql_where=NAMED
    )


def downgrade() -> None:
    """Take them away again."""
    for table in (
        "tasks", "watches", "keys", "scores", "rescorings", "campaigns",
        "assignments", "outcomes", "touches", "activities", "changes", "leads",
    ):  # fmt: skip
        op.drop_table(table)
