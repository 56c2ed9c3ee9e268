"""What an operator of some sites sees and changes: drivers at home there, and their tags."""

from __future__ import annotations

import pytest

from chargerights.rights.permissions import Permission
from tests.api.client import Api
from tests.api.v2.people import blamed, items, person, refused
from tests.support.world import (
    ALICE,
    BOB,
    CAROL,
    COMPANY,
    DAN,
    DEPOT,
    ERIN,
    FRANK,
    GRACE,
    GROUND_FLOOR,
    JUDY,
    NIAJ,
    OFFICE,
)

ALL = (Permission.READ_DRIVERS, Permission.WRITE_DRIVERS, Permission.READ_TAGS, Permission.WRITE_TAGS)
DEPOT_PEOPLE = [ALICE, CAROL, DAN, ERIN, FRANK, GRACE]


async def test_lists_hold_the_drivers_at_home_at_his_sites_and_their_tags(api: Api) -> None:
    mine = await person(api, *ALL, site_ids=[DEPOT.id])
    page = (await api.get("/v2/drivers?limit=2", key=mine.key)).json()
    assert ([each["name"] for each in page["items"]], page["totalRecords"]) == (["Alice", "Carol"], len(DEPOT_PEOPLE))
    tags = items(await api.get("/v2/tags", key=mine.key))
    assert [each["driverId"] for each in tags] == [each.id for each in DEPOT_PEOPLE]
    assert items(await api.get("/v2/drivers?search=bob", key=mine.key)) == []
    assert items(await api.get("/v2/drivers?tag=BOB", key=mine.key)) == []
    assert items(await api.get("/v2/tags?search=bob", key=mine.key)) == []


@pytest.mark.parametrize("site_ids", [[], [GROUND_FLOOR.id], [987654]])
async def test_an_operator_of_no_site_of_theirs_sees_nobody(api: Api, site_ids: list[int]) -> None:
    operator = await person(api, *ALL, site_ids=[each for each in site_ids if each != 987654])
    assert items(await api.get("/v2/drivers", key=operator.key)) == []
    assert items(await api.get("/v2/tags", key=operator.key)) == []


async def test_a_site_brings_all_below_it(api: Api) -> None:
    mine = await person(api, *ALL, site_ids=[COMPANY.id])
    names = [each["name"] for each in items(await api.get("/v2/drivers", key=mine.key))]
    assert names == sorted(each.name for each in [*DEPOT_PEOPLE, BOB])


@pytest.mark.parametrize("other", [BOB, JUDY, NIAJ])
async def test_who_is_at_home_elsewhere_or_nowhere_is_not_there(api: Api, other: object) -> None:
    number = other.id  # type: ignore[attr-defined]
    mine = await person(api, *ALL, site_ids=[DEPOT.id])
    for path, what in ((f"/v2/drivers/{number}", "driver"), (f"/v2/tags/{number}", "tag")):
        for method in ("GET", "PATCH", "DELETE"):
            body = {"json": {}} if method == "PATCH" else {}
            response = await api.ask(method, path, key=mine.key, **body)
            assert refused(response) == (404, f"no {what} {number}")
    assert refused(await api.get(f"/v2/tags?driverId={number}", key=mine.key))[0] == 404
    response = await api.post("/v2/tags", {"driverId": number, "idTag": "NEW"}, key=mine.key)
    assert (refused(response)[0], blamed(response)) == (400, ["driverId"])


async def test_nobody_is_put_where_the_caller_would_not_see_him(fresh_api: Api) -> None:
    mine = await person(fresh_api, *ALL, site_ids=[DEPOT.id])
    for home in ({}, {"homeSiteId": None}, {"homeSiteId": OFFICE.id}, {"homeSiteId": COMPANY.id}):
        response = await fresh_api.post("/v2/drivers", {"name": "Zoe", **home}, key=mine.key)
        assert (refused(response)[0], blamed(response)) == (400, ["homeSiteId"])
        if home:
            response = await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json=home, key=mine.key)
            assert (refused(response)[0], blamed(response)) == (400, ["homeSiteId"])
    made = await fresh_api.post("/v2/drivers", {"name": "Zoe", "homeSiteId": GROUND_FLOOR.id}, key=mine.key)
    assert made.status_code == 201
    moved = await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json={"homeSiteId": GROUND_FLOOR.id}, key=mine.key)
    assert moved.json()["homeSiteId"] == GROUND_FLOOR.id
