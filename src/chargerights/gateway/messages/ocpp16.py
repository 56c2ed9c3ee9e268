"""Handlers of OCPP 1.6.

Notices (starts, stops, meter values, states) are always answered and always stored, also of unknown tags and refused
starts: a charger resends what is not answered, some of them for ever (steve #25).
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

from ...rights.identifiers import tag_key
from ...rights.live import LiveConnector
from ...storage.charging.session_notices import OCPP_16, MeterReading, SessionNotice, plausible
from ..authorization.authorization import AuthorizationResult, authorize
from ..authorization.ordered_starts import once_known
from ..authorization.partner_authorization import known_of
from ..charger.connected_charger import ConnectedCharger
from ..connection.answers import Actions, Answer, Later
from ..ocpp import lenient_parsing
from ..ocpp.statuses import AVAILABLE, STATES_16, STATUS_16, info_16
from ..partner_client import PartnerAnswer
from . import configuration, report_messages

HEARTBEAT_SECONDS = 300
NO_CLOCK = lenient_parsing.EARLIEST


def answer_authorize(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    id_tag = lenient_parsing.card_16(payload["idTag"])

    def answer(verdict: PartnerAnswer | None) -> dict[str, Any]:
        return {"idTagInfo": _info(authorize(charger, id_tag, "Authorize", verdict=verdict))}

    return once_known(charger, id_tag, answer)


def boot_notification(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    charger.update_reported(
        manufacturer=lenient_parsing.text(payload["chargePointVendor"]),
        model=lenient_parsing.text(payload["chargePointModel"]),
        serial_number=lenient_parsing.text(payload.get("chargePointSerialNumber"))
        or lenient_parsing.text(payload.get("chargeBoxSerialNumber")),
        firmware_version=lenient_parsing.text(payload.get("firmwareVersion")),
        iccid=lenient_parsing.text(payload.get("iccid")),
        imsi=lenient_parsing.text(payload.get("imsi")),
        meter_type=lenient_parsing.text(payload.get("meterType")),
        meter_serial_number=lenient_parsing.text(payload.get("meterSerialNumber")),
    )
    charger.restarted()
    charger.booted(configuration.started_16)
    return {"status": "Accepted", "currentTime": charger.customer.clock(), "interval": HEARTBEAT_SECONDS}


def data_transfer(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    return {"status": "UnknownVendorId"}


def heartbeat(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    return {"currentTime": charger.customer.clock()}


def meter_values(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    at = charger.customer.clock()
    transaction = payload.get("transactionId")
    readings = _readings(charger, payload["meterValue"], payload["connectorId"])
    notice = SessionNotice(
        charger.charger_id,
        at,
        None if transaction is None else str(transaction),
        readings=readings,
        at=max((reading.at for reading in readings), default=None),
        ocpp=OCPP_16,
    )
    if notice.transaction_id is not None:
        charger.goes_on(notice.transaction_id)
    return Later({}, charger.customer.write_buffer.keep(notice))


def start_transaction(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    return once_known(charger, lenient_parsing.card_16(payload["idTag"]), partial(_started, charger, payload))


def _started(charger: ConnectedCharger, payload: dict[str, Any], verdict: PartnerAnswer | None) -> Later:
    at, id_tag = charger.customer.clock(), lenient_parsing.card_16(payload["idTag"])
    shown = None if id_tag is None else lenient_parsing.tag(id_tag)
    key = None if id_tag is None else lenient_parsing.key(id_tag)
    connector_id = lenient_parsing.number(payload["connectorId"])
    meter_start = lenient_parsing.amount(payload["meterStart"])
    said = _digest(connector_id, tag_key(payload["idTag"]), meter_start, payload["timestamp"])
    started_at = lenient_parsing.instant(payload["timestamp"], NO_CLOCK)
    has_clock = plausible(started_at, at) == started_at
    start_key, transaction_id, is_new = charger.begin_16(said, has_clock)
    result = authorize(
        charger,
        id_tag,
        "StartTransaction",
        connector_id=connector_id,
        transaction_id=transaction_id,
        verdict=verdict,
    )
    entered = charger.customer.charger(charger.charger_id)
    notice = SessionNotice(
        charger.charger_id,
        at,
        transaction_id,
        start_key,
        charger.customer.session_of(transaction_id) if is_new else None,
        {
            "site_id": entered.site_id if entered is not None else None,
            "connector_id": connector_id,
            "id_tag": shown,
            "tag_key": key,
            "driver_id": result.driver_id,
            "reason": result.reason._value_,
            "started_at": lenient_parsing.instant(payload["timestamp"], at),
            "meter_start": meter_start,
        },
        ocpp=OCPP_16,
    )
    if not charger.transactions_16.has_ended(transaction_id):
        charger.begins(transaction_id, (None, connector_id), notice.occurred_at, key if result.accepted else None)
    answer = {"idTagInfo": _info(result), "transactionId": int(transaction_id)}
    return Later(answer, charger.customer.write_buffer.keep(notice))


def status_notification(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    report_messages.status_16(charger, payload)
    connector_id, word = lenient_parsing.number(payload["connectorId"]), STATES_16.get(payload["status"])
    if word is not None and connector_id == 0:
        charger.set_status(word)
    elif word is not None and connector_id is not None:
        at = charger.customer.clock()
        said_at = lenient_parsing.instant(payload.get("timestamp"), at)
        charger.set_connector(LiveConnector(connector_id, word, said_at))
        if word == AVAILABLE:
            charger.is_free(None, connector_id, said_at)
    return {}


def stop_transaction(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    at, id_tag = charger.customer.clock(), payload.get("idTag")
    transaction_id = _transaction(payload)
    entered = charger.customer.charger(charger.charger_id)
    notice = SessionNotice(
        charger.charger_id,
        at,
        transaction_id,
        says={
            "site_id": entered.site_id if entered is not None else None,
            "stopped_at": lenient_parsing.instant(payload["timestamp"], at),
            "meter_stop": lenient_parsing.amount(payload["meterStop"]),
            "stop_reason": lenient_parsing.text(payload.get("reason"))
            or "Local",  # the standard: left out, it is Local
            "stop_id_tag": lenient_parsing.tag(id_tag) if id_tag is not None else None,
            "stop_tag_key": lenient_parsing.key(id_tag) if id_tag is not None else None,
        },
        readings=_readings(charger, payload.get("transactionData") or [], None),
        ocpp=OCPP_16,
    )
    charger.ended_16(transaction_id)
    answer = {}
    if id_tag is not None:
        verdict = known_of(charger, id_tag)
        answer["idTagInfo"] = _info(authorize(charger, id_tag, "StopTransaction", verdict=verdict))
    return Later(answer, charger.customer.write_buffer.keep(notice))


def _transaction(payload: dict[str, Any]) -> str:
    """Returns the id of the transaction that a stop ends.

    For a stop without a readable one, it is an id that copies of the stop share.
    """
    given = payload["transactionId"]
    if given is not None:
        return str(given)
    meter_stop = lenient_parsing.amount(payload["meterStop"])
    return f"?{_digest(payload['timestamp'], meter_stop, payload.get('idTag'))}"


def noted(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    """Answers a message that needs no more. `lastMessage` shows that it came."""
    return {}


def rejected(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    return {"status": "Rejected"}


ACTIONS: Actions = {
    **report_messages.COMMON,
    **report_messages.ONLY_16,
    "Authorize": answer_authorize,
    "BootNotification": boot_notification,
    "DataTransfer": data_transfer,
    "Heartbeat": heartbeat,
    "MeterValues": meter_values,
    "SignCertificate": rejected,
    "StartTransaction": start_transaction,
    "StatusNotification": status_notification,
    "StopTransaction": stop_transaction,
}


def _info(result: AuthorizationResult) -> dict[str, Any]:
    return info_16(STATUS_16[result.reason], result.group, result.until)


def _digest(*said: object) -> str:
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()


def _readings(charger: ConnectedCharger, given: list[dict[str, Any]], connector_id: object) -> tuple[MeterReading, ...]:
    at = charger.customer.clock()
    return tuple(
        MeterReading(
            lenient_parsing.instant(value.get("timestamp"), at),
            lenient_parsing.samples(value["sampledValue"]),
            connector_id=lenient_parsing.number(connector_id),
        )
        for value in given
    )
