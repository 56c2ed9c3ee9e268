"""Snapshots of customers' networks in memory, at the latest revision when asked.

A snapshot is loaded on first use, in a thread, and then follows the journal. A bulk write, or more entries than are
worth applying, makes it load again. The node's own writes come back the same way, before they are answered.

A database that was restored, or that lost revisions in a failover, has other marks than the snapshot was made from.
Then the snapshot is loaded again and belongs to another lineage: what was cached from the old one is void.

Live state has its own version. What this process's own chargers report is shown at once, before it is written (see
`unwritten`). A snapshot that shows unwritten state says so in `ahead`.

A response that is streamed pins its snapshot. A change that arrives meanwhile forks the network, so the response shows
one revision to its end.
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
from ..storage.journal import JournalEntry, Mark
from ..storage.revisions import Revised
from .unwritten import UnwrittenStates

CHANGES_PER_STEP = 50
"""Applied in one go: few enough not to block the event loop."""
CHANGES_WORTH_APPLYING = 20_000
LOAD_SECONDS = 90

log = structlog.get_logger()


class Pin:
    """Keeps a snapshot unchanged while a reader holds it across awaits."""

    __slots__ = ("__weakref__",)


@dataclass(slots=True)
class NetworkSnapshot:
    """A network at a revision.

    A reader that awaits between two reads of it holds a `pin`.
    """

    customer_id: int
    mark: Mark
    network: Network
    live_version: int
    live: dict[str, LiveCharger]
    lineage: int
    """Differs between two snapshots when the database has gone back in between."""
    names_since: Mark
    """The last revision that renamed or removed a site or driver, or changed a driver's home."""
    proofs_since: Mark
    """The last revision that removed a charger or changed a charger's password."""
    ahead: str | None = None
    """A name for live state that is not, or not only, that of the live version. Each name is used once."""
    _readers: WeakSet[Pin] = field(default_factory=WeakSet, repr=False)

    @classmethod
    def of(cls, customer_id: int, found: networks.Snapshot, lineage: int = 0) -> NetworkSnapshot:
        mark = found.mark
        return cls(customer_id, mark, found.network, found.live_version, found.live, lineage, mark, mark)

    @property
    def revision(self) -> int:
        return self.mark.revision

    def pin(self) -> Pin:
        """Returns a pin: this snapshot does not change while the pin is referenced."""
        token = Pin()
        self._readers.add(token)
        return token

    def writable(self) -> NetworkSnapshot:
        """Returns this snapshot when it is not pinned, else an independent copy."""
        if not len(self._readers):
            return self
        return self.forked()

    def forked(self) -> NetworkSnapshot:
        """Returns an independent copy."""
        return replace(self, network=self.network.fork(), live=dict(self.live), _readers=WeakSet())

    def writable_live(self) -> NetworkSnapshot:
        """Returns the same for the live state only. The network and its pins stay shared."""
        if not len(self._readers):
            return self
        return replace(self, live=dict(self.live))


class NetworkReplicas:
    """Snapshots of the customers that this process serves, kept up to date."""

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
        """Returns the customer's snapshot at that revision and live version or newer.

        Raises:
            DatabaseAway: the snapshot is behind and cannot be updated.
            UnknownCustomer.
        """
        image = self._images.get(customer_id)
        if image is not None and image.revision >= revision and image.live_version >= live_version:
            return self._show(image)
        async with self._lock(customer_id):
            return self._show(await self._brought(customer_id, revision, live_version))

    async def as_seen(self, customer_id: int, mark: Mark, live_version: int | None = None) -> NetworkSnapshot:
        """Returns the customer's snapshot at a mark and live version that were seen.

        The snapshot is as new or newer. If the database has gone back, it is of what the database holds now. Raises
        what `fresh` raises.
        """
        image = self._images.get(customer_id)
        if image is not None and image.mark == mark and live_version in (None, image.live_version):
            return self._show(image)
        async with self._lock(customer_id):
            image = await self._brought(customer_id, mark.revision, live_version or 0)
            if image.mark != mark or image.live_version > (live_version or image.live_version):
                image = await self._verified(image)
            return self._show(image)

    async def committed(self, what: Any) -> None:
        """Follows a revision that this process has just committed.

        Does nothing for a customer whose snapshot is neither loaded nor loading.
        """
        if not isinstance(what, Revised):
            return
        if what.customer_id not in self._images and not self._lock(what.customer_id).locked():
            return
        if what.entry is not None:
            self.prefetch(what.customer_id, what.entry)
        await self.as_seen(what.customer_id, what.mark)

    async def reach(self, customer_id: int, revision: int) -> None:
        """Updates the snapshot, if it is loaded, to another process's revision."""
        image = self._images.get(customer_id)
        if image is not None and image.revision < revision:
            await self.fresh(customer_id, revision)

    def prefetch(self, customer_id: int, entry: JournalEntry) -> None:
        """Keeps an entry that this process has just written, to save reading it."""
        self._offered.setdefault(customer_id, {})[entry.revision] = entry

    def current(self, customer_id: int) -> NetworkSnapshot | None:
        """Returns the snapshot as it is, without asking the database.

        Chargers are answered from it.
        """
        return self._images.get(customer_id)

    def held(self, customer_id: int) -> UnwrittenStates:
        """Returns the unwritten states of the customer's connected chargers."""
        return self._held.setdefault(customer_id, UnwrittenStates())

    def written(self, customer_id: int, live_version: int) -> None:
        """Notes that a batch of connected chargers was written as that live version."""
        image, held = self._images.get(customer_id), self.held(customer_id)
        held.written()
        if image is None or image._readers:
            return
        if image.live_version == live_version - 1:
            image.live_version = live_version
        if not held.is_ahead:
            image.ahead = None

    def invalidate_live(self, customer_id: int) -> None:
        """Makes the next answer reload all live states, as other nodes know newer ones."""
        image = self._images.get(customer_id)
        if image is not None:
            self._images[customer_id] = image = image.writable_live()
            image.live_version = -1

    def _show(self, image: NetworkSnapshot) -> NetworkSnapshot:
        """Returns the snapshot with what connected chargers have reported since last time."""
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
        """Loads or updates the snapshot to at least the revision and live version."""
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
        """Returns the snapshot, which may be ahead of what was seen.

        Loads it again if the database has gone back.
        """
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
        """Loads the snapshot as the database has it now.

        It gets another lineage if it does not continue the one before.
        """
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
        """Loads the network and builds its largest lists, off the event loop."""
        try:
            found = networks.load(connection, customer_id)
        except InvalidInput as error:  # accepted by a newer version, or with another set of time zones
            raise DatabaseFault(f"customer {customer_id} cannot be read: {error}") from error
        for site_id in found.network.subsites(None):
            found.network.reached_below(site_id, self._clock())
        return found

    async def _follow(self, image: NetworkSnapshot) -> NetworkSnapshot:
        """Applies the journal's entries since the snapshot, or loads it again."""
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
            return await self._load(image.customer_id)  # until then, chargers are decided from the old one
        # Many changes are made in a copy: other tasks run in between, and must see whole revisions only.
        changed = image.writable() if count <= CHANGES_PER_STEP else image.forked()
        try:
            await self._apply(changed, entries)
        except Exception:  # an entry that contradicts the snapshot, or is of a newer version
            if self._images.get(image.customer_id) is changed:
                del self._images[image.customer_id]  # it may be half-changed: never show it
            return await self._load(image.customer_id)
        self._images[image.customer_id] = changed
        return changed

    async def _apply(self, image: NetworkSnapshot, entries: list[JournalEntry]) -> None:
        """Applies the entries in steps, after each of which other tasks run.

        Other tasks must not see the snapshot when there are several steps.
        """
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
        image.live.update((state.charger_id, state) for state in states if not held.is_ahead_of(state.charger_id))
        image.live_version = version
        self._images[image.customer_id] = image
        return image
