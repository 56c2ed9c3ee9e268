"""A random token beside each revision's number, so that a restored database is recognised"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("customers", sa.Column("token", sa.BigInteger(), nullable=True))
    for name in ("token", "follows"):
        op.add_column("journal", sa.Column(name, sa.BigInteger(), nullable=True))


def downgrade() -> None:
    for name in ("follows", "token"):
        op.drop_column("journal", name)
    op.drop_column("customers", "token")
