"""OCPP 2.0.1 and 2.1: what stations say is answered, shown and kept once, in whatever order it comes."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chargerights.gateway.active_sessions import ActiveSessions
from chargerights.storage.charging import authorizations, sessions
from chargerights.storage.charging_settings import set_one_session_per_tag
from tests.gateway.client import V21, V201, RawCharger
from tests.gateway.server import InProcess, text
from tests.gateway.test_ocpp16 import ALL, EVERY
from tests.support.waiting import until
from tests.support.world import NOW

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "Model", "vendorName": "Vendor"}}
LATER = NOW + timedelta(hours=1)


@pytest.fixture(params=[V201, V21])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def token(tag: str, kind: str = "ISO14443") -> dict[str, str]:
    return {"idToken": tag, "type": kind}


def event(kind: str, number: int, at: datetime = NOW, transaction: str = "tx-1", **more: Any) -> dict[str, Any]:
    info = {"transactionId": transaction, **more.pop("info", {})}
    said = {
        "eventType": kind,
        "timestamp": text(at),
        "triggerReason": "Trigger",
        "seqNo": number,
        "transactionInfo": info,
    }
    return said | more


def energy(value: float, at: datetime, **more: Any) -> list[dict[str, Any]]:
    return [{"timestamp": text(at), "sampledValue": [{"value": value, **more}]}]


STARTED = event("Started", 0, evse={"id": 1, "connectorId": 1}, idToken=token("ALICE"), meterValue=energy(100, NOW))
UPDATED = event("Updated", 1, info={"chargingState": "Charging"}, meterValue=energy(2100, NOW + timedelta(minutes=9)))
ENDED = event("Ended", 2, LATER, info={"stoppedReason": "EVDisconnected"}, meterValue=energy(5100, LATER))


async def status(charger: RawCharger, tag: str, kind: str = "ISO14443") -> str:
    return str((await charger.call("Authorize", {"idToken": token(tag, kind)}))["idTokenInfo"]["status"])


def availability(evse: int, connector: int, word: str, version: str) -> tuple[str, dict[str, Any]]:
    """How the version says it: 2.1 may say it either way."""
    if version == V201:
        return "StatusNotification", {
            "timestamp": text(NOW), "connectorStatus": word, "evseId": evse, "connectorId": connector,
        }  # fmt: skip
    component = {"name": "Connector", "evse": {"id": evse, "connectorId": connector}}
    return notify_event(component, word)


def notify_event(component: dict[str, Any], word: str) -> tuple[str, dict[str, Any]]:
    data = {
        "eventId": 1, "timestamp": text(NOW), "trigger": "Delta", "actualValue": word, "component": component,
        "eventNotificationType": "HardWiredNotification", "variable": {"name": "AvailabilityState"},
    }  # fmt: skip
    return "NotifyEvent", {"generatedAt": text(NOW), "seqNo": 0, "eventData": [data]}


# -- what it is -----------------------------------------------------------------------------------


async def test_what_a_station_says_at_its_start_is_shown_at_once(server: InProcess, version: str) -> None:
    station = {
        "model": "Model" * 9, "vendorName": "Vendor", "serialNumber": "S" * 26, "firmwareVersion": "2",
        "modem": {"iccid": "89", "imsi": "24"},
    }  # fmt: skip
    async with server.charger("DEP-1", version) as charger:
        answer = await charger.call("BootNotification", {"reason": "PowerUp", "chargingStation": station})
        assert answer["status"] == "Accepted"
        shown = await server.shown("DEP-1")
    names = ("manufacturer", "chargerModel", "serialNumber", "firmwareVersion", "iccid", "imsi")
    assert [shown[name] for name in names] == ["Vendor", "Model" * 9, "S" * 26, "2", "89", "24"]


async def test_a_report_in_parts_that_come_in_any_order_is_kept_whole_and_without_secrets(
    server: InProcess, version: str
) -> None:
    def variable(component: dict[str, Any], name: str, *attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"component": component, "variable": {"name": name, **more}, "variableAttribute": [*attributes]}

    one = {"name": "Connector", "evse": {"id": 1, "connectorId": 2}}
    parts = [
        [variable({"name": "EVSE", "evse": {"id": 1}}, "Power", {"value": "22000", "mutability": "ReadOnly"})],
        [
            variable(one, "ConnectorType", {"value": "cType2", "mutability": "ReadOnly"}),
            variable({"name": "SecurityCtrlr"}, "BasicAuthPassword", {"value": "secret"}),
            variable({"name": "SecurityCtrlr"}, "Key", {"value": "secret", "mutability": "WriteOnly"}),
        ],
        [
            variable(
                {"name": "C", "instance": "A"}, "M", {"value": "x"}, {"type": "Target", "value": "y"}, instance="B"
            ),
        ],
    ]  # fmt: skip
    async with server.charger("DEP-1", version, answers={"GetBaseReport": {"status": "Accepted"}}) as charger:
        await charger.call("BootNotification", BOOT)
        action, asked = await charger.asked.get()
        assert (action, asked["reportBase"]) == ("GetBaseReport", "FullInventory")
        for number in (2, 0, 1):
            part = {
                "requestId": asked["requestId"], "generatedAt": text(NOW), "seqNo": number, "tbc": number != 2,
                "reportData": parts[number],
            }  # fmt: skip
            assert await charger.call("NotifyReport", part) == {}
        await until(lambda: server.inside("DEP-1").reported.configurations)
        shown = await server.shown("DEP-1")
    assert [
        (each["configName"], each["configValue"], each["canBeChanged"]) for each in shown["chargerConfigurations"]
    ] == [
        ("C.A.M.B", "x", True),
        ("Connector@1.2.ConnectorType", "cType2", False),
        ("EVSE@1.Power", "22000", False),
    ]


# -- its states -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Available", "Available"), ("Occupied", "Preparing"), ("Reserved", "Reserved"), ("Unavailable", "Unavailable"),
        ("Faulted", "Error"),
    ],
)  # fmt: skip
async def test_states_are_shown_in_the_wire_s_words(server: InProcess, version: str, said: str, shown: str) -> None:
    async with server.charger("GF-1", version) as charger:
        await charger.call(*availability(1, 1, said, version))
        (socket,) = (await server.shown("GF-1"))["sockets"]
    assert (socket["id"], socket["deviceEvseId"], socket["deviceConnectorId"]) == (1, 1, 1)
    async with server.charger("GF-1", version):
        (socket,) = (await server.shown("GF-1"))["sockets"]
        assert socket["status"] == shown


async def test_connectors_of_one_evse_are_sockets_apart(server: InProcess, version: str) -> None:
    async with server.charger("GF-1", version) as charger:
        for evse, connector in ((1, 1), (1, 2), (2, 1), (0, 0), (0, 1)):
            await charger.call(*availability(evse, connector, "Available", version))
        sockets = (await server.shown("GF-1"))["sockets"]
    assert [(each["id"], each["deviceEvseId"], each["deviceConnectorId"]) for each in sockets] == [
        (1, 1, 1), (2, 2, 1), (102, 1, 2),
    ]  # fmt: skip


async def test_the_station_s_own_state_is_shown(server: InProcess, version: str) -> None:
    async with server.charger("GF-1", version) as charger:
        await charger.call(*notify_event({"name": "ChargingStation"}, "Unavailable"))
        assert (await server.shown("GF-1"))["chargerStatus"] == "Unavailable"


async def test_an_occupied_connector_is_charging_while_a_transaction_runs_there(
    server: InProcess, version: str
) -> None:
    async with server.charger("GF-1", version) as charger:

        async def word() -> str:
            return str((await server.shown("GF-1"))["sockets"][0]["status"])

        await charger.call(*availability(1, 1, "Occupied", version))
        assert await word() == "Preparing"
        await charger.call("TransactionEvent", STARTED)
        assert await word() == "Charging"
        await charger.call("TransactionEvent", event("Updated", 1, info={"chargingState": "SuspendedEV"}))
        assert await word() == "SuspendedCAR"
        await charger.call("TransactionEvent", event("Updated", 2, info={"chargingState": "SuspendedEVSE"}))
        assert await word() == "SuspendedCHARGER"
        await charger.call("TransactionEvent", ENDED)
        assert await word() == "Preparing"
        await charger.call(*availability(1, 1, "Available", version))
        assert await word() == "Available"


async def test_an_event_that_comes_after_the_end_of_its_transaction_shows_none_running(
    server: InProcess, version: str
) -> None:
    async with server.charger("GF-1", version) as charger:
        await charger.call(*availability(1, 1, "Occupied", version))
        for each in (STARTED, ENDED, UPDATED, STARTED):
            await charger.call("TransactionEvent", each)
        assert (await server.shown("GF-1"))["sockets"][0]["status"] == "Preparing"


async def test_a_late_end_of_the_transaction_before_ends_nothing_that_is_shown(server: InProcess, version: str) -> None:
    next_one = event("Started", 0, transaction="tx-2", evse={"id": 1, "connectorId": 1}, idToken=token("BOB"))
    async with server.charger("GF-1", version) as charger:
        await charger.call(*availability(1, 1, "Occupied", version))
        for each in (STARTED, next_one, ENDED | {"evse": {"id": 1}}):
            await charger.call("TransactionEvent", each)
        assert (await server.shown("GF-1"))["sockets"][0]["status"] == "Charging"


# -- decisions and sessions -----------------------------------------------------------------------


async def test_a_token_s_type_makes_no_difference(server: InProcess, version: str) -> None:
    async with server.charger("DEP-1", version) as charger:
        for kind in ("ISO14443", "Central", "MacAddress", "NothingKnown"):
            assert await status(charger, " alice", kind) == "Accepted"
        for kind in ("ISO14443", "Central"):
            assert await status(charger, "DAN", kind) == "NotAtThisLocation"
            assert await status(charger, "X" * 400, kind) == "Unknown"
            assert await status(charger, "", kind) == ("Unknown" if kind == "ISO14443" else "Invalid")


async def test_a_session_is_the_same_in_whatever_order_and_however_often_its_events_come(
    either: InProcess, version: str
) -> None:
    dice = random.Random(4)
    orders = [*permutations((STARTED, UPDATED, ENDED))]
    async with either.charger("DEP-1", version) as charger:
        for number, order in enumerate(orders):
            sent = [*order, *dice.sample(order, 2)]
            for each in sent:
                said = {**each, "transactionInfo": {**each["transactionInfo"], "transactionId": f"tx-{number}"}}
                await charger.call("TransactionEvent", said)
        found = await either.read(sessions.find, *EVERY)
        kept, _ = await either.read(sessions.readings, found[0].id)
        readings = [each.reading for each in kept]
    assert len(found) == len(orders)
    for session in found:
        assert (session.started_at, session.stopped_at) == (NOW, LATER)
        assert (session.meter_start, session.meter_stop, session.stop_reason) == (100, 5100, "EVDisconnected")
        assert (session.id_tag, session.driver_id, session.reason) == ("ALICE", 1, "Accepted")
        assert (session.evse_id, session.connector_id) == (1, 1)
    assert [each.samples[0]["value"] for each in readings] == [100, 2100, 5100]


async def test_a_tag_whose_session_has_ended_is_free_whatever_comes_after_its_end(
    server: InProcess, version: str
) -> None:
    await server.database.write(set_one_session_per_tag, server.world.us, True, NOW)
    async with server.charger("DEP-1", version) as charger, server.charger("GF-1", version) as other:
        await until(lambda: server.gateway.customers[server.world.us].active_sessions is not None)
        await charger.call("TransactionEvent", STARTED)
        assert await status(other, "ALICE") == "ConcurrentTx"
        await charger.call("TransactionEvent", ENDED)
        await charger.call("TransactionEvent", STARTED)
        assert await status(other, "ALICE") == "Accepted"


def test_a_session_at_an_evse_ends_the_one_before_it_there_whatever_its_connector() -> None:
    known = ActiveSessions()
    known.follow(1, [sessions.Running("GF-1", 1, 1, "alice", "tx-1", True, NOW, None)], lambda _: True)
    assert known.holds("alice", "DEP-1", None)
    known.begin("bob", "GF-1", (1, None), "tx-2", LATER)
    assert not known.holds("alice", "DEP-1", None)
    assert known.holds("bob", "DEP-1", None)


async def test_a_transaction_is_answered_and_kept_whatever_the_tag(server: InProcess, version: str) -> None:
    async with server.charger("DEP-1", version) as charger:
        for number, (tag, word) in enumerate((("NOBODY", "Unknown"), ("GRACE", "Blocked"), ("ERIN", "Accepted"))):
            said = event("Started", 0, transaction=f"tx-{number}", idToken=token(tag))
            assert (await charger.call("TransactionEvent", said))["idTokenInfo"]["status"] == word
        assert await charger.call("TransactionEvent", event("Started", 0, transaction="no tag")) == {}
        found = await server.read(sessions.find, *EVERY)
        decisions = await server.read(authorizations.find, *ALL)
    assert [each.reason for each in reversed(found)] == ["Unknown", "Blocked", "Accepted", None]
    assert {each.message for _, each in decisions} == {"TransactionEvent Started"}


@pytest.mark.parametrize(
    ("sample", "wh"),
    [
        ({"value": 5}, 5),
        ({"value": 5, "unitOfMeasure": {"unit": "kWh"}}, 5000),
        ({"value": 5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}}, 5000),
        ({"value": 5, "unitOfMeasure": {"multiplier": -1}}, 0.5),
        ({"value": 5, "measurand": "Energy.Active.Import.Register"}, 5),
        ({"value": 5, "measurand": "Power.Active.Import"}, None),
        ({"value": 5, "phase": "L1"}, 5),
        ({"value": 1e300, "unitOfMeasure": {"multiplier": 10**9}}, None),
    ],
)
async def test_energy_is_kept_in_watt_hours(server: InProcess, sample: dict[str, Any], wh: float | None) -> None:
    async with server.charger("DEP-1", V201) as charger:
        said = [{"timestamp": text(NOW), "sampledValue": [sample]}]
        await charger.call("TransactionEvent", event("Started", 0, meterValue=said))
        (session,) = await server.read(sessions.find, *EVERY)
    assert session.meter_start == wh


async def test_a_message_of_2_1_that_nobody_answers_is_not_answered(server: InProcess) -> None:
    async with server.charger("DEP-1", V21) as charger:
        await charger.socket.send(json.dumps([6, "s-1", "NotifyPeriodicEventStream", {}]))
        stream = {"id": 1, "pending": 0, "basetime": text(NOW), "data": [{"t": 0, "v": "1"}]}
        await charger.socket.send(json.dumps([6, "s-2", "NotifyPeriodicEventStream", stream]))
        assert (await charger.call("Heartbeat", {}))["currentTime"] == text(NOW)
        assert charger.unasked.empty()
