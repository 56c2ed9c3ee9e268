"""What chargers were told of tags, and whom a customer asks about tags that he does not know"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "local_lists",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("in_step", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entries", sa.JSON(none_as_null=True), nullable=True),
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
        "partner_authorisations",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("signed", sa.Boolean(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("timeout_seconds", sa.Double(), nullable=False),
        sa.Column("fallback", sa.Text(), nullable=False),
        sa.Column("cache_seconds", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_partner_authorisations_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_partner_authorisations")),
    )
    with op.batch_alter_table("charging_settings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lists_hours_too", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("charging_settings", schema=None) as batch_op:
        batch_op.drop_column("lists_hours_too")

    op.drop_table("partner_authorisations")
    op.drop_table("local_lists")
