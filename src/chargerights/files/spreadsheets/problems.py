"""What is wrong with a spreadsheet, each with its row and column, up to a number that a hostile file cannot move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from chargerights.rights.errors import InvalidInput

MAX_KEPT = 1_000
"""So many errors, and so many warnings, are kept in words; beyond them only their number."""
MAX_SHOWN = 60


class Problem(NamedTuple):
    """A sentence with its place: the row as spreadsheets number them, the column by its heading."""

    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        place = " ".join(
            part for part in (self.row and f"row {self.row}", self.column and f"column {self.column}") if part
        )
        return f"{place}: {self.message}" if place else self.message


class CellError(InvalidInput):
    """What a cell says cannot be; whoever reads the cell knows where it is."""


class InvalidSpreadsheet(InvalidInput):
    """A file of which no row can be read."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(map(str, problems)))


@dataclass(slots=True)
class Kept:
    """Problems of one kind: the first of them, and how many there are."""

    first: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, row: int | None, column: str | None, message: str) -> None:
        self.count += 1
        if len(self.first) < MAX_KEPT:
            self.first.append(Problem(row, column, message))


@dataclass(slots=True)
class Problems:
    """Errors, for which nothing is imported, and warnings, which say what was understood."""

    errors: Kept = field(default_factory=Kept)
    warnings: Kept = field(default_factory=Kept)


def shown(text: object) -> str:
    """A cell's text on one line and not too long, in quotes."""
    line = str(text)
    line = line[:MAX_SHOWN] + ("…" if len(line) > MAX_SHOWN else "")
    return '"' + "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line) + '"'
