"""The queue of one customer's messages, in memory and in the spool.

A message that must not be lost is answered once it is on a disk, in the database or in the spool. From then on it waits
in the spool alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime
from itertools import count

import structlog

from ... import metrics
from ...storage.charging.authorizations import Authorization
from ...storage.charging.charger_reports import ChargerReport
from ...storage.charging.live import NodeEnded
from ...storage.charging.messages import Message
from ...storage.charging.session_notices import SessionNotice
from ...storage.charging.spool_file import Owner, SpoolFault
from .pending import Entry, answer, rows_of
from .spool import Spool

SPOOLED_SECONDS = 0.15
"""After which a message that is not in the database goes to the spool."""
UNSPOOLED_SECONDS = 1.0
"""The pause after which the spool is tried again when it could not be written."""
DECISIONS_PER_BATCH, NOTICES_PER_BATCH = 4_000, 1_000
MAX_IN_MEMORY = 100_000
"""Messages that wait in memory when the spool cannot be written either."""

log = structlog.get_logger()


class MessageQueue:
    """The queue of one customer.

    Messages are numbered, and written in the order of their numbers.
    """

    def __init__(self, customer_id: int, clock: Callable[[], datetime], spool: Spool) -> None:
        self.is_away = False
        """Whether the database takes no batches, so that messages go to the spool at once."""
        self.owner = Owner(customer_id, "")
        """The customer as the spool names it. Complete once the customer is loaded."""
        self._customer_id = customer_id
        self._clock = clock
        self._spool = spool
        self._numbers = count(1)
        self._entries: deque[Entry] = deque()
        """Messages that are in memory alone."""
        self._under_way: deque[Entry] = deque()
        """Messages in memory that are in a batch."""
        self._spooled = 0
        """The number up to which messages are in the spool, too."""
        self._timer: asyncio.TimerHandle | None = None
        self._spooling: asyncio.Task[None] | None = None
        self._unspooled_until = 0.0
        """The time until which the spool is not tried again, by the event loop; 0 while it can be written."""

    def __len__(self) -> int:
        """The number of messages that are in memory alone."""
        return len(self._entries) + len(self._under_way)

    @property
    def has_more(self) -> bool:
        """Returns whether messages wait that are in no batch."""
        return bool(self._entries) or self.is_spooled

    @property
    def is_spooled(self) -> bool:
        """Returns whether the spool holds messages of the customer."""
        return self._spool.holds(self.owner)

    def add(self, message: Authorization | ChargerReport | NodeEnded) -> None:
        """Adds a message that no one waits for."""
        if len(self._entries) < MAX_IN_MEMORY:
            self._entries.append(Entry(next(self._numbers), message, None))
        else:
            metrics.NOT_KEPT.inc()
        if self.is_away:
            self.spool_soon()

    def keep(self, notice: SessionNotice) -> asyncio.Future[bool]:
        """Adds a message that must not be lost.

        The future is done with True when it is on a disk, and with False when it cannot be put on any: then the charger
        must send it again.
        """
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if len(self._entries) >= MAX_IN_MEMORY or (self.is_away and self._is_spool_down()):
            self._refuse(done)
            return done
        self._entries.append(Entry(next(self._numbers), notice, done))
        if self.is_away:
            self.spool_soon()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SPOOLED_SECONDS, self.spool_soon)
        return done

    # -- to a batch -------------------------------------------------------------------------------

    def take(self) -> tuple[int, tuple[Message, ...]]:
        """Moves the oldest messages in memory to a batch.

        Returns the number of the first, and the messages.
        """
        messages: list[Message] = []
        first = self._entries[0].number if self._entries else 0
        notices = 0
        while self._entries and notices < NOTICES_PER_BATCH and len(messages) < DECISIONS_PER_BATCH:
            if self._entries[0].number != first + len(messages):
                break  # those between were refused
            entry = self._entries.popleft()
            notices += isinstance(entry.message, SessionNotice)
            messages.append(entry.message)
            self._under_way.append(entry)
        return first, tuple(messages)

    def written(self, last: int) -> None:
        """Answers for the messages up to that number, which are in the database."""
        while self._under_way and self._under_way[0].number <= last:
            answer(self._under_way.popleft().done, True)

    # -- to the spool -----------------------------------------------------------------------------

    def spool_soon(self) -> None:
        """Begins to put messages into the spool, unless that is under way."""
        self._timer = None
        if self._spooling is None:
            self._spooling = asyncio.create_task(self._spool_all())
            self._spooling.add_done_callback(self._spooled_all)

    async def spool_rest(self) -> None:
        """Puts all messages into the spool, because the process ends."""
        if self._timer is not None:
            self._timer.cancel()
        self._unspooled_until = 0.0
        while self._unspooled() and not self._unspooled_until:
            self.spool_soon()
            if self._spooling is not None:
                await asyncio.wait([self._spooling])
        if left := len(self._unspooled()):
            log.error("messages of chargers are lost", customer=self._customer_id, messages=left)

    def _spooled_all(self, _: asyncio.Task[None]) -> None:
        self._spooling = None
        if self.is_away and not self._unspooled_until and self._unspooled():
            self.spool_soon()  # came at the last moment

    def _unspooled(self) -> list[Entry]:
        return [entry for entry in (*self._under_way, *self._entries) if entry.number > self._spooled]

    async def _spool_all(self) -> None:
        """Puts the messages that are in memory alone into the spool, and answers for them."""
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
            for entry in entries:
                answer(entry.done, True)

    def _not_spooled(self, fault: SpoolFault) -> None:
        """Notes that the spool takes no messages.

        While the database takes none either, they are refused.
        """
        if not self._unspooled_until:
            log.error("messages of chargers cannot be spooled", customer=self._customer_id, cause=str(fault))
        self._unspooled_until = asyncio.get_running_loop().time() + UNSPOOLED_SECONDS
        if self.is_away:
            for entry in self._unspooled():
                if entry.done is not None:
                    self._refuse(entry.done)
            self._entries = deque(entry for entry in self._entries if entry.done is None)

    def _is_spool_down(self) -> bool:
        return asyncio.get_running_loop().time() < self._unspooled_until

    def _refuse(self, done: asyncio.Future[bool]) -> None:
        if not done.done():
            metrics.NOT_KEPT.inc()
            answer(done, False)
