"""GET /v2/reports/…: what to look through now and then, a page at a time."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.reports import ReportItem
from chargerights.api.v2.shapes import Page
from chargerights.rights.permissions import Permission
from tests.api.client import Api, problem
from tests.api.v2.asking import good
from tests.api.v2.callers import new_operator
from tests.support.world import ALICE, BOB, CAROL, COMPANY, DAN, DEPOT, FRANK, OFFICE, TOMORROW

REPORTS = ("expiring", "never-used", "duplicate-names", "tags-of-disabled-drivers", "high-rights")


async def report(api: Api, name: str, **more: Any) -> list[dict[str, Any]]:
    told = good(await api.get(f"/v2/reports/{name}", **more), Page[ReportItem])
    items: list[dict[str, Any]] = told["items"]
    assert told["totalRecords"] == len(items)
    return items


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_is_for_those_who_may_see_drivers(fresh_sqlite_api: Api, name: str) -> None:
    api, path = fresh_sqlite_api, f"/v2/reports/{name}"
    assert problem(await api.get(path, key=None))[0] == 401
    assert problem(await api.get(path, key=await new_operator(api, [Permission.READ_SITES])))[0] == 403
    rival = good(await api.get(path, key=api.rival.key), Page[ReportItem])
    assert {each["driverName"] for each in rival["items"]} <= {"Mallory"}


@pytest.mark.parametrize(
    "query",
    ["expiring?days=0", "expiring?days=x", "expiring?days=99999999", "high-rights?chargers=0", "expiring?sortKey=name"],
)
async def test_a_report_that_cannot_be_is_refused(sqlite_api: Api, query: str) -> None:
    assert problem(await sqlite_api.get(f"/v2/reports/{query}"))[0] == 400


async def test_a_report_that_there_is_not_is_a_404(sqlite_api: Api) -> None:
    assert problem(await sqlite_api.get("/v2/reports/everything"))[0] == 404


async def test_what_ends_soon_is_shown_with_its_end(fresh_api: Api) -> None:
    assert await report(fresh_api, "expiring") == []
    right = {"driverId": DAN.id, "siteId": OFFICE.id, "validUntil": TOMORROW.isoformat()}
    made = (await fresh_api.post("/v2/rights", right)).json()
    (found,) = await report(fresh_api, "expiring?days=1")
    assert found == {
        "driverId": DAN.id,
        "driverName": "Dan",
        "enabled": True,
        "homeSiteId": DEPOT.id,
        "homeSiteName": "Depot",
        "right": made,
        "endsAt": "2026-06-04T09:00:00Z",
    }


async def test_tags_that_no_charger_ever_asked_about_are_listed(api: Api) -> None:
    found = await report(api, "never-used")
    assert [each["tag"]["idTag"] for each in found][:2] == ["ALICE", "BOB"]
    assert "FRANK" not in {each["tag"]["idTag"] for each in found}


async def test_drivers_of_one_name_name_each_other(fresh_api: Api) -> None:
    made = (await fresh_api.post("/v2/drivers", {"name": "alice"})).json()
    one, other = await report(fresh_api, "duplicate-names")
    assert (one["driverId"], one["namesakes"]) == (ALICE.id, [made["id"]])
    assert (other["driverId"], other["namesakes"]) == (made["id"], [ALICE.id])


async def test_tags_of_disabled_drivers_are_listed(api: Api) -> None:
    (found,) = await report(api, "tags-of-disabled-drivers")
    assert (found["driverId"], found["enabled"], found["tag"]["idTag"]) == (FRANK.id, False, "FRANK")


async def test_rights_that_reach_far_tell_how_far(api: Api) -> None:
    assert await report(api, "high-rights") == []
    found = await report(api, "high-rights?chargers=4")
    assert (found[1]["driverId"], found[1]["right"]["siteId"]) == (BOB.id, COMPANY.id)
    assert (found[1]["chargersBelow"], found[1]["levelsBelow"]) == (4, 4)
    deep = await report(api, "high-rights?chargers=99&levels=4")
    assert [each["driverId"] for each in deep] == [BOB.id]


async def test_a_report_has_pages_and_may_begin_with_the_last(api: Api) -> None:
    whole = await report(api, "never-used")
    page = good(await api.get("/v2/reports/never-used?limit=2&page=2"), Page[ReportItem])
    assert page["items"] == whole[2:4]
    assert (page["hasPreviousPage"], page["hasNextPage"], page["totalRecords"]) == (True, True, len(whole))
    last = good(await api.get("/v2/reports/never-used?limit=2&sortDescending=true"), Page[ReportItem])
    assert last["items"] == whole[:-3:-1]


async def test_an_operator_of_some_sites_is_shown_the_drivers_he_looks_after(fresh_api: Api) -> None:
    for home in (DEPOT.id, OFFICE.id):
        assert (await fresh_api.post("/v2/drivers", {"name": "Carol", "homeSiteId": home})).status_code == 201
    of_office = await new_operator(fresh_api, [Permission.READ_DRIVERS], [OFFICE.id])
    of_depot = await new_operator(fresh_api, [Permission.READ_DRIVERS], [DEPOT.id])
    assert await report(fresh_api, "duplicate-names", key=of_office) == []
    one, other = await report(fresh_api, "duplicate-names", key=of_depot)
    assert (one["driverId"], one["namesakes"]) == (CAROL.id, [other["driverId"]])
    assert {each["driverName"] for each in await report(fresh_api, "never-used", key=of_office)} == {"Judy"}
    assert await report(fresh_api, "tags-of-disabled-drivers", key=of_office) == []
