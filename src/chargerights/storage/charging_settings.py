"""How a customer wants his drivers to charge, beside their rights."""

from __future__ import annotations

from sqlalchemy import Connection, insert, update

from .callers import require_customer
from .schema import charging_settings


def set_one_session_per_tag(connection: Connection, customer_id: int, only_one: bool) -> None:
    """Whether a tag that is in a session anywhere may begin another. Raises UnknownCustomer."""
    _set(connection, customer_id, one_session_per_tag=only_one)


def set_lists_hours_too(connection: Connection, customer_id: int, hours_too: bool) -> None:
    """Whether tags whose rights have weekly hours are on local lists, where they hold at every hour. Raises
    UnknownCustomer."""
    _set(connection, customer_id, lists_hours_too=hours_too)


def _set(connection: Connection, customer_id: int, **setting: bool) -> None:
    require_customer(connection, customer_id)
    mine = charging_settings.c.customer_id == customer_id
    if not connection.execute(update(charging_settings).where(mine).values(setting)).rowcount:
        connection.execute(insert(charging_settings).values(customer_id=customer_id, **setting))
