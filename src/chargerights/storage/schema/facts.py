"""The network: sites, chargers, access groups, drivers, tags and rights."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from .columns import Instant, customer_column, id_column, location_columns, metadata, owned

sites = Table(
    "sites",
    metadata,
    customer_column(),
    id_column(),
    Column("parent_id", BigInteger),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("public_name", Text),
    Column("external_id", Text),
    Column("timezone", Text),
    Column("payer_id", BigInteger),
    Column("cost_id", Text),
    Column("cost_name", Text),
    Column("payment_recipient_id", BigInteger),
    Column("is_public", Boolean),
    Column("free_to_use", Boolean),
    *location_columns(),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    owned("parent_id", table="sites", target=("id",)),
    Index(None, "customer_id", "parent_id"),
)

charger_owners = Table(
    "charger_owners",
    metadata,
    Column("charger_id", Text, primary_key=True),
    Column("customer_id", BigInteger, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

chargers = Table(
    "chargers",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("id", BigInteger, nullable=False),
    Column("site_id", BigInteger, nullable=False),
    Column("name", Text),
    Column("manufacturer", Text),
    Column("model", Text),
    Column("serial_number", Text),
    Column("firmware_version", Text),
    Column("evse_id", Text),
    Column("split_evse_by_socket", Boolean, nullable=False),
    Column("push_integration_enabled", Boolean, nullable=False),
    Column("charger_specific_message_structure", Boolean, nullable=False),
    Column("capabilities", JSON, nullable=False),
    Column("physical_reference", Text),
    Column("integration_relays", JSON, nullable=False),
    Column("iccid", Text),
    Column("imsi", Text),
    Column("meter_serial_number", Text),
    Column("meter_type", Text),
    Column("custom_properties", JSON, nullable=False),
    Column("created_at", Instant),
    Column("updated_at", Instant),
    Column("blocked_until", Instant),
    Column("free_to_use", Boolean),
    *location_columns(),
    owned("site_id", table="sites", target=("id",)),
    UniqueConstraint("customer_id", "id"),
    Index(None, "customer_id", "site_id"),
)

connectors = Table(
    "connectors",
    metadata,
    customer_column(),
    Column("charger_id", Text, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text),
    Column("type", Text),
    Column("max_power", Text),
    Column("format", Text),
    Column("power_type", Text),
    Column("max_watts", Integer),
    Column("max_voltage", Integer),
    Column("max_amperage", Integer),
    Column("phase_rotation", Text),
    Column("terms_and_conditions", Text),
    Column("device_evse_id", Integer),
    Column("device_connector_id", Integer),
    Column("charging_station_evse_id", Integer),
    owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
)

access_groups = Table(
    "access_groups",
    metadata,
    customer_column(),
    id_column(),
    Column("name", Text, nullable=False),
    Column("created_at", Instant),
    Column("updated_at", Instant),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

access_group_chargers = Table(
    "access_group_chargers",
    metadata,
    customer_column(),
    Column("access_group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("charger_id", Text, primary_key=True),
    owned("access_group_id", table="access_groups", target=("id",), cascade=True),
    owned("charger_id", table="chargers", target=("charger_id",)),
    Index(None, "customer_id", "charger_id"),
)

drivers = Table(
    "drivers",
    metadata,
    customer_column(),
    id_column(),
    Column("name", Text, nullable=False),
    Column("home_site_id", BigInteger),
    Column("external_id", Text),
    Column("payer_id", BigInteger),
    Column("company_id", BigInteger),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    owned("home_site_id", table="sites", target=("id",)),
    Index(None, "customer_id", "home_site_id"),
)

driver_external_ids = Table(
    "driver_external_ids",
    metadata,
    customer_column(),
    Column("driver_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("reference_type", Text, nullable=False),
    Column("reference_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("effective_from", Instant),
    owned("driver_id", table="drivers", target=("id",), cascade=True),
)

tags = Table(
    "tags",
    metadata,
    customer_column(),
    id_column(),
    Column("driver_id", BigInteger, nullable=False),
    Column("id_tag", Text, nullable=False),
    Column("tag_key", Text, nullable=False),
    Column("starts_at", Instant),
    Column("expires_at", Instant),
    Column("token_name", Text),
    Column("invoicable", Boolean, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("updated_at", Instant),
    owned("driver_id", table="drivers", target=("id",), cascade=True),
    UniqueConstraint("customer_id", "tag_key"),
    Index(None, "customer_id", "driver_id"),
)

rights = Table(
    "rights",
    metadata,
    customer_column(),
    id_column(),
    Column("driver_id", BigInteger, nullable=False),
    Column("site_id", BigInteger),
    Column("charger_id", Text),
    Column("access_group_id", BigInteger),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("hours", JSON(none_as_null=True)),
    owned("driver_id", table="drivers", target=("id",), cascade=True),
    owned("site_id", table="sites", target=("id",)),
    owned("charger_id", table="chargers", target=("charger_id",)),
    owned("access_group_id", table="access_groups", target=("id",)),
    CheckConstraint(
        "(CASE WHEN site_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN charger_id IS NULL THEN 0 ELSE 1 END"
        " + CASE WHEN access_group_id IS NULL THEN 0 ELSE 1 END) = 1",
        name="one_place",
    ),
    Index(None, "customer_id", "driver_id"),
    Index(None, "customer_id", "site_id"),
    Index(None, "customer_id", "charger_id"),
    Index(None, "customer_id", "access_group_id"),
)
