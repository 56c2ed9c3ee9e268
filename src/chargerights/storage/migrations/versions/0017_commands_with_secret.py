"""Commands that still have something secret are found at once

So are starts that were ordered in the last minutes, and those whose tag is to be forgotten.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

NAME = "ix_charger_commands_with_secret"


def upgrade() -> None:
    kept = sa.text("secret IS NOT NULL")
    op.create_index(NAME, "charger_commands", ["customer_id", "at"], sqlite_where=kept, postgresql_where=kept)


def downgrade() -> None:
    op.drop_index(NAME, "charger_commands")
