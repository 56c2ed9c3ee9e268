"""What chargers do: passwords, decisions, sessions and meter values"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "authorisations",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("connector_id", sa.Integer(), nullable=True),
        sa.Column("id_tag", sa.Text(), nullable=False),
        sa.Column("tag_key", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=True),
        sa.Column("right_id", sa.BigInteger(), nullable=True),
        sa.Column("place_kind", sa.Text(), nullable=True),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_authorisations_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_authorisations")),
    )
    with op.batch_alter_table("authorisations", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_authorisations_customer_id_charger_id_id"), ["customer_id", "charger_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_authorisations_customer_id_tag_key_id"), ["customer_id", "tag_key", "id"], unique=False
        )

    op.create_table(
        "charging_settings",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("one_session_per_tag", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_charging_settings_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_charging_settings")),
    )
    op.create_table(
        "live_nodes",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_live_nodes_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "node", name=op.f("pk_live_nodes")),
    )
    op.create_table(
        "meter_values",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("connector_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_meter_values_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "charger_id", "at", "digest", name=op.f("pk_meter_values")),
    )
    with op.batch_alter_table("meter_values", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_meter_values_customer_id_session_id_at"), ["customer_id", "session_id", "at"], unique=False
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
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("connector_id", sa.Integer(), nullable=True),
        sa.Column("id_tag", sa.Text(), nullable=True),
        sa.Column("tag_key", sa.Text(), nullable=True),
        sa.Column("driver_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meter_start", sa.Double(), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meter_stop", sa.Double(), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stop_id_tag", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_sessions_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("customer_id", "charger_id", "key", name=op.f("uq_sessions_customer_id_charger_id_key")),
    )
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_sessions_customer_id_charger_id_transaction_id"),
            ["customer_id", "charger_id", "transaction_id"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_sessions_customer_id_driver_id_id"), ["customer_id", "driver_id", "id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_sessions_customer_id_tag_key_id"), ["customer_id", "tag_key", "id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_sessions_customer_id_version"), ["customer_id", "version"], unique=False)

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
    with op.batch_alter_table("live_chargers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("node", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("live_versions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("next_session", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
        batch_op.add_column(
            sa.Column("next_authorisation", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("live_versions", schema=None) as batch_op:
        batch_op.drop_column("next_authorisation")
        batch_op.drop_column("next_session")

    with op.batch_alter_table("live_chargers", schema=None) as batch_op:
        batch_op.drop_column("connected_at")
        batch_op.drop_column("node")

    op.drop_table("charger_passwords")
    with op.batch_alter_table("sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sessions_customer_id_version"))
        batch_op.drop_index(batch_op.f("ix_sessions_customer_id_tag_key_id"))
        batch_op.drop_index(batch_op.f("ix_sessions_customer_id_driver_id_id"))
        batch_op.drop_index(batch_op.f("ix_sessions_customer_id_charger_id_transaction_id"))

    op.drop_table("sessions")
    with op.batch_alter_table("meter_values", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_meter_values_customer_id_session_id_at"))

    op.drop_table("meter_values")
    op.drop_table("live_nodes")
    op.drop_table("charging_settings")
    with op.batch_alter_table("authorisations", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_authorisations_customer_id_tag_key_id"))
        batch_op.drop_index(batch_op.f("ix_authorisations_customer_id_charger_id_id"))

    op.drop_table("authorisations")
