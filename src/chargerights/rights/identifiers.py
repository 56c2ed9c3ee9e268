"""Rules for ids, tags, charger ids, names and time zones: validity and equality.

Every value passes through here once, before it is stored or compared. No other module folds, trims or measures them.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from .errors import InvalidIdentifier, UnknownTimezone

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MAX_TAG_LENGTH = 255  # OCPP 2.1 IdTokenType.idToken; 2.0.1 has 36, 1.6 has 20
MAX_CHARGER_ID_LENGTH = 48  # OCPP 2.0.1 part 4, section 3.1.1: the charger's identity
MAX_TEXT_LENGTH = 500
NO_TAG = "\x1a"
"""First character of the placeholder for a tag that a charger sent as another type, such as a number.

No valid tag contains this character.
"""
INVISIBLE = frozenset("\u00a0\u2007\u202f\u3000\u200c\u200d")
"""Spaces of other widths, as in spreadsheets and Japanese, and the joiners of Persian and Indic names."""
MAX_SITE_DEPTH = 25
"""Maximum depth of a site tree: many JSON readers stop at 64 levels, and a site takes two."""


def is_int64(value: object) -> bool:
    """Returns True for an integer of 64 bits.

    A boolean or a float is not one.
    """
    return type(value) is int and INT64_MIN <= value <= INT64_MAX


def entity_id(value: int) -> int:
    """Validates the id of a site, driver or access group: 1 to 2⁶³-1."""
    if not is_int64(value) or value < 1:
        raise InvalidIdentifier(f"{value!r} is not a valid id: use a whole number from 1 to {INT64_MAX}")
    return value


def tag_text(shown: str) -> str:
    """Validates a tag and returns it as it is stored: trimmed, otherwise as entered."""
    text = shown.strip()
    if not text:
        raise InvalidIdentifier("a tag is empty: write what the card, app, plate or vehicle shows")
    if len(text) > MAX_TAG_LENGTH:
        raise InvalidIdentifier(f"a tag has {len(text)} characters: use at most {MAX_TAG_LENGTH}")
    return _printable(text, "a tag")


def tag_key(shown: str) -> str:
    """Returns the key that all spellings of one tag share: trimmed, without case.

    Total: a text that is not a valid tag gives a key that no tag has.
    """
    text = shown.strip()
    folded = text.upper() if text.isascii() else text.casefold().upper()
    return text if folded == text else folded


def charger_id(value: str) -> str:
    """Validates a charger's identity: the last path segment of its WebSocket URL.

    It is compared exactly.
    """
    if not value or value != value.strip():
        raise InvalidIdentifier(f"{value!r} is not a valid charger id: it must not be empty or have spaces around it")
    if len(value) > MAX_CHARGER_ID_LENGTH:
        raise InvalidIdentifier(f"a charger id has {len(value)} characters: use at most {MAX_CHARGER_ID_LENGTH}")
    if "/" in value or ":" in value:
        raise InvalidIdentifier(f"{value!r} is not a valid charger id: it must not contain '/' or ':'")
    return _printable(value, "a charger id")


def text(value: str, what: str, limit: int = MAX_TEXT_LENGTH) -> str:
    """Validates a name or another one-line text and returns it trimmed."""
    trimmed = value.strip()
    if len(trimmed) > limit:
        raise InvalidIdentifier(f"{what} has {len(trimmed)} characters: use at most {limit}")
    return _printable(trimmed, what)


def name(value: str, what: str) -> str:
    """Validates a text that must not be empty."""
    trimmed = text(value, what)
    if not trimmed:
        raise InvalidIdentifier(f"{what} is empty")
    return trimmed


def name_key(shown: str) -> str:
    """Returns the key that all spellings of one name share.

    Words are separated by single spaces, and case is folded.
    """
    return " ".join(shown.casefold().split())


def zone(timezone: str) -> ZoneInfo:
    """Returns the IANA time zone of that name. Raises UnknownTimezone."""
    try:
        return ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):  # a folder, a path, an unknown name
        raise UnknownTimezone(
            f"{timezone!r} is not a valid time zone: use an IANA name such as Europe/Amsterdam or UTC"
        ) from None


def _printable(value: str, what: str) -> str:
    if not (value.isprintable() or all(character.isprintable() or character in INVISIBLE for character in value)):
        raise InvalidIdentifier(f"{what} contains a character that cannot be shown: {value!r}")
    return value
