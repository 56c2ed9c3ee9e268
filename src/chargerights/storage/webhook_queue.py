"""The queue of deliveries to webhooks, and the leases of nodes.

A lease in the webhook's row lets one node at a time deliver. A node whose lease has expired, or whose webhook was
changed, writes nothing any more, and the result tells it so. Events that were delivered but not recorded are delivered
again: at least once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from .rows.webhooks import valid_secrets
from .schema import event_clocks, webhooks

_HOOK = webhooks.c


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """An enabled webhook without a lease whose next attempt is due.

    `number` is the log's last event.
    """

    customer_id: int
    id: int
    types: list[str] | None
    position: int
    updated_at: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Lease:
    """The exclusive right to deliver to a webhook, and its data."""

    customer_id: int
    id: int
    owner: str
    url: str
    types: list[str] | None
    secrets: list[str]
    position: int
    attempts: int


def waiting(connection: Connection, now: datetime) -> list[WaitingDelivery]:
    """Returns the waiting webhooks of all customers, the longest waiting first."""
    query = (
        select(_HOOK.customer_id, _HOOK.id, _HOOK.types, _HOOK.position, _HOOK.updated_at, event_clocks.c.number)
        .join(event_clocks, event_clocks.c.customer_id == _HOOK.customer_id)
        .where(_HOOK.enabled, _HOOK.position < event_clocks.c.number, _free(now))
        .where(or_(_HOOK.next_attempt_at.is_(None), _HOOK.next_attempt_at <= now))
        .order_by(_HOOK.last_attempt_at)
    )
    return [WaitingDelivery(*row) for row in connection.execute(query)]


def take(
    connection: Connection, customer_id: int, webhook_id: int, owner: str, now: datetime, until: datetime
) -> Lease | None:
    """Takes the lease until then.

    Returns None if another node has it or nothing may be delivered.
    """
    row = connection.execute(
        update(webhooks)
        .where(_HOOK.customer_id == customer_id, _HOOK.id == webhook_id, _HOOK.enabled, _free(now))
        .values(lease_owner=owner, leased_until=until)
        .returning(
            _HOOK.url,
            _HOOK.types,
            _HOOK.secret,
            _HOOK.old_secret,
            _HOOK.old_secret_until,
            _HOOK.position,
            _HOOK.attempts,
        )
    ).one_or_none()
    if row is None:
        return None
    valid = valid_secrets(row.secret, row.old_secret, row.old_secret_until, now)
    return Lease(customer_id, webhook_id, owner, row.url, row.types, valid, row.position, row.attempts)


def keep(
    connection: Connection, lease: Lease, position: int, status: int | None, at: datetime, until: datetime | None
) -> bool:
    """Records the progress, and tells whether the lease was still held.

    Everything up to that event is done. `status` is the receiver's last, or None if it was sent nothing. The lease is
    renewed until then, or released with None.
    """
    values: dict[str, Any] = {"position": position, "leased_until": until}
    if until is None:
        values["lease_owner"] = None
    if status is not None:
        values |= {"delivered_at": at, "last_attempt_at": at, "last_status": status, "last_error": None}
        values |= {"attempts": 0, "next_attempt_at": None}
    return _write(connection, lease, values)


def fail(
    connection: Connection,
    lease: Lease,
    attempts: int,
    status: int | None,
    error: str,
    at: datetime,
    next_attempt_at: datetime,
) -> bool:
    """Records that the next event could not be delivered, and releases the lease.

    Tells whether the lease was still held.
    """
    values = {
        "attempts": attempts,
        "next_attempt_at": next_attempt_at,
        "last_attempt_at": at,
        "last_status": status,
        "last_error": error,
        "lease_owner": None,
        "leased_until": None,
    }
    return _write(connection, lease, values)


def skip(connection: Connection, hook: WaitingDelivery, position: int, now: datetime) -> bool:
    """Skips events that are not for this webhook.

    Does nothing if a node delivers to it or it was changed.
    """
    unchanged = and_(
        _HOOK.customer_id == hook.customer_id,
        _HOOK.id == hook.id,
        _HOOK.position == hook.position,
        _HOOK.updated_at == hook.updated_at,
        _free(now),
    )
    return bool(connection.execute(update(webhooks).where(unchanged).values(position=position)).rowcount)


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(_HOOK.leased_until.is_(None), _HOOK.leased_until <= now)


def _write(connection: Connection, lease: Lease, values: dict[str, Any]) -> bool:
    mine = and_(_HOOK.customer_id == lease.customer_id, _HOOK.id == lease.id, _HOOK.lease_owner == lease.owner)
    return bool(connection.execute(update(webhooks).where(mine).values(values)).rowcount)
