"""Hints at known tags that may be another spelling of an unknown one.

A hint never makes the unknown tag known.
"""

from __future__ import annotations

from collections.abc import Callable

from .identifiers import tag_key
from .model import Driver, Tag
from .network import Network
from .spellings import MOST_DIGITS, readings, spellings

IsVisible = Callable[[Driver], bool]


def known_as(network: Network, id_tag: str, is_visible: IsVisible) -> Tag | None:
    """Returns a visible driver's tag that may be the same card in another spelling."""
    meant, key = readings(id_tag), tag_key(id_tag)
    for bare in sorted(spellings(id_tag)):
        for other in (bare, *network.separated.get(bare, ())):
            tag = network.tags.get(other)
            if tag is None or other == key or not readings(other) & meant:
                continue
            if is_visible(network.drivers[tag.driver_id]):
                return tag
    return None


def lost_zeros(network: Network, id_tag: str, is_visible: IsVisible) -> Tag | None:
    """Returns a visible driver's tag that equals the digits with more leading zeros."""
    key = tag_key(id_tag)
    if not key.isdecimal():
        return None
    candidates = (network.tags.get(key.rjust(length, "0")) for length in range(len(key) + 1, MOST_DIGITS + 1))
    return next((tag for tag in candidates if tag and is_visible(network.drivers[tag.driver_id])), None)


def hint(network: Network, id_tag: str, is_visible: IsVisible) -> str | None:
    """Returns a sentence that names the known tag that an unknown one may be, or None."""
    tag = known_as(network, id_tag, is_visible)
    if tag is None:
        return None
    driver = network.drivers[tag.driver_id]
    return f"The card may be known in another spelling: {tag.id_tag} is a tag of {driver.name} (driver {driver.id})."
