"""Sessions by time, and how each of them ended"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

INSTANT = sa.DateTime(timezone=True)
COLUMNS: dict[str, Any] = {
    "ocpp": sa.Text(),
    "begun_at": INSTANT,
    "last_at": INSTANT,
    "tagged_at": INSTANT,
    "ended_by": sa.Text(),
    "marked_at": INSTANT,
    "ends_session": sa.BigInteger(),
    "registers": sa.JSON(none_as_null=True),
}
INDEXES = {
    "ix_sessions_customer_id_begun_at_id": ["customer_id", "begun_at", "id"],
    "ix_sessions_customer_id_charger_id_begun_at_id": ["customer_id", "charger_id", "begun_at", "id"],
    "ix_sessions_customer_id_tag_key_begun_at_id": ["customer_id", "tag_key", "begun_at", "id"],
    "ix_sessions_customer_id_driver_id_begun_at_id": ["customer_id", "driver_id", "begun_at", "id"],
}
BY_ID = {
    "ix_sessions_customer_id_tag_key_id": ["customer_id", "tag_key", "id"],
    "ix_sessions_customer_id_driver_id_id": ["customer_id", "driver_id", "id"],
}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("sessions", sa.Column(name, kind, nullable=True))
    op.execute("UPDATE sessions SET begun_at = started_at, tagged_at = started_at")
    op.execute("UPDATE sessions SET ended_by = 'charger' WHERE stopped_at IS NOT NULL")
    for name in BY_ID:
        op.drop_index(name, "sessions")
    for name, columns in INDEXES.items():
        op.create_index(name, "sessions", columns)
    running = sa.text("stopped_at IS NULL")
    op.create_index(
        "ix_sessions_running",
        "sessions",
        ["customer_id", "charger_id"],
        sqlite_where=running,
        postgresql_where=running,
    )


def downgrade() -> None:
    op.drop_index("ix_sessions_running", "sessions")
    for name in INDEXES:
        op.drop_index(name, "sessions")
    for name, columns in BY_ID.items():
        op.create_index(name, "sessions", columns)
    for name in reversed(COLUMNS):
        op.drop_column("sessions", name)
