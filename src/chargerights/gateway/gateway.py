"""The chargers of this process, and the tasks that run beside them."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import structlog

from .. import metrics
from ..net.allowed_targets import AllowedTargets
from ..net.tasks import end
from ..replica.images import NetworkReplicas
from ..storage import notices
from ..storage.charging import charger_batches, charger_passwords, live, ordered_starts
from ..storage.charging.charger_passwords import KnownCredentials
from ..storage.charging.spool_file import Owner
from ..storage.database import WRITERS, Database, DatabaseFault
from ..storage.journal import Mark
from ..storage.revisions import Revised
from .charger.connected_charger import ConnectedCharger
from .command_dispatch import CommandDispatcher
from .connection.connection import POLICY, REMOVED
from .customer_runtime import CustomerRuntime
from .handshake.handshake_auth import HandshakeRejected, Policy
from .handshake.rejections import RejectedHandshake, RejectedHandshakes
from .handshake.rivals import PROBLEM, Rivals
from .ports import Connection
from .reconcile.local_list_sync import STATES
from .writes.spool import MEGABYTE, Spool, default_folder

LOOK_AFTER_SECONDS = 10.0
LOOKS_BEFORE_OTHERS_ARE_DEAD = 3
"""After an outage of the database all nodes look dead to each other. So each waits until all have written."""
NOT_KNOWN = 404
REPLAY_SECONDS = 5.0
"""The longest that a start waits until messages that ended processes have left are written."""
HANDSHAKES, HANDSHAKE_SECONDS = 20, 10.0
"""Handshakes of one charger, at most, in that many seconds."""

log = structlog.get_logger()


class SpoolSettings(NamedTuple):
    """The spool's folder and size. Messages wait there while the database is down."""

    folder: Path
    max_bytes: int = 1024 * MEGABYTE


class Gateway:
    """All chargers that are connected to this process. `running` runs its tasks."""

    def __init__(
        self,
        database: Database,
        images: NetworkReplicas,
        clock: Callable[[], datetime],
        policy: Policy | None = None,
        targets: AllowedTargets = AllowedTargets.PUBLIC,
        spool: SpoolSettings | None = None,
    ) -> None:
        self.node = secrets.token_hex(8)
        """This process, among all that ever ran. A new process is another node."""
        self.policy = policy or Policy()
        self.clock = clock
        self.customers: dict[int, CustomerRuntime] = {}
        spool = spool or SpoolSettings(default_folder(database))
        self.spool = Spool(spool.folder, self.node, spool.max_bytes)
        self._database = database
        self._images = images
        self._targets = targets
        self._known: dict[str, KnownCredentials] = {}
        self._handshakes: dict[str, tuple[float, int]] = {}
        self._refusals = RejectedHandshakes()
        self._rivals = Rivals(monotonic)
        self._looks = 0
        self.dispatcher = CommandDispatcher(self.node, database, clock, self.charger)
        self.send = self.dispatcher.send
        self._threads = ThreadPoolExecutor(1 if database.is_sqlite else WRITERS, "chargers")
        """The threads that write. SQLite lets one write at a time."""

    def charger(self, charger_id: str) -> ConnectedCharger | None:
        """Returns the charger, if its open socket is at this node."""
        known = self._known.get(charger_id)
        customer = self.customers.get(known.customer_id) if known is not None else None
        charger = customer.chargers.get(charger_id) if customer is not None else None
        return charger if charger is not None and charger.connection is not None else None

    async def know(self, charger_id: str) -> KnownCredentials:
        """Looks up the charger's owner and credentials.

        While the database is down, the last known values are used. Raises HandshakeRejected.
        """
        try:
            known = await self._database.glance(charger_passwords.know, charger_id)
        except DatabaseFault:
            known = self._known.get(charger_id)
            if known is None:
                raise HandshakeRejected(503, "the database cannot be reached; connect again shortly") from None
        if known is None:
            self._known.pop(charger_id, None)
            raise HandshakeRejected(NOT_KNOWN, "no charger of this id is known here")
        return known

    async def arrive(self, charger_id: str, known: KnownCredentials, begins_16: bool) -> ConnectedCharger:
        """Returns the charger, which is authenticated. Raises HandshakeRejected."""
        try:
            customer = await self._served(known.customer_id)
        except DatabaseFault:
            raise HandshakeRejected(503, "the database cannot be reached; connect again shortly") from None
        self._known[charger_id] = known
        if customer.is_connected(charger_id) and (pause := self._rivals.pause(charger_id)):
            wait = str(ceil(pause))
            raise HandshakeRejected(429, f"{PROBLEM}. This one may connect in {wait} seconds", {"retry-after": wait})
        return await customer.arriving(charger_id, begins_16)

    async def _served(self, customer_id: int) -> CustomerRuntime:
        """Returns the customer, ready to serve chargers. Raises DatabaseFault."""
        customer = self.customers.get(customer_id)
        if customer is None:
            customer = self.customers[customer_id] = CustomerRuntime(
                customer_id,
                self.node,
                self._database,
                self._images,
                self.clock,
                self._threads,
                self.spool,
                self._targets,
            )
            customer.collect_commands = self.dispatcher.collect
            customer.check_proofs = self.check_proofs
            customer.on_replaced = self._rivals.replaced
        await customer.open()
        return customer

    async def committed(self, what: Any) -> None:
        """Follows what this process has just committed, as far as the network lacks it."""
        customer = self.customers.get(what.customer_id) if isinstance(what, Revised) else None
        if customer is None:
            return
        entry = what.entry
        if entry is None or entry.alters_proofs() or entry.alters_settings():
            await customer.following.follow()
        else:
            customer.following.committed(entry)

    async def check_proofs(self, customer: CustomerRuntime, chargers: Sequence[ConnectedCharger]) -> None:
        """Closes sockets of chargers that were removed or have another password now.

        Raises DatabaseFault.
        """
        if not chargers:
            return
        ids = [charger.charger_id for charger in chargers]
        hashes = await self._database.read(charger_passwords.hashes, customer.id, ids)
        for charger in chargers:
            connection, known = charger.connection, self._known.get(charger.charger_id)
            if connection is None:
                continue
            if charger.charger_id not in hashes:
                customer.spawn(connection.close(REMOVED, "this charger has been removed"))
            elif known is not None and hashes[charger.charger_id] != known.hash:
                customer.spawn(connection.close(POLICY, "this charger has a new password"))
            else:
                continue
            connection.is_closed = True

    def refused(self, charger_id: str | None, refused: HandshakeRejected) -> bool:
        """Notes a rejected handshake. Returns whether a charger has the id."""
        is_known = charger_id in self._known or refused.status != NOT_KNOWN
        if charger_id is not None:
            self._refusals.note(RejectedHandshake(charger_id, self.clock(), refused.status, refused.text), is_known)
        return is_known

    def refusals(self, charger_id: str) -> list[RejectedHandshake]:
        """Returns the charger's handshakes rejected in the last hour, the latest first."""
        return self._refusals.of(charger_id, self.clock())

    def connected(self, charger: ConnectedCharger, replaced: Connection | None) -> None:
        """Closes the socket that a new one replaces, and checks the charger again.

        Its password may have changed since the handshake began.
        """
        customer = self.customers[charger.customer.id]
        if replaced is not None:
            customer.replaced(charger.charger_id, replaced)
        customer.spawn(self._check_again(customer, charger))

    async def _check_again(self, customer: CustomerRuntime, charger: ConnectedCharger) -> None:
        self._tell_problem(charger)
        with suppress(DatabaseFault):
            await self.check_proofs(customer, [charger])

    def limit(self, charger_id: str) -> None:
        """Counts a handshake of an authenticated charger. Raises HandshakeRejected."""
        now = asyncio.get_running_loop().time()
        since, count = self._handshakes.get(charger_id, (now, 0))
        if now - since > HANDSHAKE_SECONDS:
            since, count = now, 0
        self._handshakes[charger_id] = since, count + 1
        if count >= HANDSHAKES:
            wait = str(int(HANDSHAKE_SECONDS))
            raise HandshakeRejected(429, "this charger connects too often", {"retry-after": wait})

    def spooled(self) -> tuple[int, float]:
        """Returns the number of messages in the spool, and the seconds since the oldest."""
        return self.spool.count, self.spool.age(self.clock())

    def measure(self) -> None:
        """Updates the gauges among the metrics."""
        customers = self.customers.values()
        metrics.WRITE_BUFFER_WAITING.set(sum(customer.write_buffer.waiting for customer in customers))
        metrics.WRITE_BUFFER_SECONDS.set(max((customer.write_buffer.age for customer in customers), default=0))
        metrics.SPOOL_WAITING.set(self.spool.count)
        metrics.SPOOL_SECONDS.set(self.spool.age(self.clock()))
        metrics.IMAGE_SECONDS.set(max((customer.image_age for customer in customers), default=0))
        lists = sum((customer.lists.states() for customer in customers), Counter[str]())
        for state in STATES:
            metrics.LOCAL_LISTS.labels(state).set(lists[state])

    def _tell_problem(self, charger: ConnectedCharger) -> None:
        """Shows what is wrong with the charger's connection, or that nothing is any more."""
        problem = self._rivals.problem(charger.charger_id)
        if problem != (charger.reported.connection_problem or ""):
            charger.update_reported(connection_problem=problem)

    # -- what runs beside the chargers ------------------------------------------------------------

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs the tasks beside the chargers.

        First, messages that other processes have left in their spools are written. At the end, every message is written
        or in this process's own spool.
        """
        await self._replay()
        with suppress(TimeoutError):  # so that a start comes before what chargers say of it next
            async with asyncio.timeout(REPLAY_SECONDS):
                await asyncio.gather(*(customer.write_buffer.write() for customer in self.customers.values()))
        beside = [
            asyncio.create_task(work) for work in (self._look_after(), notices.listen(self._database, self._heard))
        ]
        try:
            yield
        finally:
            await end(beside)
            await asyncio.gather(*(customer.close() for customer in self.customers.values()))
            await self.spool.close()
            self._threads.shutdown(wait=False)

    def _heard(self, customer_id: int, mark: Mark) -> None:
        """A process has committed a revision."""
        customer = self.customers.get(customer_id)
        if customer is not None:
            customer.following.heard(mark)

    async def _replay(self) -> None:
        """Takes over spools of processes that have ended, and has what is in them written."""
        await self.spool.adopt()
        for owner in self.spool.owners():
            try:
                customer = await self._served_if_known(owner)
            except DatabaseFault as fault:
                log.warning("messages stay in the spool", customer=owner.customer_id, cause=str(fault))
            else:
                if customer is not None:
                    customer.write_buffer.hurry()

    async def _served_if_known(self, owner: Owner) -> CustomerRuntime | None:
        """The customer, unless the messages are of another database's.

        Raises DatabaseFault.
        """
        customer = self.customers.get(owner.customer_id)
        if customer is None or not customer.is_open:
            added_at = await self._database.glance(charger_batches.added_at, owner.customer_id)
            if added_at is None or added_at.isoformat() != owner.added_at:
                log.error(
                    "messages in the spool are of a customer that this database does not have: is it the right one?",
                    customer=owner.customer_id, folder=str(self.spool.folder),
                )  # fmt: skip
                return None
        return await self._served(owner.customer_id)

    async def _look_after(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AFTER_SECONDS)
            try:
                await self.look_after()
            except Exception as error:
                log.error("sockets cannot be looked after", exc_info=error)

    async def look_after(self) -> None:
        """Closes stuck and removed chargers' sockets, and clears up after dead nodes.

        The chargers of dead nodes are marked as not connected, and the tags of expired starts are erased.
        """
        self.measure()
        await self._replay()
        for customer in self.customers.values():
            for charger in [*customer.chargers.values()]:
                self._tell_problem(charger)
                if charger.connection is not None and charger.connection.is_stuck:
                    log.warning("a charger reads nothing", charger=charger.charger_id)
                    charger.connection.cut()
                elif (
                    charger.connection is not None and customer.charger(charger.charger_id) is None and customer.network
                ):
                    await charger.connection.close(REMOVED, "this charger has been removed")
        try:
            silent = await self._database.read(live.silent_customers, self.clock())
            self._looks += 1
            if self._looks > LOOKS_BEFORE_OTHERS_ARE_DEAD:
                for customer_id in silent:
                    count = await self._database.write(live.disconnect_silent, customer_id, self.clock())
                    log.info("chargers of a node that has died are not connected", customer=customer_id, chargers=count)
            for customer_id in await self._database.read(ordered_starts.customers_to_forget, self.clock()):
                await self._database.write(ordered_starts.forget, customer_id, self.clock())
        except DatabaseFault:
            self._looks = 0
