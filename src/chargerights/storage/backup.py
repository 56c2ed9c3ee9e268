"""Backups of an SQLite database into one file while servers write to it.

For PostgreSQL it prints the command that makes one.

The copy is one state of the database: a read transaction holds it while pages are copied, and writers do not wait for
it. The tables are not migrated, so that the new version can make a backup before an upgrade.
"""

from __future__ import annotations

import os
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from .database import Database, DatabaseFault
from .transactions import BUSY_SECONDS

PAGES = 2_000
"""Copied in one step. Between steps, progress is reported and the caller can be interrupted."""
FINDINGS = 5
"""Reported of a damaged database."""

Progress = Callable[[int, int], None]
"""Called with the number of copied pages and of all pages."""


class BackupRefused(Exception):
    """A backup that cannot be made as requested."""


class BackupFailed(DatabaseFault):
    """A backup that failed: the disk is full, or the database is damaged."""


def back_up(database: Database, target: Path, progress: Progress) -> int:
    """Writes a checked copy to a new file, durably, and returns its size in bytes.

    Raises BackupRefused, BackupFailed. No file is left then.
    """
    source = _source(database, target)
    part = Path(f"{target}.part")
    if os.path.lexists(target):
        raise BackupRefused(f"{target} exists and is not overwritten: name a file that does not exist")
    with _new(part), closing(sqlite3.connect(part, isolation_level=None)) as copy:
        try:
            with closing(sqlite3.connect(f"{source.as_uri()}?mode=rw", BUSY_SECONDS, uri=True)) as original:
                _begin(original, source)
                original.backup(copy, pages=PAGES, progress=lambda _, left, pages: progress(pages - left, pages))
            findings = [str(row[0]) for row in copy.execute(f"PRAGMA integrity_check({FINDINGS})")]
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, which read-only folders can hold, too
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_CORRUPT:
                raise BackupFailed(f"the backup failed and no file was kept: {error}") from error
            findings = [str(error)]
        if findings != ["ok"]:
            raise BackupFailed(
                f"the database is damaged, and no file was kept: {'; '.join(findings)}. Keep your earlier backups"
            )
        copy.close()
        return _keep(part, target)


def _source(database: Database, target: Path) -> Path:
    """Returns the file to copy. Raises BackupRefused."""
    file = database.file
    if file is None:
        to, from_ = shlex.quote(str(target)), shlex.quote(database.public_url)
        raise BackupRefused(
            "chargerights backs up SQLite only. PostgreSQL has a program for it, which asks for the password or reads"
            f" ~/.pgpass:\npg_dump --format=custom --file={to} --dbname={from_}"
        )
    if not file.is_file():
        raise BackupRefused(f"there is no database at {file}: name the one that the server uses with --database")
    return file


@contextmanager
def _new(part: Path) -> Iterator[None]:
    """Creates a file that only its owner can read, and deletes it if it is left over."""
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise BackupRefused(
            f"{part} exists: another backup writes it or was killed. If no backup runs, delete it"
        ) from None
    except OSError as error:
        raise BackupRefused(f"{part} cannot be written: {error.strerror}") from error
    try:
        yield
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{part}{suffix}").unlink()


def _begin(original: sqlite3.Connection, source: Path) -> None:
    """Begins the read transaction that holds one state. Raises BackupRefused."""
    try:
        original.execute("BEGIN")
        original.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR):  # the latter: no such table
            raise BackupRefused(f"{source} is not a chargerights database") from error
        raise


def _keep(part: Path, target: Path) -> int:
    """Renames the copy once all of it is on disk, and returns its size."""
    try:
        _synchronise(part)
        size = part.stat().st_size
        if os.path.lexists(target):
            raise BackupRefused(f"{target} has been made meanwhile and is not overwritten: name another file")
        part.rename(target)
        _synchronise(target.parent)
    except OSError as error:
        raise BackupFailed(f"{target} cannot be written: {error.strerror}") from error
    return size


def _synchronise(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
