"""Local lists of chargers, and the partner to ask about unknown tags."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Double, ForeignKeyConstraint, Integer, Table, Text

from .columns import Instant, customer_column, metadata, owned

local_lists = Table(
    "local_lists",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("in_step", Boolean, nullable=False),
    Column("reason", Text),
    Column("entries", JSON(none_as_null=True)),
    Column("updated_at", Instant, nullable=False),
    owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
)

partner_authorisations = Table(
    "partner_authorisations",
    metadata,
    customer_column(),
    Column("url", Text, nullable=False),
    Column("signed", Boolean, nullable=False),
    Column("secret", Text),
    Column("timeout_seconds", Double, nullable=False),
    Column("fallback", Text, nullable=False),
    Column("cache_seconds", Double, nullable=False),
    Column("updated_at", Instant, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)
