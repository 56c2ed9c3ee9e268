"""Drivers who were exported and imported into an empty customer get the same answers; `bench.round_trip` in small."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from chargerights.api.v2.imports import ImportShape
from chargerights.files.demo_network import demo_network
from tests.api.client import Api, facts_of, our_world
from tests.api.v2.asking import good, send
from tests.conftest import Databases
from tests.support.oracle import Facts

DEMO = facts_of(demo_network(), count(10_000))


@pytest.fixture
async def full(databases: Databases) -> AsyncIterator[Api]:
    """A customer with the demo network."""
    mine = our_world(databases.new("sqlite"), DEMO)
    yield mine
    await mine.close()


@pytest.fixture
async def empty(database_url: str) -> AsyncIterator[Api]:
    """A customer with its sites, chargers and access groups and without drivers."""
    mine = our_world(database_url, Facts(DEMO.sites, DEMO.chargers, DEMO.access_groups))
    yield mine
    await mine.close()


async def answers(api: Api) -> list[Any]:
    """The mission's request for every site, without what a file does not carry: numbers and changes of tags."""
    found = []
    for site in DEMO.sites:
        answer = await api.drivers_of([site.id])
        sites = answer.json() if answer.status_code == 200 else answer.text
        for each in sites if isinstance(sites, list) else ():
            for user in each["users"]:
                for tag in user["tags"]:
                    del tag["id"], tag["lastUpdated"]
        found.append(sites)
    return found


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
async def test_every_site_is_answered_the_same(full: Api, empty: Api, kind: str) -> None:
    before = await answers(full)
    assert sum(isinstance(each, list) for each in before) > 20
    assert await answers(empty) != before
    file = (await send(full, "GET", f"/v2/exports/drivers.{kind}")).content
    response = await empty.post("/v2/imports?mode=add", file)
    await asyncio.gather(*empty.app.state.shared.importer.tasks)
    found = good(await send(empty, "GET", response.headers["location"]), ImportShape)
    assert found["counts"]["added"] == len(DEMO.drivers)
    assert await answers(empty) == before
