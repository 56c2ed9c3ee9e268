"""`kill -9` of a serving process: what it had acknowledged is there, and nothing is there by half."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from chargerights.storage import journal
from chargerights.storage.entity_types import SITE
from tests.storage.writing import revision_of, stored, wait_for_writers
from tests.support.servers import Server, new_customer, opened, serving
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

WRITERS = 4
ACKNOWLEDGED_BEFORE_THE_KILL = 40


class Writers:
    """Add sites until the server is gone."""

    def __init__(self, server: Server, key: str) -> None:
        self.acknowledged: list[tuple[int, str]] = []
        self.asked: set[str] = set()
        self.enough = threading.Event()
        self._server = server
        self._key = key

    def write(self, writer: int) -> None:
        with self._server.client(self._key) as client:
            for number in range(10_000):
                name = f"{writer}/{number}"
                self.asked.add(name)
                try:
                    answer = client.post("/api/group/add", json={"name": name})
                except httpx.TransportError:
                    return
                finally:
                    if len(self.acknowledged) >= ACKNOWLEDGED_BEFORE_THE_KILL:
                        self.enough.set()
                assert answer.status_code == 200, answer.text
                self.acknowledged.append((answer.json(), name))


def test_every_acknowledged_write_is_there_after_the_server_was_killed(database_url: str) -> None:
    with opened(database_url) as database:
        caller = new_customer(database)
    with serving(database_url) as server, ThreadPoolExecutor(WRITERS) as pool:
        writers = Writers(server, caller.key)
        working = [pool.submit(writers.write, writer) for writer in range(WRITERS)]
        enough = writers.enough.wait(PATIENCE)
        server.kill()
        for each in working:
            each.result()
    assert enough
    with opened(database_url) as database:
        wait_for_writers(database)
        sites = {site.id: site.name for site in stored(database, caller.customer_id).sites.values()}
        entries = database.read_now(journal.since, caller.customer_id, 0, 100_000)
        revision = revision_of(database, caller.customer_id)
    assert set(writers.acknowledged) <= set(sites.items())
    assert set(sites.values()) <= writers.asked
    assert len(sites) <= len(writers.acknowledged) + WRITERS
    assert [entry.revision for entry in entries] == list(range(1, revision + 1))
    changes = [change for entry in entries for change in entry.changes or () if change["kind"] == SITE.name]
    written = {change["id"]: change["after"]["name"] for change in changes}
    assert written == sites
    with serving(database_url) as server, server.client(caller.key) as client:
        assert {site["id"]: site["groupName"] for site in client.get("/api/groups").json()} == sites
        added = client.post("/api/group/add", json={"name": "After"}).json()
        assert added not in sites
