"""Excel workbooks, xlsx and xlsm: their parts, styles and shared texts."""

from __future__ import annotations

from datetime import date

from .number_formats import Format, built_in, number_format
from .packages import Package, beside, ignore, local_name
from .problems import InvalidSpreadsheet, Problem
from .sheets import Book, Sheet
from .xlsx_rows import TRUE, SheetRows, WorkbookData
from .xlsx_texts import Text

FIRST_DAYS = {False: date(1899, 12, 30), True: date(1904, 1, 1)}
"""Day 0 by whether the workbook counts from 1904. The other is correct for days from March 1900 on."""

_ROOT = "_rels/.rels"


def is_xlsx(package: Package) -> bool:
    return _main_part(package) is not None


def read_xlsx(package: Package) -> Book:
    """Reads the workbook of the package.

    Raises InvalidSpreadsheet, also while its sheets are read.
    """
    main = _main_part(package) or ""
    if main.casefold().endswith(".bin"):
        raise InvalidSpreadsheet(Problem(None, None, "workbooks of the kind .xlsb are not read: save it as .xlsx"))
    return _Workbook(package, main).book()


def _main_part(package: Package) -> str | None:
    if not package.holds(_ROOT):
        return None
    relations = (values for _, values in package.attributes(_ROOT, "Relationship"))
    targets = [
        relation.get("Target", "") for relation in relations if relation.get("Type", "").endswith("/officeDocument")
    ]
    return beside("", targets[0]) if targets and package.holds(beside("", targets[0])) else None


class _Workbook:
    def __init__(self, package: Package, main: str) -> None:
        self._package = package
        folder, _, name = main.rpartition("/")
        self._parts: dict[str, tuple[str, str]] = {}
        for _, values in package.attributes(f"{folder}/_rels/{name}.rels".lstrip("/"), "Relationship"):
            kind = values.get("Type", "").rpartition("/")[2]
            self._parts[values.get("Id", "")] = kind, beside(main, values.get("Target", ""))
        self._visible: list[tuple[str, str]] = []
        from_1904, uncalculated = False, False
        for element, values in package.attributes(main, "sheet", "workbookPr", "calcPr"):
            if element == "workbookPr":
                from_1904 = values.get("date1904") in TRUE
            elif element == "calcPr":
                uncalculated = values.get("fullCalcOnLoad") in TRUE
            elif values.get("state", "visible") == "visible":
                kind, part = self._parts.get(values.get("id", ""), ("", ""))
                if kind in ("worksheet", ""):
                    self._visible.append((values.get("name", "?"), part))
        self._shared = WorkbookData(self._texts(), self._formats(), FIRST_DAYS[from_1904], uncalculated)

    def book(self) -> Book:
        return Book((self._sheet(*sheet) for sheet in self._visible), self._shared.first_day)

    def _sheet(self, name: str, part: str) -> Sheet:
        sheet = Sheet(name)
        sheet.rows = SheetRows(self._shared, sheet).read(self._package, part)
        return sheet

    def _part(self, kind: str) -> str | None:
        named = (part for part_kind, part in self._parts.values() if part_kind == kind)
        return next((part for part in named if self._package.holds(part)), None)

    def _formats(self) -> list[Format]:
        """Returns the number format of each cell style."""
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
        """Returns the texts that cells share."""
        part = self._part("sharedStrings")
        if part is None:
            return []
        gatherer = Text()
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
