"""Webhooks: where a customer's events are sent, as the people who look after them see it.

Whatever changes a webhook ends its lease (see `deliveries`): the node that delivers to it starts anew from the row.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from ..rights.errors import Conflict, NotFound
from .events import EventsGone, EventToCome
from .journal import UnknownCustomer
from .schema import customers, event_clocks, webhooks

MAX_WEBHOOKS = 20
SECRET_BYTES = 32
OLD_SECRET_LASTS = timedelta(days=1)

_MEMBERS = (
    "id", "url", "types", "enabled", "created_at", "updated_at", "position", "delivered_at", "attempts",
    "next_attempt_at", "last_attempt_at", "last_status", "last_error",
)  # fmt: skip
_FREED = {"lease_owner": None, "leased_until": None, "attempts": 0, "next_attempt_at": None}


class UnknownWebhook(NotFound):
    what = "webhook"


class TooManyWebhooks(Conflict):
    """The customer has as many webhooks as one may have."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """`types`: what is sent, None for all; `position`: the last event that is done with; `attempts`: how many have
    failed since one succeeded; `waiting`: how many events it is behind the log."""

    id: int
    url: str
    types: list[str] | None
    enabled: bool
    created_at: datetime
    updated_at: datetime
    position: int
    delivered_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None
    waiting: int


def add(
    connection: Connection,
    customer_id: int,
    url: str,
    types: Collection[str] | None,
    at: datetime,
    after: int | None = None,
) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is to be shown this once. It is sent what comes after that event; of None,
    what comes from now on. Raises UnknownCustomer, TooManyWebhooks, EventsGone, EventToCome."""
    counter = connection.execute(
        update(customers)
        .where(customers.c.id == customer_id)
        .values(next_id=customers.c.next_id + 1)
        .returning(customers.c.next_id)
    ).scalar_one_or_none()
    if counter is None:
        raise UnknownCustomer((customer_id,))
    count = select(func.count()).select_from(webhooks).where(webhooks.c.customer_id == customer_id)
    if (connection.scalar(count) or 0) >= MAX_WEBHOOKS:
        raise TooManyWebhooks(f"there are {MAX_WEBHOOKS} webhooks, and more there may not be: delete one")
    secret = _new_secret()
    values: dict[str, Any] = {
        "id": counter - 1,
        "url": url,
        "types": None if types is None else sorted(types),
        "position": _position(connection, customer_id, after),
        "created_at": at,
        "updated_at": at,
        "secret": secret,
    }
    connection.execute(insert(webhooks).values(customer_id=customer_id, **values))
    return load(connection, customer_id, counter - 1), secret


def all_of(connection: Connection, customer_id: int) -> list[Webhook]:
    """The customer's webhooks, by id."""
    return [Webhook(*row) for row in connection.execute(_query(customer_id).order_by(webhooks.c.id))]


def load(connection: Connection, customer_id: int, webhook_id: int) -> Webhook:
    """Raises UnknownWebhook."""
    row = connection.execute(_query(customer_id).where(webhooks.c.id == webhook_id)).one_or_none()
    if row is None:
        raise UnknownWebhook((webhook_id,))
    return Webhook(*row)


def change(
    connection: Connection, customer_id: int, webhook_id: int, members: Mapping[str, Any], at: datetime
) -> Webhook:
    """Gives `url`, `types` or `enabled` other values; what waits is tried at once. One that was disabled goes on where
    it was, or with the first event that is still kept. Raises UnknownWebhook."""
    before = load(connection, customer_id, webhook_id)
    values: dict[str, Any] = {**members, "updated_at": at, **_FREED}
    if members.get("enabled") and not before.enabled:
        values["position"] = max(before.position, _log(connection, customer_id)[0])
    _update(connection, customer_id, webhook_id, values)
    return load(connection, customer_id, webhook_id)


def replay(connection: Connection, customer_id: int, webhook_id: int, after: int, at: datetime) -> Webhook:
    """Has everything after that event sent, again where it was before. Raises UnknownWebhook, EventsGone,
    EventToCome."""
    position = _position(connection, customer_id, after)
    _update(connection, customer_id, webhook_id, {"position": position, "updated_at": at, **_FREED})
    return load(connection, customer_id, webhook_id)


def rotate(connection: Connection, customer_id: int, webhook_id: int, at: datetime) -> str:
    """A new secret, to be shown this once; for a day what is sent is signed with the one before, too. Raises
    UnknownWebhook."""
    secret = _new_secret()
    before = {"old_secret": webhooks.c.secret, "old_secret_until": at + OLD_SECRET_LASTS}
    _update(connection, customer_id, webhook_id, {**before, "secret": secret, "updated_at": at, **_FREED})
    return secret


def remove(connection: Connection, customer_id: int, webhook_id: int) -> None:
    """Raises UnknownWebhook."""
    mine = (webhooks.c.customer_id == customer_id) & (webhooks.c.id == webhook_id)
    if not connection.execute(delete(webhooks).where(mine)).rowcount:
        raise UnknownWebhook((webhook_id,))


def signing_secrets(connection: Connection, customer_id: int, webhook_id: int, at: datetime) -> list[str]:
    """The secrets to sign with, the newest first. Raises UnknownWebhook."""
    columns = webhooks.c
    query = select(columns.secret, columns.old_secret, columns.old_secret_until)
    row = connection.execute(query.where(columns.customer_id == customer_id, columns.id == webhook_id)).one_or_none()
    if row is None:
        raise UnknownWebhook((webhook_id,))
    return valid_secrets(*row, at)


def valid_secrets(secret: str, old_secret: str | None, old_until: datetime | None, at: datetime) -> list[str]:
    """The secrets of a webhook's row that hold then, the newest first."""
    return [secret] if old_secret is None or old_until is None or old_until <= at else [secret, old_secret]


def _query(customer_id: int) -> Select[Any]:
    waiting = event_clocks.c.number - webhooks.c.position
    return (
        select(*(webhooks.c[name] for name in _MEMBERS), waiting)
        .join(event_clocks, event_clocks.c.customer_id == webhooks.c.customer_id)
        .where(webhooks.c.customer_id == customer_id)
    )


def _update(connection: Connection, customer_id: int, webhook_id: int, values: Mapping[str, Any]) -> None:
    mine = (webhooks.c.customer_id == customer_id) & (webhooks.c.id == webhook_id)
    if not connection.execute(update(webhooks).where(mine).values(**values)).rowcount:
        raise UnknownWebhook((webhook_id,))


def _log(connection: Connection, customer_id: int) -> tuple[int, int]:
    """The last event that is gone and the last that there is, held still until this transaction ends."""
    columns = event_clocks.c
    query = select(columns.pruned, columns.number).where(columns.customer_id == customer_id).with_for_update()
    pruned, last = connection.execute(query).one()
    return pruned, last


def _position(connection: Connection, customer_id: int, after: int | None) -> int:
    pruned, last = _log(connection, customer_id)
    if after is None:
        return last
    if after < pruned:
        raise EventsGone(after, pruned + 1)
    if after > last:
        raise EventToCome(after, last)
    return after


def _new_secret() -> str:
    """As Standard Webhooks writes one."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
