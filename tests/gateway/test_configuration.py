"""Chargers' settings: read from the charger now, changed one at a time, never a secret."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.gateway.client import V16, V201
from tests.gateway.operating import ACCEPTED, CHARGER, Operator, told
from tests.gateway.server import InProcess, text
from tests.support.world import NOW

KEYS = [
    {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
    {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
    {"key": "AuthorizationKey", "readonly": False, "value": "hunter2"},
]


async def test_settings_of_1_6_are_read_without_secrets(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={"GetConfiguration": {"configurationKey": KEYS}}) as charger:
        response = await operator.http.get(f"{CHARGER}/configuration")
        assert response.json() == {
            "chargerId": "DEP-1",
            "status": "accepted",
            "chargerStatus": "Accepted",
            "configurations": [
                {"name": "HeartbeatInterval", "value": "300", "canBeChanged": True},
                {"name": "NumberOfConnectors", "value": "2", "canBeChanged": False},
            ],
        }
        shown = (await server.shown("DEP-1"))["chargerConfigurations"]
        assert [each["configName"] for each in shown] == ["HeartbeatInterval", "NumberOfConnectors"]
        query = {"name": ["HeartbeatInterval", "AuthorizationKey"]}
        await operator.http.get(f"{CHARGER}/configuration", params=query)
        assert told(charger) == [("GetConfiguration", {}), ("GetConfiguration", {"key": ["HeartbeatInterval"]})]
        secret = await operator.http.get(f"{CHARGER}/configuration", params={"name": "AuthorizationKey"})
        assert (secret.json()["configurations"], told(charger)) == ([], [])


def variable(component: str, name: str, value: str, mutability: str = "ReadWrite") -> dict[str, Any]:
    return {
        "component": {"name": component},
        "variable": {"name": name},
        "variableAttribute": [{"value": value, "mutability": mutability}],
    }


async def test_settings_of_2_x_are_read_when_all_parts_of_the_report_are_there(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", V201, {"GetBaseReport": ACCEPTED}) as charger:
        asking = asyncio.create_task(operator.http.get(f"{CHARGER}/configuration"))
        _, asked = await charger.asked.get()
        parts = [
            variable("OCPPCommCtrlr", "HeartbeatInterval", "300"),
            variable("SecurityCtrlr", "BasicAuthPassword", "hunter2", "WriteOnly"),
        ]
        for number, part in reversed([*enumerate(parts)]):
            report = {"requestId": asked["requestId"], "generatedAt": text(NOW), "seqNo": number}
            assert not asking.done()
            await charger.call("NotifyReport", {**report, "tbc": number == 0, "reportData": [part]})
        found = (await asking).json()["configurations"]
    assert found == [{"name": "OCPPCommCtrlr.HeartbeatInterval", "value": "300", "canBeChanged": True}]


async def test_a_charger_that_has_no_report_says_so(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", V201):
        answer = (await operator.http.get(f"{CHARGER}/configuration")).json()
    assert (answer["status"], answer["chargerStatus"], answer["configurations"]) == ("notSupported", "NotSupported", [])


async def test_a_key_is_changed_and_shown_so(server: InProcess, operator: Operator) -> None:
    answers = {"GetConfiguration": {"configurationKey": KEYS}, "ChangeConfiguration": ACCEPTED}
    async with server.charger("DEP-1", answers=answers) as charger:
        await operator.http.get(f"{CHARGER}/configuration")
        await operator.told("configuration", {"name": "HeartbeatInterval", "value": "60"})
        assert told(charger)[-1] == ("ChangeConfiguration", {"key": "HeartbeatInterval", "value": "60"})
        shown = (await server.shown("DEP-1"))["chargerConfigurations"]
        assert shown[0]["configValue"] == "60"
        charger.answers["ChangeConfiguration"] = {"status": "RebootRequired"}
        answer = await operator.told("configuration", {"name": "HeartbeatInterval", "value": "90"})
        assert answer["status"] == "rebootRequired"
        assert (await server.shown("DEP-1"))["chargerConfigurations"][0]["configValue"] == "60"


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("OCPPCommCtrlr.HeartbeatInterval", [({"name": "OCPPCommCtrlr"}, {"name": "HeartbeatInterval"})]),
        (
            "OCPPCommCtrlr.MessageAttempts.TransactionEvent",
            [
                ({"name": "OCPPCommCtrlr"}, {"name": "MessageAttempts", "instance": "TransactionEvent"}),
                ({"name": "OCPPCommCtrlr", "instance": "MessageAttempts"}, {"name": "TransactionEvent"}),
            ],
        ),
        (
            "Connector@1.2.Enabled",
            [({"name": "Connector", "evse": {"id": 1, "connectorId": 2}}, {"name": "Enabled"})],
        ),
        ("EVSE.left@1.Power", [({"name": "EVSE", "instance": "left", "evse": {"id": 1}}, {"name": "Power"})]),
    ],
)
async def test_a_variable_is_found_by_the_name_it_is_shown_under(
    server: InProcess, operator: Operator, name: str, places: list[tuple[Any, Any]]
) -> None:
    result = {"component": {"name": "x"}, "variable": {"name": "x"}, "attributeStatus": "UnknownVariable"}
    answers = {"SetVariables": {"setVariableResult": [result]}, "GetVariables": {"getVariableResult": [result]}}
    async with server.charger("DEP-1", V201, answers) as charger:
        assert (await operator.told("configuration", {"name": name, "value": "7"}))["status"] == "rejected"
        asked = [payload["setVariableData"][0] for _, payload in told(charger)]
        assert asked == [{"component": c, "variable": v, "attributeValue": "7"} for c, v in places]
        await operator.http.get(f"{CHARGER}/configuration", params={"name": name})
        assert [payload["getVariableData"][0] for _, payload in told(charger)] == [
            {"component": c, "variable": v} for c, v in places
        ]
        result |= {"attributeStatus": "Accepted", "attributeValue": "7"}
        read = await operator.http.get(f"{CHARGER}/configuration", params={"name": name})
        assert read.json()["configurations"] == [{"name": name, "value": "7", "canBeChanged": True}]


@pytest.mark.parametrize(
    ("version", "name"),
    [(V16, "AuthorizationKey"), (V201, "SecurityCtrlr.BasicAuthPassword"), (V201, "HeartbeatInterval")],
)
async def test_a_password_or_a_name_of_another_version_is_not_sent(
    server: InProcess, operator: Operator, version: str, name: str
) -> None:
    async with server.charger("DEP-1", version, {}) as charger:
        assert (await operator.refusal("configuration", {"name": name, "value": "hunter2"}))[0] == 409
        assert told(charger) == []
