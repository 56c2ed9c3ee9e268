"""One card in several spellings, and words that stand where a card should.

Readers and programs show the number of one card as `04A1B2C3`, `04:a1:b2:c3`, with its bytes reversed, or in decimal
digits. To a charger these are different tags, and nothing here makes them one: it only finds what may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .identifiers import tag_key
from .model import Driver, Tag
from .network import Network

SIZES = {4: 10, 5: 13, 7: 17, 8: 20, 10: 25}
"""The bytes that a card's number has, and the most decimal digits of it."""
SEPARATORS = (":", "-", " ")
SHORTEST = 7
"""Shorter texts are alike by chance: what separators leave of one, and the decimal digits of a number."""

_PLACEHOLDERS = {
    "NULL", "NONE", "NIL", "NAT", "<NA>", "NAN", "N/A", "NA", "N.A.", "#N/A", "N/D", "-", "--", "---", ".", "?",
    "??", "???", "X", "XX", "XXX", "UNKNOWN", "UNBEKANNT", "INCONNU", "UNDEFINED", "EMPTY", "BLANK", "LEER", "KEIN",
    "TRUE", "FALSE", "WAHR", "FALSCH",
    "KEINE", "NO", "TBD", "TBA", "TODO", "DUMMY", "PLACEHOLDER", "EXAMPLE",
}  # fmt: skip
_is_test = re.compile(r"TEST[\W_]*(?:TAG|CARD)?[\W_]*\d*").fullmatch
_is_nothing = re.compile(r"0+|F{8,}").fullmatch
_between = re.compile(r"[\s:._-]+")
_is_hex = re.compile(r"[0-9A-F]+").fullmatch
_is_contract = re.compile(r"([A-Z]{2})([A-Z0-9]{3})([A-Z0-9]{9})([A-Z0-9]?)").fullmatch
"""A contract's id, eMI3: country, provider, number, and perhaps a check digit."""


def is_placeholder(id_tag: str) -> bool:
    """Whether the text means "no card", as `NULL`, `N/A`, `0000` and `test` do."""
    key = tag_key(id_tag)
    return key in _PLACEHOLDERS or _is_test(key) is not None or _is_nothing(_compact(key)) is not None


def readings(id_tag: str) -> frozenset[str]:
    """What the text may mean: two that have a reading in common may be one card."""
    compact = _compact(tag_key(id_tag))
    found = {_canonical(number) for number in _numbers(compact)}
    if len(compact) >= SHORTEST:
        found.add(f"={compact}")
    return frozenset(found)


def spellings(id_tag: str) -> tuple[str, ...]:
    """Other spellings of what may be the same card, as keys that tags are found by."""
    key = tag_key(id_tag)
    compact = _compact(key)
    found: dict[str, None] = {}
    if len(compact) >= SHORTEST:
        found[compact] = None
    contract = _is_contract(compact)
    if contract is not None:
        found["-".join(filter(None, contract.groups()))] = None
    for number in _numbers(compact):
        for ordered in (number, number[::-1]):
            found.update(dict.fromkeys(_written(ordered)))
    found.pop(key, None)
    return tuple(found)


def known_as(network: Network, id_tag: str, is_visible: Callable[[Driver], bool]) -> Tag | None:
    """A tag of a visible driver that may be the same card in another spelling."""
    tags = (network.tags.get(key) for key in spellings(id_tag))
    return next((tag for tag in tags if tag is not None and is_visible(network.drivers[tag.driver_id])), None)


def hint(network: Network, id_tag: str, is_visible: Callable[[Driver], bool]) -> str | None:
    """A sentence about an unknown tag that names the known one, if there is one."""
    tag = known_as(network, id_tag, is_visible)
    if tag is None:
        return None
    driver = network.drivers[tag.driver_id]
    return f"The card may be known in another spelling: {tag.id_tag} is a tag of {driver.name} (driver {driver.id})."


def _compact(key: str) -> str:
    return _between.sub("", key).removeprefix("0X")


def _numbers(compact: str) -> Iterator[bytes]:
    """The numbers of cards that the text may be, by hexadecimal and by decimal digits."""
    if _is_hex(compact) and len(compact) in {2 * size for size in SIZES}:
        yield bytes.fromhex(compact)
    if SHORTEST <= len(compact) <= max(SIZES.values()) and compact.isascii() and compact.isdecimal():
        number = int(compact)
        size = next((size for size in SIZES if number < 256**size), None)
        if size is not None and number:
            yield number.to_bytes(size, "big")


def _canonical(number: bytes) -> str:
    return min(number, number[::-1]).hex()


def _written(number: bytes) -> Iterator[str]:
    plain = number.hex().upper()
    yield plain
    for separator in SEPARATORS:
        yield number.hex(separator).upper()
    digits = str(int.from_bytes(number, "big"))
    yield digits
    yield digits.zfill(SIZES[len(number)])
