"""Creates the tables of release 0.1.

Its revision is not `0001`: a preview of 0.1 had a migration of that number.
"""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_id", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("token", sa.BigInteger()),
        sa.Column("revised_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
    )
    op.create_table(
        "access_groups",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_access_groups_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_access_groups")),
    )
    op.create_table(
        "authorisations",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer()),
        sa.Column("connector_id", sa.Integer()),
        sa.Column("id_tag", sa.Text(), nullable=False),
        sa.Column("tag_key", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("driver_id", sa.BigInteger()),
        sa.Column("right_id", sa.BigInteger()),
        sa.Column("place_kind", sa.Text()),
        sa.Column("place_id", sa.Text()),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_authorisations_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_authorisations")),
    )
    op.create_index(
        op.f("ix_authorisations_customer_id_charger_id_id"), "authorisations", ["customer_id", "charger_id", "id"]
    )
    op.create_index(
        op.f("ix_authorisations_customer_id_tag_key_id"), "authorisations", ["customer_id", "tag_key", "id"]
    )
    op.create_table(
        "charger_commands",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.BigInteger()),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("secret", sa.JSON(none_as_null=True)),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("node", sa.Text()),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_charger_commands_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_charger_commands")),
    )
    op.create_index(op.f("ix_charger_commands_customer_id_at"), "charger_commands", ["customer_id", "at"])
    op.create_index(
        op.f("ix_charger_commands_customer_id_state_node"), "charger_commands", ["customer_id", "state", "node"]
    )
    op.create_index(
        "ix_charger_commands_with_secret",
        "charger_commands",
        ["customer_id", "at"],
        sqlite_where=sa.text("secret IS NOT NULL"),
        postgresql_where=sa.text("secret IS NOT NULL"),
    )
    op.create_table(
        "charger_owners",
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_charger_owners_customer_id")),
        sa.PrimaryKeyConstraint("charger_id", name=op.f("pk_charger_owners")),
    )
    op.create_table(
        "charging_settings",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("one_session_per_tag", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("lists_hours_too", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_charging_settings_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_charging_settings")),
    )
    op.create_table(
        "event_clocks",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("pruned", sa.BigInteger(), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_event_clocks_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_event_clocks")),
    )
    op.create_table(
        "events",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("revision", sa.BigInteger()),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_events_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "number", name=op.f("pk_events")),
    )
    op.create_table(
        "journal",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.BigInteger()),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("bulk", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("token", sa.BigInteger()),
        sa.Column("follows", sa.BigInteger()),
        sa.Column("clock_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_journal_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "revision", name=op.f("pk_journal")),
    )
    op.create_index(
        op.f("ix_journal_customer_id_action_at_revision"), "journal", ["customer_id", "action", "at", "revision"]
    )
    op.create_index(op.f("ix_journal_customer_id_at_revision"), "journal", ["customer_id", "at", "revision"])
    op.create_index(
        op.f("ix_journal_customer_id_operator_id_at_revision"),
        "journal",
        ["customer_id", "operator_id", "at", "revision"],
    )
    op.create_table(
        "live_nodes",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("applied", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_live_nodes_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "node", name=op.f("pk_live_nodes")),
    )
    op.create_table(
        "live_versions",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("next_session", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("next_authorisation", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("next_report", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_live_versions_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_live_versions")),
    )
    op.create_table(
        "meter_values",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer()),
        sa.Column("connector_id", sa.Integer()),
        sa.Column("session_id", sa.BigInteger()),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_meter_values_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", "at", "digest", name=op.f("pk_meter_values")),
    )
    op.create_index(
        op.f("ix_meter_values_customer_id_session_id_at"), "meter_values", ["customer_id", "session_id", "at"]
    )
    op.create_table(
        "operators",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("site_ids", sa.JSON(none_as_null=True)),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_operators_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_operators")),
    )
    op.create_table(
        "partner_authorisations",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("timeout_seconds", sa.Double(), nullable=False),
        sa.Column("fallback", sa.Text(), nullable=False),
        sa.Column("cache_seconds", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_partner_authorisations_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_partner_authorisations")),
    )
    op.create_table(
        "sessions",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("site_id", sa.BigInteger()),
        sa.Column("evse_id", sa.Integer()),
        sa.Column("connector_id", sa.Integer()),
        sa.Column("id_tag", sa.Text()),
        sa.Column("tag_key", sa.Text()),
        sa.Column("driver_id", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("meter_start", sa.Double()),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.Column("meter_stop", sa.Double()),
        sa.Column("stop_reason", sa.Text()),
        sa.Column("stop_id_tag", sa.Text()),
        sa.Column("ocpp", sa.Text()),
        sa.Column("begun_at", sa.DateTime(timezone=True)),
        sa.Column("last_at", sa.DateTime(timezone=True)),
        sa.Column("tagged_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text()),
        sa.Column("marked_at", sa.DateTime(timezone=True)),
        sa.Column("ends_session", sa.BigInteger()),
        sa.Column("registers", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_sessions_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("customer_id", "charger_id", "key", name=op.f("uq_sessions_customer_id_charger_id_key")),
    )
    op.create_index(op.f("ix_sessions_customer_id_begun_at_id"), "sessions", ["customer_id", "begun_at", "id"])
    op.create_index(
        op.f("ix_sessions_customer_id_charger_id_begun_at_id"),
        "sessions",
        ["customer_id", "charger_id", "begun_at", "id"],
    )
    op.create_index(
        op.f("ix_sessions_customer_id_charger_id_transaction_id"),
        "sessions",
        ["customer_id", "charger_id", "transaction_id"],
    )
    op.create_index(
        op.f("ix_sessions_customer_id_driver_id_begun_at_id"),
        "sessions",
        ["customer_id", "driver_id", "begun_at", "id"],
    )
    op.create_index(
        op.f("ix_sessions_customer_id_tag_key_begun_at_id"), "sessions", ["customer_id", "tag_key", "begun_at", "id"]
    )
    op.create_index(op.f("ix_sessions_customer_id_version"), "sessions", ["customer_id", "version"])
    op.create_index(
        "ix_sessions_running",
        "sessions",
        ["customer_id", "charger_id"],
        sqlite_where=sa.text("stopped_at IS NULL"),
        postgresql_where=sa.text("stopped_at IS NULL"),
    )
    op.create_table(
        "set_aside",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_set_aside_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "sites",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("public_name", sa.Text()),
        sa.Column("external_id", sa.Text()),
        sa.Column("timezone", sa.Text()),
        sa.Column("payer_id", sa.BigInteger()),
        sa.Column("cost_id", sa.Text()),
        sa.Column("cost_name", sa.Text()),
        sa.Column("payment_recipient_id", sa.BigInteger()),
        sa.Column("is_public", sa.Boolean()),
        sa.Column("free_to_use", sa.Boolean()),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("street_address", sa.Text()),
        sa.Column("street_number", sa.Text()),
        sa.Column("house_letter", sa.Text()),
        sa.Column("postal_code", sa.Text()),
        sa.Column("city", sa.Text()),
        sa.Column("area", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.ForeignKeyConstraint(
            ["customer_id", "parent_id"], ["sites.customer_id", "sites.id"], name=op.f("fk_sites_customer_id_parent_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_sites_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_sites")),
    )
    op.create_index(op.f("ix_sites_customer_id_parent_id"), "sites", ["customer_id", "parent_id"])
    op.create_table(
        "webhooks",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON(none_as_null=True)),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text()),
        sa.Column("old_secret_until", sa.DateTime(timezone=True)),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True)),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_error", sa.Text()),
        sa.Column("lease_owner", sa.Text()),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_webhooks_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "api_keys",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("last_characters", sa.Text(), nullable=False),
        sa.Column("read_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "operator_id"],
            ["operators.customer_id", "operators.id"],
            name=op.f("fk_api_keys_customer_id_operator_id"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_api_keys_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("customer_id", "hash", name=op.f("uq_api_keys_customer_id_hash")),
    )
    op.create_table(
        "chargers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("manufacturer", sa.Text()),
        sa.Column("model", sa.Text()),
        sa.Column("serial_number", sa.Text()),
        sa.Column("firmware_version", sa.Text()),
        sa.Column("evse_id", sa.Text()),
        sa.Column("split_evse_by_socket", sa.Boolean(), nullable=False),
        sa.Column("push_integration_enabled", sa.Boolean(), nullable=False),
        sa.Column("charger_specific_message_structure", sa.Boolean(), nullable=False),
        sa.Column("capabilities", sa.JSON(), nullable=False),
        sa.Column("physical_reference", sa.Text()),
        sa.Column("integration_relays", sa.JSON(), nullable=False),
        sa.Column("iccid", sa.Text()),
        sa.Column("imsi", sa.Text()),
        sa.Column("meter_serial_number", sa.Text()),
        sa.Column("meter_type", sa.Text()),
        sa.Column("custom_properties", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.Column("blocked_until", sa.DateTime(timezone=True)),
        sa.Column("free_to_use", sa.Boolean()),
        sa.Column("latitude", sa.Double()),
        sa.Column("longitude", sa.Double()),
        sa.Column("street_address", sa.Text()),
        sa.Column("street_number", sa.Text()),
        sa.Column("house_letter", sa.Text()),
        sa.Column("postal_code", sa.Text()),
        sa.Column("city", sa.Text()),
        sa.Column("area", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.ForeignKeyConstraint(
            ["customer_id", "site_id"], ["sites.customer_id", "sites.id"], name=op.f("fk_chargers_customer_id_site_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_chargers")),
        sa.UniqueConstraint("customer_id", "id", name=op.f("uq_chargers_customer_id_id")),
    )
    op.create_index(op.f("ix_chargers_customer_id_site_id"), "chargers", ["customer_id", "site_id"])
    op.create_table(
        "drivers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("home_site_id", sa.BigInteger()),
        sa.Column("external_id", sa.Text()),
        sa.Column("payer_id", sa.BigInteger()),
        sa.Column("company_id", sa.BigInteger()),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "home_site_id"],
            ["sites.customer_id", "sites.id"],
            name=op.f("fk_drivers_customer_id_home_site_id"),
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_drivers_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_drivers")),
    )
    op.create_index(op.f("ix_drivers_customer_id_home_site_id"), "drivers", ["customer_id", "home_site_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(none_as_null=True)),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "operator_id"],
            ["operators.customer_id", "operators.id"],
            name=op.f("fk_idempotency_keys_customer_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "operator_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_customer_id_at"), "idempotency_keys", ["customer_id", "at"])
    op.create_table(
        "imports",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("file_name", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text()),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("report", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "operator_id"],
            ["operators.customer_id", "operators.id"],
            name=op.f("fk_imports_customer_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_customer_id_operator_id"), "imports", ["customer_id", "operator_id"])
    op.create_table(
        "journal_changes",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "revision"],
            ["journal.customer_id", "journal.revision"],
            name=op.f("fk_journal_changes_customer_id_revision"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "revision", "position", name=op.f("pk_journal_changes")),
    )
    op.create_index(
        op.f("ix_journal_changes_customer_id_kind_entity_id"), "journal_changes", ["customer_id", "kind", "entity_id"]
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
    op.create_index(
        op.f("ix_access_group_chargers_customer_id_charger_id"), "access_group_chargers", ["customer_id", "charger_id"]
    )
    op.create_table(
        "charger_passwords",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_charger_passwords_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_charger_passwords")),
    )
    op.create_table(
        "charger_reports",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ended", sa.Boolean()),
        sa.Column("evse_id", sa.Integer()),
        sa.Column("connector_id", sa.Integer()),
        sa.Column("variable", sa.Text()),
        sa.Column("value", sa.Text()),
        sa.Column("vendor_id", sa.Text()),
        sa.Column("vendor_error_code", sa.Text()),
        sa.Column("info", sa.Text()),
        sa.Column("severity", sa.Integer()),
        sa.Column("request_id", sa.Integer()),
        sa.Column("reported_at", sa.DateTime(timezone=True)),
        sa.Column("digest", sa.Text()),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_charger_reports_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_charger_reports")),
        sa.UniqueConstraint(
            "customer_id", "charger_id", "digest", name=op.f("uq_charger_reports_customer_id_charger_id_digest")
        ),
    )
    op.create_index(
        op.f("ix_charger_reports_customer_id_charger_id_id"), "charger_reports", ["customer_id", "charger_id", "id"]
    )
    op.create_table(
        "connectors",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("type", sa.Text()),
        sa.Column("max_power", sa.Text()),
        sa.Column("format", sa.Text()),
        sa.Column("power_type", sa.Text()),
        sa.Column("max_watts", sa.Integer()),
        sa.Column("max_voltage", sa.Integer()),
        sa.Column("max_amperage", sa.Integer()),
        sa.Column("phase_rotation", sa.Text()),
        sa.Column("terms_and_conditions", sa.Text()),
        sa.Column("device_evse_id", sa.Integer()),
        sa.Column("device_connector_id", sa.Integer()),
        sa.Column("charging_station_evse_id", sa.Integer()),
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
        sa.Column("effective_from", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "driver_id"],
            ["drivers.customer_id", "drivers.id"],
            name=op.f("fk_driver_external_ids_customer_id_driver_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "driver_id", "position", name=op.f("pk_driver_external_ids")),
    )
    op.create_table(
        "journal_personal",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "revision", "position"],
            ["journal_changes.customer_id", "journal_changes.revision", "journal_changes.position"],
            name=op.f("fk_journal_personal_customer_id_revision_position"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "revision", "position", name=op.f("pk_journal_personal")),
    )
    op.create_index(op.f("ix_journal_personal_customer_id_driver_id"), "journal_personal", ["customer_id", "driver_id"])
    op.create_table(
        "live_chargers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("connected", sa.Boolean(), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True)),
        sa.Column("last_message", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("connectors", sa.JSON(), nullable=False),
        sa.Column("reported", sa.JSON(), nullable=False),
        sa.Column("faults", sa.JSON()),
        sa.Column("node", sa.Text()),
        sa.Column("connected_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_live_chargers_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_live_chargers")),
    )
    op.create_index(op.f("ix_live_chargers_customer_id_version"), "live_chargers", ["customer_id", "version"])
    op.create_table(
        "local_lists",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("in_step", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("entries", sa.JSON(none_as_null=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_local_lists_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_local_lists")),
    )
    op.create_table(
        "out_of_use",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("by_block", sa.Boolean(), nullable=False),
        sa.Column("by_operator", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "charger_id"],
            ["chargers.customer_id", "chargers.charger_id"],
            name=op.f("fk_out_of_use_customer_id_charger_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", name=op.f("pk_out_of_use")),
    )
    op.create_table(
        "rights",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger()),
        sa.Column("charger_id", sa.Text()),
        sa.Column("access_group_id", sa.BigInteger()),
        sa.Column("valid_from", sa.DateTime(timezone=True)),
        sa.Column("valid_until", sa.DateTime(timezone=True)),
        sa.Column("hours", sa.JSON(none_as_null=True)),
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
    op.create_index(op.f("ix_rights_customer_id_access_group_id"), "rights", ["customer_id", "access_group_id"])
    op.create_index(op.f("ix_rights_customer_id_charger_id"), "rights", ["customer_id", "charger_id"])
    op.create_index(op.f("ix_rights_customer_id_driver_id"), "rights", ["customer_id", "driver_id"])
    op.create_index(op.f("ix_rights_customer_id_site_id"), "rights", ["customer_id", "site_id"])
    op.create_index(
        op.f("ix_rights_customer_id_valid_from_id"),
        "rights",
        ["customer_id", "valid_from", "id"],
        postgresql_where=sa.text("valid_from IS NOT NULL"),
        sqlite_where=sa.text("valid_from IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_rights_customer_id_valid_until_id"),
        "rights",
        ["customer_id", "valid_until", "id"],
        postgresql_where=sa.text("valid_until IS NOT NULL"),
        sqlite_where=sa.text("valid_until IS NOT NULL"),
    )
    op.create_table(
        "tags",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("id_tag", sa.Text(), nullable=False),
        sa.Column("tag_key", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("token_name", sa.Text()),
        sa.Column("invoicable", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["customer_id", "driver_id"],
            ["drivers.customer_id", "drivers.id"],
            name=op.f("fk_tags_customer_id_driver_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_tags")),
        sa.UniqueConstraint("customer_id", "tag_key", name=op.f("uq_tags_customer_id_tag_key")),
    )
    op.create_index(op.f("ix_tags_customer_id_driver_id"), "tags", ["customer_id", "driver_id"])
    op.create_index(
        op.f("ix_tags_customer_id_expires_at_id"),
        "tags",
        ["customer_id", "expires_at", "id"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
        sqlite_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_tags_customer_id_starts_at_id"),
        "tags",
        ["customer_id", "starts_at", "id"],
        postgresql_where=sa.text("starts_at IS NOT NULL"),
        sqlite_where=sa.text("starts_at IS NOT NULL"),
    )
