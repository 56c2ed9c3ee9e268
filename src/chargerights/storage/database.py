"""Opens the database: SQLite or PostgreSQL by URL, for the event loop and for plain threads.

Work is a function of an open `Connection`; `Database` runs it in a read, a snapshot or a write. SQLite: WAL,
reads in autocommit, writes in BEGIN IMMEDIATE on one connection. PostgreSQL: reads in autocommit, snapshots in
REPEATABLE READ, writes in READ COMMITTED (the customer's row lock orders them).
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
import structlog
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from . import faults

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_SECONDS = 3
READ_SECONDS = 4
WRITE_SECONDS = POOL_SECONDS = 10
"""Beyond these a call is given up. A server that is frozen rather than gone costs up to 10 more: the driver's own
attempts to cancel."""
BUSY_SECONDS = 5
BUSY_ATTEMPTS = 100
SNAPSHOT_SECONDS = 60
WRITERS = 4
SILENCE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""After which a PostgreSQL that no packet comes from is gone (seconds, times, milliseconds); else it takes hours."""

log = structlog.get_logger()


class DatabaseFault(Exception):
    """The database cannot be used; nothing that a caller could mend in his request."""


class DatabaseAway(DatabaseFault):
    """The database cannot be reached, does not answer or does not write (read-only, full, a missing grant).

    What the failed call was to write is not written or, when the answer to its COMMIT was lost, written whole.

    `stale`: a connection from the pool turned out dead, so that another may still work.
    """

    def __init__(self, error: BaseException, stale: bool = False, place: str = "") -> None:
        reason = faults.unreachable(error)
        super().__init__(
            f"the database cannot be reached or cannot do this now ({faults.name(error)}); try again shortly"
            if reason is None
            else f"the database cannot be reached at {place}: {reason}"
        )
        self.stale = stale


class InvalidDatabaseUrl(DatabaseFault):
    """Not a URL of a database this server runs on."""


class Database:
    """One database, by the URL a person writes: `sqlite:///file.db` or `postgresql://user@host/name`."""

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._file: tuple[int, int] | None = None
        """What tells SQLite's file from another that takes its place."""
        self._beside: dict[Path, int | None] = {}
        """Its write-ahead log and that log's index, and what tells them from others of their names."""
        self._looking = threading.Lock()
        self._left: list[tuple[Engine | None, AsyncEngine | None, Connection | None]] = []
        """Of files that others have taken the place of."""
        self.after_commit: list[Callable[[Any], Awaitable[None]]] = []
        """Called in this order with everything that a committed write has told of (see `tell`), before the write
        returns: what is kept in memory is as new as the database before any answer goes out."""

    @property
    def url(self) -> str:
        """The URL with its password, for another process of ours."""
        return self._url.render_as_string(hide_password=False)

    @property
    def public_url(self) -> str:
        """The URL without a password, as programs of PostgreSQL take it."""
        url = self._url.difference_update_query(["password", "sslpassword"])
        return url._replace(drivername=url.get_backend_name(), password=None).render_as_string()

    @property
    def arguments(self) -> dict[str, Any]:
        """What the driver of PostgreSQL is given for a connection of its own."""
        _, arguments = self._url.get_dialect()().create_connect_args(self._url)
        return {**arguments, **self._postgresql_arguments()}

    @property
    def file(self) -> Path | None:
        """SQLite's file."""
        name = self._url.database
        if not self.is_sqlite or name is None:
            return None
        return Path(name.removeprefix("file:")).absolute()

    # -- on the event loop ------------------------------------------------------------------------

    async def read(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs single reads in autocommit. A connection that turns out dead is replaced once."""
        try:
            return await self._read_once(work, *args, **kwargs)
        except DatabaseAway as away:
            if not away.stale:
                raise
        return await self._read_once(work, *args, **kwargs)

    async def glance(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """A read of a row or two by its key. On SQLite it runs on the event loop itself: that takes a tenth of the
        time that a thread would, and readers of a WAL wait for no writer."""
        if not self.is_sqlite:
            return await self.read(work, *args, **kwargs)
        with self._faults():
            self._look_at_file()
            return work(self._glancing, *args, **kwargs)

    def version(self) -> object:
        """On SQLite, differs from the time before when another connection has committed meanwhile; it takes
        microseconds. On PostgreSQL nothing tells as cheaply: always None."""
        if not self.is_sqlite:
            return None
        try:
            connection: sqlite3.Connection = self._glancing.connection.driver_connection  # type: ignore[assignment]
            return self._file, connection.execute("PRAGMA data_version").fetchone()[0]
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise DatabaseAway(error) from error

    async def reach(self) -> None:
        """Raises DatabaseAway when it cannot be read."""
        await self.glance(_version)

    async def _read_once(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with self._faults():
            self._look_at_file()
            if self._left:
                await self._close_left()
            async with asyncio.timeout(READ_SECONDS), self._readers.connect() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work in one transaction: all of it is kept, or none. Returns when `after_commit` is done."""
        if self.is_sqlite:  # one hop to its thread, where the asynchronous engine would make one for every statement
            run = functools.partial(self._write_now, work, *args, **kwargs)
            result, told = await asyncio.get_running_loop().run_in_executor(self._writer, run)
        else:
            with self._faults():
                async with asyncio.timeout(WRITE_SECONDS), self._writers.connect() as connection:
                    result, told = await connection.run_sync(self._transact, work, *args, **kwargs)
        await self._committed(told)
        return result

    async def write_in_thread(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for work that would hold the event loop."""
        result, told = await asyncio.to_thread(self._write_now, work, *args, **kwargs)
        await self._committed(told)
        return result

    async def _committed(self, told: list[Any]) -> None:
        for each in told:
            for follow in self.after_commit:
                await follow(each)

    async def close(self) -> None:
        await self._close_left()
        for name in ("_readers", "_writers"):
            engine = self.__dict__.pop(name, None)
            if engine is not None:
                await engine.dispose()
        writer = self.__dict__.pop("_writer", None)
        if writer is not None:
            await asyncio.to_thread(writer.shutdown)
        glancing = self.__dict__.pop("_glancing", None)
        if glancing is not None:
            glancing.close()
        self.close_now()

    # -- in a plain thread ------------------------------------------------------------------------

    def read_now(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs reads that must see one state of the database, in a snapshot. A dead connection is replaced once."""
        try:
            return self._read_now_once(work, *args, **kwargs)
        except DatabaseAway as away:
            if not away.stale:
                raise
        return self._read_now_once(work, *args, **kwargs)

    def _read_now_once(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._faults():
            self._look_at_file()
            with self._plain.connect() as connection, _transaction(connection, self.is_sqlite, snapshot=True):
                return work(connection, *args, **kwargs)

    def write_now(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work in one transaction: all of it is kept, or none. Does not call
        `after_commit`: for processes that hold no image, and for work that tells of nothing."""
        return self._write_now(work, *args, **kwargs)[0]

    def _write_now(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, list[Any]]:
        with self._faults():
            self._look_at_file()
            with self._plain.connect() as connection:
                return self._transact(connection, work, *args, **kwargs)

    def rehearse_now(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work in one transaction as a write would, and keeps nothing of it: only its answer comes back."""
        with (
            self._faults(),
            self._plain.connect() as connection,
            _transaction(connection, self.is_sqlite, keep=False),
        ):
            if not self.is_sqlite:  # no event loop gives it up; SQLite waits BUSY_SECONDS by itself
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WRITE_SECONDS}s'")
            return work(connection, *args, **kwargs)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Raises DatabaseAway for every error but those of the statement's own data, which stay as they are."""
        try:
            yield
        except (PoolTimeout, TimeoutError, OSError, MemoryError) as error:
            raise DatabaseAway(error) from error
        except DBAPIError as error:
            if faults.is_of_data(error):
                raise
            if "file is not a database" in str(error.orig):
                raise InvalidDatabaseUrl("the database URL names a file that is not an SQLite database") from error
            raise DatabaseAway(error, error.connection_invalidated, faults.place(self._url)) from error

    def close_now(self) -> None:
        engine = self.__dict__.pop("_plain", None)
        if engine is not None:
            engine.dispose()

    # -- SQLite's file ----------------------------------------------------------------------------

    def _look_at_file(self) -> None:
        """Opens SQLite's file again when another has taken its place: open connections stay with the old one, which
        has no name any more. It takes a microsecond. Raises FileNotFoundError when there was a file and is none."""
        if not self.is_sqlite or self._path is None:
            return
        try:
            found = self._path.stat()
        except FileNotFoundError:
            if self._file is None:  # connecting makes it
                return
            raise
        file = found.st_dev, found.st_ino
        if file == self._file:
            self._beside = {each: _inode(each) for each in self._logs}
            return
        with self._looking:
            before, self._file = self._file, file
            if before is None or before == file:
                return
            for log_file, inode in self._beside.items():
                if inode is not None and inode == _inode(log_file):  # of the file before: it must not be applied here
                    log_file.rename(f"{log_file}.replaced")
            taken = [self.__dict__.pop(name, None) for name in ("_plain", "_readers", "_glancing")]
            self._left.append((taken[0], taken[1], taken[2]))
        log.warning("another file has taken the database's place; it is opened", path=str(self._path))

    async def _close_left(self) -> None:
        """On the event loop, as the connection for glances is used there."""
        while self._left:
            plain, readers, glancing = self._left.pop()
            if glancing is not None:
                glancing.close()
            if plain is not None:
                plain.dispose()
            if readers is not None:
                await readers.dispose()

    @cached_property
    def _logs(self) -> list[Path]:
        return [Path(f"{self._path}{suffix}") for suffix in ("-wal", "-shm")]

    @cached_property
    def _path(self) -> Path | None:
        name = self._url.database or ""
        return None if name.startswith("file:") else Path(name)

    # -- engines ----------------------------------------------------------------------------------

    def _transact(
        self,
        connection: Connection,
        work: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[T, list[Any]]:
        """The work's result, and what it has told of."""
        told: list[Any] = []
        connection.info[_TOLD] = told
        with _transaction(connection, self.is_sqlite):
            result = work(connection, *args, **kwargs)
        return result, told

    @cached_property
    def _readers(self) -> AsyncEngine:
        return self._async_engine(pool_size=8, max_overflow=0)

    @cached_property
    def _writers(self) -> AsyncEngine:
        """Apart from the readers, so that writes that wait for each other's customer keep nobody from reading. A
        write is not tried twice, so its connection is tried first."""
        return self._async_engine(pool_size=WRITERS, max_overflow=0, pool_pre_ping=True)

    @cached_property
    def _writer(self) -> ThreadPoolExecutor:
        """SQLite's one writer."""
        return ThreadPoolExecutor(1, "sqlite-writer")

    @cached_property
    def _plain(self) -> Engine:
        engine = create_engine(self._url, **self._options())
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
        return engine

    @cached_property
    def _glancing(self) -> Connection:
        return self._plain.connect()

    def _async_engine(self, **pool: int) -> AsyncEngine:
        url = self._url.set(drivername="sqlite+aiosqlite") if self.is_sqlite else self._url
        engine = create_async_engine(url, pool_timeout=POOL_SECONDS, **pool, **self._options())
        if self.is_sqlite:
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return engine

    def _options(self) -> dict[str, Any]:
        """AUTOCOMMIT everywhere: transactions are begun in words, by `_transaction`."""
        return {
            "isolation_level": "AUTOCOMMIT",
            "connect_args": {"timeout": BUSY_SECONDS} if self.is_sqlite else self._postgresql_arguments(),
            "json_serializer": lambda value: orjson.dumps(value).decode(),
            "json_deserializer": orjson.loads,
            "hide_parameters": True,
        }

    def _postgresql_arguments(self) -> dict[str, Any]:
        """The session's zone is UTC: in a zone east of it, the last instants of year 9999 cannot be read."""
        given = self._url.query.get("options", "")
        options = given if isinstance(given, str) else " ".join(given)
        return {"connect_timeout": CONNECT_SECONDS, "options": f"{options} -c timezone=UTC".strip(), **SILENCE}


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


_TOLD = "told"


def tell(connection: Connection, what: Any) -> None:
    """Has `Database.after_commit` called with that when this transaction is committed."""
    connection.info.setdefault(_TOLD, []).append(what)


def _version(connection: Connection) -> object:
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


@contextmanager
def _transaction(connection: Connection, sqlite: bool, *, snapshot: bool = False, keep: bool = True) -> Iterator[None]:
    for statement in _BEGIN[sqlite, snapshot]:
        connection.exec_driver_sql(statement)
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    connection.exec_driver_sql("COMMIT" if keep else "ROLLBACK")


def _roll_back(connection: Connection) -> None:
    """Ends the transaction; never raises, so that the error that ended it is the one that is seen."""
    if connection.invalidated:
        return
    try:
        connection.exec_driver_sql("ROLLBACK")
    except DBAPIError as error:  # gone by now, or SQLite has rolled back already, as it does when the disk is full
        connection.invalidate(error)


_BEGIN = {
    (True, True): ["BEGIN"],
    (True, False): ["BEGIN IMMEDIATE"],
    (False, True): [
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        f"SET LOCAL lock_timeout = '{READ_SECONDS}s'",  # a table that is being migrated
        f"SET LOCAL statement_timeout = '{SNAPSHOT_SECONDS}s'",
    ],
    (False, False): ["BEGIN ISOLATION LEVEL READ COMMITTED"],
}
"""By whether it is SQLite and whether it is a snapshot."""


def _prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for attempt in range(BUSY_ATTEMPTS, 0, -1):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:  # others open a new file at the same time: SQLite does not wait for that
            if attempt == 1:
                raise
            time.sleep(BUSY_SECONDS / BUSY_ATTEMPTS)
    for pragma in ("foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    backend = parsed.get_backend_name() if parsed is not None else ""
    if parsed is None or backend not in ("sqlite", "postgresql"):
        raise InvalidDatabaseUrl(
            "the database URL is not understood: write sqlite:///file.db or postgresql://user@host/name"
        )
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if not parsed.database or parsed.database == ":memory:":
        raise InvalidDatabaseUrl("the database URL names no file: write sqlite:///file.db")
    return parsed.set(drivername="sqlite")
