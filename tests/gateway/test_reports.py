"""What chargers report of faults, updates and security: kept once, told as events, and what only repeats is not."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from chargerights.gateway.charger import fault_reports
from chargerights.storage import events
from chargerights.storage.charging import charger_reports
from tests.gateway.client import V16, V21, V201, RawCharger
from tests.gateway.operating import CHARGER, Operator
from tests.gateway.server import InProcess, World, node, text
from tests.support.waiting import PATIENCE
from tests.support.world import NOW

FAULT = {"errorCode": "GroundFailure", "vendorId": "com.maker", "vendorErrorCode": "E7", "info": "lid open"}
SHOWN_FAULT = {
    "code": "GroundFailure", "since": text(NOW), "connectorId": 2,
    "vendorId": "com.maker", "vendorErrorCode": "E7", "info": "lid open",
}  # fmt: skip


async def says(charger: RawCharger, connector: int = 2, minutes: int = 0, **more: Any) -> None:
    """A StatusNotification of 1.6; without more, that all is well."""
    payload = {"connectorId": connector, "status": "Available", "errorCode": "NoError"}
    await charger.call("StatusNotification", {**payload, "timestamp": text(NOW + timedelta(minutes=minutes)), **more})


async def reported(server: InProcess, operator: Operator, query: str = "") -> list[Any]:
    await server.read(lambda connection, customer: None)
    response = await operator.http.get(f"{CHARGER}/reports{query}")
    assert response.status_code == 200, response.text
    items: list[Any] = response.json()["items"]
    return items


async def told(server: InProcess, *types: str) -> list[tuple[str, Mapping[str, Any]]]:
    """The events of those types, in order."""
    page = await server.read(events.since, 0, 1000, types)
    return [(each.type, each.data) for each in page.events]


# -- faults of OCPP 1.6 ---------------------------------------------------------------------------


async def test_a_fault_is_kept_with_all_that_was_said_and_its_end_too(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1") as charger:
        await says(charger, status="Faulted", **FAULT)
        (begun,) = await reported(server, operator)
        shown = (await operator.http.get(CHARGER)).json()
        assert shown["faults"] == [SHOWN_FAULT]
        await says(charger, minutes=1)
        ended, same = await reported(server, operator)
        assert "faults" not in (await operator.http.get(CHARGER)).json()
    assert same == begun
    assert begun == {
        "id": begun["id"], "kind": "fault", "at": text(NOW), "reportedAt": text(NOW), "chargerId": "DEP-1",
        "connectorId": 2, "message": "StatusNotification", "code": "GroundFailure", "ended": False,
        "vendorId": "com.maker", "vendorErrorCode": "E7", "info": "lid open",
    }  # fmt: skip
    assert (ended["code"], ended["ended"], ended["vendorErrorCode"]) == ("GroundFailure", True, "E7")
    (_, first), (_, second) = await told(server, "charger.fault")
    assert first == {
        "reportId": begun["id"], "chargerId": "DEP-1", "connectorId": 2, "code": "GroundFailure", "ended": False,
        "vendorId": "com.maker", "vendorErrorCode": "E7", "receivedAt": text(NOW), "reportedAt": text(NOW),
    }  # fmt: skip
    assert (second["reportId"], second["ended"]) == (ended["id"], True)
    listed = (await operator.http.get("/v2/events?types=charger.fault&types=charger.alert")).json()["items"]
    assert [each["data"] for each in listed] == [first, second]


async def test_that_all_is_well_is_no_report_however_often_it_is_said(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1") as charger:
        for minute in range(3):
            await says(charger, minutes=minute)
            await says(charger, minutes=minute, errorCode="NoError", info="EV connected", vendorErrorCode="0x0000")
        assert await reported(server, operator) == []
    assert await told(server, "charger.fault") == []


async def test_a_fault_that_is_said_again_is_one_report_and_another_one_is_another(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1") as charger:
        for minute in range(3):
            await says(charger, minutes=minute, status="Faulted", **FAULT)
        await says(charger, minutes=4, status="Faulted", **{**FAULT, "vendorErrorCode": "E8"})
        await says(charger, 0, errorCode="HighTemperature")
        found = await reported(server, operator)
    assert [(each["code"], each.get("connectorId"), each.get("vendorErrorCode")) for each in found] == [
        ("HighTemperature", 0, None),
        ("GroundFailure", 2, "E8"),
        ("GroundFailure", 2, "E7"),
    ]


async def test_faulted_without_an_error_code_is_a_fault(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1") as charger:
        await says(charger, status="Faulted")
        await says(charger, minutes=1, status="Available")
        assert [(each["code"], each["ended"]) for each in await reported(server, operator)] == [
            ("Faulted", True),
            ("Faulted", False),
        ]


async def test_reports_sent_again_after_an_outage_and_by_way_of_another_process_are_kept_once(
    database_url: str,
) -> None:
    world = World(database_url)
    for _ in range(2):
        async with node(world) as server, server.charger("DEP-1") as charger:
            await says(charger, status="Faulted", **FAULT)
            await says(charger, minutes=1)
            event = {"type": "InvalidFirmwareSignature", "timestamp": text(NOW), "techInfo": "x"}
            await charger.call("SecurityEventNotification", event)
            found = await server.read(charger_reports.find, charger_reports.ReportFilter("DEP-1"), 10)
            assert [report.ended for _, report in found] == [None, True, False]
            assert len(await told(server, "charger.fault", "charger.security")) == 3


async def test_a_fault_that_goes_on_over_a_restart_of_the_server_is_one_report(database_url: str) -> None:
    world = World(database_url)
    for minute in range(2):
        async with node(world) as server, server.charger("DEP-1") as charger:
            await says(charger, minutes=minute, status="Faulted", **FAULT)
            assert len(await server.read(charger_reports.find, charger_reports.ReportFilter("DEP-1"), 10)) == 1
    async with node(world) as server, server.charger("DEP-1") as charger:
        await says(charger, minutes=5)
        assert len(await server.read(charger_reports.find, charger_reports.ReportFilter("DEP-1"), 10)) == 2


# -- faults and alerts of OCPP 2.x ----------------------------------------------------------------


def event(name: str, value: str, minutes: int = 0, component: str = "ChargingStation", **more: Any) -> dict[str, Any]:
    return {
        "eventId": 1, "timestamp": text(NOW + timedelta(minutes=minutes)), "trigger": "Delta", "actualValue": value,
        "eventNotificationType": "HardWiredNotification",
        "component": {"name": component, "evse": {"id": 1, "connectorId": 1}}, "variable": {"name": name}, **more,
    }  # fmt: skip


@pytest.mark.parametrize("version", [V201, V21])
async def test_problems_and_alerts_are_kept_and_what_is_only_measured_is_not(
    server: InProcess, operator: Operator, version: str
) -> None:
    given = [
        event("Problem", "true", techCode="R17", techInfo="relay welded"),
        event("Problem", "true", 1, techCode="R17", techInfo="relay welded"),
        event("Temperature", "91", 2, trigger="Alerting", component="CPU"),
        event("Temperature", "60", 3, trigger="Alerting", component="CPU", cleared=True),
        event("Temperature", "60", 4, component="CPU"),
        event("Temperature", "60", 5, component="CPU", trigger="Periodic"),
    ]
    async with server.charger("DEP-1", version) as charger:
        payload = {"generatedAt": text(NOW), "seqNo": 0, "eventData": given}
        for _ in range(2):
            await charger.call("NotifyEvent", payload)
        assert [each["code"] for each in (await operator.http.get(CHARGER)).json()["faults"]] == ["R17"]
        await charger.call("NotifyEvent", {**payload, "eventData": [event("Problem", "false", 6)]})
        found = await reported(server, operator)
    assert [(each["kind"], each["code"], each["ended"]) for each in found] == [
        ("fault", "R17", True),
        ("alert", "CPU@1.1.Temperature", True),
        ("alert", "CPU@1.1.Temperature", False),
        ("fault", "R17", False),
    ]
    assert (found[3]["variable"], found[3]["info"]) == ("ChargingStation@1.1.Problem", "relay welded")
    assert (found[2]["value"], found[2]["evseId"], found[2]["connectorId"]) == ("91", 1, 1)
    assert [type_ for type_, _ in await told(server, "charger.fault", "charger.alert")] == [
        "charger.fault", "charger.alert", "charger.alert", "charger.fault",
    ]  # fmt: skip


@pytest.mark.parametrize("by_event", [False, True])
async def test_a_connector_of_2_x_that_is_faulted_is_a_fault_until_it_is_not(
    server: InProcess, operator: Operator, by_event: bool
) -> None:
    async with server.charger("DEP-1", V21) as charger:
        for minute, word in enumerate(("Available", "Faulted", "Faulted", "Available")):
            if by_event:
                data = event("AvailabilityState", word, minute, component="Connector")
                await charger.call("NotifyEvent", {"generatedAt": text(NOW), "seqNo": 0, "eventData": [data]})
            else:
                at = text(NOW + timedelta(minutes=minute))
                said = {"timestamp": at, "connectorStatus": word, "evseId": 1, "connectorId": 1}
                await charger.call("StatusNotification", said)
        found = await reported(server, operator)
    assert [(each["kind"], each["code"], each["evseId"], each["ended"]) for each in found] == [
        ("fault", "Faulted", 1, True),
        ("fault", "Faulted", 1, False),
    ]


async def test_a_report_is_there_soon_though_nothing_asks_for_it(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1") as charger:
        await says(charger, errorCode="OtherError")
        async with asyncio.timeout(PATIENCE):
            while not (await operator.http.get(f"{CHARGER}/reports")).json()["items"]:  # noqa: ASYNC110 - the node writes
                await asyncio.sleep(0.01)


# -- updates, uploads and security ----------------------------------------------------------------

STEPS = [
    (V16, "FirmwareStatusNotification", "firmware", {}),
    (V16, "SignedFirmwareStatusNotification", "firmware", {"requestId": 7}),
    (V16, "DiagnosticsStatusNotification", "diagnostics", {}),
    (V16, "LogStatusNotification", "diagnostics", {"requestId": 7}),
    (V201, "FirmwareStatusNotification", "firmware", {"requestId": 7}),
    (V201, "PublishFirmwareStatusNotification", "firmware", {"requestId": 7}),
    (V21, "LogStatusNotification", "diagnostics", {"requestId": 7}),
]


@pytest.mark.parametrize(("version", "message", "kind", "more"), STEPS)
async def test_each_step_of_an_update_or_upload_is_kept_once_and_idle_is_none(
    server: InProcess, operator: Operator, version: str, message: str, kind: str, more: dict[str, Any]
) -> None:
    words = ["Idle", "Idle", "Uploading", "Uploading", "Uploaded", "Idle", "Idle"]
    if kind == "firmware":
        words = ["Idle", "Idle", "Downloading", "Downloading", "Installed", "Idle", "Idle"]
    async with server.charger("DEP-1", version) as charger:
        for word in words:
            await charger.call(message, {"status": word, **more})
        found = await reported(server, operator)
    assert [each["code"] for each in reversed(found)] == [words[2], words[4], "Idle"]
    assert {(each["kind"], each["message"], each.get("requestId")) for each in found} == {
        (kind, message, more.get("requestId"))
    }
    assert len(await told(server, f"charger.{kind}")) == 3


async def test_security_events_are_kept_each_once(server: InProcess, operator: Operator) -> None:
    said = {"type": "FailedToAuthenticateAtCentralSystem", "timestamp": text(NOW), "techInfo": "401 ALICE"}
    async with server.charger("DEP-1", V201) as charger:
        for payload in (said, said, {**said, "timestamp": text(NOW + timedelta(minutes=1))}):
            await charger.call("SecurityEventNotification", payload)
        found = await reported(server, operator)
    assert [(each["kind"], each["code"], each["info"]) for each in found] == [
        ("security", said["type"], "401 ALICE")
    ] * 2
    assert "ALICE" not in str(await told(server, "charger.security")), "events hold no text of the charger's"


# -- lists, limits and readers --------------------------------------------------------------------


async def test_reports_are_filtered_by_kind_and_time_and_walked_by_cursor(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1") as charger:
        for minute in range(4):
            server.clock.at = NOW + timedelta(minutes=minute)
            await says(charger, minutes=minute, errorCode=f"Code{minute}")
        await charger.call("DiagnosticsStatusNotification", {"status": "Uploading"})
        assert len(await reported(server, operator)) == 5
        assert [each["code"] for each in await reported(server, operator, "?kind=diagnostics")] == ["Uploading"]
        assert len(await reported(server, operator, "?kind=diagnostics&kind=fault")) == 5
        between = f"?startDate={text(NOW + timedelta(minutes=1))}&endDate={text(NOW + timedelta(minutes=3))}"
        assert [each["code"] for each in await reported(server, operator, between)] == ["Code2", "Code1"]
        assert await reported(server, operator, "?kind=security") == []
    page = (await operator.http.get(f"{CHARGER}/reports?limit=3&cursor=")).json()
    rest = (await operator.http.get(f"{CHARGER}/reports", params={"limit": 3, "cursor": page["nextCursor"]})).json()
    assert [each["id"] for each in (*page["items"], *rest["items"])] == [5, 4, 3, 2, 1]
    assert (await operator.http.get(f"{CHARGER}/reports?kind=weather")).status_code == 400
    assert (await operator.http.get("/v2/chargers/NO-SUCH/reports")).status_code == 404


async def test_of_one_charger_the_newest_are_kept(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charger_reports, "KEPT_PER_CHARGER", 3)
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        await says(other, errorCode="OtherError")
        for minute in range(6):
            await says(charger, minutes=minute, errorCode=f"Code{minute}")
        assert [each["code"] for each in await reported(server, operator)] == ["Code5", "Code4", "Code3"]
        assert len(await server.read(charger_reports.find, charger_reports.ReportFilter("GF-1"), 10)) == 1


async def test_a_charger_that_reports_without_end_fills_nothing(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fault_reports, "MOST_PER_MINUTE", 4)
    async with server.charger("DEP-1") as charger:
        for number in range(9):
            await says(charger, errorCode=f"Code{number}")
        assert len(await reported(server, operator)) == 4
        server.clock.at += timedelta(minutes=1)
        await says(charger, errorCode="Later")
        assert (await reported(server, operator))[0]["code"] == "Later"
