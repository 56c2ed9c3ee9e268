"""Changes of webhooks."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ...rights.errors import Conflict
from ..entity_types import WEBHOOK
from ..revisions import JournalChange, Revision
from ..rows import webhooks
from ..rows.webhooks import UnknownWebhook, Webhook
from . import facts

MAX_WEBHOOKS = 20


class TooManyWebhooks(Conflict):
    """A customer that has the largest number of webhooks already."""


def add(
    revision: Revision, url: str, types: Collection[str] | None = None, after: int | None = None
) -> tuple[Webhook, str]:
    """Adds a webhook. Returns it with its secret, to be shown only now.

    It receives the events after that number, or by default those from now on. Raises TooManyWebhooks, EventsGone,
    EventToCome.
    """
    connection, customer_id, at = revision.connection, revision.customer_id, revision.at
    if webhooks.count(connection, customer_id) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"there are {MAX_WEBHOOKS} webhooks, and more there may not be: delete one first")
    wanted = None if types is None else tuple(sorted(set(types)))
    webhook, secret = Webhook(revision.next_id(), url, wanted, True, at, at), webhooks.new_secret()
    webhooks.add(connection, customer_id, webhook, secret, webhooks.start(connection, customer_id, after))
    revision.changes.append(JournalChange(WEBHOOK, webhook.id, None, webhook))
    return webhook, secret


def change(revision: Revision, webhook_id: int, **members: Any) -> Webhook:
    """Changes `url`, `types` or `enabled` of the webhook.

    Raises UnknownWebhook.
    """
    before = find(revision, webhook_id)
    after = replace(before, **members)
    if after != before:
        after = replace(after, updated_at=revision.at)
        revision.put(after)
    return after


def disable(revision: Revision, webhook_id: int, url: str) -> None:
    """Disables a webhook whose receiver at that URL wants no more messages.

    Does nothing if it has another URL by now.
    """
    for webhook in webhooks.load(revision.connection, revision.customer_id, [webhook_id]):
        if webhook.url == url:
            change(revision, webhook_id, enabled=False)


def rotate(revision: Revision, webhook_id: int) -> str:
    """Returns a new secret, to be shown only now.

    For a day messages are signed with the old one, too. Raises UnknownWebhook.
    """
    before, secret = find(revision, webhook_id), webhooks.new_secret()
    webhooks.rotate(revision.connection, revision.customer_id, webhook_id, secret, revision.at)
    revision.put(replace(before, updated_at=revision.at))
    return secret


def remove(revision: Revision, webhook_id: int) -> None:
    """Removes the webhook. Raises UnknownWebhook."""
    revision.remove(find(revision, webhook_id))


def find(revision: Revision, webhook_id: int) -> Webhook:
    return facts.one(revision, WEBHOOK, webhook_id, UnknownWebhook)
