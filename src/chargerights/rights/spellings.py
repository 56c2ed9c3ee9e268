"""Alternative spellings of a card's number, and placeholders for "no card".

Readers and programs show the number of one card as `04A1B2C3`, `04:a1:b2:c3`, with its bytes reversed, or in decimal
digits. To a charger these are different tags, and nothing here merges them: this module only finds what may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .identifiers import tag_key

SIZES = {4: 10, 5: 13, 7: 17, 8: 20, 10: 25}
"""The byte lengths of card numbers, each with its maximum number of decimal digits."""
MOST_DIGITS = max(SIZES.values())
SHORTEST, SHORTEST_DECIMAL = 6, 7
"""Shorter texts match by chance. The first counts characters without separators, the second decimal digits."""

_PLACEHOLDERS = {
    "NULL", "NONE", "NIL", "NAT", "<NA>", "NAN", "N/A", "NA", "N.A.", "#N/A", "N/D", "-", "--", "---", ".", "?",
    "??", "???", "X", "XX", "XXX", "UNKNOWN", "UNBEKANNT", "INCONNU", "UNDEFINED", "EMPTY", "BLANK", "LEER", "KEIN",
    "TRUE", "FALSE", "WAHR", "FALSCH",
    "KEINE", "NO", "TBD", "TBA", "TODO", "DUMMY", "PLACEHOLDER", "EXAMPLE",
}  # fmt: skip
_is_test = re.compile(r"TEST[\W_]*(?:TAG|CARD)?[\W_]*\d*").fullmatch
_is_nothing = re.compile(r"0+|F{8,}").fullmatch
_between = re.compile(r"[\W_]+")
_is_hex = re.compile(r"[0-9A-F]+").fullmatch
_is_digits = re.compile(r"[0-9]+").fullmatch


def is_placeholder(id_tag: str) -> bool:
    """Returns whether the text means "no card", as `NULL`, `N/A` and `0000` do."""
    key = tag_key(id_tag)
    return key in _PLACEHOLDERS or _is_test(key) is not None or _is_nothing(compact(key)) is not None


def compact(key: str) -> str:
    """Returns the key of a tag without separators and without the 0X of a number."""
    if key.isalnum() and not key.startswith("0X"):
        return key
    bare = _between.sub("", key)
    return bare[2:] if bare.startswith("0X") and len(bare) - 2 >= SHORTEST and _is_hex(bare[2:]) else bare


def bare_of(key: str) -> str | None:
    """Returns the key without separators if that may be another spelling, else None."""
    bare = compact(key)
    return bare if bare != key and len(bare) >= SHORTEST else None


def readings(id_tag: str) -> frozenset[str]:
    """Returns the possible meanings of the text.

    Two that share one may be one card.
    """
    key = tag_key(id_tag)
    bare = compact(key)
    meanings = {_canonical(number) for number in _numbers(bare)}
    if len(bare) >= SHORTEST:
        meanings.add(f"={bare}")
    if _has_digits(key, bare):
        meanings.add(f"0{bare.lstrip('0')}")
    return frozenset(meanings)


def spellings(id_tag: str) -> frozenset[str]:
    """Returns texts without separators, itself included, that may be the same card."""
    key = tag_key(id_tag)
    bare = compact(key)
    texts = {bare}
    if _has_digits(key, bare):
        texts.update(_padded(bare.lstrip("0")))
    for number in _numbers(bare):
        for ordered in (number, number[::-1]):
            texts.add(ordered.hex().upper())
            texts.update(_padded(str(int.from_bytes(ordered, "big"))))
    return frozenset(texts)


def _has_digits(key: str, bare: str) -> bool:
    """Returns whether the text is decimal digits that may have lost leading zeros."""
    return (bare == key or len(bare) >= SHORTEST) and _is_digits(bare) is not None and bool(bare.strip("0"))


def _padded(digits: str) -> Iterator[str]:
    """Yields the digits with each possible number of leading zeros."""
    return (digits.zfill(length) for length in range(len(digits), MOST_DIGITS + 1))


def _numbers(bare: str) -> Iterator[bytes]:
    """Yields the card numbers that the text may be in hexadecimal and in decimal."""
    if _is_hex(bare) and len(bare) in {2 * size for size in SIZES}:
        yield bytes.fromhex(bare)
    if SHORTEST_DECIMAL <= len(bare) <= MOST_DIGITS and _is_digits(bare):
        number = int(bare)
        size = next((size for size in SIZES if number < 256**size), None)
        if size is not None and number:
            yield number.to_bytes(size, "big")


def _canonical(number: bytes) -> str:
    return min(number, number[::-1]).hex()
