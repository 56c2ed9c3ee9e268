"""The spool of one process, with chargers' messages that are not in the database.

It is an SQLite file of its own, written with full synchronisation. Its process holds the file's lock as long as it
lives, whatever ends it; a file that can be locked belongs to a process that has ended.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".spool"
PAGE_BYTES = 4096
_TABLE = """
    CREATE TABLE IF NOT EXISTS messages (
        customer_id INTEGER NOT NULL, added_at TEXT NOT NULL, number INTEGER NOT NULL,
        at TEXT NOT NULL, message BLOB NOT NULL,
        PRIMARY KEY (customer_id, added_at, number)
    ) WITHOUT ROWID
"""
_TAKE = """
    SELECT number, message FROM messages
    WHERE customer_id = ? AND added_at = ? AND number > ? ORDER BY number LIMIT ?
"""
_DROP = "DELETE FROM messages WHERE customer_id = ? AND added_at = ? AND number <= ?"
_OLDEST = "SELECT at FROM messages WHERE customer_id = ? AND added_at = ? ORDER BY number LIMIT 1"
_WAITING = "SELECT count(*), min(at) FROM messages WHERE customer_id = ? AND added_at = ? AND number > ?"
_ALL_WAITING = "SELECT customer_id, added_at, count(*), min(at) FROM messages GROUP BY customer_id, added_at"


class SpoolFault(Exception):
    """The spool cannot be read or written: its disk is full, gone or damaged."""


class UnusableFolder(Exception):
    """A folder in which spool files cannot be written."""


class SpoolInUse(SpoolFault):
    """A file that another process has locked."""


class Owner(NamedTuple):
    """A customer of one database: its id, and when it was added."""

    customer_id: int
    added_at: str


class SpoolRow(NamedTuple):
    """A message.

    `number` is in order of receipt per customer, `at` the instant of receipt.
    """

    owner: Owner
    number: int
    at: str
    message: bytes


class SpoolBacklog(NamedTuple):
    """The number of waiting messages, and since when the first one waits."""

    messages: int
    oldest: str


class SpoolFile:
    """An open, locked file, for one thread at a time."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """Opens the file, or creates it. Raises SpoolInUse, SpoolFault."""
        self.path = path
        self.origin = path.name.removesuffix(SUFFIX)
        """The process that wrote it."""
        with _faults():
            self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            with _faults():
                for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL"):
                    self._connection.execute(f"PRAGMA {pragma}")
                self._connection.execute(f"PRAGMA max_page_count={max(max_bytes // PAGE_BYTES, 16)}")
                self._connection.execute("BEGIN EXCLUSIVE")
                self._connection.execute(_TABLE)
                self._connection.execute("COMMIT")
        except BaseException:
            self._connection.close()
            raise

    def put(self, rows: Sequence[SpoolRow]) -> None:
        """Adds the messages, and returns when they are on disk. Raises SpoolFault."""
        if not self.path.exists():
            raise SpoolFault(f"{self.path} has been removed")
        given = [(*row.owner, row.number, row.at, row.message) for row in rows]
        with self._transaction():
            self._connection.executemany("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?, ?)", given)

    def take(self, owner: Owner, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Returns the customer's first messages after that number, up to a gap.

        Each comes with its number. Raises SpoolFault.
        """
        with _faults():
            rows = self._connection.execute(_TAKE, (*owner, after, limit)).fetchall()
        return [(number, message) for place, (number, message) in enumerate(rows) if number == rows[0][0] + place]

    def drop(self, owner: Owner, up_to: int) -> int:
        """Deletes the customer's messages up to that number, and returns how many.

        Raises SpoolFault.
        """
        with self._transaction():
            return self._connection.execute(_DROP, (*owner, up_to)).rowcount

    def oldest(self, owner: Owner) -> str | None:
        """Returns when the customer's first waiting message was received.

        Raises SpoolFault.
        """
        with _faults():
            row = self._connection.execute(_OLDEST, owner).fetchone()
        return None if row is None else str(row[0])

    def waiting(self, owner: Owner, after: int) -> SpoolBacklog | None:
        """Returns the customer's backlog after that number. Raises SpoolFault."""
        with _faults():
            count, oldest = self._connection.execute(_WAITING, (*owner, after)).fetchone()
        return SpoolBacklog(count, oldest) if count else None

    def all_waiting(self) -> dict[Owner, SpoolBacklog]:
        """Returns the backlogs by customer. Raises SpoolFault."""
        with _faults():
            rows = self._connection.execute(_ALL_WAITING).fetchall()
        return {Owner(*row[:2]): SpoolBacklog(*row[2:]) for row in rows}

    def close(self) -> None:
        """Closes the file.

        An empty one is deleted first, before another process can find it.
        """
        with suppress(SpoolFault, OSError):
            if not self.all_waiting():
                for suffix in ("", "-wal"):
                    self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _faults():
            self._connection.execute("BEGIN")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise


@contextmanager
def _faults() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise SpoolInUse("another process uses this file") from error
        raise SpoolFault(f"{getattr(error, 'sqlite_errorname', 'error')}: {error}") from error
