"""The window and weekly hours of a right, in brackets after its place.

`Depot [2026-01-01..2026-06-30; Mo-Fr 08:00-17:00, Sa 10:00-14:00]`: either part may be left out, and either end of
the window. `Depot []` is a right without limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ...rights.errors import InvalidInput
from ...rights.explain import WEEKDAYS, hours_text
from ...rights.model import Hours, Right
from .instants import begins, end_text, ends, moment, start_text
from .problems import CellError, shown

DAYS = tuple(weekday[:2] for weekday in WEEKDAYS)

_DAY_NUMBERS = {name[:length].casefold(): 1 + i for i, name in enumerate(WEEKDAYS) for length in (2, 3, len(name))}
_HOURS = re.compile(
    r"(?P<first>[a-z]+)(?:\s*[-–]\s*(?P<last>[a-z]+))?"
    r"(?:\s+(?P<start>\d{1,2}:\d{2})\s*[-–]\s*(?P<end>\d{1,2}:\d{2}))?",
    re.IGNORECASE,
)


class RightLimits(NamedTuple):
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    hours: tuple[Hours, ...] = ()


def limits(text: str, zone: ZoneInfo) -> RightLimits:
    """Parses the text between brackets, in that zone. Raises CellError."""
    window: tuple[datetime | None, datetime | None] | None = None
    hours: list[Hours] = []
    for part in filter(None, (each.strip() for each in text.split(";"))):
        if ".." not in part:
            hours += _hours(part)
        elif window is None:
            start, _, end = (each.strip() for each in part.partition(".."))
            window = begins(moment(start), zone) if start else None, ends(moment(end), zone) if end else None
        else:
            raise CellError(f"[{text}] has two windows: a right has one; write the place a second time for another")
    return RightLimits(*(window or (None, None)), tuple(hours))


def limits_text(right: Right, zone: ZoneInfo) -> str:
    """Formats the right's window and hours as `limits` reads them."""
    parts = []
    if right.has_window:
        start = start_text(right.valid_from, zone) if right.valid_from is not None else ""
        end = end_text(right.valid_until, zone) if right.valid_until is not None else ""
        parts.append(f"{start}..{end}")
    if right.hours:
        parts.append(hours_text(right.hours, dash="-"))
    return f" [{'; '.join(parts)}]" if parts else ""


def _hours(text: str) -> Iterable[Hours]:
    """Yields the hours of `Mo-Fr 08:00-17:00, Sa 10:00-14:00`.

    Days without hours share those of the next day that has them.
    """
    waiting: list[int] = []
    for part in text.split(","):
        match = _HOURS.fullmatch(part.strip())
        if match is None:
            raise CellError(f"{shown(part.strip())} is neither a window nor hours: {_RIGHT_WORDS}")
        first = _day(match["first"])
        last = _day(match["last"]) if match["last"] else first
        waiting += [(first - 1 + i) % 7 + 1 for i in range((last - first) % 7 + 1)]
        if match["start"] is not None:
            start, end = _minutes(match["start"]), _minutes(match["end"])
            try:
                yield from [Hours(day, start, end) for day in waiting]
            except InvalidInput as wrong:
                raise CellError(f"{shown(part.strip())}: {wrong}") from None
            waiting = []
    if waiting:
        raise CellError(f"{shown(text)} names days but no hours: {_RIGHT_WORDS}")


def _day(text: str) -> int:
    number = _DAY_NUMBERS.get(text.casefold())
    if number is None:
        raise CellError(f"{shown(text)} is not a weekday: write {', '.join(DAYS)}")
    return number


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    if int(minutes) > 59:
        raise CellError(f"{shown(text)} is not a time of day: write 08:00")
    return int(hours) * 60 + int(minutes)


_RIGHT_WORDS = "write [2026-01-01..2026-06-30], [Mo-Fr 08:00-17:00] or [2026-01-01..; Sa 10:00-14:00]"
