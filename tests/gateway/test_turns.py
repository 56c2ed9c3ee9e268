"""Operators' commands and our own questions: who goes first, and what is said of a command that was not sent."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from chargerights.gateway import command_dispatch
from chargerights.gateway.commands import commands
from chargerights.gateway.commands.calls import PAYLOADS
from chargerights.gateway.connection import connection, turn
from chargerights.gateway.connection.connection import ChargerConnection
from chargerights.gateway.connection.turn import Turn
from chargerights.gateway.ports import CallProgress
from chargerights.rights.commands import TABLES
from tests.gateway.client import ANSWERS, RawCharger, official
from tests.gateway.operating import ACCEPTED, Operator, told
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_ocpp16 import BOOT, start
from tests.support.waiting import until

SILENT = {name: answer for name, answer in ANSWERS.items() if name != "GetConfiguration"}


@asynccontextmanager
async def asked_in_vain(server: InProcess, **answers: Any) -> AsyncIterator[RawCharger]:
    """A charger that has booted and does not answer GetConfiguration, which is under way."""
    async with server.charger("DEP-1", answers={**SILENT, **answers}) as charger:
        await charger.call("BootNotification", BOOT)
        assert (await charger.asked.get())[0] == "GetConfiguration"
        yield charger


# -- who goes first -------------------------------------------------------------------------------


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own question ends soon when an operator waits."""
    monkeypatch.setattr(turn, "YIELD_SECONDS", 0.05)


@pytest.mark.usefixtures("brief")
async def test_a_command_does_not_wait_for_our_own_question_that_is_never_answered(
    server: InProcess, operator: Operator
) -> None:
    async with asked_in_vain(server, Reset=ACCEPTED) as charger:
        assert (await operator.told("reset", {"type": "Hard"}))["status"] == "accepted"
        assert told(charger)[0] == ("Reset", {"type": "Hard"})


async def test_a_command_goes_before_our_own_questions_that_wait(server: InProcess, operator: Operator) -> None:
    async with server.charger("DEP-1", answers={"Reset": ACCEPTED}) as charger:
        await charger.call("Heartbeat", {})
        socket = _connection(server)
        first, *later = [asyncio.create_task(socket.call("ClearCache", {})) for _ in range(3)]
        await charger.asked.get()
        asked = asyncio.create_task(operator.told("reset", {"type": "Hard"}))
        await until(lambda: socket._turn._operators)
        charger.answers["ClearCache"] = ACCEPTED
        await answer(charger, socket, ACCEPTED)
        await asyncio.gather(first, *later, asked)
        assert [action for action, _ in told(charger)] == ["Reset", "ClearCache", "ClearCache"]


async def test_our_own_question_is_not_cut_short_while_no_operator_waits(
    server: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "YIELD_SECONDS", 0.0)
    async with server.charger("DEP-1", answers={}) as charger:
        await charger.call("Heartbeat", {})
        socket = _connection(server)
        ours = [asyncio.create_task(socket.call("ClearCache", {})) for _ in range(2)]
        await charger.asked.get()
        await charger.call("Heartbeat", {})
        await answer(charger, socket, ACCEPTED)
        assert await ours[0] == ACCEPTED
        await charger.asked.get()
        await answer(charger, socket, ACCEPTED)
        assert await ours[1] == ACCEPTED


@pytest.mark.usefixtures("brief")
async def test_our_own_question_that_made_way_for_an_operator_can_still_be_answered(server: InProcess) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        await charger.call("Heartbeat", {})
        socket = _connection(server)
        ours = asyncio.create_task(socket.call("ClearCache", {}))
        assert (await charger.asked.get())[0] == "ClearCache"
        theirs = asyncio.create_task(socket.call("Reset", {"type": "Soft"}, operator=CallProgress()))
        assert (await charger.asked.get())[0] == "Reset"
        last = asyncio.create_task(socket.call("ClearCache", {}))
        await until(lambda: socket._turn._own)
        await answer(charger, socket, {"status": "Rejected"}, number=0)
        assert await ours == {"status": "Rejected"}
        await charger.call("Heartbeat", {})
        assert charger.asked.empty(), "it is still the operator's turn"
        await answer(charger, socket, ACCEPTED)
        assert await theirs == ACCEPTED
        await charger.asked.get()
        await answer(charger, socket, ACCEPTED)
        assert await last == ACCEPTED


@pytest.mark.usefixtures("brief")
async def test_an_operator_s_command_makes_way_for_no_other(server: InProcess) -> None:
    async with server.charger("DEP-1", answers={}) as charger:
        await charger.call("Heartbeat", {})
        socket = _connection(server)
        first = asyncio.create_task(socket.call("Reset", {"type": "Soft"}, operator=CallProgress()))
        await charger.asked.get()
        second = asyncio.create_task(socket.call("ClearCache", {}, operator=CallProgress()))
        await until(lambda: socket._turn._operators)
        assert socket._turn._holder is not None
        assert socket._turn._holder._timer is None
        await answer(charger, socket, ACCEPTED)
        await first
        await charger.asked.get()
        await answer(charger, socket, ACCEPTED)
        await second


async def test_a_turn_that_is_given_as_its_waiter_goes_is_given_on() -> None:
    line = Turn()
    first = await line.take("A", True)
    gone, waits = asyncio.create_task(line.take("B", True)), asyncio.create_task(line.take("C", False))
    await until(lambda: line._operators and line._own)
    first.give()
    gone.cancel()
    second = await waits
    assert line.action == "C"
    first.give()
    assert line.action == "C", "it had its turn"
    second.give()
    await line.take("D", False)


def _connection(server: InProcess) -> ChargerConnection:
    return server.connection("DEP-1")


async def answer(charger: RawCharger, socket: ChargerConnection, payload: Any, number: int = -1) -> None:
    """Answers the last call, or another one that can still be answered."""
    await charger.socket.send(json.dumps([3, [*socket._asked][number], payload]))


# -- what was not sent ----------------------------------------------------------------------------


async def test_what_was_not_sent_is_said_not_to_have_been_sent(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TURN_SECONDS", 0.1)
    async with asked_in_vain(server) as charger:
        status, detail = await operator.refusal("reset", {"type": "Hard"})
        assert (status, told(charger)) == (409, [])
    busy = "Reset was not sent: DEP-1 was still busy with GetConfiguration after 0.1 seconds. Try again shortly"
    assert detail == busy
    (entry,) = (await operator.http.get("/v2/audit-logs?kind=command&entityId=DEP-1")).json()["items"]
    assert entry["successful"] is False
    assert entry["commandDetails"] == (
        "told charger DEP-1: reset; it was still busy with another question, so nothing was sent"
    )


async def test_what_was_not_sent_is_sent_when_it_is_asked_for_again_under_its_key(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TURN_SECONDS", 0.1)
    key = {"Idempotency-Key": "again"}
    async with asked_in_vain(server, Reset=ACCEPTED) as charger:
        assert (await operator.tell("reset", {"type": "Hard"}, **key)).status_code == 409
        await answer(charger, _connection(server), {"configurationKey": []})
        for _ in range(2):
            assert (await operator.tell("reset", {"type": "Hard"}, **key)).status_code == 200
        assert [action for action, _ in told(charger)].count("Reset") == 1


async def test_silence_after_sending_is_told_apart_with_the_time_that_was_waited_for_the_turn(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "YIELD_SECONDS", 1.05)
    monkeypatch.setattr(connection, "CALL_SECONDS", 0.2)
    async with asked_in_vain(server) as charger:
        status, detail = await operator.refusal("reset", {"type": "Hard"})
        assert (status, told(charger)) == (504, [("Reset", {"type": "Hard"})])
    waited = "after waiting [1-9][0-9]* seconds for GetConfiguration"
    silence = "DEP-1 has not answered it within 0.2 seconds: it may have done it"
    assert re.fullmatch(f"Reset was sent {waited}: {silence}", detail)


async def test_of_two_calls_the_first_of_which_was_sent_not_everything_was_not_sent(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TURN_SECONDS", 0.2)
    async with server.charger("DEP-1", answers={**ANSWERS, "UnlockConnector": None}) as charger:
        charger.answers.pop("UnlockConnector")
        await charger.call("StartTransaction", start(connector=1))
        asked = asyncio.create_task(operator.refusal("disconnect", {"socketId": 1}))
        while (await charger.asked.get())[0] != "RemoteStopTransaction":
            pass  # its list was asked for
        other = asyncio.create_task(_connection(server).call("ClearCache", {}, operator=CallProgress()))
        await until(lambda: _connection(server)._turn._operators)
        await answer(charger, _connection(server), ACCEPTED)
        status, detail = await asked
        other.cancel()
    assert status == 504
    assert detail.startswith("RemoteStopTransaction was sent, but then UnlockConnector was not sent: DEP-1 was still")


async def test_a_command_that_fails_before_it_is_sent_says_so(
    server: InProcess, operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with asked_in_vain(server) as charger:
        monkeypatch.setattr(command_dispatch, "DONE_SECONDS", 0.1)
        status, detail = await operator.refusal("reset", {"type": "Hard"})
        assert (status, told(charger)) == (409, [])
    assert detail == "nothing was sent: DEP-1 has not done it within 0.1 seconds"


async def test_through_another_node_too_what_was_not_sent_was_not(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "TURN_SECONDS", 0.1)
    world = World(database_url)
    async with node(world) as first, node(world) as second, asked_in_vain(first) as charger:
        await first.read(lambda connection, customer: None)
        operator = Operator(second)
        status, detail = await operator.refusal("reset", {"type": "Hard"})
        await operator.http.aclose()
        assert (status, told(charger)) == (409, [])
        assert detail.startswith("Reset was not sent: DEP-1 was still busy with GetConfiguration")


# -- the tables -----------------------------------------------------------------------------------


def test_every_command_of_a_table_has_its_function_and_its_messages_are_in_the_standard() -> None:
    for version, table in TABLES.items():
        for action, row in table.items():
            assert action in commands._DOES or action in PAYLOADS
            for message in row.messages:
                assert official(f"ocpp{version}", message, "Request")
                assert official(f"ocpp{version}", message, "Response")
