"""Everything that the connected chargers of one customer share."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import structlog

from ..net.allowed_targets import AllowedTargets
from ..net.tasks import end
from ..replica.images import NetworkReplicas, NetworkSnapshot
from ..rights.live import LiveCharger
from ..rights.model import Charger
from ..rights.network import Network
from ..storage.charging import charger_batches, ordered_starts, sessions
from ..storage.charging.charger_batches import CustomerStanding
from ..storage.charging.ordered_starts import OrderedStart
from ..storage.charging.spool_file import Owner
from ..storage.database import Database, DatabaseFault
from ..storage.journal import Mark
from ..storage.rows import partners
from .active_sessions import ActiveSessions
from .charger.connected_charger import ConnectedCharger, Work
from .following import Following
from .partner_client import PartnerClient
from .ports import Connection
from .reconcile.charger_blocks import Blocks
from .reconcile.local_lists import LocalLists
from .writes.spool import Spool
from .writes.write_buffer import WriteBuffer

FOLLOW_SECONDS = 0.5
NUMBERS_AT_ONCE = 500
NUMBERS_SECONDS = 1.0
"""The longest wait of the first charger for session numbers, in case the database is locked."""
RANDOM_IDS_FROM = 2**30
"""Transaction ids from here to the largest number of 31 bits are random, and tell nothing of their session."""
CLOSE_SECONDS, AWAY_SECONDS = 5.0, 1.0
"""How long `close` waits for writes, and while the database is known to be down."""
SILENT_SECONDS = 2.0
"""How often the chargers that are not connected are looked up, for the rule of one session per tag."""
LOST_AFTER = timedelta(minutes=5)
"""After that time without a connection, a charger's sessions keep no tag from charging elsewhere."""

log = structlog.get_logger()


class CustomerRuntime:
    """A customer with chargers that are connected here.

    Its network is kept fresh in memory, so that chargers are answered also while the database is down.
    """

    def __init__(
        self,
        customer_id: int,
        node: str,
        database: Database,
        images: NetworkReplicas,
        clock: Callable[[], datetime],
        threads: ThreadPoolExecutor,
        spool: Spool,
        targets: AllowedTargets = AllowedTargets.PUBLIC,
    ) -> None:
        self.id = customer_id
        self.node = node
        self.clock = clock
        self.chargers: dict[str, ConnectedCharger] = {}
        self.active_sessions: ActiveSessions | None = None
        """None when a tag may be in any number of sessions."""
        self.partner: PartnerClient | None = None
        """The partner that is asked about unknown tags, if there is one."""
        self.on_replaced: Callable[[str], None] = lambda charger_id: None
        """Called with each charger whose open socket was replaced by a newer one."""
        self.collect_commands: Callable[[CustomerRuntime], Coroutine[Any, Any, None]] | None = None
        """Performs commands that wait for this node. See `CommandDispatcher.collect`."""
        self.check_proofs: Callable[[CustomerRuntime, Sequence[ConnectedCharger]], Coroutine[Any, Any, None]] | None
        self.check_proofs = None
        """Closes sockets of chargers that were removed or have another password; see `Gateway.check_proofs`."""
        self.write_buffer = WriteBuffer(customer_id, node, database, images, clock, threads, spool)
        self.write_buffer.on_elsewhere = self._elsewhere
        self.write_buffer.on_gone = self._gone
        self.lists = LocalLists(customer_id, self.chargers, database, images, clock)
        self.blocks = Blocks(customer_id, self.chargers, database, clock)
        self.after_boot: list[Work] = [self.lists.booted, self.blocks.booted]
        """Done with every charger that has started, beside its connection; see `ChargerConnection.spawn`."""
        self._silent: dict[str, datetime] = {}
        """Chargers with running sessions that are not connected, and when they were last heard of."""
        self._silent_as_of = -SILENT_SECONDS
        self._lists_hours_too = False
        self._targets = targets
        self.following = Following(customer_id, node, database, images, clock, self._brought)
        self._proofs_as_of: Mark | None = None
        self._lineage = 0
        self._database = database
        self._images = images
        self._numbers: list[range] = []
        self._highest_number = 0
        self._opened = False
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[object]] = set()

    async def open(self) -> None:
        """Makes it ready to serve its first charger. Raises DatabaseFault."""
        async with self._opening:
            if not self._opened:
                added_at = await self._database.glance(charger_batches.added_at, self.id)
                self.write_buffer.belongs_to(Owner(self.id, "" if added_at is None else added_at.isoformat()))
                await self._follow_once()
                self._opened = True
                self.spawn(self._reserve_later(), "numbers")
                await asyncio.wait(self._named("numbers"), timeout=NUMBERS_SECONDS)  # without: see next_transaction
                for work in (self.write_buffer.run(), self._follow()):
                    self.spawn(work)

    async def close(self) -> None:
        """Writes what waits, or leaves it in the spool, and ends all tasks."""
        await asyncio.gather(self.following.close(), end(self._tasks))
        await self.write_buffer.close()
        await end(
            [asyncio.create_task(self._close_rest())], AWAY_SECONDS if self.write_buffer.is_away else CLOSE_SECONDS
        )

    async def _close_rest(self) -> None:
        await self.lists.close()
        if self.partner is not None:
            await self.partner.close()

    @property
    def is_open(self) -> bool:
        return self._opened

    @property
    def network(self) -> Network | None:
        image = self._images.current(self.id)
        return image.network if image is not None else None

    def charger(self, charger_id: str) -> Charger | None:
        """The charger as the operator has entered it."""
        network = self.network
        return network.chargers.get(charger_id) if network is not None else None

    async def arriving(self, charger_id: str, begins_16: bool) -> ConnectedCharger:
        """Returns the charger, ready for a socket."""
        if self.charger(charger_id) is None:  # it was added a moment ago
            with suppress(DatabaseFault):
                await self._follow_once()
        charger = self.chargers.get(charger_id)
        if charger is None:
            charger = self.chargers[charger_id] = ConnectedCharger(
                self, charger_id, self._live(charger_id), self.after_boot
            )
        if begins_16:
            try:
                known = await self._database.glance(sessions.begun, self.id, charger_id)
            except DatabaseFault:
                log.warning("what the charger has begun is not known while the database is away", charger=charger_id)
            else:
                charger.transactions_16.learn(*known)
        return charger

    @property
    def image_age(self) -> float:
        """Seconds since the image was known to be as new as the database."""
        return self.following.age if self._opened else 0.0

    def _live(self, charger_id: str) -> LiveCharger | None:
        image = self._images.current(self.id)
        return image.live.get(charger_id) if image is not None else None

    def next_transaction(self, used: Collection[str]) -> int:
        """Returns a new transaction id of OCPP 1.6, without asking the database.

        It is the number that the session will have. When no number is left because the database is down, it is a random
        one above all numbers that the charger has used.
        """
        if sum(map(len, self._numbers)) <= NUMBERS_AT_ONCE // 2 and not self._named("numbers"):
            self.spawn(self._reserve_later(), "numbers")
        while self._numbers and not self._numbers[0]:
            del self._numbers[0]
        if not self._numbers:
            while str(number := RANDOM_IDS_FROM + secrets.randbelow(RANDOM_IDS_FROM)) in used:
                pass
            return number
        first = self._numbers[0]
        self._numbers[0] = first[1:]
        return first[0]

    @staticmethod
    def session_of(transaction_id: str) -> int | None:
        """Returns the session number reserved for that new transaction.

        None: the database will give it one.
        """
        number = int(transaction_id)
        return number if number < RANDOM_IDS_FROM else None

    async def ordered_starts(self, charger_id: str) -> list[OrderedStart]:
        """Loads the starts without a check that any process has sent to the charger.

        Raises DatabaseFault.
        """
        return await self._database.glance(ordered_starts.find, self.id, charger_id, self.clock())

    # -- beside the chargers ----------------------------------------------------------------------

    async def _reserve(self) -> None:
        first = await self._database.write(sessions.reserve, self.id, NUMBERS_AT_ONCE, self._highest_number + 1)
        self._highest_number = first + NUMBERS_AT_ONCE - 1
        self._numbers.append(range(first, first + NUMBERS_AT_ONCE))

    async def _reserve_later(self) -> None:
        try:
            await self._reserve()
        except DatabaseFault:
            await asyncio.sleep(FOLLOW_SECONDS)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                with suppress(DatabaseFault):  # chargers are decided from the image as it is
                    await self._follow_once()
                self.blocks.look_after(self.network)
                await self.lists.look_after(self._lists_hours_too)
            except Exception as error:
                log.error("an image cannot be brought up", customer=self.id, exc_info=error)

    async def _follow_once(self) -> None:
        standing = await self.following.follow()
        if standing is not None and standing.has_commands and self.collect_commands is not None:
            await self.collect_commands(self)

    async def _brought(self, standing: CustomerStanding, image: NetworkSnapshot, known: Mark | None) -> None:
        """Follows what is no part of the image, which stands now at that mark."""
        if image.lineage != self._lineage:
            self._begin_again(image)
        if standing.mark != known:
            await self._follow_partner()
        self._lists_hours_too = standing.lists_hours_too
        await self._follow_sessions(standing)
        if image.proofs_since != self._proofs_as_of and self.check_proofs is not None:
            proofs_as_of = image.proofs_since
            await self.check_proofs(
                self, [charger for charger in self.chargers.values() if charger.connection is not None]
            )
            self._proofs_as_of = proofs_as_of

    def _begin_again(self, image: NetworkSnapshot) -> None:
        """Writes the states of connected chargers again, and reserves new session numbers.

        The database was restored, or has lost revisions.
        """
        self._lineage = image.lineage
        self.active_sessions = None
        for charger in self.chargers.values():
            if charger.connection is not None:
                self.write_buffer.note_whole(charger)
        self.spawn(self._reserve_later(), "numbers")

    async def _follow_sessions(self, standing: CustomerStanding) -> None:
        if not standing.one_session_per_tag:
            self.active_sessions = None
            return
        running, now = self.active_sessions or ActiveSessions(), asyncio.get_running_loop().time()
        if running.version > standing.live_version:  # the database has gone back
            running = ActiveSessions()
        if running.version < standing.live_version:
            version, changed = await self._database.read(sessions.running_since, self.id, running.version)
            running.follow(version, changed, self._is_here)
            running.version = max(running.version, standing.live_version, version)
        if now - self._silent_as_of >= SILENT_SECONDS:
            self._silent = await self._database.read(sessions.silent_chargers, self.id)
            self._silent_as_of = now
        self.active_sessions = running

    async def _follow_partner(self) -> None:
        """Follows the settings of the partner. Every change of them is a revision."""
        entered, before = await self._database.glance(partners.asked, self.id), self.partner
        if (None if entered is None else entered[0]) == (None if before is None else before.settings):
            return
        self.partner = None if entered is None else PartnerClient(self.id, *entered, self._targets, self.clock)
        if before is not None:
            self.spawn(before.close())

    def _is_here(self, charger_id: str) -> bool:
        charger = self.chargers.get(charger_id)
        return charger is not None and charger.connection is not None

    def is_lost(self, charger_id: str) -> bool:
        """Returns whether the charger was removed, or has not been heard of for long.

        Its sessions may have ended long ago.
        """
        if self.charger(charger_id) is None:
            return True
        here, silent_since = self.chargers.get(charger_id), self._silent.get(charger_id)
        if silent_since is None or (here is not None and here.connection is not None):
            return False
        heard = here.last_seen if here is not None and here.last_seen is not None else silent_since
        return max(silent_since, heard) < self.clock() - LOST_AFTER

    def _elsewhere(self, charger_id: str) -> None:
        """Closes the leftover socket of a charger that has connected to another node."""
        charger = self.chargers.pop(charger_id, None)
        self._images.held(self.id).forget(charger_id)
        if charger is not None and (connection := charger.left()) is not None:
            self.replaced(charger_id, connection)

    def is_connected(self, charger_id: str) -> bool:
        """Returns whether the charger has an open socket, here or at another node."""
        live = self._live(charger_id)
        return self._is_here(charger_id) or (live is not None and live.connected and live.node != self.node)

    def replaced(self, charger_id: str, connection: Connection) -> None:
        """Closes the charger's socket, for which a newer one speaks now."""
        self.on_replaced(charger_id)
        self.spawn(connection.replaced())

    def _gone(self) -> None:
        for charger in self.chargers.values():
            if charger.connection is not None:
                self.write_buffer.note(charger)

    def spawn(self, work: Coroutine[Any, Any, object], name: str | None = None) -> None:
        """Runs work beside the chargers, as long as this is open."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _named(self, name: str) -> list[asyncio.Task[object]]:
        return [task for task in self._tasks if task.get_name() == name]
