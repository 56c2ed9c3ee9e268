"""A server in the test's own process: real sockets, the test's clock, and a look inside."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import uvicorn

from chargerights.app import SERVER_OPTIONS, create_app
from chargerights.gateway.charger.connected_charger import ConnectedCharger
from chargerights.gateway.connection.connection import ChargerConnection
from chargerights.gateway.gateway import Gateway, SpoolSettings
from chargerights.gateway.handshake.handshake_auth import Policy
from chargerights.net.allowed_targets import AllowedTargets
from chargerights.serving.configuration import Config
from chargerights.serving.proxies import Believing, Proxies
from chargerights.settings import Settings
from chargerights.storage import callers
from chargerights.storage.charging import charger_passwords
from chargerights.storage.database import Database
from tests.gateway.client import ANSWERS, V16, Answers, RawCharger, connected
from tests.storage.writing import store_facts
from tests.support.clock import Clock
from tests.support.oracle import Facts
from tests.support.servers import MADE_AT, free_port, opened, spool_folder
from tests.support.waiting import PATIENCE, until
from tests.support.world import FACTS, RIVAL


class World:
    """A database with the cast's network and the rival's, whose chargers have passwords."""

    def __init__(self, url: str, facts: Facts = FACTS) -> None:
        self.url = url
        with opened(url) as database:
            self.us, self.key = self._add(database, "Us", facts)
            self.rival, self.rival_key = self._add(database, "Rival", RIVAL)
            ids = [each.charger_id for each in (*facts.chargers, *RIVAL.chargers)]
            self.passwords = {each: database.write_now(charger_passwords.renew, each, MADE_AT) for each in ids}

    def _add(self, database: Database, name: str, facts: Facts) -> tuple[int, str]:
        customer = database.write_now(callers.add_customer, name, MADE_AT).id
        store_facts(database, customer, facts)
        return customer, database.write_now(callers.add_key, customer, at=MADE_AT)[1]


class InProcess:
    """A node over the world's database."""

    def __init__(self, world: World, port: int, app: Any, clock: Clock) -> None:
        self.world = world
        self.clock = clock
        self.url = f"ws://127.0.0.1:{port}"
        self.gateway: Gateway = app.state.gateway
        self.database: Database = app.state.shared.database
        self._http = f"http://127.0.0.1:{port}"

    def charger(
        self, charger_id: str, version: str = V16, answers: Answers = ANSWERS
    ) -> AbstractAsyncContextManager[RawCharger]:
        return connected(self.url, charger_id, self.world.passwords[charger_id], version, answers)

    def inside(self, charger_id: str) -> ConnectedCharger:
        """The charger as the server's handlers see it."""
        return self.gateway.customers[self.world.us].chargers[charger_id]

    def connection(self, charger_id: str) -> ChargerConnection:
        """The charger's open socket."""
        connection = self.inside(charger_id).connection
        assert isinstance(connection, ChargerConnection)
        return connection

    async def read(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What the database says of our customer once everything that was said is written."""
        customer = self.gateway.customers.get(self.world.us)
        if customer is not None:
            await customer.write_buffer.write()
        return await asyncio.to_thread(self.database.read_now, work, self.world.us, *arguments)

    async def shown(self, charger_id: str) -> Any:
        """The charger on the v1 wire."""
        async with httpx.AsyncClient(base_url=self._http, trust_env=False, timeout=PATIENCE) as client:
            answer = await client.get("/api/groups", headers={"x-api-key": self.world.key})
        assert answer.status_code == 200, answer.text
        return find(answer.json(), charger_id)


def find(sites: Any, charger_id: str) -> Any:
    """The charger in a tree of sites."""
    for site in sites:
        for charger in site["chargers"]:
            if charger["chargerId"] == charger_id:
                return charger
        if (found := find(site["subgroups"], charger_id)) is not None:
            return found
    return None


@asynccontextmanager
async def node(
    world: World,
    policy: Policy | None = None,
    clock: Clock | None = None,
    targets: AllowedTargets = AllowedTargets.ANY,
    trusted: str = "",
    spool_limits: dict[str, int] | None = None,
) -> AsyncIterator[InProcess]:
    """A server over the world's database, on a free port; `trusted`: proxies."""
    port, clock, database = free_port(), clock or Clock(), Database(world.url)
    spool = SpoolSettings(spool_folder(world.url), **spool_limits or {})
    app = create_app(database, clock, policy=policy, webhook_targets=targets, spool=spool)
    options = SERVER_OPTIONS | {"loop": "none", "lifespan": "on", "timeout_graceful_shutdown": 2}
    proxies = Proxies.of(trusted)
    server = uvicorn.Server(Config(Believing(app, proxies), Settings(), proxies, port=port, **options))
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        yield InProcess(world, port, app, clock)
    finally:
        server.should_exit = True
        await serving


def _no_signals() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def text(instant: datetime) -> str:
    """As chargers write it."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
