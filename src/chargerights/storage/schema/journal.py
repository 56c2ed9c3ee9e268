"""The journal: what changed, who changed it, and its state before and after.

Entries and their changes are never updated or deleted: INSERT and SELECT are enough for the server's role.
Personal data is kept apart in `journal_personal`, so that erasing a driver deletes rows there and leaves the journal as
it is.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, Text, false

from .columns import Instant, customer_column, metadata, owned

journal = Table(
    "journal",
    metadata,
    customer_column(),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("operator_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("bulk", Boolean, nullable=False, server_default=false()),
    Column("token", BigInteger),
    Column("follows", BigInteger),
    Column("clock_at", Instant),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    Index(None, "customer_id", "at", "revision"),
    Index(None, "customer_id", "action", "at", "revision"),
    Index(None, "customer_id", "operator_id", "at", "revision"),
)

journal_changes = Table(
    "journal_changes",
    metadata,
    customer_column(),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("entity_id", Text, nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    owned("revision", table="journal", target=("revision",)),
    Index(None, "customer_id", "kind", "entity_id"),
)

journal_personal = Table(
    "journal_personal",
    metadata,
    customer_column(),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("driver_id", BigInteger, nullable=False),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    owned("revision", "position", table="journal_changes", target=("revision", "position")),
    Index(None, "customer_id", "driver_id"),
)
