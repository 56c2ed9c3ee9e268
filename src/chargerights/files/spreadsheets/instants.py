"""Days and instants as people write them, with or without a zone.

Examples: `2026-12-31`, `31.12.2026`, `2026-12-31 17:00`. A day or time without a zone is local to the zone that the
caller names. A day given as an end is the last day, so that the end is the beginning of the next one; an instant
given as an end is exclusive.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .problems import CellError, shown

Moment = date | datetime
"""A day, or a date with a time that may have a zone."""

NEVER = date(9999, 12, 31)
"""As a last day, at any time on it: no end. Answers show a tag that never expires as 9999-12-31T23:59:59Z."""

_CLOCK = (
    r"(?:[ Tt]+(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)"
    r"(?P<zone>\s*(?:[Zz]|[+-]\d{2}(?::?\d{2}(?::\d{2})?)?))?)?"
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _CLOCK)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})" + _CLOCK)
_SLASHED = re.compile(r"(?P<one>\d{1,2})[/-](?P<two>\d{1,2})[/-](?P<year>\d{4})" + _CLOCK)


def moment(text: str) -> Moment:
    """Parses the text. Raises CellError if it is not a date, or ambiguous."""
    match = _ISO.fullmatch(text) or _DOTTED.fullmatch(text)
    if match is not None:
        return _made(text, match, int(match["month"]), int(match["day"]))
    match = _SLASHED.fullmatch(text)
    if match is None:
        raise CellError(f"{shown(text)} is not a date: write 2026-12-31, or 2026-12-31 17:00")
    one, two = int(match["one"]), int(match["two"])
    if one != two and one <= 12 and two <= 12:
        raise CellError(f"{shown(text)} may be in month {one} or {two}: write {match['year']}-{one:02}-{two:02} or so")
    return _made(text, match, *((two, one) if one > 12 else (one, two)))


def begins(at: Moment, zone: ZoneInfo) -> datetime:
    """Returns the instant, in UTC, of a start. Raises CellError."""
    if isinstance(at, datetime):
        return _instant(at, zone)
    return _utc(datetime.combine(at, time(), zone), at)


def ends(at: Moment, zone: ZoneInfo) -> datetime | None:
    """Returns the instant, in UTC, of an end.

    None for never. Raises CellError.
    """
    if is_never(at):
        return None
    return _instant(at, zone) if isinstance(at, datetime) else begins(at + timedelta(days=1), zone)


def is_never(at: Moment) -> bool:
    """Returns whether that end means "no end"."""
    return (at.date() if isinstance(at, datetime) else at) == NEVER


def start_text(instant: datetime, zone: ZoneInfo) -> date | str:
    """Formats a start: as a day if it is the beginning of one, else as an instant.

    `begins` reads both.
    """
    try:
        local = instant.astimezone(zone)
        if begins(local.date(), zone) == instant:
            return local.date()
    except (OverflowError, CellError):  # at the ends of time
        return _iso(instant)
    return _iso(local)


def end_text(instant: datetime, zone: ZoneInfo) -> date | str:
    """Formats an end: as a day if it is the end of one, else as an instant.

    `ends` reads both.
    """
    day = start_text(instant, zone)
    if isinstance(day, str):
        return day
    return day - timedelta(days=1) if day > date.min else _iso(instant)


def _made(text: str, match: re.Match[str], month: int, day: int) -> Moment:
    try:
        whole = date(int(match["year"]), month, day)
        if match["clock"] is None:
            return whole
        hour, _, rest = match["clock"].partition(":")
        clock = f"{int(hour):02}:{rest}".replace(",", ".")
        return datetime.fromisoformat(f"{whole.isoformat()}T{clock}{(match['zone'] or '').strip().upper()}")
    except ValueError:  # 31 February, 25 o'clock
        raise CellError(f"{shown(text)} is not an existing date: write 2026-12-31, or 2026-12-31 17:00") from None


def _instant(at: datetime, zone: ZoneInfo) -> datetime:
    if at.tzinfo is not None:
        return _utc(at, at)
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() == second.utcoffset():
        return _utc(first, at)
    there_is = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == at
    why = "is there twice" if there_is else "is left out"
    raise CellError(f"{at} {why} in {zone.key}, where clocks change: write it with its offset, such as {at}+02:00")


def _utc(local: datetime, at: Moment) -> datetime:
    try:
        return local.astimezone(UTC)
    except OverflowError:
        raise CellError(f"{at} lies at the end of time: write a day from 0001-01-03 to 9999-12-29") from None


def _iso(instant: datetime) -> str:
    whole_minute = not instant.second and not instant.microsecond
    return instant.isoformat(" ", "minutes" if whole_minute else "auto")
