"""CSV as Excel and other programs write it.

The encoding and the delimiter are detected, and formulas are prevented from running: a text that a spreadsheet would
run as a formula is written with an apostrophe before it, which reading removes again. (A workbook needs none: its
texts are marked as texts.) `="0421"` is the text 0421, which Excel then keeps; the value of any other formula is not
in the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from .columns import recognised
from .problems import InvalidSpreadsheet, Problem, shown
from .tables import Cell, Table, Unread, table

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_SAID = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"
_runs = re.compile(f"'*{_FORMULA}").match
_guarded = re.compile(f"'+{_FORMULA}").match
_is_text = re.compile(r'=\s*"((?:[^"]|"")*)"\s*').fullmatch
_NUMBER_OF_NULS_IN_UTF16 = 0.3


def guarded(text: str) -> str:
    """Returns the text in a form that no spreadsheet runs as a formula."""
    return f"'{text}" if _runs(text) else text


def unguarded(text: str) -> str:
    """Undoes `guarded`."""
    return text[1:] if _guarded(text) else text


def read_cell(text: str) -> Cell:
    """Returns what a spreadsheet shows for the text of a CSV cell."""
    formula = text.strip()
    if not formula.startswith("="):
        return unguarded(text)
    kept = _is_text(formula)
    if kept is None:
        return Unread(f"is a formula, {shown(formula)}: write the value that it has")
    return kept[1].replace('""', '"')


def read_csv(raw: bytes) -> Table:
    """Reads the table of a CSV. Raises InvalidSpreadsheet."""
    text, encoding = _decoded(raw)
    if text.lstrip().startswith("<"):
        sentence = "the file is a page or XML, whatever its name says: open it in a spreadsheet and save it as .xlsx"
        raise InvalidSpreadsheet(Problem(None, None, sentence))
    first, _, rest = text.partition("\n")
    declared = _SAID.fullmatch(first)
    delimiter = declared[1] if declared else _delimiter(text)
    lines = _records(rest if declared else text, delimiter, 2 if declared else 1)
    return table(lines, f"CSV in {encoding}, separated by {DELIMITERS.get(delimiter, delimiter)}")


def _decoded(raw: bytes) -> tuple[str, str]:
    for mark, codec, name in _ENCODINGS:
        if raw.startswith(mark):
            return _decode(raw, codec, name), name
    start = raw[:4096]
    if start.count(0) > len(start) * _NUMBER_OF_NULS_IN_UTF16:
        codec = "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"
        return _decode(raw, codec, "UTF-16"), "UTF-16 (assumed, it has no mark)"
    try:
        return raw.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _decode(raw, "cp1252", "UTF-8 nor in Windows-1252"), "Windows-1252 (assumed, it is not UTF-8)"


def _decode(raw: bytes, codec: str, name: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        sentence = f'the text is not in {name}, see byte {error.start}: save it as "CSV UTF-8" or as an Excel workbook'
        raise InvalidSpreadsheet(Problem(None, None, sentence)) from None


def _delimiter(text: str) -> str:
    """Returns the delimiter that makes the most known headings of the first row.

    List cells contain semicolons, and names contain commas.
    """
    first = io.StringIO(text.lstrip()[:100_000])

    def known(delimiter: str) -> tuple[int, int]:
        first.seek(0)
        try:
            headings = next(csv.reader(first, delimiter=delimiter), [])
        except csv.Error:
            headings = []
        return sum(recognised(heading) is not None for heading in headings), len(headings)

    return max(DELIMITERS, key=known)


def _records(text: str, delimiter: str, first: int) -> Iterator[tuple[int, list[Cell]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = first - 1
    try:
        for number, record in enumerate(reader, first):
            yield number, [read_cell(cell) for cell in record]
    except csv.Error as error:
        sentence = f"the row is not CSV ({error}): check the quotes in it and in the row before"
        raise InvalidSpreadsheet(Problem(number + 1, None, sentence)) from None
