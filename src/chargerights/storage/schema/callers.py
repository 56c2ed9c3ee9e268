"""Customers, and the keys of their callers."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Table, Text, UniqueConstraint, false, text

from .columns import Identity, Instant, customer_column, id_column, metadata

customers = Table(
    "customers",
    metadata,
    Column("id", Identity, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("revision", BigInteger, nullable=False, server_default=text("0")),
    Column("next_id", BigInteger, nullable=False, server_default=text("1")),
)

api_keys = Table(
    "api_keys",
    metadata,
    customer_column(),
    id_column(),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("last_characters", Text, nullable=False),
    Column("read_only", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("last_used_at", Instant),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    UniqueConstraint("customer_id", "hash"),
)
