"""Measures load, image start and memory of a network, and how soon a grant acts.

`python -m bench.lifecycle` (about four minutes)

Load is `chargerights load` of the network file, from its start to its end. Image start is what the first request
waits for in a fresh process; its memory is what that process grows by (RSS), divided by the drivers. A grant is
committed through chargerights.storage in this process, and another process is asked over HTTP until it says yes.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

import orjson

from bench.client import Connection, request
from bench.harness import ROOT, Timings, duration, postgres, print_table, resident, stopwatch
from bench.network import Facts, generate, write_file
from bench.servers import Customer, customer, load, serving
from chargerights.rights.decide import decide
from chargerights.rights.model import Charger, Driver, Place, PlaceKind
from chargerights.storage import networks, revisions
from chargerights.storage.changes.rights import grant
from chargerights.storage.database import Database
from chargerights.storage.journal import Actor, ChangeContext

IMAGE_STARTS = 3
GRANTS = 60
DRIVERS = 100_000


def image_start(of: Customer) -> dict[str, float]:
    """Cost of loading the customer's network in a fresh process.

    Returns:
        `seconds`, `processor` (seconds of processor time) and `bytes` of memory.
    """
    command = [sys.executable, "-m", "bench.lifecycle", "--image", of.database, str(of.id)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    said: dict[str, float] = orjson.loads(done.stdout)
    return said


def _print_image_start(url: str, customer_id: int) -> None:
    database = Database(url)
    database.read_now(lambda connection: None)  # opens it
    before, start, work = resident(), perf_counter(), process_time()
    found = database.read_now(networks.load, customer_id)
    taken, worked = perf_counter() - start, process_time() - work
    grown = resident() - before
    assert len(found.network.drivers) >= DRIVERS
    print(orjson.dumps({"seconds": taken, "processor": worked, "bytes": grown}).decode())


def seen_after_grant(facts: Facts, writer: Customer, port: int) -> tuple[Timings, Timings]:
    """Times how soon another process over the same database decides by a grant.

    Returns:
        The seconds from the commit until that process has said yes, and the seconds of the grant itself.
    """
    database = Database(writer.database)
    seen, granted = [], []
    with Connection(port) as connection:
        for driver, charger in _strangers(facts):
            place = Place(PlaceKind.CHARGER, charger.charger_id)
            body = orjson.dumps({"chargerId": charger.charger_id, "idTag": driver.tags[0].id_tag})
            ask = partial(_allowed, connection, request("POST", "/v2/access/check", {"x-api-key": writer.key}, body))
            if ask():
                sys.exit("a driver without a right may charge")
            occasion = ChangeContext(datetime.now(UTC), Actor("bench"), "right.grant")
            granted.append(
                stopwatch(partial(database.write_now, revisions.make, writer.id, occasion, grant, driver.id, place))
            )
            committed = perf_counter()
            while not ask():
                pass
            seen.append(perf_counter() - committed)
    database.close_now()
    return Timings(seen), Timings(granted)


def _strangers(facts: Facts) -> list[tuple[Driver, Charger]]:
    """Enabled drivers with a valid tag, each with a charger where they may not charge."""
    network = facts.network()
    now = datetime.now(UTC)
    found = []
    for driver, charger in zip(facts.drivers, reversed(facts.chargers), strict=False):
        tag = driver.tags[0]
        good = driver.enabled and not tag.blocked and tag.expires_at is None
        if good and not decide(network, tag.id_tag, charger.charger_id, now).allowed:
            found.append((driver, charger))
        if len(found) == GRANTS:
            break
    return found


def _allowed(connection: Connection, question: bytes) -> bool:
    parts: list[bytes] = []
    answer = connection.ask(question, lambda view: parts.append(bytes(view)))
    if answer.status != 200:
        raise RuntimeError(f"status {answer.status}")
    return bool(orjson.loads(b"".join(parts))["allowed"])


def main() -> None:
    if sys.argv[1:2] == ["--image"]:
        _print_image_start(sys.argv[2], int(sys.argv[3]))
        return
    facts = generate()
    columns: list[list[str]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        write_file(facts, folder / "network.json")
        for url in (f"sqlite:///{folder / 'bench.db'}", stack.enter_context(postgres())):
            mine = customer(url)
            loading: Callable[[], None] = partial(load, mine, folder / "network.json")
            loaded = stopwatch(loading)
            starts = [image_start(mine) for _ in range(IMAGE_STARTS)]
            with serving(url) as server:
                seen, granted = seen_after_grant(facts, mine, server.port)
            columns.append(
                [
                    duration(loaded),
                    duration(Timings([each["seconds"] for each in starts]).median),
                    duration(Timings([each["processor"] for each in starts]).median),
                    f"{Timings([each['bytes'] for each in starts]).median / DRIVERS:,.0f} B",
                    duration(granted.median),
                    duration(seen.median),
                    duration(seen.percentile(0.95)),
                ]
            )
    names = [
        f"load of {DRIVERS:,} drivers",
        "image start",
        "image start, processor time",
        "memory a driver (everything, sites and chargers too)",
        "a grant, committed",
        "until another process decides by it, over HTTP",
        "the same, 95th percentile",
    ]
    rows = [list(row) for row in zip(names, *columns, strict=True)]
    print_table("Load, start and freshness", ["", "SQLite", "PostgreSQL"], rows)


if __name__ == "__main__":
    main()
