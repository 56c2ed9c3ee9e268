"""The columns of a drivers' spreadsheet, and the mapping from headings to columns."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from enum import StrEnum

from .problems import InvalidSpreadsheet, Problem, shown
from .tables import Unread, column_letters


class Column(StrEnum):
    """All columns by heading, in the order of exports."""

    NAME = "Name"
    TAG = "RFID tag"
    TAG_NAME = "RFID name"
    STARTS = "Start date"
    EXPIRES = "Expiration date"
    EXTERNAL_ID = "External id"
    HOME_SITE = "Home site"
    SITES = "Site access"
    CHARGERS = "Charger access"
    GROUPS = "Access groups"
    ENABLED = "Enabled"
    BLOCKED = "Blocked"
    INVOICABLE = "Invoicable"
    COMPANY_ID = "Company id"
    PAYER_ID = "Payer id"
    REFERENCES = "Other ids"
    DRIVER_ID = "Driver id"


NEEDED = {Column.NAME, Column.TAG}
"""Columns marked with an asterisk in exports."""
OF_TAG = (Column.TAG_NAME, Column.STARTS, Column.EXPIRES, Column.BLOCKED, Column.INVOICABLE)
"""Columns about the row's tag; all others are about the driver."""


def heading(column: Column) -> str:
    """Returns the heading as exports write it."""
    return f"{column}*" if column in NEEDED else str(column)


def recognised(text: object) -> Column | None:
    """Returns the column with that heading, ignoring case, spaces and asterisks."""
    return _BY_KEY.get(_key(str(text)))


def arrange(row: int, headings: Sequence[object]) -> dict[Column, int]:
    """Returns the position of each column.

    Raises InvalidSpreadsheet for unknown or repeated headings.
    """
    positions: dict[Column, int] = {}
    problems: list[Problem] = []
    for position, text in enumerate(headings):
        if text is None:
            continue
        column = None if isinstance(text, Unread) else recognised(text)
        if column is not None and column not in positions:
            positions[column] = position
            continue
        if isinstance(text, Unread):
            sentence = text.reason
        elif column is None:
            sentence = f"there is no column {shown(text)}; {_meant(str(text))}"
        else:
            sentence = f"the column {column} is there twice: keep one of them"
        problems.append(Problem(row, column_letters(position), sentence))
    if not positions:
        problems = [Problem(row, None, f"the first row names no column; headings are {_ALL}")]
    if problems:
        raise InvalidSpreadsheet(*problems)
    return positions


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _meant(text: str) -> str:
    close = difflib.get_close_matches(_key(text[:60]), _BY_KEY, 3)
    if close:
        return f"did you mean {' or '.join(shown(_BY_KEY[key]) for key in close)}? Else remove it"
    return f"remove it, or rename it to one of {_ALL}"


_BY_KEY = {_key(column): column for column in Column}
_ALL = ", ".join(Column)
