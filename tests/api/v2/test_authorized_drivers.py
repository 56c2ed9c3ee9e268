"""Who may charge at a site or charger, in pages; and that v1's lists obey permissions and site access as well."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.drivers import DriverShape
from chargerights.api.v2.shapes import Page
from chargerights.rights.permissions import Permission
from tests.api.client import MISSION, Api, listed, read, refusal
from tests.api.v2.asking import good, ids, names, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.support.world import CIRCUIT_A, COMPANY, DEPOT, NIAJ, OFFICE

OF_SITE, OF_CHARGER = f"/v2/sites/{DEPOT.id}/authorized-drivers", "/v2/chargers/GF-1/authorized-drivers"


@pytest.mark.parametrize("place", [*(f"sites/{each}" for each in (404, 90, 0)), "chargers/RIV-1", "chargers/none"])
async def test_a_place_that_there_is_not_is_a_404(sqlite_api: Api, place: str) -> None:
    assert refused(await send(sqlite_api, "GET", f"/v2/{place}/authorized-drivers"))[0] == 404


async def test_the_pages_are_the_missions_answer(api: Api) -> None:
    for site_id in (COMPANY.id, DEPOT.id, CIRCUIT_A.id, OFFICE.id):
        path = f"/v2/sites/{site_id}/authorized-drivers?sortKey=id"
        pages = [ids(good(await send(api, "GET", f"{path}&limit=3&page={n}"), Page[DriverShape])) for n in range(1, 6)]
        assert [each for page in pages for each in page] == listed(await api.drivers_of([site_id]))[site_id]
    of_charger = good(await send(api, "GET", f"{OF_CHARGER}?sortKey=id"), Page[DriverShape])
    of_v1 = read(await api.get("/api/charger/authorisedUsers/GF-1"), "User[]")
    assert ids(of_charger) == [each["id"] for each in of_v1]


async def test_drivers_of_a_place_are_searched_and_sorted_by_name(sqlite_api: Api) -> None:
    found = good(await send(sqlite_api, "GET", f"{OF_SITE}?search=i&limit=3"), Page[DriverShape])
    assert names(found) == ["Alice", "Erin", "Heidi"]
    last = good(await send(sqlite_api, "GET", f"{OF_CHARGER}?sortDescending=true&limit=1"), Page[DriverShape])
    assert names(last) == ["Niaj"]


async def test_who_may_not_learns_of_no_driver(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    for path in (OF_SITE, OF_CHARGER):
        assert refused(await send(api, "GET", path, key=callers.idle))[0] == 403
        assert refused(await send(api, "GET", path, key=None))[0] == 401
        assert refused(await send(api, "GET", path, key=callers.rival))[0] == 404
    for path in ("group/authorisedUsers/2", "charger/authorisedUsers/GF-1", "user/homeGroups", "groups"):
        status, text = refusal(await api.get(f"/api/{path}", key=callers.idle))
        assert (status, text.partition(":")[0]) == (401, "Customer not found or not authorised")
    for path in ("/api/group/add", "/api/charger/add/N-1/2"):
        assert refusal(await api.post(path, {"name": "N"}, key=callers.idle))[0] == 401


async def test_a_site_manager_is_told_of_his_sites_alone(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    for site_id in (COMPANY.id, OFFICE.id):
        assert refused(await send(api, "GET", f"/v2/sites/{site_id}/authorized-drivers", key=manager))[0] == 404
        status, text = refusal(await api.drivers_of([DEPOT.id, site_id], key=manager))
        assert status == 404
        assert text.endswith(f": {site_id}")
        assert refusal(await api.get(f"/api/user/homeGroup/{site_id}", key=manager))[0] == 400
    assert refused(await send(api, "GET", "/v2/chargers/OFF-1/authorized-drivers", key=manager))[0] == 404
    assert refusal(await api.get("/api/charger/authorisedUsers/OFF-1", key=manager))[0] == 400
    assert [site["id"] for site in read(await api.get("/api/groups", key=manager), "ChargerGroup[]")] == [DEPOT.id]
    homes = read(await api.get("/api/user/homeGroups", key=manager), "HomeGroups")
    assert [each["id"] for each in homes["userGroups"]] == [DEPOT.id]
    assert homes["spareUsers"] == []
    assert refusal(await api.post("/api/group/add", {"name": "Top"}, key=manager))[0] == 401
    assert refusal(await api.post("/api/charger/add/N-1/6", {"chargerName": "N"}, key=manager))[0] == 400


async def test_a_list_of_a_site_has_everybody_but_of_strangers_no_more_than_their_names(fresh_sqlite_api: Api) -> None:
    """Bob, at home at the Company above, and Niaj, at home nowhere, may charge at the Depot."""
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    everybody = listed(await api.drivers_of([DEPOT.id]))
    assert listed(await api.drivers_of([DEPOT.id], key=manager)) == everybody
    assert listed(await api.drivers_of([DEPOT.id], brief=True, key=manager)) == everybody
    assert (
        ids(good(await send(api, "GET", f"{OF_SITE}?sortKey=id", key=manager), Page[DriverShape]))
        == everybody[DEPOT.id]
    )
    ((site,),) = [read(await api.drivers_of([DEPOT.id], key=manager), "SiteDrivers[]")]
    users = {each["name"]: each for each in site["users"]}
    bob = users["Bob"]
    assert bob["tags"] == []
    assert "homeGroupName" not in bob
    assert [each["id"] for each in bob["chargerGroups"]] == [DEPOT.id]
    assert [each["chargerId"] for each in users["Niaj"]["chargers"]] == ["GF-1"]
    assert [each["chargerId"] for each in users["Judy"]["chargers"]] == ["CIR-2"]
    assert [each["idTag"] for each in users["Alice"]["tags"]] == ["ALICE"]
    assert users["Alice"]["homeGroupName"] == "Depot"
    (niaj,) = (await send(api, "GET", f"{OF_SITE}?search=niaj", key=manager)).json()["items"]
    assert niaj == {"id": NIAJ.id, "name": "Niaj", "enabled": True, "tags": [], "externalUserIds": []}


async def test_answers_of_callers_who_see_different_sites_have_different_etags(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    of_all = await api.drivers_of([DEPOT.id])
    response: Any = await api.post(MISSION, [DEPOT.id], key=manager, headers={"if-none-match": of_all.headers["etag"]})
    assert response.status_code == 200


async def test_a_site_that_is_gone_gives_its_operator_nothing(fresh_sqlite_api: Api) -> None:
    key = await new_operator(fresh_sqlite_api, [Permission.READ_DRIVERS], [])
    assert refusal(await fresh_sqlite_api.drivers_of([DEPOT.id], key=key))[0] == 404
