"""Starts chargerights itself as its users do.

A customer is created, their network is loaded, and a server runs over it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from bench.harness import free_port, wait_for_port

UNLIMITED = {"CHARGERIGHTS_RATE_LIMIT": "0"}
PROGRAM = (sys.executable, "-m", "chargerights")


class Customer(NamedTuple):
    """One customer in one database."""

    database: str
    id: int
    key: str


class Server(NamedTuple):
    """A process that answers at a port."""

    port: int
    process: psutil.Process


def customer(database: str, name: str = "Bench") -> Customer:
    """A new customer."""
    made = json.loads(chargerights(database, "customer", "add", name, "--json").stdout)
    return Customer(database, made["clientId"], made["key"])


def load(customer: Customer, file: Path) -> None:
    """Loads the network file for the customer."""
    chargerights(customer.database, "load", str(file), "--customer", str(customer.id), "--json")


def chargerights(database: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end."""
    command = [*PROGRAM, *arguments, "--database", database]
    return subprocess.run(command, check=True, capture_output=True, text=True)


@contextmanager
def serving(database: str) -> Iterator[Server]:
    """`chargerights serve`."""
    port = free_port()
    with _started([*PROGRAM, "serve", "--port", str(port), "--database", database], port) as server:
        yield server


@contextmanager
def watched(database: str) -> Iterator[Server]:
    """The same application under the same uvicorn, with `bench.loop_lag` around it."""
    port = free_port()
    command = [sys.executable, "-m", "bench.loop_lag", str(port)]
    with _started(command, port, {"CHARGERIGHTS_DATABASE": database}) as server:
        yield server


@contextmanager
def floor(folder: Path) -> Iterator[Server]:
    """A server that sends the files of the folder, see `bench.peers.floor`."""
    port = free_port()
    with _started([sys.executable, "-m", "bench.peers.floor", str(port), str(folder)], port) as server:
        yield server


@contextmanager
def _started(command: list[str], port: int, settings: dict[str, str] | None = None) -> Iterator[Server]:
    popen_options: dict[str, Any] = {
        "stderr": subprocess.DEVNULL,
        "env": {**os.environ, **UNLIMITED, **(settings or {})},
    }
    process = subprocess.Popen(command, **popen_options)
    try:
        wait_for_port(port, process)
        yield Server(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()
