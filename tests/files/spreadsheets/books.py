"""Workbooks of every kind with the cells that libraries do not write: failed formulas, merged cells, odd formats."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from struct import pack
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

import xlwt

Rows = Sequence[Sequence[Any]]


class Formula(NamedTuple):
    """A formula of which no program has kept a result; with `zero` or `false`, one that Excel is still to calculate."""

    text: str
    zero: bool = False
    false: bool = False


class Array(NamedTuple):
    """The first of cells that one formula fills, with its result; of the others the file has none. xls only."""

    text: str
    rows: int


class Failed(NamedTuple):
    """A cell that shows an error."""

    error: str


class Formatted(NamedTuple):
    """A number, or a text, in a format of its own, and what that shows of it."""

    number: float | str
    code: str
    shown: str


class Merged(NamedTuple):
    """The first of cells that are merged, as far down and to the right."""

    value: Any
    rows: int = 1
    columns: int = 1


class Sheet(NamedTuple):
    name: str
    rows: Rows
    hidden: bool = False
    hidden_rows: Sequence[int] = ()
    hidden_columns: Sequence[int] = ()


Kind = Callable[..., bytes]


def zipped(parts: dict[str, str], first: tuple[str, str] | None = None) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as package:
        if first is not None:
            package.writestr(*first, compress_type=zipfile.ZIP_STORED)
        for name, text in parts.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return content.getvalue()


# -- xlsx ---------------------------------------------------------------------------------------------

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACK = "http://schemas.openxmlformats.org/package/2006/relationships"


def xlsx(*sheets: Sheet | Rows, cells: str | None = None, more: dict[str, str] | None = None) -> bytes:
    """A workbook as Excel writes it, with texts in the table of shared ones; `cells` is XML of rows instead."""
    codes: list[str] = ["General"]
    texts: list[str] = []
    named = [each if isinstance(each, Sheet) else Sheet("Drivers", each) for each in sheets or [Sheet("Drivers", [])]]
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{PACK}"><Relationship Id="r" Type="{REL}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    }
    calculate = False
    for number, sheet in enumerate(named, 1):
        merged: list[str] = []
        lines = []
        for row, values in enumerate(sheet.rows, 1):
            hidden = ' hidden="1"' if row in sheet.hidden_rows else ""
            found = "".join(_xlsx_cell(row, column, each, codes, texts, merged) for column, each in enumerate(values))
            calculate = calculate or any(isinstance(each, Formula) and (each.zero or each.false) for each in values)
            lines.append(f'<row r="{row}"{hidden}>{found}</row>')
        columns = "".join(f'<col min="{each + 1}" max="{each + 1}" hidden="1"/>' for each in sheet.hidden_columns)
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{MAIN}">{columns and f"<cols>{columns}</cols>"}'
            f"<sheetData>{cells if cells is not None else ''.join(lines)}</sheetData>"
            + (f"<mergeCells>{''.join(merged)}</mergeCells>" if merged else "")
            + "</worksheet>"
        )
    places = "".join(
        f'<sheet name={quoteattr(each.name)} sheetId="{i}" r:id="s{i}"{" state=" + quoteattr("hidden") * each.hidden}/>'
        if each.hidden
        else f'<sheet name={quoteattr(each.name)} sheetId="{i}" r:id="s{i}"/>'
        for i, each in enumerate(named, 1)
    )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets>{places}</sheets>'
        f"{'<calcPr fullCalcOnLoad=' + quoteattr('1') + '/>' if calculate else ''}</workbook>"
    )
    targets = "".join(
        f'<Relationship Id="s{i}" Type="{REL}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(named) + 1)
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{PACK}">{targets}'
        f'<Relationship Id="t" Type="{REL}/sharedStrings" Target="/xl/sharedStrings.xml"/>'
        f'<Relationship Id="f" Type="{REL}/styles" Target="styles.xml"/></Relationships>'
    )
    parts["xl/sharedStrings.xml"] = (
        f'<sst xmlns="{MAIN}">{"".join(f"<si><t>{escape(each)}</t></si>" for each in texts)}</sst>'
    )
    formats = "".join(f'<numFmt numFmtId="{164 + i}" formatCode={quoteattr(each)}/>' for i, each in enumerate(codes))
    styles = "".join(f'<xf numFmtId="{164 + i}"/>' for i in range(len(codes)))
    parts["xl/styles.xml"] = (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{formats}</numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs>'
        f"<cellXfs>{styles}</cellXfs></styleSheet>"
    )
    return zipped({**parts, **(more or {})})


def _xlsx_cell(row: int, column: int, value: Any, codes: list[str], texts: list[str], merged: list[str]) -> str:
    at = f"{chr(65 + column)}{row}"
    if isinstance(value, Merged):
        merged.append(f'<mergeCell ref="{at}:{chr(64 + column + value.columns)}{row + value.rows - 1}"/>')
        value = value.value
    if value is None:
        return ""
    if isinstance(value, Formula):
        kept = "<v>0</v>" if value.zero or value.false else ""
        return f'<c r="{at}"{" t=" + quoteattr("b") if value.false else ""}><f>{escape(value.text)}</f>{kept}</c>'
    if isinstance(value, Failed):
        return f'<c r="{at}" t="e"><f>X()</f><v>{value.error}</v></c>'
    if isinstance(value, date):
        value = Formatted((value - date(1899, 12, 30)).days, "yyyy\\-mm\\-dd", "")
    if isinstance(value, Formatted) and isinstance(value.number, str):
        codes.append(value.code)
        return f'<c r="{at}" s="{len(codes) - 1}" t="s"><v>{_shared(value.number, texts)}</v></c>'
    if isinstance(value, Formatted):
        codes.append(value.code)
        return f'<c r="{at}" s="{len(codes) - 1}"><v>{value.number!r}</v></c>'
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{value:d}</v></c>'
    if isinstance(value, str):
        return f'<c r="{at}" t="s"><v>{_shared(value, texts)}</v></c>'
    return f'<c r="{at}"><v>{value!r}</v></c>'


def _shared(text: str, texts: list[str]) -> int:
    texts.append(re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text))
    return len(texts) - 1


# -- ods ----------------------------------------------------------------------------------------------

URN = "urn:oasis:names:tc:opendocument:xmlns:"
CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
SPACES = (
    f'xmlns:office="{URN}office:1.0" xmlns:table="{URN}table:1.0" xmlns:text="{URN}text:1.0" '
    f'xmlns:style="{URN}style:1.0" xmlns:calcext="{CALC}"'
)


def ods(*sheets: Sheet | Rows, cells: str | None = None) -> bytes:
    """A workbook as LibreOffice writes it; `cells` is XML of rows instead."""
    tables = []
    for sheet in (each if isinstance(each, Sheet) else Sheet("Drivers", each) for each in sheets or [[]]):
        columns = "".join(
            f"<table:table-column{_folded(i in sheet.hidden_columns)}/>"
            for i in range(max(map(len, sheet.rows), default=1))
        )
        rows = "".join(
            f"<table:table-row{_folded(row in sheet.hidden_rows)}>{''.join(map(_ods_cell, values))}</table:table-row>"
            for row, values in enumerate(sheet.rows, 1)
        )
        tables.append(
            f'<table:table table:name={quoteattr(sheet.name)} table:style-name="{"no" if sheet.hidden else "yes"}">'
            f"{columns}{rows if cells is None else cells}</table:table>"
        )
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>"
        '<style:style style:name="yes"><style:table-properties table:display="true"/></style:style>'
        '<style:style style:name="no"><style:table-properties table:display="false"/></style:style>'
        f"</office:automatic-styles><office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    return zipped({"content.xml": content}, ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"))


def _folded(hidden: bool) -> str:
    return ' table:visibility="collapse"' if hidden else ""


def _ods_cell(value: Any) -> str:
    more = ""
    if isinstance(value, Merged):
        more = f' table:number-rows-spanned="{value.rows}" table:number-columns-spanned="{value.columns}"'
        value = value.value
    if value is None:
        return f"<table:table-cell{more}/>"
    if isinstance(value, Formula):
        zero = ' office:value-type="float" office:value="0"' if value.zero else ""
        zero = ' office:value-type="boolean" office:boolean-value="false"' if value.false else zero
        return f"<table:table-cell{more} table:formula={quoteattr('of:=' + value.text)}{zero}/>"
    if isinstance(value, Failed):
        return (
            f'<table:table-cell{more} table:formula="of:=X()" office:value-type="string" office:string-value="" '
            f'calcext:value-type="error"><text:p>{value.error}</text:p></table:table-cell>'
        )
    if isinstance(value, bool):
        kind, shown = f'boolean" office:boolean-value="{str(value).lower()}', str(value).upper()
    elif isinstance(value, date):
        kind, shown = f'date" office:date-value="{value.isoformat()}', value.strftime("%d.%m.%y")
    elif isinstance(value, Formatted):
        kind, shown = f'float" office:value="{value.number!r}', value.shown
        if re.search("[ymd]", re.sub('"[^"]*"', "", value.code)):
            kind = f'date" office:date-value="{date.fromordinal(693594 + int(value.number)).isoformat()}'
    elif isinstance(value, str):
        kind, shown = "string", value
    else:
        kind, shown = f'float" office:value="{value!r}', f"{value:g}" if abs(value) < 1e6 else str(value)
    return f'<table:table-cell{more} office:value-type="{kind}"><text:p>{escape(shown)}</text:p></table:table-cell>'


# -- xls ----------------------------------------------------------------------------------------------

ERRORS = {"#NULL!": 0, "#DIV/0!": 7, "#VALUE!": 15, "#REF!": 23, "#NAME?": 29, "#NUM!": 36, "#N/A": 42}


def xls(*sheets: Sheet | Rows) -> bytes:
    """A workbook as Excel wrote it before 2007."""
    book = xlwt.Workbook()
    for sheet in (each if isinstance(each, Sheet) else Sheet("Drivers", each) for each in sheets):
        page = book.add_sheet(sheet.name)
        page.visibility = int(sheet.hidden)
        for row, values in enumerate(sheet.rows):
            for column, value in enumerate(values):
                _put_xls(page, row, column, value)
            page.row(row).hidden = row + 1 in sheet.hidden_rows
        for column in sheet.hidden_columns:
            page.col(column).hidden = True
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _put_xls(page: Any, row: int, column: int, value: Any) -> None:
    style = xlwt.XFStyle()
    if isinstance(value, Merged):
        page.merge(row, row + value.rows - 1, column, column + value.columns - 1)
        value = value.value
    if isinstance(value, Failed):
        page.row(row).set_cell_error(column, ERRORS[value.error])
    elif isinstance(value, Formula):
        page.row(row).insert_cell(column, _XlsFormula(row, column, value))
    elif isinstance(value, Array):
        page.row(row).insert_cell(column, _XlsArray(row, column, value))
    elif isinstance(value, date):
        style.num_format_str = "yyyy-mm-dd"
        page.write(row, column, value, style)
    elif isinstance(value, Formatted):
        style.num_format_str = value.code
        page.write(row, column, value.number, style)
    elif value is not None:
        page.write(row, column, value)


class _XlsFormula:
    """The record of a formula, with what programs that do not calculate write for a result."""

    def __init__(self, row: int, column: int, formula: Formula) -> None:
        result = bytes(8) if formula.zero else bytes((1 if formula.false else 3, 0, 0, 0, 0, 0, 255, 255))
        tokens = xlwt.Formula(formula.text).rpn()
        data = pack("<3H8sHL", row, column, 0x0F, result, 2 if formula.zero or formula.false else 0, 0) + tokens
        self._record = pack("<2H", 6, len(data)) + data

    def get_biff_data(self) -> bytes:
        return self._record


class _XlsArray:
    """The records of an array formula with a text for a result, as Excel writes them for its first cell."""

    def __init__(self, row: int, column: int, array: Array) -> None:
        data = pack("<3H8sHL", row, column, 0x0F, b"\0\0\0\0\0\0\xff\xff", 0, 0) + pack("<H", 5)
        data += pack("<B2H", 1, row, column)  # a token that points to the formula in the next record
        area = pack("<2H2B", row, row + array.rows - 1, column, column)
        tokens = xlwt.Formula("A1").rpn()
        formula = area + pack("<HL", 0, 0) + tokens
        text = pack("<HB", len(array.text), 0) + array.text.encode("latin-1")
        records = ((0x0006, data), (0x0221, formula), (0x0207, text))
        self._records = b"".join(pack("<2H", kind, len(each)) + each for kind, each in records)

    def get_biff_data(self) -> bytes:
        return self._records


KINDS: dict[str, Kind] = {"xlsx": xlsx, "ods": ods, "xls": xls}
