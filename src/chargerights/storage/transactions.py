"""Transactions of both databases, and the settings of SQLite's connections."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

READ_SECONDS = 4
BUSY_SECONDS = 5
BUSY_ATTEMPTS = 100
SNAPSHOT_SECONDS = 60

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
"""By whether the database is SQLite and whether the transaction is a snapshot."""


@contextmanager
def transaction(connection: Connection, sqlite: bool, *, snapshot: bool = False, keep: bool = True) -> Iterator[None]:
    """Runs the context in a transaction.

    Commits it at the end. Rolls it back on an error, or without `keep`.
    """
    for statement in _BEGIN[sqlite, snapshot]:
        connection.exec_driver_sql(statement)
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    connection.exec_driver_sql("COMMIT" if keep else "ROLLBACK")


def _roll_back(connection: Connection) -> None:
    """Ends the transaction.

    Never raises, so that the error that ended it is the one that is seen.
    """
    if connection.invalidated:
        return
    try:
        connection.exec_driver_sql("ROLLBACK")
    except DBAPIError as error:  # gone by now, or rolled back already by SQLite, as it does when the disk is full
        connection.invalidate(error)


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Sets up a connection to SQLite: write-ahead log, foreign keys, durable commits."""
    cursor = connection.cursor()
    for attempt in range(BUSY_ATTEMPTS, 0, -1):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:  # others open a new file at the same time, and SQLite does not wait for that
            if attempt == 1:
                raise
            time.sleep(BUSY_SECONDS / BUSY_ATTEMPTS)
    for pragma in ("foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
