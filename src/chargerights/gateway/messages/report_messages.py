"""Reads faults, updates and security events in messages of each version.

See `charger.fault_reports`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ...rights.live import ChargerFault
from ...storage.charging.charger_reports import ReportKind
from ..charger.connected_charger import ConnectedCharger
from ..charger.fault_reports import Place
from ..ocpp import lenient_parsing
from ..ocpp.variables import variable_name

NO_ERROR = ("", "NoError")
FAULTED = "Faulted"
PROBLEM, AVAILABILITY, ALERTING = "Problem", "AvailabilityState", "Alerting"
YES = ("true", "1", "yes", "on")

# -- OCPP 1.6 -------------------------------------------------------------------------------------


def status_16(charger: ConnectedCharger, payload: dict[str, Any]) -> None:
    """Sets the fault in a StatusNotification, or that there is none."""
    connector_id, code = (
        lenient_parsing.number(payload.get("connectorId")),
        lenient_parsing.text(payload.get("errorCode")) or "",
    )
    if code in NO_ERROR and payload.get("status") == FAULTED:
        code = FAULTED
    fault = None
    if code not in NO_ERROR:
        fault = ChargerFault(
            code,
            charger.customer.clock(),
            connector_id=connector_id,
            vendor_id=lenient_parsing.text(payload.get("vendorId")),
            vendor_error_code=lenient_parsing.text(payload.get("vendorErrorCode")),
            info=lenient_parsing.text(payload.get("info")),
        )
    charger.fault_reports.has("StatusNotification", (None, None, connector_id), fault, payload.get("timestamp"))


# -- OCPP 2.x -------------------------------------------------------------------------------------


def status_2x(
    charger: ConnectedCharger, message: str, evse_id: int | None, connector_id: int | None, word: str, said_at: Any
) -> None:
    """Sets whether a connector is faulted, or without an EVSE the charger."""
    fault = None
    if word == FAULTED:
        fault = ChargerFault(FAULTED, charger.customer.clock(), evse_id=evse_id, connector_id=connector_id)
    charger.fault_reports.has(message, (None, evse_id, connector_id), fault, said_at)


def events_2x(charger: ConnectedCharger, payload: dict[str, Any]) -> None:
    """Reads the problems and alerts in a NotifyEvent. Measurements are neither."""
    for event in payload.get("eventData") or ():
        name = event["variable"]["name"]
        if name == PROBLEM:
            _problem(charger, event)
        elif name != AVAILABILITY and (event.get("trigger") == ALERTING or event.get("techCode")):
            _alert(charger, event)


def _problem(charger: ConnectedCharger, event: dict[str, Any]) -> None:
    variable, evse_id, connector_id = place = _place(event)
    fault = None
    if str(event.get("actualValue")).strip().lower() in YES and event.get("cleared") is not True:
        fault = ChargerFault(
            lenient_parsing.text(event.get("techCode")) or PROBLEM,
            charger.customer.clock(),
            evse_id,
            connector_id,
            variable,
            info=lenient_parsing.text(event.get("techInfo")),
        )
    charger.fault_reports.has("NotifyEvent", place, fault, event.get("timestamp"))


def _alert(charger: ConnectedCharger, event: dict[str, Any]) -> None:
    variable, evse_id, connector_id = _place(event)
    value, ended = lenient_parsing.text(event.get("actualValue")), event.get("cleared") is True
    charger.fault_reports.add(
        ReportKind.ALERT,
        "NotifyEvent",
        lenient_parsing.text(event.get("techCode")) or variable or ALERTING,
        event.get("timestamp"),
        (event.get("eventId"), variable, value, ended),
        ended=ended,
        evse_id=evse_id,
        connector_id=connector_id,
        variable=variable,
        value=value,
        info=lenient_parsing.text(event.get("techInfo")),
        severity=lenient_parsing.number(event.get("severity")),
    )


def _place(event: dict[str, Any]) -> Place:
    evse = event["component"].get("evse") or {}
    return (
        variable_name(event) or None,
        lenient_parsing.number(evse.get("id")),
        lenient_parsing.number(evse.get("connectorId")),
    )


# -- every version --------------------------------------------------------------------------------

Handler = Callable[[ConnectedCharger, dict[str, Any]], dict[str, Any]]


def _step(kind: ReportKind, message: str, charger: ConnectedCharger, payload: dict[str, Any]) -> dict[str, Any]:
    word = lenient_parsing.text(payload.get("status"))
    if word is not None:
        charger.fault_reports.step(kind, message, word, lenient_parsing.number(payload.get("requestId")))
    return {}


def _security(charger: ConnectedCharger, payload: dict[str, Any]) -> dict[str, Any]:
    code = lenient_parsing.text(payload.get("type"))
    if code is not None:
        info = lenient_parsing.text(payload.get("techInfo"))
        said_at = payload.get("timestamp")
        charger.fault_reports.add(
            ReportKind.SECURITY, "SecurityEventNotification", code, said_at, (code, info), info=info
        )
    return {}


def _steps(kind: ReportKind, message: str) -> tuple[str, Handler]:
    return message, partial(_step, kind, message)


COMMON: dict[str, Handler] = dict(
    [
        _steps(ReportKind.FIRMWARE, "FirmwareStatusNotification"),
        _steps(ReportKind.DIAGNOSTICS, "LogStatusNotification"),
        ("SecurityEventNotification", _security),
    ]
)
ONLY_16: dict[str, Handler] = dict(
    [
        _steps(ReportKind.FIRMWARE, "SignedFirmwareStatusNotification"),
        _steps(ReportKind.DIAGNOSTICS, "DiagnosticsStatusNotification"),
    ]
)
ONLY_2X: dict[str, Handler] = dict([_steps(ReportKind.FIRMWARE, "PublishFirmwareStatusNotification")])
