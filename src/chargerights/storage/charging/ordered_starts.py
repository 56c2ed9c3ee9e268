"""Starts that operators ordered without a check of the tag, for every process.

They are commands whose tag is kept as long as the order answers the charger's own requests about it. Sessions show what
became of an order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, null, or_, select, update

from ...rights.commands import WAITING, Action
from ...rights.identifiers import tag_key
from ..schema import charger_commands, sessions

VALID = timedelta(minutes=5)


@dataclass(slots=True)
class OrderedStart:
    """An order. `id` is that of its command, `transaction_id` that of its session."""

    id: str
    at: datetime
    tag_key: str
    socket_id: int | None
    transaction_id: str | None = None


def keeps_tag(action: str, arguments: Mapping[str, Any]) -> bool:
    """Tells whether the command's tag is kept once the command is taken."""
    return action == Action.START and not arguments.get("validate")


def find(connection: Connection, customer_id: int, charger_id: str, now: datetime) -> list[OrderedStart]:
    """Returns the valid starts that may have been sent to the charger, earliest first."""
    rows = charger_commands.c
    of_charger = (rows.customer_id == customer_id) & (rows.charger_id == charger_id) & (rows.action == Action.START)
    query = select(rows.id, rows.at, rows.arguments, rows.secret).where(
        of_charger, rows.at > now - VALID, rows.secret.is_not(None), rows.state != WAITING
    )
    found = [
        OrderedStart(row.id, row.at, tag_key(str(row.secret["idTag"])), row.arguments.get("socketId"))
        for row in connection.execute(query.order_by(rows.at, rows.id))
    ]
    if found:
        _name_transactions(connection, customer_id, charger_id, found)
    return found


def _name_transactions(connection: Connection, customer_id: int, charger_id: str, found: list[OrderedStart]) -> None:
    """Sets the sessions that the orders have become.

    It is a session of the tag that began, or was presented the tag, after the order. Its socket does not matter: a tag
    that is accepted without an order needs none.
    """
    rows = sessions.c
    since = found[0].at
    query = select(rows.transaction_id, rows.tag_key, rows.received_at, rows.tagged_at).where(
        rows.customer_id == customer_id,
        rows.charger_id == charger_id,
        rows.tag_key.in_({order.tag_key for order in found}),
        rows.reason == "Accepted",
        or_(rows.received_at >= since, rows.tagged_at >= since),
    )
    for transaction_id, key, received_at, tagged_at in connection.execute(query.order_by(rows.received_at, rows.id)):
        shown_at = max(received_at, tagged_at or received_at)
        for order in found:
            if order.transaction_id is None and order.tag_key == key and order.at <= shown_at:
                order.transaction_id = transaction_id
                break


def customers_to_forget(connection: Connection, now: datetime) -> list[int]:
    """Returns customers with expired orders whose tags are still kept."""
    query = select(charger_commands.c.customer_id).where(_is_over(now))
    return [*connection.scalars(query.distinct())]


def forget(connection: Connection, customer_id: int, now: datetime) -> None:
    """Erases the tags of the customer's expired orders."""
    mine = charger_commands.c.customer_id == customer_id
    connection.execute(update(charger_commands).where(mine, _is_over(now)).values(secret=null()))


def _is_over(now: datetime) -> ColumnElement[bool]:
    rows = charger_commands.c
    return rows.secret.is_not(None) & (rows.at <= now - VALID) & (rows.state != WAITING)
