"""Servers that are killed, databases that go away: no session is lost or doubled, and cards are still decided."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from chargerights.gateway import customer_runtime
from chargerights.gateway.reconcile import charger_blocks
from chargerights.storage.charging import authorizations, charger_passwords, sessions
from chargerights.storage.database import Database, DatabaseAway
from chargerights.storage.migration import migrate
from tests.gateway.client import ANSWERS, CallError, RawCharger, connected
from tests.gateway.server import InProcess, World, find, node
from tests.gateway.test_blocks import told, told_nothing
from tests.gateway.test_ocpp16 import ALL, EVERY, meter, start, status, stop
from tests.storage.writing import put
from tests.support.postgres import Postgres
from tests.support.servers import MADE_AT, Server, new_customer, opened, serving
from tests.support.waiting import until
from tests.support.world import DEP_1, TOMORROW

pytestmark = pytest.mark.slow

CHARGERS = 200


def network(chargers: int) -> dict[str, Any]:
    return {
        "sites": [{"id": 1, "name": "Depot"}],
        "chargers": [{"chargerId": f"C-{number}", "siteId": 1} for number in range(chargers)],
        "drivers": [{"id": 1, "name": "Alice", "tags": [{"idTag": "ALICE"}], "rights": [{"siteId": 1}]}],
    }


class Fleet:
    """A customer with chargers, each with its password."""

    def __init__(self, url: str, chargers: int) -> None:
        self.url = url
        with opened(url) as database:
            self.customer = new_customer(database, network(chargers))
            self.passwords = {
                f"C-{number}": database.write_now(charger_passwords.renew, f"C-{number}", MADE_AT)
                for number in range(chargers)
            }

    @asynccontextmanager
    async def connected(self, server: Server) -> AsyncIterator[list[RawCharger]]:
        async with AsyncExitStack() as stack:
            address = server.url.replace("http", "ws")
            opening = [
                stack.enter_async_context(connected(address, charger_id, password))
                for charger_id, password in self.passwords.items()
            ]
            yield [await each for each in opening]

    def sessions(self) -> list[sessions.Session]:
        with opened(self.url) as database:
            return database.read_now(sessions.find, self.customer.customer_id, sessions.SessionFilter(), 10_000)


async def test_killed_with_200_chargers_in_sessions_the_server_loses_and_doubles_none(database_url: str) -> None:
    fleet = Fleet(database_url, CHARGERS)
    with serving(database_url) as server:
        async with fleet.connected(server) as chargers:
            began = await asyncio.gather(*(each.call("StartTransaction", start()) for each in chargers))
            await asyncio.to_thread(server.kill)
    with serving(database_url) as server:
        assert len(fleet.sessions()) == CHARGERS, "every start that was answered is kept, in the database or the spool"
        async with fleet.connected(server) as chargers:
            again = await asyncio.gather(*(each.call("StartTransaction", start()) for each in chargers))
            assert again == began
            ids = [each["transactionId"] for each in began]
            await asyncio.gather(
                *(each.call("StopTransaction", stop(number)) for each, number in zip(chargers, ids, strict=True))
            )
            new = await chargers[0].call("StartTransaction", start(meter=5100))
            assert new["transactionId"] not in ids, "no number is given twice"
        server.stop()
    found = fleet.sessions()
    assert len(found) == CHARGERS + 1
    assert sum(each.stopped_at is not None for each in found) == CHARGERS
    with serving(database_url) as server, server.client(fleet.customer.key) as client:
        assert find(client.get("/api/groups").json(), "C-0")["activeConnection"] is False, "it ended in good order"


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Postgres]:
    """A PostgreSQL of their own, which these tests may stop."""
    with Postgres() as server:
        migrate(server.url())
        yield server


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stopped", "crashed"])
async def test_while_the_database_is_away_cards_are_decided_and_all_is_written_once_when_it_is_back(
    stoppable: Postgres, how: signal.Signals
) -> None:
    name = f"away_{how.name.lower()}"
    stoppable.execute(f"CREATE DATABASE {name}")
    migrate(stoppable.url(name))
    async with node(World(stoppable.url(name))) as server, server.charger("DEP-1") as charger:
        before = await charger.call("StartTransaction", start("BOB"))
        await asyncio.to_thread(stoppable.stop, how)
        assert await status(charger, "ALICE") == "Accepted"
        assert await status(charger, "DAN") == "Invalid"
        began = await charger.call("StartTransaction", start(connector=2))
        assert began["idTagInfo"]["status"] == "Accepted"
        values = {"connectorId": 2, "transactionId": began["transactionId"], "meterValue": meter("2100")}
        await charger.call("MeterValues", values)
        assert await charger.call("StartTransaction", start(connector=2)) == began
        await charger.call("StopTransaction", stop(began["transactionId"]))
        await charger.call("StopTransaction", stop(before["transactionId"]))
        async with server.charger("DEP-1") as again:  # also one that connects again meanwhile
            assert await charger.closed()
            assert await status(again, "ALICE") == "Accepted"
            await again.call("StatusNotification", {"connectorId": 2, "errorCode": "NoError", "status": "Finishing"})
            await asyncio.to_thread(stoppable.start)
            write_buffer = server.gateway.customers[server.world.us].write_buffer
            await until(lambda: not write_buffer.is_away)
            shown = await server.shown("DEP-1")
            assert (shown["activeConnection"], shown["sockets"][1]["status"]) == (True, "Finishing")
        await check_written(server, before["transactionId"], began["transactionId"])


async def test_a_block_that_ends_while_the_database_is_away_is_told_the_charger_when_it_is_back(
    stoppable: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charger_blocks, "DATABASE_SECONDS", 0.1)
    monkeypatch.setattr(customer_runtime, "FOLLOW_SECONDS", 0.02)
    stoppable.execute("CREATE DATABASE blocked")
    migrate(stoppable.url("blocked"))
    world, answers = World(stoppable.url("blocked")), {**ANSWERS, "ChangeAvailability": {"status": "Accepted"}}
    async with node(world) as server, server.charger("DEP-1", answers=answers) as charger:
        await server.database.write(put, server.world.us, replace(DEP_1, blocked_until=TOMORROW))
        assert await told(charger) == {"connectorId": 0, "type": "Inoperative"}
        await asyncio.to_thread(stoppable.stop, signal.SIGINT)
        assert await status(charger, "ALICE") == "Invalid"
        server.clock.at = TOMORROW
        assert await told_nothing(charger)
        assert await status(charger, "ALICE") == "Accepted"
        await asyncio.to_thread(stoppable.start)
        assert await told(charger) == {"connectorId": 0, "type": "Operative"}


async def check_written(server: InProcess, before: int, began: int) -> None:
    found = await server.read(sessions.find, *EVERY)
    assert [each.transaction_id for each in found] == [str(began), str(before)]
    assert all(each.stopped_at is not None for each in found)
    assert (await server.read(sessions.readings, found[0].id))[1] == 1
    decisions = [each for _, each in await server.read(authorizations.find, *ALL)]
    assert [(each.id_tag, each.message) for each in reversed(decisions)] == [
        ("BOB", "StartTransaction"),
        ("ALICE", "Authorize"),
        ("DAN", "Authorize"),
        ("ALICE", "StartTransaction"),
        ("ALICE", "StartTransaction"),
        ("ALICE", "Authorize"),
    ]


async def test_a_batch_whose_commit_was_not_answered_is_not_written_twice(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_now, lost = Database.write_now, []

    def losing(self: Database, work: Any, *arguments: Any, **more: Any) -> Any:
        answer = write_now(self, work, *arguments, **more)
        if not lost:
            lost.append(answer)
            raise DatabaseAway(ConnectionError("the answer was lost"))
        return answer

    async with server.charger("DEP-1") as charger:
        await charger.call("Heartbeat", {})
        monkeypatch.setattr(Database, "write_now", losing)
        await charger.call("StartTransaction", start())
        await until(lambda: lost and not server.gateway.customers[server.world.us].write_buffer.is_away)
        assert len(await server.read(sessions.find, *EVERY)) == 1
        assert len(await server.read(authorizations.find, *ALL)) == 1
        assert (await server.shown("DEP-1"))["activeConnection"] is True


def charger_password(url: str, charger_id: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chargerights", "charger", "password", charger_id, "--json", "--database", url]
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def test_the_command_line_gives_a_charger_the_password_it_connects_with(sqlite_url: str) -> None:
    with opened(sqlite_url) as database:
        new_customer(database, network(1))
    assert charger_password(sqlite_url, "NOBODY").returncode == 2
    done = charger_password(sqlite_url, "C-0")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.keys() == {"chargerId", "password"}
    assert len(said["password"]) == 40
    with serving(sqlite_url) as server:
        async with connected(server.url.replace("http", "ws"), "C-0", said["password"]) as charger:
            assert await status(charger, "alice") == "Accepted"
            with pytest.raises(CallError):
                await charger.call("Nope", {})
        assert said["password"] not in server.log()
