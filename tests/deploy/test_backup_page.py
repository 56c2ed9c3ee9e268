"""The commands of docs/backup.md back a database up and restore it, while a server writes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from chargerights.cli.networks import load_network
from chargerights.files.network_file import parse
from chargerights.storage.migration import migrate
from tests.cli.conftest import DEPOT
from tests.conftest import Databases
from tests.support.postgres import Postgres
from tests.support.programs import needs
from tests.support.servers import TEST, Caller, Server, new_customer, opened, serving
from tests.support.waiting import PATIENCE

PAGE = Path(__file__).parents[2] / "docs" / "backup.md"
UNLIMITED = {"CHARGERIGHTS_RATE_LIMIT": "0"}
pytestmark = [pytest.mark.slow, needs("bash")]


def commands(heading: str) -> list[str]:
    """The blocks of commands below a heading of the page."""
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", section)


def run(command: str, folder: Path, path: Path, **variables: str) -> str:
    environment: Mapping[str, str] = {"PATH": f"{path}:{os.environ['PATH']}", **variables}
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@contextmanager
def writing(server: Server, us: Caller) -> Iterator[list[int]]:
    """Adds drivers one after the other meanwhile; the ids that were answered."""
    added: list[int] = []
    begun, done = threading.Event(), threading.Event()

    def write() -> None:
        with server.client(us.key) as client:
            while not done.is_set():
                answer = client.post("/v2/drivers", json={"name": "Meanwhile"})
                added.append(answer.json()["id"])
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(PATIENCE)
        yield added
    finally:
        done.set()
        writer.join(30)


def drivers(url: str) -> int:
    """How many drivers the database holds beside those of the network file."""
    with opened(url) as database:
        count = database.read_now(
            lambda connection: connection.exec_driver_sql("SELECT count(*) FROM drivers").scalar()
        )
    return int(count or 0) - len(DEPOT["drivers"])


def goes_on(url: str, us: Caller) -> None:
    """The restored database has its tables and takes the next change."""
    before = drivers(url)
    migrate(url)
    with opened(url) as database:
        load_network(database, us.customer_id, parse(b'{"drivers": [{"id": 999999, "name": "Later"}]}'), TEST)
    assert drivers(url) == before + 1


def test_sqlite_is_backed_up_while_a_server_writes_and_restored(tmp_path: Path) -> None:
    backup, restore, look = commands("SQLite")
    url = f"sqlite:///{tmp_path}/chargerights.db"
    with serving(url, settings=UNLIMITED) as server:
        with opened(url) as database:
            us = new_customer(database, DEPOT)
        with writing(server, us) as added:
            least = len(added)
            run(backup, tmp_path, Path(sys.executable).parent)
            most = len(added) + 1
        all_of_them = drivers(url)
        server.kill()  # what is in the log beside the file must not be applied to the backup
    run(restore, tmp_path, tmp_path)
    assert "Customer" in run(look, tmp_path, Path(sys.executable).parent)
    assert least <= drivers(url) <= most <= all_of_them
    goes_on(url, us)


def test_postgresql_is_dumped_while_a_server_writes_and_restored(
    postgres: Postgres, postgres_url: str, databases: Databases, tmp_path: Path
) -> None:
    dump, restore = commands("PostgreSQL")
    with serving(postgres_url, settings=UNLIMITED) as server:
        with opened(postgres_url) as database:
            us = new_customer(database, DEPOT)
        with writing(server, us):
            run(dump, tmp_path, postgres.programs, DATABASE=postgres_url)
    empty = databases.new("postgresql", migrated=False)
    run(restore, tmp_path, postgres.programs, EMPTY_DATABASE=empty)
    assert drivers(empty) >= 1
    goes_on(empty, us)
    databases.drop(empty)
