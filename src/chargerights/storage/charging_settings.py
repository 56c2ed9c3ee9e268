"""How a customer wants his drivers to charge, beside their rights."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert

from .callers import require_customer
from .schema import charging_settings


def set_one_session_per_tag(connection: Connection, customer_id: int, only_one: bool) -> None:
    """Whether a tag that is in a session anywhere may begin another. Raises UnknownCustomer."""
    require_customer(connection, customer_id)
    connection.execute(delete(charging_settings).where(charging_settings.c.customer_id == customer_id))
    connection.execute(insert(charging_settings).values(customer_id=customer_id, one_session_per_tag=only_one))
