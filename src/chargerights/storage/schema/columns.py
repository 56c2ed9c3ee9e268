"""The metadata, the type of instants, and the columns that many tables share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Text,
    TypeDecorator,
)


class Instant(TypeDecorator[datetime]):
    """An instant in UTC, to the microsecond.

    SQLite has no time zones, so it is text there that sorts by time. The processors convert on their own: calling the
    parent's cost a second for a large network.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        if dialect.name == "postgresql":
            return lambda value: value
        return lambda value: None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        if dialect.name == "postgresql":
            return lambda value: None if value is None else value.astimezone(UTC)
        return lambda value: None if value is None else datetime.fromisoformat(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Identity = BigInteger().with_variant(Integer, "sqlite")


def customer_column() -> Column[int]:
    return Column("customer_id", BigInteger, primary_key=True, autoincrement=False)


def id_column() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def owned(*columns: str, table: str, target: tuple[str, ...], cascade: bool = False) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["customer_id", *columns],
        [f"{table}.customer_id", *(f"{table}.{column}" for column in target)],
        ondelete="CASCADE" if cascade else None,
    )


def location_columns() -> list[Column[Any]]:
    return [
        Column("latitude", Double),
        Column("longitude", Double),
        Column("street_address", Text),
        Column("street_number", Text),
        Column("house_letter", Text),
        Column("postal_code", Text),
        Column("city", Text),
        Column("area", Text),
        Column("country", Text),
    ]
