"""Excel workbooks, xlsx and xlsm.

Libraries read a formula without a saved result, an error value and most of a merged range as blank cells. Here such a
cell says why it has no value, and a cell that is not understood is never read as blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime

from .books import MAX_COLUMNS, NO_RESULT, UNKNOWN_CELL, Book, Range, Sheet, error_cell, number_cell
from .number_formats import GENERAL, Format, built_in, number_format
from .packages import Package, beside, ignore, local_name
from .problems import InvalidSpreadsheet, Problem
from .tables import Cell, Unread

FIRST_DAYS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""Day 0 by whether the workbook counts from 1904; of the others, so that days from March 1900 on are right."""

MAX_ARRAYS = 100
_ELEMENTS = ("row", "c", "v", "f", "is", "t", "rPh", "mergeCell", "col")
_ROOT = "_rels/.rels"
_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})").fullmatch
_WHOLE = re.compile(r"-?\d{1,300}").fullmatch
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_TRUTHS = {"1": True, "true": True, "0": False, "false": False}
_TRUE = ("1", "true", "on")


def is_xlsx(package: Package) -> bool:
    return _main_part(package) is not None


def read_xlsx(package: Package) -> Book:
    """The workbook of the package.

    Raises InvalidSpreadsheet, also while its sheets are read.
    """
    main = _main_part(package) or ""
    if main.casefold().endswith(".bin"):
        raise InvalidSpreadsheet(Problem(None, None, "workbooks of the kind .xlsb are not read: save it as .xlsx"))
    return _Workbook(package, main).book()


def _main_part(package: Package) -> str | None:
    if not package.holds(_ROOT):
        return None
    relations = (each for _, each in package.attributes(_ROOT, "Relationship"))
    targets = [each.get("Target", "") for each in relations if each.get("Type", "").endswith("/officeDocument")]
    return beside("", targets[0]) if targets and package.holds(beside("", targets[0])) else None


class _Workbook:
    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        folder, _, name = main.rpartition("/")
        self._parts: dict[str, tuple[str, str]] = {}
        for _, each in package.attributes(f"{folder}/_rels/{name}.rels".lstrip("/"), "Relationship"):
            kind = each.get("Type", "").rpartition("/")[2]
            self._parts[each.get("Id", "")] = kind, beside(main, each.get("Target", ""))
        self._visible: list[tuple[str, str]] = []
        from_1904, self.uncalculated = False, False
        for element, each in package.attributes(main, "sheet", "workbookPr", "calcPr"):
            if element == "workbookPr":
                from_1904 = each.get("date1904") in _TRUE
            elif element == "calcPr":
                self.uncalculated = each.get("fullCalcOnLoad") in _TRUE
            elif each.get("state", "visible") == "visible":
                kind, part = self._parts.get(each.get("id", ""), ("", ""))
                if kind in ("worksheet", ""):
                    self._visible.append((each.get("name", "?"), part))
        self.first_day = FIRST_DAYS[from_1904]
        self.formats = self._formats()
        self.texts = self._texts()

    def book(self) -> Book:
        return Book((self._sheet(*each) for each in self._visible), self.first_day)

    def _sheet(self, name: str, part: str) -> Sheet:
        sheet = Sheet(name)
        sheet.rows = _Rows(self, sheet).read(self._package, part)
        return sheet

    def _part(self, kind: str) -> str | None:
        named = (part for each, part in self._parts.values() if each == kind)
        return next((part for part in named if self._package.holds(part)), None)

    def _formats(self) -> list[Format]:
        """What each style of a cell makes of numbers."""
        part = self._part("styles")
        codes: dict[str, str] = {}
        found: list[Format] = []
        of_cells = False
        if part is None:
            return found

        def start(element: str, attributes: dict[str, str]) -> None:
            nonlocal of_cells
            element = local_name(element)
            if element == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif element == "cellXfs":
                of_cells = True
            elif element == "xf" and of_cells:
                number = attributes.get("numFmtId", "0")
                known = number_format(codes[number]) if number in codes else None
                found.append(known or built_in(int(number) if number.isdecimal() else 0))

        def end(element: str) -> None:
            nonlocal of_cells
            if local_name(element) == "cellXfs":
                of_cells = False

        for _ in self._package.parse(part, start, end, ignore):
            pass
        return found

    def _texts(self) -> list[str]:
        """The texts that cells share."""
        part = self._part("sharedStrings")
        if part is None:
            return []
        gatherer = _Text()
        found: list[str] = []

        def end(element: str) -> None:
            gatherer.end(element := local_name(element))
            if element == "si":
                found.append(gatherer.take())

        def start(element: str, _: dict[str, str]) -> None:
            gatherer.start(local_name(element))

        for _ in self._package.parse(part, start, end, gatherer.text):
            pass
        return found


class _Text:
    """Collects rich text as plain text, without phonetic guides."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._taken = self._aloud = False

    def start(self, element: str) -> None:
        if element == "rPh":
            self._aloud = True
        elif element == "t":
            self._taken = not self._aloud

    def end(self, element: str) -> None:
        if element == "rPh":
            self._aloud = False
        elif element == "t":
            self._taken = False

    def text(self, text: str) -> None:
        if self._taken:
            self._parts.append(text)

    def take(self) -> str:
        if not self._parts:
            return ""
        text = "".join(self._parts)
        self._parts.clear()
        return _unescaped(text)


class _Rows:
    """Reads a sheet's rows."""

    def __init__(self, workbook: _Workbook, sheet: Sheet) -> None:
        self._workbook, self._sheet = workbook, sheet
        self._names: dict[str, str] = {}
        self._done: list[tuple[int, list[Cell]]] = []
        self._row: dict[int, Cell] | None = None
        self._number = 0
        self._column = -1
        self._hidden = False
        self._hidden_parts = 0
        self._cell: dict[str, str] | None = None
        self._formula = self._valued = self._taken = False
        self._arrays: list[Range] = []
        """Cells whose values are results of one formula, which stands in the first of them."""
        self._value: list[str] = []
        self._inline = _Text()

    def read(self, package: Package, part: str) -> Iterator[tuple[int, list[Cell]]]:
        for _ in package.parse(part, self._start, self._end, self._text):
            yield from self._done
            self._done.clear()

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        if not self._names:
            namespace = element[: -len(local_name(element))]
            self._names = {namespace + each: each for each in _ELEMENTS}
        name = self._names.get(element)
        if name is None:
            return
        if self._cell is not None:
            if name == "v":
                self._valued = self._taken = True
            elif name == "f":
                self._formula = True
                if attributes.get("t") == "array":
                    self._note_array(_range(attributes.get("ref", "")))
            else:
                self._inline.start(name)
        elif name == "c":
            if self._row is None:
                raise ValueError("a cell stands in no row")
            self._cell = attributes
            self._formula = self._valued = False
        elif name == "row":
            self._begin_row(attributes)
        elif name == "mergeCell":
            self._sheet.merged.append(_range(attributes.get("ref", "")))
        elif name == "col" and attributes.get("hidden") in _TRUE:
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
        self._hidden = attributes.get("hidden") in _TRUE

    def _put(self, cell: dict[str, str]) -> None:
        if self._row is None:
            return
        row, self._column = _place(cell["r"]) if "r" in cell else (self._number, self._column + 1)
        value, inline = "".join(self._value), self._inline.take()
        self._value.clear()
        if row != self._number or self._column in self._row:
            raise ValueError(f"cell {cell.get('r')} stands in row {self._number}, or twice")
        self._formula = self._formula or any(
            each.first_row <= row <= each.last_row and each.first_column <= self._column <= each.last_column
            for each in self._arrays
        )
        self._row[self._column] = self._read(cell, value, inline)

    def _note_array(self, cells: Range) -> None:
        if (cells.first_row, cells.first_column) == (cells.last_row, cells.last_column):
            return
        if len(self._arrays) == MAX_ARRAYS:
            raise ValueError(f"it has more than {MAX_ARRAYS} formulas that fill several cells")
        self._arrays.append(cells)

    def _read(self, cell: dict[str, str], value: str, inline: str) -> Cell:
        kind = cell.get("t", "n")
        if inline.strip():
            return inline if kind == "inlineStr" and not value.strip() else Unread(UNKNOWN_CELL)
        if kind == "e":
            return error_cell(value)
        try:
            if self._formula and self._is_unsaved(kind, value.strip()):
                return Unread(NO_RESULT)
            if kind == "str":
                return _unescaped(value)
            if not value.strip() and (kind == "n" or not self._valued):
                return None
            return self._valued_cell(kind, value.strip(), cell.get("s", "0"))
        except (ValueError, IndexError, KeyError):
            return Unread(UNKNOWN_CELL)

    def _is_unsaved(self, kind: str, value: str) -> bool:
        """Whether the value is not the result of the formula.

        Programs that do not calculate write nothing, or 0 or an empty text and ask Excel to calculate when it opens
        the file.
        """
        if not self._valued or (not value and kind != "str"):
            return True
        return self._workbook.uncalculated and (not value or (kind == "n" and float(value) == 0))

    def _valued_cell(self, kind: str, value: str, style: str) -> Cell:
        """Raises ValueError, IndexError, KeyError."""
        if kind == "s":
            return self._workbook.texts[_index(value)]
        if kind == "b":
            return _TRUTHS[value]
        if kind == "d":
            at = datetime.fromisoformat(value)
            return at.date() if len(value) == len("2026-12-31") else at
        if kind != "n":
            raise ValueError(kind)
        formats = self._workbook.formats
        format_ = formats[_index(style)] if formats else GENERAL
        return number_cell(int(value) if _WHOLE(value) else float(value), format_, self._workbook.first_day)


def _index(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)


def _place(reference: str) -> tuple[int, int]:
    """The row and column that a reference such as C4 names. Raises ValueError."""
    found = _REFERENCE(reference)
    if found is None:
        raise ValueError(f"there is no cell {reference}")
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column - 1


def _range(reference: str) -> Range:
    first, _, last = reference.partition(":")
    (top, left), (bottom, right) = _place(first), _place(last or first)
    return Range(min(top, bottom), max(top, bottom), min(left, right), max(left, right))


def _unescaped(text: str) -> str:
    """The text with the characters that XML cannot hold; they are written in UTF-16."""
    if "_x" not in text:
        return text
    found = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    return found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
