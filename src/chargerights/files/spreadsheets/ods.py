"""OpenDocument workbooks, ods.

The file contains the displayed text of each cell beside its value, and the two must agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import permutations

from .items import is_failed
from .number_formats import unshown_day
from .packages import Package, local_name
from .sheets import HIDDEN, MAX_COLUMNS, MAX_ROW, NO_RESULT, UNKNOWN_CELL, Book, Range, Sheet, error_cell
from .tables import Cell, Formatted, Unread

_CONTENT = "content.xml"
_WHOLE = re.compile(r"-?\d{1,300}(?:\.0+)?").fullmatch
_DIGITS = re.compile(r"-?\d+").fullmatch
_VALUES_OF = ("value", "boolean-value", "date-value", "time-value")
_is_zero = re.compile(r"[+-]?[0.]*(?:E[+-]?\d+)?|false|1899-12-30(?:T00:00:00)?", re.IGNORECASE).fullmatch
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?")
_CELLS = ("table-cell", "covered-table-cell")
_VOCABULARY = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT = f"{_VOCABULARY}text:1.0 "
_ALOUD = f"{_TEXT}ruby-text"
"""The element that tells how a text is pronounced."""
_GROUPS = ("collapse", "filter")


def is_ods(package: Package) -> bool:
    return package.holds(_CONTENT)


def read_ods(package: Package) -> Book:
    """Reads the workbook of the package.

    Raises InvalidSpreadsheet, also while its sheets are read.
    """
    hidden_styles: set[str] = set()
    tables: list[tuple[str, str]] = []
    style = ""
    for element, values in package.attributes(_CONTENT, "style", "table-properties", "table"):
        if element == "style":
            style = values.get("name", "")
        elif element == "table":
            tables.append((values.get("name", "?"), values.get("style-name", "")))
        elif values.get("display") == "false":
            hidden_styles.add(style)
    visible = [(index, name) for index, (name, style) in enumerate(tables) if style not in hidden_styles]
    return Book(_sheet(package, *table) for table in visible)


def _sheet(package: Package, index: int, name: str) -> Sheet:
    sheet = Sheet(name)
    sheet.rows = _Rows(sheet, index).read(package)
    return sheet


class _Rows:
    """Reads the rows of the table with that index."""

    def __init__(self, sheet: Sheet, index: int) -> None:
        self._sheet, self._index = sheet, index
        self._tables = 0
        self._depth = 0
        self._done: list[tuple[int, list[Cell]]] = []
        self._number = 1
        self._columns = 0
        self._row: dict[str, str] | None = None
        self._cells: list[Cell] = []
        self._blanks = 0
        self._cell: dict[str, str] | None = None
        self._aside = 0
        self._shown: list[str] | None = None
        """The texts of the cell's paragraphs; None before the first."""
        self._in_paragraph = 0

    def read(self, package: Package) -> Iterator[tuple[int, list[Cell]]]:
        for _ in package.parse(_CONTENT, self._start, self._end, self._text):
            yield from self._done
            self._done.clear()

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        is_aside = _is_aside(element)
        element = local_name(element)
        if element == "table":
            if self._cell is not None and not self._aside:
                raise ValueError("a table stands in a cell")
            self._tables += not self._depth
            self._depth += 1
        elif self._depth != 1 or self._tables != self._index + 1:
            return
        elif self._aside or (self._cell is not None and is_aside):
            self._aside += 1
        elif self._cell is not None:
            self._in_cell(element, attributes)
        elif element in _CELLS:
            if self._row is None:
                raise ValueError("a cell stands in no row")
            self._cell = {local_name(key): value for key, value in attributes.items() if not _is_calc(key)}
            self._cell.update((f"calc {local_name(key)}", value) for key, value in attributes.items() if _is_calc(key))
        elif element == "table-row":
            self._row = {local_name(key): value for key, value in attributes.items()}
        elif element == "table-column":
            self._column({local_name(key): value for key, value in attributes.items()})

    def _in_cell(self, element: str, attributes: dict[str, str]) -> None:
        if element in ("p", "h") and not self._in_paragraph:
            if self._shown is None:
                self._shown = []
            else:
                self._shown.append("\n")
            self._in_paragraph = 1
            return
        self._in_paragraph += self._in_paragraph > 0
        if element == "s":
            count = next((value for key, value in attributes.items() if local_name(key) == "c"), "1")
            self._text(" " * min(_count(count), 1_000))
        elif element in ("tab", "line-break"):
            self._text(" ")

    def _end(self, element: str) -> None:
        element = local_name(element)
        if element == "table":
            self._depth -= 1
        elif self._depth != 1 or self._tables != self._index + 1:
            return
        elif self._aside:
            self._aside -= 1
        elif self._in_paragraph:
            self._in_paragraph -= 1
        elif element in _CELLS and self._cell is not None:
            self._put(self._cell)
            self._cell = None
        elif element == "table-row" and self._row is not None:
            self._end_row(self._row)

    def _text(self, text: str) -> None:
        if self._in_paragraph and not self._aside and self._shown is not None:
            self._shown.append(text)

    def _column(self, attributes: dict[str, str]) -> None:
        count = min(_count(attributes.get("number-columns-repeated", "1")), MAX_COLUMNS)
        if attributes.get("visibility") in _GROUPS:
            self._sheet.hidden_columns.update(range(self._columns, self._columns + count))
        self._columns += count

    def _put(self, cell: dict[str, str]) -> None:
        shown = None if self._shown is None else "".join(self._shown)
        self._shown = None
        repeated = _count(cell.get("number-columns-repeated", "1"))
        column = len(self._cells) + self._blanks
        if column + repeated > MAX_COLUMNS:
            raise ValueError(f"row {self._number} has more than {MAX_COLUMNS} cells")
        if (merged := self._spanned(cell, column, "")) is not None:
            self._sheet.merged.append(merged)
        if (filled := self._spanned(cell, column, "matrix-")) is not None:
            self._sheet.results.add(filled)
        results = self._sheet.results.among(self._number, range(column, column + repeated))
        content = _read(cell, shown, is_result="formula" in cell or bool(results))
        if content is None or (isinstance(content, str) and not content.strip()):
            self._blanks += repeated
            self._sheet.results.empty.update(results if content is not None else ())
        else:
            self._cells += [None] * self._blanks + [content] * repeated
            self._blanks = 0

    def _spanned(self, cell: dict[str, str], column: int, kind: str) -> Range | None:
        """Returns the cells that the cell spans, by its attributes of that kind."""
        names = [f"number-{kind}{direction}-spanned" for direction in ("rows", "columns")]
        if not cell.keys() & names:
            return None
        rows, columns = (_count(cell.get(name, "1")) for name in names)
        return Range(self._number, self._number + rows - 1, column, column + columns - 1)

    def _end_row(self, row: dict[str, str]) -> None:
        repeated = _count(row.get("number-rows-repeated", "1"))
        if self._number + repeated - 1 > MAX_ROW:
            raise ValueError(f"it has more than {MAX_ROW} rows")
        if self._cells:
            self._done += [(self._number + i, list(self._cells)) for i in range(repeated)]
            self._sheet.hidden_rows += repeated if row.get("visibility") in _GROUPS else 0
        self._number += repeated
        self._cells, self._blanks, self._row = [], 0, None
        self._sheet.results.begin_row(self._number)


def _is_aside(element: str) -> bool:
    """Returns whether the element lies over or beside a cell and has its own texts.

    Notes and shapes do.
    """
    return element == _ALOUD or (element.startswith(_VOCABULARY) and not element.startswith(_TEXT))


def _is_calc(key: str) -> bool:
    """Returns whether the attribute belongs to LibreOffice's own vocabulary."""
    return "calc" in key.rpartition(" ")[0] and "documentfoundation" in key


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= len(text) <= 9 or not int(text):
        raise ValueError(f"{text} is no number of cells")
    return int(text)


def _read(cell: dict[str, str], shown: str | None, *, is_result: bool) -> Cell:
    """Returns what the cell shows, None where the file does not say it.

    `is_result`: the cell has a formula, or shows a result of one in another cell.
    """
    kind, text = cell.get("value-type"), (shown or "").strip()
    if cell.get("calc value-type") == "error" or (is_result and is_failed(text)):
        return error_cell(text or "#N/A")
    if is_result and not text and _has_no_result(cell):
        return Unread(NO_RESULT) if "formula" in cell else None
    if (
        shown is not None
        and not text
        and any(cell.get(attribute, "").strip() for attribute in ("string-value", *_VALUES_OF))
    ):
        return Unread(HIDDEN)
    try:
        if kind in (None, "string"):
            return shown if text else cell.get("string-value", shown)
        return _VALUES[kind](cell, text)
    except (ValueError, KeyError):
        return Unread(NO_RESULT if is_result else UNKNOWN_CELL)


def _has_no_result(cell: dict[str, str]) -> bool:
    """Returns whether the cell has no value, or the zero of a program without results."""
    if "string-value" in cell:
        return False
    value = next((cell[attribute] for attribute in _VALUES_OF if attribute in cell), "")
    return _is_zero(value) is not None


def _number(cell: dict[str, str], text: str) -> Cell:
    value = cell["value"]
    number = int(value.partition(".")[0]) if _WHOLE(value) else float(value)
    if not text or text == str(number):
        return number
    return Formatted(number, text if _DIGITS(text) and int(text) == number else None)


def _day(cell: dict[str, str], text: str) -> Cell:
    at = datetime.fromisoformat(cell["date-value"])
    day = at.date() if at.time() == datetime.min.time() else at
    return day if not text or _shows(text, day) else unshown_day(text)


def _shows(text: str, day: date) -> bool:
    """Returns whether the text contains the day, the month and the year."""
    text = _CLOCK.sub("", text)
    numbers = [int(digits) for digits in re.findall(r"\d+", text)]
    years = (day.year, day.year % 100)
    if any((day.day, day.month, year) in permutations(numbers[:3]) for year in years):
        return True
    has_words = re.search(r"[^\W\d_]", text) is not None
    return has_words and any((day.day, year) in permutations(numbers[:2]) for year in years)


def _truth(cell: dict[str, str], _: str) -> Cell:
    return {"true": True, "false": False}[cell["boolean-value"]]


def _time(cell: dict[str, str], text: str) -> Cell:
    return Unread(f"is a time without a day, {text or cell['time-value']}: write 2026-12-31, or 2026-12-31 17:00")


_VALUES = {"float": _number, "percentage": _number, "currency": _number, "date": _day, "boolean": _truth, "time": _time}
