"""Sessions in operators' hands: started without a check, stopped by their id, ended when their stop does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chargerights.storage.charging import authorizations, sessions
from tests.gateway import test_ocpp2x as v2
from tests.gateway.client import ANSWERS, V16, V201, RawCharger
from tests.gateway.operating import ACCEPTED, Operator, told
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_ocpp2x import event, token
from tests.gateway.test_ocpp16 import ALL, BOOT, start, status, stop
from tests.gateway.test_told_sessions import becomes, begun, found, one_session, only
from tests.support.world import NOW

GUEST = {"rfidTag": "APP-GUEST-1", "socketId": 1}
STARTS = {
    **ANSWERS, "RemoteStartTransaction": ACCEPTED, "RequestStartTransaction": ACCEPTED,
    "RemoteStopTransaction": ACCEPTED, "RequestStopTransaction": ACCEPTED,
}  # fmt: skip


async def start_status(charger: RawCharger, tag: str = "APP-GUEST-1", **more: Any) -> str:
    return str((await charger.call("StartTransaction", start(tag, **more)))["idTagInfo"]["status"])


async def event_status(
    charger: RawCharger, kind: str, transaction: str, evse: int = 1, tag: str = "APP-GUEST-1"
) -> str:
    said = event(kind, 0, transaction=transaction, idToken=token(tag), evse={"id": evse, "connectorId": 1})
    return str((await charger.call("TransactionEvent", said))["idTokenInfo"]["status"])


# -- started without a check ----------------------------------------------------------------------


async def test_what_an_operator_starts_is_accepted_for_that_start_only(server: InProcess, operator: Operator) -> None:
    """lbbrhzn #1671"""
    async with server.charger("DEP-1", answers=STARTS) as charger:
        assert await status(charger, "APP-GUEST-1") == "Invalid"
        await operator.told("start-charging", GUEST)
        for _ in range(2):
            assert await status(charger, "app-guest-1") == "Accepted"
        assert await status(charger, "APP-GUEST-2") == "Invalid"
        assert await start_status(charger, connector=2) == "Invalid"
        assert await start_status(charger, "APP-GUEST-2") == "Invalid"
        for _ in range(2):  # it is sent again
            assert await start_status(charger) == "Accepted"
        assert await status(charger, "APP-GUEST-1") == "Invalid"
        assert await start_status(charger, meter=7) == "Invalid"
        decisions = [each for _, each in await server.read(authorizations.find, *ALL)]
    assert {(each.reason, each.cause) for each in decisions} == {
        ("Accepted", "operatorStart"), ("Unknown", "tagUnknown"),
    }  # fmt: skip
    assert sorted(each.reason or "" for each in await found(server)) == ["Accepted", "Unknown", "Unknown", "Unknown"]


async def test_what_an_operator_starts_at_a_station_of_2x_is_accepted_to_its_end(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", V201, STARTS) as charger:
        await operator.told("start-charging", GUEST)
        assert await v2.status(charger, "APP-GUEST-1") == "Accepted"
        assert await event_status(charger, "Started", "other", 2) == "Unknown"
        assert await event_status(charger, "Started", "ordered") == "Accepted"
        server.clock.at += timedelta(minutes=30)
        assert await event_status(charger, "Updated", "ordered") == "Accepted"
        assert await event_status(charger, "Updated", "ordered", tag="APP-GUEST-2") == "Unknown"
        assert await event_status(charger, "Ended", "ordered") == "Accepted"
        assert await event_status(charger, "Started", "next") == "Unknown"


async def test_what_an_operator_starts_is_accepted_for_five_minutes(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers=STARTS) as charger, server.charger("GF-1") as elsewhere:
        await operator.told("start-charging", {"rfidTag": "APP-GUEST-1"})
        assert await status(elsewhere, "APP-GUEST-1") == "Invalid"
        server.clock.at += timedelta(minutes=5) - timedelta(seconds=1)
        assert await status(charger, "APP-GUEST-1") == "Accepted"
        server.clock.at += timedelta(seconds=1)
        assert await status(charger, "APP-GUEST-1") == "Invalid"
        assert await start_status(charger) == "Invalid"


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, ("InternalError", "", {})])
async def test_a_start_that_the_charger_refuses_lets_no_tag_in(
    server: InProcess, operator: Operator, answer: Any
) -> None:
    async with server.charger("DEP-1", answers={**STARTS, "RemoteStartTransaction": answer}) as charger:
        await operator.tell("start-charging", GUEST)
        assert await status(charger, "APP-GUEST-1") == "Invalid"
        assert await start_status(charger) == "Invalid"


async def test_a_validated_start_lets_no_tag_in_by_itself(server: InProcess, operator: Operator) -> None:
    """Nor does one without validation make the next validated one right."""
    async with server.charger("DEP-1", answers=STARTS) as charger:
        await operator.told("start-charging", {"rfidTag": "DAN"})
        assert (await operator.tell("start-charging", {"rfidTag": "DAN", "validateRfid": True})).status_code == 403
        await charger.call("StartTransaction", start("DAN"))
        assert await status(charger, "DAN") == "Invalid"


async def test_a_known_driver_s_session_stays_theirs_when_an_operator_starts_it(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers=STARTS) as charger:
        await operator.told("start-charging", {"rfidTag": "DAN"})
        info = (await charger.call("StartTransaction", start("DAN")))["idTagInfo"]
        session = await only(server)
    assert info == {"status": "Accepted", "parentIdTag": "driver-4"}
    assert (session.driver_id, session.reason) == (4, "Accepted")


async def test_a_start_ordered_at_another_node_is_accepted(world: World) -> None:
    async with node(world) as one, node(world) as other, one.charger("DEP-1", answers=STARTS) as charger:
        await one.read(sessions.find, sessions.SessionFilter(), 1)
        operator = Operator(other)
        await operator.told("start-charging", GUEST)
        await operator.http.aclose()
        assert await start_status(charger) == "Accepted"


# -- stopped by id --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V16, V201])
async def test_a_session_is_stopped_by_its_id(server: InProcess, operator: Operator, version: str) -> None:
    async with server.charger("DEP-1", version, STARTS) as charger:
        for number in (1, 2):
            if version == V16:
                await begun(charger, "ALICE", number)
            else:
                await event_status(charger, "Started", f"tx-{number}", number, "ALICE")
        wanted = (await found(server))[0]
        assert (await operator.refusal("stop-charging", {}))[0] == 409
        told(charger)
        assert (await operator.told("stop-charging", {"sessionId": wanted.id}))["status"] == "accepted"
        ((action, payload),) = told(charger)
        assert action in ("RemoteStopTransaction", "RequestStopTransaction")
        assert str(payload["transactionId"]) == wanted.transaction_id
        validated = {"sessionId": wanted.id, "rfidTag": "BOB", "validateRfid": True}
        assert (await operator.tell("stop-charging", validated)).status_code == 403
        assert (await operator.tell("stop-charging", {"sessionId": wanted.id, "socketId": 1})).status_code == 400


async def test_a_session_of_another_charger_or_that_has_ended_is_not_stopped(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers=STARTS) as charger, server.charger("GF-1") as other:
        transaction = await begun(charger)
        await begun(other, "BOB")
        elsewhere = next(each for each in await found(server) if each.charger_id == "GF-1")
        await charger.call("StopTransaction", stop(transaction))
        ended = next(each for each in await found(server) if each.charger_id == "DEP-1")
        told(charger)
        for session_id, text in ((elsewhere.id, "has no session"), (999_999, "has no session"), (ended.id, "ended")):
            code, detail = await operator.refusal("stop-charging", {"sessionId": session_id})
            assert (code, text in detail) == (409, True)
        assert told(charger) == []


async def test_a_session_that_began_in_another_version_is_not_stopped_by_its_transaction_id(
    server: InProcess, operator: Operator
) -> None:
    """lbbrhzn #2008"""
    async with server.charger("DEP-1", V201) as charger:
        await event_status(charger, "Started", "3f-uuid", tag="ALICE")
    session = await only(server)
    async with server.charger("DEP-1", answers=STARTS) as charger:  # without a BootNotification
        for body in ({}, {"sessionId": session.id}):
            code, detail = await operator.refusal("stop-charging", body)
            assert (code, "another version of OCPP" in detail) == (409, True)
        assert told(charger) == []


async def test_the_newest_session_at_a_socket_is_the_one_that_began_last_whatever_its_number(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers=STARTS) as charger:
        late = await begun(charger, "BOB", at=NOW + timedelta(minutes=30))
        await begun(charger, "ALICE", at=NOW + timedelta(minutes=10))  # from a queue
        told(charger)
        await operator.told("stop-charging", {"socketId": 1})
        assert told(charger) == [("RemoteStopTransaction", {"transactionId": late})]


# -- ended by an operator -------------------------------------------------------------------------


async def test_an_operator_ends_a_session_whose_stop_does_not_come(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1") as charger:
        transaction = await begun(charger)
        said = {"connectorId": 1, "transactionId": transaction}
        at = NOW + timedelta(minutes=10)
        reading = {"timestamp": at.isoformat(), "sampledValue": [{"value": "2100"}]}
        await charger.call("MeterValues", {**said, "meterValue": [reading]})
        session = await only(server)
        server.clock.at += timedelta(hours=2)
        path = f"/v2/sessions/{session.id}/end"
        answer = await operator.http.post(path, headers={"Idempotency-Key": "once"})
        shown = answer.json()
        assert (answer.status_code, shown["endedBy"], shown["meterStop"]) == (200, "operator", 2100)
        assert shown["stoppedAt"] == "2026-06-03T09:10:00Z"
        assert (await operator.http.post(path, headers={"Idempotency-Key": "once"})).json() == shown
        assert (await operator.http.post(path)).status_code == 409
        assert (await operator.http.post("/v2/sessions/999999/end")).status_code == 404
        assert told(charger) == []
        log = (await operator.http.get("/v2/audit-logs?kind=session")).json()["items"]
        assert [(each["command"], each["commandDetails"]) for each in log] == [
            ("session.end", f"ended session {session.id} at charger DEP-1, whose stop had not come")
        ]
        await charger.call("MeterValues", {**said, "meterValue": [reading]})
        assert (await only(server)).ended_by == "operator"
        await charger.call("StopTransaction", stop(transaction))
        ended = await only(server)
    assert (ended.ended_by, ended.meter_stop) == ("charger", 5100)


async def test_a_card_is_free_everywhere_once_an_operator_has_ended_its_session(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1", V201) as other:
        await one_session(server)
        await charger.call("BootNotification", BOOT)
        await begun(charger)
        assert await v2.status(other, "ALICE") == "ConcurrentTx"
        session = await only(server)
        assert (await operator.http.post(f"/v2/sessions/{session.id}/end")).status_code == 200
        await becomes(other, "Accepted")
