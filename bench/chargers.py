"""Measures how a server copes with chargers that authorize, start up or idle.

`python -m bench.chargers` (about three minutes)

* Cards decided a second and their latency, beside a bare echo.
* A thousand chargers that connect and boot at once.
* Memory and processor time of thousands of idle chargers.

Where there are two cores, the server has one and this client another. The network is the generated one of 100,000
drivers. Tags and chargers are drawn from it, so some answers are yes and some are no. Every decision is stored in the
database during the measurement. The echo (`bench.peers.echo`) is the same uvicorn with the same settings, which reads
JSON and sends it back. It runs in turns with the server.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep

import orjson
import psutil

from bench.harness import Timings, duration, free_port, print_table, resident, wait_for_port
from bench.in_process import random_pairs
from bench.network import Facts, generate, write_file
from bench.servers import PROGRAM, Customer, customer, load
from bench.sockets import WebSocket, asked_per_second, frame, latencies
from chargerights.storage.charging import authorizations, charger_passwords
from chargerights.storage.database import Database

ECHO = [sys.executable, "-m", "bench.peers.echo"]

CHARGERS, BOOTING, IDLE = 50, 1_000, 5_000
ROUNDS, SECONDS = 5, 3.0
STEADY = 500
HEARTBEAT_SECONDS = 60
V16 = "ocpp1.6"


def on_core(number: int, command: list[str]) -> list[str]:
    """Pins the command to one core. On a machine with a single core it stays as it is."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", str(cores[number % len(cores)]), *command] if len(cores) > 1 else command


@contextmanager
def started(command: list[str]) -> Iterator[tuple[int, psutil.Process]]:
    """The command with a free port for its last argument, on the first core."""
    port = free_port()
    process = subprocess.Popen(on_core(0, [*command, str(port)]), stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def serve(database: str) -> list[str]:
    return [*PROGRAM, "serve", "--database", database, "--port"]


class Fleet:
    """Chargers of the generated network with their passwords."""

    def __init__(self, of: Customer, facts: Facts, count: int) -> None:
        database = Database(of.database)
        now = datetime.now(UTC)
        ids = [charger.charger_id for charger in facts.chargers[:count]]
        self.passwords = {each: database.write_now(charger_passwords.renew, each, now) for each in ids}
        database.close_now()

    def connect(self, port: int, count: int) -> list[WebSocket]:
        """Connects `count` chargers, all at once."""
        opening = [
            WebSocket(port, f"/ocpp/{charger_id}", V16, charger_id, password)
            for charger_id, password in [*self.passwords.items()][:count]
        ]
        return [each.opened() for each in opening]


def authorize(facts: Facts) -> list[bytes]:
    """Cards of the network, each asked about once."""
    return [
        frame(orjson.dumps([2, str(number), "Authorize", {"idTag": tag}]))
        for number, (tag, _) in enumerate(random_pairs(facts, 5_000))
    ]


def decided_rows(of: Customer, facts: Facts, fleet: Fleet) -> list[list[str]]:
    """Cards decided as fast as it goes and at a steady rate, beside the echo."""
    asked = authorize(facts)
    ours, echoes = [], []
    with (
        started(serve(of.database)) as (port, _),
        started([sys.executable, "-m", "bench.peers.echo"]) as (echo_port, _),
    ):
        sockets = fleet.connect(port, CHARGERS)
        echoing = [WebSocket(echo_port, "/", V16).opened() for _ in range(CHARGERS)]
        for _ in range(ROUNDS):
            ours.append(asked_per_second(sockets, asked, SECONDS))
            echoes.append(asked_per_second(echoing, asked, SECONDS))
        steady = Timings(latencies(sockets, asked, STEADY, 4 * SECONDS))
        echoed = Timings(latencies(echoing, asked, STEADY, 4 * SECONDS))
    kept = count_kept(of)
    rate, echo = Timings(ours).median, Timings(echoes).median
    late, echoed_late = steady.percentile(0.99), echoed.percentile(0.99)
    share = Timings([mine / other for mine, other in zip(ours, echoes, strict=True)]).median
    return [
        [f"Authorize, {CHARGERS} chargers", f"{rate:,.0f} /s", f"{echo:,.0f} /s", f"{share:.0%} of the echo"],
        [f"Authorize at {STEADY}/s, median", duration(steady.median), duration(echoed.median), ""],
        [f"Authorize at {STEADY}/s, 99th percentile", duration(late), duration(echoed_late), ""],
        ["decisions kept meanwhile", f"{kept:,}", "", ""],
    ]  # fmt: skip


def count_kept(of: Customer) -> int:
    database = Database(of.database)
    try:
        return database.read_now(authorizations.count, of.id, authorizations.AuthorizationFilter())
    finally:
        database.close_now()


def boot_row(of: Customer, fleet: Fleet) -> list[str]:
    """A thousand chargers that connect and say they have started, all at once."""
    said = [
        ("BootNotification", {"chargePointVendor": "Bench", "chargePointModel": "Simulated"}),
        ("StatusNotification", {"connectorId": 0, "errorCode": "NoError", "status": "Available"}),
        ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
    ]
    frames = [frame(orjson.dumps([2, str(number), *each])) for number, each in enumerate(said)]
    with started(serve(of.database)) as (port, _):
        warm = fleet.connect(port, 1)  # the image is loaded
        start = perf_counter()
        sockets = fleet.connect(port, BOOTING)
        connected = perf_counter() - start
        for each in frames:
            for socket in sockets:
                socket.socket.sendall(each)
        answered = sum(count_answers(socket, len(frames)) for socket in sockets)
        taken = perf_counter() - start
        for socket in [*sockets, *warm]:
            socket.socket.close()
    if answered != BOOTING * len(frames):
        sys.exit(f"{answered} of {BOOTING * len(frames)} messages were answered")
    return [f"{BOOTING:,} chargers connect, boot and say two states", duration(taken), duration(connected), "connected"]


def count_answers(socket: WebSocket, wanted: int) -> int:
    """Reads until at least `wanted` answers have come, and returns their number."""
    count = 0
    while count < wanted:
        count += len(socket.receive())
    return count


def idle_rows(of: Customer, fleet: Fleet) -> list[list[str]]:
    """Cost of thousands of chargers that send only one heartbeat a minute."""
    heartbeat = frame(b'[2,"1","Heartbeat",{}]')
    with started(serve(of.database)) as (port, process):
        sockets = fleet.connect(port, 1)
        before = resident(process.pid)
        for start in range(1, IDLE, 500):
            known = [*fleet.passwords.items()][start : start + 500]
            sockets += [WebSocket(port, f"/ocpp/{name}", V16, name, password).opened() for name, password in known]
        selector = selectors.DefaultSelector()
        for socket in sockets:
            selector.register(socket.socket, selectors.EVENT_READ, socket)
        sleep(3)
        grown = resident(process.pid) - before
        used, began = process.cpu_times(), perf_counter()
        step = HEARTBEAT_SECONDS / IDLE
        for number, socket in enumerate(sockets):
            socket.socket.sendall(heartbeat)
            while (wait := began + (number + 1) * step - perf_counter()) > 0:
                for key, _ in selector.select(wait):
                    key.data.read()
        after, taken = process.cpu_times(), perf_counter() - began
        for socket in sockets:
            socket.socket.close()
    share = (after.user + after.system - used.user - used.system) / taken
    return [
        [f"{IDLE:,} idle chargers, memory of one", f"{grown / IDLE / 1e3:.1f} KB", "", ""],
        [f"{IDLE:,} chargers with a heartbeat a minute", f"{share:.1%} of a core", "", ""],
    ]


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    facts = generate()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_file(facts, folder / "network.json")
        mine = customer(f"sqlite:///{folder / 'bench.db'}")
        load(mine, folder / "network.json")
        fleet = Fleet(mine, facts, IDLE)
        os.sched_setaffinity(0, {cores[-1]})
        rows = [*decided_rows(mine, facts, fleet), boot_row(mine, fleet), *idle_rows(mine, fleet)]
        print_table("Chargers", ["what", "chargerights", "bare echo", ""], rows)
        os.sched_setaffinity(0, set(cores))


if __name__ == "__main__":
    main()
