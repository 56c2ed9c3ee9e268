"""Drivers with their tags and rights as a CSV file or an Excel workbook.

`table` recognizes the kind of file, `understand` parses its rows, `plan` works out their effect on a network;
`write_csv` and `write_xlsx` write a network's drivers so that importing the file changes nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import date
from typing import BinaryIO

import xlsxwriter  # type: ignore[import-untyped]

from ...rights.errors import InvalidInput
from ...rights.model import Driver
from ...rights.network import Network
from ...rights.permissions import Scope
from ..collector import collector_paused
from .columns import Column, heading
from .csv_tables import guarded, read_csv
from .identify import Mode
from .planning import Ids, ImportPlan, plan
from .problems import InvalidSpreadsheet, Problem, Problems
from .rows import Rows, understand
from .sheet import Cells, DriverRows, Written
from .tables import Table
from .workbooks import is_workbook, read_workbook

__all__ = [
    "Ids",
    "ImportPlan",
    "InvalidSpreadsheet",
    "Mode",
    "Problem",
    "Problems",
    "Rows",
    "Table",
    "plan",
    "seen_drivers",
    "table",
    "understand",
    "write_csv",
    "write_xlsx",
]

Progress = Callable[[int], None]

WORKBOOK_ROWS = 1_048_576
EXCEL_YEARS = range(1901, 9999)
WIDTHS = {Column.NAME: 26, Column.TAG: 20, Column.SITES: 40, Column.CHARGERS: 30, Column.GROUPS: 24}
DEFAULT_WIDTH = 15
DATES = (Column.STARTS, Column.EXPIRES)


class TooManyRows(InvalidInput):
    """Rejection of an export with more drivers than a workbook can contain."""


def table(raw: bytes) -> Table:
    """Reads the file's table.

    Its `read_as` says how the file was understood, such as `CSV in UTF-8, separated by semicolons`.

    Raises:
        InvalidSpreadsheet: no row can be read.
    """
    with collector_paused():
        return read_workbook(raw) if is_workbook(raw) else read_csv(raw)


def seen_drivers(network: Network, scope: Scope) -> Iterator[Driver]:
    """Yields the drivers that an operator of that scope sees, by id."""
    return (
        network.drivers[driver_id]
        for driver_id in sorted(network.drivers)
        if scope.can_see_driver(network.drivers[driver_id])
    )


def write_csv(network: Network, scope: Scope, file: BinaryIO, progress: Progress = lambda count: None) -> None:
    """Writes the drivers of the scope as CSV, in UTF-8 with a byte order mark."""
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([heading(column) for column in Column])
    sheet = DriverRows(network, scope)
    for driver in seen_drivers(network, scope):
        for cells in sheet.rows(driver):
            writer.writerow([_csv_text(cells.get(column)) for column in Column])
        progress(1)
    text.detach()


def write_xlsx(network: Network, scope: Scope, file: BinaryIO, progress: Progress = lambda count: None) -> None:
    """Writes the drivers of the scope as a workbook, row by row.

    All columns but dates are texts, so that Excel keeps what people type into them.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as workbook:
        page = workbook.add_worksheet("Drivers")
        bold, text = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "@"})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        for position, column in enumerate(Column):
            page.set_column(position, position, WIDTHS.get(column, DEFAULT_WIDTH), day if column in DATES else text)
            page.write_string(0, position, heading(column), bold)
        page.freeze_panes(1, 1)
        sheet = DriverRows(network, scope)
        row = 1
        for driver in seen_drivers(network, scope):
            for cells in sheet.rows(driver):
                if row == WORKBOOK_ROWS:
                    raise TooManyRows(f"a workbook holds {WORKBOOK_ROWS:,} rows, and the drivers need more: take a CSV")
                _write_row(page, row, cells, text, day)
                row += 1
            progress(1)
        page.autofilter(0, 0, row - 1, len(Column) - 1)


_POSITIONS = {column: position for position, column in enumerate(Column)}


def _write_row(page: xlsxwriter.worksheet.Worksheet, row: int, cells: Cells, text: object, day: object) -> None:
    for column, value in cells.items():
        position = _POSITIONS[column]
        if isinstance(value, date) and value.year in EXCEL_YEARS:
            page.write_datetime(row, position, value, day)
        else:
            page.write_string(row, position, str(value), text)


def _csv_text(value: Written) -> str:
    return "" if value is None else guarded(str(value))
