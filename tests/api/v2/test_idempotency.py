"""Idempotency-Key: a request that is sent again is not done again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from chargerights.rights.permissions import Permission
from tests.api.client import Api
from tests.api.v2.people import items, person, refused
from tests.support.servers import new_customer, opened, serving
from tests.support.world import NOW

DRIVERS = "/v2/drivers"
ZOE = {"name": "Zoe", "tags": [{"idTag": "ZOE"}]}


async def add(api: Api, body: Any = ZOE, once: str | None = "once", path: str = DRIVERS, **more: Any) -> httpx.Response:
    headers = {} if once is None else {"idempotency-key": once}
    return await api.post(path, body, headers=headers, **more)


async def named(api: Api, name: str = "zoe") -> list[int]:
    return [each["id"] for each in items(await api.get(f"{DRIVERS}?search={name}"))]


async def test_sent_again_it_is_done_once_and_answered_the_same(fresh_api: Api) -> None:
    first, again = await add(fresh_api), await add(fresh_api)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["etag"] == first.headers["etag"]
    assert await named(fresh_api) == [first.json()["id"]]


async def test_without_a_key_it_is_done_each_time(fresh_api: Api) -> None:
    await add(fresh_api, {"name": "Zoe"}, None)
    await add(fresh_api, {"name": "Zoe"}, None)
    assert len(await named(fresh_api)) == 2


async def test_of_many_at_once_over_two_processes_one_is_done_and_all_are_answered_the_same(fresh_api: Api) -> None:
    other = fresh_api.beside()
    try:
        answers = await asyncio.gather(*(add(each) for _ in range(5) for each in (fresh_api, other)))
    finally:
        await other.close()
    assert {each.status_code for each in answers} == {201}
    assert len({each.content for each in answers}) == 1
    assert len(await named(fresh_api)) == 1


def test_a_server_that_was_killed_since_still_knows_the_request(database_url: str) -> None:
    with opened(database_url) as database:
        us = new_customer(database, {"sites": [{"id": 1, "name": "Depot"}]})
    sent = {"json": ZOE, "headers": {"idempotency-key": "once"}}
    with serving(database_url) as server, server.client(us.key) as client:
        first = client.post(DRIVERS, **sent)
        server.kill()
    with serving(database_url) as server, server.client(us.key) as client:
        again = client.post(DRIVERS, **sent)
        assert client.get(DRIVERS).json()["totalRecords"] == 1
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)


async def test_the_answer_shows_the_thing_as_it_is_now(fresh_api: Api) -> None:
    number = (await add(fresh_api)).json()["id"]
    await fresh_api.ask("PATCH", f"{DRIVERS}/{number}", json={"name": "Zoë"})
    assert (await add(fresh_api)).json()["name"] == "Zoë"
    await fresh_api.ask("DELETE", f"{DRIVERS}/{number}")
    assert refused(await add(fresh_api)) == (404, f"no driver {number}")


@pytest.mark.parametrize(
    "other", [{"name": "Yan"}, {**ZOE, "companyId": 1}, {"tags": [{"idTag": "ZOE"}], "name": "Zoe"}]
)
async def test_another_request_under_the_same_key_is_refused(fresh_api: Api, other: dict[str, Any]) -> None:
    await add(fresh_api)
    told = refused(await add(fresh_api, other))
    assert told == (409, "the Idempotency-Key 'once' was sent with another request: take a new one")
    assert refused(await add(fresh_api, {"driverId": 1, "idTag": "NEW"}, path="/v2/tags"))[0] == 409
    assert len(await named(fresh_api)) == 1


async def test_a_key_is_kept_for_a_day(fresh_api: Api) -> None:
    plain = {"name": "Zoe"}
    first = (await add(fresh_api, plain)).json()["id"]
    fresh_api.clock.at = NOW + timedelta(days=1) - timedelta(microseconds=1)
    assert (await add(fresh_api, plain)).json()["id"] == first
    fresh_api.clock.at = NOW + timedelta(days=1)
    second = (await add(fresh_api, plain)).json()["id"]
    assert await named(fresh_api) == sorted([first, second])
    assert first != second


async def test_operators_and_customers_do_not_share_keys(fresh_api: Api) -> None:
    mine, other = [await person(fresh_api, Permission.WRITE_DRIVERS) for _ in range(2)]
    rival = await person(fresh_api, Permission.WRITE_DRIVERS, customer_id=fresh_api.rival.id)
    plain = {"name": "Zoe"}
    made = [await add(fresh_api, plain, key=each.key) for each in (mine, other, rival)]
    assert [each.status_code for each in made] == [201] * 3
    assert len(await named(fresh_api)) == 2


async def test_two_keys_of_one_operator_share_what_they_did(fresh_api: Api) -> None:
    second = await fresh_api.add_key()
    assert (await add(fresh_api)).json() == (await add(fresh_api, key=second)).json()


async def test_a_refused_request_keeps_nothing_so_that_it_can_be_mended(fresh_api: Api) -> None:
    taken = {"name": "Zoe", "tags": [{"idTag": "alice"}]}
    assert (await add(fresh_api, taken)).status_code == 409
    assert (await add(fresh_api, {"name": "Zoe", "homeSiteId": 99})).status_code == 400
    assert (await add(fresh_api, {"name": ""})).status_code == 400
    assert (await add(fresh_api)).status_code == 201


@pytest.mark.parametrize("once", ["", "x" * 256])
async def test_a_key_that_is_none_is_refused(api: Api, once: str) -> None:
    assert refused(await add(api, once=once))[0] == 400


async def test_a_key_may_hold_255_characters(fresh_api: Api) -> None:
    long = "x" * 255
    assert (await add(fresh_api, once=long)).json() == (await add(fresh_api, once=long)).json()
