"""A table's rows as parsed cells, independent of the network."""

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
    """One row: its number, its filled cells, and whether all were understood."""

    number: int
    cells: dict[Column, Any]
    sound: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """The columns that the file has, and its rows."""

    columns: frozenset[Column]
    rows: list[Row]


def understand(table: Table, problems: Problems, progress: Callable[[int], None] = lambda count: None) -> Rows:
    """Parses the rows of the table, and adds invalid cells to the problems.

    Raises InvalidSpreadsheet for headings that cannot be understood.
    """
    problems.locate(table.sheet, {})
    arranged = arrange(table.heading_row, table.headings)
    positions = [(position, column) for column, position in arranged.items()]
    problems.locate(table.sheet, {str(column): column_letters(position) for position, column in positions})
    for warning in table.warnings:
        problems.warnings.add(None, None, warning)
    rows: list[Row] = []
    for number, given in table.rows:
        cells: dict[Column, Any] = {}
        understood = True
        for position, column in positions:
            cell = given[position] if position < len(given) else None
            if cell is None:
                continue
            warned: list[str] = []
            try:
                cells[column] = value(column, cell, table.first_day, warned.append)
            except CellError as wrong:
                problems.errors.add(number, str(column), str(wrong))
                understood = False
            for warning in warned:
                problems.warnings.add(number, str(column), warning)
        rows.append(Row(number, cells, understood))
        progress(1)
    return Rows(frozenset(column for _, column in positions), rows)
