"""The app over the cast's world. `api` and `sqlite_api` are shared by a module's tests, which only read; a test that
writes takes a `fresh_` one. Without `sqlite_`, a test runs on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.api.client import Api, our_world
from tests.conftest import Databases


@pytest.fixture(autouse=True)
def short_logs() -> Iterator[None]:
    """As the server writes them: structlog's own tracebacks take minutes for a deeply nested value."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="module")
async def api(database_kind: str, databases: Databases) -> AsyncIterator[Api]:
    url = databases.new(database_kind)
    shared = our_world(url)
    yield shared
    await shared.close()
    databases.drop(url)


@pytest.fixture(scope="module")
async def sqlite_api(databases: Databases) -> AsyncIterator[Api]:
    shared = our_world(databases.new("sqlite"))
    yield shared
    await shared.close()


@pytest.fixture
async def fresh_api(database_url: str) -> AsyncIterator[Api]:
    mine = our_world(database_url)
    yield mine
    await mine.close()


@pytest.fixture
async def fresh_sqlite_api(sqlite_url: str) -> AsyncIterator[Api]:
    mine = our_world(sqlite_url)
    yield mine
    await mine.close()
