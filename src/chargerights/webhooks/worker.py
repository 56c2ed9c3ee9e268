"""Background work of every serving process: events of time, delivery, pruning."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

import structlog

from ..net.allowed_targets import AllowedTargets
from ..net.tasks import end
from ..storage import event_clock, events
from ..storage.database import Database, DatabaseFault
from .delivery import WebhookDispatcher
from .steady_clock import SteadyClock

POLL_SECONDS = 1.0
PRUNE_SECONDS = 3_600.0
STOP_SECONDS = 3.0
EDGES_PER_STEP = 200
"""Written in one transaction: few enough not to hold up the customer's writers and the event loop."""
PRUNED_PER_STEP = 5_000
log = structlog.get_logger()


@asynccontextmanager
async def running(
    database: Database, clock: Callable[[], datetime], allowed: AllowedTargets, events_kept: timedelta
) -> AsyncIterator[None]:
    """Runs the background work while the context is open."""
    dispatcher, stopping = WebhookDispatcher(database, clock, allowed), asyncio.Event()
    steady = SteadyClock(clock, asyncio.get_running_loop().time)

    async def advance() -> None:
        await advance_time(database, steady)

    async def prune() -> None:
        await prune_events(database, steady() - events_kept)

    work: tuple[tuple[Callable[[], Awaitable[object]], float], ...] = (
        (advance, POLL_SECONDS),
        (dispatcher.round, POLL_SECONDS),
        (prune, PRUNE_SECONDS),
    )
    tasks = [asyncio.create_task(steadily(step, seconds, stopping)) for step, seconds in work]
    try:
        yield
    finally:
        stopping.set()
        await end(tasks, STOP_SECONDS)
        await dispatcher.stop(STOP_SECONDS)


async def steadily(work: Callable[[], Awaitable[object]], seconds: float, stopping: asyncio.Event) -> None:
    """Repeats the work with that pause.

    A database fault is logged once, and the work goes on.
    """
    well = True
    while not stopping.is_set():
        try:
            await work()
        except DatabaseFault as fault:
            if well:
                log.warning("background work waits for the database", fault=str(fault))
            well = False
        except Exception:
            log.exception("background work failed")
            well = False
        else:
            well = True
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stopping.wait()


async def advance_time(database: Database, clock: Callable[[], datetime]) -> None:
    """Writes events for rights and tags that have begun or ended since last time.

    Raises DatabaseFault.
    """
    for customer_id in await database.glance(event_clock.due, clock()):
        while await database.write(event_clock.advance, customer_id, clock(), EDGES_PER_STEP):
            pass


async def prune_events(database: Database, before: datetime) -> None:
    """Deletes events from before that instant that no webhook needs.

    Raises DatabaseFault.
    """
    for customer_id in await database.read(events.old, before):
        while await database.write(events.prune, customer_id, before, PRUNED_PER_STEP):
            pass
