"""Images: each customer's network in this process's memory, brought to the latest revision before it answers.

An image is loaded on first use, in a thread, and then follows the journal; a bulk write, or more entries than are
worth applying, makes it load again. The node's own writes come back the same way, before they are answered.

A database that was restored, or lost revisions in a failover, has other marks than the image was made from. Then the
image is loaded again and belongs to another lineage: what was kept beside it and came from the old one does not count.

Live state follows its own version. What this process's own chargers say is shown at once, before it is written (see
`held`); such an image says so in `ahead`.

An answer that is streamed holds its image with `pin`; a change that comes meanwhile forks the network, so the
answer shows one revision to its end.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Any
from weakref import WeakSet

import structlog
from sqlalchemy import Connection

from ..rights.errors import InvalidInput
from ..rights.live import LiveCharger
from ..rights.network import Network
from ..storage import journal, networks
from ..storage.charging import live
from ..storage.database import Database, DatabaseAway, DatabaseFault
from ..storage.journal import JournalEntry, Mark, Revised
from .unwritten import UnwrittenStates

CHANGES_PER_STEP = 50
"""Applied at a stretch, so that the event loop is not held."""
CHANGES_WORTH_APPLYING = 20_000
LOAD_SECONDS = 90

log = structlog.get_logger()


class Pin:
    """Somebody reads an image and awaits meanwhile."""

    __slots__ = ("__weakref__",)


@dataclass(slots=True)
class NetworkSnapshot:
    """A network at a revision. Whoever awaits between two looks at it holds it with `pin`."""

    customer_id: int
    mark: Mark
    network: Network
    live_version: int
    live: dict[str, LiveCharger]
    lineage: int
    """Differs between two images when the database has gone back in between."""
    names_since: Mark
    """The last revision that renamed a site or driver, gave a driver another home, or removed one."""
    proofs_since: Mark
    """The last revision that removed a charger or gave one another password."""
    ahead: str | None = None
    """Names the live state where it is not (only) that of the live version: nobody else has an image of that name."""
    _readers: WeakSet[Pin] = field(default_factory=WeakSet, repr=False)

    @classmethod
    def of(cls, customer_id: int, found: networks.Snapshot, lineage: int = 0) -> NetworkSnapshot:
        mark = found.mark
        return cls(customer_id, mark, found.network, found.live_version, found.live, lineage, mark, mark)

    @property
    def revision(self) -> int:
        return self.mark.revision

    def pin(self) -> Pin:
        """While somebody keeps the token, this image stays as it is; dropping it is enough to end."""
        token = Pin()
        self._readers.add(token)
        return token

    def writable(self) -> NetworkSnapshot:
        """This image when nobody is reading it, else a copy that changes apart."""
        if not len(self._readers):
            return self
        return self.forked()

    def forked(self) -> NetworkSnapshot:
        """A copy that changes apart."""
        return replace(self, network=self.network.fork(), live=dict(self.live), _readers=WeakSet())

    def writable_live(self) -> NetworkSnapshot:
        """The same for the live state only: the network, and who reads it, stay shared."""
        if not len(self._readers):
            return self
        return replace(self, live=dict(self.live))


class NetworkReplicas:
    """The images of the customers that this process serves."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._images: dict[int, NetworkSnapshot] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._held: dict[int, UnwrittenStates] = {}
        self._offered: dict[int, dict[int, JournalEntry]] = {}
        """By customer and revision."""
        self._lineages: dict[int, int] = {}
        self._names = (f"{process}-{number}" for process in [secrets.token_hex(8)] for number in count())

    async def fresh(self, customer_id: int, revision: int, live_version: int = 0) -> NetworkSnapshot:
        """The customer's image, at that revision and live version or newer.

        Raises DatabaseAway when it is behind and cannot be brought up, UnknownCustomer.
        """
        image = self._images.get(customer_id)
        if image is not None and image.revision >= revision and image.live_version >= live_version:
            return self._show(image)
        async with self._lock(customer_id):
            return self._show(await self._brought(customer_id, revision, live_version))

    async def as_seen(self, customer_id: int, mark: Mark, live_version: int | None = None) -> NetworkSnapshot:
        """The customer's image once the database was seen at that mark and live version: as new or newer, and of what
        the database holds now, should it have gone back. Raises what `fresh` raises."""
        image = self._images.get(customer_id)
        if image is not None and image.mark == mark and live_version in (None, image.live_version):
            return self._show(image)
        async with self._lock(customer_id):
            image = await self._brought(customer_id, mark.revision, live_version or 0)
            if image.mark != mark or image.live_version > (live_version or image.live_version):
                image = await self._verified(image)
            return self._show(image)

    async def committed(self, what: Any) -> None:
        """Follows a revision that this process has just committed, if the customer's image is here or on its way."""
        if not isinstance(what, Revised):
            return
        if what.customer_id not in self._images and not self._lock(what.customer_id).locked():
            return
        if what.entry is not None:
            self.prefetch(what.customer_id, what.entry)
        await self.as_seen(what.customer_id, what.mark)

    async def reach(self, customer_id: int, revision: int) -> None:
        """Brings the image, if there is one, to a revision that another process has made."""
        image = self._images.get(customer_id)
        if image is not None and image.revision < revision:
            await self.fresh(customer_id, revision)

    def prefetch(self, customer_id: int, entry: JournalEntry) -> None:
        """An entry that this process has just written: whoever follows next need not read it."""
        self._offered.setdefault(customer_id, {})[entry.revision] = entry

    def current(self, customer_id: int) -> NetworkSnapshot | None:
        """The image as it is, without asking the database: what the chargers' door decides from."""
        return self._images.get(customer_id)

    def held(self, customer_id: int) -> UnwrittenStates:
        """The customer's chargers that are connected here."""
        return self._held.setdefault(customer_id, UnwrittenStates())

    def written(self, customer_id: int, live_version: int) -> None:
        """A batch of held chargers was written as that live version."""
        image, held = self._images.get(customer_id), self.held(customer_id)
        held.written()
        if image is None or image._readers:
            return
        if image.live_version == live_version - 1:
            image.live_version = live_version
        if not held.is_ahead:
            image.ahead = None

    def invalidate_live(self, customer_id: int) -> None:
        """Others know more of some held charger: reads all live states anew before the next answer."""
        image = self._images.get(customer_id)
        if image is not None:
            self._images[customer_id] = image = image.writable_live()
            image.live_version = -1

    def _show(self, image: NetworkSnapshot) -> NetworkSnapshot:
        """The image with what held chargers have said since it was last asked for."""
        held = self._held.get(image.customer_id)
        if held is None or not held.unshown:
            return image
        image = image.writable_live()
        for charger_id, charger in held.unshown.items():
            if charger_id in image.network.chargers:
                image.live[charger_id] = charger.state()
        held.unshown.clear()
        image.ahead = next(self._names) if held.is_ahead else None
        self._images[image.customer_id] = image
        return image

    def _lock(self, customer_id: int) -> asyncio.Lock:
        return self._locks.setdefault(customer_id, asyncio.Lock())

    async def _brought(self, customer_id: int, revision: int, live_version: int) -> NetworkSnapshot:
        """The image, loaded or brought up to the revision and live version at least."""
        image = self._images.get(customer_id)
        if image is None:
            image = await self._load(customer_id)
        while image.revision < revision:
            before, image = image.revision, await self._follow(image)
            if image.revision <= before:  # a standby may be behind
                raise DatabaseAway(LookupError(f"revision {revision} is gone"))
        if image.live_version < live_version:
            image = await self._follow_live(image)
        return image

    async def _verified(self, image: NetworkSnapshot) -> NetworkSnapshot:
        """The image, which may be ahead of what was seen; loaded again if the database has gone back."""
        known, known_live = image.mark, image.live_version  # live states may be written meanwhile
        mark, live_version = await self._database.glance(networks.latest, image.customer_id)
        if mark != known and mark.revision <= known.revision:
            return await self._load(image.customer_id)
        if live_version < known_live:
            image = image.writable_live()
            image.live_version = -1
            return await self._follow_live(image)
        return image

    async def _load(self, customer_id: int, has_gone_back: bool = False) -> NetworkSnapshot:
        """The image as the database has it now. Of one that does not go on from the image before, another lineage."""
        before = self._images.get(customer_id)
        known = None if before is None else before.mark
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                found = await asyncio.to_thread(self._database.read_now, self._read, customer_id)
        except TimeoutError as error:
            raise DatabaseAway(error) from error
        if known is not None and (has_gone_back or (found.mark != known and found.revision <= known.revision)):
            log.error(
                "the database has gone back: it was restored, or has lost revisions; all is loaded again",
                customer=customer_id,
                known=known.revision,
                found=found.revision,
            )
            self._lineages[customer_id] += 1
        image = NetworkSnapshot.of(customer_id, found, self._lineages.setdefault(customer_id, 0))
        self.held(customer_id).show_all()
        self._images[customer_id] = image
        return image

    def _read(self, connection: Connection, customer_id: int) -> networks.Snapshot:
        """The snapshot, with the largest lists made: they are not to be made on the event loop."""
        try:
            found = networks.load(connection, customer_id)
        except InvalidInput as error:  # what a newer version, or another set of time zones, has let in
            raise DatabaseFault(f"customer {customer_id} cannot be read: {error}") from error
        for site_id in found.network.subsites(None):
            found.network.reached_below(site_id, self._clock())
        return found

    async def _follow(self, image: NetworkSnapshot) -> NetworkSnapshot:
        """Applies what the journal holds since the image, a step at a time, or loads anew."""
        offered = self._offered.pop(image.customer_id, {})
        entries: list[JournalEntry] = []
        while (entry := offered.get(image.revision + len(entries) + 1)) is not None:
            entries.append(entry)
        if not entries:
            most = CHANGES_WORTH_APPLYING + 1
            entries = await self._database.read(journal.since, image.customer_id, image.revision, most)
        numbers = [entry.revision for entry in entries]
        without_gap = numbers == list(range(image.revision + 1, image.revision + 1 + len(entries)))
        tokens = [image.mark.token, *(entry.token for entry in entries)]
        if without_gap and [entry.follows for entry in entries] != tokens[:-1]:
            return await self._load(image.customer_id, has_gone_back=True)
        bulk = any(entry.changes is None for entry in entries)
        count = sum(len(entry.changes or ()) for entry in entries)
        if not entries or bulk or count > CHANGES_WORTH_APPLYING or not without_gap:
            return await self._load(image.customer_id)  # until it is loaded, chargers are decided from this one
        # Many changes are made in a copy, so that others may run between them and yet see whole revisions only.
        changed = image.writable() if count <= CHANGES_PER_STEP else image.forked()
        try:
            await self._apply(changed, entries)
        except Exception:  # an entry that contradicts the image, or of a newer version's words
            if self._images.get(image.customer_id) is changed:
                del self._images[image.customer_id]  # it may be half-changed: nobody may read it
            return await self._load(image.customer_id)
        self._images[image.customer_id] = changed
        return changed

    async def _apply(self, image: NetworkSnapshot, entries: list[JournalEntry]) -> None:
        """Applies the entries. Lets others run after each step, for which the image must not be one they can see."""
        step = 0
        for entry in entries:
            for change in entry.changes or ():
                if step == CHANGES_PER_STEP:
                    await asyncio.sleep(0)
                    step = 0
                step += 1
                journal.apply(image.network, change)
            for charger_id in entry.removed_chargers():
                image.live.pop(charger_id, None)
            image.mark = entry.mark
            if entry.renames():
                image.names_since = entry.mark
            if entry.alters_proofs():
                image.proofs_since = entry.mark

    async def _follow_live(self, image: NetworkSnapshot) -> NetworkSnapshot:
        version, states = await self._database.read(live.since, image.customer_id, image.live_version)
        held = self.held(image.customer_id)
        image = image.writable_live()
        image.live.update((each.charger_id, each) for each in states if not held.is_ahead_of(each.charger_id))
        image.live_version = version
        self._images[image.customer_id] = image
        return image
