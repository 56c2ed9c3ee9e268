"""What chargers of 2.x say their sockets are."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chargerights.gateway.ocpp.reported_connectors import reported
from chargerights.rights.live import ChargerConfiguration, ReportedSocket
from chargerights.rights.model import Connector
from chargerights.storage.charging import sessions
from tests.gateway.client import V16, V201, RawCharger
from tests.gateway.operating import ACCEPTED, CHARGER, Operator
from tests.gateway.server import InProcess, node, text
from tests.gateway.test_ocpp16 import EVERY
from tests.storage.writing import put
from tests.support.world import DEP_1, NOW


@pytest.mark.parametrize(
    ("facts", "sockets"),
    [
        ({}, []),
        ({"Connector@1.1.ConnectorType": "cType2"}, [ReportedSocket(1, 1, "IEC_62196_T2", "CABLE")]),
        (
            {
                "Connector@1.1.ConnectorType": "sType2",
                "EVSE@1.SupplyPhases": "3",
                "EVSE@1.Power.maxLimit": "22000",
            },
            [ReportedSocket(1, 1, "IEC_62196_T2", "SOCKET", "AC_3_PHASE", 22_000)],
        ),
        (
            {"EVSE@1.SupplyPhases": "3", "Connector@1.2.SupplyPhases": "1", "Connector@1.1.ConnectorType": "?"},
            [ReportedSocket(1, 1, None, None, "AC_3_PHASE"), ReportedSocket(1, 2, None, None, "AC_1_PHASE")],
        ),
        (
            {"EVSE@1.SupplyPhases": "3", "Connector@1.1.ConnectorType": "cCCS2", "EVSE@2.SupplyPhases": "1"},
            [
                ReportedSocket(1, 1, "IEC_62196_T2_COMBO", "CABLE", "DC"),
                ReportedSocket(2, None, None, None, "AC_1_PHASE"),
            ],
        ),
        ({"EVSE@1.1.SupplyPhases": "3", "Connector@1.SupplyPhases": "3", "EVSE@1.Color": "red"}, []),
        ({"EVSE@1.Power.maxLimit": "1e99"}, [ReportedSocket(1)]),
        ({"EVSE@1.Power.maxLimit": "inf"}, [ReportedSocket(1)]),
        ({"EVSE@1.Power.maxLimit": "much"}, [ReportedSocket(1)]),
    ],
)
def test_an_inventory_is_understood_and_what_is_none_is_left_out(
    facts: dict[str, str], sockets: list[ReportedSocket]
) -> None:
    inventory = [ChargerConfiguration(name, value, False) for name, value in facts.items()]
    assert [*reported(inventory)] == sockets


def fact(component: str, name: str, value: str, *place: int, **limits: float) -> dict[str, Any]:
    evse = {"id": place[0]} | ({"connectorId": place[1]} if place[1:] else {})
    return {
        "component": {"name": component, "evse": evse},
        "variable": {"name": name},
        "variableAttribute": [{"value": value, "mutability": "ReadOnly"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False, **limits},
    }


async def report(charger: RawCharger, operator: Operator, *facts: dict[str, Any]) -> None:
    """The charger tells the facts when it is asked for its settings."""
    asking = asyncio.create_task(operator.http.get(f"{CHARGER}/configuration"))
    _, asked = await charger.asked.get()
    say = {"requestId": asked["requestId"], "generatedAt": text(NOW), "seqNo": 0, "reportData": [*facts]}
    await charger.call("NotifyReport", say)
    assert (await asking).status_code == 200


async def test_what_a_charger_reports_of_its_sockets_is_shown_where_nothing_was_entered(
    server: InProcess, operator: Operator
) -> None:
    entered = replace(DEP_1, connectors=(Connector(1, type="IEC_62196_T2"),))
    await server.database.write(put, server.world.us, entered)
    async with server.charger("DEP-1", V201, {"GetBaseReport": ACCEPTED}) as charger:
        await report(
            charger,
            operator,
            fact("Connector", "ConnectorType", "cCCS2", 1, 1),
            fact("EVSE", "Power", "0", 1, maxLimit=50_000),
            fact("Connector", "ConnectorType", "sType2", 3, 1),
            fact("EVSE", "SupplyPhases", "3", 3),
        )
        for evse in (1, 3):
            state = {"timestamp": text(NOW), "connectorStatus": "Available", "evseId": evse, "connectorId": 1}
            await charger.call("StatusNotification", state)
        shown = {each["id"]: each for each in (await server.shown("DEP-1"))["sockets"]}
        own = {each["id"]: each for each in (await operator.http.get(CHARGER)).json()["sockets"]}
        await server.read(sessions.find, *EVERY)
    for each in (shown, own):
        assert (each[1]["type"], each[1]["maxWatts"]) == ("IEC_62196_T2", 50_000), "what was entered goes before"
        assert (each[3]["type"], each[3]["format"], each[3]["socketPowerType"]) == (
            "IEC_62196_T2", "SOCKET", "AC_3_PHASE",
        )  # fmt: skip
    async with node(server.world, clock=server.clock) as other:
        again = {each["id"]: each for each in (await other.shown("DEP-1"))["sockets"]}
        assert again[3]["socketPowerType"] == "AC_3_PHASE", "it is kept"


async def test_a_charger_of_1_6_says_nothing_of_its_sockets(server: InProcess) -> None:
    async with server.charger("DEP-1", V16) as charger:
        await charger.call("StatusNotification", {"connectorId": 3, "errorCode": "NoError", "status": "Available"})
        (third,) = [each for each in (await server.shown("DEP-1"))["sockets"] if each["id"] == 3]
    assert (third["type"], third["maxWatts"]) == (None, None)
