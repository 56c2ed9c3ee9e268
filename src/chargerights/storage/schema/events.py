"""The log of events, and webhooks."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
    true,
)

from .columns import Instant, customer_column, id_column, metadata
from .facts import rights, tags

event_clocks = Table(
    "event_clocks",
    metadata,
    customer_column(),
    Column("number", BigInteger, nullable=False),
    Column("pruned", BigInteger, nullable=False),
    Column("clock_at", Instant, nullable=False),
    Column("clock_id", BigInteger, nullable=False),
    Column("next_at", Instant),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

events = Table(
    "events",
    metadata,
    customer_column(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", JSON, nullable=False),
    Column("revision", BigInteger),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

webhooks = Table(
    "webhooks",
    metadata,
    customer_column(),
    id_column(),
    Column("url", Text, nullable=False),
    Column("types", JSON(none_as_null=True)),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("secret", Text, nullable=False),
    Column("old_secret", Text),
    Column("old_secret_until", Instant),
    Column("position", BigInteger, nullable=False),
    Column("delivered_at", Instant),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", Instant),
    Column("last_attempt_at", Instant),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("lease_owner", Text),
    Column("leased_until", Instant),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

# Few rights and tags have windows, so the indexes hold only those that do.
for _table, _names in ((rights, ("valid_from", "valid_until")), (tags, ("starts_at", "expires_at"))):
    for _name in _names:
        _column = _table.c[_name]
        _given = _column.is_not(None)
        Index(None, _table.c.customer_id, _column, _table.c.id, postgresql_where=_given, sqlite_where=_given)
