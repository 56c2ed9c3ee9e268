"""The database, SQLite or PostgreSQL by URL, for the event loop and plain threads.

Work is a function of an open `Connection`. `Database` runs it in a read, a snapshot or a write. SQLite: WAL,
reads in autocommit, writes in BEGIN IMMEDIATE on one connection. PostgreSQL: reads in autocommit, snapshots in
REPEATABLE READ, writes in READ COMMITTED (the customer's row lock orders them).
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from . import faults
from .engines import async_engine, is_sqlite, parse_url, plain_engine, postgresql_arguments
from .sqlite_file import SqliteFile
from .transactions import READ_SECONDS, transaction

P = ParamSpec("P")
T = TypeVar("T")

WRITE_SECONDS = 10
"""The longest that a write may take, as `READ_SECONDS` is for a read. A server that hangs costs up to 10 seconds more,
as the driver tries to cancel."""
WRITERS = 4
log = structlog.get_logger()


class DatabaseFault(Exception):
    """An error of the database itself, which callers cannot mend in their requests."""


class DatabaseAway(DatabaseFault):
    """A database that cannot be reached, hangs or cannot write.

    It may be read-only or full, or a grant may be missing. The failed write is not done, or, when the answer to its
    COMMIT was lost, it is done completely.

    `stale` says that a connection from the pool turned out to be dead, so that another may still work.
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
    """A URL that names no database of a supported kind."""


class Database:
    """One database, by its URL.

    URLs are `sqlite:///file.db` or `postgresql://user@host/name`.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = parse_url(url)
        except ValueError as error:
            raise InvalidDatabaseUrl(str(error)) from None
        self.is_sqlite = is_sqlite(self._url)
        name = self._url.database or ""
        self._file = SqliteFile(Path(name)) if self.is_sqlite and not name.startswith("file:") else None
        self._left: list[tuple[Engine | None, AsyncEngine | None, Connection | None]] = []
        """Engines and connections of files that others have replaced."""
        self.after_commit: list[Callable[[Any], Awaitable[None]]] = []
        """Called in this order with every notice of a committed write (see `notify`), before the write returns: memory
        is as new as the database before any response is sent."""

    @property
    def url(self) -> str:
        """The URL with its password, for the server's own processes."""
        return self._url.render_as_string(hide_password=False)

    @property
    def public_url(self) -> str:
        """The URL without a password, as PostgreSQL's programs accept it."""
        url = self._url.difference_update_query(["password", "sslpassword"])
        return url._replace(drivername=url.get_backend_name(), password=None).render_as_string()

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of PostgreSQL's driver for a connection outside the pools."""
        _, arguments = self._url.get_dialect()().create_connect_args(self._url)
        return {**arguments, **postgresql_arguments(self._url)}

    @property
    def file(self) -> Path | None:
        """SQLite's file."""
        name = self._url.database
        if not self.is_sqlite or name is None:
            return None
        return Path(name.removeprefix("file:")).absolute()

    # -- on the event loop ------------------------------------------------------------------------

    async def read(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs single reads in autocommit.

        A connection that turns out to be dead is replaced once.
        """
        try:
            return await self._read_once(work, *args, **kwargs)
        except DatabaseAway as away:
            if not away.stale:
                raise
        return await self._read_once(work, *args, **kwargs)

    async def glance(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Reads a row or two by their keys.

        On SQLite it runs on the event loop itself, in a tenth of the time that a thread would take. Readers of a WAL do
        not wait for writers.
        """
        if not self.is_sqlite:
            return await self.read(work, *args, **kwargs)
        with self._faults():
            self._check_file()
            return work(self._glancing, *args, **kwargs)

    def version(self) -> object:
        """Returns a value that changes when another connection has committed.

        It takes microseconds on SQLite. PostgreSQL has nothing as cheap: always None.
        """
        if not self.is_sqlite:
            return None
        try:
            connection: sqlite3.Connection = self._glancing.connection.driver_connection  # type: ignore[assignment]
            identity = None if self._file is None else self._file.identity
            return identity, connection.execute("PRAGMA data_version").fetchone()[0]
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise DatabaseAway(error) from error

    async def reach(self) -> None:
        """Checks that the database can be read. Raises DatabaseAway."""
        await self.glance(_version)

    async def _read_once(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        with self._faults():
            self._check_file()
            if self._left:
                await self._close_left()
            async with asyncio.timeout(READ_SECONDS), self._readers.connect() as connection:
                return await connection.run_sync(work, *args, **kwargs)

    async def write(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work in one transaction, and returns when `after_commit` is done."""
        if self.is_sqlite:  # one switch to its thread; the asynchronous engine would switch for every statement
            run = functools.partial(self._write_now, work, *args, **kwargs)
            result, notices = await asyncio.get_running_loop().run_in_executor(self._writer, run)
        else:
            with self._faults():
                async with asyncio.timeout(WRITE_SECONDS), self._writers.connect() as connection:
                    result, notices = await connection.run_sync(self._transact, work, *args, **kwargs)
        await self._committed(notices)
        return result

    async def write_in_thread(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Does the same for work that would block the event loop."""
        result, notices = await asyncio.to_thread(self._write_now, work, *args, **kwargs)
        await self._committed(notices)
        return result

    async def _committed(self, notices: list[Any]) -> None:
        for notice in notices:
            for follow in self.after_commit:
                await follow(notice)

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
        """Runs reads that must see one state of the database, in a snapshot.

        A dead connection is replaced once.
        """
        try:
            return self._read_now_once(work, *args, **kwargs)
        except DatabaseAway as away:
            if not away.stale:
                raise
        return self._read_now_once(work, *args, **kwargs)

    def _read_now_once(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._faults():
            self._check_file()
            with self._plain.connect() as connection, transaction(connection, self.is_sqlite, snapshot=True):
                return work(connection, *args, **kwargs)

    def write_now(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work in one transaction.

        Does not call `after_commit`: use it in processes without snapshots, and for work without notices.
        """
        return self._write_now(work, *args, **kwargs)[0]

    def _write_now(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> tuple[T, list[Any]]:
        with self._faults():
            self._check_file()
            with self._plain.connect() as connection:
                return self._transact(connection, work, *args, **kwargs)

    def dry_run(self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs the work as a write would, rolls it back and returns its answer."""
        with (
            self._faults(),
            self._plain.connect() as connection,
            transaction(connection, self.is_sqlite, keep=False),
        ):
            if not self.is_sqlite:  # there is no timeout of an event loop; SQLite waits at most BUSY_SECONDS
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WRITE_SECONDS}s'")
            return work(connection, *args, **kwargs)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Raises DatabaseAway for every error that the statement's own data did not cause."""
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

    def _check_file(self) -> None:
        """Reopens SQLite's file when another has taken its place.

        Raises FileNotFoundError when it has gone.
        """
        if self._file is not None:
            self._file.check(self._leave)

    def _leave(self) -> None:
        plain, readers, glancing = (self.__dict__.pop(name, None) for name in ("_plain", "_readers", "_glancing"))
        self._left.append((plain, readers, glancing))

    async def _close_left(self) -> None:
        """Closes what is left open.

        Runs on the event loop, where the connection for glances is used.
        """
        while self._left:
            plain, readers, glancing = self._left.pop()
            if glancing is not None:
                glancing.close()
            if plain is not None:
                plain.dispose()
            if readers is not None:
                await readers.dispose()

    def _transact(
        self,
        connection: Connection,
        work: Callable[Concatenate[Connection, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> tuple[T, list[Any]]:
        """Returns the work's result and its notices."""
        notices: list[Any] = []
        connection.info[_NOTICES] = notices
        with transaction(connection, self.is_sqlite):
            result = work(connection, *args, **kwargs)
        return result, notices

    @cached_property
    def _readers(self) -> AsyncEngine:
        return async_engine(self._url, pool_size=8, max_overflow=0)

    @cached_property
    def _writers(self) -> AsyncEngine:
        """An engine of its own, so that readers do not wait behind writes.

        A write is not repeated, so its connection is tested first.
        """
        return async_engine(self._url, pool_size=WRITERS, max_overflow=0, pool_pre_ping=True)

    @cached_property
    def _writer(self) -> ThreadPoolExecutor:
        """The thread of SQLite's one writer."""
        return ThreadPoolExecutor(1, "sqlite-writer")

    @cached_property
    def _plain(self) -> Engine:
        return plain_engine(self._url)

    @cached_property
    def _glancing(self) -> Connection:
        return self._plain.connect()


_NOTICES = "notices"


def notify(connection: Connection, notice: Any) -> None:
    """Passes the notice to `Database.after_commit` when this transaction is committed."""
    connection.info.setdefault(_NOTICES, []).append(notice)


def _version(connection: Connection) -> object:
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
