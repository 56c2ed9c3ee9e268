"""Messages in odd types, spellings and times: what can be read of them is kept, and their sender has no reason to
send them again (mobilityhouse/ocpp #377, #582, lbbrhzn #210, #466, OCPP.Core #29)."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chargerights.gateway.ocpp import lenient_parsing, ocpp_j
from chargerights.storage.charging import authorizations, sessions, set_aside
from tests.gateway.client import ANSWERS, V16, V201
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, text
from tests.gateway.test_ocpp2x import BOOT as BOOT_2X
from tests.gateway.test_ocpp2x import energy, event, token
from tests.gateway.test_ocpp16 import ALL, BOOT, EVERY, becomes, start, stop
from tests.storage.writing import put
from tests.support.waiting import until
from tests.support.world import DEP_1, NOW

LATER = NOW + timedelta(hours=1)
NO_TYPE_AT_ALL = [None, 7, 1.5, True, "x", [], {}, [None], {"idTag": "ALICE"}, [["ALICE"]]]

# -- notices --------------------------------------------------------------------------------------


async def test_a_session_is_kept_whose_messages_have_odd_types(either: InProcess) -> None:
    async with either.charger("DEP-1") as charger:
        begun = await charger.call("StartTransaction", start("ALICE") | {"connectorId": "1", "meterStart": "100"})
        assert begun["idTagInfo"]["status"] == "Accepted"
        where = {"connectorId": 1.0, "transactionId": str(begun["transactionId"])}
        for number, value in enumerate((604.213, "604.213", None, True)):
            reading = [{"timestamp": text(NOW + timedelta(minutes=number)), "sampledValue": [{"value": value}, 7]}]
            assert await charger.call("MeterValues", {**where, "meterValue": reading}) == {}
        odd = {"meterStop": 200.5, "idTag": None, "transactionData": None, "reason": 7, "vendor": {"x": []}}
        assert await charger.call("StopTransaction", stop(begun["transactionId"]) | odd) == {}
    (session,) = await either.read(sessions.find, *EVERY)
    assert (session.connector_id, session.meter_start, session.meter_stop) == (1, 100, 200.5)
    kept, _ = await either.read(sessions.readings, session.id, 10)
    assert [each.reading.samples[0].get("value") for each in kept][:2] == ["604.213", "604.213"]


async def test_a_transaction_of_2_x_is_kept_whose_events_have_odd_types(server: InProcess) -> None:
    async with server.charger("DEP-1", V201) as charger:
        odd: dict[str, Any]
        for odd in (
            event("started", 0, idToken=token("ALICE"), meterValue=energy(100, NOW))
            | {"seqNo": "0", "offline": "false"},
            event("Updated", 1, meterValue=[]) | {"triggerReason": "BecauseISaySo", "evse": None},
            event("Paused", 2) | {"timestamp": None, "customData": {}},
            event("Ended", 3, LATER, meterValue=energy(5100, LATER), idToken=None)
            | {"seqNo": None, "numberOfPhasesUsed": "3.0"},
        ):
            await charger.call("TransactionEvent", odd)
        await charger.call("TransactionEvent", {})
    session = next(each for each in await server.read(sessions.find, *EVERY) if each.transaction_id == "tx-1")
    assert (session.meter_start, session.meter_stop) == (100, 5100)
    assert session.stopped_at is not None


def nested(levels: int) -> Any:
    return [] if levels == 0 else {"x": nested(levels - 1)}


@pytest.mark.parametrize("levels", [19, 20, 300])
async def test_a_sample_is_kept_however_deeply_its_members_are_nested(
    server: InProcess, capsys: pytest.CaptureFixture[str], levels: int
) -> None:
    deep = {"customData": {"vendorId": "Us", "x": nested(levels)}}
    async with server.charger("DEP-1", V201) as charger:
        reading = energy(100, NOW)
        reading[0]["sampledValue"][0] |= deep
        await charger.call("TransactionEvent", event("Started", 0, idToken=token("ALICE"), meterValue=reading))
    async with server.charger("DEP-1") as charger:
        sample = {"value": "200", **deep}
        values = {"connectorId": 1, "meterValue": [{"timestamp": text(NOW), "sampledValue": [sample]}]}
        assert await charger.call("MeterValues", values) == {}
    session = next(each for each in await server.read(sessions.find, *EVERY) if each.transaction_id == "tx-1")
    assert session.meter_start == 100
    assert await server.read(set_aside.find) == []
    assert "exception" not in "".join(capsys.readouterr())


async def test_a_start_is_known_again_in_other_types(either: InProcess) -> None:
    said = start("ALICE") | {"meterStart": 100}
    numbers = [{}, {"meterStart": 100.0}, {"meterStart": "100"}, {"meterStart": "100", "connectorId": "1"}]
    async with either.charger("DEP-1") as charger:
        answers = [await charger.call("StartTransaction", said | odd) for odd in numbers]
    assert len({answer["transactionId"] for answer in answers}) == 1


async def test_a_stop_without_a_readable_id_is_kept_once(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for _ in range(3):
            for nothing in ("", None, [], "many"):
                await charger.call("StopTransaction", stop(1) | {"transactionId": nothing})
    (session,) = await server.read(sessions.find, sessions.SessionFilter(unmatched=True), 100)
    assert session.meter_stop == 5100


@pytest.mark.parametrize("nothing", NO_TYPE_AT_ALL)
@pytest.mark.parametrize("version", [V16, V201])
async def test_an_odd_tag_is_refused_and_no_error(server: InProcess, version: str, nothing: Any) -> None:
    async with server.charger("DEP-1", version) as charger:
        given: list[dict[str, Any]]
        if version == V16:
            for payload in ({"idTag": nothing}, nothing, {}):
                answer = await charger.call("Authorize", payload) if payload != {"idTag": "ALICE"} else None
                assert answer is None or answer["idTagInfo"]["status"] == "Invalid"
        else:
            given = [{"idToken": nothing}, {"idToken": {"idToken": nothing, "type": nothing}}, {}]
            for payload in given:
                assert (await charger.call("Authorize", payload))["idTokenInfo"]["status"] == "Unknown"
    assert {each.reason for _, each in await server.read(authorizations.find, *ALL)} == {"Unknown"}


async def test_at_a_charger_that_is_free_to_use_an_odd_tag_is_still_refused(server: InProcess) -> None:
    await server.database.write(put, server.world.us, replace(DEP_1, free_to_use=True))
    async with server.charger("DEP-1") as charger:
        await becomes(charger, "", "Accepted")
        for nothing in (None, 7, [], {}):
            assert (await charger.call("Authorize", {"idTag": nothing}))["idTagInfo"]["status"] == "Invalid"
        assert (await charger.call("Authorize", {}))["idTagInfo"]["status"] == "Invalid"


async def test_a_number_is_no_tag_although_one_is_written_like_it(server: InProcess) -> None:
    """421 may be the card 0421: JSON's numbers have no leading zeros."""
    async with server.charger("DEP-1") as charger:
        begun = await charger.call("StartTransaction", start("ALICE") | {"idTag": 421})
        assert begun["idTagInfo"]["status"] == "Invalid"
    assert len(await server.read(sessions.find, *EVERY)) == 1


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.parametrize(
    ("sent", "shown"), [(421, "421"), (-7, "-7"), (4.5, "4.5"), (True, "true"), (None, ""), ([421], ""), ({}, "")]
)
async def test_what_a_charger_sent_for_a_tag_is_shown_and_is_no_tag(
    server: InProcess, version: str, sent: Any, shown: str
) -> None:
    """A session had the character that stands for a tag that cannot be read."""
    async with server.charger("DEP-1", version) as charger:
        if version == V16:
            begun = await charger.call("StartTransaction", start() | {"idTag": sent})
            await charger.call("StopTransaction", stop(begun["transactionId"], idTag=sent))
        else:
            said = {"idToken": sent, "type": "ISO14443"}
            await charger.call("TransactionEvent", event("Started", 0, idToken=said))
            await charger.call("TransactionEvent", event("Ended", 1, LATER, idToken=said))
    (session,) = await server.read(sessions.find, *EVERY)
    stop_tag = None if version == V16 and not shown else shown
    assert (session.id_tag, session.stop_id_tag, session.reason) == (shown, stop_tag, "Unknown")
    decisions = [each for _, each in await server.read(authorizations.find, *ALL)]
    assert {(each.id_tag, each.reason) for each in decisions} == {(shown, "Unknown")}
    found = await server.read(sessions.find, sessions.SessionFilter(id_tag="421"), 9)
    assert found == []


async def test_a_number_in_a_stop_does_not_end_the_session_of_the_card_that_is_written_like_it(
    server: InProcess,
) -> None:
    async with server.charger("DEP-1") as charger:
        await charger.call("StartTransaction", start("421"))
        await charger.call("StopTransaction", stop(0, idTag=421))
        (session,) = await server.read(sessions.find, *EVERY)
        assert session.stopped_at is None
        await charger.call("StopTransaction", stop(0, idTag="421"))
        (session,) = await server.read(sessions.find, *EVERY)
        assert session.stopped_at is not None


@pytest.mark.parametrize(("version", "boot"), [(V16, BOOT), (V201, BOOT_2X)])
async def test_a_boot_is_accepted_whatever_it_says(server: InProcess, version: str, boot: dict[str, Any]) -> None:
    async with server.charger("DEP-1", version) as charger:
        for payload in (boot, {}, [], None, dict.fromkeys(boot), dict.fromkeys(boot, 7)):
            assert (await charger.call("BootNotification", payload))["status"] == "Accepted"


async def test_states_in_odd_types_are_shown(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        said = {"connectorId": "1", "errorCode": None, "status": "charging", "timestamp": 7, "info": 9}
        assert await charger.call("StatusNotification", said) == {}
        assert (await server.shown("DEP-1"))["sockets"][0]["status"] == "Charging"
        for odd in (
            {},
            {"connectorId": None, "status": "Available", "errorCode": "x"},
            {"connectorId": 1, "status": 7},
        ):
            assert await charger.call("StatusNotification", odd) == {}


@pytest.mark.parametrize(
    "raw",
    [
        '[2,"n","Heartbeat",{"x":NaN,"y":Infinity,"z":1e999}]',
        '[2,"n","Heartbeat",{"x":"half a pair: \\ud83d"}]',
        '[2,"n","Heartbeat",{"x":"a\ttab"}]',
        '\ufeff[2,"n","Heartbeat",{}]',
        '[2,"n","Heartbeat",{}]\0',
        '[2,"n","Heartbeat",{"a":1,"a":{"b":"\\u0000"}}]',
        '[2,"n","Heartbeat",{"a":' + "9" * 5000 + "}]",
        '[2,"n","Heartbeat",{"a":' + "[" * 900 + '"\\u0000"' + "]" * 900 + "}]",
        '[2,"n","Heartbeat",[]]',
        '[2,"n","Heartbeat",null]',
    ],
)
async def test_what_is_nearly_json_is_read(server: InProcess, raw: str) -> None:
    async with server.charger("DEP-1") as charger:
        assert (await charger.say(raw))[:2] == [3, "n"]


async def test_a_call_whose_id_is_a_number_is_answered_with_that_number(server: InProcess) -> None:
    """It was refused under an id that matches nothing, so that the charger sent it for ever."""
    async with server.charger("DEP-1") as charger:
        for number in (17, 0, -3, 5.0):
            assert (await charger.say(f'[2,{number},"Heartbeat",{{}}]'))[:2] == [3, number]
        for odd in ("1.5", "null", "true", "[1]"):
            assert (await charger.say(f'[2,{odd},"Heartbeat",{{}}]'))[:2] == [4, "-1"]


def test_a_written_backslash_is_no_escape() -> None:
    assert ocpp_j.read(r'[2,"a","X",{"a":"\u0000b\\u0000\\\u0000"}]')[0][3] == {"a": "b\\u0000\\"}


async def test_a_message_that_expects_no_answer_is_no_way_to_ask(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for action in ("Authorize", "StartTransaction", ["Authorize"], None):
            await charger.socket.send(json.dumps([6, "s", action, start("ALICE")]))
        await charger.call("Heartbeat", {})
        assert charger.unasked.empty()
    assert await server.read(sessions.find, *EVERY) == []


# -- what chargers answer -------------------------------------------------------------------------


async def test_one_odd_key_does_not_spoil_a_configuration(server: InProcess) -> None:
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "SampleInterval", "readonly": "false", "value": 60},
        {"key": "Offline", "readonly": 1, "value": True},
        {"key": "Empty", "readonly": None, "value": None},
        {"key": None, "readonly": True, "value": "x"},
        {"readonly": True},
        None,
        "odd",
    ]
    answers = {**ANSWERS, "GetConfiguration": {"configurationKey": keys, "unknownKey": None}}
    async with server.charger("DEP-1", answers=answers) as charger:
        await charger.call("BootNotification", BOOT)
        await until(lambda: server.inside("DEP-1").reported.configurations)
        kept = {each.name: (each.value, each.can_be_changed) for each in server.inside("DEP-1").reported.configurations}
    assert kept == {
        "HeartbeatInterval": ("300", True),
        "SampleInterval": ("60", True),
        "Offline": ("true", False),
        "Empty": ("", False),
    }


async def test_one_odd_variable_does_not_spoil_a_report(server: InProcess) -> None:
    data = [
        {"component": {"name": "A"}, "variable": {"name": "B"}, "variableAttribute": [{"value": 60}]},
        {"component": {"name": "A"}, "variable": {"name": 7}, "variableAttribute": {"value": "one, not in a list"}},
        {"component": {"name": "A", "evse": {"id": "x"}}, "variable": {"name": "C"}, "variableAttribute": [{}]},
        {"component": None, "variable": {"name": "C"}, "variableAttribute": []},
        {"variable": {"name": "D"}},
        7,
    ]
    async with server.charger("DEP-1", V201) as charger:
        report = {"requestId": "1", "generatedAt": None, "seqNo": None, "tbc": "false", "reportData": data}
        assert await charger.call("NotifyReport", report) == {}
        kept = {each.name: each.value for each in server.inside("DEP-1").reported.configurations}
    assert kept == {"A.B": "60", "A.7": "one, not in a list"}


async def test_an_odd_word_of_an_answer_is_read_and_a_missing_one_is_an_error(
    server: InProcess, operator: Operator
) -> None:
    async with server.charger("DEP-1", answers={**ANSWERS, "ClearCache": {"status": "ACCEPTED", "more": 7}}) as charger:
        await charger.call("BootNotification", BOOT)
        answer = await operator.tell("clear-cache")
        assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
        charger.answers["ClearCache"] = {"status": None}
        assert (await operator.tell("clear-cache")).status_code == 502


async def test_an_answer_without_a_payload_is_an_answer(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        for code, raw in ((502, '[3,"{}"]'), (502, '[4,"{}"]'), (200, '\ufeff[3,"{}",{{"status":"Accepted"}}]\0')):
            telling = asyncio.create_task(operator.tell("clear-cache"))
            while (await charger.asked.get())[0] != "ClearCache":
                charger.asked_ids.clear()
            await charger.socket.send(raw.format(charger.asked_ids[-1]))
            assert (await telling).status_code == code


# -- times ----------------------------------------------------------------------------------------

SAID = datetime(2026, 3, 2, 7, 15, 30, tzinfo=UTC)
OTHER = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["2026-03-02T07:15:30Z", "2026-03-02T07:15:30z", "2026-03-02t07:15:30Z", "2026-03-02 07:15:30",
     "2026-03-02T7:15:30Z", "2026-3-2T7:15:30Z", "2026-03-02T08:15:30+01:00Z", "2026-03-02T08:15:30+0100",
     "2026-03-02T08:15:30+01", "2026-03-02T08:15:30 +01:00", "2026-03-02T02:45:30-4:30", "2026-03-02T07:14:90Z",
     "2026-03-02T07:15:30.0000000Z", "2026-03-02T07:15:30,000Z", "2026-03-02T07:15:30.Z", "2026-03-02T07:15:30UTC",
     " 2026-03-02T07:15:30Z ", "1772435730", "1772435730000"],
)  # fmt: skip
def test_an_instant_is_read_however_it_is_written(written: str) -> None:
    """ocpp-toolkit #50, evcc #10399"""
    assert lenient_parsing.instant(written, OTHER) == SAID


def test_seconds_may_be_left_out_be_sixty_or_have_many_decimals() -> None:
    assert lenient_parsing.instant("2026-03-02T07:15Z", OTHER) == SAID.replace(second=0)
    assert lenient_parsing.instant("2026-03-02T07:15:60Z", OTHER) == SAID.replace(minute=16, second=0)
    assert lenient_parsing.instant("2026-03-02T7:15:30.1234567Z", OTHER) == SAID.replace(microsecond=123456)


@pytest.mark.parametrize(
    "written",
    ["", "now", "2026-13-02T07:15:30Z", "2026-02-30T7:15:30Z", "T07:15:30Z", "0001-01-01T00:00:00+10:00", "17",
     "9999-12-31T23:59:60Z", "2026-03-02T7:15:30+99:00", "9" * 5000, None, 7, [], "２０２６-３-２T7:15:30Z"],
)  # fmt: skip
def test_what_is_no_instant_is_none(written: Any) -> None:
    assert lenient_parsing.instant(written, OTHER) is OTHER


async def test_times_that_are_sent_have_at_most_three_decimals(server: InProcess) -> None:
    server.clock.at = NOW.replace(microsecond=123999)
    for version, boot in ((V16, BOOT), (V201, BOOT_2X)):
        async with server.charger("DEP-1", version) as charger:
            for action, payload in (("Heartbeat", {}), ("BootNotification", boot)):
                said = (await charger.call(action, payload))["currentTime"]
                assert re.fullmatch(r"[0-9T:-]+\.123Z", said), said
