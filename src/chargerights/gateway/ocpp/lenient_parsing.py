"""Reads values of chargers leniently.

A message is not refused for a clock or a number that makes no sense.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ...rights.identifiers import MAX_TAG_LENGTH, NO_TAG, tag_key

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)
EPOCH_DIGITS = 10
_EPOCH = re.compile(r"\d{9,10}|\d{12,13}")
"""Seconds or milliseconds since 1970."""
_INSTANT = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})[T ]\s*(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d*))?)?"
    r"\s*(?:UTC|GMT|Z)?\s*(?:([+-])(\d{1,2}):?(\d{2})?)?\s*Z?\s*",
    re.ASCII | re.IGNORECASE,
)
"""Year to minute, seconds, decimals, and the zone's sign, hours and minutes."""
MAX_NUMBER = 2**31 - 1
MAX_TEXT = 500
MAX_LEVELS = 20
"""Levels of nested values that are kept: JSON is read more deeply than it can be written again."""
NO_AUTHORIZATION = "NoAuthorization"
TYPES_WITHOUT_TEXT = ("Central", "Local")
"""Types of idTokens that a charger or central system makes up, and so may leave empty."""


def instant(value: Any, else_: datetime) -> datetime:
    """Returns the instant that the charger wrote, in UTC.

    An instant without a zone is in UTC. `else_` is returned where none can be read.
    """
    try:
        found = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        found = _oddly_written(value) if isinstance(value, str) else else_
    try:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return else_
    return found if EARLIEST <= found < LATEST else else_


def _oddly_written(value: str) -> datetime:
    """An instant in one of the spellings that chargers have.

    NEVER where it is not one of them.
    """
    try:
        if _EPOCH.fullmatch(value):
            return datetime.fromtimestamp(int(value) / (1000 if len(value) > EPOCH_DIGITS else 1), UTC)
        found = _INSTANT.fullmatch(value)
        if found is None:
            return NEVER
        year, month, day, hour, minute, second = (int(digits or 0) for digits in found.group(1, 2, 3, 4, 5, 6))
        offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0)) * (-1 if found[8] == "-" else 1)
        microsecond = int((found[7] or "")[:6].ljust(6, "0"))
        leap = timedelta(minutes=second // 60)
        return datetime(year, month, day, hour, minute, second % 60, microsecond, timezone(offset)) + leap
    except (ValueError, OverflowError):
        return NEVER


def number(value: Any) -> int | None:
    """Returns an id of a connector or EVSE. None for anything else."""
    whole = _whole(value)
    return whole if whole is not None and 0 <= whole <= MAX_NUMBER else None


def _whole(value: Any) -> int | None:
    """JSON has one kind of number: 1.0 is 1."""
    if type(value) is float and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def amount(value: Any) -> float | None:
    """Returns a number, whether it is written as one or as text."""
    try:
        found = float(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if abs(found) < 1e18 else None  # not-a-number is not either


def text(value: Any, limit: int = MAX_TEXT) -> str | None:
    """Returns one line of text, cut to the limit. None for nothing."""
    if not isinstance(value, str):
        return None
    return value.strip()[:limit] or None


def card_16(id_tag: str) -> str | None:
    """Returns the tag that was shown in OCPP 1.6.

    None for an empty text, with which a start button begins a session.
    """
    return id_tag if id_tag.strip() else None


def card_2x(token: dict[str, Any]) -> str | None:
    """Returns the tag that was shown in OCPP 2.x.

    None for a token that says that no tag was shown. An empty token of a type that is read from a card or a car is a
    misread card: a tag that no driver has.
    """
    id_tag: str = token["idToken"]
    if token["type"] == NO_AUTHORIZATION or (token["type"] in TYPES_WITHOUT_TEXT and not id_tag.strip()):
        return None
    return id_tag


def tag(value: str) -> str:
    """Returns the text of a tag as it is stored and shown, also of an invalid one."""
    return value.removeprefix(NO_TAG).strip()[:MAX_TAG_LENGTH]


def key(value: str) -> str:
    """Returns the key of a tag as it is stored.

    An invalid one has a key that no tag has.
    """
    return tag_key(value.strip()[:MAX_TAG_LENGTH])


def samples(value: list[Any]) -> list[Any]:
    """Returns sampled values without what is nested beyond `MAX_LEVELS`."""
    return [_shallow(sample, MAX_LEVELS) for sample in value]


def _shallow(value: Any, levels: int) -> Any:
    if isinstance(value, dict):
        return {name: _shallow(member, levels - 1) for name, member in value.items()} if levels else None
    if isinstance(value, list):
        return [_shallow(item, levels - 1) for item in value] if levels else None
    return value
