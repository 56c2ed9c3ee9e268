"""The journal is read by time, by command and by operator, each from an index"""

from alembic import op

revision = "0005"
down_revision = "0004"

ADDED = (("at", "revision"), ("action", "at", "revision"), ("operator_id", "at", "revision"))


def upgrade() -> None:
    op.drop_index(op.f("ix_journal_customer_id_at"), "journal")
    for columns in ADDED:
        op.create_index(op.f("_".join(("ix_journal_customer_id", *columns))), "journal", ["customer_id", *columns])


def downgrade() -> None:
    for columns in ADDED:
        op.drop_index(op.f("_".join(("ix_journal_customer_id", *columns))), "journal")
    op.create_index(op.f("ix_journal_customer_id_at"), "journal", ["customer_id", "at"])
