"""A command is done once, and by the node that holds the charger's socket, whichever node was asked."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, select

from chargerights.gateway import command_dispatch
from chargerights.storage import schema
from tests.gateway.client import ANSWERS
from tests.gateway.operating import ACCEPTED, ALICE, CHARGER, Operator, told
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_ocpp16 import BOOT
from tests.support.servers import serving
from tests.support.waiting import PATIENCE


async def test_a_request_that_is_sent_again_tells_the_charger_nothing_again(
    server: InProcess, operator: Operator
) -> None:
    once = {"Idempotency-Key": "one"}
    assert (await operator.tell("clear-cache", **once)).status_code == 409, "which is not kept: nothing was sent"
    async with server.charger("DEP-1", answers={"Reset": ACCEPTED, "ClearCache": {"status": "Rejected"}}) as charger:
        first = await operator.tell("clear-cache", **once)
        assert first.json()["status"] == "rejected"
        charger.answers["ClearCache"] = ACCEPTED
        assert (await operator.tell("clear-cache", **once)).json() == first.json()
        assert (await operator.tell("reset", {"type": "Hard"}, **once)).status_code == 409
        two = {"Idempotency-Key": "two"}
        both = await asyncio.gather(*(operator.tell("reset", {"type": "Hard"}, **two) for _ in range(2)))
        assert [each.status_code for each in both] == [200, 200]
        assert [action for action, _ in told(charger)] == ["ClearCache", "Reset"]


# -- from node to node ----------------------------------------------------------------------------


def rows(connection: Connection) -> list[Any]:
    return [*connection.execute(select(schema.charger_commands).order_by(schema.charger_commands.c.at))]


async def test_any_node_tells_a_charger_of_another_and_keeps_what_came_of_it(database_url: str) -> None:
    world = World(database_url)
    answers = {**ANSWERS, "ChangeConfiguration": ACCEPTED, "RemoteStartTransaction": ACCEPTED}
    async with node(world) as first, node(world) as second, first.charger("DEP-1", answers=answers) as charger:
        await first.read(lambda connection, customer: None)  # it is written that the charger is connected
        operator = Operator(second)
        setting = {"name": "Apn.Secret", "value": "hunter2"}
        assert (await operator.told("configuration", setting))["status"] == "accepted"
        assert told(charger)[-1][1] == {"key": "Apn.Secret", "value": "hunter2"}
        assert (await operator.refusal("start-charging", {"rfidTag": "DAN", "validateRfid": True}))[0] == 403
        assert (await operator.told("start-charging", ALICE))["status"] == "accepted"
        read = await operator.http.get(f"{CHARGER}/configuration")
        assert read.json()["configurations"] == []
        log = (await operator.http.get("/v2/audit-logs?kind=command")).json()["items"]
        await operator.http.aclose()
        found = second.database.read_now(rows)
    assert [(each["command"], each["successful"], each["isApiCall"]) for each in log] == [
        ("charger.start", True, True),
        ("charger.start", False, True),
        ("charger.changeConfiguration", True, True),
    ]
    assert [(each.action, each.state, each.outcome["end"]) for each in found] == [
        ("changeConfiguration", "done", "answered"),
        ("start", "done", "tagRefused"),
        ("start", "done", "answered"),
    ]
    assert all(each.secret is None for each in found)
    kept = json.dumps([[each.arguments, each.outcome] for each in found])
    assert not any(word in kept for word in ("hunter2", "ALICE", "DAN", "Dan")), "what names a person is not kept"


async def test_a_node_that_does_not_take_a_command_never_does_it(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_dispatch, "TAKEN_SECONDS", 0.3)
    world = World(database_url)
    async with node(world) as first, node(world) as second, first.charger("DEP-1", answers={}) as charger:
        await first.read(lambda connection, customer: None)
        customer = first.gateway.customers[world.us]
        collect, customer.collect_commands = customer.collect_commands, None
        operator = Operator(second)
        assert (await operator.refusal("reset", {"type": "Hard"}))[0] == 409
        await operator.http.aclose()
        customer.collect_commands = collect
        await customer._follow_once()
        assert [action for action, _ in told(charger) if action == "Reset"] == []
        assert [each.state for each in second.database.read_now(rows)] == ["done"]


async def test_two_servers_over_one_postgresql(postgres_url: str) -> None:
    world = World(postgres_url)
    with serving(postgres_url) as first, serving(postgres_url) as second:
        holder = InProcess.__new__(InProcess)
        holder.world, holder.url = world, first.url.replace("http", "ws")
        async with holder.charger("DEP-1", answers={**ANSWERS, "RemoteStartTransaction": ACCEPTED}) as charger:
            await charger.call("BootNotification", BOOT)
            with second.client(world.key) as client:

                def tell() -> httpx.Response:
                    return client.post(f"{CHARGER}/start-charging", json={"socketId": 1, **ALICE})

                async with asyncio.timeout(PATIENCE):
                    while (answer := await asyncio.to_thread(tell)).status_code == 409:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)  # until the second knows that it is connected
                assert answer.json()["status"] == "accepted"
                assert ("RemoteStartTransaction", {"idTag": "ALICE", "connectorId": 1}) in told(charger)
                await asyncio.to_thread(first.kill)
                assert (await asyncio.to_thread(tell)).status_code == 409, "it holds no charger any more"
