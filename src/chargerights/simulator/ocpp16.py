"""OCPP 1.6 of a simulated charger: its messages, and its answers to commands."""

from __future__ import annotations

from typing import Any, cast

from ocpp import exceptions
from ocpp.v16 import ChargePoint, call, call_result
from ocpp.v16.enums import Action

from . import configuration
from .configuration import Mutability
from .local_list import ListUpdate, TagInfo
from .model import SimulatedConnector, TagDecision, TransactionEventType, TransactionMessage, Trigger
from .wire import ChargerLink, accepted, instant, stamp

UNANSWERED = -1  # of a transaction whose start was never answered, as the errata of 1.6 have it
REASONS = {
    Trigger.CARD: "Local",
    Trigger.REMOTE: "Remote",
    Trigger.DEAUTHORIZED: "DeAuthorized",
    Trigger.UNPLUGGED: "EVDisconnected",
    Trigger.UNLOCKED: "UnlockCommand",
    Trigger.SOFT_RESET: "SoftReset",
    Trigger.HARD_RESET: "HardReset",
}


class Ocpp16(ChargerLink, ChargePoint):
    subprotocol = "ocpp1.6"
    known_actions = frozenset(map(str, Action))
    format_violation = exceptions.FormationViolationError

    async def boot(self, reason: str) -> tuple[str, int]:
        about = self.charger.about
        request = call.BootNotification(
            charge_point_vendor=about.vendor,
            charge_point_model=about.model,
            charge_point_serial_number=about.serial_number,
            firmware_version=self.charger.firmware,
            iccid=about.iccid,
            imsi=about.imsi,
            meter_type=about.meter_type,
            meter_serial_number=about.meter_serial_number,
        )
        return await self.ask(request, lambda answer: (str(answer.status), int(answer.interval)))

    async def heartbeat(self) -> None:
        await self.ask(call.Heartbeat(), lambda answer: instant(answer.current_time))

    async def authorize(self, tag: str) -> TagDecision:
        info = await self.ask(call.Authorize(id_tag=tag), lambda answer: _tag_info(answer.id_tag_info))
        return self.sessions.heard(tag, info)

    async def report_status(self, number: int) -> None:
        request = call.StatusNotification(
            connector_id=number,
            error_code="NoError",
            status=self.charger.state(number),
            timestamp=stamp(self.charger.now()),
        )
        await self.ask(request, lambda _: None)

    async def send(self, message: TransactionMessage) -> None:
        transaction = message.transaction
        if message.event is TransactionEventType.STARTED:
            start = call.StartTransaction(
                connector_id=transaction.connector,
                id_tag=transaction.tag,
                meter_start=message.meter_wh,
                timestamp=stamp(message.at),
            )
            number, info = await self.ask(
                start, lambda answer: (int(answer.transaction_id), _tag_info(answer.id_tag_info))
            )
            transaction.number = number
            self.sessions.heard_of(transaction, info)
            return
        number = UNANSWERED if transaction.number is None else transaction.number
        if message.event is TransactionEventType.UPDATED:
            meter = call.MeterValues(
                connector_id=transaction.connector, transaction_id=number, meter_value=[_meter_value(message)]
            )
            await self.ask(meter, lambda _: None)
            return
        stop = call.StopTransaction(
            transaction_id=number,
            meter_stop=message.meter_wh,
            timestamp=stamp(message.at),
            reason=REASONS[message.cause],
            id_tag=message.tag,
        )
        ended = await self.ask(stop, lambda answer: _tag_info(answer.id_tag_info) if answer.id_tag_info else None)
        if ended is not None and message.tag is not None:  # of the card that ended it
            self.sessions.heard(message.tag, ended)

    async def report_firmware(self, status: str, request_id: int | None) -> None:
        await self.ask(call.FirmwareStatusNotification(status=status), lambda _: None)

    async def report_meter(self, connector: SimulatedConnector) -> None:
        """MeterValues outside any transaction."""
        at = self.charger.now()
        sample = {"value": str(connector.meter_wh(at)), "context": "Trigger", "unit": "Wh"}
        value = {"timestamp": stamp(at), "sampledValue": [sample]}
        await self.ask(call.MeterValues(connector_id=connector.number, meter_value=[value]), lambda _: None)

    # What it does when told.

    def remote_start(self, id_tag: str, connector_id: int | None = None, **_: Any) -> Any:
        started = self.commands.remote_start(id_tag, connector_id, None, self.afterwards)
        return call_result.RemoteStartTransaction(status=accepted(started))

    def remote_stop(self, transaction_id: int, **_: Any) -> Any:
        found = next((each for each in self.charger.transactions if each.number == transaction_id), None)
        if found is not None:
            self.afterwards(self.commands.remote_stop, found.connector)
        return call_result.RemoteStopTransaction(status=accepted(found is not None))

    def reset(self, type: str, **_: Any) -> Any:
        cause = {"Soft": Trigger.SOFT_RESET, "Hard": Trigger.HARD_RESET}[type]
        self.afterwards(self.commands.reset, cause)
        return call_result.Reset(status="Accepted")

    def unlock(self, connector_id: int, **_: Any) -> Any:
        connector = self.charger.model.connectors.get(connector_id)
        if connector is None:
            return call_result.UnlockConnector(status="NotSupported")
        self.afterwards(self.commands.unlock, connector)
        return call_result.UnlockConnector(status="Unlocked")

    def change_availability(self, connector_id: int, type: str, **_: Any) -> Any:
        operative = {"Operative": True, "Inoperative": False}[type]
        status = self.commands.change_availability(connector_id or None, operative)
        return call_result.ChangeAvailability(status=status)

    def get_configuration(self, key: list[str] | None = None, **_: Any) -> Any:
        asked = list(configuration.keys()) if not key else [configuration.of_key(each) for each in key]
        shown = [
            {
                "key": each.key,
                "readonly": each.mutability is Mutability.READ_ONLY,
                "value": self.charger.configuration.text(each.name),
            }
            for each in asked
            if each is not None and each.mutability is not Mutability.WRITE_ONLY
        ]
        unknown = [each for each, found in zip(key or (), asked, strict=False) if found is None]
        return call_result.GetConfiguration(configuration_key=shown, unknown_key=unknown)

    def change_configuration(self, key: str, value: str, **_: Any) -> Any:
        setting = configuration.of_key(key)
        if setting is None:
            return call_result.ChangeConfiguration(status="NotSupported")
        status = self.commands.change_setting(setting, value, self.afterwards)
        return call_result.ChangeConfiguration(status=status)

    def trigger(self, requested_message: str, connector_id: int | None = None, **_: Any) -> Any:
        if connector_id is not None and connector_id not in self.charger.numbers:
            return call_result.TriggerMessage(status="Rejected")
        connectors = [each for each in self.charger.model.connectors.values() if connector_id in (None, 0, each.number)]
        match requested_message:
            case "BootNotification":
                self.afterwards(self.commands.boot_again)
            case "Heartbeat":
                self.afterwards(self.heartbeat)
            case "StatusNotification":
                for number in self.charger.numbers if connector_id is None else (connector_id,):
                    self.afterwards(self.report_status, number)
            case "MeterValues":
                for connector in connectors:
                    if connector.transaction is None:
                        self.afterwards(self.report_meter, connector)
                    else:
                        self.afterwards(self.commands.measure, connector)
            case "FirmwareStatusNotification":
                self.afterwards(self.report_firmware, self.charger.firmware_status, None)
            case _:
                return call_result.TriggerMessage(status="NotImplemented")
        return call_result.TriggerMessage(status="Accepted")

    def send_local_list(
        self,
        list_version: int,
        update_type: str,
        local_authorization_list: list[dict[str, Any]] | None = None,
        **_: Any,
    ) -> Any:
        if not self.charger.configuration.flag("LocalAuthListEnabled"):
            return call_result.SendLocalList(status=ListUpdate.NOT_SUPPORTED)
        entries = [
            (cast("str", each["id_tag"]), _tag_info(each["id_tag_info"]) if each.get("id_tag_info") else None)
            for each in local_authorization_list or ()
        ]
        if len(entries) > self.charger.configuration.number("SendLocalListMaxLength"):
            return call_result.SendLocalList(status=ListUpdate.FAILED)
        status = self.commands.update_local_list(list_version, update_type, entries)
        return call_result.SendLocalList(status=status)

    def get_local_list_version(self, **_: Any) -> Any:
        enabled = self.charger.configuration.flag("LocalAuthListEnabled")
        return call_result.GetLocalListVersion(list_version=self.charger.model.local_list.version if enabled else -1)

    def clear_cache(self, **_: Any) -> Any:
        return call_result.ClearCache(status=accepted(self.commands.clear_cache()))

    def update_firmware(self, location: str, **_: Any) -> Any:
        self.afterwards(self.commands.update_firmware, location, None)
        return call_result.UpdateFirmware()

    def data_transfer(self, **_: Any) -> Any:
        return call_result.DataTransfer(status="UnknownVendorId")

    behaviours = {  # noqa: RUF012 - read only; declared in Wire
        "ChangeAvailability": change_availability,
        "ChangeConfiguration": change_configuration,
        "ClearCache": clear_cache,
        "DataTransfer": data_transfer,
        "GetConfiguration": get_configuration,
        "GetLocalListVersion": get_local_list_version,
        "RemoteStartTransaction": remote_start,
        "RemoteStopTransaction": remote_stop,
        "Reset": reset,
        "SendLocalList": send_local_list,
        "TriggerMessage": trigger,
        "UnlockConnector": unlock,
        "UpdateFirmware": update_firmware,
    }


def _tag_info(info: dict[str, Any]) -> TagInfo:
    return TagInfo(str(info["status"]), instant(info.get("expiry_date")), info.get("parent_id_tag"))


def _meter_value(message: TransactionMessage) -> dict[str, Any]:
    context = "Trigger" if message.cause is Trigger.TRIGGERED else "Sample.Periodic"
    samples = [
        {"value": str(message.meter_wh), "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
        {"value": str(message.power_w), "measurand": "Power.Active.Import", "unit": "W"},
    ]
    return {"timestamp": stamp(message.at), "sampledValue": [{**sample, "context": context} for sample in samples]}
