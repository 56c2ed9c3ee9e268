"""Many rows of one table at once, in a fraction of the time that an insert of SQLAlchemy's takes to prepare each.

Measured for decisions on SQLite: 9 µs a row instead of 21, of which what remains is mostly SQLite's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

Convert = Callable[[Any], Any]


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts the rows, whose values are those of all columns of the table, in their order."""
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
    """The statement in the driver's own words, and what it wants converted, by position."""
    processors = (column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns)
    converted: list[tuple[int, Convert]] = [
        (at, convert) for at, convert in enumerate(processors) if convert is not None
    ]
    return str(insert(table).compile(dialect=dialect)), converted
