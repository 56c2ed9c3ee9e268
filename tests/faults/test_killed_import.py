"""`kill -9` while drivers are imported: the database is as it was before, or as it is after, never between."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Connection, update

from chargerights.storage import schema
from chargerights.storage.database import Database
from tests.faults import stepping
from tests.files.spreadsheets.sheets import csv_bytes
from tests.storage.writing import everything, revision_of, stored, wait_for_writers
from tests.support.servers import Caller, Server, new_customer, opened, serving, start
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

DRIVERS = 1500
BEFORE = 2
"""The revision that the network was loaded as, after the key."""
NETWORK: dict[str, Any] = {
    "sites": [{"id": 1, "name": "Depot"}],
    "chargers": [{"chargerId": "DEP-1", "siteId": 1}],
    "drivers": [
        {"id": 1, "name": "Alice", "tags": [{"idTag": "ALICE"}], "rights": [{"siteId": 1}]},
        {"id": 2, "name": "Bob", "tags": [{"idTag": "BOB"}], "rights": [{"siteId": 1}]},
    ],
}
ROWS = [
    ["Name", "RFID tag", "Site access"],
    ["Alice", "ALICE", "-"],
    *([f"Driver {number}", f"TAG-{number}", "Depot"] for number in range(DRIVERS)),
]


@pytest.fixture
def caller(database_url: str) -> Caller:
    with opened(database_url) as database:
        return new_customer(database, NETWORK)


def is_after(database: Database, customer: int, before: dict[str, list[Any]]) -> bool:
    """Whether all of the import is there; otherwise nothing of it may be."""
    if revision_of(database, customer) == BEFORE:
        assert database.read_now(everything) == before
        return False
    found = stored(database, customer)
    assert len(found.drivers) == DRIVERS + 1
    assert 2 not in found.drivers
    assert found.drivers[1].rights == ()
    return True


@pytest.mark.parametrize(
    ("moment", "how", "committed"),
    [
        ("DELETE FROM drivers", "held", {False}),
        ("INSERT INTO rights", "held", {False}),
        ("INSERT INTO journal_changes", "held", {False}),
        ("COMMIT", "held", {False}),
        ("COMMIT", "let-go", {False, True}),
        ("COMMIT", "done", {True}),
    ],
)
def test_an_import_that_is_killed_has_imported_all_or_nothing(
    database_url: str, caller: Caller, tmp_path: Path, moment: str, how: str, committed: set[bool]
) -> None:
    file = tmp_path / "drivers.csv"
    file.write_bytes(csv_bytes(ROWS))
    with opened(database_url) as database:
        before = database.read_now(everything)
    arguments = ["import", str(file), "--customer", str(caller.customer_id), "--mode", "replace-all"]
    command = [sys.executable, stepping.__file__, moment, how, *arguments, "--database", database_url]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode().strip()
        process.kill()
        process.wait(PATIENCE)
    assert line == stepping.REACHED
    with opened(database_url) as database:
        wait_for_writers(database)
        assert is_after(database, caller.customer_id, before) in committed
        again = start(*arguments, "--database", database_url)
        assert again.wait(PATIENCE) == 0
        assert is_after(database, caller.customer_id, before)


def test_an_import_of_a_server_that_is_killed_is_interrupted_and_the_same_request_imports(
    database_url: str, caller: Caller
) -> None:
    request = {
        "url": "/v2/imports?mode=replace-all",
        "content": csv_bytes(ROWS),
        "headers": {"idempotency-key": "drivers of today"},
    }
    with opened(database_url) as database:
        before = {name: rows for name, rows in database.read_now(everything).items() if name in FACTS}
        with serving(database_url) as server, server.client(caller.key) as client:
            import_id = client.post(**request).json()["id"]
            child = importing(server)
            child.suspend()
            server.kill()
            child.resume()
            child.wait(PATIENCE)  # it ends with its server
        assert {name: rows for name, rows in database.read_now(everything).items() if name in FACTS} == before
        database.write_now(let_time_pass)
        with serving(database_url) as server, server.client(caller.key) as client:
            assert client.get(f"/v2/imports/{import_id}").json()["state"] == "interrupted"
            assert client.post(**request).json()["id"] == import_id
            while (found := client.get(f"/v2/imports/{import_id}").json())["state"] in ("queued", "running"):
                time.sleep(0.05)
        assert (found["state"], found["counts"]["added"]) == ("succeeded", DRIVERS)
        assert is_after(database, caller.customer_id, {})


FACTS = ("drivers", "tags", "rights", "journal", "journal_changes")


def importing(server: Server) -> psutil.Process:
    """The process that imports for the server, once there is one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for each in psutil.Process(server.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "chargerights.importing.worker" in each.cmdline():
                    return each
        time.sleep(0.001)
    raise TimeoutError("no process imports")


def let_time_pass(connection: Connection) -> None:
    """As if so much time had gone by that an import that still works would have said so."""
    connection.execute(update(schema.imports).values(alive_until=datetime(2026, 1, 1, tzinfo=UTC)))
