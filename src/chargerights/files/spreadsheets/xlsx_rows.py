"""The rows of a sheet of xlsx.

Libraries read a formula without a saved result, an error value and most of a merged range as blank cells. Here such a
cell says why it has no value, and a cell that is not understood is never read as blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from .number_formats import GENERAL, Format
from .packages import Package, local_name
from .sheets import MAX_COLUMNS, NO_RESULT, UNKNOWN_CELL, Range, Sheet, date_cell, error_cell, number_cell, text_cell
from .tables import Cell, Unread
from .xlsx_texts import Text, unescaped

TRUE = ("1", "true", "on")

_ELEMENTS = ("row", "c", "v", "f", "is", "t", "rPh", "mergeCell", "col")
_FILLING = ("array", "dataTable")
"""Formulas whose results fill several cells, of which only the first has the formula."""
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})").fullmatch
_WHOLE = re.compile(r"-?\d{1,300}").fullmatch
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class WorkbookData:
    """Data that the sheets of a workbook share.

    `uncalculated` says that Excel is to calculate when it opens the file.
    """

    texts: list[str]
    formats: list[Format]
    first_day: date
    uncalculated: bool


class SheetRows:
    """Reads a sheet's rows."""

    def __init__(self, shared: WorkbookData, sheet: Sheet) -> None:
        self._shared, self._sheet = shared, sheet
        self._names: dict[str, str] = {}
        self._done: list[tuple[int, list[Cell]]] = []
        self._row: dict[int, Cell] | None = None
        self._number = 0
        self._column = -1
        self._hidden = False
        self._hidden_parts = 0
        self._cell: dict[str, str] | None = None
        self._formula = self._valued = self._taken = False
        self._value: list[str] = []
        self._inline = Text()

    def read(self, package: Package, part: str) -> Iterator[tuple[int, list[Cell]]]:
        for _ in package.parse(part, self._start, self._end, self._text):
            yield from self._done
            self._done.clear()

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        if not self._names:
            namespace = element[: -len(local_name(element))]
            self._names = {namespace + local: local for local in _ELEMENTS}
        name = self._names.get(element)
        if name is None:
            return
        if self._cell is not None:
            self._start_in_cell(name, attributes)
        elif name == "c":
            if self._row is None:
                raise ValueError("a cell stands in no row")
            self._cell = attributes
            self._formula = self._valued = False
        elif name == "row":
            self._begin_row(attributes)
        elif name == "mergeCell":
            self._sheet.merged.append(_range(attributes.get("ref", "")))
        elif name == "col" and attributes.get("hidden") in TRUE:
            self._hide_columns(attributes)

    def _start_in_cell(self, name: str, attributes: dict[str, str]) -> None:
        if name == "v":
            self._valued = self._taken = True
        elif name == "f":
            self._formula = True
            if attributes.get("t") in _FILLING:
                self._sheet.results.add(_range(attributes.get("ref", "")))
        else:
            self._inline.start(name)

    def _hide_columns(self, attributes: dict[str, str]) -> None:
        first, last = _index(attributes.get("min", "1")), _index(attributes.get("max", "1"))
        self._hidden_parts += 1
        if self._hidden_parts > MAX_COLUMNS:
            raise ValueError(f"it hides columns more than {MAX_COLUMNS} times")
        self._sheet.hidden_columns.update(range(first - 1, min(last, MAX_COLUMNS)))

    def _end(self, element: str) -> None:
        name = self._names.get(element)
        if self._cell is not None:
            if name == "v":
                self._taken = False
            elif name == "c":
                self._put(self._cell)
                self._cell = None
            elif name is not None:
                self._inline.end(name)
        elif name == "row" and self._row is not None:
            cells: list[Cell] = [None] * (max(self._row, default=-1) + 1)
            for column, cell in self._row.items():
                cells[column] = cell
            self._done.append((self._number, cells))
            self._sheet.hidden_rows += self._hidden and any(cell is not None for cell in cells)
            self._row = None

    def _text(self, text: str) -> None:
        if self._taken:
            self._value.append(text)
        elif self._cell is not None:
            self._inline.text(text)

    def _begin_row(self, attributes: dict[str, str]) -> None:
        given = attributes.get("r", str(self._number + 1))
        if not given.isdecimal() or int(given) <= self._number:
            raise ValueError(f"row {given} follows row {self._number}")
        self._number, self._column, self._row = int(given), -1, {}
        self._hidden = attributes.get("hidden") in TRUE
        self._sheet.results.begin_row(self._number)

    def _put(self, cell: dict[str, str]) -> None:
        if self._row is None:
            return
        row, self._column = _place(cell["r"]) if "r" in cell else (self._number, self._column + 1)
        value, inline = "".join(self._value), self._inline.take()
        self._value.clear()
        if row != self._number or self._column in self._row:
            raise ValueError(f"cell {cell.get('r')} stands in row {self._number}, or twice")
        results = self._sheet.results.among(row, (self._column,))
        self._formula = self._formula or bool(results)
        content = self._read(cell, value, inline)
        if isinstance(content, str) and not content.strip():
            self._sheet.results.empty.update(results)
        self._row[self._column] = content

    def _read(self, cell: dict[str, str], value: str, inline: str) -> Cell:
        kind = cell.get("t", "n")
        if inline.strip() and (kind != "inlineStr" or value.strip()):
            return Unread(UNKNOWN_CELL)
        if kind == "e":
            return error_cell(value)
        try:
            if self._formula and self._is_unsaved(kind, value.strip()):
                return Unread(NO_RESULT)
            if not (value + inline).strip() and (kind in ("n", "str") or not self._valued):
                return value if kind == "str" else None
            formats = self._shared.formats
            format_ = formats[_index(cell.get("s", "0"))] if formats else GENERAL
            if inline.strip():
                return text_cell(inline, format_)
            if kind == "str":
                return text_cell(unescaped(value), format_)
            return self._valued_cell(kind, value.strip(), format_)
        except (ValueError, IndexError, KeyError):
            return Unread(UNKNOWN_CELL)

    def _is_unsaved(self, kind: str, value: str) -> bool:
        """Returns whether the value is not the result of the formula.

        Programs that do not calculate write nothing, or 0, false or an empty text, and ask Excel to calculate when it
        opens the file.
        """
        if not self._valued or (not value and kind != "str"):
            return True
        is_zero = not value or (kind == "n" and float(value) == 0) or (kind == "b" and not _TRUTHS[value])
        return self._shared.uncalculated and is_zero

    def _valued_cell(self, kind: str, value: str, format_: Format) -> Cell:
        """Returns the cell by its kind. Raises ValueError, IndexError, KeyError."""
        if kind == "s":
            return text_cell(self._shared.texts[_index(value)], format_)
        if kind == "b":
            return _TRUTHS[value]
        if kind == "d":
            at = datetime.fromisoformat(value)
            return date_cell(at.date() if len(value) == len("2026-12-31") else at, format_)
        if kind != "n":
            raise ValueError(kind)
        return number_cell(int(value) if _WHOLE(value) else float(value), format_, self._shared.first_day)


def _index(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _place(reference: str) -> tuple[int, int]:
    """Returns the row and column of a reference such as C4. Raises ValueError."""
    match = _REFERENCE(reference)
    if match is None:
        raise ValueError(f"there is no cell {reference}")
    column = 0
    for letter in match[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(match[2]), column - 1


def _range(reference: str) -> Range:
    first, _, last = reference.partition(":")
    (top, left), (bottom, right) = _place(first), _place(last or first)
    return Range(min(top, bottom), max(top, bottom), min(left, right), max(left, right))
