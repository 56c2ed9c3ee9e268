"""A sheet of a workbook in the form that all readers return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from .number_formats import Format, Section, formatted, unshown_day
from .problems import shown
from .tables import Cell, Unread

MAX_COLUMNS, MAX_ROW = 16_384, 1_048_576
MAX_ARRAYS = 100
"""Maximum number of formulas that fill several cells of one row."""
NO_RESULT = (
    "is a formula whose result the program that wrote the file did not save: open the file in Excel or "
    "LibreOffice and save it there, or write the value"
)
HIDDEN = "holds a value that its format hides: format the cell as text, or clear it"
UNKNOWN_CELL = "holds what cannot be read: write its value again"


class Range(NamedTuple):
    """A range of cells, ends included (rows count from 1, columns from 0)."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    def holds(self, row: int, column: int) -> bool:
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column


@dataclass(slots=True)
class Sheet:
    """A visible sheet. All but its name is complete once its rows have been read."""

    name: str
    rows: Iterator[tuple[int, list[Cell]]] = field(default_factory=lambda: iter(()))
    merged: list[Range] = field(default_factory=list)
    results: Results = field(default_factory=lambda: Results())
    hidden_rows: int = 0
    hidden_columns: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Results:
    """Cells that show results of a formula in the first of them.

    `areas` are complete, and `empty` are the cells whose result is an empty text, once the rows have been read.
    """

    areas: list[Range] = field(default_factory=list)
    empty: set[tuple[int, int]] = field(default_factory=set)
    _reaching: list[Range] = field(default_factory=list)
    """Areas that reach into the current row, or below it."""

    def add(self, area: Range) -> None:
        """Adds an area. Raises ValueError if one row has too many."""
        if area.first_row == area.last_row and area.first_column == area.last_column:
            return
        if len(self._reaching) == MAX_ARRAYS:
            raise ValueError(f"row {area.first_row} has more than {MAX_ARRAYS} formulas that fill several cells")
        self.areas.append(area)
        self._reaching.append(area)

    def begin_row(self, row: int) -> None:
        if self._reaching:
            self._reaching = [area for area in self._reaching if area.last_row >= row]

    def among(self, row: int, columns: Iterable[int]) -> list[tuple[int, int]]:
        """Returns the cells that show a result of a formula read so far."""
        if not self._reaching:
            return []
        return [(row, column) for column in columns if any(area.holds(row, column) for area in self._reaching)]


@dataclass(slots=True)
class Book:
    """A workbook's visible sheets, in order.

    `first_day` is the day from which it counts days.
    """

    sheets: Iterator[Sheet]
    first_day: date | None = None


def error_cell(shown: str) -> Unread:
    return Unread(f"shows the error {shown.strip()}: correct its formula, or write its value")


def number_cell(number: float, format_: Format, first_day: date) -> Cell:
    """Returns a number as its format shows it, or the day that it means."""
    section = format_.of(number)
    if not section.day and not section.time:
        return formatted(number, section)
    try:
        return _unshown(section) or day_cell(number, first_day)
    except (OverflowError, ValueError):
        return Unread("shows no day, though its format is that of a date: write one, such as 2026-12-31")


def date_cell(day: date, format_: Format) -> Cell:
    """Returns a day that is stored as one, if its format shows it."""
    section = format_.positive
    if section.day or section.time:
        return _unshown(section) or day
    return day if section.zeros is not None else Unread("is a date that its format shows in another way: write it")


def _unshown(section: Section) -> Unread | None:
    """Returns why the format of days and times does not show a whole day, or None."""
    if section.time:
        return Unread("is a time without a day: write 2026-12-31, or 2026-12-31 17:00")
    return None if section.whole_day else unshown_day(section.code)


def text_cell(text: str, format_: Format) -> Cell:
    """Returns a text that its format shows as it is, or a blank."""
    if format_.shows_text or not text.strip():
        return text
    return Unread(f"is a text that its format shows in another way, {shown(text)}: format the cell as text")


def day_cell(number: float, first_day: date) -> date | datetime:
    """Returns the day that a workbook stores as that number.

    Raises OverflowError, ValueError.
    """
    if number < 1 or (int(number) == 60 and first_day.year == 1899):  # Excel's 29 February 1900
        raise ValueError(number)
    if number < 60 and first_day.year == 1899:
        number += 1
    at = datetime.combine(first_day, datetime.min.time()) + timedelta(milliseconds=round(number * 86_400_000))
    return at.date() if at.time() == datetime.min.time() else at
