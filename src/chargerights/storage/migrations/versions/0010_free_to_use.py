"""Sites and chargers that anyone may use without a tag"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for table in ("sites", "chargers"):
        op.add_column(table, sa.Column("free_to_use", sa.Boolean(), nullable=True))


def downgrade() -> None:
    for table in ("sites", "chargers"):
        op.drop_column(table, "free_to_use")
