"""Lists of values in one cell, which may be paths and have limits.

Values are separated by semicolons. A path is written `Company / Depot`, limits as `[…]`. A name that contains `;`,
`/` or `[`, or begins with `"` or `#`, is written in double quotes, with a double quote doubled: `"Gate 3; left"`. A
cell with a lone `-` says "nothing"; the text `-` itself is written `"-"`. A text that looks like an error value, such
as `#N/A`, or like what a program makes of other texts, such as `5E+12` or `1-Feb`, is taken literally in quotes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .problems import CellError, shown
from .turned import TURNED

NOTHING = "-"

_FAILED = r"#(?:N/[AD]|NV|N/DISP|[A-ZÄÖÜÉÍÓÑ][A-ZÄÖÜÉÍÓÑ_ ]*[!?]|(?:DIV|TEIL)/0!|GETTING_DATA|#{2,})|Err:5\d\d"
"""Error values, in the words of Excel in several languages and of LibreOffice, and the display of a narrow column."""
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')
_BARE = re.compile(r"[^;/\[]*")
_LIMITS = re.compile(r"\[([^\[\]]*)\]\s*")
_needs_quotes = re.compile(r'["#].*|.*[;/\[].*|-|\s.*|.*\s', re.DOTALL).fullmatch
_failed = re.compile(_FAILED, re.IGNORECASE).fullmatch
_special = re.compile(rf'("*)(?:-|{_FAILED}|{TURNED})\1', re.IGNORECASE).fullmatch


class Item(NamedTuple):
    """One value of a cell.

    Its text as written, without limits; the parts of its path; whether all of it is unquoted; and the text in
    brackets.
    """

    text: str
    path: tuple[str, ...]
    bare: bool
    limits: str | None = None


def items(cell: str) -> tuple[Item, ...]:
    """Splits the cell into its values. Raises CellError."""
    values: list[Item] = []
    position = 0
    while True:
        start, path, bare = position, [], True
        while True:
            name, is_bare, position = _segment(cell, position)
            path.append(name)
            bare = bare and is_bare
            if cell[position : position + 1] != "/":
                break
            position += 1
        text = cell[start:position].strip()
        limits, position = _limits(cell, position)
        if text or limits is not None:
            values.append(Item(text, tuple(path), bare, limits))
        if position == len(cell):
            return tuple(values)
        if cell[position] != ";":
            raise CellError(
                f"after {shown(text)} stands {shown(cell[position:])}: separate values with ; "
                'and write a name with special characters in double quotes, such as "Gate 3; left"'
            )
        position += 1


def quoted(name: str) -> str:
    """Returns the name as a part of an item: in quotes if it needs them."""
    return always_quoted(name) if not name or _needs_quotes(name) or is_failed(name) else name


def always_quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def plain(text: str) -> str:
    """Returns a text in the form for its own cell."""
    return f'"{text}"' if _special(text) else text


def read_plain(cell: str) -> str:
    """Returns the text that `plain` wrote."""
    return cell[1:-1] if cell.startswith('"') and _special(cell) else cell


def is_failed(cell: str) -> bool:
    """Returns whether the text is an error value, such as `#N/A`."""
    return _failed(cell) is not None


def _segment(cell: str, position: int) -> tuple[str, bool, int]:
    """Returns the part of a path at that position, perhaps empty.

    Also returns whether it is unquoted, and where it ends.
    """
    match = _QUOTED.match(cell, position)
    if match is not None:
        return match[1].replace('""', '"'), False, match.end()
    bare = _BARE.match(cell, position)
    return (bare[0].strip(), True, bare.end()) if bare is not None else ("", True, position)


def _limits(cell: str, position: int) -> tuple[str | None, int]:
    if cell[position : position + 1] != "[":
        return None, position
    match = _LIMITS.match(cell, position)
    if match is None:
        raise CellError(
            f"{shown(cell[position:])} has no closing bracket: write limits as [2026-01-01..2026-06-30], "
            "and a name with brackets in double quotes"
        )
    return match[1].strip(), match.end()
