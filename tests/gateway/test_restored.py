"""A database that is restored while servers run: they notice it without a restart and go on from what it holds."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import structlog

from chargerights.gateway import customer_runtime
from chargerights.rights.live import LiveCharger
from chargerights.storage import revisions, schema
from chargerights.storage.changes import drivers
from chargerights.storage.charging import live, sessions
from chargerights.storage.database import Database, DatabaseAway
from tests.gateway.client import RawCharger
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, World, node
from tests.gateway.simulated import simulated
from tests.gateway.test_local_lists import comes_to_know, sent
from tests.gateway.test_ocpp16 import EVERY, start
from tests.gateway.test_revoked_elsewhere import accepted, refused
from tests.storage.writing import OCCASION, everything, put
from tests.support.postgres import Postgres
from tests.support.servers import opened
from tests.support.waiting import PATIENCE, until
from tests.support.world import ALICE, BOB, FACTS

Restore = Callable[[], Awaitable[None]]
"""Run in a thread: it may wait for the servers, which are in the event loop here."""


def backed_up_file(world: World, kind: str) -> Restore:
    """A backup of SQLite's file, which is put in its place, or read into it as `.restore` does."""
    path = Path(world.url.removeprefix("sqlite:///"))
    backup = path.with_suffix(".backup")
    with closing(sqlite3.connect(path)) as there, closing(sqlite3.connect(backup)) as here:
        there.backup(here)

    def restore() -> None:
        if kind == "restored file":
            with closing(sqlite3.connect(backup)) as there, closing(sqlite3.connect(path)) as here:
                there.backup(here)
            return
        for suffix in ("-wal", "-shm") if kind == "replaced file" else ():
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        backup.rename(path)

    return lambda: asyncio.to_thread(restore)


def dumped(world: World, postgres: Postgres, folder: Path) -> Restore:
    """A dump of PostgreSQL, which is restored over what is there."""
    file = folder / "backup.dump"
    plain = world.url.replace("postgresql://postgres@/", "postgresql:///") + "&user=postgres"

    def run(program: str, *arguments: str) -> None:
        subprocess.run([postgres.programs / program, *arguments], check=True, stdin=subprocess.DEVNULL)

    run("pg_dump", "--format=custom", f"--file={file}", plain)
    over = ("pg_restore", "--clean", "--single-transaction", f"--dbname={plain}", str(file))
    return lambda: asyncio.to_thread(run, *over)


KINDS = ["replaced file", "replaced file beside its log", "restored file", "restored dump"]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def its_world(kind: str, request: pytest.FixtureRequest) -> World:
    world = World(request.getfixturevalue("postgres_url" if kind == KINDS[3] else "sqlite_url"))
    with opened(world.url) as database:
        database.write_now(put, world.us, reserve=1_000)  # numbers that the cast has
    return world


@pytest.fixture
def back_up(kind: str, its_world: World, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], Restore]:
    """Makes a backup; what it gives restores that."""

    def now() -> Restore:
        if kind == KINDS[3]:
            return dumped(its_world, request.getfixturevalue("postgres"), tmp_path)
        return backed_up_file(its_world, kind)

    return now


@pytest.fixture
async def restorable(its_world: World) -> AsyncIterator[InProcess]:
    async with node(its_world) as server:
        yield server


async def remove(server: InProcess, driver_id: int) -> None:
    await server.database.write(revisions.make, server.world.us, OCCASION, drivers.remove, driver_id)


async def accepts(charger: RawCharger, id_tag: str) -> None:
    """Returns once the tag is accepted."""
    await until(lambda: accepted(charger, id_tag))


async def test_a_restored_database_is_decided_from_and_answered_from_without_a_restart(
    restorable: InProcess, back_up: Callable[[], Restore]
) -> None:
    server, operator = restorable, Operator(restorable)
    async with server.charger("DEP-1") as charger:
        assert await accepted(charger, "ALICE")
        began = await charger.call("StartTransaction", start("BOB"))
        restore = back_up()
        await remove(server, ALICE.id)
        await remove(server, BOB.id)
        after = await operator.http.get("/api/groups")
        assert not await accepted(charger, "ALICE")
        with structlog.testing.capture_logs() as logs:
            await restore()
            await accepts(charger, "ALICE")
            again = await operator.http.get("/api/groups")
            assert again.headers["etag"] != after.headers["etag"]
            assert (await operator.http.get(f"/v2/drivers/{BOB.id}")).status_code == 200
            assert await accepted(charger, "BOB")
        assert [each["log_level"] for each in logs if "has gone back" in each["event"]] == ["error"]
        async with asyncio.timeout(PATIENCE):
            begins = await charger.call("StartTransaction", start("ALICE", connector=2))
        found = await server.read(sessions.find, *EVERY)
        assert {each.transaction_id for each in found} >= {str(begins["transactionId"])}
        assert begins["transactionId"] != began["transactionId"]
        assert (await server.shown("DEP-1"))["activeConnection"] is True
    await operator.http.aclose()


async def test_what_is_written_right_after_a_restore_is_shown(
    restorable: InProcess, back_up: Callable[[], Restore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No poll has noticed it yet."""
    monkeypatch.setattr(customer_runtime, "FOLLOW_SECONDS", 3600)
    monkeypatch.setattr(Database, "version", lambda self: None)
    server, operator = restorable, Operator(restorable)
    async with server.charger("DEP-1"):
        restore = back_up()
        for driver in (ALICE, BOB):
            await remove(server, driver.id)
        assert (await operator.http.get("/v2/drivers")).json()["totalRecords"] == len(FACTS.drivers) - 2
        await restore()
        made = await operator.http.post("/v2/drivers", json={"name": "Zoe", "tags": [{"idTag": "ZOE"}]})
        assert made.status_code == 201, made.text
        assert (await operator.http.get(f"/v2/drivers/{made.json()['id']}")).status_code == 200
        assert (await operator.http.get("/v2/drivers")).json()["totalRecords"] == len(FACTS.drivers) + 1
    await operator.http.aclose()


async def test_a_restored_database_that_has_gone_further_than_what_was_known_is_noticed_too(
    restorable: InProcess, back_up: Callable[[], Restore], kind: str
) -> None:
    if kind == KINDS[1]:
        pytest.skip("another process that opens the file first applies the log to it, as SQLite does")
    server, us = restorable, restorable.world.us
    async with server.charger("DEP-1") as charger:
        restore = back_up()
        await remove(server, ALICE.id)
        await refused(charger, "ALICE")
        await restore()
        with opened(server.world.url) as other:
            for driver in (BOB, *FACTS.drivers[-2:]):
                other.write_now(revisions.make, us, OCCASION, drivers.remove, driver.id)
        await accepts(charger, "ALICE")
        assert not await accepted(charger, "BOB")


async def test_a_restored_past_is_not_asked_of_what_was_remembered(
    restorable: InProcess, back_up: Callable[[], Restore]
) -> None:
    server, operator = restorable, Operator(restorable)
    question = {"chargerId": "DEP-1", "idTag": "ALICE"}
    restore = back_up()
    server.clock.at = OCCASION.at.replace(hour=10)
    await operator.http.delete(f"/v2/drivers/{ALICE.id}")
    server.clock.at = OCCASION.at.replace(hour=12)
    past = question | {"at": OCCASION.at.replace(hour=11).isoformat()}
    await operator.http.delete(f"/v2/drivers/{BOB.id}")
    assert (await operator.http.post("/v2/access/check", json=past)).json()["allowed"] is False
    await restore()
    for driver in FACTS.drivers[-3:]:
        assert (await operator.http.delete(f"/v2/drivers/{driver.id}")).status_code == 204
    assert (await operator.http.post("/v2/access/check", json=past)).json()["allowed"] is True
    await operator.http.aclose()


async def test_after_a_restore_chargers_are_told_their_whole_lists(
    restorable: InProcess, back_up: Callable[[], Restore]
) -> None:
    async with simulated(restorable, "DEP-1", "1.6") as charger:
        await comes_to_know(charger, {"ALICE", "BOB"})
        restore = back_up()
        await remove(restorable, ALICE.id)
        await comes_to_know(charger, {"BOB"})
        told = len(sent(charger))
        await restore()
        await comes_to_know(charger, {"ALICE", "BOB"})
        assert sent(charger)[told][0] == "Full"
        assert len({number for _, number, _, _ in sent(charger)}) == len(sent(charger)), "no version is used twice"


async def test_a_live_version_that_has_gone_back_hides_nothing_of_other_nodes(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after the restore of a backup of which only chargers' states are older."""
    us = server.world.us
    async with server.charger("DEP-1"):
        for _ in range(5):
            await server.database.write(live.record, us, [LiveCharger("GF-1", True)], server.clock())
        await server.shown("GF-1")

        def back(connection: Any) -> None:
            table = schema.live_versions
            connection.execute(table.update().where(table.c.customer_id == us).values(version=1))
            live.record(connection, us, [LiveCharger("GF-1", False, status="Unavailable")], server.clock())

        with opened(server.world.url) as other:
            other.write_now(back)
        async with asyncio.timeout(PATIENCE):
            while (await server.shown("GF-1"))["activeConnection"]:  # noqa: ASYNC110 - it happens elsewhere
                await asyncio.sleep(0.01)


def test_a_file_that_is_gone_is_not_answered_from_nor_made_again(world: World) -> None:
    path = Path(world.url.removeprefix("sqlite:///"))
    with opened(world.url) as database:
        before = database.read_now(everything)
        moved = path.rename(path.with_suffix(".moved"))
        for work in (lambda: database.read_now(everything), lambda: database.write_now(put, world.us, ALICE)):
            with pytest.raises(DatabaseAway):
                work()
        assert not path.exists()
        moved.rename(path)
        assert database.read_now(everything) == before
