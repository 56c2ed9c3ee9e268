"""Imports of files: their progress and reports."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Table, Text, false

from .columns import Instant, customer_column, id_column, metadata, owned

imports = Table(
    "imports",
    metadata,
    customer_column(),
    id_column(),
    Column("operator_id", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False, server_default=false()),
    Column("file_name", Text),
    Column("state", Text, nullable=False),
    Column("phase", Text),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("attempt", Text, nullable=False),
    Column("alive_until", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("report", JSON(none_as_null=True)),
    owned("operator_id", table="operators", target=("id",)),
    Index(None, "customer_id", "operator_id"),
)
