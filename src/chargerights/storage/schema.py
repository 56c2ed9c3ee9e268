"""The tables. Every one carries `customer_id`, every key begins with it, every transaction stays within one
customer; only `charger_owners` (charger id → customer) is looked up across customers.

Portable on purpose: no triggers, no sequences but the customers' own, no database-specific types.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)


class Instant(TypeDecorator[datetime]):
    """An instant in UTC, to the microsecond; SQLite, which has no zones, keeps it as text that sorts by time.

    Converts in the processors themselves: going through the parent's cost a second for a large network.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        if dialect.name == "postgresql":
            return lambda value: value
        return lambda value: None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        if dialect.name == "postgresql":
            return lambda value: None if value is None else value.astimezone(UTC)
        return lambda value: None if value is None else datetime.fromisoformat(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = BigInteger().with_variant(Integer, "sqlite")


def _customer() -> Column[int]:
    return Column("customer_id", BigInteger, primary_key=True, autoincrement=False)


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _owned(*columns: str, table: str, target: tuple[str, ...], cascade: bool = False) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["customer_id", *columns],
        [f"{table}.customer_id", *(f"{table}.{each}" for each in target)],
        ondelete="CASCADE" if cascade else None,
    )


def _location() -> list[Column[Any]]:
    return [
        Column("latitude", Double),
        Column("longitude", Double),
        Column("street_address", Text),
        Column("street_number", Text),
        Column("house_letter", Text),
        Column("postal_code", Text),
        Column("city", Text),
        Column("area", Text),
        Column("country", Text),
    ]


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
    _customer(),
    _id(),
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

sites = Table(
    "sites",
    metadata,
    _customer(),
    _id(),
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
    *_location(),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    _owned("parent_id", table="sites", target=("id",)),
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
    _customer(),
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
    *_location(),
    _owned("site_id", table="sites", target=("id",)),
    UniqueConstraint("customer_id", "id"),
    Index(None, "customer_id", "site_id"),
)

connectors = Table(
    "connectors",
    metadata,
    _customer(),
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
    _owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
)

access_groups = Table(
    "access_groups",
    metadata,
    _customer(),
    _id(),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

access_group_chargers = Table(
    "access_group_chargers",
    metadata,
    _customer(),
    Column("access_group_id", BigInteger, primary_key=True, autoincrement=False),
    Column("charger_id", Text, primary_key=True),
    _owned("access_group_id", table="access_groups", target=("id",), cascade=True),
    _owned("charger_id", table="chargers", target=("charger_id",)),
    Index(None, "customer_id", "charger_id"),
)

drivers = Table(
    "drivers",
    metadata,
    _customer(),
    _id(),
    Column("name", Text, nullable=False),
    Column("home_site_id", BigInteger),
    Column("external_id", Text),
    Column("payer_id", BigInteger),
    Column("enabled", Boolean, nullable=False, server_default=true()),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
    _owned("home_site_id", table="sites", target=("id",)),
    Index(None, "customer_id", "home_site_id"),
)

driver_external_ids = Table(
    "driver_external_ids",
    metadata,
    _customer(),
    Column("driver_id", BigInteger, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("reference_type", Text, nullable=False),
    Column("reference_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("effective_from", Instant),
    _owned("driver_id", table="drivers", target=("id",), cascade=True),
)

tags = Table(
    "tags",
    metadata,
    _customer(),
    _id(),
    Column("driver_id", BigInteger, nullable=False),
    Column("id_tag", Text, nullable=False),
    Column("tag_key", Text, nullable=False),
    Column("starts_at", Instant),
    Column("expires_at", Instant),
    Column("token_name", Text),
    Column("invoicable", Boolean, nullable=False),
    Column("blocked", Boolean, nullable=False),
    Column("updated_at", Instant),
    _owned("driver_id", table="drivers", target=("id",), cascade=True),
    UniqueConstraint("customer_id", "tag_key"),
    Index(None, "customer_id", "driver_id"),
)

rights = Table(
    "rights",
    metadata,
    _customer(),
    _id(),
    Column("driver_id", BigInteger, nullable=False),
    Column("site_id", BigInteger),
    Column("charger_id", Text),
    Column("access_group_id", BigInteger),
    Column("valid_from", Instant),
    Column("valid_until", Instant),
    Column("hours", JSON(none_as_null=True)),
    _owned("driver_id", table="drivers", target=("id",), cascade=True),
    _owned("site_id", table="sites", target=("id",)),
    _owned("charger_id", table="chargers", target=("charger_id",)),
    _owned("access_group_id", table="access_groups", target=("id",)),
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

journal = Table(
    "journal",
    metadata,
    _customer(),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("changes", JSON(none_as_null=True)),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

live_versions = Table(
    "live_versions",
    metadata,
    _customer(),
    Column("version", BigInteger, nullable=False),
    ForeignKeyConstraint(["customer_id"], ["customers.id"]),
)

live_chargers = Table(
    "live_chargers",
    metadata,
    _customer(),
    Column("charger_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("connected", Boolean, nullable=False),
    Column("last_seen", Instant),
    Column("last_message", Text),
    Column("status", Text),
    Column("connectors", JSON, nullable=False),
    Column("reported", JSON, nullable=False),
    _owned("charger_id", table="chargers", target=("charger_id",), cascade=True),
    Index(None, "customer_id", "version"),
)
