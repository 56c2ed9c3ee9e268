"""What one customer's chargers did, on its way to the database: in batches, in order, once.

While the database is away everything waits here, up to a limit, and nobody waits for it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import count, islice

import structlog

from ..storage import batches
from ..storage.authorisations import Authorisation
from ..storage.batches import Batch
from ..storage.charger_reports import ChargerReport
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
MAX_AUTHORISATIONS, MAX_REPORTS, MAX_READINGS, MAX_NOTICES = 100_000, 10_000, 50_000, 200_000
"""How much is kept while the database is away: of decisions the newest, of meter values the oldest, and room for far
more starts and stops than a customer's chargers have in a day."""

EMPTY = Batch(0, datetime.min.replace(tzinfo=UTC))

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
        self._reports: deque[ChargerReport] = deque(maxlen=MAX_REPORTS)
        self._notices: deque[tuple[Notice, asyncio.Future[None]]] = deque()
        self._numbers = count(1)
        self._pending: deque[Batch] = deque()
        """What could not be written yet: it is tried again as it is, before anything newer."""
        self._work, self._urgent = asyncio.Event(), asyncio.Event()
        self._writing = asyncio.Lock()
        self._emptied_at = asyncio.get_running_loop().time()
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

    def reported(self, report: ChargerReport) -> None:
        self._reports.append(report)
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
        """How much is not written yet."""
        under_way = sum(len(each.states) + len(each.authorisations) for each in self._pending)
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
            try:
                done = await self.write()
            except Exception as error:  # of this program: what came after it must be written all the same
                log.error("chargers' messages cannot be written", customer=self._customer_id, exc_info=error)
                done = False
            if not done:
                await asyncio.sleep(AGAIN_SECONDS)

    async def write(self) -> bool:
        """Writes what has come; whether all of it is written."""
        async with self._writing:
            return await self._write_all()

    async def _write_all(self) -> bool:
        self._work.clear()
        self._urgent.clear()
        while True:
            if not self._pending:
                self._pending.append(self._next_batch())
            batch = self._pending[0]
            try:
                written = await self._write(batch)
            except DatabaseFault as fault:
                self._not_written(str(fault))
                return False
            except Exception as error:
                self._refused(batch, error)
            else:
                self._written(batch, written)
            if not (self._pending or self._authorisations or self._notices or self._reports):
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
        reports = tuple(islice(self._reports, AUTHORISATIONS_PER_BATCH))
        for _ in reports:
            self._reports.popleft()
        return Batch(next(self._numbers), self._clock(), states, changed, authorisations, notices, reports)

    def _written(self, batch: Batch, written: batches.Written) -> None:
        if self.is_away:
            log.info("chargers' messages are written again", customer=self._customer_id)
        self.is_away = False
        self._finish(batch)
        self._images.written(self._customer_id, written.version)
        for charger_id in written.elsewhere:
            self.on_elsewhere(charger_id)
        if written.elsewhere:
            self._images.doubt(self._customer_id)
        if written.was_gone:
            self.on_gone()

    def _refused(self, batch: Batch, error: Exception) -> None:
        """Puts its parts in the batch's place, so that one which is refused holds no other up: it alone is left out."""
        parts = [replace(EMPTY, states=(each,), whole=batch.whole) for each in batch.states]
        parts += [replace(EMPTY, authorisations=(each,)) for each in batch.authorisations]
        parts += [replace(EMPTY, notices=(each,)) for each in batch.notices]
        parts += [replace(EMPTY, reports=(each,)) for each in batch.reports]
        if len(parts) > 1:
            self._pending.popleft()
            self._pending.extendleft(
                reversed([replace(each, number=next(self._numbers), at=batch.at) for each in parts])
            )
            return
        log.error("a charger's message is left out", customer=self._customer_id, exc_info=error)
        self._finish(batch)
        self._held.written()
        self._images.doubt(self._customer_id)

    def _finish(self, batch: Batch) -> None:
        self._pending.popleft()
        for _ in batch.notices:
            self._done(self._notices.popleft()[1])

    def _not_written(self, why: str) -> None:
        """Nobody is to wait for it; it stays to be written."""
        if not self.is_away:
            log.warning("chargers' messages wait for the database", customer=self._customer_id, cause=why)
        self.is_away = True
        self._work.set()
        for _, done in self._notices:
            self._done(done)

    @staticmethod
    def _done(future: asyncio.Future[None]) -> None:
        if not future.done():
            future.set_result(None)
