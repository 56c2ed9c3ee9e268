"""Workbooks: Excel's xlsx, xlsm, xlsb and xls, and OpenDocument's ods; the first visible sheet that holds something."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from .problems import InvalidSpreadsheet, Problem
from .tables import Cell, Table, Unread, table

ZIP, COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""What the files of newer and of older workbooks begin with."""
MAX_UNPACKED = 1 << 30
MAX_CELLS = 30_000_000
FIRST_DAYS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""Day 0 by whether the workbook counts from 1904; of the others, so that days from March 1900 on are right."""

_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^<>]*\bdate1904=[\"'](?:1|true|on)[\"']")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^<>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b[^<>]*>")
_ATTRIBUTE = re.compile(rb"([\w:]+)=[\"']([^\"']*)[\"']")
_FAILED = re.compile(rb"<(?:\w+:)?c\b[^<>]*\bt=[\"']e[\"'][^<>]*>")
_BROKEN = (zipfile.BadZipFile, zlib.error, RuntimeError)
"""What a damaged or locked package raises."""
_CHUNK = 1 << 20


def is_workbook(raw: bytes) -> bool:
    return raw.startswith((ZIP, COMPOUND))


def read_workbook(raw: bytes) -> Table:
    """The table of the workbook's first sheet with something in it. Raises InvalidSpreadsheet."""
    package = _package(raw) if raw.startswith(ZIP) else None
    try:
        with CalamineWorkbook.from_object(io.BytesIO(raw)) as workbook:
            index, sheet = _sheet(workbook)
            if package is not None:
                _refuse_failed_formulas(package, index, sheet.name)
            first_day = _first_day(package) if package is not None else None
            return table(_numbered(sheet), f'sheet "{sheet.name}" of a workbook', first_day)
    except (CalamineError, *_BROKEN, KeyError) as error:
        sentence = f"the workbook cannot be read ({error}): save it anew as .xlsx, without a password"
        raise InvalidSpreadsheet(Problem(None, None, sentence)) from None


def _package(raw: bytes) -> zipfile.ZipFile:
    try:
        package = zipfile.ZipFile(io.BytesIO(raw))
    except _BROKEN:
        raise InvalidSpreadsheet(Problem(None, None, "the workbook is damaged or cut short: send it again")) from None
    if sum(each.file_size for each in package.infolist()) > MAX_UNPACKED:
        raise InvalidSpreadsheet(Problem(None, None, "the workbook unpacks to more than 1 GB: split it"))
    return package


def _sheet(workbook: CalamineWorkbook) -> tuple[int, CalamineSheet]:
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ is SheetTypeEnum.WorkSheet and about.visible is SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_index(index)
            if sheet.total_height * sheet.total_width > MAX_CELLS:
                sentence = f'sheet "{sheet.name}" reaches over more than {MAX_CELLS:,} cells: delete what lies far out'
                raise InvalidSpreadsheet(Problem(None, None, sentence))
            if sheet.start is not None:
                return index, sheet
    raise InvalidSpreadsheet(Problem(None, None, "the workbook holds no visible sheet with anything in it"))


def _numbered(sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    """The rows, from the sheet's first; they come without the blank columns on their left."""
    left: list[Cell] = [None] * (sheet.start or (0, 0))[1]
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, [*left, *map(_cell, cells)]


def _cell(value: str | float | bool | date | time | timedelta) -> Cell:
    if isinstance(value, time | timedelta):
        return Unread(f"is a time without a day, {value}: write 2026-12-31, or 2026-12-31 17:00")
    return None if value == "" else value


def _first_day(package: zipfile.ZipFile) -> date | None:
    if "xl/workbook.xml" not in package.namelist():
        return None
    return FIRST_DAYS[_1904.search(package.read("xl/workbook.xml")) is not None]


def _refuse_failed_formulas(package: zipfile.ZipFile, index: int, name: str) -> None:
    """A formula that failed (#N/A, #REF!) reads like a blank cell, and a blank cell can take rights away."""
    part = _part_of(package, index)
    if part is None:
        return
    with package.open(part) as stream:
        before = b""
        while chunk := stream.read(_CHUNK):
            found = _FAILED.search(before + chunk)
            if found:
                cell = dict(_ATTRIBUTE.findall(found[0])).get(b"r", b"?").decode()
                sentence = f'cell {cell} of sheet "{name}" shows an error of a formula, such as #N/A: mend it'
                row = int(re.sub(r"\D", "", cell) or 0)
                raise InvalidSpreadsheet(Problem(row or None, None, sentence))
            before = chunk[-1000:]


def _part_of(package: zipfile.ZipFile, index: int) -> str | None:
    """The file in the package that holds that sheet of an xlsx."""
    names = package.namelist()
    if "xl/workbook.xml" not in names or "xl/_rels/workbook.xml.rels" not in names:
        return None
    sheets = _SHEET.findall(package.read("xl/workbook.xml"))
    relations = {}
    for each in _RELATION.findall(package.read("xl/_rels/workbook.xml.rels")):
        attributes = dict(_ATTRIBUTE.findall(each))
        relations[attributes.get(b"Id")] = attributes.get(b"Target", b"").decode()
    wanted = {name.rpartition(b":")[2]: value for name, value in _ATTRIBUTE.findall(sheets[index])}.get(b"id")
    target = relations.get(wanted, "").removeprefix("/xl/").removeprefix("xl/")
    return f"xl/{target}" if f"xl/{target}" in names else None
