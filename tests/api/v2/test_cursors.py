"""Walks by cursor: through every list, nothing is left out and nothing comes twice, whatever goes meanwhile."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from chargerights.app import create_app
from chargerights.operations import cursors, paging
from chargerights.rights import search_drivers
from chargerights.storage.database import Database
from tests.api.client import Api
from tests.api.v2.asking import refused
from tests.api.v2.crowd import SOME, crowded
from tests.conftest import Databases
from tests.support.world import OFFICE

Json = dict[str, Any]
Between = Callable[[list[Json]], Awaitable[None]]

THERE = {"siteId": str(OFFICE.id), "chargerId": "OFF-1", "driverId": "201", "sessionId": "1"}
"""What paths name: things that have more of what is listed below them than an answer holds."""
FILTERS = {
    "/v2/drivers": ("search=walker%201", "search=card%201", "companyId=7", "enabled=true", "homeSiteId=6",
                    "referenceId=fleet", "search=W-0&enabled=false"),
    "/v2/tags": ("search=card%200", "driverId=201"),
    "/v2/rights": ("siteId=6", "driverId=201", "chargerId=BAY-01", "valid=true"),
    "/v2/sites": ("parentSiteId=6", "search=plot"),
    "/v2/chargers": ("siteId=6&includeSubsites=true", "search=new"),
    "/v2/sites/{siteId}/authorized-drivers": ("search=walker",),
    "/v2/authorisations": ("chargerId=OFF-1",),
    "/v2/sessions": ("siteId=6",),
    "/v2/chargers/{chargerId}/reports": ("kind=fault",),
    "/v2/audit-logs": ("command=driver.change", "kind=driver&entityId=1"),
    "/v2/events": ("types=driver.changed",),
}  # fmt: skip
ALWAYS = {"/v2/reports/high-rights": "chargers=1"}
"""What a list is asked with always, so that it holds something."""
REMOVED = {
    "/v2/drivers": "/v2/drivers/{id}",
    "/v2/tags": "/v2/tags/{id}",
    "/v2/rights": "/v2/rights/{id}",
    "/v2/sites": "/v2/sites/{id}",
    "/v2/chargers": "/v2/chargers/{chargerId}",
    "/v2/charger-access-groups": "/v2/charger-access-groups/{id}",
    "/v2/webhooks": "/v2/webhooks/{id}",
    "/v2/sites/{siteId}/authorized-drivers": "/v2/drivers/{id}",
    "/v2/chargers/{chargerId}/authorized-drivers": "/v2/drivers/{id}",
    "/v2/drivers/{driverId}/chargers": "/v2/chargers/{chargerId}",
    "/v2/drivers/{driverId}/sites": "/v2/sites/{id}",
}
"""How what a list holds is removed; findings of reports go with their driver, and of other lists nothing goes."""


def lists() -> dict[str, Json]:
    """By path, every GET of v2 that answers items."""
    document = create_app(Database("sqlite:///never-opened.db")).openapi()
    schemas = document["components"]["schemas"]
    found = {}
    for path, item in document["paths"].items():
        content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        schema = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
        if path.startswith("/v2/") and "items" in schema.get("properties", {}):
            found[path] = {"parameters": item["get"]["parameters"], "members": schema["properties"]}
    return found


LISTS = lists()


@pytest.fixture(scope="module")
async def crowd(database_kind: str, databases: Databases) -> AsyncIterator[Api]:
    """For tests that only read."""
    url = databases.new(database_kind)
    api = await crowded(url)
    yield api
    await api.close()
    databases.drop(url)


@pytest.fixture(scope="module")
async def dwindling(databases: Databases) -> AsyncIterator[Api]:
    """For tests that change things."""
    api = await crowded(databases.new("sqlite"))
    yield api
    await api.close()


def address(path: str) -> str:
    """Where the list is asked for, up to its parameters."""
    return re.sub(r"\{(\w+)\}", lambda match: THERE[match[1]], path) + "?" + ALWAYS.get(path, "") + "&"


def identity(item: Json) -> tuple[Any, ...]:
    """What tells an item of any list from the others."""
    thing = [item.get(name, {}).get("id") for name in ("tag", "right")]
    names = ("id", "driverId", "idTag", "revision", "number", "reason")
    return *(item.get(name) for name in names), *thing, orjson.dumps(item.get("samples"))


async def answer(api: Api, path: str, query: str) -> Json:
    response = await api.get(f"{address(path)}{query}")
    assert response.status_code == 200, (path, query, response.text)
    found: Json = response.json()
    return found


async def walk(api: Api, path: str, query: str, limit: int, between: Between | None = None) -> list[Json]:
    """The whole list, read from an empty cursor in pages of at most `limit`."""
    found: list[Json] = []
    cursor: str | None = ""
    while cursor is not None:
        part = await answer(api, path, f"{query}&limit={limit}&cursor={cursor}")
        assert len(part["items"]) <= limit
        found += part["items"]
        cursor = part.get("nextCursor")
        if cursor is not None and between is not None:
            await between(found)
    return found


async def sort_keys(api: Api, path: str) -> list[str]:
    """By what the list can be sorted, as its refusal says."""
    if not any(each["name"] == "sortKey" for each in LISTS[path]["parameters"]):
        return [""]
    status, detail = refused(await api.get(f"{address(path)}sortKey=nothing"))
    assert status == 400
    return str(detail["sortKey"][0]).partition("; use one of ")[2].split(", ")


async def orders(api: Api, path: str) -> list[str]:
    """Queries for each order and each filter of the list."""
    keys = [f"sortKey={key}" if key else "" for key in await sort_keys(api, path)]
    both = [f"{key}{back}" for key in keys for back in (("", "&sortDescending=true") if key else ("",))]
    return [*both, *(f"{each}&{both[-1]}" for each in FILTERS.get(path, ()))]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_says_that_it_is_walked_by_cursor(path: str) -> None:
    assert "cursor" in [each["name"] for each in LISTS[path]["parameters"]]
    assert "nextCursor" in LISTS[path]["members"]


@pytest.mark.parametrize("path", LISTS)
async def test_a_walk_is_the_whole_list_in_its_order_for_every_order_and_filter(crowd: Api, path: str) -> None:
    for query in await orders(crowd, path):
        whole = await walk(crowd, path, query, 1_000)
        assert len(whole) > 1, query
        assert len({identity(each) for each in whole}) == len(whole), query
        limit = max(1, len(whole) // 4)
        assert await walk(crowd, path, query, limit) == whole, query
        first = await answer(crowd, path, f"{query}&limit={limit}")
        rest = await answer(crowd, path, f"{query}&limit=1000&cursor={first['nextCursor']}")
        assert [*first["items"], *rest["items"]] == whole, query
        assert "nextCursor" not in rest
        if path != "/v2/events":
            assert (first["hasNextPage"], first["hasPreviousPage"], first["page"]) == (True, False, 1)
            assert (rest["hasNextPage"], rest["hasPreviousPage"]) == (False, True)
            assert "page" not in rest
            assert "totalRecords" not in rest
            again = [item for page in (1, 2) for item in (await answer(crowd, path, f"{query}&page={page}"))["items"]]
            assert again == whole[:200], query


@pytest.mark.parametrize("path", LISTS)
async def test_a_filtered_walk_is_the_same_in_small_steps(
    crowd: Api, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = [query for query in await orders(crowd, path) if query.split("&sort")[0] in FILTERS.get(path, ())]
    before = {query: await walk(crowd, path, query, 1_000) for query in queries}
    monkeypatch.setattr(search_drivers, "FEW", 0)
    monkeypatch.setattr(search_drivers, "IDS_AT_ONCE", 3)
    monkeypatch.setattr(paging, "LOOKED_AT_PER_TURN", 2)
    for query in queries:
        assert await walk(crowd, path, query, 5) == before[query], query


@pytest.mark.parametrize("path", LISTS)
async def test_what_stays_is_seen_once_though_what_is_around_it_goes(dwindling: Api, path: str) -> None:
    """From both ends: what was seen goes, and what was not seen yet."""
    removed_at = "/v2/drivers/{driverId}" if path.startswith("/v2/reports/") else REMOVED.get(path)
    for query in (await orders(dwindling, path))[:2]:
        whole = await walk(dwindling, path, query, 1_000)
        gone: set[tuple[Any, ...]] = set()

        async def between(found: list[Json], whole: list[Json] = whole, gone: set[tuple[Any, ...]] = gone) -> None:
            if removed_at is None or len(gone) > 3:
                return
            for item in (found[-1], *whole[len(found) + 1 : len(found) + 2]):
                names = {name: quote(str(item[name])) for name in re.findall(r"\{(\w+)\}", removed_at)}
                if (await dwindling.ask("DELETE", removed_at.format(**names))).status_code == 204:
                    gone.add(identity(item))

        seen = [identity(each) for each in await walk(dwindling, path, query, max(1, len(whole) // 5), between)]
        assert len(set(seen)) == len(seen), query
        there = {identity(each) for each in await walk(dwindling, path, query, 1_000)}
        assert there & {identity(each) for each in whole} <= set(seen), query
        if removed_at is not None and len(whole) >= SOME:
            assert gone, query


async def test_what_comes_meanwhile_does_not_disturb_a_walk(dwindling: Api) -> None:
    whole = await walk(dwindling, "/v2/drivers", "", 1_000)

    async def between(found: list[Json]) -> None:
        for name in ("Aaron", found[-1]["name"], "Zoe"):
            assert (await dwindling.post("/v2/drivers", {"name": name})).status_code == 201

    seen = [each["id"] for each in await walk(dwindling, "/v2/drivers", "", 15, between)]
    assert len(set(seen)) == len(seen)
    assert [each for each in seen if each in {one["id"] for one in whole}] == [each["id"] for each in whole]


# -- refusals -------------------------------------------------------------------------------------


async def test_a_cursor_of_other_filters_or_another_order_is_refused(crowd: Api) -> None:
    cursor = (await answer(crowd, "/v2/drivers", "search=walker&limit=5"))["nextCursor"]
    assert (await crowd.get(f"/v2/drivers?search=walker&limit=500&cursor={cursor}")).status_code == 200
    for other in ("", "search=walk", "search=walker&enabled=true", "search=walker&sortDescending=true"):
        status, errors = refused(await crowd.get(f"/v2/drivers?{other}&cursor={cursor}"))
        assert status == 400, other
        (why,) = errors["cursor"]  # type: ignore[index]
        assert why.startswith("belongs to another list, other filters or another order")
    assert (await crowd.get(f"/v2/tags?search=walker&cursor={cursor}")).status_code == 400


@pytest.mark.parametrize("path", LISTS)
async def test_a_damaged_or_forged_cursor_is_refused(crowd: Api, path: str) -> None:
    cursor = (await answer(crowd, path, "limit=1"))["nextCursor"]
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    asked, *key = orjson.loads(raw[cursors.SUM_BYTES :])
    altered = urlsafe_b64encode(raw[:-3] + b'~"]').decode()
    forged = [
        cursors.written(asked, tuple(other))
        for other in ([], [None], [[]], [2**63], ["x\0"], ["x"], ["x", "y"], [1.5, 1.5], [*key, 1], [{}, *key[1:]])
        if [type(each) for each in other] != [type(each) for each in key]
    ]
    for broken in ("?", "x", "%C3%A4", cursor[:-4], cursor + "A", altered, *forged):
        status, errors = refused(await crowd.get(f"{address(path)}cursor={broken}"))
        assert status == 400, (broken, key)
        assert errors == {"cursor": [cursors.DAMAGED]}, (broken, key)


async def test_a_page_number_is_not_for_walks_and_a_long_answer_not_for_pages(crowd: Api) -> None:
    assert refused(await crowd.get("/v2/drivers?cursor=&page=2")) == (
        400,
        {"page": ["cannot be given with a cursor: send one of them"]},
    )
    status, errors = refused(await crowd.get("/v2/drivers?limit=101"))
    assert (status, list(errors)) == (400, ["limit"])
    assert (await crowd.get("/v2/drivers?cursor=&limit=1001")).status_code == 400
