"""What a charger knows when it is offline, over v2, as its several callers ask."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.local_lists import LocalListEntryShape, LocalListShape
from chargerights.api.v2.shapes import Page
from chargerights.rights.live import LiveCharger
from chargerights.rights.local_list import ListedTag
from chargerights.storage.charging import live, local_lists
from chargerights.storage.charging.local_lists import KeptList, OutOfStep
from tests.api.client import Api
from tests.api.v2.asking import good, refused, send
from tests.api.v2.callers import Callers, callers_of
from tests.support.world import NOW, TOMORROW

TAGS = {"ALICE": ListedTag("Alice", 1, TOMORROW), "BOB": ListedTag("BOB", 2, None)}
PATH = "/v2/chargers/DEP-1/local-list"


@pytest.fixture
async def api(fresh_api: Api) -> Api:
    await connect(fresh_api)
    await keep(fresh_api)
    return fresh_api


async def connect(api: Api, connected: bool = True) -> None:
    await api.database.write(live.record, api.us.id, [LiveCharger("DEP-1", connected)], NOW)


async def keep(api: Api, reason: OutOfStep | None = None, **more: Any) -> None:
    kept = KeptList("DEP-1", 7, **{"wanted": 2, "reason": reason, "tags": TAGS, "updated_at": NOW, **more})
    await api.database.write(local_lists.put, api.us.id, [kept])


@pytest.fixture
async def callers(api: Api) -> Callers:
    return await callers_of(api)


@pytest.mark.parametrize("path", [PATH, f"{PATH}/entries"])
async def test_who_may_not_read_learns_nothing(api: Api, callers: Callers, path: str) -> None:
    assert (await send(api, "GET", path, key=None)).status_code == 401
    assert (await send(api, "GET", path, key=callers.idle)).status_code == 403
    assert (await send(api, "GET", path, key=callers.rival)).status_code == 404
    for charger_id in ("OFF-1", "NOPE"):
        there = path.replace("DEP-1", charger_id)
        assert refused(await send(api, "GET", there, key=callers.manager)) == (404, f"no charger {charger_id}")


async def test_a_list_in_step_is_shown(api: Api, callers: Callers) -> None:
    for key in (callers.admin, callers.manager, callers.reader):
        assert good(await send(api, "GET", PATH, key=key), LocalListShape) == {
            "chargerId": "DEP-1", "inStep": True, "version": 7, "size": 2, "wanted": 2,
            "updatedAt": "2026-06-03T09:00:00Z",
        }  # fmt: skip


@pytest.mark.parametrize("trouble", [*OutOfStep])
async def test_why_a_list_is_not_in_step_is_said(api: Api, trouble: OutOfStep) -> None:
    await keep(api, trouble, wanted=5)
    found = good(await send(api, "GET", PATH), LocalListShape)
    assert (found["inStep"], found["reason"]) == (False, trouble)
    assert found["detail"]
    if trouble is OutOfStep.TOO_SMALL:
        assert "2 of 5 tags" in found["detail"]


async def test_of_a_charger_that_is_away_it_is_not_known_and_of_one_without_list_never(api: Api) -> None:
    await connect(api, connected=False)
    found = good(await send(api, "GET", PATH), LocalListShape)
    assert (found["inStep"], found["reason"], found["size"]) == (False, "notConnected", 2)
    await keep(api, OutOfStep.NOT_SUPPORTED, tags=None)
    assert good(await send(api, "GET", PATH), LocalListShape)["reason"] == "notSupported"


async def test_while_it_is_not_known_what_a_charger_holds_its_list_is_not_in_step(api: Api) -> None:
    await keep(api, tags=None)
    found = good(await send(api, "GET", PATH), LocalListShape)
    assert (found["inStep"], found["reason"], found["size"]) == (False, "notAsked", 0)


async def test_a_charger_that_was_never_asked_has_no_list_yet(api: Api) -> None:
    path = "/v2/chargers/GF-1/local-list"
    assert good(await send(api, "GET", path), LocalListShape)["reason"] == "notConnected"
    await api.database.write(live.record, api.us.id, [LiveCharger("GF-1", True)], NOW)
    found = good(await send(api, "GET", path), LocalListShape)
    assert (found["reason"], found["size"], "version" in found) == ("notAsked", 0, False)
    assert good(await send(api, "GET", f"{path}/entries"), Page[LocalListEntryShape])["items"] == []


async def test_the_tags_are_listed_in_pages(api: Api) -> None:
    page = good(await send(api, "GET", f"{PATH}/entries"), Page[LocalListEntryShape])
    assert page["items"] == [
        {"idTag": "Alice", "driverId": 1, "until": "2026-06-04T09:00:00Z"},
        {"idTag": "BOB", "driverId": 2},
    ]
    last = good(await send(api, "GET", f"{PATH}/entries?limit=1&page=2"), Page[LocalListEntryShape])
    assert (last["totalRecords"], [each["idTag"] for each in last["items"]]) == (2, ["BOB"])
    assert (await send(api, "GET", f"{PATH}/entries?sortKey=name")).status_code == 400
