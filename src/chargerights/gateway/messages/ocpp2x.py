"""Handlers of OCPP 2.0.1 and 2.1.

A token's `type` is not part of its identity: stations send different types for one card. Transaction events come in any
order and more than once. Each carries what it knows of its session (see `storage.charging.sessions`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...storage.charging.session_notices import OCPP_2X, MeterReading, SessionNotice, plausible
from ..authorization.authorization import AuthorizationResult, authorize
from ..authorization.ordered_starts import once_known, with_orders
from ..authorization.partner_authorization import known_of
from ..charger.connected_charger import ConnectedCharger
from ..connection.answers import Actions, Answer, Later
from ..ocpp import lenient_parsing
from ..ocpp.statuses import AVAILABLE, STATES_2X, STATUS_2X, info_2x
from ..partner_client import PartnerAnswer
from . import configuration, report_messages
from .ocpp16 import HEARTBEAT_SECONDS, data_transfer, heartbeat, noted, rejected

STARTED, UPDATED, ENDED = "Started", "Updated", "Ended"
NO_TRANSACTION_ID = "?"
"""Stands for an id that cannot be read."""
MAX_TRANSACTION_ID = 255
"""The standard says 36."""
NOT_RESTARTED = "Triggered"
"""The reason of a BootNotification that the server has asked for."""
STOP_AUTHORIZED = "StopAuthorized"
"""The trigger of an event with the card that ends the session, not the one that began it."""


def answer_authorize(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    id_tag = lenient_parsing.card_2x(payload["idToken"])
    return once_known(
        charger,
        id_tag,
        lambda verdict: {"idTokenInfo": _info(authorize(charger, id_tag, "Authorize", verdict=verdict))},
    )


def boot_notification(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    station = payload["chargingStation"]
    modem = station.get("modem") or {}
    charger.update_reported(
        manufacturer=lenient_parsing.text(station["vendorName"]),
        model=lenient_parsing.text(station["model"]),
        serial_number=lenient_parsing.text(station.get("serialNumber")),
        firmware_version=lenient_parsing.text(station.get("firmwareVersion")),
        iccid=lenient_parsing.text(modem.get("iccid")),
        imsi=lenient_parsing.text(modem.get("imsi")),
    )
    if payload.get("reason") != NOT_RESTARTED:
        charger.restarted()
    charger.booted(configuration.started_2x)
    return {"currentTime": charger.customer.clock(), "interval": HEARTBEAT_SECONDS, "status": "Accepted"}


def meter_values(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    readings = _readings(charger, payload["meterValue"], lenient_parsing.number(payload["evseId"]))
    notice = SessionNotice(charger.charger_id, charger.customer.clock(), readings=readings, ocpp=OCPP_2X)
    return Later({}, charger.customer.write_buffer.keep(notice))


def notify_event(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    """Handles events of availability, problems and alerts.

    In 2.1, availability comes in events only, in place of StatusNotification.
    """
    report_messages.events_2x(charger, payload)
    for event in payload["eventData"]:
        component, variable = event["component"], event["variable"]["name"]
        if variable != "AvailabilityState":
            continue
        evse = component.get("evse")
        if component["name"] == "ChargingStation" and evse is None:
            word = STATES_2X.get(event["actualValue"])
            if word is not None:
                charger.set_status(word)
                report_messages.status_2x(charger, "NotifyEvent", None, None, event["actualValue"], event["timestamp"])
        elif component["name"] == "Connector" and evse is not None:
            place = evse["id"], evse.get("connectorId", 1)
            _availability(charger, "NotifyEvent", *place, event["actualValue"], event["timestamp"])
    return {}


def status_notification(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    place, word = (payload["evseId"], payload["connectorId"]), payload["connectorStatus"]
    _availability(charger, "StatusNotification", *place, word, payload["timestamp"])
    return {}


def transaction_event(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    token = payload.get("idToken")
    if token is None:
        return _event(charger, payload, None)
    if payload["eventType"] == ENDED:
        verdict = known_of(charger, token["idToken"])
        return with_orders(charger, lenient_parsing.card_2x(token), lambda: _event(charger, payload, verdict))
    return once_known(charger, lenient_parsing.card_2x(token), partial(_event, charger, payload))


def _event(charger: ConnectedCharger, payload: dict[str, Any], verdict: PartnerAnswer | None) -> Later:
    at, info = charger.customer.clock(), payload["transactionInfo"]
    kind = payload["eventType"] if payload["eventType"] in (STARTED, ENDED) else UPDATED
    transaction_id = info["transactionId"][:MAX_TRANSACTION_ID] or NO_TRANSACTION_ID
    evse = payload.get("evse") or {}
    evse_id, connector_id = lenient_parsing.number(evse.get("id")), lenient_parsing.number(evse.get("connectorId"))
    token = payload.get("idToken")
    says = _says(charger, payload, evse_id, connector_id)
    said_at = lenient_parsing.instant(payload["timestamp"], at)
    occurred_at = plausible(said_at, at)
    is_over = charger.transactions_2x.has_ended(transaction_id, occurred_at if kind == STARTED else None)
    tag = None
    answer: dict[str, Any] = {}
    if token is not None:
        id_tag = lenient_parsing.card_2x(token)
        shown = None if id_tag is None else lenient_parsing.tag(id_tag)
        key = None if id_tag is None else lenient_parsing.key(id_tag)
        result = authorize(
            charger,
            id_tag,
            f"TransactionEvent {kind}",
            evse_id=evse_id,
            connector_id=connector_id,
            transaction_id=transaction_id,
            verdict=verdict,
        )
        answer["idTokenInfo"] = _info(result)
        if kind == ENDED or payload.get("triggerReason") == STOP_AUTHORIZED:
            says |= {"stop_id_tag": shown, "stop_tag_key": key}
        else:
            says |= {"id_tag": shown, "tag_key": key}
            says |= {"driver_id": result.driver_id, "reason": result.reason._value_}
            tag = key if result.accepted else None
    if kind == ENDED:
        charger.ended_2x(transaction_id, occurred_at)
    elif not is_over:
        charger.begins(transaction_id, (evse_id, None), occurred_at, tag, is_start=kind == STARTED)
    if kind == ENDED or not is_over:
        charger.set_transaction_2x(transaction_id, evse_id, info.get("chargingState"), kind != ENDED, connector_id)
    notice = SessionNotice(
        charger.charger_id,
        at,
        transaction_id,
        says=says,
        readings=_readings(charger, payload.get("meterValue") or [], evse_id),
        at=said_at,
        ocpp=OCPP_2X,
        is_live=not payload.get("offline"),
    )
    return Later(answer, charger.customer.write_buffer.keep(notice))


def failed(charger: ConnectedCharger, payload: dict[str, Any]) -> Answer:
    return {"status": "Failed"}


ACTIONS_201: Actions = {
    **report_messages.COMMON,
    **report_messages.ONLY_2X,
    "Authorize": answer_authorize,
    "BootNotification": boot_notification,
    "ClearedChargingLimit": noted,
    "DataTransfer": data_transfer,
    "GetCertificateStatus": failed,
    "Heartbeat": heartbeat,
    "MeterValues": meter_values,
    "NotifyChargingLimit": noted,
    "NotifyCustomerInformation": noted,
    "NotifyDisplayMessages": noted,
    "NotifyEVChargingNeeds": rejected,
    "NotifyEVChargingSchedule": rejected,
    "NotifyEvent": notify_event,
    "NotifyMonitoringReport": noted,
    "NotifyReport": configuration.notify_report,
    "ReportChargingProfiles": noted,
    "ReservationStatusUpdate": noted,
    "SignCertificate": rejected,
    "StatusNotification": status_notification,
    "TransactionEvent": transaction_event,
}

ACTIONS_21: Actions = {
    **ACTIONS_201,
    "BatterySwap": noted,
    "NotifyDERAlarm": noted,
    "NotifyDERStartStop": noted,
    "NotifyPeriodicEventStream": noted,
    "NotifyPriorityCharging": noted,
    "NotifySettlement": noted,
    "NotifyWebPaymentStarted": noted,
    "ReportDERControl": noted,
}


def _info(result: AuthorizationResult) -> dict[str, Any]:
    return info_2x(STATUS_2X[result.reason], result.group, result.until)


def _availability(charger: ConnectedCharger, message: str, evse_id: Any, connector_id: Any, word: str, at: Any) -> None:
    evse, connector, status = lenient_parsing.number(evse_id), lenient_parsing.number(connector_id), STATES_2X.get(word)
    if not evse or not connector or status is None:
        return
    report_messages.status_2x(charger, message, evse, connector, word, at)
    said_at = lenient_parsing.instant(at, charger.customer.clock())
    charger.set_availability_2x(evse, connector, status, said_at)
    if status == AVAILABLE:
        charger.is_free(evse, connector, said_at)


def _says(
    charger: ConnectedCharger, payload: dict[str, Any], evse_id: int | None, connector_id: int | None
) -> dict[str, Any]:
    """Returns what the event knows of its session, apart from tags."""
    at = charger.customer.clock()
    kind, entered = payload["eventType"], charger.customer.charger(charger.charger_id)
    says: dict[str, Any] = {
        "site_id": entered.site_id if entered is not None else None,
        "evse_id": evse_id,
        "connector_id": connector_id,
    }
    if kind == STARTED:
        says["started_at"] = lenient_parsing.instant(payload["timestamp"], at)
    if kind == ENDED:
        says["stopped_at"] = lenient_parsing.instant(payload["timestamp"], at)
        says["stop_reason"] = lenient_parsing.text(payload["transactionInfo"].get("stoppedReason")) or "Local"
    return says


def _readings(charger: ConnectedCharger, given: list[dict[str, Any]], evse_id: int | None) -> tuple[MeterReading, ...]:
    at = charger.customer.clock()
    return tuple(
        MeterReading(
            lenient_parsing.instant(value["timestamp"], at), lenient_parsing.samples(value["sampledValue"]), evse_id
        )
        for value in given
    )
