"""Learns which starts operators have ordered by way of another process, or before the charger's connection.

The database is asked when a tag would be refused, at most once a connection and in its first minutes: what the charger
is told by this connection is known here.
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
    """Makes the answer when all is known by which the tag is decided: orders of operators, then a partner's word."""
    return with_orders(charger, id_tag, lambda: with_partner(charger, id_tag, answer))


def with_orders(charger: ConnectedCharger, id_tag: str | None, answer: Callable[[], Answer]) -> Answer:
    """Makes the answer when the orders of operators are known, if it may depend on them."""
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
    if (
        connection is None or charger.connection is not connection
    ):  # what the charger is told since is known by its new connection
        return
    charger.remote_starts.learn(_as_known(charger, connection.version, order) for order in found)


def _as_known(charger: ConnectedCharger, version: str, order: orders.OrderedStart) -> RemoteStart:
    place = charger.place_in(version, order.socket_id)
    return RemoteStart(order.id, order.tag_key, place, order.at + orders.VALID, order.transaction_id)
