"""Commands to chargers, and their outcomes.

A row also carries the command from the node that was asked to the node that holds the charger's connection. It outlives
the charger, to which it refers by value. It holds no personal data once the command is taken, except for the tag of a
start without a check, which is kept as long as it counts.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKeyConstraint, Index, Table, Text, text

from .columns import Instant, customer_column, metadata

charger_commands = Table(
    "charger_commands",
    metadata,
    customer_column(),
    Column("id", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("operator_id", BigInteger),
    Column("charger_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("arguments", JSON, nullable=False),
    Column("secret", JSON(none_as_null=True)),
    Column("state", Text, nullable=False),
    Column("node", Text),
    Column("expires_at", Instant, nullable=False),
    Column("outcome", JSON(none_as_null=True)),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    Index(None, "customer_id", "state", "node"),
    Index(None, "customer_id", "at"),
    Index(
        "ix_charger_commands_with_secret",
        "customer_id",
        "at",
        sqlite_where=text("secret IS NOT NULL"),
        postgresql_where=text("secret IS NOT NULL"),
    ),
)
