"""Customers, their operators, API keys and idempotency keys."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from .columns import Identity, Instant, customer_column, id_column, metadata, owned

customers = Table(
    "customers",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("next_id", BigInteger, nullable=False, server_default=text("1")),
    Column("token", BigInteger),
    Column("revised_at", Instant),
)

operators = Table(
    "operators",
    metadata,
    customer_column(),
    id_column(),
    Column("name", Text, nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("site_ids", JSON(none_as_null=True)),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

api_keys = Table(
    "api_keys",
    metadata,
    customer_column(),
    id_column(),
    Column("operator_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("last_characters", Text, nullable=False),
    Column("read_only", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    owned("operator_id", table="operators", target=("id",)),
    UniqueConstraint("customer_id", "hash"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    customer_column(),
    Column("operator_id", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("result", JSON(none_as_null=True)),
    Column("at", Instant, nullable=False),
    owned("operator_id", table="operators", target=("id",)),
    Index(None, "customer_id", "at"),
)
