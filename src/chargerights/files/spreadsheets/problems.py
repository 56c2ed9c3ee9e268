"""Errors and warnings about a spreadsheet, with their cells, limited in number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...rights.errors import InvalidInput

MAX_KEPT = 1_000
"""Maximum number of errors, and of warnings, that are kept; further ones are only counted."""
CELLS_NAMED = 5
"""Number of cells that a problem names when more cells share it."""
MAX_SHOWN = 60

_is_letters = re.compile("[A-Z]{1,3}").fullmatch
_is_plain = re.compile(r"[^\W\d]\w*").fullmatch


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence with its row, column heading and cell.

    A problem that several cells of a column share is listed once: `cells` are the first few, `count` is the number of
    all.
    """

    row: int | None
    column: str | None
    message: str
    cell: str | None = None
    count: int = 1
    cells: tuple[str, ...] = ()

    def __str__(self) -> str:
        rest = f" and {self.count - len(self.cells)} more" if self.count > len(self.cells) > 0 else ""
        if self.cells:
            place = ", ".join(self.cells) + rest + (f" ({self.column})" if self.column else "")
        else:
            place = " ".join(
                part for part in (self.row and f"row {self.row}", self.column and f"column {self.column}") if part
            )
        return f"{place}: {self.message}" if place else self.message


class CellError(InvalidInput):
    """An invalid value in a cell.

    The reader of the cell adds its position.
    """


class InvalidSpreadsheet(InvalidInput):
    """A file of which no row can be read."""

    def __init__(self, *problems: Problem, sheet: str | None = None) -> None:
        self.problems, self.sheet = problems, sheet
        super().__init__("; ".join(map(str, problems)))


class _Group:
    """The places of one problem: their number, and the first of them."""

    __slots__ = ("count", "rows")

    def __init__(self) -> None:
        self.count = 0
        self.rows: list[int] = []

    def add(self, row: int | None) -> None:
        self.count += 1
        if row is not None:
            self.rows.append(row)
            self.rows.sort()
            del self.rows[CELLS_NAMED:]

    @property
    def first_row(self) -> int:
        return self.rows[0] if self.rows else 0


@dataclass(slots=True)
class ProblemList:
    """Errors or warnings: the first ones in the order of rows, and their number."""

    sheet: str | None = None
    letters: dict[str, str] = field(default_factory=dict)
    """The column letters by heading."""
    count: int = 0
    _groups: dict[tuple[str | None, str], _Group] = field(default_factory=dict)

    def add(self, row: int | None, column: str | None, message: str) -> None:
        self.count += 1
        self._groups.setdefault((column, message), _Group()).add(row)
        if len(self._groups) > 2 * MAX_KEPT:
            self._groups = dict(self._sorted()[:MAX_KEPT])

    @property
    def first(self) -> list[Problem]:
        return [self._problem(*key, group) for key, group in self._sorted()[:MAX_KEPT]]

    def _sorted(self) -> list[tuple[tuple[str | None, str], _Group]]:
        return sorted(self._groups.items(), key=lambda each: each[1].first_row)

    def _problem(self, column: str | None, message: str, group: _Group) -> Problem:
        letters = self.letters.get(column or "", column or "")
        cells = tuple(cell_name(self.sheet, letters, row) for row in group.rows if _is_letters(letters))
        first = cells[0] if cells else None
        return Problem(group.first_row or None, column, message, first, group.count, cells)


@dataclass(slots=True)
class Problems:
    """Errors, which reject the file, and warnings, which say how it was read."""

    errors: ProblemList = field(default_factory=ProblemList)
    warnings: ProblemList = field(default_factory=ProblemList)

    def locate(self, sheet: str | None, letters: dict[str, str]) -> None:
        """Sets the columns' positions, so that problems can name cells."""
        for kept in (self.errors, self.warnings):
            kept.sheet, kept.letters = sheet, letters


def cell_name(sheet: str | None, letters: str, row: int) -> str:
    """Returns the cell's name, such as `Drivers!C4`, or `C4` without a sheet."""
    if sheet is None:
        return f"{letters}{row}"
    quoted = sheet if _is_plain(sheet) else "'" + sheet.replace("'", "''") + "'"
    return f"{quoted}!{letters}{row}"


def shown(text: object) -> str:
    """Returns a cell's text on one line, not too long, in quotes."""
    line = str(text)
    line = line[:MAX_SHOWN] + ("…" if len(line) > MAX_SHOWN else "")
    return (
        '"'
        + "".join(
            character if character.isprintable() else character.encode("unicode_escape").decode() for character in line
        )
        + '"'
    )
