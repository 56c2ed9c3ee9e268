"""What one customer's chargers did, on its way to the database: in batches, in order, once.

A message that must not be lost is answered when it is on a disk: in the database or, when that does not write at once,
in the spool. From then on it waits in the spool alone, and comes from there when the database writes again.
"""

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
from ...storage.charging.live import NODE_SILENT
from ...storage.charging.messages import Message
from ...storage.charging.session_notices import SessionNotice
from ...storage.charging.spool_file import Owner, SpoolFault
from ...storage.database import Database, DatabaseFault
from .pending import Entry, answer, halves, rows_of
from .spool import Spool

EVERY_SECONDS = 0.5
AGAIN_SECONDS = 1.0
SPOOLED_SECONDS = 0.15
"""After which a message that is not in the database goes to the spool."""
SLOW_SECONDS = 3.0
"""After which a batch under way means that the database is away."""
CLOSE_SECONDS, AWAY_SECONDS = 5.0, 1.0
"""How long the end waits for the database, and for one that is known to be away: what it does not take is spooled."""
RENEWED_SECONDS = NODE_SILENT.total_seconds() / 3
"""After which a batch without content says that this node lives."""
DECISIONS_PER_BATCH, NOTICES_PER_BATCH = 4_000, 1_000
MAX_IN_MEMORY = 100_000
"""How many messages wait in memory when the spool cannot be written either."""

log = structlog.get_logger()


class WriteBuffer:
    """One customer's; `run` writes until it is cancelled."""

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
        self.is_away = False
        """Whether the last batch could not be written."""
        self.owner = Owner(customer_id, "")
        """Whose messages these are in the spool; known when the customer is."""
        self.on_elsewhere: Callable[[str], None] = lambda charger_id: None
        """Told of chargers that have connected to another node since."""
        self.on_gone: Callable[[], None] = lambda: None
        """Told when others took this node for dead: whatever is connected must be written anew."""
        self._customer_id = customer_id
        self._node = node
        self._database = database
        self._images = images
        self._clock = clock
        self._threads = threads
        self._spool = spool
        self._held = images.held(customer_id)
        self._whole: set[str] = set()
        self._numbers, self._batch_numbers = count(1), count(1)
        self._entries: deque[Entry] = deque()
        """Messages that are in memory alone."""
        self._under_way: deque[Entry] = deque()
        """Those of them that are in a batch."""
        self._spooled = 0
        """The number up to which they are in the spool, too."""
        self._pending: deque[Batch] = deque()
        """What could not be written yet: it is tried again as it is, before anything newer."""
        self._work, self._urgent = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._spooling: asyncio.Task[None] | None = None
        self._unspooled_until = 0.0
        """The spool could not be written the last time, and is tried again then."""
        self._emptied_at = asyncio.get_running_loop().time()
        """When all was written last."""

    # -- what comes in ----------------------------------------------------------------------------

    def note(self, charger: ConnectedState) -> None:
        """The charger's state has changed."""
        self._held.note(charger)
        self._work.set()

    def note_whole(self, charger: ConnectedState) -> None:
        """So has what it reports of itself."""
        self._whole.add(charger.charger_id)
        self.note(charger)

    def decided(self, said: Authorization | ChargerReport) -> None:
        """Keeps a decision or a report, with the next batch. No one waits for it."""
        if len(self._entries) < MAX_IN_MEMORY:
            self._entries.append(Entry(next(self._numbers), said, None))
        else:
            metrics.NOT_KEPT.inc()
        self._work.set()
        if self.is_away:
            self._spool_soon()

    def reported(self, report: ChargerReport) -> None:
        """Keeps a report, which is rare and which someone may be waiting for, with a batch that is on its way soon."""
        self.decided(report)
        self.hurry()

    def keep(self, notice: SessionNotice) -> asyncio.Future[bool]:
        """Writes the notice with the next batch, which is on its way soon. The future is done when the notice is on a
        disk: True; or when it cannot be put on any: False, and its charger is to send it again."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if len(self._entries) >= MAX_IN_MEMORY or (self.is_away and self._is_unspooled_now()):
            self._refuse(done)
            return done
        self._entries.append(Entry(next(self._numbers), notice, done))
        self.hurry()
        if self.is_away:
            self._spool_soon()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SPOOLED_SECONDS, self._spool_soon)
        return done

    @property
    def waiting(self) -> int:
        """How much is in memory alone."""
        states = sum(len(each.states) for each in self._pending)
        return len(self._entries) + len(self._under_way) + len(self._held.unwritten) + states

    @property
    def age(self) -> float:
        """Seconds that the oldest of it, or of what is in the spool, has waited at most."""
        if not self.waiting and not self._spool.holds(self.owner):
            return 0.0
        return asyncio.get_running_loop().time() - self._emptied_at

    # -- to the spool -----------------------------------------------------------------------------

    def _spool_soon(self) -> None:
        self._timer = None
        if self._spooling is None:
            self._spooling = asyncio.create_task(self._spool_all())
            self._spooling.add_done_callback(self._spooled_all)

    def _spooled_all(self, _: asyncio.Task[None]) -> None:
        self._spooling = None
        if self.is_away and not self._unspooled_until and self._unspooled():
            self._spool_soon()  # came at the last moment

    def _unspooled(self) -> list[Entry]:
        return [each for each in (*self._under_way, *self._entries) if each.number > self._spooled]

    async def _spool_all(self) -> None:
        """Puts all that is in memory alone into the spool, where it is safe, and answers for it."""
        while entries := self._unspooled():
            rows = await rows_of(entries, self.owner, self._clock())
            try:
                await self._spool.put(rows)
            except SpoolFault as fault:
                self._not_spooled(fault)
                return
            if self._unspooled_until:
                log.info("messages of chargers are spooled again", customer=self._customer_id)
            self._unspooled_until = 0.0
            self._spooled = entries[-1].number
            metrics.SPOOLED.inc(len(entries))
            while self._entries and self._entries[0].number <= self._spooled:
                self._entries.popleft()
            for each in entries:
                answer(each.done, True)

    def _not_spooled(self, fault: SpoolFault) -> None:
        """No disk takes them: while the database does not write either, their chargers are to send them again."""
        if not self._unspooled_until:
            log.error("messages of chargers cannot be spooled", customer=self._customer_id, cause=str(fault))
        self._unspooled_until = asyncio.get_running_loop().time() + AGAIN_SECONDS
        if self.is_away:
            for each in self._unspooled():
                if each.done is not None:
                    self._refuse(each.done)
            self._entries = deque(each for each in self._entries if each.done is None)

    def _is_unspooled_now(self) -> bool:
        return asyncio.get_running_loop().time() < self._unspooled_until

    def _refuse(self, done: asyncio.Future[bool]) -> None:
        if not done.done():
            metrics.NOT_KEPT.inc()
            answer(done, False)

    # -- to the database --------------------------------------------------------------------------

    async def run(self) -> None:
        """Writes what comes, about every EVERY_SECONDS; at once what somebody waits for."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEWED_SECONDS):
                    await self._work.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._urgent.wait()
            try:
                done = await self.write()
            except Exception as error:  # of this program: what came after it must be written all the same
                log.error("chargers' messages cannot be written", customer=self._customer_id, exc_info=error)
                done = False
            if not done:
                await asyncio.sleep(AGAIN_SECONDS)

    def hurry(self) -> None:
        """Has what waits written now."""
        self._work.set()
        self._urgent.set()

    async def write(self) -> bool:
        """Writes what has come; whether all of it is written."""
        async with self._writing:
            return await self._write_all()

    async def written_within(self, seconds: float) -> None:
        """Returns when what has come is written, or after that time."""
        if self._entries or self._under_way or self._spool.holds(self.owner):
            writing = asyncio.create_task(self.write())
            writing.add_done_callback(_look_at)
            await asyncio.wait([writing], timeout=seconds)

    async def close(self) -> None:
        """Writes what has come, or leaves it in the spool for the next process."""
        if self.is_away:
            await self._spool_rest()
        with suppress(TimeoutError):
            async with asyncio.timeout(AWAY_SECONDS if self.is_away else CLOSE_SECONDS):
                await self.write()
        await self._spool_rest()

    async def _spool_rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._unspooled_until = 0.0
        while self._unspooled() and not self._unspooled_until:
            self._spool_soon()
            if self._spooling is not None:
                await asyncio.wait([self._spooling])
        if left := len(self._unspooled()):
            log.error("messages of chargers are lost", customer=self._customer_id, messages=left)

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
            if not (self._pending or self._entries or self._spool.holds(self.owner)):
                self._emptied_at = asyncio.get_running_loop().time()
                return True

    async def _write(
        self, work: Callable[..., charger_batches.Written], *given: Batch | str
    ) -> charger_batches.Written:
        """In a thread: preparing a large batch would hold the event loop. A database that hangs is waited for here,
        and by nobody else."""
        run = partial(self._database.write_now, work, self._customer_id, self._node, *given)
        writing = asyncio.get_running_loop().run_in_executor(self._threads, run)
        writing.add_done_callback(_look_at)  # this may be cancelled before it ends
        done, _ = await asyncio.wait([writing], timeout=SLOW_SECONDS)
        if not done:
            self._not_written("it does not answer")
        return await writing

    async def _next_batch(self) -> Batch:
        """What came first: what the spool has, before what is in memory.

        Numbers are applied in their order, and what comes below the last one applied is passed over. So memory is
        turned to only while the spool holds nothing: something may be put there while it is read.
        """
        taken = await self._spool.take(self.owner, NOTICES_PER_BATCH)
        while taken is None and self._spool.holds(self.owner):
            taken = await self._spool.take(self.owner, NOTICES_PER_BATCH)
        states = tuple(each.state() for each in self._held.begin())
        changed = frozenset(state.charger_id for state in states) & self._whole
        self._whole -= changed
        batch = Batch(next(self._batch_numbers), self._clock(), states, changed)
        if taken is not None:
            return replace(batch, messages=taken.messages, first=taken.first, origin=taken.origin)
        given: list[Message] = []
        first = self._entries[0].number if self._entries else 0
        notices = 0
        while self._entries and notices < NOTICES_PER_BATCH and len(given) < DECISIONS_PER_BATCH:
            if self._entries[0].number != first + len(given):
                break  # those between were refused
            entry = self._entries.popleft()
            notices += isinstance(entry.message, SessionNotice)
            given.append(entry.message)
            self._under_way.append(entry)
        return replace(batch, messages=tuple(given), first=first, origin=self._node)

    async def _written(self, batch: Batch, written: charger_batches.Written) -> None:
        if self.is_away:
            log.info("chargers' messages are written again", customer=self._customer_id)
        self.is_away = False
        self._pending.popleft()
        if batch.origin == self._node:
            while self._under_way and self._under_way[0].number <= batch.last:
                answer(self._under_way.popleft().done, True)
        self._images.written(self._customer_id, written.version)
        for charger_id in written.elsewhere:
            self.on_elsewhere(charger_id)
        if written.elsewhere:
            self._images.invalidate_live(self._customer_id)
        if written.was_gone:
            self.on_gone()
        if batch.messages:
            await self._spool.applied(batch.origin, self.owner, batch.last)

    def _split(self, batch: Batch) -> bool:
        """Puts two halves in the place of a batch that is refused; whether it has two."""
        parts = halves(batch)
        if not parts:
            return False
        self._pending.popleft()
        # Numbers rise in the order of writing; what comes after the halves was not tried yet.
        later = [replace(each, number=next(self._batch_numbers)) for each in (*parts, *self._pending)]
        self._pending = deque(later)
        return True

    async def _set_aside(self, batch: Batch, error: Exception) -> charger_batches.Written:
        """Keeps a message that the database refuses where an operator finds it. A charger's state is left out: what it
        says next replaces it."""
        if not batch.messages:
            log.error("a charger's state is left out", customer=self._customer_id, exc_info=error)
            self._images.invalidate_live(self._customer_id)
            return await self._write(charger_batches.write, replace(batch, states=(), whole=frozenset()))
        written = await self._write(charger_batches.put_aside, batch, f"{faults.name(error)}: {error}")
        log.error("a message of a charger is set aside", customer=self._customer_id, exc_info=error)
        metrics.SET_ASIDE.inc()
        return written

    def _not_written(self, why: str) -> None:
        """It stays to be written; from now on, whatever comes goes to the spool at once."""
        if not self.is_away:
            log.warning("chargers' messages wait for the database", customer=self._customer_id, cause=why)
        self.is_away = True
        self._work.set()
        self._spool_soon()


def _look_at(writing: asyncio.Future[Any]) -> None:
    if not writing.cancelled():
        writing.exception()
