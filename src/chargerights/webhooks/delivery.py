"""Delivers events to webhooks.

Each webhook gets its events in order, at least once, from one node at a time.

A round finds the webhooks that wait for events. Each is served by its own task, so that a receiver that is slow or
hangs delays no other. A task takes the webhook's lease, sends event after event over one connection and records its
progress from time to time. It ends at the end of the log, when an attempt fails, or when another node has the lease. No
transaction is open while a request is awaited.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import structlog

from ..net import allowed_targets, backoff
from ..net.allowed_targets import AllowedTargets, Resolve
from ..net.safe_http import ATTEMPT_SECONDS, Line, SendResult
from ..net.tasks import end
from ..storage import events, webhook_queue
from ..storage.changes import webhooks
from ..storage.database import Database, DatabaseFault
from ..storage.journal import Actor, ChangeContext
from ..storage.revisions import make
from ..storage.webhook_queue import Lease, WaitingDelivery
from . import messages

EVENTS_PER_READ = 100
MAX_SERVED = 200
SKIPPED_UNNOTED = 5_000
"""Events that are not for a webhook are skipped in memory. After this many the position is written down, so that
another node need not read them again and they can be pruned."""
JITTER = 0.2
SERVER = Actor("server")
"""Disables a webhook whose receiver wants no more messages."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RetryPace:
    """Intervals in seconds.

    `lease` must be longer than `attempt` and `noted` together.
    """

    attempt: float = ATTEMPT_SECONDS
    noted: float = 0.5
    lease: float = 45.0
    first_retry: float = 5.0
    longest_retry: float = 3_600.0

    def retry(self, attempts: int) -> float:
        """Returns the pause after N failed attempts: exponential back-off with jitter."""
        seconds = backoff.pause(attempts, self.first_retry, self.longest_retry)
        return seconds * secrets.SystemRandom().uniform(1 - JITTER, 1 + JITTER)


class WebhookDispatcher:
    """The deliveries of one process."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        allowed: AllowedTargets,
        pace: RetryPace | None = None,
        resolve: Resolve = allowed_targets.resolve,
    ) -> None:
        self._database = database
        self._clock = clock
        self._allowed = allowed
        self._pace = pace or RetryPace()
        self._resolve = resolve
        self._context: ssl.SSLContext | None = None
        self._tasks: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._stopping = False

    async def round(self) -> list[asyncio.Task[None]]:
        """Starts tasks for the webhooks that wait, and returns them. Raises DatabaseFault."""
        begun = []
        for hook in await self._database.glance(webhook_queue.waiting, self._clock()):
            key = hook.customer_id, hook.id
            if len(self._tasks) >= MAX_SERVED:
                break
            if key not in self._tasks and not self._has_seen_all(hook):
                self._tasks[key] = task = asyncio.create_task(self._serve(hook))
                begun.append(task)
        return begun

    async def stop(self, grace: float) -> None:
        """Lets running attempts end within the grace period, then cancels them."""
        self._stopping = True
        await end([*self._tasks.values()], grace)

    def _has_seen_all(self, hook: WaitingDelivery) -> bool:
        seen = self._seen.get((hook.customer_id, hook.id))
        return seen is not None and seen.holds(hook) and seen.up_to >= hook.number

    async def _serve(self, hook: WaitingDelivery) -> None:
        try:
            if await self._has_something(hook):
                await self._deliver(hook)
        except DatabaseFault as fault:
            log.warning("webhook waits for the database", customer=hook.customer_id, webhook=hook.id, fault=str(fault))
        except Exception:
            log.exception("webhook not served", customer=hook.customer_id, webhook=hook.id)
        finally:
            del self._tasks[hook.customer_id, hook.id]

    async def _has_something(self, hook: WaitingDelivery) -> bool:
        """Tells whether an event is for this webhook. Reads no event twice."""
        key = hook.customer_id, hook.id
        seen = self._seen.get(key)
        after = seen.up_to if seen is not None and seen.holds(hook) else hook.position
        page = await self._database.read(events.since, hook.customer_id, after, 1, hook.types)
        while page.more and not page.events:
            page = await self._database.read(events.since, hook.customer_id, page.last, 1, hook.types)
        if page.events:
            return True
        self._seen[key] = _Seen(hook.position, hook.types, page.last)
        if page.last - hook.position > SKIPPED_UNNOTED:
            await self._database.write(webhook_queue.skip, hook, page.last, self._clock())
        return False

    async def _deliver(self, hook: WaitingDelivery) -> None:
        now = self._clock()
        owner, until = secrets.token_hex(8), now + timedelta(seconds=self._pace.lease)
        lease = await self._database.write(webhook_queue.take, hook.customer_id, hook.id, owner, now, until)
        if lease is None:
            return
        if self._context is None:
            self._context = await asyncio.to_thread(httpx.create_ssl_context)
        async with Line(lease.url, self._allowed, self._context, self._resolve, self._pace.attempt) as line:
            run = _Run(self._database, self._clock, self._pace, lease, line)
            try:
                await run.deliver(lambda: self._stopping)
            finally:
                await run.settle()


@dataclass(frozen=True, slots=True)
class _Seen:
    """The event up to which a webhook has nothing to receive.

    It holds for one position and one choice of types.
    """

    position: int
    types: list[str] | None
    up_to: int

    def holds(self, hook: WaitingDelivery) -> bool:
        return (self.position, self.types) == (hook.position, hook.types)


class _Run:
    """The deliveries under one lease."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], pace: RetryPace, lease: Lease, line: Line
    ) -> None:
        self._database = database
        self._clock = clock
        self._pace = pace
        self._lease = lease
        self._line = line
        self._position = lease.position
        self._status: int | None = None
        self._attempts = lease.attempts
        self._noted_at = asyncio.get_running_loop().time()
        self._held = True

    async def deliver(self, stopping: Callable[[], bool]) -> None:
        """Sends events until the log ends or an attempt fails.

        Ends early when the lease is lost or the process stops.
        """
        lease, more = self._lease, True
        while more:
            page = await self._database.read(
                events.since, lease.customer_id, self._position, EVENTS_PER_READ, lease.types
            )
            for event in page.events:
                await self._note_now_and_then()
                if stopping() or not self._held:
                    return
                at, content = self._clock(), messages.body(event)
                id_ = messages.message_id(lease.customer_id, lease.id, event.number)
                outcome = await self._line.post(content, messages.headers(id_, at, content, lease.secrets))
                if outcome.error is not None:
                    await self._fail(outcome, outcome.error)
                    return
                self._position, self._status, self._attempts = event.number, outcome.status, 0
            self._position, more = page.last, page.more

    async def settle(self) -> None:
        """Records the progress and releases the lease."""
        if self._held:
            with suppress(DatabaseFault):  # the lease expires, and what was sent is sent again
                await self._keep(None)

    async def _note_now_and_then(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._noted_at >= self._pace.noted:
            await self._keep(self._clock() + timedelta(seconds=self._pace.lease))
            self._noted_at = now

    async def _keep(self, until: datetime | None) -> None:
        self._held = await self._database.write(
            webhook_queue.keep, self._lease, self._position, self._status, self._clock(), until
        )
        self._status = None

    async def _fail(self, outcome: SendResult, error: str) -> None:
        lease, attempts, now = self._lease, self._attempts + 1, self._clock()
        log.warning(
            "webhook attempt failed", customer=lease.customer_id, webhook=lease.id,
            status=outcome.status, error=error, attempts=attempts, disabled=outcome.gone,
        )  # fmt: skip
        if self._status is not None or self._position != lease.position:
            await self._keep(now + timedelta(seconds=self._pace.lease))
        if not self._held:
            return
        self._held = False
        seconds = max(self._pace.retry(attempts), min(outcome.retry_after or 0.0, self._pace.longest_retry))
        next_at = now + timedelta(seconds=seconds)
        still_ours = await self._database.write(
            webhook_queue.fail, lease, attempts, outcome.status, error, now, next_at
        )
        if outcome.gone and still_ours:
            occasion = ChangeContext(now, SERVER, "webhook.disable")
            await self._database.write(make, lease.customer_id, occasion, webhooks.disable, lease.id, lease.url)
