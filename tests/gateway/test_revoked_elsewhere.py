"""What one process has taken away is refused at the chargers of another: on SQLite at once, on PostgreSQL by its
notices, and by the poll where these do not come through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargerights.gateway import customer_runtime
from chargerights.storage import charging_settings, revisions
from chargerights.storage.changes import chargers, drivers, partners
from chargerights.storage.charging import charger_passwords
from chargerights.storage.database import Database
from chargerights.storage.rows.partners import Fallback
from tests.gateway.client import RawCharger
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_ocpp16 import start
from tests.storage.writing import OCCASION, put
from tests.support.postgres import Postgres
from tests.support.servers import opened
from tests.support.waiting import PATIENCE
from tests.support.world import ALICE, NOW

NEVER = 3600


async def accepted(charger: RawCharger, id_tag: str = "ALICE") -> bool:
    try:
        return bool((await charger.call("Authorize", {"idTag": id_tag}))["idTagInfo"]["status"] == "Accepted")
    except ConnectionClosed:
        return False


async def refused(charger: RawCharger, id_tag: str = "ALICE") -> None:
    """Returns once the tag is refused."""
    async with asyncio.timeout(PATIENCE):
        while await accepted(charger, id_tag):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.01)


Work = Callable[[Database, int], Any]


def make(work: Callable[..., Any], *arguments: Any) -> Work:
    return lambda database, us: database.write_now(revisions.make, us, OCCASION, work, *arguments)


def bulk(database: Database, us: int) -> None:
    """More changes than are handed on, as an import makes them."""
    many = [replace(ALICE, id=1000 + each, name=f"{each}", tags=(), rights=()) for each in range(revisions.FEW)]
    database.write_now(put, us, *many, replace(ALICE, enabled=False))


TAKEN: dict[str, Work] = {
    "driver": make(drivers.remove, ALICE.id),
    "many drivers": bulk,
    "password": lambda database, us: database.write_now(charger_passwords.renew, "DEP-1", NOW),
    "block": make(chargers.block, "DEP-1", NOW.replace(year=2027)),
}


@pytest.fixture
def no_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_runtime, "FOLLOW_SECONDS", NEVER)


@pytest.mark.parametrize("taken", TAKEN)
async def test_on_sqlite_what_another_process_has_taken_away_is_refused_at_once(
    no_poll: None, world: World, taken: str
) -> None:
    async with node(world) as server, server.charger("DEP-1") as charger:
        assert await accepted(charger)
        with opened(world.url) as other:
            TAKEN[taken](other, world.us)
        assert not await accepted(charger)


async def test_on_sqlite_a_partner_and_a_setting_of_another_process_count_at_once(no_poll: None, world: World) -> None:
    with opened(world.url) as other:
        make(partners.put, "http://127.0.0.1:1/", 0.1, Fallback.ALLOW, 3600, None)(other, world.us)
        async with node(world) as server, server.charger("DEP-1") as charger, server.charger("GF-1") as beside:
            assert await accepted(charger, "STRANGER")
            make(partners.remove)(other, world.us)
            assert not await accepted(charger, "STRANGER")
            assert (await charger.call("StartTransaction", start("ALICE")))["idTagInfo"]["status"] == "Accepted"
            await server.inside("DEP-1").customer.write_buffer.write()
            other.write_now(charging_settings.set_one_session_per_tag, world.us, True, NOW)
            assert not await accepted(beside)


@pytest.fixture
async def on_postgresql(postgres_url: str) -> AsyncIterator[InProcess]:
    async with node(World(postgres_url)) as server:
        yield server


@pytest.mark.parametrize("taken", TAKEN)
async def test_on_postgresql_what_another_process_has_taken_away_is_refused_by_its_notice(
    no_poll: None, on_postgresql: InProcess, taken: str
) -> None:
    async with on_postgresql.charger("DEP-1") as charger:
        assert await accepted(charger)
        await listening(on_postgresql)
        with opened(on_postgresql.world.url) as other:
            TAKEN[taken](other, on_postgresql.world.us)
        await refused(charger)


async def test_where_notices_do_not_come_through_the_poll_finds_it(
    on_postgresql: InProcess, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(on_postgresql.world.url) as other:
        async with on_postgresql.charger("DEP-1") as charger:
            assert await accepted(charger)
            with monkeypatch.context() as deaf:
                deaf.setattr("chargerights.storage.notices.FIRST_PAUSE", NEVER)
                postgres.execute(f"SELECT pg_terminate_backend({await listening(on_postgresql)})")
                make(drivers.remove, ALICE.id)(other, on_postgresql.world.us)
                await refused(charger)


async def test_a_listener_that_was_cut_off_listens_again(
    no_poll: None, on_postgresql: InProcess, postgres: Postgres
) -> None:
    async with on_postgresql.charger("DEP-1") as charger:
        assert await accepted(charger)
        first = await listening(on_postgresql)
        postgres.execute(f"SELECT pg_terminate_backend({first})")
        await listening(on_postgresql, other_than=first)
        with opened(on_postgresql.world.url) as other:
            make(drivers.remove, ALICE.id)(other, on_postgresql.world.us)
        await refused(charger)


LISTENERS = "SELECT pid FROM pg_stat_activity WHERE left(query, 6) = 'LISTEN' AND datname = current_database()"


async def listening(server: InProcess, other_than: int | None = None) -> int:
    """Returns once the node hears notices: the number of what serves it."""
    async with asyncio.timeout(PATIENCE):
        while True:
            pids = await server.database.read(lambda it: [*it.exec_driver_sql(LISTENERS).scalars()])
            if pids and pids != [other_than]:
                return int(pids[0])
            await asyncio.sleep(0.01)


async def test_the_socket_of_a_charger_that_another_process_removes_or_gives_a_password_is_closed(
    either: InProcess,
) -> None:
    us = either.world.us
    async with either.charger("CIR-1") as removed, either.charger("GF-1") as renewed, either.charger("DEP-1") as beside:
        with opened(either.world.url) as other:
            make(chargers.remove, "CIR-1")(other, us)
            other.write_now(charger_passwords.renew, "GF-1", NOW)
        assert await removed.closed() == (4001, "this charger has been removed")
        assert await renewed.closed() == (1008, "this charger has a new password")
        assert await accepted(beside)
