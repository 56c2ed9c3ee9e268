"""The spool of this process: messages wait on its disk while the database is down.

A folder holds one file for each process. A process reads and replays its own file, and those of processes that have
ended. See `storage.charging.spool_file`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import structlog

from ...storage.charging import messages
from ...storage.charging.messages import Message
from ...storage.charging.spool_file import (
    SUFFIX,
    Owner,
    SpoolBacklog,
    SpoolFault,
    SpoolFile,
    SpoolInUse,
    SpoolRow,
    UnusableFolder,
)
from ...storage.database import Database

T = TypeVar("T")

MEGABYTE = 1 << 20

log = structlog.get_logger()


class Taken(NamedTuple):
    """Messages in their order.

    `first`: the number of the first one. `origin`: the process that received them.
    """

    origin: str
    first: int
    messages: tuple[Message, ...]


def default_folder(database: Database) -> Path:
    """Returns the spool's folder.

    It is beside an SQLite file, else in the folder that systemd gives the service, else in the working folder.
    """
    if (file := database.file) is not None:
        return file.with_name(f"{file.name}-spool")
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(state) / "spool" if state else Path("chargerights-spool")


def prepare(folder: Path) -> None:
    """Makes the folder if there is none. Raises UnusableFolder."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise UnusableFolder(
            f"{folder} cannot be the spool: {error.strerror}. Name a folder that this user may write in"
            " with CHARGERIGHTS_SPOOL"
        ) from error
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise UnusableFolder(
            f"{folder} cannot be the spool: this user may not write in it. Change its owner, or name another folder"
            " with CHARGERIGHTS_SPOOL"
        )


class Spool:
    """Its files are touched in a thread of its own.

    `put` writes in one go for all that wait for the disk.
    """

    def __init__(self, folder: Path, name: str, max_bytes: int) -> None:
        self.folder = folder
        self._own_path = folder / f"{name}{SUFFIX}"
        self._max_bytes = max_bytes
        self._own: SpoolFile | None = None
        self._left: dict[str, SpoolFile] = {}
        """Files of processes that have ended, by name."""
        self._unreadable: set[Path] = set()
        self._waiting: dict[tuple[str, Owner], SpoolBacklog] = {}
        """Backlogs by the process that received the messages, and customer."""
        self._applied: dict[tuple[str, Owner], int] = {}
        """The number up to which messages are in the database. They are not taken again, whatever the disk does."""
        self._queue: list[tuple[Sequence[SpoolRow], asyncio.Future[None]]] = []
        self._flushing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "spool")

    # -- known without the disk --------------------------------------------------------------------

    def holds(self, owner: Owner) -> bool:
        return any(waiting == owner for _, waiting in self._waiting)

    def owners(self) -> set[Owner]:
        return {owner for _, owner in self._waiting}

    @property
    def count(self) -> int:
        return sum(backlog.messages for backlog in self._waiting.values())

    def age(self, now: datetime) -> float:
        """Seconds since the oldest message came."""
        oldest = min((backlog.oldest for backlog in self._waiting.values()), default=None)
        return 0.0 if oldest is None else max((now - datetime.fromisoformat(oldest)).total_seconds(), 0.0)

    # -- messages of this process ------------------------------------------------------------------

    async def put(self, rows: Sequence[SpoolRow]) -> None:
        """Adds messages, and returns when they are on the disk. Raises SpoolFault."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((rows, done))
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        try:
            while self._queue:
                given, self._queue = self._queue, []
                rows = [row for some, _ in given for row in some]
                try:
                    await self._run(self._put_now, rows)
                except Exception as error:
                    fault = error if isinstance(error, SpoolFault) else SpoolFault(f"{type(error).__name__}: {error}")
                    for _, done in given:
                        if not done.done():
                            done.set_exception(fault)
                else:
                    self._count(rows)
                    for _, done in given:
                        if not done.done():
                            done.set_result(None)
        finally:
            self._flushing = None

    def _put_now(self, rows: Sequence[SpoolRow]) -> None:
        if self._own is None:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._alone():
                self._own = SpoolFile(self._own_path, self._max_bytes)
        self._own.put(rows)

    def _count(self, rows: Sequence[SpoolRow]) -> None:
        for row in rows:
            key = self._own_path.name, row.owner
            if row.number <= self._applied.get(key, 0):
                continue  # the database was faster
            before = self._waiting.get(key)
            self._waiting[key] = SpoolBacklog(before.messages + 1, before.oldest) if before else SpoolBacklog(1, row.at)

    # -- what waits --------------------------------------------------------------------------------

    async def take(self, owner: Owner, limit: int) -> Taken | None:
        """The oldest messages of the customer, in one file.

        They stay until they are dropped. Raises SpoolFault.
        """
        mine = [(backlog.oldest, name) for (name, whose), backlog in self._waiting.items() if whose == owner]
        for _, name in sorted(mine):
            after = self._applied.get((name, owner), 0)
            rows = await self._run(self._file(name).take, owner, after, limit)
            if rows:
                loaded = await asyncio.to_thread(lambda: tuple(messages.load(raw) for _, raw in rows))  # noqa: B023
                return Taken(name.removesuffix(SUFFIX), rows[0][0], loaded)
            await self._recount(name, owner)
        return None

    async def applied(self, origin: str, owner: Owner, up_to: int) -> None:
        """Drops messages that are in the database.

        A disk that fails meanwhile changes nothing for those to come.

        Raises SpoolFault when the disk cannot even be read.
        """
        name = f"{origin}{SUFFIX}"
        self._applied[name, owner] = max(up_to, self._applied.get((name, owner), 0))
        if (name, owner) not in self._waiting:
            return
        file = self._file(name)
        try:
            dropped = await self._run(file.drop, owner, up_to)
        except SpoolFault as fault:
            log.warning("messages that are written stay in the spool", file=name, cause=str(fault))
            await self._recount(name, owner)
        else:
            oldest = await self._run(file.oldest, owner)
            count = max(self._waiting[name, owner].messages - dropped, 1)
            self._set(name, owner, None if oldest is None else SpoolBacklog(count, oldest))

    async def _recount(self, name: str, owner: Owner) -> None:
        after = self._applied.get((name, owner), 0)
        self._set(name, owner, await self._run(self._file(name).waiting, owner, after))

    def _set(self, name: str, owner: Owner, waiting: SpoolBacklog | None) -> None:
        if waiting is None:
            self._waiting.pop((name, owner), None)
        else:
            self._waiting[name, owner] = waiting

    def _file(self, name: str) -> SpoolFile:
        if name in self._left:
            return self._left[name]
        if self._own is None:
            raise SpoolFault(f"{name} is not open")
        return self._own

    # -- other processes ---------------------------------------------------------------------------

    async def adopt(self) -> set[Owner]:
        """Takes over the files of processes that have ended.

        The customers whose messages are in them.
        """
        found = await self._run(self._adopt_now)
        for name, waiting in found.items():
            self._waiting |= {(name, owner): backlog for owner, backlog in waiting.items()}
            log.warning("messages of a process that has ended wait in its spool", file=name,
                        messages=sum(backlog.messages for backlog in waiting.values()))  # fmt: skip
        return {owner for waiting in found.values() for owner in waiting}

    def _adopt_now(self) -> dict[str, dict[Owner, SpoolBacklog]]:
        found: dict[str, dict[Owner, SpoolBacklog]] = {}
        if not self.folder.is_dir():
            return found
        known = {self._own_path, *self._unreadable, *(each.path for each in self._left.values())}
        paths = [each for each in self.folder.glob(f"*{SUFFIX}") if each not in known]
        if not paths:
            return found
        with self._alone():
            for path in paths:
                try:
                    file = SpoolFile(path, self._max_bytes)
                    waiting = file.all_waiting()
                except SpoolInUse:
                    continue
                except SpoolFault as fault:
                    log.error("the spool of a process that has ended cannot be read", file=str(path), cause=str(fault))
                    self._unreadable.add(path)
                    continue
                if waiting:
                    self._left[path.name] = file
                    found[path.name] = waiting
                else:
                    file.close()
        return found

    async def close(self) -> None:
        """Removes files that are empty, and leaves the others to the next process."""
        with suppress(OSError):
            await self._run(self._close_now)
        self._thread.shutdown(wait=False)

    def _close_now(self) -> None:
        if self._own is None and not self._left:
            return
        with self._alone():
            for file in (self._own, *self._left.values()):
                if file is not None:
                    self._drop_applied(file)
                    file.close()

    def _drop_applied(self, file: SpoolFile) -> None:
        for (name, owner), up_to in self._applied.items():
            if name == file.path.name:
                with suppress(SpoolFault):  # the next process sees that they are applied
                    file.drop(owner, up_to)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other processes from opening and removing files.

        A new file is locked a moment after it is made.
        """
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    async def _run(self, work: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)
