"""What may be an id, a tag, a charger id, a name or a time zone, and when two are the same.

Every value passes here once, before it is stored or compared; nothing else folds, trims or
measures them.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from .errors import InvalidIdentifier, UnknownTimezone

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
MAX_TAG_LENGTH = 255  # OCPP 2.1 IdTokenType.idToken; 2.0.1 has 36, 1.6 has 20
MAX_CHARGER_ID_LENGTH = 48  # OCPP 2.0.1 part 4, section 3.1.1: the charger's identity
MAX_TEXT_LENGTH = 500
NO_TAG = "\x1a"
"""Begins what a charger sent in place of a tag, such as a number. No tag has this character."""
INVISIBLE = frozenset("\u00a0\u2007\u202f\u3000\u200c\u200d")
"""Spaces of other widths, as spreadsheets and Japanese have them, and the joiners of Persian and Indic names."""
MAX_SITE_DEPTH = 25
"""Sites from a root to its deepest: readers of nested JSON stop at 64 levels often, and a site takes two."""


def is_int64(value: object) -> bool:
    """True for an integer of 64 bits; a boolean or a float is none."""
    return type(value) is int and INT64_MIN <= value <= INT64_MAX


def entity_id(value: int) -> int:
    """The id of a site, driver or access group: 1 to 2⁶³-1."""
    if not is_int64(value) or value < 1:
        raise InvalidIdentifier(f"{value!r} is not an id: ids are whole numbers from 1 to {INT64_MAX}")
    return value


def tag_text(shown: str) -> str:
    """The tag as it is kept and shown: trimmed, otherwise as it was entered."""
    text = shown.strip()
    if not text:
        raise InvalidIdentifier("a tag is empty: write what the card, app, plate or vehicle shows")
    if len(text) > MAX_TAG_LENGTH:
        raise InvalidIdentifier(f"a tag holds {len(text)} characters, the limit is {MAX_TAG_LENGTH}")
    return _printable(text, "a tag")


def tag_key(shown: str) -> str:
    """What two spellings of one tag have in common: trimmed, without case.

    Total: text that can be no tag gives a key that no tag has.
    """
    text = shown.strip()
    folded = text.upper() if text.isascii() else text.casefold().upper()
    return text if folded == text else folded


def charger_id(value: str) -> str:
    """A charger's identity: the last segment of its web socket's path, compared exactly."""
    if not value or value != value.strip():
        raise InvalidIdentifier(f"{value!r} is not a charger id: it is empty or has spaces around it")
    if len(value) > MAX_CHARGER_ID_LENGTH:
        raise InvalidIdentifier(f"a charger id holds {len(value)} characters, the limit is {MAX_CHARGER_ID_LENGTH}")
    if "/" in value or ":" in value:
        raise InvalidIdentifier(f"{value!r} is not a charger id: it cannot hold '/' or ':'")
    return _printable(value, "a charger id")


def text(value: str, what: str, limit: int = MAX_TEXT_LENGTH) -> str:
    """A name or another text of one line, trimmed."""
    trimmed = value.strip()
    if len(trimmed) > limit:
        raise InvalidIdentifier(f"{what} holds {len(trimmed)} characters, the limit is {limit}")
    return _printable(trimmed, what)


def name(value: str, what: str) -> str:
    """A text that must say something."""
    trimmed = text(value, what)
    if not trimmed:
        raise InvalidIdentifier(f"{what} is empty")
    return trimmed


def name_key(shown: str) -> str:
    """What two spellings of one name have in common: single spaces between its words, without case."""
    return " ".join(shown.casefold().split())


def zone(timezone: str) -> ZoneInfo:
    """The IANA time zone of that name."""
    try:
        return ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):  # a folder, a path, an unknown name
        raise UnknownTimezone(
            f"{timezone!r} is not a time zone: write an IANA name such as Europe/Amsterdam or UTC"
        ) from None


def _printable(value: str, what: str) -> str:
    if not (value.isprintable() or all(each.isprintable() or each in INVISIBLE for each in value)):
        raise InvalidIdentifier(f"{what} holds a character that cannot be shown: {value!r}")
    return value
