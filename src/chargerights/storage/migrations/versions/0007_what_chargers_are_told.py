"""What chargers are told: commands and their outcomes"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "charger_commands",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.BigInteger(), nullable=True),
        sa.Column("charger_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("secret", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_charger_commands_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_charger_commands")),
    )
    with op.batch_alter_table("charger_commands", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_charger_commands_customer_id_at"), ["customer_id", "at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_charger_commands_customer_id_state_node"), ["customer_id", "state", "node"], unique=False
        )


def downgrade() -> None:
    op.drop_table("charger_commands")
