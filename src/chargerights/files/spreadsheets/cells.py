"""Values of cells by column, and what Excel may have made of them.

Excel reads `0421` as the number 421 and `04E2` as 400, keeps 15 digits of a long number and shows it as
`1.23457E+12`. A value that has certainly lost something is rejected; one that may have is accepted with a warning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any

from ...rights import identifiers
from ...rights.errors import InvalidInput
from ...rights.model import ExternalId, ReferenceType
from .columns import Column
from .instants import Moment, begins, is_never, moment
from .items import NOTHING, Item, is_failed, items, read_plain
from .problems import CellError, shown
from .tables import Cell, Formatted, Unread
from .turned import turned

Warn = Callable[[str], None]

EXACT = 10**15
"""Excel keeps 15 digits of a number."""
AS_TEXT = 'format the column as text in Excel ("Format cells", "Text") before typing or pasting, or write a CSV'
SERIALS = range(20_000, 110_000)
"""Numbers by which Excel may mean a day, between 1954 and 2205; a year is not among them."""
YES, NO = frozenset({"yes", "true", "1", "y"}), frozenset({"no", "false", "0", "n"})


class Nothing:
    """The type of a cell that says "none": the current value is removed."""


NONE = Nothing()


def value(column: Column, cell: Cell, first_day: date | None, warn: Warn) -> Any:
    """Parses a cell that is not blank: NONE, or a value of the column's kind.

    Raises CellError.
    """
    if isinstance(cell, Unread):
        raise CellError(cell.reason)
    if isinstance(cell, str) and is_failed(cell):
        raise CellError(
            f"shows the error {cell}: correct its formula or write the value; in double quotes it is a text"
        )
    if cell == NOTHING:
        return NONE
    number = cell.number if isinstance(cell, Formatted) else cell
    if isinstance(number, float) and not isfinite(number):
        raise CellError(f"{number} is not a usable number: {AS_TEXT}")
    try:
        return _READERS[column](cell, first_day, warn)
    except CellError:
        raise
    except InvalidInput as wrong:
        raise CellError(str(wrong)) from None


def _name(cell: Cell, _: date | None, warn: Warn) -> str:
    return identifiers.name(read_plain(_text(cell, warn)), "it")


def _exact_text(cell: Cell, _: date | None, warn: Warn) -> str:
    """Parses an id that must be exact to the character."""
    if isinstance(cell, Formatted):
        return _shown_digits(cell)
    if not isinstance(cell, str):
        cell = _number_text(cell)
        warn(f"is kept as a number, which has no leading zeros; {AS_TEXT} if there were some")
    elif (made := turned(cell)) is not None:
        raise CellError(f"{shown(cell)} {made}: {AS_TEXT}; in double quotes it is taken as it is")
    return read_plain(cell)


def _tag(cell: Cell, first_day: date | None, warn: Warn) -> str:
    return identifiers.tag_text(_exact_text(cell, first_day, warn))


def _external_id(cell: Cell, first_day: date | None, warn: Warn) -> str:
    return identifiers.name(_exact_text(cell, first_day, warn), "it")


def _number_text(cell: Cell) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        what = "a date" if isinstance(cell, date) else "true or false"
        raise CellError(f"Excel keeps it as {what}: {AS_TEXT}")
    if cell != int(cell):
        raise CellError(f"{cell} is a number with a fraction: {AS_TEXT}")
    if abs(cell) >= EXACT:
        raise CellError(f"{cell:.0f} has more digits than the 15 that Excel keeps of a number: {AS_TEXT}")
    return str(int(cell))


def _shown_digits(cell: Formatted) -> str:
    digits = _number_text(cell.number)
    if cell.shown is None:
        raise CellError(f"the number {digits} is shown in another way by its format: {AS_TEXT}")
    return cell.shown


def _text(cell: Cell, _: Warn) -> str:
    if isinstance(cell, Formatted):
        return _shown_digits(cell)
    return cell if isinstance(cell, str) else _number_text(cell)


def _moment(cell: Cell, first_day: date | None, warn: Warn) -> Moment:
    if isinstance(cell, datetime):
        return cell if cell.time() != time() else cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, Formatted):
        _shown_digits(cell)
        cell = cell.number
    number = _serial(cell)
    if number is None:
        return moment(cell) if isinstance(cell, str) else moment(_number_text(cell))
    if first_day is None:
        raise CellError(f"{cell} looks like Excel's number of a day: format the column as date, or write 2026-12-31")
    at = datetime.combine(first_day, time()) + timedelta(days=number)
    at = (at + timedelta(seconds=0.5)).replace(microsecond=0)
    meant = at if at.time() != time() else at.date()
    warn(f"the number {cell:g} is taken as Excel's number of {meant}: format the column as date")
    return meant


def _serial(cell: Cell) -> float | None:
    """Returns the number of days, if it may be one."""
    if isinstance(cell, str):
        if not re.fullmatch(r"\d{1,6}", cell):
            return None
        cell = float(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float) or int(cell) not in SERIALS:
        return None
    return cell


def _expiration(cell: Cell, first_day: date | None, warn: Warn) -> Moment | Nothing:
    end = _moment(cell, first_day, warn)
    return NONE if is_never(end) else end


def _truth(cell: Cell, _: date | None, warn: Warn) -> bool:
    word = str(cell).casefold() if isinstance(cell, str | bool) else _text(cell, warn)
    if word in YES or word in NO:
        return word in YES
    raise CellError(f"{shown(word)} is not a valid value: write yes or no")


def _number(cell: Cell, _: date | None, warn: Warn) -> int:
    text = _text(cell, warn)
    if not re.fullmatch(r"-?\d{1,19}", text) or not identifiers.is_int64(int(text)):
        raise CellError(f"{shown(text)} is not a whole number of 64 bits")
    return int(text)


def _driver_id(cell: Cell, first_day: date | None, warn: Warn) -> int:
    return identifiers.entity_id(_number(cell, first_day, warn))


_items = lru_cache(maxsize=50_000)(items)


def _several(cell: Cell, _: date | None, warn: Warn) -> tuple[Item, ...]:
    return _items(_text(cell, warn))


def _home_site(cell: Cell, _: date | None, warn: Warn) -> Item:
    text = _text(cell, warn)
    sites = _items(text)
    if len(sites) != 1 or sites[0].limits is not None:
        raise CellError(f"{shown(text)} is not one site: name one home site, without limits")
    return sites[0]


def _references(cell: Cell, _: date | None, warn: Warn) -> tuple[ExternalId, ...]:
    return tuple([_reference(item) for item in _items(_text(cell, warn))])


def _reference(item: Item) -> ExternalId:
    if len(item.path) != 2:
        raise CellError(f"{shown(item.text)} is not an id in another system: write system / id, such as HR / E01008")
    kind, start = ReferenceType.INTEGRATION, None
    for part in filter(None, (each.strip() for each in (item.limits or "").split(";"))):
        if part.endswith(".."):
            start = begins(moment(part.removesuffix("..").strip()), identifiers.zone("UTC"))
        elif part in ReferenceType.__members__:
            kind = ReferenceType(part)
        else:
            raise CellError(f"{shown(part)} is neither {' nor '.join(ReferenceType)} nor a day, such as 2026-01-01..")
    reference_id, external_id = (identifiers.text(each, "it") for each in item.path)
    return ExternalId(reference_id, external_id, kind, start)


_READERS: dict[Column, Callable[[Cell, date | None, Warn], Any]] = {
    Column.NAME: _name,
    Column.TAG: _tag,
    Column.TAG_NAME: _name,
    Column.STARTS: _moment,
    Column.EXPIRES: _expiration,
    Column.EXTERNAL_ID: _external_id,
    Column.HOME_SITE: _home_site,
    Column.SITES: _several,
    Column.CHARGERS: _several,
    Column.GROUPS: _several,
    Column.ENABLED: _truth,
    Column.BLOCKED: _truth,
    Column.INVOICABLE: _truth,
    Column.COMPANY_ID: _number,
    Column.PAYER_ID: _number,
    Column.REFERENCES: _references,
    Column.DRIVER_ID: _driver_id,
}
