"""The rows of a file of any kind, which is detected by its content."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from .problems import InvalidSpreadsheet, Problem


class Unread(NamedTuple):
    """A cell that shows something whose value is not in the file."""

    reason: str


class Formatted(NamedTuple):
    """A number whose format shows other text.

    `shown` is that text, None where it is unknown.
    """

    number: int | float
    shown: str | None


Cell = str | int | float | bool | date | datetime | Unread | Formatted | None
"""None for a blank cell. Numbers, dates and truth values come only from workbooks."""

MAX_ROWS = 500_000


@dataclass(frozen=True, slots=True)
class Table:
    """The headings and, by row number, the rows that are not blank.

    `read_as` says how the file was understood.
    """

    heading_row: int
    headings: list[Cell]
    rows: list[tuple[int, list[Cell]]]
    read_as: str
    first_day: date | None = None
    """The day that Excel numbers 0 in this file, if known."""
    sheet: str | None = None
    """The name of the workbook's sheet."""
    warnings: tuple[str, ...] = ()


def table(numbered: Iterable[tuple[int, list[Cell]]], read_as: str, sheet: str | None = None) -> Table:
    """Returns the table of a file's rows. The first filled one has the headings.

    Raises InvalidSpreadsheet when there is no row, and when a column without a heading has content.
    """
    filled = ((number, row) for number, cells in numbered if (row := trimmed(cells)))
    heading_row, headings = next(filled, (0, []))
    if not headings:
        raise InvalidSpreadsheet(Problem(None, None, "the file is empty: its first row names the columns"))
    rows: list[tuple[int, list[Cell]]] = []
    for number, row in filled:
        if len(rows) == MAX_ROWS:
            raise InvalidSpreadsheet(Problem(number, None, f"the file has more than {MAX_ROWS:,} rows: split it"))
        for position, cell in enumerate(row):
            if cell is not None and (position >= len(headings) or headings[position] is None):
                sentence = "has content, but the column has no heading"
                raise InvalidSpreadsheet(Problem(number, column_letters(position), sentence), sheet=sheet)
        rows.append((number, row))
    return Table(heading_row, headings, rows, read_as, sheet=sheet)


def column_letters(position: int) -> str:
    """Returns the column's name in spreadsheets: A, B, … Z, AA."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def trimmed(cells: list[Cell]) -> list[Cell]:
    """Returns the row without spaces around its texts and without blanks at its end."""
    row = [(cell.strip() or None) if isinstance(cell, str) else cell for cell in cells]
    while row and row[-1] is None:
        row.pop()
    return row
