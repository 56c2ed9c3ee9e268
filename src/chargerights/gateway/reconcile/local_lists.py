"""The local authorisation lists of one customer's chargers that are connected here, kept in step with the rights.

What changes them: facts, of which the journal tells which tags at which chargers they can touch; and time, which each
list knows in advance. Chargers by whose places the same rights count have the same list, which is made once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from ...replica.images import CHANGES_PER_STEP, NetworkReplicas, NetworkSnapshot
from ...rights.driver_sets import END
from ...rights.local_list import TagList, list_in_steps, places_of
from ...rights.local_list_changes import AffectedLists, chargers_at
from ...rights.model import Place
from ...rights.network import Network
from ...storage import journal
from ...storage.charging import authorizations, local_lists
from ...storage.charging.local_lists import KeptList
from ...storage.database import Database, DatabaseFault
from ...storage.entity_types import KINDS
from ..charger.connected_charger import ConnectedCharger
from ..ports import CallProgress
from .local_list_sync import LocalListSync

ENTRIES_AT_ONCE = 2_000
"""Journalled changes up to which each is looked at; of more, every list is."""
MADE_LISTS = 16
SAVE_SECONDS = 2.0
"""Long lists are long rows. What is not kept when the process is killed costs its charger a whole list."""

log = structlog.get_logger()


class LocalLists:
    """`look_after` is called about twice a second."""

    def __init__(
        self,
        customer_id: int,
        chargers: dict[str, ConnectedCharger],
        database: Database,
        images: NetworkReplicas,
        clock: Callable[[], datetime],
    ) -> None:
        self.hours_too = False
        """Whether tags by rights with weekly hours are on the lists."""
        self._customer_id = customer_id
        self._chargers = chargers
        self._database = database
        self._images = images
        self._clock = clock
        self._lists: dict[str, LocalListSync] = {}
        self._revision: int | None = None
        self._lineage: int | None = None
        self._made: dict[tuple[journal.Mark, bool, frozenset[Place]], tuple[datetime, TagList]] = {}
        self._making = asyncio.Lock()
        self._unsaved: dict[str, KeptList] = {}
        self._saving: asyncio.Task[None] | None = None
        self._save_at = 0.0

    @property
    def at(self) -> datetime:
        return self._clock()

    @property
    def now(self) -> float:
        """The event loop's time, by which pauses are measured."""
        return asyncio.get_running_loop().time()

    @property
    def network(self) -> Network:
        """Raises DatabaseFault while there is none: nothing may be concluded from that."""
        return self._image().network

    def _image(self) -> NetworkSnapshot:
        image = self._images.current(self._customer_id)
        if image is None:
            raise DatabaseFault("the customer's network is not loaded")
        return image

    def after(self, seconds: float) -> datetime:
        return self._clock() + timedelta(seconds=seconds)

    async def booted(self, charger: ConnectedCharger) -> None:
        """Has the list of a charger that has started checked."""
        self._list_of(charger).booted(self.now)

    def send_again(self, charger_id: str, progress: CallProgress | None) -> asyncio.Future[None] | None:
        """Begins to send the charger's whole list; see `LocalListSync.send_again`."""
        which = self._list_of(self._chargers[charger_id])
        done = which.send_again(progress)
        which.look(self.now, self.at)
        return done

    async def look_after(self, hours_too: bool) -> None:
        """Finds what has changed, and has every list brought in step that is not."""
        if hours_too != self.hours_too:
            self.hours_too = hours_too
            self._touch_all(taken=not hours_too)
        with suppress(DatabaseFault):  # facts do not change meanwhile, time does
            await self._follow()
        if len(self._lists) > len(self._chargers):
            self._lists = {each: kept for each, kept in self._lists.items() if each in self._chargers}
        at, now = self.at, self.now
        for charger in [*self._chargers.values()]:
            self._list_of(charger).look(now, at)
        if self._unsaved and now >= self._save_at and (self._saving is None or self._saving.done()):
            self._save_at = now + SAVE_SECONDS
            self._saving = asyncio.create_task(self._save())

    def states(self) -> Counter[str]:
        """How many lists of connected chargers are in which state."""
        return Counter(each.state for each in self._lists.values() if each.charger.connection is not None)

    async def close(self) -> None:
        """Keeps what is to be kept."""
        if self._saving is not None:
            await asyncio.gather(self._saving, return_exceptions=True)
        await self._save()

    def _list_of(self, charger: ConnectedCharger) -> LocalListSync:
        found = self._lists.get(charger.charger_id)
        if found is None or found.charger is not charger:
            found = self._lists[charger.charger_id] = LocalListSync(charger, self)
        return found

    # -- what has changed -------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Looks at what the journal holds since the last time, up to the image: of more, decisions know nothing yet."""
        image = self._image()
        since, now = self._revision, image.revision
        if self._lineage is not None and image.lineage != self._lineage:  # the database was restored
            self._made.clear()
            for each in self._lists.values():
                each.distrust()
            since = None
        self._lineage = image.lineage
        if since is None or now <= since:
            self._revision = now
            return
        entries = await self._database.read(journal.since, self._customer_id, since, ENTRIES_AT_ONCE)
        entries = [each for each in entries if each.revision <= now]
        self._revision = now
        if len(entries) < now - since or any(each.changes is None for each in entries):
            self._touch_all(taken=True)
            return
        try:
            await self._touch(entries)
        except DatabaseFault:
            self._touch_all(taken=True)
        except Exception as error:  # an entry of a newer version's words
            log.warning("what a revision touches is not understood", customer=self._customer_id, exc_info=error)
            self._touch_all(taken=True)

    async def _touch(self, entries: list[journal.JournalEntry]) -> None:
        touched = AffectedLists()
        for entry in entries:
            for number, change in enumerate(entry.changes or (), 1):
                if number % CHANGES_PER_STEP == 0:
                    await asyncio.sleep(0)
                kind = KINDS[change["kind"]]
                before, after = (
                    each and kind.shape.validate_python(each) for each in (change["before"], change["after"])
                )
                touched.add(self.network, before, after)
        for charger_id in touched.chargers & self._lists.keys():
            self._lists[charger_id].touch_all(taken=True)
        for place, keys in touched.tags.items():
            for charger_id in chargers_at(self.network, place):
                if charger_id in self._lists:
                    self._lists[charger_id].touch(keys, place in touched.narrowed)

    def _touch_all(self, taken: bool) -> None:
        for each in self._lists.values():
            each.touch_all(taken)

    # -- what lists ask for -----------------------------------------------------------------------

    async def wanted(self, charger_id: str, at: datetime) -> TagList:
        """What the charger must know; of one that has been removed, nothing."""
        async with self._making:
            image = self._image()
            if charger_id not in image.network.chargers:
                return TagList({}, END)
            key = image.mark, self.hours_too, places_of(image.network, charger_id)
            since, made = self._made.get(key, (END, None))
            if made is None or not since <= at < made.until:
                reading = image.pin()
                made = await _in_steps(image.network, charger_id, at, self.hours_too)
                del reading
                self._made = {each: kept for each, kept in self._made.items() if each[0] == image.mark}
                while len(self._made) >= MADE_LISTS:
                    del self._made[next(iter(self._made))]
                self._made[key] = at, made
            return made

    async def recent(self, charger_id: str) -> list[str]:
        """Keys of the tags last accepted there, the latest first."""
        return await self._database.read(authorizations.recent_tags, self._customer_id, charger_id)

    async def kept(self, charger_id: str) -> KeptList | None:
        """What was kept of the charger's list, by this process before or another."""
        return self._unsaved.get(charger_id) or await self._database.read(
            local_lists.get, self._customer_id, charger_id
        )

    # -- what is kept of them ---------------------------------------------------------------------

    def changed(self, which: LocalListSync) -> None:
        """Has what the charger holds stored."""
        if self._lists.get(which.charger.charger_id) is which:
            self._unsaved[which.charger.charger_id] = which.kept()

    async def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, {}
        try:
            await self._database.write(local_lists.put, self._customer_id, [*unsaved.values()])
        except DatabaseFault:
            self._unsaved = unsaved | self._unsaved
        except Exception as error:
            log.error("local lists cannot be kept", customer=self._customer_id, exc_info=error)


async def _in_steps(network: Network, charger_id: str, at: datetime, hours_too: bool) -> TagList:
    """The list, made so that others run meanwhile."""
    steps = list_in_steps(network, charger_id, at, hours_too)
    while True:
        try:
            next(steps)
        except StopIteration as made:
            tag_list: TagList = made.value
            return tag_list
        await asyncio.sleep(0)
