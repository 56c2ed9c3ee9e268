"""Operators, answers by Idempotency-Key, and a journal with a row for every changed entity"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

JSON = sa.JSON(none_as_null=True)
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _operators()
    _facts()
    _journal()
    op.create_table(
        "idempotency_keys",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("operator_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "operator_id"],
            ["operators.customer_id", "operators.id"],
            name=op.f("fk_idempotency_keys_customer_id_operator_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "operator_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_customer_id_at"), "idempotency_keys", ["customer_id", "at"])


def _operators() -> None:
    """Every customer gets an operator who may do everything; his keys so far are that operator's."""
    op.create_table(
        "operators",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("site_ids", sa.JSON(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_operators_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_operators")),
    )
    op.execute(
        "INSERT INTO operators (customer_id, id, name, permissions, enabled, created_at, updated_at)"
        " SELECT id, next_id, 'Administrator', '[\"GlobalAdmin\"]', TRUE, created_at, created_at FROM customers"
    )
    op.execute("UPDATE customers SET next_id = next_id + 1")
    with op.batch_alter_table("api_keys") as table:
        table.add_column(sa.Column("operator_id", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE api_keys SET operator_id = (SELECT o.id FROM operators o WHERE o.customer_id = api_keys.customer_id)"
    )
    with op.batch_alter_table("api_keys") as table:
        table.alter_column("operator_id", existing_type=sa.BigInteger(), nullable=False)
        table.create_foreign_key(
            op.f("fk_api_keys_customer_id_operator_id"),
            "operators",
            ["customer_id", "operator_id"],
            ["customer_id", "id"],
        )


def _facts() -> None:
    for table, name, kind in (
        ("sites", "is_public", sa.Boolean()),
        ("chargers", "created_at", INSTANT),
        ("chargers", "updated_at", INSTANT),
        ("access_groups", "created_at", INSTANT),
        ("access_groups", "updated_at", INSTANT),
        ("drivers", "company_id", sa.BigInteger()),
    ):
        op.add_column(table, sa.Column(name, kind, nullable=True))


def _journal() -> None:
    op.create_table(
        "journal_changes",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "revision"],
            ["journal.customer_id", "journal.revision"],
            name=op.f("fk_journal_changes_customer_id_revision"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "revision", "position", name=op.f("pk_journal_changes")),
    )
    op.create_index(
        op.f("ix_journal_changes_customer_id_kind_entity_id"), "journal_changes", ["customer_id", "kind", "entity_id"]
    )
    op.create_table(
        "journal_personal",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("driver_id", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "revision", "position"],
            ["journal_changes.customer_id", "journal_changes.revision", "journal_changes.position"],
            name=op.f("fk_journal_personal_customer_id_revision_position"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "revision", "position", name=op.f("pk_journal_personal")),
    )
    op.create_index(op.f("ix_journal_personal_customer_id_driver_id"), "journal_personal", ["customer_id", "driver_id"])
    op.add_column("journal", sa.Column("operator_id", sa.BigInteger(), nullable=True))
    op.add_column("journal", sa.Column("bulk", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_journal_customer_id_at"), "journal", ["customer_id", "at"])
    _move_changes()
    op.drop_column("journal", "changes")  # in place: a table made anew would lose those that refer to it


def _move_changes() -> None:
    """Each change gets a row of its own; what names a driver is kept apart."""
    connection = op.get_bind()
    old = sa.table(
        "journal", sa.column("customer_id"), sa.column("revision"), sa.column("changes", JSON), sa.column("bulk")
    )

    def rows(name: str, *more: str) -> Any:
        columns: list[Any] = [sa.column(each) for each in ("customer_id", "revision", "position", *more)]
        return sa.table(name, *columns, sa.column("before", JSON), sa.column("after", JSON))

    changes, personal = rows("journal_changes", "kind", "entity_id"), rows("journal_personal", "driver_id")
    connection.execute(old.update().where(old.c.changes.is_(None)).values(bulk=sa.true()))
    written = sa.select(old.c.customer_id, old.c.revision, old.c.changes).where(old.c.changes.is_not(None))
    for row in connection.execute(written).all():
        for position, each in enumerate(row.changes):
            mine = {"customer_id": row.customer_id, "revision": row.revision, "position": position}
            before, after = each["before"], each["after"]
            shown = {"before": before, "after": after}
            if each["kind"] == "driver":
                shown = {"before": _without_person(before), "after": _without_person(after)}
            connection.execute(changes.insert().values(**mine, kind=each["kind"], entity_id=str(each["id"]), **shown))
            if each["kind"] == "driver":
                whole = {"before": before, "after": after}
                connection.execute(personal.insert().values(**mine, driver_id=each["id"], **whole))


def _without_person(driver: dict[str, Any] | None) -> dict[str, Any] | None:
    if driver is None:
        return None
    kept = {name: value for name, value in driver.items() if name not in ("external_id", "external_ids")}
    kept["name"] = f"driver {driver['id']}"
    if "tags" in driver:
        kept["tags"] = [
            {name: value for name, value in tag.items() if name != "token_name"} | {"id_tag": f"tag {tag['id']}"}
            for tag in driver["tags"]
        ]
    return kept


def downgrade() -> None:
    """Back to the first schema. The journal's changes are not brought back: images load anew."""
    op.drop_table("idempotency_keys")
    op.drop_table("journal_personal")
    op.drop_table("journal_changes")
    op.drop_index(op.f("ix_journal_customer_id_at"), "journal")
    op.drop_column("journal", "operator_id")
    op.drop_column("journal", "bulk")
    op.add_column("journal", sa.Column("changes", sa.JSON(), nullable=True))
    for table_name, name in (
        ("sites", "is_public"),
        ("chargers", "created_at"),
        ("chargers", "updated_at"),
        ("access_groups", "created_at"),
        ("access_groups", "updated_at"),
        ("drivers", "company_id"),
    ):
        op.drop_column(table_name, name)
    with op.batch_alter_table("api_keys") as table:
        table.drop_constraint(op.f("fk_api_keys_customer_id_operator_id"), type_="foreignkey")
        table.drop_column("operator_id")
    op.drop_table("operators")
