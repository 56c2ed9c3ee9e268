"""The limits of the gateway, at their edges: what is refused, and what is just taken."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chargerights.gateway.charger import connectors, reports2x
from chargerights.gateway.charger.remote_starts import REMEMBERED, RemoteStarts
from chargerights.gateway.commands import session_commands
from chargerights.gateway.handshake.rivals import AT_ONCE, Rivals
from chargerights.gateway.ocpp.ocpp_j import MAX_BYTES, MAX_ID_LENGTH
from chargerights.gateway.writes import message_queue
from tests.gateway.client import ANSWERS, V201
from tests.gateway.operating import ACCEPTED, Operator
from tests.gateway.server import InProcess
from tests.gateway.test_ocpp2x import event, token
from tests.gateway.test_ocpp16 import start, status
from tests.support.world import NOW


def heartbeat(size: int, message_id: str = "big") -> str:
    """A call of exactly that many bytes."""
    empty = json.dumps([2, message_id, "Heartbeat", {"x": ""}])
    return json.dumps([2, message_id, "Heartbeat", {"x": "x" * (size - len(empty))}])


@pytest.mark.parametrize("as_bytes", [False, True], ids=["text", "binary"])
async def test_a_message_of_two_mebibytes_is_taken_and_one_byte_more_closes_the_link(
    server: InProcess, as_bytes: bool
) -> None:
    async with server.charger("DEP-1") as charger:
        for size in (MAX_BYTES - 1, MAX_BYTES):
            said = heartbeat(size)
            assert len(said) == size
            assert (await charger.say(said.encode() if as_bytes else said))[:2] == [3, "big"]
        said = heartbeat(MAX_BYTES + 1)
        await charger.socket.send(said.encode() if as_bytes else said)
        assert (await charger.closed())[0] == 1009


async def test_a_message_in_fragments_is_as_long_as_they_are_together(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        said = heartbeat(MAX_BYTES)
        await charger.socket.send([said[:1000], said[1000:]])
        assert (await asyncio.wait_for(charger.unasked.get(), 20))[:2] == [3, "big"]
        said = heartbeat(MAX_BYTES + 1)
        with suppress(ConnectionClosed):  # it may be closed before all is sent
            await charger.socket.send([said[:1000], said[1000:]])
        assert (await charger.closed())[0] == 1009


async def test_an_id_of_255_characters_is_sent_back_and_a_longer_one_is_not(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        assert (await charger.say(heartbeat(2000, "i" * MAX_ID_LENGTH)))[1] == "i" * MAX_ID_LENGTH
        assert (await charger.say(heartbeat(2000, "i" * (MAX_ID_LENGTH + 1))))[:2] == [4, "-1"]


@pytest.mark.parametrize("body", [{}, {"socketId": 1}, {"rfidTag": "ALICE"}])
async def test_a_stop_whose_session_is_not_written_in_time_sends_nothing_and_says_so(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch, body: Any
) -> None:
    monkeypatch.setattr(session_commands, "WRITTEN_SECONDS", 0.2)
    async with server.charger("DEP-1", answers={**ANSWERS, "RemoteStopTransaction": ACCEPTED}) as charger:
        async with server.gateway.customers[server.world.us].write_buffer._writing:  # the database takes no batch
            await charger.call("StartTransaction", start())
            status_code, text = await operator.refusal("stop-charging", body)
            assert (status_code, "no session runs there" in text) == (409, True)
        await operator.told("stop-charging", body)
        asked = [charger.asked.get_nowait()[0] for _ in range(charger.asked.qsize())]
        assert asked.count("RemoteStopTransaction") == 1


def test_the_pause_of_two_chargers_with_one_id_doubles_up_to_five_minutes_and_is_their_own() -> None:
    now = [0.0]
    rivals = Rivals(lambda: now[0])
    for _ in range(AT_ONCE):
        assert rivals.pause("DEP-1") == 0
        rivals.replaced("DEP-1")
    pauses = []
    for _ in range(2000):
        pauses.append(rivals.pause("DEP-1"))
        now[0] += pauses[-1]
        assert rivals.pause("DEP-1") == 0
        rivals.replaced("DEP-1")
    assert pauses[:7] == [10, 20, 40, 80, 160, 300, 300]
    assert {*pauses[5:]} == {300}
    assert (rivals.pause("DEP-2"), rivals.problem("DEP-2")) == (0, "")


async def test_what_finds_no_room_in_memory_is_not_answered_and_may_be_sent_again(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with server.charger("DEP-1") as charger:
        with monkeypatch.context() as full:
            full.setattr(message_queue, "MAX_IN_MEMORY", 0)
            unanswered = await charger.begin("StartTransaction", start(), "once")
            assert await status(charger, "ALICE") == "Accepted", "decisions go on"
            assert not unanswered.done()
        unanswered.cancel()
        first = await charger.call("StartTransaction", start())
        assert await charger.call("StartTransaction", start()) == first


async def test_a_charger_has_a_bounded_number_of_connectors_and_configurations(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connectors, "MAX_CONNECTORS", 3)
    monkeypatch.setattr(reports2x, "MAX_CONFIGURATIONS", 3)
    async with server.charger("DEP-1") as charger:
        for number in (*range(1, 8), 2):
            said = {"connectorId": number, "errorCode": "NoError", "status": "Charging" if number == 2 else "Available"}
            await charger.call("StatusNotification", said)
        found = server.inside("DEP-1").state().connectors
    assert [each.id for each in found] == [1, 2, 3]
    async with server.charger("GF-1", V201) as charger:
        for part in range(4):
            data = [
                {"component": {"name": f"C{part}{n}"}, "variable": {"name": "V"}, "variableAttribute": [{"value": "1"}]}
                for n in range(2)
            ]
            said = {"requestId": 1, "generatedAt": "2026-06-03T09:00:00Z", "seqNo": part, "tbc": part < 3}
            await charger.call("NotifyReport", said | {"reportData": data})
        assert 0 < len(server.inside("GF-1").reported.configurations) <= 4


async def test_an_overlong_transaction_id_is_cut_and_no_error(server: InProcess) -> None:
    async with server.charger("DEP-1", V201) as charger:
        said = event("Started", 0, transaction="t" * 5000, idToken=token("ALICE"))
        assert (await charger.call("TransactionEvent", said))["idTokenInfo"]["status"] == "Accepted"


def test_of_many_ordered_starts_the_latest_count() -> None:
    starts = RemoteStarts()
    for number in range(REMEMBERED + 1):
        starts.expect(str(number), f"TAG-{number}", (None, None), NOW)
    assert [starts.expects(f"TAG-{number}", NOW) for number in (0, 1, REMEMBERED)] == [False, True, True]
