"""Runs one import in its own process: `python -m chargerights.importing.worker`.

So the server's event loop is not blocked, a file that needs too much memory ends only this process, and the memory of
the import is returned.

Reads the task as one line of JSON from standard input and the file from an inherited descriptor; writes its progress
to standard output. It ends when its standard input does, and so with the server that started it.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from ..files.spreadsheets.drivers_file import Mode
from ..storage import imports
from ..storage.database import Database
from ..storage.imports import Attempt, AttemptOver, ImportState, Stage
from ..storage.journal import Actor, ChangeContext
from . import plan_and_store
from .plan_and_store import ImportReport, Order

MAX_SECONDS = 1800
"""Limit of processor time in seconds; no genuine file needs more."""
SAY_SECONDS = 0.2
LEFT_ALONE, OVER = 3, 4
"""Exit statuses: the server has gone; the import was interrupted meanwhile."""


@dataclass(frozen=True, slots=True)
class Task:
    """The task of a child.

    `file`: the descriptor that it inherits. `at`: the instant of the import.
    """

    url: str
    file: int
    customer_id: int
    import_id: int
    attempt: str
    operator_id: int
    mode: str
    dry_run: bool
    site_ids: list[int] | None
    at: str

    def line(self) -> bytes:
        return orjson.dumps(asdict(self)) + b"\n"


class _Teller:
    """Reports the progress of the import to the server, at limited frequency."""

    def __init__(self) -> None:
        self._stage = Stage()
        self._told = 0.0

    def begin(self, what: str, total: int) -> None:
        self._stage = Stage(what, 0, total)
        self._tell()

    def advance(self, count: int) -> None:
        self._stage = self._stage._replace(done=self._stage.done + count)
        if time.monotonic() - self._told >= SAY_SECONDS:
            self._tell()

    def _tell(self) -> None:
        self._told = time.monotonic()
        sys.stdout.buffer.write(orjson.dumps([*self._stage]) + b"\n")
        sys.stdout.buffer.flush()


def main() -> None:
    task = Task(**orjson.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_end_with_server, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    with os.fdopen(task.file, "rb") as file:
        content = file.read()
    try:
        _import(task, content)
    except AttemptOver:
        sys.exit(OVER)


def _end_with_server() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not through the buffer, which could not be closed meanwhile
        pass
    os._exit(LEFT_ALONE)


def _import(task: Task, content: bytes) -> None:
    begun, at = time.monotonic(), datetime.fromisoformat(task.at)
    attempt = Attempt(task.customer_id, task.import_id, task.attempt)
    site_ids = None if task.site_ids is None else tuple(task.site_ids)

    def ended(connection: Connection, report: ImportReport) -> None:
        state = ImportState.REFUSED if report.refused else ImportState.SUCCEEDED
        now = at + timedelta(seconds=time.monotonic() - begun)
        members: dict[str, Any] = report.members()
        imports.end(connection, attempt, state, now, members)

    database = Database(task.url)
    try:
        order = Order(task.customer_id, content, Mode(task.mode), task.dry_run, site_ids)
        occasion = ChangeContext(at, Actor(f"import {task.import_id}", task.operator_id), plan_and_store.ACTION)
        plan_and_store.run(database, order, occasion, _Teller(), ended)
    finally:
        database.close_now()


if __name__ == "__main__":
    main()
