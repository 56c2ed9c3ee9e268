"""Has a partner asked about unknown tags before a charger is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ...rights.errors import InvalidIdentifier
from ...rights.identifiers import tag_key, tag_text
from ..charger.connected_charger import ConnectedCharger
from ..connection.answers import Answer, Later
from ..partner_client import PartnerAnswer


def with_partner(
    charger: ConnectedCharger, id_tag: str | None, answer: Callable[[PartnerAnswer | None], dict[str, Any] | Later]
) -> Answer:
    """Makes the answer from the partner's word on the tag.

    From None at once where they need not be asked.
    """
    partner = charger.customer.partner
    network = charger.customer.network
    if partner is None or network is None or charger.charger_id not in network.chargers:
        return answer(None)
    if network.chargers[charger.charger_id].is_blocked(charger.customer.clock()):
        return answer(None)
    if id_tag is None or network.tag(id_tag) is not None or not _can_be_one(id_tag):
        return answer(None)
    if charger.remote_starts.expects(tag_key(id_tag), charger.customer.clock()):
        return answer(None)
    known = partner.known(charger.charger_id, id_tag)
    if known is not None:
        return answer(known)
    return _answered(partner.ask(charger.charger_id, id_tag), answer)


def known_of(charger: ConnectedCharger, id_tag: str) -> PartnerAnswer | None:
    """Returns the partner's cached answer about the tag.

    No question is sent about the tag that ends a session.
    """
    partner = charger.customer.partner
    return None if partner is None else partner.known(charger.charger_id, id_tag)


async def _answered(
    asking: Awaitable[PartnerAnswer], answer: Callable[[PartnerAnswer | None], dict[str, Any] | Later]
) -> dict[str, Any] | Later:
    return answer(await asking)


def _can_be_one(id_tag: str) -> bool:
    try:
        tag_text(id_tag)
    except InvalidIdentifier:
        return False
    return True
