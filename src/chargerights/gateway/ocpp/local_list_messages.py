"""Local authorization lists in the words of each version, within limits.

1.6 has configuration keys for the limits, 2.x variables of LocalAuthListCtrlr. Both are in the configuration that a
charger reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from ...rights.identifiers import MAX_TAG_LENGTH
from ...rights.live import ChargerConfiguration
from ...rights.local_list import ListedTag
from .groups import group_of
from .ocpp_j import V16, V201
from .statuses import info_2x, info_16
from .variables import LIST_CAPACITY

UNKNOWN_PER_MESSAGE = 20
"""Entries in one message to a charger that does not report its limit."""
FRAME_BYTES = 200
"""The most bytes that a message has beside its entries."""
TAG_LENGTHS = {V16: 20, V201: 36}
TOKEN_TYPE = "ISO14443"  # noqa: S105 - a kind of card: the only one that chargers read offline
_NAMES = {
    True: ("localauthlistenabled", "localauthlistmaxlength", "sendlocallistmaxlength", ""),
    False: (
        "localauthlistctrlr.enabled",
        LIST_CAPACITY.lower(),
        "localauthlistctrlr.itemspermessage",
        "localauthlistctrlr.bytespermessage",
    ),
}
"""Names in small letters, for 1.6 and for 2.x: enabled, capacity, entries and bytes per message."""


@dataclass(frozen=True, slots=True)
class ListLimits:
    """The limits of a charger's local list. None: the charger does not report one."""

    enabled: bool = True
    capacity: int | None = None
    per_message: int = UNKNOWN_PER_MESSAGE
    bytes_per_message: int | None = None


def limits(version: str, configurations: Iterable[ChargerConfiguration]) -> ListLimits:
    """Reads the limits in the reported configuration."""
    reported = {configuration.name.lower(): configuration.value.strip() for configuration in configurations}
    enabled, *numbers = (reported.get(name) for name in _NAMES[version == V16])
    capacity, items, size = (
        int(number) if number and number.isascii() and number.isdigit() else None for number in numbers
    )
    return ListLimits((enabled or "true").lower() != "false", capacity, items or UNKNOWN_PER_MESSAGE, size or None)


def can_say(version: str, id_tag: str) -> bool:
    """Returns whether a charger of that version can receive and read the tag."""
    return id_tag.isascii() and len(id_tag) <= TAG_LENGTHS.get(version, MAX_TAG_LENGTH)


def entry(version: str, listed: ListedTag) -> dict[str, Any]:
    group = group_of(listed.driver_id)
    if version == V16:
        return {"idTag": listed.id_tag, "idTagInfo": info_16("Accepted", group, listed.until)}
    token = {"idToken": listed.id_tag, "type": TOKEN_TYPE}
    return {"idToken": token, "idTokenInfo": info_2x("Accepted", group, listed.until)}


def removal(version: str, listed: ListedTag) -> dict[str, Any]:
    """Returns an entry without an idTagInfo, which removes the tag.

    See citrineos-core #1055 and #1121, where it was added.
    """
    if version == V16:
        return {"idTag": listed.id_tag}
    return {"idToken": {"idToken": listed.id_tag, "type": TOKEN_TYPE}}


def update(version: str, number: int, kind: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns a SendLocalList. `kind` is Full or Differential."""
    payload: dict[str, Any] = {
        ("listVersion" if version == V16 else "versionNumber"): number,
        "updateType": kind,
        "localAuthorizationList": entries,
    }
    if not entries:
        del payload["localAuthorizationList"]  # 2.x forbids an empty one
    return payload


def version_of(version: str, answer: dict[str, Any]) -> int:
    """The list's version in an answer to GetLocalListVersion."""
    return int(answer["listVersion" if version == V16 else "versionNumber"])


def differences(
    version: str, held: Mapping[str, ListedTag], target: Mapping[str, ListedTag]
) -> list[tuple[str, dict[str, Any]]]:
    """Returns the entries by tag key that bring a list from `held` to the target.

    Removals come first, because they make room.
    """
    entries = [(key, removal(version, tag)) for key, tag in held.items() if key not in target]
    return entries + [(key, entry(version, tag)) for key, tag in target.items() if held.get(key) != tag]


def in_parts(
    entries: list[tuple[str, dict[str, Any]]], within: ListLimits
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Yields the entries, each with its tag's key, in messages within the limits.

    Without entries there is one message.
    """
    part: list[tuple[str, dict[str, Any]]] = []
    room = most = None if within.bytes_per_message is None else within.bytes_per_message - FRAME_BYTES
    for keyed in entries:
        size = len(orjson.dumps(keyed[1], option=orjson.OPT_UTC_Z)) + 1
        if part and (len(part) >= within.per_message or (room is not None and size > room)):
            yield part
            part, room = [], most
        part.append(keyed)
        room = None if room is None else room - size
    yield part
