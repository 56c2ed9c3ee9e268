"""A sheet of a workbook as its readers give it, whatever kind of file it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from .number_formats import Format, formatted, unshown_day
from .tables import Cell, Unread

MAX_COLUMNS, MAX_ROW = 16_384, 1_048_576
NO_RESULT = (
    "is a formula whose result the program that wrote the file did not save: open the file in Excel or "
    "LibreOffice and save it there, or write the value"
)
UNKNOWN_CELL = "holds what cannot be read: write its value again"


class Range(NamedTuple):
    """Merged cells: rows count from 1, columns from 0; the last ones are included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(slots=True)
class Sheet:
    """A visible sheet.

    Merged cells and what is hidden are complete once the rows have been read.
    """

    name: str
    rows: Iterator[tuple[int, list[Cell]]] = field(default_factory=lambda: iter(()))
    merged: list[Range] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Book:
    """A workbook's visible sheets, in order; `first_day` is what it counts days from."""

    sheets: Iterator[Sheet]
    first_day: date | None = None


def error_cell(shown: str) -> Unread:
    return Unread(f"shows the error {shown.strip()}: correct its formula, or write its value")


def number_cell(number: float, format_: Format, first_day: date) -> Cell:
    """A number as its format shows it; of a day, the day."""
    if format_.time:
        return Unread("is a time without a day: write 2026-12-31, or 2026-12-31 17:00")
    if not format_.day:
        return formatted(number, format_)
    if not format_.whole_day:
        return unshown_day(format_.code)
    try:
        return day_cell(number, first_day)
    except (OverflowError, ValueError):
        return Unread("shows no day, though its format is that of a date: write one, such as 2026-12-31")


def day_cell(number: float, first_day: date) -> date | datetime:
    """The day that a workbook keeps as that number. Raises OverflowError, ValueError."""
    if number < 1 or (int(number) == 60 and first_day.year == 1899):  # Excel's 29 February 1900
        raise ValueError(number)
    if number < 60 and first_day.year == 1899:
        number += 1
    at = datetime.combine(first_day, datetime.min.time()) + timedelta(milliseconds=round(number * 86_400_000))
    return at.date() if at.time() == datetime.min.time() else at
