"""OCPP 2.0.1 and 2.1 of a simulated charger: its messages and its answers.

Every EVSE has one connector. A charger of 2.1 reports its states by NotifyEvent, in place of StatusNotification.
"""

from __future__ import annotations

from typing import Any

from ocpp import exceptions, v21, v201
from ocpp.v21.enums import Action as Action21
from ocpp.v201.enums import Action as Action201

from . import configuration
from .configuration import Mutability
from .local_list import ACCEPTED, ListUpdate, TagInfo
from .model import TagDecision, TransactionEventType, TransactionMessage, Trigger
from .reports import REPORTS, availability
from .wire import ChargerLink, accepted, instant, stamp

CONNECTOR = 1  # of each EVSE
TOKEN_TYPE = "ISO14443"  # noqa: S105 - a kind of card
TRIGGERS = {
    Trigger.CARD: "Authorized",
    Trigger.REMOTE: "RemoteStart",
    Trigger.PERIODIC: "MeterValuePeriodic",
    Trigger.TRIGGERED: "Trigger",
}
ENDS = {  # trigger reason, stopped reason
    Trigger.CARD: ("StopAuthorized", "Local"),
    Trigger.REMOTE: ("RemoteStop", "Remote"),
    Trigger.DEAUTHORIZED: ("Deauthorized", "DeAuthorized"),
    Trigger.UNPLUGGED: ("EVDeparted", "EVDisconnected"),
    Trigger.UNLOCKED: ("UnlockCommand", "Other"),
    Trigger.HARD_RESET: ("ResetCommand", "ImmediateReset"),
}


class Ocpp2x(ChargerLink):
    async def boot(self, reason: str) -> tuple[str, int]:
        about = self.charger.about
        station: dict[str, Any] = {
            "vendorName": about.vendor,
            "model": about.model,
            "serialNumber": about.serial_number,
            "firmwareVersion": self.charger.firmware,
        }
        if about.iccid or about.imsi:
            station["modem"] = {"iccid": about.iccid, "imsi": about.imsi}
        request = self._call.BootNotification(charging_station=station, reason=reason)
        return await self.ask(request, lambda answer: (str(answer.status), int(answer.interval)))

    async def heartbeat(self) -> None:
        await self.ask(self._call.Heartbeat(), lambda answer: instant(answer.current_time))

    async def authorize(self, tag: str) -> TagDecision:
        request = self._call.Authorize(id_token=_token(tag))
        return self.sessions.heard(tag, await self.ask(request, lambda answer: _tag_info(answer.id_token_info)))

    async def report_status(self, number: int) -> None:
        request = self._call.StatusNotification(
            timestamp=stamp(self.charger.now()),
            connector_status=availability(self.charger.state(number)),
            evse_id=number,
            connector_id=CONNECTOR,
        )
        await self.ask(request, lambda _: None)

    async def send(self, message: TransactionMessage) -> None:
        transaction = message.transaction
        info: dict[str, Any] = {"transactionId": transaction.id}
        if message.event is TransactionEventType.ENDED:
            trigger, info["stoppedReason"] = ENDS[message.cause]
        else:
            trigger, info["chargingState"] = TRIGGERS[message.cause], "Charging"
        if message.event is TransactionEventType.STARTED and transaction.remote_start_id is not None:
            info["remoteStartId"] = transaction.remote_start_id
        request = self._call.TransactionEvent(
            event_type=message.event,
            timestamp=stamp(message.at),
            trigger_reason=trigger,
            seq_no=message.seq_no,
            transaction_info=info,
            offline=message.offline,
            evse={"id": transaction.connector, "connectorId": CONNECTOR},
            id_token=None if message.tag is None else _token(message.tag),
            meter_value=[_meter_value(message)],
        )
        tag_info = await self.ask(request, lambda a: _tag_info(a.id_token_info) if a.id_token_info else None)
        if tag_info is not None and message.event is not TransactionEventType.ENDED:
            self.sessions.heard_of(transaction, tag_info)
        elif tag_info is not None and message.tag is not None:  # of the card that ended it
            self.sessions.heard(message.tag, tag_info)

    async def report_firmware(self, status: str, request_id: int | None) -> None:
        request = self._call.FirmwareStatusNotification(status=status, request_id=request_id)
        await self.ask(request, lambda _: None)

    async def report(self, request_id: int, entries: list[dict[str, Any]]) -> None:
        """Sends the report, in as many parts as its size requires."""
        size = self.charger.configuration.number("DeviceDataCtrlr.ItemsPerMessage.GetReport")
        parts = [entries[at : at + size] for at in range(0, len(entries), size)]
        for seq_no, part in enumerate(parts):
            request = self._call.NotifyReport(
                request_id=request_id,
                generated_at=stamp(self.charger.now()),
                seq_no=seq_no,
                tbc=seq_no < len(parts) - 1,
                report_data=part,
            )
            await self.ask(request, lambda _: None)

    # What it does when told.

    def request_start(
        self, id_token: dict[str, Any], remote_start_id: int, evse_id: int | None = None, **_: Any
    ) -> Any:
        started = self.commands.remote_start(str(id_token["id_token"]), evse_id, remote_start_id, self.afterwards)
        return self._call_result.RequestStartTransaction(status=accepted(started))

    def request_stop(self, transaction_id: str, **_: Any) -> Any:
        found = next((each for each in self.charger.transactions if each.id == transaction_id), None)
        if found is not None:
            self.afterwards(self.commands.remote_stop, found.connector)
        return self._call_result.RequestStopTransaction(status=accepted(found is not None))

    def transaction_status(self, transaction_id: str | None = None, **_: Any) -> Any:
        waiting = [message.transaction.id for message in self.charger.model.queue]
        if transaction_id is None:
            return self._call_result.GetTransactionStatus(messages_in_queue=bool(waiting))
        running = any(each.id == transaction_id for each in self.charger.transactions)
        return self._call_result.GetTransactionStatus(
            ongoing_indicator=running, messages_in_queue=transaction_id in waiting
        )

    def reset(self, type: str, evse_id: int | None = None, **_: Any) -> Any:
        if evse_id is not None:  # of one EVSE alone: most stations cannot (B12)
            return self._call_result.Reset(status="Rejected")
        if {"Immediate": False, "OnIdle": True}[type] and self.charger.transactions:
            self.afterwards(self.commands.reset_when_idle)
            return self._call_result.Reset(status="Scheduled")
        self.afterwards(self.commands.reset, Trigger.HARD_RESET)
        return self._call_result.Reset(status="Accepted")

    def unlock(self, evse_id: int, connector_id: int, **_: Any) -> Any:
        connector = self.charger.model.connectors.get(evse_id)
        if connector is None or connector_id != CONNECTOR:
            return self._call_result.UnlockConnector(status="UnknownConnector")
        if connector.transaction is not None:
            return self._call_result.UnlockConnector(status="OngoingAuthorizedTransaction")
        self.afterwards(self.commands.unlock, connector)
        return self._call_result.UnlockConnector(status="Unlocked")

    def change_availability(self, operational_status: str, evse: dict[str, Any] | None = None, **_: Any) -> Any:
        operative = {"Operative": True, "Inoperative": False}[operational_status]
        status = self.commands.change_availability(None if evse is None else int(evse["id"]), operative)
        return self._call_result.ChangeAvailability(status=status)

    def get_variables(self, get_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        self._not_too_many(get_variable_data, "GetVariables")
        return self._call_result.GetVariables(get_variable_result=[self._variable(each) for each in get_variable_data])

    def set_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        self._not_too_many(set_variable_data, "SetVariables")
        return self._call_result.SetVariables(set_variable_result=[self._change(each) for each in set_variable_data])

    def get_base_report(self, request_id: int, report_base: str, **_: Any) -> Any:
        if report_base not in REPORTS:
            return self._call_result.GetBaseReport(status="NotSupported")
        self.afterwards(self.report, request_id, list(REPORTS[report_base](self.charger)))
        return self._call_result.GetBaseReport(status="Accepted")

    def trigger(self, requested_message: str, evse: dict[str, Any] | None = None, **_: Any) -> Any:
        number = None if evse is None else int(evse["id"])
        if number is not None and number not in self.charger.numbers:
            return self._call_result.TriggerMessage(status="Rejected")
        concerned = [each for each in self.charger.model.connectors.values() if number in (None, each.number)]
        match requested_message:
            case "BootNotification":
                self.afterwards(self.commands.boot_again)
            case "Heartbeat":
                self.afterwards(self.heartbeat)
            case "StatusNotification":
                for connector in concerned:
                    self.afterwards(self.report_status, connector.number)
            case "FirmwareStatusNotification":
                self.afterwards(self.report_firmware, self.charger.firmware_status, None)
            case "TransactionEvent" | "MeterValues":
                charging = [connector for connector in concerned if connector.transaction is not None]
                if not charging:
                    return self._call_result.TriggerMessage(status="Rejected")
                for connector in charging:
                    self.afterwards(self.commands.measure, connector)
            case _:
                return self._call_result.TriggerMessage(status="NotImplemented")
        return self._call_result.TriggerMessage(status="Accepted")

    def send_local_list(
        self,
        version_number: int,
        update_type: str,
        local_authorization_list: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> Any:
        settings = self.charger.configuration
        entries = [
            (str(each["id_token"]["id_token"]), _tag_info(each["id_token_info"]) if each.get("id_token_info") else None)
            for each in local_authorization_list or ()
        ]
        if len(entries) > settings.number("SendLocalListMaxLength"):
            raise self.occurrence_violation(details={"cause": "more than LocalAuthListCtrlr.ItemsPerMessage"})
        if self.frame_size > settings.number("LocalAuthListCtrlr.BytesPerMessage"):
            raise self.format_violation(details={"cause": "more than LocalAuthListCtrlr.BytesPerMessage"})
        if not settings.flag("LocalAuthListEnabled"):
            return self._call_result.SendLocalList(status=ListUpdate.FAILED)
        status = self.commands.update_local_list(version_number, update_type, entries)
        return self._call_result.SendLocalList(status=status)

    def get_local_list_version(self, **_: Any) -> Any:
        enabled = self.charger.configuration.flag("LocalAuthListEnabled")
        return self._call_result.GetLocalListVersion(
            version_number=self.charger.model.local_list.version if enabled else 0
        )

    def clear_cache(self, **_: Any) -> Any:
        return self._call_result.ClearCache(status=accepted(self.commands.clear_cache()))

    def update_firmware(self, request_id: int, firmware: dict[str, Any], **_: Any) -> Any:
        self.afterwards(self.commands.update_firmware, str(firmware["location"]), request_id)
        return self._call_result.UpdateFirmware(status="Accepted")

    def data_transfer(self, **_: Any) -> Any:
        return self._call_result.DataTransfer(status="UnknownVendorId")

    behaviours = {  # noqa: RUF012 - read only; declared in Wire
        "ChangeAvailability": change_availability,
        "ClearCache": clear_cache,
        "DataTransfer": data_transfer,
        "GetBaseReport": get_base_report,
        "GetLocalListVersion": get_local_list_version,
        "GetTransactionStatus": transaction_status,
        "GetVariables": get_variables,
        "RequestStartTransaction": request_start,
        "RequestStopTransaction": request_stop,
        "Reset": reset,
        "SendLocalList": send_local_list,
        "SetVariables": set_variables,
        "TriggerMessage": trigger,
        "UnlockConnector": unlock,
        "UpdateFirmware": update_firmware,
    }
    occurrence_violation: type[exceptions.OCPPError] = exceptions.OccurrenceConstraintViolationError

    def _not_too_many(self, items: list[Any], kind: str) -> None:
        if len(items) > self.charger.configuration.number(f"DeviceDataCtrlr.ItemsPerMessage.{kind}"):
            raise self.occurrence_violation(details={"cause": f"more than ItemsPerMessage of {kind}"})

    def _variable(self, asked: dict[str, Any]) -> dict[str, Any]:
        setting, result = _found(asked)
        if setting is None:
            return result
        if setting.mutability is Mutability.WRITE_ONLY:
            return {**result, "attributeStatus": "Rejected"}
        return {**result, "attributeValue": self.charger.configuration.text(setting.name)}

    def _change(self, asked: dict[str, Any]) -> dict[str, Any]:
        setting, result = _found(asked)
        if setting is None:
            return result
        outcome = self.commands.change_setting(setting, str(asked["attribute_value"]), self.afterwards)
        return {**result, "attributeStatus": outcome}


class Ocpp201(Ocpp2x, v201.ChargePoint):
    subprotocol = "ocpp2.0.1"
    known_actions = frozenset(map(str, Action201))
    occurrence_violation = exceptions.OccurenceConstraintViolationError  # so spelt until 2.1


class Ocpp21(Ocpp2x, v21.ChargePoint):
    subprotocol = "ocpp2.1"
    known_actions = frozenset(map(str, Action21))

    async def report_status(self, number: int) -> None:
        at = stamp(self.charger.now())
        event = {
            "eventId": self.charger.next_event_id(),
            "timestamp": at,
            "trigger": "Delta",
            "actualValue": availability(self.charger.state(number)),
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "Connector", "evse": {"id": number, "connectorId": CONNECTOR}},
            "variable": {"name": "AvailabilityState"},
        }
        await self.ask(self._call.NotifyEvent(generated_at=at, seq_no=0, event_data=[event]), lambda _: None)


def _found(asked: dict[str, Any]) -> tuple[configuration.Setting | None, dict[str, Any]]:
    """Returns the setting that is asked for, and the result to fill in.

    Without a setting, the result says why.
    """
    component, variable = asked["component"], asked["variable"]
    kind = asked.get("attribute_type", "Actual")
    result = {"component": component, "variable": variable, "attributeType": kind, "attributeStatus": ACCEPTED}
    setting = configuration.of_variable(component["name"], variable["name"], variable.get("instance"))
    if setting is None:
        known = configuration.is_component(component["name"])
        return None, {**result, "attributeStatus": "UnknownVariable" if known else "UnknownComponent"}
    if kind != "Actual":
        return None, {**result, "attributeStatus": "NotSupportedAttributeType"}
    return setting, result


def _token(tag: str) -> dict[str, str]:
    return {"idToken": tag, "type": TOKEN_TYPE}


def _tag_info(info: dict[str, Any]) -> TagInfo:
    group = info.get("group_id_token")
    return TagInfo(
        str(info["status"]), instant(info.get("cache_expiry_date_time")), None if group is None else group["id_token"]
    )


def _meter_value(message: TransactionMessage) -> dict[str, Any]:
    context = {TransactionEventType.STARTED: "Transaction.Begin", TransactionEventType.ENDED: "Transaction.End"}.get(
        message.event, "Sample.Periodic"
    )
    if message.cause is Trigger.TRIGGERED:
        context = "Trigger"
    samples: list[dict[str, Any]] = [
        {
            "value": message.meter_wh,
            "measurand": "Energy.Active.Import.Register",
            "unitOfMeasure": {"unit": "Wh"},
        },
        {"value": message.power_w, "measurand": "Power.Active.Import", "unitOfMeasure": {"unit": "W"}},
    ]
    return {"timestamp": stamp(message.at), "sampledValue": [{**sample, "context": context} for sample in samples]}
