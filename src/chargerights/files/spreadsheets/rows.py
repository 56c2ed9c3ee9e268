"""A table's rows as what they say, cell by cell; nothing here knows the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .cells import value
from .columns import Column, arrange
from .problems import CellError, Problems
from .tables import Table, column_letters


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number, what its cells say that are not blank, and whether all of them were understood."""

    number: int
    said: dict[Column, Any]
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns that the file has, and its rows."""

    columns: frozenset[Column]
    rows: list[Row]


def understand(table: Table, problems: Problems, progress: Callable[[int], None] = lambda count: None) -> Rows:
    """The rows of the table; what a cell cannot be is added to the problems. Raises InvalidSpreadsheet for headings
    that cannot be understood."""
    problems.locate(table.sheet, {})
    arranged = arrange(table.heading_row, table.headings)
    positions = [(position, column) for column, position in arranged.items()]
    problems.locate(table.sheet, {str(column): column_letters(position) for position, column in positions})
    for warning in table.warnings:
        problems.warnings.add(None, None, warning)
    rows: list[Row] = []
    for number, cells in table.rows:
        said: dict[Column, Any] = {}
        understood = True
        for position, column in positions:
            cell = cells[position] if position < len(cells) else None
            if cell is None:
                continue
            warned: list[str] = []
            try:
                said[column] = value(column, cell, table.first_day, warned.append)
            except CellError as wrong:
                problems.errors.add(number, str(column), str(wrong))
                understood = False
            for each in warned:
                problems.warnings.add(number, str(column), each)
        rows.append(Row(number, said, understood))
        progress(1)
    return Rows(frozenset(column for _, column in positions), rows)
