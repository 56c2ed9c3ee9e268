"""GET /api/groups and GET /api/group/external/{externalId}."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargerights.storage import callers
from tests.api.client import BAD, MISSING, Api, our_world, read, refusal
from tests.api.network import FACTS
from tests.conftest import Databases

EXTERNAL = "/api/group/external"


@pytest.fixture(scope="module")
async def harbour(databases: Databases) -> AsyncIterator[Api]:
    api = our_world(databases.new("sqlite"), FACTS)
    yield api
    await api.close()


@pytest.mark.parametrize(
    "path",
    ["/api/groups?excludeDetails=maybe", f"{EXTERNAL}/shed?excludeSubgroups=maybe", f"{EXTERNAL}/no?excludeSubgroups="],
)
async def test_a_switch_must_be_yes_or_no(harbour: Api, path: str) -> None:
    name, _, value = path.partition("?")[2].partition("=")
    assert refusal(await harbour.get(path)) == (400, f"{BAD}: {name} is {value!r}: write true or false")


@pytest.mark.parametrize("external_id", ["nowhere", "Shed", "shed ", "12", "None", "null", "a/b/c", "🔌"])
async def test_an_external_id_that_no_site_has_is_a_404_that_names_it(harbour: Api, external_id: str) -> None:
    assert refusal(await harbour.get(f"{EXTERNAL}/{external_id}")) == (404, f"{MISSING}: {external_id}")


async def test_another_customer_s_external_id_is_not_found(harbour: Api) -> None:
    told = refusal(await harbour.get(f"{EXTERNAL}/shed", key=harbour.rival.key))
    assert told == (404, f"{MISSING}: shed")


async def test_the_empty_external_id_is_no_site_s(harbour: Api) -> None:
    assert (await harbour.get(f"{EXTERNAL}/")).status_code == 404


async def test_a_site_by_an_external_id_with_a_slash_and_a_space(harbour: Api) -> None:
    site = read(await harbour.get(f"{EXTERNAL}/sites/harbour%201"), "ChargerGroup")
    assert (site["id"], [below["id"] for below in site["subgroups"]]) == (10, [11])
    assert read(await harbour.get(f"{EXTERNAL}/sites%2Fharbour%201"), "ChargerGroup") == site


async def test_without_subgroups_the_site_stands_alone_and_still_counts_all_below(harbour: Api) -> None:
    whole = read(await harbour.get(f"{EXTERNAL}/sites/harbour%201"), "ChargerGroup")
    alone = read(await harbour.get(f"{EXTERNAL}/sites/harbour%201?excludeSubgroups=true"), "ChargerGroup")
    assert whole["offlineSocket"] == 5
    assert alone == whole | {"subgroups": []}


async def test_the_tree_of_all_sites(api: Api) -> None:
    def tree(sites: list[dict[str, Any]]) -> list[Any]:
        return [
            (site["id"], [each["chargerId"] for each in site["chargers"]], tree(site["subgroups"])) for site in sites
        ]

    circuit = (4, ["CIR-1", "CIR-2"], [])
    depot = (2, ["DEP-1"], [(3, ["GF-1"], [circuit])])
    assert tree(read(await api.get("/api/groups"), "ChargerGroup[]")) == [
        (1, [], [depot, (5, [], [])]),
        (6, ["OFF-1"], []),
    ]


async def test_the_tree_without_details(api: Api) -> None:
    response = await api.get("/api/groups?excludeDetails=true")
    read(response, "BriefSite[]")
    assert response.text == (
        '[{"id":1,"groupName":"Company","groupType":0,"subgroups":['
        '{"id":2,"groupName":"Depot","groupType":1,"subgroups":['
        '{"id":3,"groupName":"Ground floor","groupType":2,"subgroups":['
        '{"id":4,"groupName":"Circuit A","groupType":3,"subgroups":[]}]}]},'
        '{"id":5,"groupName":"Yard","groupType":1,"subgroups":[]}]},'
        '{"id":6,"groupName":"Office","groupType":1,"subgroups":[]}]'
    )


async def test_a_customer_without_sites_has_an_empty_tree(fresh_sqlite_api: Api) -> None:
    newcomer = await fresh_sqlite_api.change(callers.add_customer, "Newcomer", fresh_sqlite_api.clock())
    key = await fresh_sqlite_api.add_key(newcomer.id)
    assert (await fresh_sqlite_api.get("/api/groups", key=key)).text == "[]"
    assert (await fresh_sqlite_api.get("/api/groups?excludeDetails=true", key=key)).text == "[]"
    assert (await fresh_sqlite_api.get("/api/user/homeGroups", key=key)).text == '{"userGroups":[],"spareUsers":[]}'
