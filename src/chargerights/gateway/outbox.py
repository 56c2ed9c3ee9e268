"""What one customer's chargers did, on its way to the database: in batches, in order, once.

While the database is away everything waits here, up to a limit, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import count, islice

import structlog

from ..storage import batches
from ..storage.authorisations import Authorisation
from ..storage.batches import Batch
from ..storage.database import Database, DatabaseFault
from ..storage.images import Images
from ..storage.live import NODE_SILENT
from ..storage.sessions import Notice
from .chargers import ConnectedCharger

EVERY_SECONDS = 0.5
AGAIN_SECONDS = 1.0
SLOW_SECONDS = 3.0
"""After which a batch under way keeps nobody waiting."""
RENEWED_SECONDS = NODE_SILENT.total_seconds() / 3
"""After which a batch without content says that this node lives."""
AUTHORISATIONS_PER_BATCH, NOTICES_PER_BATCH = 4_000, 1_000
MAX_AUTHORISATIONS, MAX_READINGS, MAX_NOTICES = 100_000, 50_000, 200_000
"""How much is kept while the database is away: of decisions the newest, of meter values the oldest, and room for far
more starts and stops than a customer's chargers have in a day."""

log = structlog.get_logger()


class Outbox:
    """One customer's; `run` writes until it is cancelled."""

    def __init__(
        self,
        customer_id: int,
        node: str,
        database: Database,
        images: Images,
        clock: Callable[[], datetime],
        threads: ThreadPoolExecutor,
    ) -> None:
        self.is_away = False
        """Whether the last batch could not be written."""
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
        self._held = images.held(customer_id)
        self._whole: set[str] = set()
        self._authorisations: deque[Authorisation] = deque(maxlen=MAX_AUTHORISATIONS)
        self._notices: deque[tuple[Notice, asyncio.Future[None]]] = deque()
        self._numbers = count(1)
        self._batch: Batch | None = None
        """One that could not be written: it is tried again as it is."""
        self._work, self._urgent = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._emptied_at = 0.0
        """When all was written last."""

    # -- what comes in ----------------------------------------------------------------------------

    def note(self, charger: ConnectedCharger) -> None:
        """The charger's state has changed."""
        self._held.note(charger)
        self._work.set()

    def note_whole(self, charger: ConnectedCharger) -> None:
        """So has what it reports of itself."""
        self._whole.add(charger.charger_id)
        self.note(charger)

    def decided(self, authorisation: Authorisation) -> None:
        self._authorisations.append(authorisation)
        self._work.set()

    def keep(self, notice: Notice) -> asyncio.Future[None]:
        """Writes it with the next batch, which is on its way soon. The future is done when it is written, or when that
        will take long: whoever sent it is not to wait for a database that is away."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = len(self._notices)
        if waiting >= MAX_NOTICES or (waiting >= MAX_READINGS and not notice.says):
            log.error("a message about a session is not kept: too many wait", charger=notice.charger_id)
            done.set_result(None)
            return done
        self._notices.append((notice, done))
        self._work.set()
        self._urgent.set()
        if self.is_away:
            done.set_result(None)
        return done

    @property
    def waiting(self) -> int:
        """How much is not written yet, but what a batch under way has of states and decisions."""
        under_way = 0 if self._batch is None else len(self._batch.states) + len(self._batch.authorisations)
        return len(self._authorisations) + len(self._notices) + len(self._held.unwritten) + under_way

    @property
    def age(self) -> float:
        """Seconds that the oldest of it has waited at most."""
        return asyncio.get_running_loop().time() - self._emptied_at if self.waiting else 0.0

    # -- what goes out ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Writes what comes, about every EVERY_SECONDS; at once what somebody waits for."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEWED_SECONDS):
                    await self._work.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_SECONDS):
                    await self._urgent.wait()
            if not await self.write():
                await asyncio.sleep(AGAIN_SECONDS)

    async def write(self) -> bool:
        """Writes what has come; whether all of it is written."""
        async with self._writing:
            return await self._write_all()

    async def _write_all(self) -> bool:
        self._work.clear()
        self._urgent.clear()
        while True:
            if self._batch is None:
                self._batch = self._next_batch()
            try:
                written = await self._write(self._batch)
            except DatabaseFault as fault:
                self._not_written(str(fault))
                return False
            except Exception as error:
                log.error("a batch of chargers' messages is refused", customer=self._customer_id, exc_info=error)
                await self._write_singly()
            else:
                self._written(written)
            if not (self._authorisations or self._notices):
                self._emptied_at = asyncio.get_running_loop().time()
                return True

    async def _write(self, batch: Batch) -> batches.Written:
        """In a thread: preparing a large batch would hold the event loop. A database that hangs is waited for here,
        and by nobody else."""
        work = partial(self._database.write_now, batches.write, self._customer_id, self._node, batch)
        writing = asyncio.get_running_loop().run_in_executor(self._threads, work)
        done, _ = await asyncio.wait([writing], timeout=SLOW_SECONDS)
        if not done:
            self._not_written("it does not answer")
        return await writing

    def _next_batch(self) -> Batch:
        states = tuple(each.state() for each in self._held.begin())
        changed = frozenset(state.charger_id for state in states) & self._whole
        self._whole -= changed
        authorisations = tuple(islice(self._authorisations, AUTHORISATIONS_PER_BATCH))
        for _ in authorisations:
            self._authorisations.popleft()
        notices = tuple(notice for notice, _ in islice(self._notices, NOTICES_PER_BATCH))
        return Batch(next(self._numbers), self._clock(), states, changed, authorisations, notices)

    def _written(self, written: batches.Written) -> None:
        batch, self._batch = self._batch, None
        if self.is_away:
            log.info("chargers' messages are written again", customer=self._customer_id)
        self.is_away = False
        self._images.written(self._customer_id, written.version)
        for _ in batch.notices if batch is not None else ():
            self._done(self._notices.popleft()[1])
        for charger_id in written.elsewhere:
            self.on_elsewhere(charger_id)
        if written.elsewhere:
            self._images.doubt(self._customer_id)
        if written.was_gone:
            self.on_gone()

    def _not_written(self, why: str) -> None:
        """Nobody is to wait for it; it stays to be written."""
        if not self.is_away:
            log.warning("chargers' messages wait for the database", customer=self._customer_id, cause=why)
        self.is_away = True
        self._work.set()
        for _, done in self._notices:
            self._done(done)

    async def _write_singly(self) -> None:
        """The batch in parts, so that one part which is refused holds no other up; it is left out."""
        batch, self._batch = self._batch, None
        if batch is None:
            return
        parts = [Batch(0, batch.at, states=(each,), whole=batch.whole) for each in batch.states]
        parts += [Batch(0, batch.at, authorisations=(each,)) for each in batch.authorisations]
        parts += [Batch(0, batch.at, notices=(each,)) for each in batch.notices]
        for part in parts:
            numbered = Batch(next(self._numbers), *[getattr(part, name) for name in Batch.__slots__[1:]])
            try:
                await self._write(numbered)
            except Exception as error:
                log.error("a charger's message is left out", customer=self._customer_id, exc_info=error)
        self._held.written()
        self._images.doubt(self._customer_id)
        for _ in batch.notices:
            self._done(self._notices.popleft()[1])

    @staticmethod
    def _done(future: asyncio.Future[None]) -> None:
        if not future.done():
            future.set_result(None)
