"""The tags that a charger's local list must hold, within its capacity."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import islice

from ...rights.driver_sets import END
from ...rights.local_list import ListedTag, look_up
from ..ocpp import local_list_messages
from .list_source import ListSource

REFILL_SECONDS = 60.0
"""After which room on a list that is too short is given to other tags."""
MANY = 500
"""Changed tags from which on making the whole list costs less."""


class ListTarget:
    """One charger's.

    Knows which tags may have changed, and when time changes the list.
    """

    def __init__(self, charger_id: str, source: ListSource) -> None:
        self.wanted = 0
        """How many tags the charger must know, also without room for them."""
        self._charger_id = charger_id
        self._source = source
        self._keys: set[str] = set()
        self._whole = False
        self._until = self._refill_at = END

    def touch(self, keys: Collection[str]) -> None:
        """Notes that these tags may have come or gone."""
        if len(self._keys) + len(keys) > MANY:
            self._whole = True
        else:
            self._keys.update(keys)

    def touch_all(self) -> None:
        """Notes that any tag may have come or gone."""
        self._whole = True

    def forget(self) -> None:
        """Forgets the tags that may have changed."""
        self._keys.clear()

    def is_due(self, at: datetime) -> bool:
        """Returns whether the list may differ from what it was when it was last made."""
        return bool(self._whole or self._keys) or at >= min(self._until, self._refill_at)

    async def make(
        self, version: str, capacity: int | None, held: Mapping[str, ListedTag] | None
    ) -> Mapping[str, ListedTag]:
        """Returns the tags that the list must hold now, by key. Raises DatabaseFault.

        `held`: what the charger holds, if that is known. `capacity`: how many tags it can hold, if it says that.
        """
        at = self._source.at
        keys, self._keys = self._keys, set()
        if self._whole or held is None or at >= min(self._until, self._refill_at):
            return await self._make_whole(version, capacity, at)
        return self._change(version, capacity, held, keys, at)

    def _change(
        self, version: str, capacity: int | None, held: Mapping[str, ListedTag], keys: set[str], at: datetime
    ) -> Mapping[str, ListedTag]:
        network = self._source.network
        target, left_out, was_too_long = dict(held), 0, self.wanted > len(held)
        for key in sorted(keys, key=held.__contains__, reverse=True):  # tags that go make room for those that come
            tag, until = look_up(network, key, self._charger_id, at, self._source.hours_too)
            self._until = min(self._until, until)
            if tag is None or not local_list_messages.can_say(version, tag.id_tag):
                target.pop(key, None)
            elif key in target or capacity is None or len(target) < capacity:
                target[key] = tag
            else:
                left_out += 1
        if was_too_long:  # the tags without room are not looked up for each change
            self._refill_at = min(self._refill_at, self._source.at + timedelta(seconds=REFILL_SECONDS))
            self.wanted = max(self.wanted, len(target))
        else:
            self.wanted = len(target) + left_out
        return target

    async def _make_whole(self, version: str, capacity: int | None, at: datetime) -> Mapping[str, ListedTag]:
        self._whole, self._refill_at = False, END
        made = await self._source.wanted(self._charger_id, at)
        self._until = made.until
        tags = made.tags
        if not all(local_list_messages.can_say(version, tag.id_tag) for tag in tags.values()):
            tags = {key: tag for key, tag in tags.items() if local_list_messages.can_say(version, tag.id_tag)}
        self.wanted = len(tags)
        if capacity is None or len(tags) <= capacity:
            return tags
        recent = await self._source.recent(self._charger_id)
        first = dict.fromkeys((*(key for key in recent if key in tags), *sorted(tags)))
        return {key: tags[key] for key in islice(first, capacity)}
