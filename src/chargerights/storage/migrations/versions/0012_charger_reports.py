"""What chargers report of faults, updates and security"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "charger_reports",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=True),
        sa.Column("evse_id", sa.Integer(), nullable=True),
        sa.Column("connector_id", sa.Integer(), nullable=True),
        sa.Column("variable", sa.Text(), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("vendor_id", sa.Text(), nullable=True),
        sa.Column("vendor_error_code", sa.Text(), nullable=True),
        sa.Column("info", sa.Text(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
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
    op.add_column(
        "live_versions", sa.Column("next_report", sa.BigInteger(), server_default=sa.text("1"), nullable=False)
    )
    op.add_column("live_chargers", sa.Column("faults", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("live_chargers", "faults")
    op.drop_column("live_versions", "next_report")
    op.drop_table("charger_reports")
