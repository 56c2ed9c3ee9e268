"""Real `chargerights serve` processes on loopback ports, and customers whose keys they take.

with opened(url) as database:
    caller = new_customer(database, network_file)
with serving(url) as server, server.client(caller.key) as client:
    client.post("/api/group/authorisedUsers", json=[1])
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from ssl import SSLContext
from typing import IO, Any, NamedTuple

import httpx
import orjson

from chargerights.cli.networks import load_network
from chargerights.files.network_file import parse
from chargerights.storage import callers
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor
from tests.support.nursery import Program
from tests.support.waiting import PATIENCE

TEST = Actor("test")
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


_SPOOLS = tempfile.TemporaryDirectory(prefix="chargerights-spools-")


def spool_folder(url: str) -> Path:
    """Where servers over that database keep their spools: no other database's servers do."""
    return Path(_SPOOLS.name) / hashlib.sha256(url.encode()).hexdigest()[:16]


class Caller(NamedTuple):
    """A customer and a key of theirs that may write."""

    customer_id: int
    key: str


def new_customer(database: Database, network_file: Mapping[str, Any] | None = None, name: str = "Customer") -> Caller:
    """A customer with a key, and with that network, stored by the code of `chargerights load`."""
    customer = database.write_now(callers.add_customer, name, MADE_AT)
    _, secret = database.write_now(callers.add_key, customer.id, at=MADE_AT)
    if network_file is not None:
        load_network(database, customer.id, parse(orjson.dumps(network_file)), TEST)
    return Caller(customer.id, secret)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """The database, for plain threads; closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        database.close_now()


class Server:
    """A running server; ended with its context, by its process id."""

    def __init__(self, process: Program, port: int, log: IO[bytes], trusted: SSLContext | None = None) -> None:
        self.process = process
        self.url = f"{'https' if trusted else 'http'}://127.0.0.1:{port}"
        self._log = log
        self._trusted = trusted or True

    def client(self, key: str | None = None) -> httpx.Client:
        """A client with that key in its header; close it, or use it as a context."""
        headers = {} if key is None else {"x-api-key": key}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE, trust_env=False, verify=self._trusted)

    def kill(self) -> None:
        """Ends it as `kill -9` does."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Asks it to end, as a service manager does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def log(self) -> str:
        """What it has logged so far."""
        number = self._log.fileno()  # read without seeking: the server writes at the same position
        return os.pread(number, os.fstat(number).st_size, 0).decode()

    def wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with self.client() as client:
            while True:
                try:
                    client.get("/api/groups")
                except httpx.TransportError:
                    if self.process.poll() is not None or time.monotonic() > deadline:
                        raise RuntimeError(f"the server does not start:\n{self.log()}") from None
                    time.sleep(0.02)
                else:
                    return


@contextmanager
def serving(
    url: str | None, *arguments: str, settings: Mapping[str, str] | None = None, trusted: SSLContext | None = None
) -> Iterator[Server]:
    """`chargerights serve` over that database on a free port, once it answers; killed at the end if it still runs.
    `trusted`: it serves TLS, with a certificate of an issuer that this trusts. Without a URL the settings name it."""
    port = free_port()
    settings = {"CHARGERIGHTS_SPOOL": str(spool_folder(url or "settings")), **(settings or {})}
    named = () if url is None else ("--database", url)
    with tempfile.TemporaryFile() as log:
        process = start("serve", "--port", str(port), *named, *arguments, output=log, settings=settings)
        server = Server(process, port, log, trusted)
        try:
            server.wait_until_it_answers()
            yield server
        finally:
            if process.poll() is None:
                server.kill()


def start(*arguments: str, output: IO[bytes] | None = None, settings: Mapping[str, str] | None = None) -> Program:
    """`chargerights` with those arguments and settings, in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHARGERIGHTS_")}
    return Program([*arguments], environment | dict(settings or {}), output)


def free_port() -> int:
    """Returns a port of the loopback address that is free now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def writer_held(url: str) -> Iterator[None]:
    """Another program has begun to write and does not end."""
    other = sqlite3.connect(
        url.removeprefix("sqlite:///"), isolation_level=None, timeout=PATIENCE, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
