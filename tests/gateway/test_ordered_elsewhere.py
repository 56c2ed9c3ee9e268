"""Starts that an operator has ordered without a check count wherever the charger connects next."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from chargerights.gateway.authorization import ordered_starts
from chargerights.storage import personal, schema
from chargerights.storage.charging import authorizations
from chargerights.storage.database import DatabaseAway
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from tests.gateway import test_ocpp2x as v2
from tests.gateway.client import V16, V201, RawCharger
from tests.gateway.operating import Operator
from tests.gateway.server import InProcess, World, node
from tests.gateway.test_ocpp16 import ALL, start, status
from tests.gateway.test_operated_sessions import GUEST, STARTS, event_status, start_status
from tests.support.world import NOW


@asynccontextmanager
async def two_nodes(url: str) -> AsyncIterator[tuple[InProcess, InProcess]]:
    """Two processes over one database, with one clock."""
    world = World(url)
    async with node(world) as one, node(world, clock=one.clock) as other:
        yield one, other


@asynccontextmanager
async def ordered(
    server: InProcess, version: str = V16, body: Any = GUEST, answer: Any = None
) -> AsyncIterator[RawCharger]:
    """The charger, at a node where an operator has ordered a start."""
    answers = STARTS if answer is None else {**STARTS, "RemoteStartTransaction": answer}
    async with server.charger("DEP-1", version, answers) as charger:
        operator = Operator(server)
        await operator.tell("start-charging", body)
        await operator.http.aclose()
        yield charger


async def secrets(server: InProcess) -> list[Any]:
    rows = schema.charger_commands

    def found(connection: Connection, customer_id: int) -> list[Any]:
        return [*connection.scalars(select(rows.c.secret).where(rows.c.customer_id == customer_id))]

    kept: list[Any] = await server.read(found)
    return [each for each in kept if each is not None]


async def test_a_start_is_accepted_once_at_the_node_to_which_the_charger_moves(database_url: str) -> None:
    async with two_nodes(database_url) as (one, other):
        async with ordered(one):
            pass
        async with other.charger("DEP-1") as charger:
            assert await status(charger, "APP-GUEST-2") == "Invalid"
            assert await status(charger, "app-guest-1") == "Accepted"
            assert await start_status(charger, connector=2) == "Invalid", "another socket"
            for _ in range(2):  # it is sent again
                assert await start_status(charger) == "Accepted"
            assert await start_status(charger, meter=7) == "Invalid"
            causes = {each.cause for _, each in await other.read(authorizations.find, *ALL)}
        assert causes == {"operatorStart", "tagUnknown"}
        async with one.charger("DEP-1") as charger:
            assert await start_status(charger) == "Accepted", "it is sent again, where it was ordered"
            assert await start_status(charger, meter=8) == "Invalid"


async def test_a_start_that_was_used_is_not_used_again_at_another_node(database_url: str) -> None:
    async with two_nodes(database_url) as (one, other):
        async with ordered(one) as charger:
            assert await start_status(charger) == "Accepted"
            await one.read(authorizations.find, *ALL)
        async with other.charger("DEP-1") as charger:
            assert await status(charger, "APP-GUEST-1") == "Invalid"
            assert await start_status(charger) == "Accepted", "it is sent again"
            assert await start_status(charger, meter=7) == "Invalid"


async def test_a_transaction_of_2x_that_was_ordered_goes_on_at_another_node(database_url: str) -> None:
    async with two_nodes(database_url) as (one, other):
        async with ordered(one, V201) as charger:
            assert await event_status(charger, "Started", "ordered") == "Accepted"
            await one.read(authorizations.find, *ALL)
        async with other.charger("DEP-1", V201) as charger:
            assert await event_status(charger, "Updated", "ordered", tag="APP-GUEST-2") == "Unknown"
            assert await event_status(charger, "Updated", "ordered") == "Accepted"
            assert await event_status(charger, "Ended", "ordered") == "Accepted"
            assert await event_status(charger, "Started", "next") == "Unknown"


async def test_a_start_is_accepted_at_a_station_of_2x_that_moves_before_it_starts(world: World) -> None:
    async with node(world) as one, node(world, clock=one.clock) as other:
        async with ordered(one, V201):
            pass
        async with other.charger("DEP-1", V201) as charger:
            assert await event_status(charger, "Started", "other", 2) == "Unknown"
            assert await v2.status(charger, "APP-GUEST-1") == "Accepted"
            assert await event_status(charger, "Started", "ordered") == "Accepted"


async def test_a_start_is_accepted_after_a_restart_of_the_server(world: World) -> None:
    async with node(world) as one, ordered(one):
        pass
    async with node(world) as again, again.charger("DEP-1") as charger:
        assert await start_status(charger) == "Accepted"


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (GUEST, {"status": "Rejected"}),
        (GUEST, ("InternalError", "", {})),
        (GUEST | {"validateRfid": True}, None),
        ({"rfidTag": "ALICE", "validateRfid": True}, None),
    ],
)
async def test_what_was_no_order_or_was_refused_lets_no_tag_in_elsewhere(world: World, body: Any, answer: Any) -> None:
    async with node(world) as one, node(world, clock=one.clock) as other:
        async with ordered(one, body=body, answer=answer):
            pass
        assert await secrets(other) == []
        async with other.charger("DEP-1") as charger:
            assert await start_status(charger) == "Invalid"


async def test_an_order_counts_for_five_minutes_at_its_charger_alone_and_its_tag_is_forgotten(world: World) -> None:
    async with node(world) as one, node(world, clock=one.clock) as other:
        async with ordered(one):
            pass
        async with other.charger("GF-1") as elsewhere:
            assert await status(elsewhere, "APP-GUEST-1") == "Invalid"
        one.clock.at += timedelta(minutes=5) - timedelta(seconds=1)
        await other.gateway.look_after()
        assert await secrets(other) == [{"idTag": "APP-GUEST-1"}]
        async with other.charger("DEP-1") as charger:
            one.clock.at += timedelta(seconds=1)
            assert await status(charger, "APP-GUEST-1") == "Invalid"
            assert await start_status(charger) == "Invalid"
        await other.gateway.look_after()
        assert await secrets(other) == []


async def test_an_order_with_a_driver_s_tag_is_forgotten_when_they_are_erased(world: World) -> None:
    async with node(world) as one, node(world, clock=one.clock) as other:
        async with ordered(one, body={"rfidTag": "DAN", "socketId": 1}):
            pass
        assert await secrets(other) == [{"idTag": "DAN"}]
        (dan,) = await other.read(_drivers_of, "DAN")

        def erase(connection: Connection) -> None:
            with revise(connection, world.us, at=NOW, actor=Actor("t"), action="driver.erase") as revision:
                personal.erase(revision, dan)

        await other.database.write(erase)
        assert await secrets(other) == []
        async with other.charger("DEP-1") as charger:
            assert (await charger.call("StartTransaction", start("DAN")))["idTagInfo"]["status"] == "Invalid"


async def test_a_refused_tag_costs_one_question_a_connection_and_an_accepted_one_none(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    find = ordered_starts.orders.find
    monkeypatch.setattr(ordered_starts.orders, "find", lambda *given: asked.append("") or find(*given))
    async with node(world) as one:
        for _ in range(2):
            async with one.charger("DEP-1") as charger:
                assert await status(charger, "ALICE") == "Accepted"
                assert asked == []
                for _ in range(3):
                    assert await status(charger, "DAN") == "Invalid"
                assert len(asked) == 1
                asked.clear()
        async with one.charger("DEP-1") as charger:
            one.clock.at += timedelta(minutes=5)
            assert await status(charger, "DAN") == "Invalid"
            assert asked == [], "what was ordered before it connected counts no more"


async def test_while_the_database_is_away_a_refused_tag_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with node(world) as one, node(world, clock=one.clock) as other:
        async with ordered(one):
            pass
        async with other.charger("DEP-1") as charger:

            def away(*given: Any) -> Any:
                raise DatabaseAway(OSError())

            with monkeypatch.context() as patch:
                patch.setattr(ordered_starts.orders, "find", away)
                assert await status(charger, "APP-GUEST-1") == "Invalid"
            assert await status(charger, "APP-GUEST-1") == "Accepted", "it is asked again"


def _drivers_of(connection: Connection, customer_id: int, tag: str) -> list[int]:
    tags = schema.tags.c
    return [*connection.scalars(select(tags.driver_id).where(tags.customer_id == customer_id, tags.tag_key == tag))]
