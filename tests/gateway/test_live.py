"""What chargers say is shown at once where they are connected, soon elsewhere, and named by the ETag of an answer."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from chargerights.storage.charging import sessions
from tests.gateway.client import V16, V201
from tests.gateway.operating import CHARGER, Operator
from tests.gateway.server import InProcess, find, node
from tests.gateway.test_ocpp16 import BOOT, EVERY
from tests.support.waiting import PATIENCE


async def groups(server: InProcess, etag: str = "") -> httpx.Response:
    address = server.url.replace("ws", "http")
    async with httpx.AsyncClient(base_url=address, trust_env=False, timeout=PATIENCE) as client:
        return await client.get("/api/groups", headers={"x-api-key": server.world.key, "if-none-match": etag})


def states(answer: httpx.Response) -> list[str]:
    return [each["status"] for each in find(answer.json(), "DEP-1")["sockets"]]


def says(word: str) -> tuple[str, dict[str, Any]]:
    return "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": word}


async def test_an_answer_s_etag_changes_with_what_a_charger_says_before_it_is_written(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        known = set()
        for word in ("Available", "Charging", "Available", "Faulted"):
            await charger.call(*says(word))
            answer = await groups(server)
            assert states(answer)[0] == ("Error" if word == "Faulted" else word)
            assert answer.headers["etag"] not in known
            known.add(answer.headers["etag"])


async def test_the_version_that_a_charger_last_connected_with_is_shown(server: InProcess, operator: Operator) -> None:
    async def shown() -> object:
        return (await operator.http.get(CHARGER)).json().get("ocppVersion")

    assert await shown() is None
    for version in (V16, V201):
        async with server.charger("DEP-1", version):
            assert await shown() == version.removeprefix("ocpp")
    assert await shown() == "2.0.1"
    await server.read(sessions.find, *EVERY)
    async with node(server.world, clock=server.clock) as other:
        assert (await Operator(other).http.get(CHARGER)).json()["ocppVersion"] == "2.0.1"


async def test_once_all_is_written_every_node_gives_the_same_answer_by_the_same_name(either: InProcess) -> None:
    async with node(either.world, clock=either.clock) as other:
        async with either.charger("DEP-1") as charger:
            await charger.call("BootNotification", BOOT)
            await charger.call(*says("Charging"))
            async with asyncio.timeout(PATIENCE):
                while True:  # it answers what it is asked after its boot, too
                    await either.read(sessions.find, *EVERY)
                    mine, theirs = await groups(either), await groups(other)
                    assert states(theirs) == states(mine) == ["Charging", "Booting"]
                    again = await groups(other, mine.headers["etag"])
                    if mine.headers["etag"] == theirs.headers["etag"] and again.status_code == 304:
                        break
            assert mine.json() == theirs.json()
        assert states(await groups(either)) == ["Offline", "Offline"]


async def test_what_a_charger_said_is_there_again_after_the_image_was_loaded_anew(server: InProcess) -> None:
    async with server.charger("DEP-1") as charger:
        await charger.call(*says("Charging"))
        server.gateway._images._images.clear()
        assert states(await groups(server))[0] == "Charging"
