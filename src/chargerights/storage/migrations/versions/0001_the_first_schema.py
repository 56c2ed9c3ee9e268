"""The first schema"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_id", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "access_groups",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_access_groups_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_access_groups")),
    )
    op.create_table(
        "api_keys",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("last_characters", sa.Text(), nullable=False),
        sa.Column("read_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_api_keys_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("customer_id", "hash", name=op.f("uq_api_keys_customer_id_hash")),
    )
    op.create_table(
        "charger_owners",
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_charger_owners_customer_id")),
        sa.PrimaryKeyConstraint("charger_id", name=op.f("pk_charger_owners")),
    )
    op.create_table(
        "journal",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("changes", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_journal_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "revision", name=op.f("pk_journal")),
    )
    op.create_table(
        "live_versions",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_live_versions_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_live_versions")),
    )
    op.create_table(
        "sites",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("public_name", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("payer_id", sa.BigInteger(), nullable=True),
        sa.Column("cost_id", sa.Text(), nullable=True),
        sa.Column("cost_name", sa.Text(), nullable=True),
        sa.Column("payment_recipient_id", sa.BigInteger(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("street_address", sa.Text(), nullable=True),
        sa.Column("street_number", sa.Text(), nullable=True),
        sa.Column("house_letter", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "parent_id"], ["sites.customer_id", "sites.id"], name=op.f("fk_sites_customer_id_parent_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_sites_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_sites")),
    )
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sites_customer_id_parent_id"), ["customer_id", "parent_id"], unique=False)

    op.create_table(
        "chargers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("manufacturer", sa.Text(), nullable=True),
        sa.Column("model", sa.Text(), nullable=True),
        sa.Column("serial_number", sa.Text(), nullable=True),
        sa.Column("firmware_version", sa.Text(), nullable=True),
        sa.Column("evse_id", sa.Text(), nullable=True),
        sa.Column("split_evse_by_socket", sa.Boolean(), nullable=False),
        sa.Column("push_integration_enabled", sa.Boolean(), nullable=False),
        sa.Column("charger_specific_message_structure", sa.Boolean(), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("physical_reference", sa.Text(), nullable=True),
        sa.Column("integration_relays", sa.JSON(), nullable=False),
        sa.Column("iccid", sa.Text(), nullable=True),
        sa.Column("imsi", sa.Text(), nullable=True),
        sa.Column("meter_serial_number", sa.Text(), nullable=True),
        sa.Column("meter_type", sa.Text(), nullable=True),
        sa.Column("custom_properties", sa.JSON(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("street_address", sa.Text(), nullable=True),
        sa.Column("street_number", sa.Text(), nullable=True),
        sa.Column("house_letter", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("area", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "site_id"], ["sites.customer_id", "sites.id"], name=op.f("fk_chargers_customer_id_site_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_chargers")),
        sa.UniqueConstraint("customer_id", "id", name=op.f("uq_chargers_customer_id_id")),
    )
    with op.batch_alter_table("chargers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chargers_customer_id_site_id"), ["customer_id", "site_id"], unique=False)

    op.create_table(
        "drivers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home_site_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("payer_id", sa.BigInteger(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "home_site_id"],
            ["sites.customer_id", "sites.id"],
            name=op.f("fk_drivers_customer_id_home_site_id"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_drivers_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_drivers")),
    )
    with op.batch_alter_table("drivers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_drivers_customer_id_home_site_id"), ["customer_id", "home_site_id"], unique=False
        )

    op.create_table(
        "access_group_chargers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("access_group_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "access_group_id"],
            ["access_groups.customer_id", "access_groups.id"],
            name=op.f("fk_access_group_chargers_customer_id_access_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_access_group_chargers_customer_id_charger_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "access_group_id", "charger_id", name=op.f("pk_access_group_chargers")),
    )
    with op.batch_alter_table("access_group_chargers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_access_group_chargers_customer_id_charger_id"), ["customer_id", "charger_id"], unique=False
        )

    op.create_table(
        "connectors",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("max_power", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("power_type", sa.Text(), nullable=True),
        sa.Column("max_watts", sa.Integer(), nullable=True),
        sa.Column("max_voltage", sa.Integer(), nullable=True),
        sa.Column("max_amperage", sa.Integer(), nullable=True),
        sa.Column("phase_rotation", sa.Text(), nullable=True),
        sa.Column("terms_and_conditions", sa.Text(), nullable=True),
        sa.Column("device_evse_id", sa.Integer(), nullable=True),
        sa.Column("device_connector_id", sa.Integer(), nullable=True),
        sa.Column("charging_station_evse_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_connectors_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", "id", name=op.f("pk_connectors")),
    )
    op.create_table(
        "driver_external_ids",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reference_type", sa.Text(), nullable=False),
        sa.Column("reference_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "driver_id"],
            ["drivers.customer_id", "drivers.id"],
            name=op.f("fk_driver_external_ids_customer_id_driver_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "driver_id", "position", name=op.f("pk_driver_external_ids")),
    )
    op.create_table(
        "live_chargers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_message", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("connectors", sa.JSON(), nullable=False),
        sa.Column("reported", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_live_chargers_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_live_chargers")),
    )
    with op.batch_alter_table("live_chargers", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_live_chargers_customer_id_version"), ["customer_id", "version"], unique=False
        )

    op.create_table(
        "rights",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("charger_id", sa.Text(), nullable=True),
        sa.Column("access_group_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint(
            "(CASE WHEN site_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN charger_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN access_group_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_rights_one_place"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "access_group_id"],
            ["access_groups.customer_id", "access_groups.id"],
            name=op.f("fk_rights_customer_id_access_group_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_rights_customer_id_charger_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "driver_id"],
            ["drivers.customer_id", "drivers.id"],
            name=op.f("fk_rights_customer_id_driver_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "site_id"], ["sites.customer_id", "sites.id"], name=op.f("fk_rights_customer_id_site_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_rights")),
    )
    with op.batch_alter_table("rights", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_rights_customer_id_access_group_id"), ["customer_id", "access_group_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_rights_customer_id_charger_id"), ["customer_id", "charger_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_rights_customer_id_driver_id"), ["customer_id", "driver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_rights_customer_id_site_id"), ["customer_id", "site_id"], unique=False)

    op.create_table(
        "tags",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("id_tag", sa.Text(), nullable=False),
        sa.Column("tag_key", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token_name", sa.Text(), nullable=True),
        sa.Column("invoicable", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "driver_id"],
            ["drivers.customer_id", "drivers.id"],
            name=op.f("fk_tags_customer_id_driver_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_tags")),
        sa.UniqueConstraint("customer_id", "tag_key", name=op.f("uq_tags_customer_id_tag_key")),
    )
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tags_customer_id_driver_id"), ["customer_id", "driver_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("tags", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_tags_customer_id_driver_id"))

    op.drop_table("tags")
    with op.batch_alter_table("rights", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rights_customer_id_site_id"))
        batch_op.drop_index(batch_op.f("ix_rights_customer_id_driver_id"))
        batch_op.drop_index(batch_op.f("ix_rights_customer_id_charger_id"))
        batch_op.drop_index(batch_op.f("ix_rights_customer_id_access_group_id"))

    op.drop_table("rights")
    with op.batch_alter_table("live_chargers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_live_chargers_customer_id_version"))

    op.drop_table("live_chargers")
    op.drop_table("driver_external_ids")
    op.drop_table("connectors")
    with op.batch_alter_table("access_group_chargers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_access_group_chargers_customer_id_charger_id"))

    op.drop_table("access_group_chargers")
    with op.batch_alter_table("drivers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drivers_customer_id_home_site_id"))

    op.drop_table("drivers")
    with op.batch_alter_table("chargers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chargers_customer_id_site_id"))

    op.drop_table("chargers")
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sites_customer_id_parent_id"))

    op.drop_table("sites")
    op.drop_table("live_versions")
    op.drop_table("journal")
    op.drop_table("charger_owners")
    op.drop_table("api_keys")
    op.drop_table("access_groups")
    op.drop_table("customers")
