"""Live state of chargers."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKeyConstraint, Index, Table, Text, text

from .columns import Instant, customer_column, metadata, owned

live_versions = Table(
    "live_versions",
    metadata,
    customer_column(),
    Column("version", BigInteger, nullable=False),
    Column("next_session", BigInteger, nullable=False, server_default=text("1")),
    Column("next_authorisation", BigInteger, nullable=False, server_default=text("1")),
    Column("next_report", BigInteger, nullable=False, server_default=text("1")),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

live_chargers = Table(
    "live_chargers",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("last_seen", Instant),
    Column("last_message", Text),
    Column("status", Text),
    Column("connectors", JSON, nullable=False),
    Column("reported", JSON, nullable=False),
    Column("faults", JSON),
    Column("node", Text),
    Column("connected_at", Instant),
    owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
    Index(None, "customer_id", "version"),
)
