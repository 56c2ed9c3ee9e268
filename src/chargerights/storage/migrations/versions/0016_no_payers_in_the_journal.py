"""The journal names no payers and companies of drivers

They stand in `journal_personal` for as long as their driver is not erased.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"

TAKEN_OUT = ("payer_id", "company_id")
CHANGES = sa.table("journal_changes", sa.column("kind"), sa.column("before"), sa.column("after"))


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for column in (CHANGES.c.before, CHANGES.c.after):
        without: Any = sa.func.json_remove(column, *(f"$.{name}" for name in TAKEN_OUT))
        if not is_sqlite:
            without = sa.cast(column, JSONB)
            for name in TAKEN_OUT:
                without = without.op("-")(sa.literal(name, sa.Text()))
            without = sa.cast(without, sa.JSON())
        has = sa.or_(*(sa.cast(column, sa.Text()).contains(f'"{name}"') for name in TAKEN_OUT))
        op.execute(sa.update(CHANGES).where(CHANGES.c.kind == "driver", has).values({column: without}))


def downgrade() -> None:
    """What was taken out stays out."""
