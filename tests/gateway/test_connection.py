"""Sockets: frames that make no sense, chargers that connect twice, flood, or do not read, and calls to chargers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from chargerights.gateway.charger.connected_charger import ConnectedCharger
from chargerights.gateway.connection.answers import Later
from chargerights.gateway.messages import ocpp16
from chargerights.gateway.ocpp.call_errors import CallRefused, NoAnswer, NotConnected
from chargerights.log_limits import FewAlike
from chargerights.storage.charging import authorizations, sessions
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from tests.gateway.client import ANSWERS, V16, V201, CallError
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, node, text
from tests.gateway.test_ocpp2x import energy, event, token
from tests.gateway.test_ocpp16 import ALL, BOOT, EVERY, meter, start, status, stop
from tests.support.waiting import until
from tests.support.world import DEP_1, NOW

# -- frames ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    ["", " ", "x", "{}", "[]", "[2]", '[2,"1"]', "null", "7", '"2"', '[2,null,"Heartbeat",{}]', '[2,7.5,"Boot",{}]',
     "[" * 2000, '[2,"' + "i" * 300 + '","Heartbeat",{}]', b"\xff\xfe", b"[2"],
)  # fmt: skip
async def test_a_frame_whose_id_cannot_be_read_is_answered_and_the_link_stays(
    server: InProcess, raw: str | bytes
) -> None:
    async with server.charger("DEP-1", V201) as charger:
        assert (await charger.say(raw))[:3] == [4, "-1", "RpcFrameworkError"]
        assert await charger.call("Heartbeat", {})


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ('[2,"a","Heartbeat"]', "FormationViolation"),
        ('[2,"a",7,{}]', "FormationViolation"),
        ('[2,"a",null,{}]', "FormationViolation"),
        ('[9,"a","Heartbeat",{}]', "ProtocolError"),
        ('["9","a","Heartbeat",{}]', "ProtocolError"),
        ('["two","a","Heartbeat",{}]', "ProtocolError"),
        ('["","a","Heartbeat",{}]', "ProtocolError"),
        ('[2.5,"a","Heartbeat",{}]', "ProtocolError"),
        ('[1e300,"a","Heartbeat",{}]', "ProtocolError"),
        ('["nan","a","Heartbeat",{}]', "ProtocolError"),
        ('[null,"a","Heartbeat",{}]', "ProtocolError"),
        ('[[2],"a","Heartbeat",{}]', "ProtocolError"),
        ('["2","a","Heartbeat"]', "FormationViolation"),
        ('[true,"a","Heartbeat",{}]', "ProtocolError"),
    ],
)
async def test_a_frame_that_makes_no_sense_is_answered_with_its_id(server: InProcess, raw: str, code: str) -> None:
    async with server.charger("DEP-1") as charger:
        assert (await charger.say(raw))[:3] == [4, "a", code]
        assert await charger.call("Heartbeat", {})


@pytest.mark.parametrize(
    "raw",
    [
        '[2,"a","Heartbeat",{},{}]',
        '[2,"a","Heartbeat",{},null,7,"more"]',
        '["2","a","Heartbeat",{}]',
        '[" 2 ","a","Heartbeat",{}]',
        '[2.0,"a","Heartbeat",{}]',
        '["2.0","a","Heartbeat",null,[]]',
    ],
)
async def test_a_call_whose_meaning_is_clear_is_answered_although_its_frame_is_odd(
    server: InProcess, raw: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An error makes the charger send the same frame for ever."""
    async with server.charger("DEP-1") as charger:
        assert (await charger.say(raw))[:2] == [3, "a"]
    assert "a charger's frame is odd" in capsys.readouterr().out


async def test_odd_frames_are_logged_ten_times_and_then_summed_up(
    server: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.configure(processors=[FewAlike(), structlog.processors.JSONRenderer()])
    async with server.charger("DEP-1") as charger:
        for _ in range(30):
            await charger.say('["2","a","Heartbeat",{}]')
    assert capsys.readouterr().out.count("frame is odd") == 11


async def test_an_odd_frame_of_an_answer_is_an_answer(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        for status, raw in (
            (200, '["3","{}",{{"status":"Accepted"}}]'),
            (200, '[3.0,"{}",{{"status":"Accepted"}},{{}},7]'),
            (502, '["4","{}","InternalError","no",{{}},"more"]'),
            (502, '[4.0,"{}",null,7]'),
        ):
            telling = asyncio.create_task(operator.tell("clear-cache"))
            while (await charger.asked.get())[0] != "ClearCache":
                pass
            await charger.socket.send(raw.format(charger.asked_ids[-1]))
            answer = await telling
            assert answer.status_code == status, answer.text
            assert "None" not in answer.text
        assert charger.unasked.empty()


async def test_a_malformed_answer_gets_no_answer(server: InProcess) -> None:
    """The charger waits for none, and could take it for the answer to a call of its own."""
    async with server.charger("DEP-1") as charger:
        for raw in ("[3,null,{}]", '["4",[],"InternalError","",{}]', "[3,7.5,{}]", "[3]", '[5,null,"x","",{}]'):
            await charger.socket.send(raw)
        assert await charger.call("Heartbeat", {})
        assert charger.unasked.empty()


@pytest.mark.parametrize("depth", [100, 300, 900])
async def test_what_is_nested_deeply_is_no_error_of_the_server(server: InProcess, depth: int) -> None:
    async with server.charger("DEP-1") as charger:
        for end in ("1", '"\\u0000"'):
            deep = "[" * depth + end + "]" * depth
            answer = await charger.say(f'[2,"a","Heartbeat",{{"x":{deep}}}]')
            assert answer[0] == 3 or answer[2] == "FormationViolation"
        assert await charger.call("Heartbeat", {})


async def test_spaces_in_json_and_binary_frames_are_read(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for raw in (' [ 2 , "s" , "Heartbeat" , { } ] ', b'[2,"s","Heartbeat",{}]'):
            assert (await charger.say(raw))[:2] == [3, "s"]


async def test_replies_that_nobody_asked_for_change_nothing(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for raw in (
            '[3,"1",{}]',
            '[3,"99",null]',
            '[4,"1","GenericError","",{}]',
            '[4,"1",{},[],7]',
            '[5,"1","x","",{}]',
        ):
            await charger.socket.send(raw)
        assert await charger.call("Heartbeat", {})
        assert charger.unasked.empty()


async def test_two_calls_of_one_id_are_both_answered(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        for tag, word in (("ALICE", "Accepted"), ("DAN", "Invalid")):
            await charger.socket.send(json.dumps([2, "same", "Authorize", {"idTag": tag}]))
            assert (await charger.unasked.get())[2]["idTagInfo"]["status"] == word


async def test_a_stop_with_two_megabytes_of_meter_values_is_kept(server: InProcess) -> None:
    """libocpp #651: it was larger than the frame limit, and sent again for ever."""
    async with server.charger("DEP-1") as charger:
        begun = await charger.call("StartTransaction", start("ALICE"))
        sample = {"value": "1", "unit": "Wh", "format": "Raw", "measurand": "Energy.Active.Import.Register"}
        readings = [{"timestamp": text(NOW + timedelta(seconds=n)), "sampledValue": [sample] * 50} for n in range(440)]
        ended = stop(begun["transactionId"], transactionData=readings)
        assert 1_900_000 < len(json.dumps(ended)) < 2_090_000
        await charger.call("StopTransaction", ended)
    (session,) = await server.read(sessions.find, *EVERY)
    assert session.meter_stop == 5100


async def test_a_huge_message_closes_its_link_with_a_reason_and_no_other(
    server: InProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        await charger.socket.send(json.dumps([2, "1", "DataTransfer", {"vendorId": "x", "data": "x" * 2**21}]))
        assert (await charger.closed())[0] == 1009
        assert await status(other, "ALICE") == "Accepted"
    assert "too long" in capsys.readouterr().out


async def test_what_a_peer_does_makes_no_traceback(
    server: InProcess, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Answers meet a socket that is closed already: by a message that is too long, by no UTF-8, by the network."""
    many = [json.dumps([2, str(number), "MeterValues", {"connectorId": 1, "meterValue": []}]) for number in range(60)]
    for bad in ("x" * 2**21 + "x", None):
        async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
            for each in many:
                await charger.socket.send(each)
            if bad is None:
                charger.socket.transport.abort()
            else:
                await charger.socket.send(bad)
            await charger.closed()
            assert await status(other, "ALICE") == "Accepted"
    await server.read(sessions.find, *EVERY)
    assert "exception" not in capsys.readouterr().out
    assert [each for each in caplog.records if each.exc_info] == []


async def test_a_socket_that_uvicorn_has_just_closed_is_a_lost_link_and_no_error(server: InProcess) -> None:
    async with server.charger("DEP-1"):
        connection = server.connection("DEP-1")
        connection._send_event.__self__.keepalive_timeout()  # type: ignore[attr-defined]
        with pytest.raises(ConnectionResetError):
            await connection._send("[]")
        with pytest.raises(NotConnected):
            await connection.call("ClearCache", {})


async def test_a_text_that_is_not_utf_8_closes_its_link_and_no_other(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        await charger.socket.send(b'[2,"a","Heartbeat",{"x":"\xff"}]', text=True)
        assert (await charger.closed())[0] == 1007
        assert await status(other, "ALICE") == "Accepted"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ACTIONS = st.sampled_from(
    ["Authorize", "BootNotification", "StartTransaction", "StopTransaction", "MeterValues", "StatusNotification",
     "Reset", "TransactionEvent", "NotifyReport", "NotifyEvent", "DataTransfer", "Nope"]
)  # fmt: skip
NAMES = st.sampled_from(
    ["idTag", "idToken", "connectorId", "evseId", "timestamp", "meterStart", "meterStop", "transactionId", "status",
     "errorCode", "meterValue", "sampledValue", "reportData", "eventData", "seqNo", "requestId", "transactionInfo",
     "eventType", "chargingStation", "reason", "triggerReason", "chargePointVendor", "chargePointModel", "value"]
)  # fmt: skip
PAYLOADS = st.dictionaries(
    NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=4) | st.lists(st.dictionaries(NAMES, JSON))
)
FRAMES = st.one_of(
    st.tuples(st.just(2), st.just("f"), ACTIONS, PAYLOADS | JSON).map(list),
    st.lists(JSON, max_size=6),
    st.tuples(st.sampled_from([3, 4, 5, 6]), st.text(max_size=5), JSON, JSON).map(list),
)


@pytest.mark.parametrize("version", [V16, V201])
async def test_whatever_is_sent_the_link_stays_and_no_error_is_the_server_s(server: InProcess, version: str) -> None:
    async with server.charger("DEP-1", version) as charger:

        async def send(frames: list[Any]) -> None:
            for frame in frames:
                await charger.socket.send(json.dumps(frame))
            assert await charger.call("Heartbeat", {})
            while not charger.unasked.empty():
                answer = charger.unasked.get_nowait()
                assert answer[0] == 3 or answer[2] not in ("InternalError",), answer
                assert answer[0] == 3 or answer[4] == {}

        loop = asyncio.get_running_loop()

        @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(st.lists(FRAMES, max_size=3))
        def fuzz(frames: list[Any]) -> None:
            asyncio.run_coroutine_threadsafe(send(frames), loop).result(30)

        await asyncio.to_thread(fuzz)
    await server.read(authorizations.find, *ALL)
    await server.read(sessions.find, *EVERY)


# -- who is connected -----------------------------------------------------------------------------


async def test_a_charger_that_connects_again_replaces_its_socket_and_stays_connected(server: InProcess) -> None:
    async with server.charger("DEP-1") as old, server.charger("DEP-1") as new:
        assert await old.closed() == (4000, "this charger has connected again")
        assert await status(new, "ALICE") == "Accepted"
        assert (await server.shown("DEP-1"))["activeConnection"] is True
        with pytest.raises(ConnectionClosed):
            await old.socket.send("[]")
    assert (await server.shown("DEP-1"))["activeConnection"] is False


async def test_a_charger_that_connects_to_another_node_is_shown_connected_by_both(either: InProcess) -> None:
    async with node(either.world, clock=either.clock) as other:
        async with either.charger("DEP-1") as old:
            await old.call("BootNotification", BOOT)
            await either.read(sessions.find, *EVERY)
            either.clock.at = either.clock.at.replace(minute=1)
            async with other.charger("DEP-1") as new:
                await new.call("Heartbeat", {})
                await other.read(sessions.find, *EVERY)
                await old.call("Heartbeat", {})  # a leftover that still speaks
                assert (await old.closed())[0] == 4000
                for each in (either, other):
                    shown = await each.shown("DEP-1")
                    assert (shown["activeConnection"], shown["manufacturer"]) == (True, "Vendor")
        await other.read(sessions.find, *EVERY)
        for each in (either, other):
            assert (await each.shown("DEP-1"))["activeConnection"] is False


async def test_the_chargers_of_a_node_that_died_are_not_connected_for_ever(either: InProcess) -> None:
    async with either.charger("DEP-1") as charger:
        await charger.call("Heartbeat", {})
        async with node(either.world, clock=either.clock) as other, other.charger("GF-1") as kept:
            await kept.call("Heartbeat", {})
            for each in (either, other):
                await each.read(sessions.find, *EVERY)
            dead = either.gateway.customers[either.world.us]
            await dead.close()  # it writes no more, and reports no error
            either.clock.at += timedelta(seconds=31)
            await kept.call("Heartbeat", {})
            await other.read(sessions.find, *EVERY)
            for _ in range(4):
                assert (await other.shown("DEP-1"))["activeConnection"] is True
                await other.gateway.look_after()
            assert (await other.shown("DEP-1"))["activeConnection"] is False
            assert (await other.shown("GF-1"))["activeConnection"] is True
            # it was only slow, and says of its charger what is so
            await charger.call("Heartbeat", {})
            await either.read(sessions.find, *EVERY)
            assert (await other.shown("DEP-1"))["activeConnection"] is True


# -- limits ---------------------------------------------------------------------------------------


async def test_a_charger_that_floods_is_read_more_slowly_and_others_never_notice(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargerights.gateway.connection.pace.MESSAGES_AT_ONCE", 20)
    time = asyncio.get_running_loop().time
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        began = time()
        calls = [await charger.begin("Heartbeat", {}) for _ in range(220)]
        assert await status(other, "ALICE") == "Accepted"
        await asyncio.gather(*calls)
        assert time() - began >= 0.9, "200 messages a second after the first 20"


async def test_a_long_message_counts_as_several(server: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargerights.gateway.connection.pace.MESSAGES_AT_ONCE", 20)
    time = asyncio.get_running_loop().time
    async with server.charger("DEP-1") as charger:
        began = time()
        for _ in range(2):
            await charger.call("DataTransfer", {"vendorId": "x", "data": "x" * 1_000_000})
        assert time() - began >= 0.5


@pytest.mark.parametrize("version", [V16, V201])
async def test_an_offline_queue_that_is_sent_at_once_is_answered_in_order_and_kept(
    server: InProcess, version: str
) -> None:
    """SAP simulator #1204: it met a rate limit, and its end was lost."""
    async with server.charger("DEP-1", version) as charger:
        if version == V16:
            begun = await charger.call("StartTransaction", start("ALICE"))
            where = {"connectorId": 1, "transactionId": begun["transactionId"]}
            queue = [("MeterValues", {**where, "meterValue": meter(str(n))}) for n in range(300)]
            queue += [("StopTransaction", stop(begun["transactionId"]))]
        else:
            queue = [("TransactionEvent", event("Started", 0, idToken=token("ALICE")))]
            for number in range(1, 301):
                kind, value, at = "Updated", number, NOW + timedelta(seconds=number)
                if number == 300:
                    kind, value = "Ended", 5100
                queue += [("TransactionEvent", event(kind, number, at, meterValue=energy(value, at)))]
        answered: list[int] = []
        calls = [await charger.begin(*each) for each in queue]
        for number, call in enumerate(calls):
            call.add_done_callback(lambda _, number=number: answered.append(number))  # type: ignore[misc]
        await asyncio.gather(*calls)
        assert answered == sorted(answered)
    (session,) = await server.read(sessions.find, *EVERY)
    assert session.meter_stop == 5100


async def test_a_charger_whose_messages_cannot_be_answered_is_not_read_for_ever(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays bounded, and the charger keeps what it was not answered."""
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    handled: list[int] = []

    def waits(charger: ConnectedCharger, payload: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
        handled.append(1)

        async def answer() -> dict[str, Any]:
            await never
            return {}

        return answer()

    monkeypatch.setitem(ocpp16.ACTIONS, "DataTransfer", waits)  # type: ignore[arg-type]
    monkeypatch.setattr("chargerights.gateway.connection.connection.ANSWERED_SECONDS", 0.2)
    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        for number in range(80):
            await charger.socket.send(json.dumps([2, str(number), "DataTransfer", {"vendorId": "x"}]))
        assert (await charger.closed())[0] == 1013
        assert len(handled) == 50
        assert await status(other, "ALICE") == "Accepted"
    never.cancel()


async def test_a_charger_that_reads_nothing_is_cut_off_and_others_never_notice(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargerights.gateway.connection.connection.SEND_SECONDS", 0.2)
    monkeypatch.setattr("chargerights.gateway.connection.pace.MESSAGES_PER_SECOND", 10**9)
    async with server.charger("GF-1") as other, server.charger("DEP-1") as charger:
        charger.socket.transport.pause_reading()
        connection = server.inside("DEP-1").connection
        assert connection is not None
        message = json.dumps([2, "x" * 250, "Heartbeat", {}])

        async def flood() -> None:
            while True:
                await charger.socket.send(message)

        flooding = asyncio.create_task(flood())
        await until(lambda: connection.is_stuck)
        assert await status(other, "ALICE") == "Accepted"
        await server.gateway.look_after()
        await until(lambda: server.inside("DEP-1").connection is None)
        assert (await server.shown("DEP-1"))["activeConnection"] is False
        assert await status(other, "ALICE") == "Accepted"
        charger.socket.transport.abort()
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)


# -- calls to chargers ----------------------------------------------------------------------------


async def test_a_charger_answers_a_call(server: InProcess) -> None:
    async with server.charger("DEP-1", answers={"ClearCache": {"status": "Accepted"}}) as charger:
        await charger.call("Heartbeat", {})
        connection = server.connection("DEP-1")
        assert await connection.call("ClearCache", {}) == {"status": "Accepted"}
        assert server.gateway.charger("GF-1") is None
        assert server.gateway.charger("NO-SUCH") is None


async def test_whoever_wants_to_know_is_told_of_a_charger_that_has_started_and_may_call_it(server: InProcess) -> None:
    answered: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def clear(charger: ConnectedCharger) -> None:
        assert charger.connection is not None
        answered.put_nowait(await charger.connection.call("ClearCache", {}))

    async with server.charger("DEP-1", answers={**ANSWERS, "ClearCache": {"status": "Accepted"}}) as charger:
        server.gateway.customers[server.world.us].after_boot.append(clear)
        await charger.call("BootNotification", BOOT)
        assert await answered.get() == {"status": "Accepted"}


async def test_refusals_and_silence_are_told_apart(server: InProcess) -> None:
    answers = {"ClearCache": ("NotSupported", "not here", {}), "Reset": {"status": 7}, "UnlockConnector": []}
    async with server.charger("DEP-1", answers=answers) as charger:
        await charger.call("Heartbeat", {})
        connection = server.connection("DEP-1")
        with pytest.raises(CallRefused, match="NotSupported: not here"):
            await connection.call("ClearCache", {})
        with pytest.raises(CallRefused, match="TypeConstraintViolation"):
            await connection.call("Reset", {"type": "Soft"})
        with pytest.raises(CallRefused, match="TypeConstraintViolation"):
            await connection.call("UnlockConnector", {"connectorId": 1})
        with pytest.raises(NoAnswer, match=r"DEP-1 has not answered ClearCache|TriggerMessage"):
            await connection.call("TriggerMessage", {"requestedMessage": "Heartbeat"}, 0.1)
        waiting = asyncio.create_task(connection.call("TriggerMessage", {"requestedMessage": "Heartbeat"}))
        await charger.asked.get()
    with pytest.raises(NotConnected):
        await waiting
    with pytest.raises(NotConnected):
        await connection.call("ClearCache", {})


async def test_a_late_answer_is_no_answer_to_the_next_call(server: InProcess) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        await charger.call("Heartbeat", {})
        connection = server.connection("DEP-1")
        with pytest.raises(NoAnswer):
            await connection.call("ClearCache", {}, 0.05)
        next_call = asyncio.create_task(connection.call("ClearCache", {}))
        for _ in range(2):
            await charger.asked.get()
        late, ours = charger.asked_ids
        await charger.socket.send(json.dumps([3, late, {"status": "Accepted"}]))
        await charger.socket.send(json.dumps([3, ours, {"status": "Rejected"}]))
        assert await next_call == {"status": "Rejected"}


async def test_one_call_is_under_way_at_a_time(server: InProcess) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        await charger.call("Heartbeat", {})
        connection = server.connection("DEP-1")
        calls = [asyncio.create_task(connection.call("ClearCache", {})) for _ in range(3)]
        for _ in range(3):
            await charger.asked.get()
            await charger.call("Heartbeat", {})
            assert charger.asked.empty()
            await charger.socket.send(json.dumps([3, charger.asked_ids[-1], {"status": "Accepted"}]))
        assert await asyncio.gather(*calls) == [{"status": "Accepted"}] * 3


async def test_a_handler_that_awaits_a_call_to_its_own_charger_does_not_hang(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mobilityhouse/ocpp #130"""

    def asking(charger: ConnectedCharger, payload: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
        async def work() -> dict[str, Any]:
            assert charger.connection is not None
            answer = await charger.connection.call("ClearCache", {})
            return {"status": answer["status"]}

        return work()

    monkeypatch.setitem(ocpp16.ACTIONS, "DataTransfer", asking)  # type: ignore[arg-type]
    async with server.charger("DEP-1", answers={"ClearCache": {"status": "Rejected"}}) as charger:
        assert await charger.call("DataTransfer", {"vendorId": "x"}) == {"status": "Rejected"}


async def test_a_handler_that_fails_is_an_error_without_inner_details_and_the_link_stays(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(charger: ConnectedCharger, payload: dict[str, Any]) -> Later:
        raise LookupError("secret inner detail")

    monkeypatch.setitem(ocpp16.ACTIONS, "DataTransfer", fails)  # type: ignore[arg-type]
    async with server.charger("DEP-1") as charger:
        with pytest.raises(CallError) as caught:
            await charger.call("DataTransfer", {"vendorId": "x"})
        assert caught.value.code == "InternalError"
        assert "secret" not in repr(caught.value)
        assert await charger.call("Heartbeat", {})


async def test_a_charger_that_was_removed_loses_its_link(server: InProcess) -> None:
    def remove(connection: Any, customer_id: int) -> None:
        with revise(connection, customer_id, at=NOW, actor=Actor("test"), action="test") as revision:
            revision.remove(DEP_1)

    async with server.charger("DEP-1") as charger, server.charger("GF-1") as other:
        await charger.call("Heartbeat", {})
        await server.database.write(remove, server.world.us)
        assert await charger.closed() == (4001, "this charger has been removed")
        await other.call("StartTransaction", start())
        assert len(await server.read(sessions.find, *EVERY)) == 1
