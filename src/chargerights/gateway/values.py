"""What chargers write, read loosely: a message is not refused for a clock or a number that makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..rights.identifiers import MAX_TAG_LENGTH

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
MAX_NUMBER = 2**31 - 1
MAX_TEXT = 500
NO_AUTHORIZATION = "NoAuthorization"
TYPES_WITHOUT_TEXT = ("Central", "Local")
"""Types of idTokens that a charger or central system makes up, and so may leave empty."""


def instant(value: Any, else_: datetime) -> datetime:
    """The instant that the charger wrote, in UTC (without a zone it means UTC); of what is none, the other one."""
    try:
        found = datetime.fromisoformat(value)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return else_
    return found if EARLIEST <= found < LATEST else else_


def number(value: Any) -> int | None:
    """An id of a connector or EVSE; None for what can be none."""
    return value if type(value) is int and 0 <= value <= MAX_NUMBER else None


def amount(value: Any) -> float | None:
    """A number, whether written as one or as text."""
    try:
        found = float(value)
    except (ValueError, TypeError):
        return None
    return found if abs(found) < 1e18 else None  # not-a-number is not either


def exponent(value: Any) -> int:
    """A power of ten, within what energies have."""
    return min(max(value, -9), 9) if type(value) is int else 0


def text(value: Any, limit: int = MAX_TEXT) -> str | None:
    """Text of one line as a charger said it, cut to the limit; None for nothing."""
    if not isinstance(value, str):
        return None
    return value.strip()[:limit] or None


def card_16(id_tag: str) -> str | None:
    """OCPP 1.6: the tag that was shown; None for an empty text, with which a start button begins a session."""
    return id_tag if id_tag.strip() else None


def card_2x(token: dict[str, Any]) -> str | None:
    """OCPP 2.x: the tag that was shown; None for a token that says that no tag was.

    An empty token of a type that is read from a card or a car is a misread card: a tag that no one has.
    """
    id_tag: str = token["idToken"]
    if token["type"] == NO_AUTHORIZATION or (token["type"] in TYPES_WITHOUT_TEXT and not id_tag.strip()):
        return None
    return id_tag


def tag(value: str) -> str:
    """A tag as it is kept of what was shown."""
    return value.strip()[:MAX_TAG_LENGTH]
