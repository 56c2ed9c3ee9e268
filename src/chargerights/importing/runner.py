"""Runs imports in child processes, one at a time per customer.

A child ends when this server process ends.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import BinaryIO, NamedTuple

import orjson
import structlog

from ..rights.errors import Conflict
from ..storage import imports
from ..storage.database import Database, DatabaseFault
from ..storage.imports import Attempt, AttemptOver, ImportState, Stage
from .worker import OVER, Task

AT_ONCE = 4
"""Maximum number of children of a server process: each may take a processor and much memory."""
MOST_WAITING, MOST_OF_ALL = 8, 128
"""Maximum number of imports that wait in a server process: of one customer, and of all customers."""
BEAT_SECONDS = 10
"""Seconds after which an import reports again that it is alive; see `imports.ALIVE`."""
FAULT = {"message": "it ended before it was done, and nothing was imported; send the file again"}
log = structlog.get_logger()


class TooManyImports(Conflict):
    """Rejection of an import because too many are waiting in this process."""


class Job(NamedTuple):
    """An attempt to import a file with the site access of an operator."""

    attempt: Attempt
    operator_id: int
    site_ids: tuple[int, ...] | None
    mode: str
    dry_run: bool
    file: BinaryIO


class Importer:
    """Runs imports and knows the progress of those of this process."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._places = asyncio.Semaphore(AT_ONCE)
        self._turns: dict[int, asyncio.Lock] = {}
        self._stages: dict[tuple[int, int], Stage] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    def stage(self, customer_id: int, import_id: int) -> Stage | None:
        """Returns the progress of the import, or None if this process does not run it."""
        return self._stages.get((customer_id, import_id))

    def check(self, customer_id: int) -> None:
        """Raises TooManyImports if no further import of the customer can wait."""
        if self._count(customer_id) >= MOST_WAITING:
            raise TooManyImports(f"{MOST_WAITING} imports are already waiting: try again when one has ended")
        if len(self._stages) >= MOST_OF_ALL:
            raise TooManyImports("too many imports of all customers are waiting: try again in some minutes")

    def start(self, job: Job) -> None:
        """Imports the file as soon as it is its turn, and closes it."""
        self._stages[job.attempt[:2]] = Stage()
        task = asyncio.create_task(self._run(job))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def close(self) -> None:
        """Interrupts the imports that have not ended."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _run(self, job: Job) -> None:
        beating = asyncio.create_task(self._beat(job.attempt))
        try:
            async with self._turns.setdefault(job.attempt.customer_id, asyncio.Lock()), self._places:
                await self._import(job)
        except asyncio.CancelledError:
            await self._end(job.attempt, ImportState.INTERRUPTED)
            raise
        except Exception as error:
            log.error("import", id=job.attempt.import_id, exc_info=error)
            await self._end(job.attempt, ImportState.FAILED)
        finally:
            beating.cancel()
            job.file.close()
            self._stages.pop(job.attempt[:2], None)
            if not self._count(job.attempt.customer_id):
                self._turns.pop(job.attempt.customer_id, None)

    def _count(self, customer_id: int) -> int:
        return sum(customer == customer_id for customer, _ in self._stages)

    async def _import(self, job: Job) -> None:
        child = _Child(job.file)
        working = asyncio.create_task(asyncio.to_thread(child.work, self._task(job), partial(self._keep, job)))
        try:
            status = await asyncio.shield(working)
        finally:
            child.kill()
            await asyncio.gather(working, return_exceptions=True)  # a kill is not a failure of the import
        if status not in (0, OVER):
            log.error("import", id=job.attempt.import_id, status=status)
            await self._end(job.attempt, ImportState.FAILED)

    def _keep(self, job: Job, stage: Stage) -> None:
        self._stages[job.attempt[:2]] = stage

    def _task(self, job: Job) -> Task:
        return Task(
            url=self._database.url,
            file=job.file.fileno(),
            customer_id=job.attempt.customer_id,
            import_id=job.attempt.import_id,
            attempt=job.attempt.name,
            operator_id=job.operator_id,
            mode=job.mode,
            dry_run=job.dry_run,
            site_ids=None if job.site_ids is None else list(job.site_ids),
            at=self._clock().isoformat(),
        )

    async def _beat(self, attempt: Attempt) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            stage = self._stages.get(attempt[:2], Stage())
            if self._database.is_sqlite and stage.phase == "storing":
                continue  # no other process can write to the file then, nor interrupt this
            with suppress(AttemptOver, DatabaseFault):
                await self._database.write(imports.alive, attempt, stage, self._clock())

    async def _end(self, attempt: Attempt, state: ImportState) -> None:
        with suppress(AttemptOver, DatabaseFault):  # the next reader of the import marks it as interrupted
            await self._database.write(imports.end, attempt, state, self._clock(), {"errorCount": 1, "errors": [FAULT]})


class _Child:
    """A child process that imports the file, which it inherits.

    It is not started by the event loop: uvloop copies the server first, which takes 15 ms for a large one (measured).
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False

    def work(self, task: Task, tell: Callable[[Stage], None]) -> int:
        """Starts the child, sends it the task, and reports its progress until it ends.

        Returns its exit status. Blocks, so it runs in a thread.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "chargerights.importing.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self._file.fileno()],
            start_new_session=True,  # Ctrl-C in the server's terminal is handled by the server
        ) as self._process:
            if self._killed:
                self._process.kill()
            if self._process.stdin is None or self._process.stdout is None:
                raise RuntimeError("a child process without pipes")
            with suppress(BrokenPipeError):  # the exit status says more
                self._process.stdin.write(task.line())
                self._process.stdin.flush()
            for line in self._process.stdout:
                tell(Stage(*orjson.loads(line)))
            return self._process.wait()

    def kill(self) -> None:
        """Ends the child, even if it has not been started yet."""
        self._killed = True
        if self._process is not None:
            self._process.kill()
