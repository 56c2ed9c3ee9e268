"""The file of an SQLite database, which another file may replace while it is open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger()


class SqliteFile:
    """A database file with its logs, told from others of the same name by inode.

    The logs are the write-ahead log and its index.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._logs = [Path(f"{path}{suffix}") for suffix in ("-wal", "-shm")]
        self._log_inodes: dict[Path, int | None] = {}
        self._checking = threading.Lock()
        self.identity: tuple[int, int] | None = None
        """Device and inode. None until the file exists."""

    def check(self, reopen: Callable[[], None]) -> None:
        """Calls `reopen` when another file has taken the database's place.

        It takes a microsecond. Open connections stay with the old file, which has no name any more. Raises
        FileNotFoundError when the file has gone.
        """
        try:
            status = self._path.stat()
        except FileNotFoundError:
            if self.identity is None:  # the first connection creates it
                return
            raise
        identity = status.st_dev, status.st_ino
        if identity == self.identity:
            self._log_inodes = {log_file: _inode(log_file) for log_file in self._logs}
            return
        with self._checking:
            before, self.identity = self.identity, identity
            if before is None or before == identity:
                return
            for log_file, inode in self._log_inodes.items():
                if inode is not None and inode == _inode(log_file):  # of the old file: must not be applied to the new
                    log_file.rename(f"{log_file}.replaced")
            reopen()
        log.warning("another file has taken the database's place; it is opened", path=str(self._path))


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None
