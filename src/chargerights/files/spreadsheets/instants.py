"""Days and instants as people write them: `2026-12-31`, `31.12.2026`, `2026-12-31 17:00`, with or without a zone.

A day or time without a zone is local to the zone that the caller names. A day that something ends is its last day, so
it ends when the next one begins; an instant that something ends is not within.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .problems import CellError, shown

Moment = date | datetime
"""A day, or a date with a time that may have a zone."""

NEVER = date(9999, 12, 31)
"""As a last day, and at any time on it: no end. Answers show a tag that never expires as 9999-12-31T23:59:59Z."""

_CLOCK = (
    r"(?:[ Tt]+(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)"
    r"(?P<zone>\s*(?:[Zz]|[+-]\d{2}(?::?\d{2}(?::\d{2})?)?))?)?"
)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})" + _CLOCK)
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})" + _CLOCK)
_SLASHED = re.compile(r"(?P<one>\d{1,2})[/-](?P<two>\d{1,2})[/-](?P<year>\d{4})" + _CLOCK)


def moment(text: str) -> Moment:
    """What the text says. Raises CellError for one that is no date, or that could be two."""
    found = _ISO.fullmatch(text) or _DOTTED.fullmatch(text)
    if found is not None:
        return _made(text, found, int(found["month"]), int(found["day"]))
    found = _SLASHED.fullmatch(text)
    if found is None:
        raise CellError(f"{shown(text)} is not a date: write 2026-12-31, or 2026-12-31 17:00")
    one, two = int(found["one"]), int(found["two"])
    if one != two and one <= 12 and two <= 12:
        raise CellError(f"{shown(text)} may be in month {one} or {two}: write {found['year']}-{one:02}-{two:02} or so")
    return _made(text, found, *((two, one) if one > 12 else (one, two)))


def begins(at: Moment, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, from which something holds that starts then. Raises CellError."""
    if isinstance(at, datetime):
        return _instant(at, zone)
    return _utc(datetime.combine(at, time(), zone), at)


def ends(at: Moment, zone: ZoneInfo) -> datetime | None:
    """The instant, in UTC, from which it holds no more; None for never. Raises CellError."""
    if is_never(at):
        return None
    return _instant(at, zone) if isinstance(at, datetime) else begins(at + timedelta(days=1), zone)


def is_never(at: Moment) -> bool:
    """Whether something that ends then has no end."""
    return (at.date() if isinstance(at, datetime) else at) == NEVER


def start_text(instant: datetime, zone: ZoneInfo) -> date | str:
    """A day when it begins with the instant, else the instant; `begins` reads both."""
    try:
        local = instant.astimezone(zone)
        if begins(local.date(), zone) == instant:
            return local.date()
    except (OverflowError, CellError):  # at the ends of time
        return _iso(instant)
    return _iso(local)


def end_text(instant: datetime, zone: ZoneInfo) -> date | str:
    """A day when it ends with the instant, else the instant; `ends` reads both."""
    day = start_text(instant, zone)
    if isinstance(day, str):
        return day
    return day - timedelta(days=1) if day > date.min else _iso(instant)


def _made(text: str, found: re.Match[str], month: int, day: int) -> Moment:
    try:
        whole = date(int(found["year"]), month, day)
        if found["clock"] is None:
            return whole
        hour, _, rest = found["clock"].partition(":")
        clock = f"{int(hour):02}:{rest}".replace(",", ".")
        return datetime.fromisoformat(f"{whole.isoformat()}T{clock}{(found['zone'] or '').strip().upper()}")
    except ValueError:  # 31 February, 25 o'clock
        raise CellError(f"{shown(text)} is not a date that there is: write 2026-12-31, or 2026-12-31 17:00") from None


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
