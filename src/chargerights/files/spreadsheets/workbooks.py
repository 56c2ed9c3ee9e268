"""Workbooks (xlsx, xlsm, xls and ods): reads the first visible sheet with content.

What the sheet shows is read or rejected. Hidden rows and columns are read like others, because a filter hides rows of
the same list. Other visible sheets must not contain drivers. Only the first of merged cells has a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from .columns import Column, recognised
from .ods import is_ods, read_ods
from .packages import Package
from .problems import InvalidSpreadsheet, Problem, shown
from .sheets import NO_RESULT, Book, Range, Sheet
from .tables import Cell, Table, Unread, column_letters, table, trimmed
from .xlsx import is_xlsx, read_xlsx

ZIP, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of newer and of older workbooks."""
MAX_CELLS = 30_000_000
NAMED = 5


def is_workbook(raw: bytes) -> bool:
    return raw.startswith((ZIP, COMPOUND))


def read_workbook(raw: bytes) -> Table:
    """Reads the table of the first visible sheet that is not empty.

    Raises InvalidSpreadsheet.
    """
    book = _book(raw)
    for sheet in book.sheets:
        rows = dict(_filled(sheet))
        if rows:
            _mark_merged(rows, sheet)
            _mark_missing_results(rows, sheet)
            read = table(sorted(rows.items()), f'sheet "{sheet.name}" of a workbook', sheet.name)
            warnings = (*_hidden(sheet, len(read.headings)), *_unread(book.sheets, sheet))
            return replace(read, first_day=book.first_day, warnings=warnings)
    raise InvalidSpreadsheet(Problem(None, None, "the workbook has no visible sheet with content"))


def _book(raw: bytes) -> Book:
    if not raw.startswith(ZIP):
        from .xls import read_xls  # old files are rare, and their library need not be loaded for others

        return read_xls(raw)
    package = Package(raw)
    if is_xlsx(package):
        return read_xlsx(package)
    if is_ods(package):
        return read_ods(package)
    raise InvalidSpreadsheet(Problem(None, None, "the file is not a workbook: save it as .xlsx"))


def _filled(sheet: Sheet) -> Iterator[tuple[int, list[Cell]]]:
    """Yields the rows that are not empty."""
    count = 0
    for number, cells in sheet.rows:
        row = trimmed(cells)
        count += len(row)
        if count > MAX_CELLS:
            sentence = f'sheet "{sheet.name}" reaches over more than {MAX_CELLS:,} cells: delete the cells far out'
            raise InvalidSpreadsheet(Problem(None, None, sentence))
        if row:
            yield number, row


def _mark_merged(rows: dict[int, list[Cell]], sheet: Sheet) -> None:
    """Marks the cells that look filled by the first cell of a merged range."""
    for area, places in _reached(rows, sheet, sheet.merged):
        is_filled = _at(rows, area.first_row, area.first_column) is not None
        part = Unread(f"is a part of the merged cells {_name(area)}: take them apart, and fill in each of them")
        for row, column in places:
            is_first = (row, column) == (area.first_row, area.first_column)
            if not is_first and (is_filled or _at(rows, row, column) is not None):
                _put(rows, row, column, part)


def _mark_missing_results(rows: dict[int, list[Cell]], sheet: Sheet) -> None:
    """Marks cells that show a result of another cell's formula, if it is not saved."""
    missing = Unread(NO_RESULT)
    for _, places in _reached(rows, sheet, sheet.results.areas):
        for row, column in places:
            if _at(rows, row, column) is None and (row, column) not in sheet.results.empty:
                _put(rows, row, column, missing)


def _reached(
    rows: dict[int, list[Cell]], sheet: Sheet, areas: list[Range]
) -> Iterator[tuple[Range, Iterator[tuple[int, int]]]]:
    """Yields each area with its cells.

    Cells are limited to the filled part of the sheet, and at least one more row and column. Raises InvalidSpreadsheet
    when there are too many.
    """
    last_row, last_column, count = max(rows), max(map(len, rows.values())) - 1, 0
    for area in areas:
        down = range(area.first_row, min(area.last_row, max(last_row, area.first_row + 1)) + 1)
        across = range(area.first_column, min(area.last_column, max(last_column, area.first_column + 1)) + 1)
        count += len(down) * len(across)
        if count > MAX_CELLS:
            sentence = f'sheet "{sheet.name}" has too many cells that are merged or filled by formulas of other cells'
            raise InvalidSpreadsheet(Problem(None, None, sentence))
        yield area, product(down, across)


def _at(rows: dict[int, list[Cell]], row: int, column: int) -> Cell:
    cells = rows.get(row, ())
    return cells[column] if column < len(cells) else None


def _put(rows: dict[int, list[Cell]], row: int, column: int, cell: Cell) -> None:
    cells = rows.setdefault(row, [])
    cells += [None] * (column + 1 - len(cells))
    cells[column] = cell


def _name(area: Range) -> str:
    first, last = column_letters(area.first_column), column_letters(area.last_column)
    return f"{first}{area.first_row}:{last}{area.last_row}"


def _hidden(sheet: Sheet, width: int) -> Iterator[str]:
    """Yields warnings about hidden rows and columns, which are read."""
    columns = [column_letters(position) for position in sorted(sheet.hidden_columns) if position < width]
    if sheet.hidden_rows:
        yield f"{sheet.hidden_rows} hidden or filtered rows are read like the others: delete them if they are not meant"
    if columns:
        yield f"hidden columns are read like the others, {', '.join(columns)}: delete them if they are not meant"


def _unread(others: Iterator[Sheet], read: Sheet) -> Iterator[str]:
    """Yields warnings that name the visible sheets that are not read.

    Raises InvalidSpreadsheet for a sheet that contains drivers.
    """
    names = []
    for sheet in others:
        headings = next(_filled(sheet), (0, []))[1]
        columns = {column for heading in headings if isinstance(heading, str) and (column := recognised(heading))}
        if len(columns) > 1 and columns & {Column.NAME, Column.TAG, Column.EXTERNAL_ID, Column.DRIVER_ID}:
            sentence = (
                f'sheet "{sheet.name}" holds drivers, and only sheet "{read.name}" is read: move its rows there, or '
                "hide or delete it"
            )
            raise InvalidSpreadsheet(Problem(None, None, sentence))
        if headings:
            names.append(shown(sheet.name))
    if names:
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield f"other sheets are not read: {', '.join(names[:NAMED])}{more}"
