"""Excel's workbooks from before 2007, xls."""

from __future__ import annotations

import io
import struct
from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import xlrd

from .number_formats import number_format
from .packages import damaged
from .problems import InvalidSpreadsheet, Problem
from .sheets import Book, Range, Results, Sheet, error_cell, number_cell, text_cell
from .tables import Cell, Unread

_FORMULAS = frozenset({0x0006, 0x0206, 0x0406})
_FILLING = frozenset({0x0221, 0x0236})
"""Formulas that fill several cells: arrays and data tables."""
_BEGIN, _END, _SHEET = 0x0809, 0x000A, 0x0085
_NO_NUMBER, _EMPTY_TEXT, _FALSE = b"\xff\xff", b"\x03", b"\x01\0\0"
_NOT_TOLD = (
    "is a formula whose result is empty or was not saved, which .xls does not tell apart: save the file as .xlsx"
)
_CALCULATE_ON_LOAD = 2
"""Flag of a formula whose result has yet to be calculated."""


def read_xls(raw: bytes) -> Book:
    """Reads the workbook. Raises InvalidSpreadsheet."""
    try:
        book = xlrd.open_workbook(file_contents=raw, formatting_info=True, logfile=io.StringIO())
        unsaved, results = _formulas(raw)
    except Exception as error:  # whatever a damaged file makes of its reader
        sentence = f"the workbook cannot be read ({error}): save it again as .xlsx, without a password"
        raise InvalidSpreadsheet(Problem(None, None, sentence)) from None
    first_day = date(1904, 1, 1) if book.datemode else date(1899, 12, 30)
    visible = [sheet for sheet in book.sheets() if not sheet.visibility]
    sheets = (_sheet(book, each, unsaved[each.number], results[each.number], first_day) for each in visible)
    return Book(sheets, first_day)


def _sheet(
    book: xlrd.Book, sheet: xlrd.sheet.Sheet, unsaved: set[tuple[int, int]], results: Results, first_day: date
) -> Sheet:
    def cell(row: int, column: int) -> Cell:
        kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
        if (row, column) in unsaved:
            return Unread(_NOT_TOLD)
        if kind == xlrd.XL_CELL_ERROR:
            return error_cell(xlrd.error_text_from_code.get(value, "#?"))
        if kind == xlrd.XL_CELL_BOOLEAN:
            return bool(value)
        if kind not in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE, xlrd.XL_CELL_TEXT):
            return None
        style = book.xf_list[sheet.cell_xf_index(row, column)]
        format_ = number_format(book.format_map[style.format_key].format_str)
        return text_cell(value, format_) if kind == xlrd.XL_CELL_TEXT else number_cell(value, format_, first_day)

    def rows() -> Iterator[tuple[int, list[Cell]]]:
        for row in range(sheet.nrows):
            try:
                yield row + 1, [cell(row, column) for column in range(sheet.row_len(row))]
            except Exception:  # a style or format that there is not, or is none
                raise damaged() from None

    hidden = [row for row, about in sheet.rowinfo_map.items() if about.hidden and row < sheet.nrows]
    return Sheet(
        sheet.name,
        rows(),
        [Range(first + 1, last, left, right - 1) for first, last, left, right in sheet.merged_cells],
        results,
        sum(any(map(bool, sheet.row_values(row))) for row in hidden),
        {column for column, about in sheet.colinfo_map.items() if about.hidden},
    )


def _formulas(raw: bytes) -> tuple[dict[int, set[tuple[int, int]]], dict[int, Results]]:
    """Finds cells whose formula may have no result, and those filled by another's.

    Both by sheet number. Programs that do not calculate write an empty text, or 0 or false, and ask Excel to
    calculate when it opens the file.
    """
    streams = xlrd.compdoc.CompDoc(raw, logfile=io.StringIO())
    memory, base, size = next(
        stream for name in ("Workbook", "Book") if (stream := streams.locate_named_stream(name))[0] is not None
    )
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    results: dict[int, Results] = defaultdict(Results)
    numbers: dict[int, int] = {}
    position, depth, sheet = base, 0, -1
    while position + 4 <= base + size:
        kind, length = struct.unpack_from("<HH", memory, position)
        if kind == _BEGIN:
            sheet = numbers.get(position - base, -1) if depth == 0 else sheet
            depth += 1
        elif kind == _END:
            depth -= 1
        elif kind == _SHEET:
            start, _, is_other = struct.unpack_from("<IBB", memory, position + 4)
            if not is_other:
                numbers[start] = len(numbers)
        elif kind in _FORMULAS and depth == 1:
            row, column, _, result, options = struct.unpack_from("<HHH8sH", memory, position + 4)
            is_zero = not any(result) or (result[:3] == _FALSE and result[6:] == _NO_NUMBER)
            if (is_zero and options & _CALCULATE_ON_LOAD) or (result[:1] == _EMPTY_TEXT and result[6:] == _NO_NUMBER):
                found[sheet].add((row, column))
        elif kind in _FILLING and depth == 1:
            first, last, left, right = struct.unpack_from("<HHBB", memory, position + 4)
            results[sheet].begin_row(first + 1)
            results[sheet].add(Range(first + 1, last + 1, left, right))
        position += 4 + length
    return found, results
