"""Rows of webhooks, with the secrets that sign their messages.

Every change of a webhook ends its lease (see `webhook_queue`), so that delivery starts again from the row.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from ...rights.errors import NotFound
from ...rights.identifiers import is_int64
from ..events import EventsGone, EventToCome
from ..schema import event_clocks, webhooks

SECRET_BYTES = 32
OLD_SECRET_LASTS = timedelta(days=1)


class UnknownWebhook(NotFound):
    what = "webhook"


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook. `types` are the events that it receives, or None for all."""

    id: int
    url: str
    types: tuple[str, ...] | None
    enabled: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveryProgress:
    """The progress of deliveries to a webhook.

    `position` is the last event that is done, `waiting` the number of events after it, and `attempts` the number of
    failures since the last success.
    """

    position: int
    waiting: int
    delivered_at: datetime | None
    attempts: int
    next_attempt_at: datetime | None
    last_attempt_at: datetime | None
    last_status: int | None
    last_error: str | None


_MEMBERS = tuple(Webhook.__dataclass_fields__)
_COLUMNS = [webhooks.c[name] for name in _MEMBERS]
_PROGRESS = [webhooks.c[name] for name in DeliveryProgress.__dataclass_fields__ if name != "waiting"]
_FREED = {"lease_owner": None, "leased_until": None, "attempts": 0, "next_attempt_at": None}


def load(connection: Connection, customer_id: int, ids: Collection[int] | None = None) -> list[Webhook]:
    """Returns the customer's webhooks, sorted by id: all, or those of these ids."""
    query = select(*_COLUMNS).where(_those(customer_id, ids)).order_by(webhooks.c.id)
    return [_webhook(row) for row in connection.execute(query)]


def add(connection: Connection, customer_id: int, webhook: Webhook, secret: str, position: int) -> None:
    row = {"customer_id": customer_id, **_row(webhook), "secret": secret, "position": position}
    connection.execute(insert(webhooks), [row])


def replace(connection: Connection, customer_id: int, before: Webhook, webhook: Webhook) -> None:
    """Updates the webhook, and makes waiting events due at once.

    One that was disabled continues where it was, or with the first event that is still kept.
    """
    _update(connection, customer_id, webhook.id, _row(webhook))
    if webhook.enabled and not before.enabled:
        pruned, _ = _ends(connection, customer_id)
        mine = (webhooks.c.customer_id == customer_id) & (webhooks.c.id == webhook.id)
        connection.execute(update(webhooks).where(mine, webhooks.c.position < pruned).values(position=pruned))


def remove(connection: Connection, customer_id: int, webhook_id: int) -> None:
    connection.execute(delete(webhooks).where(webhooks.c.customer_id == customer_id, webhooks.c.id == webhook_id))


def count(connection: Connection, customer_id: int) -> int:
    query = select(func.count()).select_from(webhooks).where(webhooks.c.customer_id == customer_id)
    return connection.scalar(query) or 0


def load_with_progress(
    connection: Connection, customer_id: int, ids: Collection[int] | None = None
) -> list[tuple[Webhook, DeliveryProgress]]:
    """Returns the webhooks with their progress."""
    query = (
        select(event_clocks.c.number, *_PROGRESS, *_COLUMNS)
        .join(event_clocks, event_clocks.c.customer_id == webhooks.c.customer_id)
        .where(_those(customer_id, ids))
        .order_by(webhooks.c.id)
    )
    found = []
    for last, position, *row in connection.execute(query):
        more, members = row[: len(_PROGRESS) - 1], row[len(_PROGRESS) - 1 :]
        found.append((_webhook(members), DeliveryProgress(position, last - position, *more)))
    return found


def replay(connection: Connection, customer_id: int, webhook_id: int, after: int) -> None:
    """Sends everything after that event, also what was sent before.

    Raises UnknownWebhook, EventsGone, EventToCome.
    """
    _update(connection, customer_id, webhook_id, {"position": start(connection, customer_id, after)})


def start(connection: Connection, customer_id: int, after: int | None) -> int:
    """Returns the position for sending everything after that event.

    None stands for everything from now on. The position is valid until this transaction ends. Raises EventsGone,
    EventToCome.
    """
    pruned, last = _ends(connection, customer_id)
    if after is None:
        return last
    if after < pruned:
        raise EventsGone(after, pruned + 1)
    if after > last:
        raise EventToCome(after, last)
    return after


def new_secret() -> str:
    """Returns a secret in the format of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def rotate(connection: Connection, customer_id: int, webhook_id: int, secret: str, at: datetime) -> None:
    """Sets the secret that signs from now on. For a day the one before signs, too."""
    before = {"old_secret": webhooks.c.secret, "old_secret_until": at + OLD_SECRET_LASTS}
    _update(connection, customer_id, webhook_id, {**before, "secret": secret})


def signing_secrets(connection: Connection, customer_id: int, webhook_id: int, at: datetime) -> list[str]:
    """Returns the secrets to sign with, newest first. Raises UnknownWebhook."""
    columns = webhooks.c
    query = select(columns.secret, columns.old_secret, columns.old_secret_until)
    row = connection.execute(query.where(columns.customer_id == customer_id, columns.id == webhook_id)).one_or_none()
    if row is None:
        raise UnknownWebhook((webhook_id,))
    return valid_secrets(*row, at)


def valid_secrets(secret: str, old_secret: str | None, old_until: datetime | None, at: datetime) -> list[str]:
    """Returns the secrets of a webhook's row that are valid then, newest first."""
    return [secret] if old_secret is None or old_until is None or old_until <= at else [secret, old_secret]


def _those(customer_id: int, ids: Collection[int] | None) -> ColumnElement[bool]:
    mine = webhooks.c.customer_id == customer_id
    return mine if ids is None else mine & webhooks.c.id.in_([each for each in ids if is_int64(each)])


def _update(connection: Connection, customer_id: int, webhook_id: int, values: dict[str, Any]) -> None:
    mine = (webhooks.c.customer_id == customer_id) & (webhooks.c.id == webhook_id)
    if not connection.execute(update(webhooks).where(mine).values(**values, **_FREED)).rowcount:
        raise UnknownWebhook((webhook_id,))


def _ends(connection: Connection, customer_id: int) -> tuple[int, int]:
    """Returns the last deleted event and the last event.

    They are locked until this transaction ends.
    """
    columns = event_clocks.c
    query = select(columns.pruned, columns.number).where(columns.customer_id == customer_id).with_for_update()
    pruned, last = connection.execute(query).one()
    return pruned, last


def _row(webhook: Webhook) -> dict[str, Any]:
    members = {name: getattr(webhook, name) for name in _MEMBERS}
    return members | {"types": None if webhook.types is None else list(webhook.types)}


def _webhook(row: Sequence[Any]) -> Webhook:
    members = dict(zip(_MEMBERS, row, strict=True))
    members["types"] = None if members["types"] is None else tuple(members["types"])
    return Webhook(**members)
