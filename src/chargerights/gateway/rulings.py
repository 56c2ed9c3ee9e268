"""Decisions for chargers: what `rights` decides, the rule of one session per tag, and what is kept of it.

Authorize, StartTransaction, TransactionEvent and whoever else must know whether a tag may charge asks here, and so
asks `rights.decide`.

A driver's tags are one group: who holds a right to stop a session is the driver that began it, whatever card he shows.
A charger is told the group with each tag (1.6 `parentIdTag`, 2.x `groupIdToken`) and compares them itself.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..rights.decide import Cause, Decision, Reason, decide
from ..rights.identifiers import tag_key
from ..storage.authorisations import Authorisation
from . import values
from .chargers import ConnectedCharger

TAG_IN_USE = "tagInUse"
NETWORK_AWAY = "networkAway"
GROUP_PREFIX = "driver-"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Ruling(NamedTuple):
    """What a charger is told, and why. `cause` is a Cause of the core or one of this module's. `until`: an instant from
    which a yes has to be asked anew, if there is one that somebody has set."""

    reason: Reason
    cause: str
    driver_id: int | None = None
    group: str | None = None
    until: datetime | None = None

    @property
    def accepted(self) -> bool:
        return self.reason is Reason.ACCEPTED


def rule(
    charger: ConnectedCharger,
    id_tag: str,
    message: str,
    *,
    evse_id: int | None = None,
    connector_id: int | None = None,
    transaction_id: str | None = None,
) -> Ruling:
    """Whether the tag may charge at the charger now, kept as a decision that this message asked for. With a
    transaction id: to begin or go on with that one; without, in general: a session of the tag at this charger does not
    count against it, for he may want to end it."""
    at = charger.customer.clock()
    network = charger.customer.network
    decision = decide(network, id_tag, charger.charger_id, at) if network is not None else None
    shown = values.tag(id_tag)
    ruling = _ruled(charger, decision, tag_key(shown), transaction_id)
    path = decision.paths[0].right if decision is not None and decision.allowed else None
    charger.customer.outbox.decided(
        Authorisation(
            at,
            charger.charger_id,
            evse_id,
            connector_id,
            shown,
            tag_key(shown),
            message,
            ruling.reason.value,
            ruling.cause,
            ruling.driver_id,
            path.id if path is not None else None,
            path.place.kind.value if path is not None else None,
            str(path.place.id) if path is not None else None,
        )
    )
    return ruling


def _ruled(charger: ConnectedCharger, decision: Decision | None, key: str, transaction_id: str | None) -> Ruling:
    if decision is None:
        return Ruling(Reason.INVALID, NETWORK_AWAY)
    driver_id = decision.driver.id if decision.driver is not None else None
    if decision.cause is not Cause.RIGHT_STANDS or driver_id is None:
        return Ruling(decision.reason, decision.cause.value, driver_id)
    running = charger.customer.running
    if running is not None and running.holds(key, charger.charger_id, transaction_id):
        return Ruling(Reason.CONCURRENT_TX, TAG_IN_USE, driver_id)
    return Ruling(decision.reason, decision.cause.value, driver_id, group_of(driver_id), _until(decision))


def group_of(driver_id: int) -> str:
    """The driver's group as chargers are told it, in at most 20 characters: no card shows a text like it."""
    digits = ""
    while driver_id:
        driver_id, digit = divmod(driver_id, 36)
        digits = _DIGITS[digit] + digits
    return GROUP_PREFIX + digits


def _until(decision: Decision) -> datetime | None:
    """When the tag or the last of the rights that stand ends."""
    ends = [verdict.right.valid_until for verdict in decision.paths]
    last = None if None in ends else max(each for each in ends if each is not None)
    tag = decision.tag.expires_at if decision.tag is not None else None
    return min((each for each in (last, tag) if each is not None), default=None)
