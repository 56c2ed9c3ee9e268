"""What was changed."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKeyConstraint, Table, Text

from .columns import Instant, customer_column, metadata

journal = Table(
    "journal",
    metadata,
    customer_column(),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("changes", JSON(none_as_null=True)),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)
