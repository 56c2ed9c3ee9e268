"""A scene over a fresh database of either kind, or of SQLite alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from chargerights.storage.database import Database
from tests.webhooks.scene import Scene


@pytest.fixture(autouse=True)
def short_logs() -> Iterator[None]:
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()])
    yield
    structlog.reset_defaults()


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    database = Database(database_url)
    yield Scene(database)
    await database.close()


@pytest.fixture
async def sqlite_scene(sqlite_url: str) -> AsyncIterator[Scene]:
    database = Database(sqlite_url)
    yield Scene(database)
    await database.close()
