"""`dryRun=true` on the changes of v2: what they would mean, and nothing of it done."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Connection

from chargerights.api.v2.impact import ImpactShape
from chargerights.rights.permissions import Permission
from chargerights.storage.callers import HOST
from chargerights.storage.revisions import revise
from tests.api.checking import valid
from tests.api.client import Api, listed, problem
from tests.api.v2.asking import good
from tests.api.v2.callers import new_operator
from tests.storage.writing import everything
from tests.support.world import ALICE, BOB, COMPANY, DAN, DEPOT, GROUND_FLOOR, NOW, OFFICE, TOMORROW, YARD, driver

GRANT = {"driverId": DAN.id, "siteId": OFFICE.id}


async def rows(api: Api) -> dict[str, list[str]]:
    """All that is stored, but for when keys were last used."""
    await api.settle()
    found = await api.change(everything)
    return {name: rows for name, rows in found.items() if name != "api_keys"}


async def test_a_dry_run_tells_who_would_gain_access_where_and_changes_nothing(fresh_api: Api) -> None:
    before = await rows(fresh_api)
    response = await fresh_api.post("/v2/rights?dryRun=true", GRANT)
    assert good(response, ImpactShape) == {
        "dryRun": True,
        "summary": "1 driver would gain access, at 1 site and 1 charger.",
        "at": "2026-06-03T09:00:00Z",
        "revision": 2,
        "drivers": {
            "total": 1,
            "gaining": 1,
            "losing": 0,
            "items": [
                {
                    "driverId": DAN.id,
                    "driverName": "Dan",
                    "chargersGained": 1,
                    "chargersLost": 0,
                    "sitesGained": 1,
                    "sitesLost": 0,
                }
            ],
        },
        "sites": {
            "total": 1,
            "items": [
                {
                    "siteId": OFFICE.id,
                    "siteName": "Office",
                    "gainedCount": 1,
                    "lostCount": 0,
                    "gained": [DAN.id],
                    "lost": [],
                }
            ],
        },
        "chargers": {
            "total": 1,
            "items": [
                {
                    "chargerId": "OFF-1",
                    "siteId": OFFICE.id,
                    "gainedCount": 1,
                    "lostCount": 0,
                    "gained": [DAN.id],
                    "lost": [],
                }
            ],
        },
    }
    assert await rows(fresh_api) == before
    assert DAN.id not in listed(await fresh_api.drivers_of([OFFICE.id]))[OFFICE.id]


@pytest.mark.parametrize(
    ("method", "path", "body", "sites"),
    [
        ("POST", "/v2/rights", GRANT, [OFFICE.id]),
        ("DELETE", f"/v2/drivers/{BOB.id}", None, [COMPANY.id, DEPOT.id]),
        ("PATCH", f"/v2/drivers/{ALICE.id}", {"enabled": False}, [COMPANY.id, DEPOT.id]),
        ("DELETE", f"/v2/drivers/{ALICE.id}/sites", {"siteIds": [DEPOT.id]}, [COMPANY.id, DEPOT.id]),
        ("PATCH", f"/v2/sites/{YARD.id}", {"parentSiteId": OFFICE.id}, [COMPANY.id, OFFICE.id, YARD.id]),
        ("PATCH", "/v2/chargers/GF-1", {"siteId": OFFICE.id}, [COMPANY.id, OFFICE.id, GROUND_FLOOR.id]),
        ("PATCH", "/v2/charger-access-groups/1", {"chargerIds": ["CIR-2"]}, [OFFICE.id]),
    ],
)
async def test_the_numbers_of_a_dry_run_are_those_after_the_change(
    fresh_api: Api, method: str, path: str, body: Any, sites: list[int]
) -> None:
    told = good(await fresh_api.ask(method, f"{path}?dryRun=true", json=body), ImpactShape)
    before = listed(await fresh_api.drivers_of([*sites, DEPOT.id]))
    assert (await fresh_api.ask(method, path, json=body)).status_code < 300
    after = listed(await fresh_api.drivers_of([*sites, DEPOT.id]))
    impact = {each["siteId"]: (each["gained"], each["lost"]) for each in told["sites"]["items"]}
    for site in sites:
        gained, lost = set(after[site]) - set(before[site]), set(before[site]) - set(after[site])
        assert impact[site] == (sorted(gained), sorted(lost))


async def test_a_dry_run_is_refused_as_the_change_would_be(fresh_api: Api) -> None:
    before = await rows(fresh_api)
    unknown = await fresh_api.post("/v2/rights?dryRun=true", GRANT | {"siteId": 77})
    assert problem(unknown) == (400, "siteId: no site 77")
    stale = await fresh_api.ask(
        "PATCH", f"/v2/drivers/{ALICE.id}?dryRun=true", json={"enabled": False}, headers={"if-match": '"old"'}
    )
    assert problem(stale)[0] == 412
    assert await rows(fresh_api) == before


async def test_who_may_not_change_may_not_try(fresh_api: Api) -> None:
    reading = await fresh_api.add_key(read_only=True)
    assert problem(await fresh_api.post("/v2/rights?dryRun=true", GRANT, key=reading))[0] == 403
    assert problem(await fresh_api.post("/v2/rights?dryRun=true", GRANT, key=None))[0] == 401
    of_another = await fresh_api.post("/v2/rights?dryRun=true", GRANT, key=fresh_api.rival.key)
    assert problem(of_another) == (400, f"driverId: no driver {DAN.id}")


async def test_who_may_not_see_drivers_sees_no_impact(fresh_api: Api) -> None:
    key = await new_operator(fresh_api, [Permission.WRITE_DRIVERS])
    status, detail = problem(await fresh_api.post("/v2/rights?dryRun=true", GRANT, key=key))
    assert status == 403
    assert "ReadDrivers" in detail


async def test_an_operator_of_some_sites_sees_the_impact_on_these(fresh_api: Api) -> None:
    key = await new_operator(fresh_api, [Permission.WRITE_DRIVERS, Permission.READ_DRIVERS], [DEPOT.id])
    body = {"driverId": DAN.id, "siteId": GROUND_FLOOR.id}
    limited = good(await fresh_api.post("/v2/rights?dryRun=true", body, key=key), ImpactShape)
    whole = good(await fresh_api.post("/v2/rights?dryRun=true", body), ImpactShape)
    assert {each["siteId"] for each in limited["sites"]["items"]} == {2, 3, 4}
    assert {each["siteId"] for each in whole["sites"]["items"]} == {1, 2, 3, 4}
    assert limited["drivers"]["items"][0]["sitesGained"] == 3
    assert limited["chargers"] == whole["chargers"]


async def test_long_lists_are_cut_and_their_totals_are_not(fresh_api: Api) -> None:
    ids = [1_000 + number for number in range(150)]

    def add(connection: Connection) -> None:
        with revise(connection, fresh_api.us.id, at=NOW, actor=HOST, action="test") as revision:
            revision.put_drivers([driver(each, f"Many {each}", home=DEPOT) for each in ids])

    await fresh_api.change(add)
    body = {"driverIds": ids, "siteIds": [OFFICE.id]}
    told = good(await fresh_api.post("/v2/rights/grant?dryRun=true", body), ImpactShape)
    assert (told["drivers"]["total"], len(told["drivers"]["items"])) == (150, 100)
    (office,) = told["sites"]["items"]
    assert (office["gainedCount"], office["gained"]) == (150, ids[:100])
    assert told["summary"] == "150 drivers would gain access, at 1 site and 1 charger."


async def test_what_is_lost_comes_first(fresh_api: Api) -> None:
    told = good(await fresh_api.ask("DELETE", f"/v2/drivers/{BOB.id}?dryRun=true"), ImpactShape)
    assert told["summary"] == "1 driver would lose access, at 5 sites and 4 chargers."
    assert [each["lost"] for each in told["sites"]["items"]] == [[BOB.id]] * 5


async def test_a_dry_run_leaves_its_idempotency_key_for_the_change(fresh_api: Api) -> None:
    headers = {"idempotency-key": "one"}
    good(await fresh_api.post("/v2/rights?dryRun=true", GRANT, headers=headers), ImpactShape)
    made = await fresh_api.post("/v2/rights", GRANT, headers=headers)
    assert made.status_code == 201
    assert DAN.id in listed(await fresh_api.drivers_of([OFFICE.id]))[OFFICE.id]


async def test_a_right_that_begins_later_tells_when_its_impact_begins(fresh_api: Api) -> None:
    later = GRANT | {"validFrom": TOMORROW.isoformat()}
    told = good(await fresh_api.post("/v2/rights?dryRun=true", later), ImpactShape)
    assert told["summary"] == "No one would gain or lose access."
    assert told["changesAgainAt"] == "2026-06-04T09:00:00Z"
    assert told["at"] == NOW.isoformat().replace("+00:00", "Z")


async def test_the_document_tells_of_the_impact_wherever_a_dry_run_may_be_asked_for(fresh_api: Api) -> None:
    document = (await fresh_api.get("/openapi.json")).json()
    told = good(await fresh_api.post("/v2/rights?dryRun=true", GRANT), ImpactShape)
    asked = 0
    for item in document["paths"].values():
        for operation in item.values():
            if any(each["name"] == "dryRun" for each in operation.get("parameters", [])):
                schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
                assert valid(told, schema, document["components"]["schemas"])
                asked += 1
    assert asked > 10
