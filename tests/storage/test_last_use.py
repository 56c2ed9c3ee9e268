"""When a key was last used is kept about once a minute, however often it is used."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import httpx
from sqlalchemy import event

from chargerights.app import create_app
from chargerights.storage.database import Database
from chargerights.storage.rows import keys
from tests.support.servers import new_customer
from tests.support.world import NOW


async def test_the_last_use_is_written_once_a_minute(database_url: str) -> None:
    database = Database(database_url)
    caller = new_customer(database)
    clock = [NOW]
    app = create_app(database, lambda: clock[0])
    kept: list[datetime | None] = []
    written: list[str] = []
    writers = database._plain if database.is_sqlite else database._writers.sync_engine
    event.listen(writers, "before_cursor_execute", lambda *_: written.append(_[2]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for seconds in (0, 1, 59, 60, 61, 119, 120):
            clock[0] = NOW + timedelta(seconds=seconds)
            assert (await client.get("/api/groups", headers={"x-api-key": caller.key})).status_code == 200
            await asyncio.gather(*app.state.shared.tasks)
            ((_, key),) = database.read_now(keys.load_with_customers)
            kept.append(key.last_used_at)
    await app.state.shared.close()
    first, second, third = NOW, NOW + timedelta(seconds=60), NOW + timedelta(seconds=120)
    assert kept == [first, first, first, second, second, second, third]
    assert sum("UPDATE api_keys" in each for each in written) == 3
