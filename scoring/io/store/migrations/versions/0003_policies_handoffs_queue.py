"""The handoff: published rules, what was handed over, the queue, a human's word, and the trail of all changes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of the handoff."""
    op.create_table(
        "policies",
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("threshold", sa.Float),
        sa.Column("per_month", sa.Integer),
        sa.Column("explore", sa.Float, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("expected", sa.JSON, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("published_at", TIME, nullable=False),
        sa.Column("returns_to", sa.Integer),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_policies")),
        sa.ForeignKeyConstraint(["returns_to"], ["policies.version"], name=op.f("fk_policies_returns_to_policies")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("lead", sa.Integer, nullable=False),
        sa.Column("policy", sa.Integer, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("likelihood", sa.Float),
        sa.Column("drawn", sa.Float, nullable=False),
        sa.Column("handed_at", sa.BigInteger, nullable=False),
        sa.Column("rep", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("decided_at", sa.BigInteger),
        sa.Column("decided_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("recycle_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name=op.f("fk_handoffs_lead_leads")),
        sa.ForeignKeyConstraint(["policy"], ["policies.version"], name=op.f("fk_handoffs_policy_policies")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_handoffs_handed_at"), "handoffs", ["handed_at"])
    op.create_index(op.f("ix_handoffs_lead"), "handoffs", ["lead"])
    op.create_index(op.f("ix_handoffs_state_handed_at"), "handoffs", ["state", "handed_at"])
    op.create_table(
        "queue",
        sa.Column("lead", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("rep", sa.Text),
        sa.Column("handoff", sa.Integer),
        sa.Column("place", sa.Float, nullable=False),
        sa.Column("likelihood", sa.Float),
        sa.Column("value", sa.Float),
        sa.Column("score", sa.SmallInteger),
        sa.Column("grade", sa.Text),
        sa.Column("scored_at", sa.BigInteger),
        sa.Column("version", sa.Text),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("others", sa.JSON, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("assigned_at", sa.BigInteger),
        sa.Column("first_touch_due", sa.BigInteger, nullable=False),
        sa.Column("first_touch_at", sa.BigInteger),
        sa.Column("touches", sa.SmallInteger, nullable=False),
        sa.Column("touches_due", sa.BigInteger, nullable=False),
        sa.Column("warn_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("lead", name=op.f("pk_queue")),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name=op.f("fk_queue_lead_leads")),
        sa.ForeignKeyConstraint(["handoff"], ["handoffs.id"], name=op.f("fk_queue_handoff_handoffs")),
    )
    op.create_index(op.f("ix_queue_rep_place_due_at_lead"), "queue", ["rep", "place", "due_at", "lead"])
    op.create_index(op.f("ix_queue_place_due_at_lead"), "queue", ["place", "due_at", "lead"])
    op.create_index(op.f("ix_queue_due_at"), "queue", ["due_at"])
    op.create_index(op.f("ix_queue_rep_due_at"), "queue", ["rep", "due_at"])
    op.create_table(
        "overrides",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("lead", sa.Integer, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("model_value", sa.Text),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
        sa.ForeignKeyConstraint(["lead"], ["leads.id"], name=op.f("fk_overrides_lead_leads")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_overrides_lead"), "overrides", ["lead"])
    op.create_table(
        "trail",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_trail_subject_id"), "trail", ["subject", "id"])


def downgrade() -> None:
    """Take them away again."""
    for table in ("trail", "overrides", "queue", "handoffs", "policies"):
        op.drop_table(table)
