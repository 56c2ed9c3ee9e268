"""The tags that a charger knows: its local authorization list and its cache.

The list comes from a central system, the cache holds earlier answers. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ACCEPTED = "Accepted"
EXPIRED = "Expired"


@dataclass(frozen=True, slots=True)
class TagInfo:
    """The central system's answer about a tag: idTagInfo in 1.6, idTokenInfo in 2.x."""

    status: str
    expires: datetime | None = None
    group: str | None = None

    def at(self, at: datetime) -> str:
        """The status at that instant."""
        expired = self.expires is not None and self.expires <= at
        return EXPIRED if expired and self.status == ACCEPTED else self.status


class ListUpdate(StrEnum):
    """Outcomes of an update. 2.x lacks NotSupported."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_SUPPORTED = "NotSupported"
    VERSION_MISMATCH = "VersionMismatch"


class LocalList:
    """The list and its version, which is 0 exactly when the list is empty."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.version = 0
        self._entries: dict[str, TagInfo] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> Mapping[str, TagInfo]:
        """By tag, in small letters."""
        return self._entries

    def find(self, tag: str) -> TagInfo | None:
        return self._entries.get(tag.casefold())

    def replace(self, version: int, entries: Iterable[tuple[str, TagInfo | None]]) -> ListUpdate:
        """Makes a full update. On any failure the list stays as it was."""
        return self._keep(version, {}, list(entries), removals=False)

    def change(self, version: int, entries: Iterable[tuple[str, TagInfo | None]]) -> ListUpdate:
        """Makes a differential update, in which an entry without TagInfo is removed."""
        if version <= self.version:
            return ListUpdate.VERSION_MISMATCH
        return self._keep(version, self._entries, list(entries), removals=True)

    def _keep(
        self, version: int, kept: dict[str, TagInfo], entries: list[tuple[str, TagInfo | None]], *, removals: bool
    ) -> ListUpdate:
        named = {tag.casefold(): info for tag, info in entries}
        removed = {tag for tag, info in named.items() if info is None}
        if len(named) < len(entries) or version < 1 or (removed and not removals):
            return ListUpdate.FAILED
        found = {tag: info for tag, info in (kept | named).items() if info is not None}
        if len(found) > self.capacity:
            return ListUpdate.FAILED
        self._entries = found
        self.version = version if found else 0
        return ListUpdate.ACCEPTED


class Cache:
    """The latest answers of the central system. The oldest make room."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._infos: dict[str, TagInfo] = {}

    def __len__(self) -> int:
        return len(self._infos)

    def find(self, tag: str) -> TagInfo | None:
        return self._infos.get(tag.casefold())

    def keep(self, tag: str, info: TagInfo) -> None:
        self._infos.pop(tag.casefold(), None)
        if len(self._infos) >= self._capacity:
            del self._infos[next(iter(self._infos))]
        self._infos[tag.casefold()] = info

    def clear(self) -> None:
        self._infos.clear()
