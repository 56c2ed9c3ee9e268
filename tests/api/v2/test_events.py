"""/v2/events as its callers ask it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chargerights.api.v2.events import EventPage
from chargerights.rights.permissions import Permission
from chargerights.storage import events
from tests.api.client import Api
from tests.api.v2.asking import Json, good, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.support.world import ALICE, DAN, DEPOT, NOW

EVENTS = "/v2/events"


async def read(api: Api, query: str = "", **more: Any) -> Json:
    found: Json = good(await send(api, "GET", EVENTS + query, **more), EventPage)
    return found


async def grant_and_disable(api: Api) -> None:
    """Two events after the one of the network."""
    assert (await send(api, "POST", "/v2/rights", {"driverId": DAN.id, "siteId": DEPOT.id})).status_code == 201
    assert (await send(api, "PATCH", f"/v2/drivers/{ALICE.id}", {"enabled": False})).status_code == 200


async def test_who_may_not_reads_no_events(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    assert refused(await send(api, "GET", EVENTS, key=None))[0] == 401
    assert refused(await send(api, "GET", EVENTS, key=callers.idle))[0] == 403
    status, text = refused(await send(api, "GET", EVENTS, key=callers.manager))
    assert (status, text) == (403, "events tell of all sites: this needs an operator who sees all of them")


async def test_a_key_that_only_reads_audit_logs_reads_all_events_of_its_customer(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    key = await new_operator(api, {Permission.READ_AUDIT_LOGS}, read_only=True)
    await grant_and_disable(api)
    mine = await read(api, key=key)
    assert [event["type"] for event in mine["items"]] == ["network.loaded", "right.granted", "driver.disabled"]
    rivals = await read(api, key=api.rival.key)
    assert [event["type"] for event in rivals["items"]] == ["network.loaded"]


@pytest.mark.parametrize(
    ("query", "member"),
    [
        ("?after=-1", "after"),
        ("?after=x", "after"),
        (f"?after={2**63}", "after"),
        ("?limit=0", "limit"),
        ("?limit=1001", "limit"),
        ("?types=driver.sneezed", "types.0"),
        ("?types=driver.added&types=", "types.1"),
    ],
)
async def test_a_parameter_that_cannot_be_is_named(sqlite_api: Api, query: str, member: str) -> None:
    status, errors = refused(await send(sqlite_api, "GET", EVENTS + query))
    assert status == 400
    assert errors.keys() == {member}


async def test_a_place_beyond_the_end_is_refused_with_the_end(sqlite_api: Api) -> None:
    """A reader that has seen event 7 of a log that ends at 1 reads another log: one restored from a backup."""
    assert refused(await send(sqlite_api, "GET", f"{EVENTS}?after=7")) == (
        400,
        "there is no event 7 yet: the last is 1",
    )
    assert await read(sqlite_api, "?after=1") == {"items": [], "last": 1, "hasMore": False, "end": 1}


async def test_events_come_in_order_a_page_at_a_time(fresh_api: Api) -> None:
    api = fresh_api
    await grant_and_disable(api)
    first = await read(api, "?limit=2")
    assert (first["last"], first["hasMore"], first["end"]) == (2, True, 3)
    rest = await read(api, f"?after={first['last']}")
    assert (rest["last"], rest["hasMore"]) == (3, False)
    assert [event["number"] for event in first["items"] + rest["items"]] == [1, 2, 3]
    assert first["items"][1].keys() == {"type", "timestamp", "number", "revision", "data"}
    assert rest["items"] == [
        {
            "type": "driver.disabled",
            "timestamp": NOW.isoformat().replace("+00:00", "Z"),
            "number": 3,
            "revision": first["items"][1]["revision"] + 1,
            "data": {"driverId": ALICE.id, "enabled": False},
        }
    ]


async def test_events_are_asked_for_by_types(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    await grant_and_disable(api)
    page = await read(api, "?types=driver.disabled&types=right.granted")
    assert [event["type"] for event in page["items"]] == ["right.granted", "driver.disabled"]
    assert await read(api, "?types=tag.removed") == {"items": [], "last": 3, "hasMore": False, "end": 3}


async def test_events_that_are_kept_no_more_are_gone_and_the_first_that_is_kept_is_named(fresh_api: Api) -> None:
    api = fresh_api
    await grant_and_disable(api)
    await api.change(events.prune, api.us.id, NOW + timedelta(days=1), 2)
    response = await send(api, "GET", f"{EVENTS}?after=1")
    assert response.status_code == 410
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["first"] == 3
    assert response.json()["detail"] == "events after 1 are kept no more: the first that is kept is 3"
    page = await read(api, f"?after={response.json()['first'] - 1}")
    assert [event["number"] for event in page["items"]] == [3]
