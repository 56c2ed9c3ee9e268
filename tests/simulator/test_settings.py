"""Configuration keys (1.6), variables and reports (2.x)."""

from __future__ import annotations

from typing import Any

import pytest
from ocpp.exceptions import OCPPError

from chargerights.simulator import About, SimulatedCharger
from chargerights.simulator.configuration import SETTINGS, Mutability
from tests.simulator.central import Central
from tests.simulator.conftest import NewCharger

PASSWORD = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}


@pytest.fixture
async def sixteen(new_charger: NewCharger) -> SimulatedCharger:
    charger: SimulatedCharger = await new_charger(connectors=2)
    await charger.until(lambda each: each.online)
    return charger


@pytest.fixture(params=["2.0.1", "2.1"])
async def two(new_charger: NewCharger, request: pytest.FixtureRequest) -> SimulatedCharger:
    charger: SimulatedCharger = await new_charger(
        version=request.param, connectors=2, about=About(model="M", iccid="8")
    )
    await charger.until(lambda each: each.online)
    return charger


async def test_all_keys_are_told_but_the_password(central: Central, sixteen: SimulatedCharger) -> None:
    told = (await central.command("SIM-1", "GetConfiguration")).configuration_key
    shown = {each["key"]: each for each in told}
    assert set(shown) == {setting.key for setting in SETTINGS if setting.key} - {"AuthorizationKey"}
    assert shown["NumberOfConnectors"] == {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
    assert shown["HeartbeatInterval"] == {"key": "HeartbeatInterval", "readonly": False, "value": "300"}


async def test_keys_that_are_asked_for_are_told_and_unknown_ones_named(
    central: Central, sixteen: SimulatedCharger
) -> None:
    answer = await central.command("SIM-1", "GetConfiguration", key=["heartbeatinterval", "Colour", "AuthorizationKey"])
    assert [each["key"] for each in answer.configuration_key] == ["HeartbeatInterval"]
    assert answer.unknown_key == ["Colour"]


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ("HeartbeatInterval", "60", "Accepted"),
        ("HeartbeatInterval", "soon", "Rejected"),
        ("HeartbeatInterval", "-1", "Rejected"),
        ("LocalPreAuthorize", "TRUE", "Accepted"),
        ("LocalPreAuthorize", "perhaps", "Rejected"),
        ("NumberOfConnectors", "9", "Rejected"),
        ("WebSocketPingInterval", "30", "RebootRequired"),
        ("Colour", "red", "NotSupported"),
    ],
)
async def test_a_key_is_changed_or_not(
    central: Central, sixteen: SimulatedCharger, key: str, value: str, status: str
) -> None:
    before = {each.name: sixteen.configuration.text(each.name) for each in SETTINGS}
    assert (await central.command("SIM-1", "ChangeConfiguration", key=key, value=value)).status == status
    changed = {each.name for each in SETTINGS if sixteen.configuration.text(each.name) != before[each.name]}
    assert changed == ({key} if status in ("Accepted", "RebootRequired") else set())


async def test_a_new_password_is_used_at_once(central: Central, sixteen: SimulatedCharger) -> None:
    central.passwords = {"SIM-1": "a new one"}
    await central.command("SIM-1", "ChangeConfiguration", key="AuthorizationKey", value="a new one")
    await central.until(lambda: central.handshakes[101] == 2)
    await sixteen.until(lambda each: each.online)
    assert central.handshakes[401] == 0


async def test_a_heartbeat_interval_that_is_changed_counts_at_once(central: Central, sixteen: SimulatedCharger) -> None:
    await central.command("SIM-1", "ChangeConfiguration", key="HeartbeatInterval", value="1")
    await central.heard("Heartbeat", 2)


async def test_variables_are_told_or_it_is_said_why_not(central: Central, two: SimulatedCharger) -> None:
    asked = [
        HEARTBEAT,
        {**HEARTBEAT, "attributeType": "MaxSet"},
        {**HEARTBEAT, "variable": {"name": "Colour"}},
        {**HEARTBEAT, "component": {"name": "Toaster"}},
        PASSWORD,
    ]
    answer = await central.command("SIM-1", "GetVariables", get_variable_data=asked)
    results = answer.get_variable_result
    assert [each["attribute_status"] for each in results] == [
        "Accepted",
        "NotSupportedAttributeType",
        "UnknownVariable",
        "UnknownComponent",
        "Rejected",
    ]
    assert [each.get("attribute_value") for each in results] == ["300", None, None, None, None]


async def test_variables_are_set_or_it_is_said_why_not(central: Central, two: SimulatedCharger) -> None:
    read_only = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "Entries"}}
    wanted = [
        {**HEARTBEAT, "attributeValue": "60"},
        {**read_only, "attributeValue": "5"},
        {**HEARTBEAT, "variable": {"name": "Colour"}, "attributeValue": "red"},
    ]
    answer = await central.command("SIM-1", "SetVariables", set_variable_data=wanted)
    statuses = [each["attribute_status"] for each in answer.set_variable_result]
    assert statuses == ["Accepted", "Rejected", "UnknownVariable"]
    assert two.configuration.number("HeartbeatInterval") == 60


async def test_too_many_variables_at_once_are_an_error(central: Central, two: SimulatedCharger) -> None:
    with pytest.raises(OCPPError, match="ItemsPerMessage"):
        await central.command("SIM-1", "GetVariables", get_variable_data=[HEARTBEAT] * 51)


async def report(central: Central, base: str) -> list[dict[str, Any]]:
    """Its parts, once the last has come."""
    assert (await central.command("SIM-1", "GetBaseReport", request_id=7, report_base=base)).status == "Accepted"
    await central.until(lambda: any(not part.get("tbc") for part in central.payloads("NotifyReport")))
    return central.payloads("NotifyReport")


async def test_a_full_report_comes_in_parts_with_everything_but_the_password(
    central: Central, two: SimulatedCharger
) -> None:
    parts = await report(central, "FullInventory")
    assert len(parts) > 2
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [True] * (len(parts) - 1) + [False]
    assert {part["requestId"] for part in parts} == {7}
    told = [
        (each["component"]["name"], each["component"].get("evse", {}).get("id"), each["variable"]["name"])
        for part in parts
        for each in part["reportData"]
    ]
    for number in (1, 2):
        assert ("Connector", number, "ConnectorType") in told
        assert ("EVSE", number, "Power") in told
    hidden = [
        each["variableAttribute"][0]
        for part in parts
        for each in part["reportData"]
        if each["variable"]["name"] == "BasicAuthPassword"
    ]
    assert hidden == [{"mutability": Mutability.WRITE_ONLY}]


async def test_a_report_tells_how_long_the_local_list_may_be(central: Central, two: SimulatedCharger) -> None:
    parts = await report(central, "ConfigurationInventory")
    (entries,) = [each for part in parts for each in part["reportData"] if each["variable"]["name"] == "Entries"]
    assert (entries["variableAttribute"][0]["value"], entries["variableCharacteristics"]["maxLimit"]) == ("0", 100)


async def test_a_summary_tells_what_can_be_used(central: Central, two: SimulatedCharger) -> None:
    await two.plug_in(2)
    parts = await report(central, "SummaryInventory")
    states = {
        each["component"]["evse"]["id"]: each["variableAttribute"][0]["value"]
        for part in parts
        for each in part["reportData"]
        if each["component"]["name"] == "Connector"
    }
    assert states == {1: "Available", 2: "Occupied"}
