"""The tables of the store, as they are at the head of the migrations.

A test compares them with what the migrations make, on SQLite and on PostgreSQL.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
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
