"""What a charger knows of tags by itself: the local authorisation list that a central system sends, and the cache of
what it answered before. Pure: time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ACCEPTED = "Accepted"
EXPIRED = "Expired"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a central system said of a tag: idTagInfo in 1.6, idTokenInfo in 2.x."""

    status: str
    expires: datetime | None = None
    group: str | None = None

    def at(self, at: datetime) -> str:
        """The status at that instant."""
        expired = self.expires is not None and self.expires <= at
        return EXPIRED if expired and self.status == ACCEPTED else self.status


class Update(StrEnum):
    """How an update ended; 2.x lacks NotSupported."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    NOT_SUPPORTED = "NotSupported"
    VERSION_MISMATCH = "VersionMismatch"


class LocalList:
    """The list and its version, which is 0 exactly when the list is empty."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.version = 0
        self._entries: dict[str, Standing] = {}

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> Mapping[str, Standing]:
        """By tag, in small letters."""
        return self._entries

    def find(self, tag: str) -> Standing | None:
        return self._entries.get(tag.casefold())

    def replace(self, version: int, entries: Iterable[tuple[str, Standing | None]]) -> Update:
        """A full update. On any failure the list stays as it was."""
        return self._keep(version, {}, list(entries), removals=False)

    def change(self, version: int, entries: Iterable[tuple[str, Standing | None]]) -> Update:
        """A differential update: an entry without standing is removed."""
        if version <= self.version:
            return Update.VERSION_MISMATCH
        return self._keep(version, self._entries, list(entries), removals=True)

    def _keep(
        self, version: int, kept: dict[str, Standing], entries: list[tuple[str, Standing | None]], *, removals: bool
    ) -> Update:
        named = {tag.casefold(): standing for tag, standing in entries}
        removed = {tag for tag, standing in named.items() if standing is None}
        if len(named) < len(entries) or version < 1 or (removed and not removals):
            return Update.FAILED
        found = {tag: standing for tag, standing in (kept | named).items() if standing is not None}
        if len(found) > self.capacity:
            return Update.FAILED
        self._entries = found
        self.version = version if found else 0
        return Update.ACCEPTED


class Cache:
    """The latest standings that a central system answered; the oldest make room."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._standings: dict[str, Standing] = {}

    def __len__(self) -> int:
        return len(self._standings)

    def find(self, tag: str) -> Standing | None:
        return self._standings.get(tag.casefold())

    def keep(self, tag: str, standing: Standing) -> None:
        self._standings.pop(tag.casefold(), None)
        if len(self._standings) >= self._capacity:
            del self._standings[next(iter(self._standings))]
        self._standings[tag.casefold()] = standing

    def clear(self) -> None:
        self._standings.clear()
