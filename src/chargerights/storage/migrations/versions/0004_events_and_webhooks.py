"""Events and webhooks"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"

WINDOWS = (("rights", "valid_from"), ("rights", "valid_until"), ("tags", "starts_at"), ("tags", "expires_at"))


def upgrade() -> None:
    op.create_table(
        "event_clocks",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("pruned", sa.BigInteger(), nullable=False),
        sa.Column("clock_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_event_clocks_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_event_clocks")),
    )
    # What began or ended since the customer's last change is told first.
    op.execute(
        "INSERT INTO event_clocks (customer_id, number, pruned, clock_at, clock_id, next_at)"
        " SELECT id, 0, 0, since, 9223372036854775807, since FROM (SELECT id,"
        " COALESCE((SELECT MAX(at) FROM journal WHERE customer_id = customers.id), created_at) AS since FROM customers)"
        " AS begun"
    )
    op.create_table(
        "events",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_events_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "number", name=op.f("pk_events")),
    )
    op.create_table(
        "webhooks",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_webhooks_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_webhooks")),
    )
    for table, column in WINDOWS:
        given = sa.text(f"{column} IS NOT NULL")
        name = op.f(f"ix_{table}_customer_id_{column}_id")
        op.create_index(name, table, ["customer_id", column, "id"], postgresql_where=given, sqlite_where=given)


def downgrade() -> None:
    for table, column in WINDOWS:
        op.drop_index(op.f(f"ix_{table}_customer_id_{column}_id"), table)
    op.drop_table("webhooks")
    op.drop_table("events")
    op.drop_table("event_clocks")
