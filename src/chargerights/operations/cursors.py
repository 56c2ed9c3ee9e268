"""Opaque cursors: a list, and the item after which a walk through it goes on.

A cursor holds the sort key of the last item that was sent, and a checksum of the list: its path, filters and order.
It holds no secret and grants nothing, so it is not signed; its own checksum only tells a damaged cursor from an intact
one.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from hashlib import blake2b

import orjson

from ..rights.errors import InvalidInput
from ..rights.identifiers import is_int64
from ..rights.search_drivers import Key

SUM_BYTES = 6
POSITION = frozenset(("cursor", "page", "limit"))
"""Parameters that may differ between requests of one walk."""
DAMAGED = "is damaged: send the nextCursor of the answer before as it was, or an empty cursor to begin"


class InvalidCursor(InvalidInput):
    """A cursor that is damaged or belongs to another list."""


def list_name(path: str, terms: Iterable[tuple[str, str]], position: Collection[str] = POSITION) -> str:
    """A checksum of a list: its path and all its parameters but the position."""
    kept = sorted((name, value) for name, value in terms if name not in position)
    return _sum(orjson.dumps([path, kept])).hex()


def written(asked: str, key: Key) -> str:
    """The cursor that goes on after the item with that key."""
    content = orjson.dumps([asked, *key])
    return urlsafe_b64encode(_sum(content) + content).rstrip(b"=").decode()


def read(cursor: str, asked: str) -> Key | None:
    """The key after which the walk goes on.

    None at the beginning. Raises InvalidCursor.
    """
    if not cursor:
        return None
    try:
        raw = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        content = raw[SUM_BYTES:]
        if raw[:SUM_BYTES] != _sum(content):
            raise InvalidCursor(DAMAGED)
        list_, *key = orjson.loads(content)
    except (binascii.Error, UnicodeEncodeError, ValueError, TypeError):
        raise InvalidCursor(DAMAGED) from None
    if list_ != asked:
        raise InvalidCursor(
            "belongs to another list, other filters or another order: repeat the parameters of the request that"
            " answered it, or send an empty cursor to begin"
        )
    return tuple(key)


def typed(key: Key | None, *types: type) -> Key | None:
    """The key, if its parts have those types.

    Raises InvalidCursor: only a forged cursor has other parts.
    """
    if key is not None and (len(key) != len(types) or not all(map(_is_part, key, types))):
        raise InvalidCursor(DAMAGED)
    return key


def _is_part(part: object, type_: type) -> bool:
    """True if the part has the type and a database accepts it as a parameter."""
    return is_int64(part) if type_ is int else isinstance(part, str) and "\0" not in part


def instant(text: str) -> datetime:
    """The instant of a key. Raises InvalidCursor."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidCursor(DAMAGED) from None
    if at.utcoffset() != timedelta(0):
        raise InvalidCursor(DAMAGED)
    return at


def _sum(content: bytes) -> bytes:
    return blake2b(content, digest_size=SUM_BYTES).digest()
