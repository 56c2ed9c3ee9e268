"""Where a driver may charge: /v2/drivers/{id}/sites and /chargers."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.driver_access import AccessibleCharger, AccessibleSite
from chargerights.api.v2.shapes import Page
from tests.api.client import Api
from tests.api.v2.asking import good, ids, refused, send
from tests.api.v2.callers import callers_of
from tests.support.world import BOB, DAN, DEPOT, FRANK, JUDY, MALLORY, NIAJ, OFFICE, YARD


def sites(driver_id: int) -> str:
    return f"/v2/drivers/{driver_id}/sites"


def chargers(driver_id: int) -> str:
    return f"/v2/drivers/{driver_id}/chargers"


async def charger_ids(api: Api, path: str, **more: Any) -> list[str]:
    page = good(await send(api, "GET", path, **more), Page[AccessibleCharger])
    return [each["chargerId"] for each in page["items"]]


async def site_ids(api: Api, path: str, **more: Any) -> list[int]:
    return ids(good(await send(api, "GET", path, **more), Page[AccessibleSite]))


@pytest.mark.parametrize("driver_id", [404, MALLORY.id])
async def test_a_driver_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, driver_id: int) -> None:
    for path, body in ((sites(driver_id), {"siteIds": [2]}), (chargers(driver_id), {"chargerIds": ["DEP-1"]})):
        for method, sent in (("GET", None), ("POST", body), ("DELETE", body)):
            assert refused(await send(sqlite_api, method, path, sent)) == (404, f"no driver {driver_id}")


@pytest.mark.parametrize(
    ("path", "body", "member"),
    [
        (sites(DAN.id), {}, "siteIds"),
        (sites(DAN.id), {"siteIds": []}, "siteIds"),
        (sites(DAN.id), {"siteIds": ["2"]}, "siteIds.0"),
        (sites(DAN.id), {"siteIds": [2, 404]}, "siteIds"),
        (sites(DAN.id), {"siteIds": [90]}, "siteIds"),
        (sites(DAN.id), {"siteIds": [2], "chargerIds": ["DEP-1"]}, "chargerIds"),
        (chargers(DAN.id), {"chargerIds": ["RIV-1"]}, "chargerIds"),
        (chargers(DAN.id), {"chargerIds": ["DEP-1", "NONE"]}, "chargerIds"),
        (chargers(DAN.id), {"chargerIds": [1]}, "chargerIds.0"),
    ],
)
async def test_places_that_there_are_not_are_neither_granted_nor_revoked(
    sqlite_api: Api, path: str, body: Any, member: str
) -> None:
    for method in ("POST", "DELETE"):
        status, errors = refused(await send(sqlite_api, method, path, body))
        assert status == 400
        assert errors.keys() == {member}
    assert await site_ids(sqlite_api, sites(DAN.id)) == []


async def test_who_may_not_grants_and_revokes_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    for path, body in ((sites(BOB.id), {"siteIds": [1]}), (chargers(BOB.id), {"chargerIds": ["DEP-1"]})):
        for method in ("POST", "DELETE"):
            for key in (callers.reader, callers.idle):
                assert refused(await send(api, method, path, body, key=key))[0] == 403
            for key in (callers.rival, callers.manager):
                assert refused(await send(api, method, path, body, key=key))[0] == 404
        assert refused(await send(api, "GET", path, key=callers.idle))[0] == 403
        assert refused(await send(api, "GET", path, key=callers.manager))[0] == 404
    assert await site_ids(api, f"{sites(BOB.id)}?explicitAccess=true") == [1]


async def test_a_site_manager_grants_his_own_sites_and_sees_no_other(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    for path, body in ((sites(DAN.id), {"siteIds": [OFFICE.id]}), (chargers(DAN.id), {"chargerIds": ["OFF-1"]})):
        assert refused(await send(api, "POST", path, body, key=manager))[0] == 400
        assert (await send(api, "POST", path, body)).status_code == 204
    assert (await send(api, "POST", sites(DAN.id), {"siteIds": [3]}, key=manager)).status_code == 204
    assert await site_ids(api, f"{sites(DAN.id)}?explicitAccess=true", key=manager) == [3]
    assert await charger_ids(api, chargers(DAN.id), key=manager) == ["CIR-1", "CIR-2", "GF-1"]


async def test_granted_sites_and_chargers_are_there_until_they_are_revoked(fresh_api: Api) -> None:
    for _ in range(2):
        assert (await send(fresh_api, "POST", sites(DAN.id), {"siteIds": [DEPOT.id, YARD.id]})).status_code == 204
        assert (await send(fresh_api, "POST", chargers(DAN.id), {"chargerIds": ["OFF-1"]})).status_code == 204
    assert await site_ids(fresh_api, f"{sites(DAN.id)}?explicitAccess=true") == [DEPOT.id, YARD.id]
    assert await charger_ids(fresh_api, f"{chargers(DAN.id)}?explicitAccess=true") == ["OFF-1"]
    assert await charger_ids(fresh_api, chargers(DAN.id)) == ["CIR-1", "CIR-2", "DEP-1", "GF-1", "OFF-1"]
    assert await site_ids(fresh_api, f"{sites(DAN.id)}?sortKey=id") == [1, 2, 3, 4, 5, 6]
    for _ in range(2):
        assert (await send(fresh_api, "DELETE", sites(DAN.id), {"siteIds": [DEPOT.id]})).status_code == 204
        assert (await send(fresh_api, "DELETE", chargers(DAN.id), {"chargerIds": ["OFF-1"]})).status_code == 204
    assert await charger_ids(fresh_api, chargers(DAN.id)) == []
    assert await site_ids(fresh_api, f"{sites(DAN.id)}?explicitAccess=true") == [YARD.id]


@pytest.mark.parametrize(
    ("driver_id", "explicit", "everywhere"),
    [
        (BOB.id, [], ["CIR-1", "CIR-2", "DEP-1", "GF-1"]),
        (NIAJ.id, ["GF-1"], ["GF-1"]),
        (JUDY.id, ["CIR-2", "OFF-1"], ["CIR-2", "OFF-1"]),
        (FRANK.id, [], []),
        (DAN.id, [], []),
    ],
)
async def test_what_is_granted_by_name_is_told_from_what_is_reached(
    sqlite_api: Api, driver_id: int, explicit: list[str], everywhere: list[str]
) -> None:
    assert await charger_ids(sqlite_api, f"{chargers(driver_id)}?explicitAccess=true") == explicit
    assert await charger_ids(sqlite_api, chargers(driver_id)) == everywhere


async def test_chargers_come_in_pages_in_the_order_asked_for(sqlite_api: Api) -> None:
    path = f"{chargers(BOB.id)}?limit=2&sortDescending=true"
    assert await charger_ids(sqlite_api, path) == ["GF-1", "DEP-1"]
    assert await charger_ids(sqlite_api, f"{path}&page=2") == ["CIR-2", "CIR-1"]
    assert await charger_ids(sqlite_api, f"{chargers(BOB.id)}?search=cir") == ["CIR-1", "CIR-2"]
    assert await site_ids(sqlite_api, f"{sites(BOB.id)}?search=dep") == [DEPOT.id]
