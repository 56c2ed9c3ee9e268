"""Loads the starts that operators have ordered through other processes.

The database is asked when a tag would be refused, at most once a connection and in its first minutes. Later orders
reach the charger by this connection, and so are known here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ...storage.charging import ordered_starts as orders
from ...storage.database import DatabaseFault
from ..charger.connected_charger import ConnectedCharger
from ..charger.remote_starts import RemoteStart
from ..connection.answers import Answer, Later
from ..partner_client import PartnerAnswer
from .authorization import would_accept
from .partner_authorization import with_partner

LEARN_SECONDS = 2.0
"""The longest that a tag that would be refused waits for the database."""

log = structlog.get_logger()


def once_known(
    charger: ConnectedCharger, id_tag: str | None, answer: Callable[[PartnerAnswer | None], dict[str, Any] | Later]
) -> Answer:
    """Answers once everything is known on which the decision about the tag depends.

    These are the orders of operators, then the answer of a partner.
    """
    return with_orders(charger, id_tag, lambda: with_partner(charger, id_tag, answer))


def with_orders(charger: ConnectedCharger, id_tag: str | None, answer: Callable[[], Answer]) -> Answer:
    """Answers once the orders of operators are known, if that matters."""
    may_depend = id_tag is not None and charger.remote_starts.may_lack(charger.customer.clock())
    if not may_depend or would_accept(charger, id_tag):
        return answer()
    return _informed(charger, answer)


async def _informed(charger: ConnectedCharger, answer: Callable[[], Answer]) -> dict[str, Any] | Later:
    learning = asyncio.create_task(_learn(charger))
    await asyncio.wait([learning], timeout=LEARN_SECONDS)
    given = answer()
    return await given if isinstance(given, Coroutine) else given


async def _learn(charger: ConnectedCharger) -> None:
    connection = charger.connection
    try:
        found = await charger.customer.ordered_starts(charger.charger_id)
    except DatabaseFault as fault:
        log.warning("starts that operators have ordered are not known", charger=charger.charger_id, cause=str(fault))
        return
    if connection is None or charger.connection is not connection:
        return  # the new connection loads them itself
    charger.remote_starts.learn(_as_known(charger, connection.version, order) for order in found)


def _as_known(charger: ConnectedCharger, version: str, order: orders.OrderedStart) -> RemoteStart:
    place = charger.place_in(version, order.socket_id)
    return RemoteStart(order.id, order.tag_key, place, order.at + orders.VALID, order.transaction_id)
