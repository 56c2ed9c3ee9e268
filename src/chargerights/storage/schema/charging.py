"""Chargers' passwords, authorization decisions, sessions and meter values.

Decisions and sessions outlive their charger, driver and tag, so they refer to them by value.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from .columns import Instant, customer_column, id_column, metadata, owned

charging_settings = Table(
    "charging_settings",
    metadata,
    customer_column(),
    Column("one_session_per_tag", Boolean, nullable=False, server_default=false()),
    Column("lists_hours_too", Boolean, nullable=False, server_default=false()),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

charger_passwords = Table(
    "charger_passwords",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("set_at", Instant, nullable=False),
    owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
)

live_nodes = Table(
    "live_nodes",
    metadata,
    customer_column(),
    Column("node", Text, primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("batch", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False, server_default=false()),
    Column("applied", BigInteger, nullable=False, server_default=text("0")),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

set_aside = Table(
    "set_aside",
    metadata,
    customer_column(),
    id_column(),
    Column("at", Instant, nullable=False),
    Column("charger_id", Text, nullable=False),
    Column("message", JSON, nullable=False),
    Column("error", Text, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

authorisations = Table(
    "authorisations",
    metadata,
    customer_column(),
    id_column(),
    Column("at", Instant, nullable=False),
    Column("charger_id", Text, nullable=False),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("id_tag", Text, nullable=False),
    Column("tag_key", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("cause", Text, nullable=False),
    Column("driver_id", BigInteger),
    Column("right_id", BigInteger),
    Column("place_kind", Text),
    Column("place_id", Text),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    Index(None, "customer_id", "charger_id", "id"),
    Index(None, "customer_id", "tag_key", "id"),
)

sessions = Table(
    "sessions",
    metadata,
    customer_column(),
    id_column(),
    Column("version", BigInteger, nullable=False),
    Column("charger_id", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("transaction_id", Text, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("site_id", BigInteger),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("id_tag", Text),
    Column("tag_key", Text),
    Column("driver_id", BigInteger),
    Column("reason", Text),
    Column("started_at", Instant),
    Column("meter_start", Double),
    Column("stopped_at", Instant),
    Column("meter_stop", Double),
    Column("stop_reason", Text),
    Column("stop_id_tag", Text),
    Column("ocpp", Text),
    Column("begun_at", Instant),
    Column("last_at", Instant),
    Column("tagged_at", Instant),
    Column("ended_by", Text),
    Column("marked_at", Instant),
    Column("ends_session", BigInteger),
    Column("registers", JSON(none_as_null=True)),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    UniqueConstraint("customer_id", "charger_id", "key"),
    Index(None, "customer_id", "charger_id", "transaction_id"),
    Index(None, "customer_id", "begun_at", "id"),
    Index(None, "customer_id", "charger_id", "begun_at", "id"),
    Index(
        "ix_sessions_running",
        "customer_id",
        "charger_id",
        sqlite_where=text("stopped_at IS NULL"),
        postgresql_where=text("stopped_at IS NULL"),
    ),
    Index(None, "customer_id", "version"),
    Index(None, "customer_id", "tag_key", "begun_at", "id"),
    Index(None, "customer_id", "driver_id", "begun_at", "id"),
)

meter_values = Table(
    "meter_values",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("at", Instant, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("session_id", BigInteger),
    Column("samples", JSON, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    Index(None, "customer_id", "session_id", "at"),
)
