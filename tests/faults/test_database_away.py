"""The database goes away: requests are answered 503 in words and soon, chargers are decided from the image, and all
comes back automatically."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import httpx
import psutil
import pytest

from chargerights.replica.images import NetworkReplicas
from chargerights.rights.decide import decide
from chargerights.rights.model import Site
from chargerights.storage import callers
from chargerights.storage.database import Database, DatabaseAway
from chargerights.storage.migration import migrate
from chargerights.storage.rows import keys
from tests.storage.writing import put, revision_of, store_facts, stored
from tests.support.oracle import Facts
from tests.support.postgres import Postgres
from tests.support.servers import Caller, Server, new_customer, opened, serving
from tests.support.world import COMPANY, DEP_1, FACTS, NOW, OFFICE

pytestmark = pytest.mark.slow

SOON = 60
"""Seconds within which a request is answered, whatever became of the database: a busy machine included. Measured: 5 ms
when it is gone, 14 s when it hangs."""
V1_TEXT = "The database cannot be reached; try again shortly"
NETWORK: dict[str, Any] = {
    "sites": [{"id": 1, "name": "Depot"}],
    "chargers": [{"chargerId": "AWAY-1", "siteId": 1}],
    "drivers": [{"id": 1, "name": "Alice", "tags": [{"idTag": "ALICE"}], "rights": [{"siteId": 1}]}],
}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of their own, which these tests may stop."""
    with Postgres() as server:
        migrate(server.url())
        yield server


@pytest.fixture(scope="module")
def caller(postgres: Postgres) -> Caller:
    with opened(postgres.url()) as database:
        return new_customer(database, NETWORK)


@pytest.fixture(scope="module")
def server(postgres: Postgres, caller: Caller) -> Iterator[Server]:
    """One server for all: each test begins with it answering, whatever the one before did to the database."""
    with serving(postgres.url()) as server:
        yield server


@pytest.fixture
def client(server: Server, caller: Caller) -> Iterator[httpx.Client]:
    with server.client(caller.key) as client:
        assert listed(client) == [1]
        yield client


def ask(client: httpx.Client) -> httpx.Response:
    return client.post("/api/group/authorisedUsers?excludeDetails=true", json={"groupIds": [1]})


def listed(client: httpx.Client) -> list[int]:
    answer = ask(client)
    assert answer.status_code == 200, answer.text
    return [user["id"] for user in answer.json()[0]["users"]]


def check(client: httpx.Client) -> httpx.Response:
    return client.post("/v2/access/check", json={"idTag": "ALICE", "chargerId": "AWAY-1"})


def add_site(client: httpx.Client) -> httpx.Response:
    return client.post("/api/group/add", json={"name": "New"})


@contextmanager
def stopped(server: Postgres, how: signal.Signals) -> Iterator[None]:
    server.stop(how)
    try:
        yield
    finally:
        server.start()


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """Its processes stand still: connections stay open and nothing answers, as when its machine hangs."""
    assert server._process is not None
    main = psutil.Process(server._process.pid)
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def soon() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SOON


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
def test_without_its_database_the_server_says_so_and_answers_again_once_it_is_back(
    postgres: Postgres, client: httpx.Client, how: signal.Signals
) -> None:
    etag = ask(client).headers["etag"]
    with stopped(postgres, how):
        for question in (ask, add_site, ask):
            with soon():
                answer = question(client)
            assert (answer.status_code, answer.text) == (503, V1_TEXT)
            assert answer.headers["content-type"].startswith("text/plain")
        with soon():
            unchanged = client.post(
                "/api/group/authorisedUsers?excludeDetails=true", json=[1], headers={"if-none-match": etag}
            )
        assert unchanged.status_code == 503, "whether it is unchanged is not known"
        with soon():
            answer = check(client)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 503
    assert listed(client) == [1]
    assert check(client).json()["allowed"]
    assert add_site(client).status_code == 200


def test_a_first_write_after_the_database_was_away_succeeds(postgres: Postgres, client: httpx.Client) -> None:
    assert add_site(client).status_code == 200
    with stopped(postgres, signal.SIGINT):
        pass
    assert add_site(client).status_code == 200


def test_a_database_that_hangs_is_no_reason_to_hang(postgres: Postgres, client: httpx.Client) -> None:
    with frozen(postgres), soon():
        answer = ask(client)
    assert (answer.status_code, answer.text) == (503, V1_TEXT)
    assert listed(client) == [1]


def test_a_key_that_was_revoked_meanwhile_is_refused_when_the_database_is_back(
    postgres: Postgres, client: httpx.Client, server: Server
) -> None:
    """What was known before it went is not believed after."""
    with opened(postgres.url()) as database:
        other = new_customer(database, None, "Other")
    with server.client(other.key) as theirs:
        assert theirs.get("/api/groups").status_code == 200
        with stopped(postgres, signal.SIGINT):
            assert theirs.get("/api/groups").status_code == 503
        with opened(postgres.url()) as database:
            ((_, key),) = database.read_now(keys.load_with_customers, other.customer_id)
            database.write_now(callers.revoke_key, other.customer_id, key.id, NOW)
        assert theirs.get("/api/groups").status_code == 401


async def test_chargers_are_decided_from_the_image_while_the_database_is_away(postgres: Postgres) -> None:
    database = Database(postgres.url())
    customer = new_customer(database, None, "Cast").customer_id
    latest = store_facts(database, customer, FACTS)
    images = NetworkReplicas(database, lambda: NOW)
    image = await images.fresh(customer, latest)
    with stopped(postgres, signal.SIGQUIT):
        with pytest.raises(DatabaseAway):
            await images.fresh(customer, latest + 1)
        current = images.current(customer)
        assert current is image
        assert decide(current.network, "ALICE", DEP_1.charger_id, NOW).allowed
        assert not decide(current.network, "DAN", DEP_1.charger_id, NOW).allowed
        with pytest.raises(DatabaseAway):
            await database.write(put, customer, COMPANY)
    newest = store_facts_again(postgres.url(), customer)
    assert newest == latest + 2
    assert (await images.fresh(customer, newest)).network == stored(database, customer)
    await database.close()


def store_facts_again(url: str, customer: int) -> int:
    """Another node's writes, one of them in bulk, so that the image is to be loaded by a connection that has died."""
    with opened(url) as elsewhere:
        store_facts(elsewhere, customer, Facts([Site(700, "Loaded")]))
        elsewhere.write_now(put, customer, replace(OFFICE, name="Renamed"))
        return revision_of(elsewhere, customer)


@contextmanager
def only_reads(server: Postgres) -> Iterator[None]:
    """As a standby that connections go to after a failover."""
    server.set("default_transaction_read_only", "on")
    try:
        yield
    finally:
        server.set("default_transaction_read_only", "off")


def test_a_database_that_only_reads_answers_reads_and_refuses_writes(postgres: Postgres, client: httpx.Client) -> None:
    reads = ("/api/groups", "/v2/drivers", "/v2/drivers/1", "/v2/chargers/AWAY-1", "/v2/sessions", "/v2/audit-logs",
             "/v2/events", "/v2/operators", "/ready", "/v2/authorisations")  # fmt: skip
    before = {path: client.get(path).status_code for path in reads}
    with only_reads(postgres):
        assert {path: client.get(path).status_code for path in reads} == before
        assert listed(client) == [1]
        assert check(client).json()["allowed"]
        assert add_site(client).status_code == 503
        for headers in ({}, {"idempotency-key": "once"}):
            answer = client.post("/v2/sites", json={"name": "New"}, headers=headers)
            assert (answer.status_code, answer.json()["status"]) == (503, 503), answer.text
        deleted = client.delete("/v2/drivers/1")
        assert deleted.status_code == 503
        told = client.post("/v2/chargers/AWAY-1/unlock", json={"socketId": 1})
        assert told.status_code in (503, 409), told.text
    assert add_site(client).status_code == 200
