"""A node in a process of its own: advances the event clock and delivers until its standard input ends.

`node.py URL SECONDS`: retries quickly, with leases of that many seconds.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from chargerights.net.allowed_targets import AllowedTargets
from chargerights.storage.database import Database
from chargerights.webhooks.delivery import WebhookDispatcher
from chargerights.webhooks.worker import advance_time, steadily
from tests.webhooks.scene import QUICK, now

POLL_SECONDS = 0.02


async def run(url: str, lease: float) -> None:
    database, stopping = Database(url), asyncio.Event()
    courier = WebhookDispatcher(database, now, AllowedTargets.ANY, replace(QUICK, lease=lease, attempt=lease / 3))
    work = (courier.round, lambda: advance_time(database, now))
    tasks = [asyncio.create_task(steadily(each, POLL_SECONDS, stopping)) for each in work]
    await asyncio.to_thread(sys.stdin.read)
    stopping.set()
    await asyncio.gather(*tasks)
    await courier.stop(5)
    await database.close()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], float(sys.argv[2])))
