"""Commands to chargers: each in each version, and each way in which it can end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import Connection

from chargerights.gateway import command_dispatch
from chargerights.rights.permissions import Permission
from chargerights.storage import callers, revisions
from chargerights.storage.changes import operators
from chargerights.storage.charging import authorizations
from chargerights.storage.charging_settings import set_one_session_per_tag
from chargerights.storage.journal import Actor, ChangeContext
from tests.gateway.client import ANSWERS, V16, V21, V201
from tests.gateway.operating import ACCEPTED, ALICE, CHARGER, Operator, told
from tests.gateway.server import InProcess, text
from tests.gateway.test_ocpp16 import ALL, start
from tests.support.world import DEPOT, NOW, OFFICE


def event(transaction: str, tag: str = "ALICE", kind: str = "Started", evse: int = 1) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": text(NOW),
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": transaction},
        "evse": {"id": evse, "connectorId": 1},
        "idToken": {"idToken": tag, "type": "ISO14443"},
    }


# -- each command ---------------------------------------------------------------------------------

COMMANDS: list[tuple[str, Any, tuple[str, Any] | None, tuple[str, Any] | None]] = [
    (
        "start-charging",
        {"socketId": 1, "rfidTag": " 04a2b3c4 "},
        ("RemoteStartTransaction", {"idTag": "04a2b3c4", "connectorId": 1}),
        (
            "RequestStartTransaction",
            {"idToken": {"idToken": "04a2b3c4", "type": "ISO14443"}, "evseId": 1, "remoteStartId": 1},
        ),
    ),
    (
        "start-charging",
        ALICE,
        ("RemoteStartTransaction", {"idTag": "ALICE"}),
        ("RequestStartTransaction", {"idToken": {"idToken": "ALICE", "type": "Central"}, "remoteStartId": 1}),
    ),
    (
        "unlock",
        {"socketId": 2},
        ("UnlockConnector", {"connectorId": 2}),
        ("UnlockConnector", {"evseId": 2, "connectorId": 1}),
    ),
    ("reset", {"type": "Soft"}, ("Reset", {"type": "Soft"}), ("Reset", {"type": "OnIdle"})),
    ("reset", {"type": "Hard"}, ("Reset", {"type": "Hard"}), ("Reset", {"type": "Immediate"})),
    ("reset", {"type": "Soft", "evseId": 2}, None, ("Reset", {"type": "OnIdle", "evseId": 2})),
    (
        "change-availability",
        {"available": False},
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
        ("ChangeAvailability", {"operationalStatus": "Inoperative"}),
    ),
    (
        "change-availability",
        {"available": True, "socketId": 202},
        ("ChangeAvailability", {"connectorId": 202, "type": "Operative"}),
        ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 2}}),
    ),
    (
        "trigger-message",
        {"message": "StatusNotification", "socketId": 1},
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}),
    ),
    (
        "trigger-message",
        {"message": "DiagnosticsStatusNotification"},
        ("TriggerMessage", {"requestedMessage": "DiagnosticsStatusNotification"}),
        None,
    ),
    (
        "trigger-message",
        {"message": "TransactionEvent"},
        None,
        ("TriggerMessage", {"requestedMessage": "TransactionEvent"}),
    ),
    ("clear-cache", None, ("ClearCache", {}), ("ClearCache", {})),
]


@pytest.mark.parametrize("version", [V16, V201, V21])
@pytest.mark.parametrize(("command", "body", "in_16", "in_2x"), COMMANDS)
async def test_a_command_is_its_message_in_each_version(
    server: InProcess, operator: Operator, version: str, command: str, body: Any, in_16: Any, in_2x: Any
) -> None:
    expected = in_16 if version == V16 else in_2x
    if expected is None:
        async with server.charger("DEP-1", version, ANSWERS) as charger:
            status, detail = await operator.refusal(command, body)
            assert (status, told(charger)) == (409, [])
        assert detail.startswith(f"the charger speaks OCPP {version.removeprefix('ocpp')}, in which ")
        assert "nothing was sent" in detail
        return
    word = "Unlocked" if command == "unlock" else "Accepted"
    async with server.charger("DEP-1", version, {**ANSWERS, expected[0]: {"status": word}}) as charger:
        answer = await operator.told(command, body)
        assert [each for each in told(charger) if each[0] == expected[0]] == [expected]
    socket = {"socketId": body["socketId"]} if body and "socketId" in body else {}
    assert answer == {"chargerId": "DEP-1", **socket, "status": "accepted", "chargerStatus": word}


# -- how it ends ----------------------------------------------------------------------------------


async def test_a_charger_that_is_not_connected_is_told_nothing(server: InProcess, operator: Operator) -> None:
    for command, body, *_ in COMMANDS:
        status, detail = await operator.refusal(command, body)
        assert (status, detail) == (409, "charger DEP-1 is not connected: nothing was sent")
    read = await operator.http.get(f"{CHARGER}/configuration")
    assert read.status_code == 409


@pytest.mark.parametrize(
    ("version", "command", "body", "detail"),
    [
        (V201, "start-charging", {"rfidTag": "T" * 37}, "idToken.idToken can have at most 36 characters"),
        (V16, "configuration", {"name": "K" * 51, "value": "1"}, "key can have at most 50 characters"),
        (V201, "configuration", {"name": "A.B", "value": "v" * 1001},
         "setVariableData.0.attributeValue can have at most 1000 characters"),
    ],
)  # fmt: skip
async def test_what_a_version_cannot_say_is_not_sent(
    server: InProcess, operator: Operator, version: str, command: str, body: Any, detail: str
) -> None:
    async with server.charger("DEP-1", version) as charger:
        told_so = await operator.refusal(command, body)
        assert told(charger) == []
    speaks = f"the charger speaks OCPP {version.removeprefix('ocpp')}, in which"
    assert told_so == (409, f"{speaks} {detail}: nothing was sent")


async def test_an_error_of_the_charger_is_told_with_its_code_and_text(server: InProcess, operator: Operator) -> None:
    answers = {"Reset": ("NotSupported", "not in this model", {})}
    async with server.charger("DEP-1", answers=answers):
        status, detail = await operator.refusal("reset", {"type": "Hard"})
    assert status == 502
    assert detail == "charger DEP-1 answered with the error NotSupported: not in this model"


async def test_an_answer_against_the_schema_is_an_error(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={"Reset": {}}):
        assert (await operator.refusal("reset", {"type": "Hard"}))[0] == 502


async def test_a_silent_charger_may_have_done_it(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_dispatch, "DONE_SECONDS", 2.0)
    async with server.charger("DEP-1", answers={}) as charger:
        assert (await operator.refusal("reset", {"type": "Hard"}))[0] == 504
        assert len(told(charger)) == 1


async def test_a_link_that_is_lost_before_the_answer_is_no_no(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        asked = asyncio.create_task(operator.refusal("reset", {"type": "Hard"}))
        await charger.asked.get()
    assert (await asked)[0] == 504


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Rejected", "rejected"),
        ("UnlockFailed", "rejected"),
        ("NotSupported", "notSupported"),
        ("NotImplemented", "notSupported"),
        ("Scheduled", "scheduled"),
        ("SomethingNew", "rejected"),
    ],
)
async def test_a_no_of_the_charger_is_an_answer(server: InProcess, operator: Operator, word: str, status: str) -> None:
    info = {"reasonCode": "NotNow", "additionalInfo": "the lid is open"}
    async with server.charger("DEP-1", V201, {"ClearCache": {"status": word, "statusInfo": info}}):
        answer = await operator.told("clear-cache")
    assert answer["status"] == status
    assert (answer["chargerStatus"], answer["text"]) == (word, "NotNow: the lid is open")


async def test_what_a_charger_was_told_is_in_the_audit_log_whatever_came_of_it(
    server: InProcess, operator: Operator
) -> None:
    await operator.tell("clear-cache")
    answers = {**ANSWERS, "Reset": ("InternalError", "", {}), "UnlockConnector": {"status": "UnlockFailed"}}
    async with server.charger("DEP-1", answers={**answers, "RemoteStartTransaction": ACCEPTED}):
        await operator.tell("reset", {"type": "Hard"})
        await operator.told("unlock", {"socketId": 2})
        await operator.tell("start-charging", {"rfidTag": "DAN", "validateRfid": True})
        await operator.told("start-charging", ALICE)
        await operator.http.get(f"{CHARGER}/configuration")
    log = (await operator.http.get("/v2/audit-logs?kind=command&entityId=DEP-1")).json()
    me = (await operator.http.get("/v2/operators/me")).json()
    assert [(each["command"], each["successful"], each["commandDetails"]) for each in log["items"]] == [
        ("charger.start", True, "told charger DEP-1: start; Accepted"),
        ("charger.start", False, "told charger DEP-1: start; the tag may not charge there, so nothing was sent"),
        ("charger.unlock", False, "told charger DEP-1: unlock; UnlockFailed"),
        ("charger.reset", False, "told charger DEP-1: reset; it answered with an error"),
        ("charger.clearCache", False, "told charger DEP-1: clearCache; it was not connected"),
    ]
    assert {each["operatorId"] for each in log["items"]} == {me["id"]}
    assert log["items"][3]["changes"][0]["after"]["arguments"] == {"type": "Hard"}
    assert not any(word in str(log) for word in ("ALICE", "DAN")), "what names a person is not kept"


def new_key(connection: Connection, customer_id: int, permissions: set[Permission], sites: list[int] | None) -> str:
    occasion = ChangeContext(NOW, Actor("test"), "operator.add")
    reach = None if sites is None else tuple(sites)
    made = revisions.make(connection, customer_id, occasion, operators.add, "One", frozenset(permissions), reach)
    return callers.add_key(connection, customer_id, at=NOW, operator_id=made.id)[1]


async def test_who_may_not_operate_the_charger_tells_it_nothing(server: InProcess) -> None:
    def key(permissions: set[Permission], sites: list[int] | None = None) -> str:
        return server.database.write_now(new_key, server.world.us, permissions, sites)

    keys = {
        key(set(Permission) - {Permission.OPERATE_CHARGERS, Permission.GLOBAL_ADMIN}): 403,
        key({Permission.OPERATE_CHARGERS}, [OFFICE.id]): 404,
        server.database.write_now(callers.add_key, server.world.us, at=NOW, read_only=True)[1]: 403,
        server.world.rival_key: 404,
        key({Permission.OPERATE_CHARGERS}, [DEPOT.id]): 200,
    }
    async with server.charger("DEP-1", answers={"ClearCache": ACCEPTED}) as charger:
        for each, status in keys.items():
            operator = Operator(server, each)
            assert (await operator.tell("clear-cache")).status_code == status
            await operator.http.aclose()
        assert len(told(charger)) == 1


@pytest.mark.parametrize(
    ("command", "body"),
    [
        ("start-charging", {}),
        ("start-charging", {"rfidTag": " "}),
        ("start-charging", {"rfidTag": "A", "socketId": 0}),
        ("start-charging", {"rfidTag": "A", "validateRFID": True}),
        ("stop-charging", {"validateRfid": True}),
        ("unlock", {}),
        ("reset", {"type": "Gentle"}),
        ("change-availability", {"available": "no"}),
        ("trigger-message", {"message": "Authorize"}),
        ("configuration", {"name": "A"}),
    ],
)
async def test_a_body_that_makes_no_sense_tells_the_charger_nothing(
    server: InProcess, operator: Operator, command: str, body: Any
) -> None:
    async with server.charger("DEP-1") as charger:
        assert (await operator.refusal(command, body))[0] == 400
        assert told(charger) == []


async def test_a_command_cannot_be_tried_only(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1") as charger:
        assert (await operator.refusal("clear-cache?dryRun=true"))[0] == 400
        assert told(charger) == []


# -- tags -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize(
    ("tag", "reason"),
    [("DAN", "NotAtThisLocation"), ("NOBODY", "Unknown"), ("GRACE", "Blocked"), ("HEIDI", "Expired"),
     ("PEGGY", "NotAtThisTime"), ("MALLORY", "Unknown")],
)  # fmt: skip
async def test_a_tag_that_may_not_charge_there_starts_nothing_and_that_is_kept(
    server: InProcess, operator: Operator, version: str, tag: str, reason: str
) -> None:
    async with server.charger("DEP-1", version, {}) as charger:
        response = await operator.tell("start-charging", {"socketId": 1, "rfidTag": tag, "validateRfid": True})
        assert response.status_code == 403
        said, sentence = response.json()["errors"]["rfidTag"]
        assert said == reason
        assert "DEP-1" in sentence or "tag" in sentence
        assert told(charger) == []
        ((_, kept),) = await server.read(authorizations.find, *ALL)
    assert (kept.id_tag, kept.reason, kept.charger_id) == (tag, reason, "DEP-1")
    assert kept.message in ("RemoteStartTransaction", "RequestStartTransaction")


async def test_a_refused_tag_tells_no_one_of_a_driver_that_they_do_not_see(server: InProcess) -> None:
    """Judy is of the Office. Whose tag it is takes ReadDrivers and ReadTags."""

    async def refused(tag: str, *permissions: Permission) -> tuple[str, str]:
        key = server.database.write_now(
            new_key, server.world.us, {Permission.OPERATE_CHARGERS, *permissions}, [DEPOT.id]
        )
        operator = Operator(server, key)
        response = await operator.tell("start-charging", {"rfidTag": tag, "validateRfid": True})
        await operator.http.aclose()
        assert response.status_code == 403
        reason, sentence = response.json()["errors"]["rfidTag"]
        return reason, sentence.replace(tag, "it")

    async with server.charger("DEP-1", answers={}):
        assert await refused("JUDY", Permission.READ_DRIVERS) == await refused("NOBODY", Permission.READ_DRIVERS)
        assert "Dan with tag it" in (await refused("DAN", Permission.READ_DRIVERS, Permission.READ_TAGS))[1]
        reason, sentence = await refused("DAN", Permission.READ_DRIVERS)
        assert (reason, "Dan" in sentence) == ("NotAtThisLocation", False)
        assert await refused("DAN") == ("NotAtThisLocation", "tag it may not charge at charger DEP-1 now")


async def test_what_a_charger_says_has_known_tags_for_those_only_who_may_read_them(server: InProcess) -> None:
    settings = {"configurationKey": [{"key": "FreeVendTag", "readonly": False, "value": "card=ALICE"}]}
    for tags, value in ((Permission.READ_TAGS, "card=ALICE"), (Permission.READ_SITES, "card=…")):
        key = server.database.write_now(new_key, server.world.us, {Permission.READ_CHARGERS, tags}, None)
        operator = Operator(server, key)
        async with server.charger("DEP-1", answers={"GetConfiguration": settings}):
            answer = await operator.http.get("/v2/chargers/DEP-1/configuration")
        await operator.http.aclose()
        assert [each["value"] for each in answer.json()["configurations"]] == [value]


async def test_without_validation_any_tag_starts(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={"RemoteStartTransaction": ACCEPTED}):
        assert (await operator.told("start-charging", {"rfidTag": "NOBODY"}))["status"] == "accepted"
        assert await server.read(authorizations.find, *ALL) == []


async def test_a_right_that_was_granted_just_now_counts(server: InProcess, operator: Operator) -> None:
    start_dan = {"rfidTag": "DAN", "validateRfid": True}
    async with server.charger("DEP-1", answers={"RemoteStartTransaction": ACCEPTED}):
        assert (await operator.refusal("start-charging", start_dan))[0] == 403
        granted = await operator.http.post("/v2/rights", json={"driverId": 4, "siteId": DEPOT.id})
        assert granted.status_code == 201, granted.text
        assert (await operator.told("start-charging", start_dan))["status"] == "accepted"


async def test_a_tag_that_charges_elsewhere_starts_no_other_session(server: InProcess, operator: Operator) -> None:
    server.database.write_now(set_one_session_per_tag, server.world.us, True, NOW)
    async with server.charger("DEP-1", answers={**ANSWERS, "RemoteStartTransaction": ACCEPTED}) as charger:
        assert (await operator.told("start-charging", ALICE))["status"] == "accepted"
        await charger.call("StartTransaction", start(connector=1))
        response = await operator.tell("start-charging", {"socketId": 2, **ALICE})
    assert response.status_code == 403
    assert response.json()["errors"]["rfidTag"][0] == "ConcurrentTx"


async def test_a_tag_too_long_for_1_6_is_not_sent(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        status, detail = await operator.refusal("start-charging", {"rfidTag": "T" * 21})
        assert (status, told(charger)) == (409, [])
        assert "20 characters" in detail


# -- stop and disconnect --------------------------------------------------------------------------

STOPPABLE = {"RemoteStopTransaction": ACCEPTED, "UnlockConnector": {"status": "Unlocked"}}


async def test_stop_finds_the_session_of_the_socket_of_the_tag_or_the_only_one(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers=STOPPABLE) as charger:
        assert await operator.refusal("stop-charging", {}) == (409, "no session runs there")
        alice = (await charger.call("StartTransaction", start(connector=1)))["transactionId"]
        await operator.told("stop-charging", {})
        bob = (await charger.call("StartTransaction", start("BOB", connector=2)))["transactionId"]
        status, detail = await operator.refusal("stop-charging", {})
        assert (status, detail) == (409, "several sessions run there: say which sessionId or socketId")
        await operator.told("stop-charging", {"socketId": 2})
        await operator.told("stop-charging", {"rfidTag": "alice"})
        assert await operator.refusal("stop-charging", {"socketId": 3}) == (409, "no session runs there")
        expected = [("RemoteStopTransaction", {"transactionId": each}) for each in (alice, bob, alice)]
        assert told(charger) == expected


async def test_a_validated_tag_stops_its_own_driver_s_session_only(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers=STOPPABLE) as charger:
        await charger.call("StartTransaction", start("BOB", connector=1))
        for command in ("stop-charging", "disconnect"):
            for tag, reason in (("ALICE", "Invalid"), ("DAN", "NotAtThisLocation")):
                body = {"socketId": 1, "rfidTag": tag, "validateRfid": True}
                response = await operator.tell(command, body)
                assert (response.status_code, response.json()["errors"]["rfidTag"][0]) == (403, reason)
        assert told(charger) == []
        await operator.told("stop-charging", {"socketId": 1, "rfidTag": "BOB", "validateRfid": True})
        assert len(told(charger)) == 1


async def test_a_session_of_2_x_is_stopped_by_the_charger_s_own_id(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", V201, {**ANSWERS, "RequestStopTransaction": ACCEPTED}) as charger:
        await charger.call("TransactionEvent", event("tx-1"))
        await charger.call("TransactionEvent", event("tx-2", "BOB", evse=2))
        await operator.told("stop-charging", {"socketId": 2})
        assert told(charger) == [("RequestStopTransaction", {"transactionId": "tx-2"})]


async def test_disconnect_stops_the_session_and_lets_go_of_the_cable(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers=STOPPABLE) as charger:
        number = (await charger.call("StartTransaction", start(connector=2)))["transactionId"]
        answer = await operator.told("disconnect", {"rfidTag": "ALICE"})
        assert answer["chargerStatus"] == "Unlocked"
        assert told(charger) == [
            ("RemoteStopTransaction", {"transactionId": number}),
            ("UnlockConnector", {"connectorId": 2}),
        ]
    async with server.charger("GF-1", answers=STOPPABLE) as charger:
        path = "/v2/chargers/GF-1/disconnect"
        assert (await operator.http.post(path, json={})).status_code == 409
        assert (await operator.http.post(path, json={"socketId": 1})).status_code == 200
        assert told(charger) == [("UnlockConnector", {"connectorId": 1})]


async def test_a_charger_of_2_x_lets_go_when_its_session_has_ended(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargerights.gateway.commands.session_commands.UNLOCK_AGAIN_SECONDS", 0.01)
    answers = {**ANSWERS, "RequestStopTransaction": ACCEPTED}
    async with server.charger("DEP-1", V201, answers) as charger:
        charger.answers["UnlockConnector"] = {"status": "OngoingAuthorizedTransaction"}
        await charger.call("TransactionEvent", event("tx-1"))
        asked = asyncio.create_task(operator.told("disconnect", {"socketId": 1}))
        while (await charger.asked.get())[0] != "UnlockConnector":
            pass
        charger.answers["UnlockConnector"] = {"status": "Unlocked"}
        assert (await asked)["status"] == "accepted"
