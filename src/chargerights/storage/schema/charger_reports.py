"""Chargers' reports of faults, updates and security events."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from .columns import Instant, customer_column, id_column, metadata, owned

charger_reports = Table(
    "charger_reports",
    metadata,
    customer_column(),
    id_column(),
    Column("at", Instant, nullable=False),
    Column("charger_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("ended", Boolean),
    Column("evse_id", Integer),
    Column("connector_id", Integer),
    Column("variable", Text),
    Column("value", Text),
    Column("vendor_id", Text),
    Column("vendor_error_code", Text),
    Column("info", Text),
    Column("severity", Integer),
    Column("request_id", Integer),
    Column("reported_at", Instant),
    Column("digest", Text),
    owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
    Index(None, "customer_id", "charger_id", "id"),
    UniqueConstraint("customer_id", "charger_id", "digest"),
)
