"""Whatever a workbook is made of, and however it is damaged: what a cell shows is read, or the file is refused."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargerights.files.spreadsheets import tables
from chargerights.files.spreadsheets.drivers_file import InvalidSpreadsheet, Problems, table, understand
from tests.files.spreadsheets.books import KINDS, Failed, Formatted, Formula, Merged, xls

UNREAD = object()
"""What is expected of a cell that shows something whose value is not in the file."""
BLANK = [(None, None), (" ", None), ("\u00a0", None), (Merged(None, 2), None)]

texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=("C", "Z")), min_size=1)
digits = st.integers(0, 9999)
cells = st.one_of(
    st.sampled_from(BLANK),
    texts.map(lambda text: (text, text)),
    st.sampled_from(["_x0041_", "<v>", "]]>", "&amp;", "=1+1", "'x", "null"]).map(lambda text: (text, text)),
    st.integers(-999_999, 999_999).map(lambda number: (number, number)),
    st.booleans().map(lambda truth: (truth, truth)),
    st.dates(date(1901, 1, 1), date(2100, 1, 1)).map(lambda day: (day, day)),
    digits.map(lambda number: (Formatted(number, "00000", f"{number:05}"), tables.Formatted(number, f"{number:05}"))),
    digits.map(lambda number: (Formatted(number, '"T"0', f"T{number}"), tables.Formatted(number, None))),
    st.sampled_from([Formula("1+1"), Failed("#N/A"), Failed("#REF!")]).map(lambda cell: (cell, UNREAD)),
    texts.map(lambda text: (Merged(text, 2), text)),
)
grids = st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=5)


def expected(grid: list[list[tuple[Any, Any]]]) -> dict[tuple[int, int], Any]:
    """What each cell that shows something must be read as, by row and column."""
    found = {}
    for row, values in enumerate(grid, 2):
        for column, (written, shown) in enumerate(values):
            if shown is not None:
                found[row, column] = UNREAD if (row, column) in found else shown
            if isinstance(written, Merged) and shown is not None:
                found[row + 1, column] = UNREAD
    return found


def apart(grid: list[list[tuple[Any, Any]]]) -> list[list[tuple[Any, Any]]]:
    """The grid without cells that are merged with others that are merged, which no program writes."""
    for above, below in pairwise(grid):
        for column, (written, _) in enumerate(above):
            if isinstance(written, Merged):
                below[column] = (None, None)
    return grid


@pytest.mark.parametrize("kind", sorted(KINDS))
@settings(max_examples=60)
@given(grids.map(apart))
def test_every_cell_is_read_as_what_it_shows_or_known_not_to_be_readable(
    kind: str, grid: list[list[tuple[Any, Any]]]
) -> None:
    rows = [["Name", "RFID tag", "External id"], *([written for written, _ in row] for row in grid)]
    found = table(KINDS[kind](rows))
    read = {(row, column): each for row, values in found.rows for column, each in enumerate(values) if each is not None}
    shown = expected(grid)
    assert read.keys() == shown.keys()
    for at, each in read.items():
        if shown[at] is UNREAD:
            assert isinstance(each, tables.Unread)
        else:
            assert each == shown[at]
            assert isinstance(each, tables.Formatted) == isinstance(shown[at], tables.Formatted)


ROWS = [
    ["Name", "RFID tag", "External id", "Site access", "Expiration date", "Blocked"],
    ["Ada", "04AB", 421, "Depot", date(2027, 12, 31), True],
    ["Bea", Formatted(421, "0000", "0421"), "E-2", None, "2027-12-31", "no"],
    ["Cat & <co>", "  04 ", 1.5, Merged("Depot; Office", 2), date(2026, 1, 1), Failed("#N/A")],
]
PARTS = {
    "xlsx": ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/workbook.xml", "_rels/.rels"],
    "ods": ["content.xml"],
}


def damaged(dice: random.Random, content: bytes) -> bytes:
    found = bytearray(content)
    for _ in range(dice.randint(1, 3)):
        at, length = dice.randrange(len(found)), dice.randint(1, 30)
        match dice.randrange(4):
            case 0:
                found[at] = dice.choice(b'<>/="0123456789abcrstvnfe &;!-[]')
            case 1:
                found[at] = dice.randrange(256)
            case 2:
                del found[at : at + length]
            case _:
                start = dice.randrange(len(found))
                found[at:at] = found[start : start + length]
    return bytes(found)


def with_part(raw: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The package with that part changed, and sound sums."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as before, zipfile.ZipFile(content, "w") as after:
        for each in before.namelist():
            after.writestr(each, change(before.read(each)) if each == name else before.read(each))
    return content.getvalue()


@given(st.randoms(use_true_random=False), st.sampled_from([(kind, part) for kind in PARTS for part in PARTS[kind]]))
@settings(max_examples=300)
def test_damaged_xml_in_a_workbook_is_read_or_refused_in_words(dice: random.Random, where: tuple[str, str]) -> None:
    kind, part = where
    raw = with_part(KINDS[kind](ROWS), part, lambda content: damaged(dice, content))
    with suppress(InvalidSpreadsheet):
        understand(table(raw), Problems())


@given(st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_a_damaged_workbook_of_before_2007_is_read_or_refused_in_words(dice: random.Random) -> None:
    raw = bytearray(xls(ROWS))
    for _ in range(dice.randint(1, 6)):
        raw[dice.randrange(8, len(raw))] = dice.randrange(256)
    with suppress(InvalidSpreadsheet):
        understand(table(bytes(raw)), Problems())


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        ("xl/workbook.xml", b"UTF-8", b"UTF-9"),
        ("xl/worksheets/sheet1.xml", b"UTF-8", b"latin-0"),
        ("xl/worksheets/sheet1.xml", b"</row>", b"</raw>"),
        ("xl/worksheets/sheet1.xml", b"<row ", b"<roww "),
        ("xl/worksheets/sheet1.xml", b"row", b"roww"),
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b'<sheetData><c r="A9" t="str"><v>lost</v></c>'),
        ("xl/worksheets/sheet1.xml", b"<sheetData>", b'<sheetData xmlns="other">'),
        ("xl/_rels/workbook.xml.rels", b"sheet1.xml", b"sheet9.xml"),
        ("xl/workbook.xml", b"<sheets>", b"<sheats>"),
    ],
)
def test_what_was_found_by_damaging_files_is_refused(part: str, before: bytes, after: bytes) -> None:
    raw = with_part(KINDS["xlsx"](ROWS), part, lambda content: content.replace(before, after))
    with pytest.raises(InvalidSpreadsheet):
        table(raw)
