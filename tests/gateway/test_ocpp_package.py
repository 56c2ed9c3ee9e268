"""An independent client: the `ocpp` package, which holds every answer and every call to its schemas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ocpp import v16, v21, v201
from ocpp.routing import on
from ocpp.v16 import call as call16
from ocpp.v16 import call_result as result16
from ocpp.v16.datatypes import KeyValue
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from chargerights.storage.charging import sessions
from tests.gateway.client import V16, V21, V201, basic
from tests.gateway.server import InProcess, text
from tests.gateway.test_ocpp16 import EVERY
from tests.support.waiting import until
from tests.support.world import NOW

TAGS = ("ALICE", "NOBODY", "HEIDI", "GRACE", "DAN", "IVAN")
WORDS_16 = ["Accepted", "Invalid", "Expired", "Blocked", "Invalid", "Invalid"]
WORDS_2X = ["Accepted", "Unknown", "Expired", "Blocked", "NotAtThisLocation", "NotAtThisTime"]


class Charger16(v16.ChargePoint):  # type: ignore[misc]
    @on("GetConfiguration")
    def configuration(self, **asked: Any) -> Any:
        return result16.GetConfiguration([KeyValue("HeartbeatInterval", False, "60")], [])


class Charger201(v201.ChargePoint):  # type: ignore[misc]
    @on("GetBaseReport")
    def report(self, request_id: int, report_base: str, **more: Any) -> Any:
        return result201.GetBaseReport("Accepted")


class Charger21(v21.ChargePoint):  # type: ignore[misc]
    @on("GetBaseReport")
    def report(self, request_id: int, report_base: str, **more: Any) -> Any:
        return v21.call_result.GetBaseReport("Accepted")


KINDS = {V16: Charger16, V201: Charger201, V21: Charger21}


@asynccontextmanager
async def connected(server: InProcess, version: str) -> AsyncIterator[Any]:
    headers = {"Authorization": basic("DEP-1", server.world.passwords["DEP-1"])}
    address = f"{server.url}/ocpp/DEP-1"
    async with connect(address, subprotocols=[Subprotocol(version)], additional_headers=headers, proxy=None) as socket:
        charger = KINDS[version]("DEP-1", socket)
        reading = asyncio.create_task(charger.start())
        try:
            yield charger
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


async def test_a_charger_of_1_6_goes_through_its_day(server: InProcess) -> None:
    async with connected(server, V16) as charger:
        booted = await charger.call(call16.BootNotification("Model", "Vendor"), suppress=False)
        assert booted.status == "Accepted"
        await charger.call(call16.StatusNotification(1, "NoError", "Available"), suppress=False)
        said = [await charger.call(call16.Authorize(tag), suppress=False) for tag in TAGS]
        assert [each.id_tag_info["status"] for each in said] == WORDS_16
        start = call16.StartTransaction(1, "ALICE", 0, text(NOW))
        began = await charger.call(start, suppress=False)
        assert (await charger.call(start, suppress=False)).transaction_id == began.transaction_id
        value = [{"timestamp": text(NOW), "sampled_value": [{"value": "5"}]}]
        await charger.call(call16.MeterValues(1, value, began.transaction_id), suppress=False)
        await charger.call(call16.StopTransaction(9, text(NOW), began.transaction_id), suppress=False)
        await until(lambda: server.inside("DEP-1").reported.configurations)
    async with connected(server, V16) as charger:
        assert (await charger.call(call16.Heartbeat(), suppress=False)).current_time == text(NOW)
        (session,) = await server.read(sessions.find, *EVERY)
    assert (session.meter_stop, session.stopped_at) == (9, NOW)


@pytest.mark.parametrize("version", [V201, V21])
async def test_a_station_of_2_x_goes_through_its_day(server: InProcess, version: str) -> None:
    call = call201 if version == V201 else v21.call
    async with connected(server, version) as charger:
        station = {"model": "Model", "vendor_name": "Vendor"}
        booted = await charger.call(call.BootNotification(charging_station=station, reason="PowerUp"), suppress=False)
        assert booted.status == "Accepted"
        await charger.call(
            call.StatusNotification(timestamp=text(NOW), connector_status="Available", evse_id=1, connector_id=1),
            suppress=False,
        )
        said = [
            await charger.call(call.Authorize(id_token={"id_token": tag, "type": "ISO14443"}), suppress=False)
            for tag in TAGS
        ]
        assert [each.id_token_info["status"] for each in said] == WORDS_2X
        for kind, number in (("Started", 0), ("Started", 0), ("Updated", 1), ("Ended", 2)):
            event = call.TransactionEvent(
                event_type=kind,
                timestamp=text(NOW),
                trigger_reason="Authorized",
                seq_no=number,
                transaction_info={"transaction_id": "tx-1"},
                id_token={"id_token": "ALICE", "type": "ISO14443"},
            )
            answer = await charger.call(event, suppress=False)
            assert answer.id_token_info["status"] == "Accepted"
    async with connected(server, version) as charger:
        assert (await charger.call(call.Heartbeat(), suppress=False)).current_time == text(NOW)
        (session,) = await server.read(sessions.find, *EVERY)
    assert (session.transaction_id, session.stopped_at, session.stop_id_tag) == ("tx-1", NOW, "ALICE")
