"""What a charger does when its central system tells it."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.exceptions import FormationViolationError, FormatViolationError, NotImplementedError, NotSupportedError

from chargerights.simulator import SimulatedCharger, State
from chargerights.simulator.configuration import SETTINGS
from tests.simulator.central import Central
from tests.simulator.conftest import NewCharger
from tests.simulator.test_sessions import ids, session_messages, start


class Commands:
    """The commands that both generations know, in either's words."""

    def __init__(self, central: Central, charger: SimulatedCharger) -> None:
        self._central, self._charger = central, charger
        self.sixteen = charger.dialect.subprotocol == "ocpp1.6"

    async def __call__(self, action: str, **payload: Any) -> Any:
        return await self._central.command(self._charger.id, action, **payload)

    async def start(self, tag: str) -> str:
        if self.sixteen:
            return str((await self("RemoteStartTransaction", id_tag=tag)).status)
        token = {"idToken": tag, "type": "ISO14443"}
        return str((await self("RequestStartTransaction", id_token=token, remote_start_id=42)).status)

    async def stop(self, session: Any) -> str:
        action = "RemoteStopTransaction" if self.sixteen else "RequestStopTransaction"
        return str((await self(action, transaction_id=session)).status)

    async def availability(self, number: int | None, operative: bool) -> str:
        word = "Operative" if operative else "Inoperative"
        if self.sixteen:
            return str((await self("ChangeAvailability", connector_id=number or 0, type=word)).status)
        evse = None if number is None else {"id": number}
        return str((await self("ChangeAvailability", operational_status=word, evse=evse)).status)

    async def unlock(self, number: int) -> str:
        where = {"connector_id": number} if self.sixteen else {"evse_id": number, "connector_id": 1}
        return str((await self("UnlockConnector", **where)).status)

    async def reset(self, now: bool) -> str:
        kind = ("Hard" if now else "Soft") if self.sixteen else ("Immediate" if now else "OnIdle")
        return str((await self("Reset", type=kind)).status)

    async def trigger(self, message: str, number: int | None = None) -> str:
        where: dict[str, Any] = {} if number is None else {"evse": {"id": number}}
        if self.sixteen and number is not None:
            where = {"connector_id": number}
        return str((await self("TriggerMessage", requested_message=message, **where)).status)


@pytest.fixture
def command(central: Central, charger: SimulatedCharger) -> Commands:
    return Commands(central, charger)


def session(charger: SimulatedCharger) -> Any:
    """The running session as its central system calls it."""
    (found,) = charger.transactions
    return found.number if charger.dialect.subprotocol == "ocpp1.6" else found.id


async def test_a_remote_start_begins_when_the_cable_is_in(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    assert await command.start("ALICE") == "Accepted"
    await charger.until(lambda each: each.state() is State.PREPARING)
    await charger.plug_in()
    await charger.until(lambda each: each.settled)
    assert session_messages(central) == ["Started"]
    assert "Authorize" in central.actions()
    if not command.sixteen:
        (event,) = central.payloads("TransactionEvent")
        assert (event["triggerReason"], event["transactionInfo"]["remoteStartId"]) == ("RemoteStart", 42)


async def test_a_remote_start_finds_a_car_where_cars_come(central: Central, new_charger: NewCharger) -> None:
    charger = await new_charger(car_comes_when_started=True)
    await charger.until(lambda each: each.online)
    assert await Commands(central, charger).start("ALICE") == "Accepted"
    await charger.until(lambda each: each.state() is State.CHARGING)


async def test_a_remote_start_of_a_card_that_may_not_charge_starts_nothing(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    await charger.plug_in()
    assert await command.start("MALLORY") == "Accepted"  # it is asked about afterwards
    await charger.until(lambda each: each.tally.cards_refused.total() == 1)
    assert charger.transactions == []


async def test_a_remote_start_without_a_free_connector_is_rejected(
    charger: SimulatedCharger, command: Commands
) -> None:
    await start(charger)
    assert await command.start("ALICE") == "Rejected"


async def test_a_remote_stop_ends_that_session_only(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    await start(charger)
    await charger.until(lambda each: each.settled)
    assert await command.stop(4711 if command.sixteen else "another") == "Rejected"
    assert await command.stop(session(charger)) == "Accepted"
    await charger.until(lambda each: not each.transactions and each.settled)
    if command.sixteen:
        assert central.payloads("StopTransaction")[0]["reason"] == "Remote"
    else:
        assert central.payloads("TransactionEvent")[-1]["triggerReason"] == "RemoteStop"


async def test_an_immediate_reset_ends_the_session_and_boots_anew(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    await start(charger)
    await charger.until(lambda each: each.settled)
    assert await command.reset(now=True) == "Accepted"
    await central.heard("BootNotification", 2)
    await charger.until(lambda each: each.online and each.settled)
    assert session_messages(central) == ["Started", "Ended"]
    if not command.sixteen:
        assert central.payloads("BootNotification")[1]["reason"] == "RemoteReset"


async def test_a_gentle_reset_keeps_nothing_back(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    await start(charger)
    await charger.until(lambda each: each.settled)
    assert await command.reset(now=False) == ("Accepted" if command.sixteen else "Scheduled")
    if not command.sixteen:
        assert len(charger.transactions) == 1  # it waits for the driver
        await charger.unplug()
    await central.heard("BootNotification", 2)
    last = central.actions().index("BootNotification", 1)
    before = [action for action in central.actions()[:last] if action in ("StopTransaction", "TransactionEvent")]
    assert len(before) == (1 if command.sixteen else 2)


async def test_unlocking_lets_the_cable_go(charger: SimulatedCharger, command: Commands) -> None:
    await charger.plug_in()
    assert await command.unlock(1) == "Unlocked"
    await charger.until(lambda each: each.state() is State.AVAILABLE)
    assert await command.unlock(9) == ("NotSupported" if command.sixteen else "UnknownConnector")


async def test_unlocking_in_a_session_ends_it_in_16_and_is_refused_since(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    await start(charger)
    if command.sixteen:
        assert await command.unlock(1) == "Unlocked"
        (stop,) = await central.heard("StopTransaction")
        assert stop["reason"] == "UnlockCommand"
    else:
        assert await command.unlock(1) == "OngoingAuthorizedTransaction"
        assert len(charger.transactions) == 1


async def test_a_connector_out_of_order_waits_for_its_session(charger: SimulatedCharger, command: Commands) -> None:
    await start(charger)
    assert await command.availability(1, operative=False) == "Scheduled"
    assert charger.state() is State.CHARGING
    await charger.unplug()
    assert charger.state() is State.UNAVAILABLE
    assert await command.availability(1, operative=True) == "Accepted"
    assert charger.state() is State.AVAILABLE
    assert await command.availability(9, operative=False) == "Rejected"


async def test_a_whole_charger_is_put_out_of_order(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    if command.sixteen:
        await central.heard("StatusNotification", 2)
    assert await command.availability(None, operative=False) == "Accepted"
    assert {charger.state(number) for number in charger.numbers} == {State.UNAVAILABLE}
    if command.sixteen:
        statuses = await central.heard("StatusNotification", 4)
        assert [(each["connectorId"], each["status"]) for each in statuses[2:]] == [
            (0, "Unavailable"),
            (1, "Unavailable"),
        ]


async def test_clearing_the_cache_forgets_cards(charger: SimulatedCharger, command: Commands) -> None:
    await charger.present("ALICE")
    assert (await command("ClearCache")).status == "Accepted"
    await charger.go_offline()
    assert (await charger.present("ALICE")).status == "Unknown"


async def test_a_charger_without_cache_rejects_its_clearing(charger: SimulatedCharger, command: Commands) -> None:
    charger.configuration.put("AuthorizationCacheEnabled", False)
    assert (await command("ClearCache")).status == "Rejected"


@pytest.mark.parametrize("message", ["BootNotification", "Heartbeat", "FirmwareStatusNotification"])
async def test_a_message_that_is_triggered_comes(
    central: Central, charger: SimulatedCharger, command: Commands, message: str
) -> None:
    already = len(central.payloads(message))
    assert await command.trigger(message) == "Accepted"
    await central.heard(message, already + 1)
    assert charger.online


async def test_a_status_that_is_triggered_comes(central: Central, charger: SimulatedCharger, command: Commands) -> None:
    action = "NotifyEvent" if charger.dialect.subprotocol == "ocpp2.1" else "StatusNotification"
    already = len(await central.heard(action, 2 if command.sixteen else 1))
    assert await command.trigger("StatusNotification", 1) == "Accepted"
    await central.heard(action, already + 1)
    assert await command.trigger("StatusNotification", 9) == "Rejected"


async def test_meter_values_that_are_triggered_come(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    await start(charger)
    await charger.until(lambda each: each.settled)
    assert await command.trigger("MeterValues", 1) == "Accepted"
    await central.until(lambda: session_messages(central) == ["Started", "Updated"])
    assert len(set(ids(central))) == 1


async def test_what_a_charger_cannot_send_is_not_implemented(command: Commands) -> None:
    message = "DiagnosticsStatusNotification" if command.sixteen else "SignV2GCertificate"
    assert await command.trigger(message) == "NotImplemented"


async def test_new_firmware_is_told_by_the_next_boot(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    location, when = "https://example.com/firmware/2.5.1.bin", "2026-03-01T00:00:00Z"
    if command.sixteen:
        await command("UpdateFirmware", location=location, retrieve_date=when)
    else:
        firmware = {"location": location, "retrieveDateTime": when}
        assert (await command("UpdateFirmware", request_id=3, firmware=firmware)).status == "Accepted"
    statuses = [each["status"] for each in await central.heard("FirmwareStatusNotification", 4)]
    assert statuses == ["Downloading", "Downloaded", "Installing", "Installed"]
    boot = central.payloads("BootNotification")[1]
    assert boot.get("firmwareVersion", boot.get("chargingStation", {}).get("firmwareVersion")) == "2.5.1"


async def test_an_action_that_a_charger_does_not_do_is_an_error(
    central: Central, charger: SimulatedCharger, command: Commands
) -> None:
    with pytest.raises(NotImplementedError):
        await command("CancelReservation", reservation_id=1)
    with pytest.raises(NotSupportedError):
        await central.raw(charger.id, "MakeCoffee", {})


@pytest.mark.parametrize("payload", [{}, {"type": "Sideways"}, {"type": None}, [], "x", None])
async def test_a_command_that_cannot_be_read_is_an_error_and_nothing_else(
    central: Central, charger: SimulatedCharger, command: Commands, payload: Any
) -> None:
    expected = FormationViolationError if command.sixteen else FormatViolationError
    with pytest.raises(expected):
        await central.raw(charger.id, "Reset", payload)
    assert charger.online


@pytest.mark.parametrize("frame", ["", "{}", "[]", "[2]", "nonsense", "[9,1,2]", '[3,"unasked",{}]', "\x00"])
async def test_a_frame_that_cannot_be_read_does_no_harm(
    central: Central, charger: SimulatedCharger, command: Commands, frame: str
) -> None:
    await central.links[charger.id].socket.send(frame)
    assert (await command("ClearCache")).status == "Accepted"


def test_every_setting_has_a_name_of_its_own() -> None:
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
