"""A customer with webhooks, and events for them; used by tests and by nodes in processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from chargerights.net.allowed_targets import AllowedTargets
from chargerights.rights.model import Place, PlaceKind
from chargerights.storage import callers, webhook_queue
from chargerights.storage.changes import rights
from chargerights.storage.changes import webhooks as changes
from chargerights.storage.database import Database
from chargerights.storage.revisions import make
from chargerights.storage.rows import webhooks
from chargerights.storage.rows.webhooks import DeliveryProgress, Webhook
from chargerights.webhooks.delivery import RetryPace, WebhookDispatcher
from tests.storage.writing import OCCASION, put, store_facts
from tests.support.clock import Clock
from tests.support.waiting import PATIENCE
from tests.support.world import DAN, FACTS, NOW

QUICK = RetryPace(attempt=PATIENCE, noted=0.05, lease=3 * PATIENCE, first_retry=0.01, longest_retry=0.05)
"""Retries at once. An attempt that is to time out takes a pace of its own."""


class Scene:
    """One customer in a database; what tests do there happens in threads, beside the loop that delivers."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.customer = database.write_now(callers.add_customer, "Customer", NOW).id
        store_facts(database, self.customer, FACTS)
        database.write_now(put, self.customer, reserve=1_000)
        self.last = 1
        """The number of the last event; the first tells of the network."""

    def add_webhook(self, url: str, types: Collection[str] | None = None) -> tuple[int, str]:
        webhook, secret = self.database.write_now(make, self.customer, OCCASION, changes.add, url, types)
        return webhook.id, secret

    def make_events(self, count: int) -> None:
        """Events 2 and so on: Dan is granted a right and it is revoked again, in turns."""
        company = Place(PlaceKind.SITE, 1)
        for _ in range(count):
            self.last += 1
            change = rights.revoke if self.last % 2 else rights.grant
            self.database.write_now(make, self.customer, OCCASION, change, DAN.id, company)

    def change(self, webhook_id: int, **members: object) -> None:
        self.database.write_now(make, self.customer, OCCASION, changes.change, webhook_id, **members)

    def replay(self, webhook_id: int, after: int) -> None:
        self.database.write_now(webhooks.replay, self.customer, webhook_id, after)

    def webhook(self, webhook_id: int) -> Webhook:
        return self._both(webhook_id)[0]

    def progress(self, webhook_id: int) -> DeliveryProgress:
        return self._both(webhook_id)[1]

    def _both(self, webhook_id: int) -> tuple[Webhook, DeliveryProgress]:
        (found,) = self.database.read_now(webhooks.load_with_progress, self.customer, [webhook_id])
        return found

    def lease(self, webhook_id: int, seconds: float, at: datetime = NOW) -> webhook_queue.Lease | None:
        """Another node takes it."""

        def take(connection: Connection) -> webhook_queue.Lease | None:
            until = at + timedelta(seconds=seconds)
            return webhook_queue.take(connection, self.customer, webhook_id, "another", at, until)

        return self.database.write_now(take)

    def courier(self, clock: Clock | None = None, pace: RetryPace = QUICK) -> WebhookDispatcher:
        return WebhookDispatcher(self.database, clock or Clock(), AllowedTargets.ANY, pace)


async def round_of(courier: WebhookDispatcher) -> int:
    """One round, and whatever it begins, to its end; how many webhooks it served."""
    tasks = await courier.round()
    await asyncio.gather(*tasks)
    return len(tasks)


def now() -> datetime:
    return datetime.now(UTC)
