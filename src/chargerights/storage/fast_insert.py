"""Fast inserts of many rows, without SQLAlchemy's work on each.

Measured for decisions on SQLite: 9 µs per row instead of 21. The rest is mostly SQLite's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

Convert = Callable[[Any], Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts the rows. Each has the values of all columns of the table, in order."""
    if not rows:
        return
    statement, converted = _prepared(connection.dialect, table)
    given = [list(row) for row in rows]
    for position, convert in converted:
        for row in given:
            row[position] = convert(row[position])
    if connection.dialect.positional:
        connection.exec_driver_sql(statement, [tuple(row) for row in given])
    else:
        names = [column.name for column in table.columns]
        connection.exec_driver_sql(statement, [dict(zip(names, row, strict=True)) for row in given])


@cache
def _prepared(dialect: Dialect, table: Table) -> tuple[str, list[tuple[int, Convert]]]:
    """Returns the statement for the driver, and the converters of values by position."""
    processors = (column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns)
    converted: list[tuple[int, Convert]] = [
        (at, convert) for at, convert in enumerate(processors) if convert is not None
    ]
    return str(insert(table).compile(dialect=dialect)), converted
