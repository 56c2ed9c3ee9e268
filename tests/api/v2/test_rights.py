"""/v2/rights as its callers ask it, one right at a time and many."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.bulk_rights import BulkGranted, BulkRevoked
from chargerights.api.v2.rights import RightShape
from chargerights.api.v2.shapes import Page
from tests.api.checking import valid
from tests.api.client import Api, listed
from tests.api.v2.asking import good, ids, refused, send
from tests.api.v2.callers import callers_of
from tests.support.world import ALICE, BOB, DAN, DEP_1, DEPOT, GF_1, MALLORY, OFF_1, OFFICE, RIV_1, VISITORS, YARD

RIGHTS, GRANT, REVOKE = "/v2/rights", "/v2/rights/grant", "/v2/rights/revoke"
NEW = {"driverId": DAN.id, "siteId": DEPOT.id}
ONE_PLACE = {"body": ["name one place: siteId, chargerId or accessGroupId"]}

WRONG: dict[str, tuple[Any, Any]] = {
    "no driver": ({"siteId": 2}, {"driverId": ["is missing"]}),
    "no place": ({"driverId": 4}, ONE_PLACE),
    "two places": (NEW | {"chargerId": "DEP-1"}, ONE_PLACE),
    "a driver that is not there": (NEW | {"driverId": 404}, {"driverId": ["no driver 404"]}),
    "another customer's driver": (NEW | {"driverId": MALLORY.id}, {"driverId": ["no driver 90"]}),
    "a site that is not there": (NEW | {"siteId": 404}, {"siteId": ["no site 404"]}),
    "another customer's site": (NEW | {"siteId": 90}, {"siteId": ["no site 90"]}),
    "another customer's charger": ({"driverId": 4, "chargerId": RIV_1.charger_id}, {"chargerId": ["no charger RIV-1"]}),
    "a group that is not there": ({"driverId": 4, "accessGroupId": 9}, {"accessGroupId": ["no access group 9"]}),
    "a window that ends before it begins": (
        NEW | {"validFrom": "2027-01-01T00:00:00Z", "validUntil": "2026-01-01T00:00:00Z"},
        {"validUntil": ["it ends 2026-01-01T00:00:00+00:00, which is not after its start 2027-01-01T00:00:00+00:00"]},
    ),
    "hours of no length": (
        NEW | {"hours": [{"weekday": 1, "from": "08:00", "until": "08:00"}]},
        {"hours": ["hours begin and end at the same minute: for a whole day use 00:00 to 24:00"]},
    ),
    "an eighth day": (
        NEW | {"hours": [{"weekday": 8, "from": "08:00", "until": "09:00"}]},
        {"hours.0.weekday": ["must be 7 or less, not 8"]},
    ),
    "an hour that is none": (
        NEW | {"hours": [{"weekday": 1, "from": "25:00", "until": "09:00"}]},
        {"hours.0.from": ['must be a time of day such as 08:00, not "25:00"']},
    ),
}


@pytest.mark.parametrize(("body", "errors"), WRONG.values(), ids=WRONG)
async def test_a_right_that_cannot_be_is_refused_by_its_members(sqlite_api: Api, body: Any, errors: Any) -> None:
    assert refused(await send(sqlite_api, "POST", RIGHTS, body)) == (400, errors)
    assert DAN.id not in listed(await sqlite_api.drivers_of([DEPOT.id]))[DEPOT.id]


@pytest.mark.parametrize("right_id", [404, 0, -1, MALLORY.rights[0].id])
async def test_a_right_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, right_id: int) -> None:
    for method, body in (("GET", None), ("PATCH", {"hours": None}), ("DELETE", None)):
        assert refused(await send(sqlite_api, method, f"{RIGHTS}/{right_id}", body)) == (404, f"no right {right_id}")


async def test_who_may_not_grants_and_takes_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    path = f"{RIGHTS}/{ALICE.rights[0].id}"
    many = {"driverIds": [DAN.id], "siteIds": [DEPOT.id]}
    for method, where, body in (
        ("POST", RIGHTS, NEW),
        ("PATCH", path, {"validUntil": None}),
        ("DELETE", path, None),
        ("POST", GRANT, many),
        ("POST", REVOKE, many),
    ):
        for key, status in ((callers.reader, 403), (callers.idle, 403), (None, 401)):
            assert refused(await send(api, method, where, body, key=key))[0] == status
    assert refused(await send(api, "DELETE", path, key=callers.rival))[0] == 404
    assert refused(await send(api, "GET", RIGHTS, key=callers.idle))[0] == 403
    found = listed(await api.drivers_of([DEPOT.id]))[DEPOT.id]
    assert ALICE.id in found
    assert DAN.id not in found


async def test_a_site_manager_grants_to_his_drivers_on_his_places_only(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    for body, errors in (
        ({"driverId": BOB.id, "siteId": DEPOT.id}, {"driverId": ["no driver 2"]}),
        ({"driverId": DAN.id, "siteId": OFFICE.id}, {"siteId": ["no site 6"]}),
        ({"driverId": DAN.id, "siteId": 1}, {"siteId": ["no site 1"]}),
        ({"driverId": DAN.id, "chargerId": OFF_1.charger_id}, {"chargerId": ["no charger OFF-1"]}),
        ({"driverId": DAN.id, "accessGroupId": VISITORS.id}, {"accessGroupId": ["no access group 1"]}),
    ):
        assert refused(await send(api, "POST", RIGHTS, body, key=manager)) == (400, errors)
    many = {"driverIds": [DAN.id, BOB.id], "siteIds": [DEPOT.id]}
    assert refused(await send(api, "POST", GRANT, many, key=manager)) == (400, {"driverIds": ["no driver 2"]})
    good(await send(api, "POST", RIGHTS, NEW, key=manager), RightShape, 201)


async def test_a_site_manager_takes_a_strangers_right_on_his_site_but_none_elsewhere(fresh_sqlite_api: Api) -> None:
    """Niaj, who is at home nowhere, holds a right on GF-1; Bob's, on the Company, reaches the Depot."""
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    seen = good(await send(api, "GET", f"{RIGHTS}?limit=100", key=manager), Page[RightShape])
    assert {each["driverId"] for each in seen["items"]} == {1, 3, 5, 6, 7, 8, 9, 11, 13}
    bobs = f"{RIGHTS}/{BOB.rights[0].id}"
    for method, body in (("GET", None), ("PATCH", {"hours": None}), ("DELETE", None)):
        assert refused(await send(api, method, bobs, body, key=manager))[0] == 404
    (niajs,) = good(await send(api, "GET", f"{RIGHTS}?chargerId={GF_1.charger_id}", key=manager), Page[RightShape])[
        "items"
    ]
    assert (await send(api, "DELETE", f"{RIGHTS}/{niajs['id']}", key=manager)).status_code == 204


async def test_the_answer_for_a_right_that_is_held_already_is_in_the_document(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    openapi = api.app.openapi()
    ok = openapi["paths"][RIGHTS]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    await send(api, "POST", RIGHTS, NEW)
    for path in (RIGHTS, f"{RIGHTS}?dryRun=true"):
        answer = await send(api, "POST", path, NEW)
        assert answer.status_code == 200
        assert valid(answer.json(), ok, openapi["components"]["schemas"]), path


@pytest.mark.parametrize(
    "place", [{"siteId": DEPOT.id}, {"chargerId": DEP_1.charger_id}, {"accessGroupId": VISITORS.id}]
)
async def test_a_granted_right_is_given_once_shown_and_taken(fresh_api: Api, place: dict[str, Any]) -> None:
    answer = await send(fresh_api, "POST", RIGHTS, {"driverId": DAN.id, **place})
    made = good(answer, RightShape, 201)
    assert answer.headers["location"] == f"{RIGHTS}/{made['id']}"
    assert {"driverId": DAN.id, **place}.items() <= made.items()
    again = await send(fresh_api, "POST", RIGHTS, {"driverId": DAN.id, **place})
    assert good(again, RightShape, 200) == made
    assert good(await send(fresh_api, "GET", f"{RIGHTS}?driverId={DAN.id}"), Page[RightShape])["items"] == [made]
    assert (await send(fresh_api, "DELETE", answer.headers["location"])).status_code == 204
    assert refused(await send(fresh_api, "DELETE", answer.headers["location"]))[0] == 404
    assert good(await send(fresh_api, "GET", f"{RIGHTS}?driverId={DAN.id}"), Page[RightShape])["items"] == []


async def test_a_right_with_other_limits_is_another_right(fresh_sqlite_api: Api) -> None:
    limited = NEW | {
        "validFrom": "2026-01-01T00:00:00Z",
        "hours": [{"weekday": 7, "from": "22:00", "until": "06:00"}],
    }
    made = [good(await send(fresh_sqlite_api, "POST", RIGHTS, body), RightShape, 201) for body in (NEW, limited)]
    assert made[0]["id"] != made[1]["id"]
    assert made[1]["hours"] == limited["hours"]
    path = f"{RIGHTS}/{made[1]['id']}"
    changed = good(await send(fresh_sqlite_api, "PATCH", path, {"hours": None}), RightShape)
    assert "hours" not in changed
    assert changed["validFrom"] == limited["validFrom"]


async def test_a_change_from_an_old_answer_is_refused(fresh_api: Api) -> None:
    path = f"{RIGHTS}/{ALICE.rights[0].id}"
    first = {"if-match": (await send(fresh_api, "GET", path)).headers["etag"]}
    later = {"validUntil": "2027-01-01T00:00:00Z"}
    good(await send(fresh_api, "PATCH", path, later, headers=first), RightShape)
    for method, body in (("PATCH", {"validUntil": None}), ("DELETE", None)):
        assert refused(await send(fresh_api, method, path, body, headers=first))[0] == 412


async def test_an_end_before_the_start_that_stays_is_refused(sqlite_api: Api) -> None:
    path = f"{RIGHTS}/130"  # Peggy's begins tomorrow
    status, told = refused(await send(sqlite_api, "PATCH", path, {"validUntil": "2026-06-03T09:00:00Z"}))
    assert status == 400
    assert told.keys() == {"validUntil"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"driverId={ALICE.id}", [10]),
        (f"siteId={YARD.id}", [120]),
        (f"accessGroupId={VISITORS.id}", [100]),
        (f"siteId={DEPOT.id}&valid=false", [30, 130]),
        (f"siteId={DEPOT.id}&driverId=2", []),
        ("limit=2&page=2", [30, 50]),
        ("limit=2&sortDescending=true", [130, 120]),
    ],
)
async def test_rights_are_found_by_what_is_asked(sqlite_api: Api, query: str, found: list[int]) -> None:
    assert ids(good(await send(sqlite_api, "GET", f"{RIGHTS}?{query}"), Page[RightShape])) == found


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("siteId=2&chargerId=DEP-1", 400),
        ("siteId=90", 404),
        ("driverId=90", 404),
        ("chargerId=RIV-1", 404),
        ("sortKey=name", 400),
    ],
)
async def test_a_list_of_what_there_is_not_is_refused(sqlite_api: Api, query: str, status: int) -> None:
    assert refused(await send(sqlite_api, "GET", f"{RIGHTS}?{query}"))[0] == status


async def test_many_rights_are_granted_and_taken_in_one_revision(fresh_api: Api) -> None:
    before = await revision(fresh_api)
    many = {
        "driverIds": [1, 2, 3, 4],
        "siteIds": [DEPOT.id, YARD.id],
        "chargerIds": [OFF_1.charger_id],
        "accessGroupIds": [VISITORS.id],
    }
    assert good(await send(fresh_api, "POST", GRANT, many), BulkGranted) == {"granted": 15, "heldAlready": 1}
    assert good(await send(fresh_api, "POST", GRANT, many), BulkGranted) == {"granted": 0, "heldAlready": 16}
    assert await revision(fresh_api) == before + 1
    assert listed(await fresh_api.drivers_of([YARD.id]))[YARD.id] == [1, 2, 3, 4, 12]
    assert good(await send(fresh_api, "POST", REVOKE, many), BulkRevoked) == {"revoked": 17}
    assert good(await send(fresh_api, "POST", REVOKE, many), BulkRevoked) == {"revoked": 0}
    assert listed(await fresh_api.drivers_of([YARD.id]))[YARD.id] == [2, 12]


async def revision(api: Api) -> int:
    answer = await send(api, "POST", "/v2/access/check", {"chargerId": "DEP-1", "idTag": "X"})
    return int(answer.json()["revision"])


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"driverIds": [], "siteIds": [2]}, {"driverIds"}),
        ({"driverIds": [1]}, {"body"}),
        ({"driverIds": [1, 404], "siteIds": [2]}, {"driverIds"}),
        ({"driverIds": [1], "siteIds": [2, 90]}, {"siteIds"}),
        ({"driverIds": [1], "chargerIds": ["RIV-1"]}, {"chargerIds"}),
        ({"driverIds": [1], "accessGroupIds": [2]}, {"accessGroupIds"}),
        ({"driverIds": [*range(1, 10_001)], "siteIds": [*range(1, 12)]}, {"body"}),
    ],
)
async def test_of_many_one_that_cannot_be_refuses_all(sqlite_api: Api, body: Any, errors: set[str]) -> None:
    for path in (GRANT, REVOKE):
        status, told = refused(await send(sqlite_api, "POST", path, body))
        assert status == 400
        assert told.keys() == errors


async def test_a_bulk_grant_is_made_once_under_one_idempotency_key(fresh_api: Api) -> None:
    key = {"idempotency-key": "bulk"}
    many = {"driverIds": [4], "siteIds": [DEPOT.id]}
    for _ in range(2):
        granted = good(await send(fresh_api, "POST", GRANT, many, headers=key), BulkGranted)
        assert granted == {"granted": 1, "heldAlready": 0}
