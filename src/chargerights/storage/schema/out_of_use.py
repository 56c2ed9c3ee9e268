"""Causes for which chargers are out of use."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Table, Text

from .columns import customer_column, metadata, owned

out_of_use = Table(
    "out_of_use",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("by_block", Boolean, nullable=False),
    Column("by_operator", JSON, nullable=False),
    owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
)
