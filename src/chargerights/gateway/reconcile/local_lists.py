"""Keeps the local authorization lists of a customer in step with the rights.

Two things change a list: facts, for which the journal tells the tags and chargers that they can touch, and time, which
each list knows in advance. Chargers at which the same rights count have the same list, which is made once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

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
from ..ocpp.call_errors import NotConnected
from ..ports import CallProgress
from .charger_sync import ChargerSyncs
from .local_list_sync import LocalListSync

ENTRIES_AT_ONCE = 2_000
"""Journal entries up to which each change is looked at. After more, every list is made again."""
MADE_LISTS = 16
SAVE_SECONDS = 2.0
"""Long lists are long rows. A list that was not stored when the process is killed is sent whole again."""

log = structlog.get_logger()


class LocalLists:
    """One customer's local lists. Call `look_after` about twice a second."""

    def __init__(
        self,
        customer_id: int,
        chargers: dict[str, ConnectedCharger],
        database: Database,
        images: NetworkReplicas,
        clock: Callable[[], datetime],
    ) -> None:
        self.hours_too = False
        """Whether tags of rights with weekly hours are on the lists."""
        self._customer_id = customer_id
        self._chargers = chargers
        self._database = database
        self._images = images
        self._clock = clock
        self._syncs = ChargerSyncs(chargers, lambda charger: LocalListSync(charger, self, self._changed))
        self._revision: int | None = None
        self._lineage: int | None = None
        self._made: dict[tuple[journal.Mark, bool, frozenset[Place]], tuple[datetime, TagList]] = {}
        self._making = asyncio.Lock()
        self._unsaved: dict[str, KeptList] = {}
        self._saving: asyncio.Task[None] | None = None
        self._save_at = 0.0

    async def booted(self, charger: ConnectedCharger) -> None:
        """Has the list of a charger that has started checked."""
        self._syncs.of(charger).booted(self.now)

    def send_again(self, charger_id: str, progress: CallProgress | None) -> asyncio.Future[None] | None:
        """Begins to send the charger's whole list.

        See `LocalListSync.send_again`. Raises NotConnected.
        """
        charger = self._chargers.get(charger_id)
        if charger is None:
            raise NotConnected(f"{charger_id} is not connected")
        sync = self._syncs.of(charger)
        done = sync.send_again(progress)
        sync.look(self.now, self.at)
        return done

    async def look_after(self, hours_too: bool) -> None:
        """Detects changes, and begins a sync for every list that is out of step."""
        if hours_too != self.hours_too:
            self.hours_too = hours_too
            self._touch_all(taken=not hours_too)
        with suppress(DatabaseFault):  # facts do not change meanwhile, time does
            await self._follow()
        at, now = self.at, self.now
        for sync in self._syncs.all():
            sync.look(now, at)
        if self._unsaved and now >= self._save_at and (self._saving is None or self._saving.done()):
            self._save_at = now + SAVE_SECONDS
            self._saving = asyncio.create_task(self._save())

    def states(self) -> Counter[str]:
        """Counts the lists of connected chargers by their state."""
        return Counter(sync.state for sync in self._syncs.begun() if sync.charger.connection is not None)

    async def close(self) -> None:
        """Stores the lists that have changed."""
        if self._saving is not None:
            await asyncio.gather(self._saving, return_exceptions=True)
        await self._save()

    # -- what has changed -------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Reads the journal from the last time up to the network in memory."""
        image = self._image()
        since, now = self._revision, image.revision
        if self._lineage is not None and image.lineage != self._lineage:  # the database was restored
            self._made.clear()
            for sync in self._syncs.begun():
                sync.distrust()
            since = None
        self._lineage = image.lineage
        if since is None or now <= since:
            self._revision = now
            return
        entries = await self._database.read(journal.since, self._customer_id, since, ENTRIES_AT_ONCE)
        entries = [entry for entry in entries if entry.revision <= now]
        self._revision = now
        if len(entries) < now - since or any(entry.changes is None for entry in entries):
            self._touch_all(taken=True)
            return
        try:
            await self._touch(entries)
        except DatabaseFault:
            self._touch_all(taken=True)
        except Exception as error:  # an entry that a newer version has written
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
                    state and kind.shape.validate_python(state) for state in (change["before"], change["after"])
                )
                touched.add(self.network, before, after)
        for charger_id in touched.chargers:
            if (sync := self._syncs.get(charger_id)) is not None:
                sync.touch_all(taken=True)
        for place, keys in touched.tags.items():
            for charger_id in chargers_at(self.network, place):
                if (sync := self._syncs.get(charger_id)) is not None:
                    sync.touch(keys, place in touched.narrowed)

    def _touch_all(self, taken: bool) -> None:
        for sync in self._syncs.begun():
            sync.touch_all(taken)

    # -- what lists ask for, see ListSource -------------------------------------------------------

    @property
    def at(self) -> datetime:
        return self._clock()

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def network(self) -> Network:
        return self._image().network

    def _image(self) -> NetworkSnapshot:
        image = self._images.current(self._customer_id)
        if image is None:
            raise DatabaseFault("the customer's network is not loaded")
        return image

    async def wanted(self, charger_id: str, at: datetime) -> TagList:
        """Returns the tags that the charger must know.

        No tags when it has been removed.
        """
        async with self._making:
            image = self._image()
            if charger_id not in image.network.chargers:
                return TagList({}, END)
            key = image.mark, self.hours_too, places_of(image.network, charger_id)
            since, made = self._made.get(key, (END, None))
            if made is None or not since <= at < made.until:
                pinned = image.pin()
                made = await _in_steps(image.network, charger_id, at, self.hours_too)
                del pinned
                self._made = {known: lists for known, lists in self._made.items() if known[0] == image.mark}
                while len(self._made) >= MADE_LISTS:
                    del self._made[next(iter(self._made))]
                self._made[key] = at, made
            return made

    async def recent(self, charger_id: str) -> list[str]:
        return await self._database.read(authorizations.recent_tags, self._customer_id, charger_id)

    async def stored(self, charger_id: str) -> KeptList | None:
        """Returns what this process or another has stored of the charger's list."""
        return self._unsaved.get(charger_id) or await self._database.read(
            local_lists.get, self._customer_id, charger_id
        )

    # -- what is stored of them -------------------------------------------------------------------

    def _changed(self, sync: LocalListSync) -> None:
        """Has what the charger holds stored."""
        if self._syncs.get(sync.charger.charger_id) is sync:
            self._unsaved[sync.charger.charger_id] = sync.to_store()

    async def _save(self) -> None:
        unsaved, self._unsaved = self._unsaved, {}
        try:
            await self._database.write(local_lists.put, self._customer_id, [*unsaved.values()])
        except DatabaseFault:
            self._unsaved = unsaved | self._unsaved
        except Exception as error:
            log.error("local lists cannot be kept", customer=self._customer_id, exc_info=error)


async def _in_steps(network: Network, charger_id: str, at: datetime, hours_too: bool) -> TagList:
    """Makes the list in steps, between which other tasks run."""
    steps = list_in_steps(network, charger_id, at, hours_too)
    while True:
        try:
            next(steps)
        except StopIteration as made:
            tag_list: TagList = made.value
            return tag_list
        await asyncio.sleep(0)
