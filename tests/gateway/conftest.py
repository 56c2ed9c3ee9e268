"""A server with the cast's chargers. `server` runs on SQLite; what the database could make different takes `either`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, World, node


@pytest.fixture(autouse=True)
def short_logs() -> Iterator[None]:
    """As the server writes them."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def started_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chargers may be asked as soon as they have connected, but in tests that wait for their start."""
    if request.node.get_closest_marker("waits_for_start") is None:
        monkeypatch.setattr("chargerights.gateway.connection.boot_wait.BOOT_SECONDS", 0.0)


@pytest.fixture
def world(sqlite_url: str) -> World:
    return World(sqlite_url)


@pytest.fixture
async def server(world: World) -> AsyncIterator[InProcess]:
    async with node(world) as running:
        yield running


@pytest.fixture
async def either(database_url: str) -> AsyncIterator[InProcess]:
    """The same on both databases."""
    async with node(World(database_url)) as running:
        yield running


@pytest.fixture
async def operator(server: InProcess) -> AsyncIterator[Operator]:
    found = Operator(server)
    yield found
    await found.http.aclose()
