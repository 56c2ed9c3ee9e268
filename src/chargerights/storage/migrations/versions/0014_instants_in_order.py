"""An entry of the journal is never earlier than the one before it; what the clock said then is kept apart"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("customers", sa.Column("revised_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("journal", sa.Column("clock_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE customers SET revised_at = (SELECT max(at) FROM journal WHERE journal.customer_id = customers.id)"
    )


def downgrade() -> None:
    op.drop_column("journal", "clock_at")
    op.drop_column("customers", "revised_at")
