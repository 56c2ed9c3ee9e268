"""Several values in one cell, separated by `;`, each perhaps a path (`Company / Depot`) with limits (`[…]`).

A name that holds `;`, `/` or `[`, or begins with `"` or `#`, stands in double quotes, and a double quote in it twice:
`"Gate 3; left"`. A cell that is a lone `-` says "nothing"; the text `-` itself is written `"-"`. A text that looks like
an error value, such as `#N/A`, or like what a program makes of other texts, such as `5E+12` or `1-Feb`, is meant so in
quotes.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .problems import CellError, shown
from .turned import TURNED

NOTHING = "-"

_FAILED = r"#(?:N/[AD]|NV|N/DISP|[A-ZÄÖÜÉÍÓÑ][A-ZÄÖÜÉÍÓÑ_ ]*[!?]|(?:DIV|TEIL)/0!|GETTING_DATA|#{2,})|Err:5\d\d"
"""Error values, in the words of Excel in several languages and of LibreOffice; and what a narrow column shows."""
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')
_BARE = re.compile(r"[^;/\[]*")
_LIMITS = re.compile(r"\[([^\[\]]*)\]\s*")
_needs_quotes = re.compile(r'["#].*|.*[;/\[].*|-|\s.*|.*\s', re.DOTALL).fullmatch
_failed = re.compile(_FAILED, re.IGNORECASE).fullmatch
_special = re.compile(rf'("*)(?:-|{_FAILED}|{TURNED})\1', re.IGNORECASE).fullmatch


class Item(NamedTuple):
    """One value: its text as it stands (without limits), the parts of its path, whether all of it is bare text, and
    what stands in its brackets."""

    text: str
    path: tuple[str, ...]
    bare: bool
    limits: str | None = None


def items(cell: str) -> tuple[Item, ...]:
    """The values of the cell. Raises CellError."""
    found: list[Item] = []
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
            found.append(Item(text, tuple(path), bare, limits))
        if position == len(cell):
            return tuple(found)
        if cell[position] != ";":
            raise CellError(
                f"after {shown(text)} stands {shown(cell[position:])}: separate values with ; "
                'and write a name with special characters in double quotes, such as "Gate 3; left"'
            )
        position += 1


def quoted(name: str) -> str:
    """The name as a part of an item: in quotes when it needs them."""
    return always_quoted(name) if not name or _needs_quotes(name) or is_failed(name) else name


def always_quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def plain(text: str) -> str:
    """A text of its own cell, as it is written."""
    return f'"{text}"' if _special(text) else text


def read_plain(cell: str) -> str:
    """The text that `plain` wrote."""
    return cell[1:-1] if cell.startswith('"') and _special(cell) else cell


def is_failed(cell: str) -> bool:
    """Whether the text is an error value, such as `#N/A`."""
    return _failed(cell) is not None


def _segment(cell: str, position: int) -> tuple[str, bool, int]:
    """The part of a path that begins there, perhaps of no length; whether it is bare; and where it ends."""
    found = _QUOTED.match(cell, position)
    if found is not None:
        return found[1].replace('""', '"'), False, found.end()
    bare = _BARE.match(cell, position)
    return (bare[0].strip(), True, bare.end()) if bare is not None else ("", True, position)


def _limits(cell: str, position: int) -> tuple[str | None, int]:
    if cell[position : position + 1] != "[":
        return None, position
    found = _LIMITS.match(cell, position)
    if found is None:
        raise CellError(
            f"{shown(cell[position:])} has no closing bracket: write limits as [2026-01-01..2026-06-30], "
            "and a name with brackets in double quotes"
        )
    return found[1].strip(), found.end()
