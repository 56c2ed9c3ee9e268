"""Writes what a customer's chargers report: in batches, in order, and once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any

import structlog

from ... import metrics
from ...replica.images import NetworkReplicas
from ...replica.unwritten import ConnectedState
from ...storage import faults
from ...storage.charging import charger_batches
from ...storage.charging.authorizations import Authorization
from ...storage.charging.charger_batches import Batch
from ...storage.charging.charger_reports import ChargerReport
from ...storage.charging.live import NODE_SILENT, NodeEnded
from ...storage.charging.session_notices import SessionNotice
from ...storage.charging.spool_file import Owner, SpoolFault
from ...storage.database import Database, DatabaseFault
from .message_queue import NOTICES_PER_BATCH, MessageQueue
from .pending import halves
from .spool import Spool

EVERY_SECONDS = 0.5
AGAIN_SECONDS = 1.0
SLOW_SECONDS = 3.0
"""After which a batch that is not yet written means that the database is down."""
CLOSE_SECONDS, AWAY_SECONDS = 5.0, 1.0
"""How long `close` waits for the database, and for one that is known to be down. The rest goes to the spool."""
RENEWED_SECONDS = NODE_SILENT.total_seconds() / 3
"""After which an empty batch shows that this node is alive."""

log = structlog.get_logger()


class WriteBuffer:
    """The states and messages of one customer's chargers.

    `run` writes until it is cancelled.
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
    ) -> None:
        self.on_elsewhere: Callable[[str], None] = lambda charger_id: None
        """Called with each charger that has connected to another node since."""
        self.on_gone: Callable[[], None] = lambda: None
        """Called when others took this node for dead: all connected chargers must be written again."""
        self._customer_id = customer_id
        self._node = node
        self._database = database
        self._images = images
        self._clock = clock
        self._threads = threads
        self._spool = spool
        self._queue = MessageQueue(customer_id, clock, spool)
        self._states = images.held(customer_id)
        self._whole: set[str] = set()
        """Chargers whose own reports have changed, too."""
        self._batch_numbers = count(1)
        self._pending: deque[Batch] = deque()
        """Batches that could not be written. They are tried again as they are, before anything newer."""
        self._work, self._urgent = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._emptied_at = asyncio.get_running_loop().time()
        """When everything was last written, by the event loop's time."""

    # -- what comes in ----------------------------------------------------------------------------

    @property
    def owner(self) -> Owner:
        """The customer, as the spool names it."""
        return self._queue.owner

    def belongs_to(self, owner: Owner) -> None:
        """Sets the customer, as the spool names it."""
        self._queue.owner = owner

    def note(self, charger: ConnectedState) -> None:
        """Has the charger's state written with the next batch."""
        self._states.note(charger)
        self._work.set()

    def note_whole(self, charger: ConnectedState) -> None:
        """Has the charger's state written, and what it reports of itself."""
        self._whole.add(charger.charger_id)
        self.note(charger)

    def decided(self, message: Authorization | ChargerReport | NodeEnded) -> None:
        """Has an authorization or a report written. No one waits for it."""
        self._queue.add(message)
        self._work.set()

    def reported(self, report: ChargerReport) -> None:
        """Has a report written soon: reports are rare, and someone may be waiting for it."""
        self.decided(report)
        self.hurry()

    def keep(self, notice: SessionNotice) -> asyncio.Future[bool]:
        """Has a message that must not be lost written soon.

        See `MessageQueue.keep`.
        """
        done = self._queue.keep(notice)
        if not done.done():
            self.hurry()
        return done

    @property
    def is_away(self) -> bool:
        """Returns whether the last batch could not be written."""
        return self._queue.is_away

    @property
    def waiting(self) -> int:
        """The number of states and messages that are in memory alone."""
        return len(self._queue) + len(self._states.unwritten) + sum(len(batch.states) for batch in self._pending)

    @property
    def age(self) -> float:
        """The longest that any of them, or a message in the spool, has waited, in seconds."""
        if not self.waiting and not self._queue.is_spooled:
            return 0.0
        return asyncio.get_running_loop().time() - self._emptied_at

    # -- to the database --------------------------------------------------------------------------

    async def run(self) -> None:
        """Writes about every EVERY_SECONDS, and at once when someone waits."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEWED_SECONDS):
                    await self._work.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._urgent.wait()
            try:
                done = await self.write()
            except Exception as error:  # a defect of this program: later messages must be written all the same
                log.error("chargers' messages cannot be written", customer=self._customer_id, exc_info=error)
                done = False
            if not done:
                await asyncio.sleep(AGAIN_SECONDS)

    def hurry(self) -> None:
        """Has everything that waits written now."""
        self._work.set()
        self._urgent.set()

    async def write(self) -> bool:
        """Writes everything that waits. Returns whether all of it is written."""
        async with self._writing:
            return await self._write_all()

    async def written_within(self, seconds: float) -> None:
        """Returns when the messages that wait are written, or after that time."""
        if len(self._queue) or self._queue.is_spooled:
            writing = asyncio.create_task(self.write())
            writing.add_done_callback(_look_at)
            await asyncio.wait([writing], timeout=seconds)

    async def close(self) -> None:
        """Writes everything that waits, or leaves it in the spool for the next process."""
        if self.is_away:
            await self._queue.spool_rest()
        with suppress(TimeoutError):
            async with asyncio.timeout(AWAY_SECONDS if self.is_away else CLOSE_SECONDS):
                await self.write()
        if self._states.is_ahead:  # it is not written that chargers are disconnected
            self.decided(NodeEnded(self._node, self._clock()))
        await self._queue.spool_rest()

    async def _write_all(self) -> bool:
        self._work.clear()
        self._urgent.clear()
        while True:
            try:
                if not self._pending:
                    self._pending.append(await self._next_batch())
                batch = self._pending[0]
                try:
                    written = await self._write(charger_batches.write, batch)
                except DatabaseFault:
                    raise
                except Exception as error:
                    if self._split(batch):
                        continue
                    written = await self._set_aside(batch, error)
                await self._written(batch, written)
            except (DatabaseFault, SpoolFault) as fault:
                self._not_written(str(fault))
                return False
            if not (self._pending or self._queue.has_more):
                self._emptied_at = asyncio.get_running_loop().time()
                return True

    async def _write(
        self, work: Callable[..., charger_batches.Written], *arguments: Batch | str
    ) -> charger_batches.Written:
        """Writes a batch in a thread: preparing a large one would hold the event loop.

        This waits for a database that hangs. Nothing else does.
        """
        run = partial(self._database.write_now, work, self._customer_id, self._node, *arguments)
        writing = asyncio.get_running_loop().run_in_executor(self._threads, run)
        writing.add_done_callback(_look_at)  # this may be cancelled before it ends
        done, _ = await asyncio.wait([writing], timeout=SLOW_SECONDS)
        if not done:
            self._not_written("it does not answer")
        return await writing

    async def _next_batch(self) -> Batch:
        """Returns the changed states with the oldest messages.

        Messages in the spool come before those in memory. Messages are applied in the order of their numbers, and
        numbers below the last one applied are skipped. So messages are taken from memory only while the spool is empty:
        more may be spooled while it is read.
        """
        taken = await self._spool.take(self.owner, NOTICES_PER_BATCH)
        while taken is None and self._queue.is_spooled:
            taken = await self._spool.take(self.owner, NOTICES_PER_BATCH)
        states = tuple(charger.state() for charger in self._states.begin())
        changed = frozenset(state.charger_id for state in states) & self._whole
        self._whole -= changed
        batch = Batch(next(self._batch_numbers), self._clock(), states, changed)
        if taken is not None:
            return replace(batch, messages=taken.messages, first=taken.first, origin=taken.origin)
        first, messages = self._queue.take()
        return replace(batch, messages=messages, first=first, origin=self._node)

    async def _written(self, batch: Batch, written: charger_batches.Written) -> None:
        if self.is_away:
            log.info("chargers' messages are written again", customer=self._customer_id)
        self._queue.is_away = False
        self._pending.popleft()
        if batch.origin == self._node:
            self._queue.written(batch.last)
        self._images.written(self._customer_id, written.version)
        for charger_id in written.elsewhere:
            self.on_elsewhere(charger_id)
        if written.elsewhere or batch.origin != self._node:  # its last message may disconnect chargers
            self._images.invalidate_live(self._customer_id)
        if written.was_gone:
            self.on_gone()
        if batch.messages:
            await self._spool.applied(batch.origin, self.owner, batch.last)

    def _split(self, batch: Batch) -> bool:
        """Replaces a batch that is refused by two halves. Returns whether it has two."""
        parts = halves(batch)
        if not parts:
            return False
        self._pending.popleft()
        # Numbers rise in the order of writing; what comes after the halves was not tried yet.
        later = [replace(part, number=next(self._batch_numbers)) for part in (*parts, *self._pending)]
        self._pending = deque(later)
        return True

    async def _set_aside(self, batch: Batch, error: Exception) -> charger_batches.Written:
        """Stores a message that the database refuses where an operator finds it.

        A charger's state that is refused is left out, since the next one replaces it.
        """
        if not batch.messages:
            log.error("a charger's state is left out", customer=self._customer_id, exc_info=error)
            self._images.invalidate_live(self._customer_id)
            return await self._write(charger_batches.write, replace(batch, states=(), whole=frozenset()))
        written = await self._write(charger_batches.put_aside, batch, f"{faults.name(error)}: {error}")
        log.error("a message of a charger is set aside", customer=self._customer_id, exc_info=error)
        metrics.SET_ASIDE.inc()
        return written

    def _not_written(self, why: str) -> None:
        """Notes that the database is down. From now on, messages go to the spool at once."""
        if not self.is_away:
            log.warning("chargers' messages wait for the database", customer=self._customer_id, cause=why)
        self._queue.is_away = True
        self._work.set()
        self._queue.spool_soon()


def _look_at(writing: asyncio.Future[Any]) -> None:
    if not writing.cancelled():
        writing.exception()
