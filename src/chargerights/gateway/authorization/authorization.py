"""Decides for chargers whether a tag may charge, and stores the answers.

Every message and command that depends on a tag asks here. This asks `rights.decide`, and adds the rule of one session
per tag.

The tags of a driver are one group: a session can be stopped by the driver that began it, with any of their cards.
Chargers receive the group with each tag (1.6 `parentIdTag`, 2.x `groupIdToken`) and compare groups themselves.
"""

from __future__ import annotations

from datetime import datetime
from time import perf_counter
from typing import NamedTuple

from ... import metrics
from ...rights.decide import Cause, Decision, Reason, RightStatus, decide, decide_without_tag, ends_at
from ...rights.identifiers import MAX_TAG_LENGTH, tag_key
from ...rights.model import Right
from ...storage.charging.authorizations import Authorization
from ..charger.connected_charger import ConnectedCharger
from ..ocpp import lenient_parsing
from ..ocpp.groups import group_of
from ..partner_client import PartnerAnswer

TAG_IN_USE = "tagInUse"
NETWORK_AWAY = "networkAway"
OPERATOR_START = "operatorStart"
MEANINGS = {
    TAG_IN_USE: (Reason.CONCURRENT_TX, "the tag is in a session already, and the customer allows it one at a time"),
    NETWORK_AWAY: (Reason.INVALID, "the customer's network could not be read from the database"),
    OPERATOR_START: (
        Reason.ACCEPTED,
        "an operator has told the charger in the last 5 minutes to start with this tag, without validateRfid",
    ),
}
"""Causes beside those of the core: their reason, and what it means."""
AUTHORIZE = "Authorize"
# Measured: Python 3.11 finds an enum's member, and its value, by a call; a decision would make a dozen of them.
_STANDS, _RIGHT_STANDS, _TAG_UNKNOWN = RightStatus.STANDS, Cause.RIGHT_STANDS, Cause.TAG_UNKNOWN
_CHARGER_BLOCKED = Cause.CHARGER_BLOCKED
_ACCEPTED = Reason.ACCEPTED


class AuthorizationResult(NamedTuple):
    """The answer for a charger, and its cause.

    `cause`: a Cause of the core or one of this module. `until`: the instant from which the charger must ask again, if a
    right or the tag has an end.
    """

    reason: Reason
    cause: str
    driver_id: int | None = None
    group: str | None = None
    until: datetime | None = None

    @property
    def accepted(self) -> bool:
        return self.reason is _ACCEPTED


def authorize(
    charger: ConnectedCharger,
    id_tag: str | None,
    message: str,
    *,
    evse_id: int | None = None,
    connector_id: int | None = None,
    transaction_id: str | None = None,
    verdict: PartnerAnswer | None = None,
) -> AuthorizationResult:
    """Decides whether the tag may charge at the charger now, and stores the decision.

    With a transaction id, the question is whether that transaction may begin or go on. Without one, a session of the
    tag at this charger does not count against it, since the driver may want to end it.

    `id_tag`: None when no tag was shown, so that the charger must be free to use. `message`: the message that asks.
    `verdict`: a partner's answer, which counts for unknown tags only.
    """
    began = perf_counter()
    customer = charger.customer
    at, network, key = customer.clock(), customer.network, tag_key(id_tag or "")
    decision = None
    if network is not None and id_tag is not None:
        decision = decide(network, id_tag, charger.charger_id, at)
    elif network is not None:
        decision = decide_without_tag(network, charger.charger_id, at)
    rights = []
    if decision is not None and decision.cause is _RIGHT_STANDS:
        rights = [evaluation.right for evaluation in decision.verdicts if evaluation.standing is _STANDS]
    where = (evse_id, None if evse_id is not None else connector_id)
    in_use = customer.active_sessions is not None and customer.active_sessions.holds(
        key, charger.charger_id, transaction_id, where, customer.is_lost
    )
    result = _ruled(decision, rights, in_use, verdict)
    is_start = bool(transaction_id) or message == AUTHORIZE
    if is_start and charger.remote_starts.allows(key, (evse_id, connector_id), transaction_id, at):
        result = _ordered(result, decision)
    right_id = place_kind = place_id = None
    if rights:
        right_id, (kind, place) = rights[0].id, rights[0].place
        place_kind, place_id = kind._value_, str(place)
    customer.write_buffer.decided(
        Authorization(
            at=at,
            charger_id=charger.charger_id,
            evse_id=evse_id,
            connector_id=connector_id,
            id_tag=lenient_parsing.tag(id_tag or ""),
            tag_key=key[:MAX_TAG_LENGTH],
            message=message,
            reason=result.reason._value_,
            cause=result.cause,
            driver_id=result.driver_id,
            right_id=right_id,
            place_kind=place_kind,
            place_id=place_id,
        )
    )
    metrics.decision(result.reason._value_, perf_counter() - began)
    return result


def would_accept(charger: ConnectedCharger, id_tag: str | None) -> bool:
    """Returns whether the tag may begin a session at the charger by the rights alone.

    Nothing is kept of the question.
    """
    customer = charger.customer
    if customer.network is None or id_tag is None:
        return False
    if not decide(customer.network, id_tag, charger.charger_id, customer.clock()).allowed:
        return False
    running = customer.active_sessions
    return running is None or not running.holds(tag_key(id_tag), charger.charger_id, "", is_lost=customer.is_lost)


def _ruled(
    decision: Decision | None, rights: list[Right], in_use: bool, verdict: PartnerAnswer | None
) -> AuthorizationResult:
    if decision is None:
        return AuthorizationResult(Reason.INVALID, NETWORK_AWAY)
    cause, driver = decision.cause, decision.driver
    if cause is _TAG_UNKNOWN and verdict is not None:
        if verdict.reason is _ACCEPTED and _is_blocked(decision):
            return AuthorizationResult(_CHARGER_BLOCKED.reason, _CHARGER_BLOCKED._value_)
        if in_use and verdict.reason is _ACCEPTED:
            return AuthorizationResult(Reason.CONCURRENT_TX, TAG_IN_USE)
        return AuthorizationResult(verdict.reason, verdict.cause._value_)
    if cause is not _RIGHT_STANDS or driver is None or decision.tag is None:  # a no, or a yes that needs no tag
        return AuthorizationResult(decision.reason, cause._value_, driver.id if driver is not None else None)
    if in_use:
        return AuthorizationResult(Reason.CONCURRENT_TX, TAG_IN_USE, driver.id)
    return AuthorizationResult(_ACCEPTED, cause._value_, driver.id, group_of(driver.id), ends_at(decision.tag, rights))


def _ordered(result: AuthorizationResult, decision: Decision | None) -> AuthorizationResult:
    """Returns the result for a start that an operator has ordered.

    It is accepted unless the charger is unknown or blocked.
    """
    if result.accepted or decision is None or decision.charger is None:
        return result
    if _is_blocked(decision):
        return AuthorizationResult(_CHARGER_BLOCKED.reason, _CHARGER_BLOCKED._value_, result.driver_id)
    group = None if result.driver_id is None else group_of(result.driver_id)
    return AuthorizationResult(_ACCEPTED, OPERATOR_START, result.driver_id, group)


def _is_blocked(decision: Decision) -> bool:
    return decision.charger is not None and decision.charger.is_blocked(decision.at)
