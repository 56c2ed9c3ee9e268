"""`kill -9` at random moments, while chargers talk and the database is away: what was answered is there once.

Two rounds here; `make kill-test` makes fifty on each database. A failure names its seed: KILL_SEED=7.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import Connection, select
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from chargerights.storage import schema
from chargerights.storage.charging import charger_passwords
from chargerights.storage.migration import migrate
from tests.faults.test_database_away import frozen, only_reads, stopped
from tests.gateway.client import V16, V201, RawCharger, connected
from tests.gateway.server import text
from tests.support.postgres import Postgres
from tests.support.servers import MADE_AT, Server, new_customer, opened, serving, writer_held
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("KILL_ROUNDS", "2"))
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
VERSIONS = (V16, V16, V201, V201, V16, V201)
READINGS = 2
NETWORK: dict[str, Any] = {
    "sites": [{"id": 1, "name": "Depot"}],
    "chargers": [{"chargerId": f"K-{number}", "siteId": 1} for number in range(len(VERSIONS))],
    "drivers": [{"id": 1, "name": "Alice", "tags": [{"idTag": "ALICE"}], "rights": [{"siteId": 1}]}],
}


class Talker:
    """A charger that goes from session to session. After its link was lost it sends again what was not answered, as a
    real one does, and goes on from there."""

    def __init__(self, charger_id: str, version: str) -> None:
        self.charger_id = charger_id
        self.version = version
        self.acknowledged = self.unanswered = 0
        self.started: set[int] = set()
        self.stopped: set[int] = set()
        self.read: dict[int, int] = {}
        """The session of each meter value that was answered."""
        self.begun: set[int] = set()
        """Sessions that it has told of, answered or not."""
        self._began = datetime.now(UTC)
        self._values = count(1)
        self._sentence: list[tuple[str, dict[str, Any], Callable[[Any], None]]] = []
        self._said = self._say()

    async def talk(self, charger: RawCharger) -> None:
        """Until the link is lost. What is not answered is sent again."""
        with suppress(ConnectionClosed):
            while True:
                if not self._sentence:
                    self._sentence.append(next(self._said))
                action, payload, acknowledge = self._sentence[0]
                try:
                    answer = await charger.call(action, payload)
                except TimeoutError:
                    self.unanswered += 1
                    continue
                acknowledge(answer)
                self.acknowledged += 1
                self._sentence.clear()
                await asyncio.sleep(0.01)

    def _say(self) -> Iterator[tuple[str, dict[str, Any], Callable[[Any], None]]]:
        for session in count(1):
            self.begun.add(session)
            yield from self._in_16(session) if self.version == V16 else self._in_2x(session)

    def _in_16(self, session: int) -> Iterator[tuple[str, dict[str, Any], Callable[[Any], None]]]:
        transaction = 0

        def started(answer: Any) -> None:
            nonlocal transaction
            transaction = answer["transactionId"]
            self.started.add(session)

        at = self._time()
        yield "StartTransaction", {"connectorId": 1, "idTag": "ALICE", "meterStart": session, "timestamp": at}, started
        for _ in range(READINGS):
            value = next(self._values)
            meter = [{"timestamp": self._time(), "sampledValue": [{"value": str(value)}]}]
            payload = {"connectorId": 1, "transactionId": transaction, "meterValue": meter}
            yield "MeterValues", payload, self._reads(value, session)
        end = {"transactionId": transaction, "meterStop": session + 1000, "timestamp": self._time()}
        yield "StopTransaction", end, lambda _: self.stopped.add(session)

    def _in_2x(self, session: int) -> Iterator[tuple[str, dict[str, Any], Callable[[Any], None]]]:
        def event(kind: str, number: int, **more: Any) -> dict[str, Any]:
            info = {"transactionId": f"tx-{session}"}
            said = {"eventType": kind, "timestamp": self._time(), "triggerReason": "Trigger", "seqNo": number}
            return said | {"transactionInfo": info} | more

        token = {"idToken": "ALICE", "type": "ISO14443"}
        start = event("Started", 0, evse={"id": 1, "connectorId": 1}, idToken=token)
        yield "TransactionEvent", start, lambda _: self.started.add(session)
        for number in range(READINGS):
            value = next(self._values)
            meter = [{"timestamp": self._time(), "sampledValue": [{"value": value}]}]
            yield "TransactionEvent", event("Updated", number + 1, meterValue=meter), self._reads(value, session)
        yield "TransactionEvent", event("Ended", READINGS + 1), lambda _: self.stopped.add(session)

    def _reads(self, value: int, session: int) -> Callable[[Any], None]:
        def acknowledge(_: Any) -> None:
            self.read[value] = session

        return acknowledge

    def _time(self) -> str:
        self._began += timedelta(seconds=1)
        return text(self._began)

    def name_of(self, row: Any) -> int:
        """The session that a row of the database is."""
        if self.version == V16:
            return int(row.meter_start)
        return int(row.transaction_id.removeprefix("tx-"))


class Talkers:
    """A customer's chargers, and what the database must know of them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.random = random.Random(SEED)
        with opened(url) as database:
            self.customer = new_customer(database, NETWORK)
            self.talkers = [Talker(f"K-{number}", version) for number, version in enumerate(VERSIONS)]
            ids = [each.charger_id for each in self.talkers]
            self.passwords = {each: database.write_now(charger_passwords.renew, each, MADE_AT) for each in ids}

    @property
    def acknowledged(self) -> int:
        return sum(each.acknowledged for each in self.talkers)

    @asynccontextmanager
    async def talking(self, server: Server) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._talk(each, server)) for each in self.talkers]
        try:
            yield
        finally:
            pending = {*tasks}
            while pending:  # one that is just connecting may take its cancellation for a lost link
                for task in pending:
                    task.cancel()
                _, pending = await asyncio.wait(pending, timeout=1)
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            errors = [each for each in ended if isinstance(each, Exception)]
            assert not errors, "no answer may be an error"

    async def _talk(self, talker: Talker, server: Server) -> None:
        address, password = server.url.replace("http", "ws"), self.passwords[talker.charger_id]
        with suppress(ConnectionClosed, InvalidHandshake, OSError):
            async with connected(address, talker.charger_id, password, talker.version) as charger:
                await talker.talk(charger)

    async def more(self, messages: int, server: Server) -> None:
        """Returns when that many more messages are acknowledged."""
        wanted, deadline = self.acknowledged + messages, time.monotonic() + PATIENCE
        while self.acknowledged < wanted:
            assert time.monotonic() < deadline, f"chargers get no answers, seed {SEED}:\n{server.log()}"
            await asyncio.sleep(0.01)

    async def drained(self, server: Server) -> None:
        """Returns when nothing waits in the spool."""
        with server.client() as client:
            async with asyncio.timeout(PATIENCE):
                while (await asyncio.to_thread(client.get, "/health")).json()["messages"]["waiting"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    def check(self) -> None:
        """All that was acknowledged is there once, and nothing else."""
        with opened(self.url) as database:
            found, values, aside = database.read_now(everything, self.customer.customer_id)
        assert not aside, "nothing is set aside"
        for talker in self.talkers:
            mine = {row.id: row for row in found if row.charger_id == talker.charger_id and row.begun_at is not None}
            names = {id_: talker.name_of(row) for id_, row in mine.items()}
            twice = [name for name, times in Counter(names.values()).items() if times > 1]
            assert not twice, f"sessions twice at {talker.charger_id}, seed {SEED}"
            assert set(names.values()) <= talker.begun
            lost = talker.started - set(names.values())
            assert not lost, f"starts {lost} lost at {talker.charger_id}, seed {SEED}"
            ended = {names[id_] for id_, row in mine.items() if row.stopped_at is not None}
            assert not talker.stopped - ended, (
                f"stops {talker.stopped - ended} lost at {talker.charger_id}, seed {SEED}"
            )
            read = [
                (int(row.samples[0]["value"]), names.get(row.session_id))
                for row in values
                if row.charger_id == talker.charger_id
            ]
            assert not [each for each, times in Counter(read).items() if times > 1], f"values twice, seed {SEED}"
            assert talker.read.items() <= dict(read).items(), f"values lost at {talker.charger_id}, seed {SEED}"


def everything(connection: Connection, customer_id: int) -> tuple[Any, Any, Any]:
    return tuple(  # type: ignore[return-value]
        connection.execute(select(table).where(table.c.customer_id == customer_id)).all()
        for table in (schema.sessions, schema.meter_values, schema.set_aside)
    )


async def rounds(talkers: Talkers, faults: list[Callable[[], AbstractContextManager[None]]]) -> None:
    """In each: chargers talk, a fault begins, and the server is killed in it or soon after it. The next server finds
    what was left."""
    choose = talkers.random
    for number in range(ROUNDS):
        with serving(talkers.url) as server:
            await talkers.drained(server)
            await asyncio.to_thread(talkers.check)
            async with talkers.talking(server):
                await talkers.more(choose.randrange(5, 40), server)
                fault = faults[number % len(faults)]()
                await asyncio.to_thread(fault.__enter__)
                try:
                    await talkers.more(choose.randrange(5, 40), server)
                    await asyncio.sleep(choose.uniform(0, 0.3))
                    if is_in_it := choose.random() < 0.6:
                        await asyncio.to_thread(server.kill)
                finally:
                    await asyncio.to_thread(fault.__exit__, None, None, None)
                if not is_in_it:
                    await asyncio.sleep(choose.uniform(0, 1.5))
                    await asyncio.to_thread(server.kill)
    with serving(talkers.url) as server:
        await talkers.drained(server)
        await asyncio.to_thread(talkers.check)
        async with talkers.talking(server):
            await talkers.more(30, server)
        await asyncio.to_thread(server.stop)
    await asyncio.to_thread(talkers.check)
    print(f"{ROUNDS} kills, {talkers.acknowledged} messages answered, none lost, none twice, seed {SEED}")


async def test_killed_while_another_program_writes_nothing_that_was_answered_is_lost(sqlite_url: str) -> None:
    talkers = Talkers(sqlite_url)
    await rounds(talkers, [lambda: writer_held(sqlite_url)])


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that the test may stop."""
    with Postgres() as server:
        migrate(server.url())
        yield server


@contextmanager
def failed_over(server: Postgres) -> Iterator[None]:
    """The primary has crashed and its standby has taken its place, but is not promoted yet."""
    server.fail_over()
    try:
        yield
    finally:
        server.promote()


async def test_killed_while_postgresql_is_away_nothing_that_was_answered_is_lost(own_postgres: Postgres) -> None:
    talkers = Talkers(own_postgres.url())
    await rounds(
        talkers,
        [
            lambda: frozen(own_postgres),
            lambda: failed_over(own_postgres),
            lambda: stopped(own_postgres, signal.SIGINT),
            lambda: only_reads(own_postgres),
            lambda: stopped(own_postgres, signal.SIGQUIT),
        ],
    )


async def test_ended_while_postgresql_hangs_nothing_that_was_answered_is_lost(own_postgres: Postgres) -> None:
    """It waited for the driver, which asked the server to cancel what it did."""
    talkers = Talkers(own_postgres.url())
    with serving(talkers.url) as server:
        async with talkers.talking(server):
            await talkers.more(20, server)
            with frozen(own_postgres):
                await talkers.more(20, server)
                assert await asyncio.to_thread(server.stop) == -signal.SIGTERM
        assert "are lost" not in server.log()
    with serving(talkers.url) as server:
        await talkers.drained(server)
        await asyncio.to_thread(talkers.check)
