"""The tables of the store, as they are at the head of the migrations.

A test compares them with what the migrations make, on SQLite and on PostgreSQL.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    text,
)


class UtcTime(TypeDecorator[datetime]):
    """A moment: aware on the way in and on the way out, in UTC; SQLite, which has no zones, keeps UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time, because nobody could say later which moment it meant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time in the store must carry its offset")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back in UTC, whatever zone the server's session is in."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# Every version that was trained, so that promoting one needs nothing but the store.
models = Table(
    "models",
    metadata,
    Column("version", Text, primary_key=True),
    Column("target", Text, nullable=False),
    Column("horizon_days", Integer),
    Column("scorecard", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("trained_until", UtcTime),
    Column("created_at", UtcTime, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("recipe", JSON, nullable=False),
    Column("source", JSON, nullable=False),
)

# What was live and when: rows are only ever added, the newest of a target is live.
champions = Table(
    "champions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", Text, nullable=False),
    Column("horizon_days", Integer),
    Column("version", Text, ForeignKey("models.version"), nullable=False),
    Column("scorecard", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("trained_until", UtcTime),
    Column("promoted_at", UtcTime, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # The row that a rollback brought back; null for a promotion.
    Column("returns_to", Integer, ForeignKey("champions.id")),
    Index(None, "target", "id"),
    sqlite_autoincrement=True,
)

# The held-out predictions of a version, in the order they were written. No foreign key: a check per row
# would cost more than the rows do, and the one writer has just looked the version up.
backtest = Table(
    "backtest",
    metadata,
    Column("version", Text, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("lead_id", Text, nullable=False),
    Column("as_of", UtcTime),
    Column("use", Text, nullable=False),
    Column("fold", SmallInteger, nullable=False),
    Column("likelihood", Float, nullable=False),
    Column("label", SmallInteger, nullable=False),
    Column("weight", Float, nullable=False),
)

# What the CRM tells. Times are whole microseconds since 1970 UTC: exact, alike on every database, and
# two million of them are read in seconds. A row is known from `recorded_at` on.
leads = Table(
    "leads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead_id", Text, nullable=False, unique=True),
    Column("created_at", BigInteger, nullable=False),
    # Properties as they are now; what they were before is in `changes`.
    Column("properties", JSON, nullable=False),
)


def _events(name: str, *columns: Column[Any]) -> Table:
    """A table of things that happened to leads, kept in the order of lead and time.

    `key` is the digest of the event's `event_id` or, without one, of its content; `n` counts events of the
    same content, so that telling them twice changes nothing.
    """
    return Table(
        name,
        metadata,
        Column("lead", Integer, ForeignKey("leads.id"), primary_key=True, autoincrement=False),
        Column("occurred_at", BigInteger, primary_key=True, autoincrement=False),
        Column("key", BigInteger, primary_key=True, autoincrement=False),
        Column("n", Integer, primary_key=True, autoincrement=False),
        Column("recorded_at", BigInteger, nullable=False),
        Column("event_id", Text),
        *columns,
        Index(f"ix_{name}_event_id", "event_id", unique=True, sqlite_where=_NAMED, postgresql_where=_NAMED),
        sqlite_with_rowid=False,
    )


_NAMED = text("event_id IS NOT NULL")
changes = _events("changes", Column("property", Text, nullable=False), Column("value", Text))
activities = _events(
    "activities", Column("kind", Text, nullable=False), Column("campaign", Text), Column("value", Float)
)
touches = _events(
    "touches",
    Column("rep", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("connected", Boolean),
    Column("automatic", Boolean),
)
outcomes = _events(
    "outcomes",
    Column("stage", Text, nullable=False),
    Column("amount", Float),
    Column("currency", Text),
    Column("reason", Text),
    Column("rep", Text),
)
assignments = _events("assignments", Column("rep", Text, nullable=False))
EVENTS = {table.name: table for table in (changes, activities, touches, outcomes, assignments)}

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("cost", Float, nullable=False),
    Column("currency", Text),
    Column("channel", Text),
)

# Every score that was given or written; rows are only ever added.
scores = Table(
    "scores",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead_id", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("version", Text, nullable=False),
    # champion, or challenger for one that only watches
    Column("role", Text, nullable=False),
    # api, open or file
    Column("source", Text, nullable=False),
    # The rescoring that it is of; null for single calls.
    Column("run", Integer, ForeignKey("rescorings.id")),
    Column("as_of", BigInteger, nullable=False),
    Column("scored_at", BigInteger, nullable=False),
    Column("features", Text, nullable=False),
    Column("log_odds", Float),
    Column("likelihood", Float),
    Column("score", SmallInteger),
    Column("grade", Text),
    Column("label", Text),
    Column("reasons", JSON, nullable=False),
    Column("status", Text, nullable=False),
    Index(None, "lead_id", "target", "as_of"),
    Index(None, "target", "as_of"),
    Index(None, "run"),
    sqlite_autoincrement=True,
)

# One rescoring of the open leads, so that an interrupted one goes on where it stopped.
rescorings = Table(
    "rescorings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("leads", Integer),
    sqlite_autoincrement=True,
)

# Who may call the service: the key itself is never kept.
keys = Table(
    "keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("revoked_at", UtcTime),
    sqlite_autoincrement=True,
)

# What `watch` found, and whether it asked for retraining.
watches = Table(
    "watches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("target", Text, nullable=False),
    Column("version", Text),
    Column("at", UtcTime, nullable=False),
    Column("findings", JSON, nullable=False),
    Column("retrain", Boolean, nullable=False),
    sqlite_autoincrement=True,
)

# What `work` does: who does it at the moment, when it was last done, and how that ended.
tasks = Table(
    "tasks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text),
    Column("held_until", UtcTime),
    Column("finished_at", UtcTime),
    Column("state", JSON, nullable=False),
)

# The published handoff rules: rows are only ever added, the newest is in force.
policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("target", Text, nullable=False),
    # threshold, or top_k for so many a month
    Column("rule", Text, nullable=False),
    Column("threshold", Float),
    Column("per_month", Integer),
    Column("explore", Float, nullable=False),
    # The model on whose held-out predictions it was proposed.
    Column("model", Text, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("expected", JSON, nullable=False),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("published_at", UtcTime, nullable=False),
    # The version that a rollback brought back.
    Column("returns_to", Integer, ForeignKey("policies.version")),
    sqlite_autoincrement=True,
)

# Leads that marketing handed to sales, and what sales said.
handoffs = Table(
    "handoffs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", Integer, ForeignKey("leads.id"), nullable=False),
    Column("policy", Integer, ForeignKey("policies.version"), nullable=False),
    # hand_over, or explore for one that was drawn from those below the threshold
    Column("action", Text, nullable=False),
    Column("likelihood", Float),
    # With what probability it was drawn; 1 where the rule itself handed it over.
    Column("drawn", Float, nullable=False),
    Column("handed_at", BigInteger, nullable=False),
    Column("rep", Text),
    # pending, accepted or rejected
    Column("state", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("reason", Text),
    Column("recycle_at", BigInteger),
    Index(None, "lead"),
    Index(None, "state", "handed_at"),
    Index(None, "handed_at"),
    sqlite_autoincrement=True,
)

# Open leads that somebody works on, with what each is owed: kept up to date, and read by index.
queue = Table(
    "queue",
    metadata,
    Column("lead", Integer, ForeignKey("leads.id"), primary_key=True, autoincrement=False),
    Column("rep", Text),
    Column("handoff", Integer, ForeignKey("handoffs.id")),
    # Its place: the less, the sooner.
    Column("place", Float, nullable=False),
    Column("likelihood", Float),
    Column("value", Float),
    Column("score", SmallInteger),
    Column("grade", Text),
    Column("scored_at", BigInteger),
    Column("version", Text),
    Column("reasons", JSON, nullable=False),
    # Leads with the same address or number, shown as one with this.
    Column("others", JSON, nullable=False),
    # When the clock began, and when the rep got it.
    Column("since", BigInteger, nullable=False),
    Column("assigned_at", BigInteger),
    Column("first_touch_due", BigInteger, nullable=False),
    Column("first_touch_at", BigInteger),
    Column("touches", SmallInteger, nullable=False),
    Column("touches_due", BigInteger, nullable=False),
    # When the first clock that still runs is due, and from when on that is soon; far off where none runs.
    Column("warn_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Index(None, "rep", "place", "due_at", "lead"),
    Index(None, "place", "due_at", "lead"),
    Index(None, "due_at"),
    Index(None, "rep", "due_at"),
)

# A human's word beside the model's, never over it.
overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lead", Integer, ForeignKey("leads.id"), nullable=False),
    # score or decision
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("model_value", Text),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index(None, "lead"),
    sqlite_autoincrement=True,
)

# Who changed what, when and why: rows are only ever added.
trail = Table(
    "trail",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("reason", Text),
    Index(None, "subject", "id"),
    sqlite_autoincrement=True,
)

# What takes seconds to make, as it was made last: reports, and other heavy numbers of pages.
kept = Table(
    "kept",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("made_at", UtcTime, nullable=False),
    Column("content", JSON, nullable=False),
)
