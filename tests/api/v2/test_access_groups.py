"""/v2/charger-access-groups as its callers ask it."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.access_groups import AccessGroupItem, AccessGroupShape
from chargerights.api.v2.shapes import Page
from chargerights.rights.errors import UnknownDriver
from chargerights.rights.permissions import Permission
from chargerights.storage import revisions
from chargerights.storage.changes import access_groups
from tests.api.client import Api
from tests.api.v2.asking import NOT_A_MEMBER, good, ids, names, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.storage.writing import OCCASION
from tests.support.world import ALICE, BOB, CAROL, DAN, GRACE, JUDY, MALLORY, RIV_1, TOMORROW, VISITORS

GROUPS = "/v2/charger-access-groups"
VISITORS_PATH = f"{GROUPS}/{VISITORS.id}"
NEW = {"name": "Guests", "driverIds": [DAN.id, ALICE.id], "chargerIds": ["GF-1", "DEP-1"]}

WRONG: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "no name": ({}, {"name": ["is missing"]}),
    "an empty name": ({"name": ""}, {"name": ["it is empty"]}),
    "a name that is too long": ({"name": "x" * 501}, {"name": ["it has 501 characters: use at most 500"]}),
    "a name that is no text": ({"name": ["x"]}, {"name": ["must be a text, not a list"]}),
    "an unknown member": (NEW | {"colour": "red"}, {"colour": [NOT_A_MEMBER]}),
    "its id": (NEW | {"id": 7}, {"id": [NOT_A_MEMBER]}),
    "a driver that is not there": (NEW | {"driverIds": [1, 404]}, {"driverIds": ["no driver 404"]}),
    "another customer's driver": (NEW | {"driverIds": [MALLORY.id]}, {"driverIds": ["no driver 90"]}),
    "a driver as text": (NEW | {"driverIds": ["1"]}, {"driverIds.0": ['must be a whole number, not "1"']}),
    "a driver beyond 64 bits": (NEW | {"driverIds": [2**63]},
        {"driverIds.0": ["must be 9223372036854775807 or less, not 9223372036854775808"]}),
    "drivers of null": (NEW | {"driverIds": None}, {"driverIds": ["must be a list, not null"]}),
    "a charger that is not there": (NEW | {"chargerIds": ["dep-1"]}, {"chargerIds": ["no charger dep-1"]}),
    "another customer's charger": (NEW | {"chargerIds": [RIV_1.charger_id]}, {"chargerIds": ["no charger RIV-1"]}),
    "a charger by number": (NEW | {"chargerIds": [1]}, {"chargerIds.0": ["must be a text, not 1"]}),
    "chargers of null": (NEW | {"chargerIds": None}, {"chargerIds": ["must be a list, not null"]}),
    "a list": ([], {"body": ["must be an object, not a list"]}),
}  # fmt: skip


async def who_may(api: Api, charger_id: str, *tags: str) -> list[str]:
    """Those of the tags that may charge there."""
    asked = [{"chargerId": charger_id, "idTag": each} for each in tags]
    answers = [(await send(api, "POST", "/v2/access/check", each)).json()["allowed"] for each in asked]
    return [each for each, allowed in zip(tags, answers, strict=True) if allowed]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize(("body", "errors"), WRONG.values(), ids=WRONG)
async def test_an_access_group_that_cannot_be_is_refused_by_its_members(
    sqlite_api: Api, method: str, body: Any, errors: Any
) -> None:
    if (method, body) == ("PATCH", {}):
        return  # nothing has to be changed
    path = GROUPS if method == "POST" else VISITORS_PATH
    assert refused(await send(sqlite_api, method, path, body)) == (400, errors)
    assert names(good(await send(sqlite_api, "GET", GROUPS), Page[AccessGroupItem])) == ["Visitors"]


@pytest.mark.parametrize("group_id", [404, 0, -1])
async def test_an_access_group_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, group_id: int) -> None:
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        answer = await send(sqlite_api, method, f"{GROUPS}/{group_id}", body)
        assert refused(answer) == (404, f"no access group {group_id}")


async def test_who_may_not_write_writes_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    chargers_only = await new_operator(api, {Permission.WRITE_CHARGERS})
    drivers_only = await new_operator(api, {Permission.WRITE_DRIVERS})
    before = (await send(api, "GET", VISITORS_PATH)).text
    for method, path, body in (
        ("POST", GROUPS, NEW),
        ("PATCH", VISITORS_PATH, {"name": "X"}),
        ("DELETE", VISITORS_PATH, None),
    ):
        for key in (callers.reader, callers.idle, chargers_only, drivers_only):
            assert refused(await send(api, method, path, body, key=key))[0] == 403
        assert refused(await send(api, method, path, body, key=None))[0] == 401
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        assert refused(await send(api, method, VISITORS_PATH, body, key=callers.rival))[0] == 404
    assert (await send(api, "GET", VISITORS_PATH)).text == before


async def test_who_may_not_read_reads_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    chargers_only = await new_operator(api, {Permission.READ_CHARGERS})
    for path in (GROUPS, VISITORS_PATH):
        for key in (callers.idle, chargers_only):
            assert refused(await send(api, "GET", path, key=key))[0] == 403
        assert refused(await send(api, "GET", path, key=None))[0] == 401
    assert names(good(await send(api, "GET", GROUPS, key=callers.rival), Page[AccessGroupItem])) == []
    assert names(good(await send(api, "GET", GROUPS, key=callers.reader), Page[AccessGroupItem])) == ["Visitors"]


async def test_a_site_manager_sees_of_a_group_only_what_is_his_and_changes_only_one_that_is_all_his(
    fresh_sqlite_api: Api,
) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    (item,) = good(await send(api, "GET", GROUPS, key=manager), Page[AccessGroupItem])["items"]
    assert (item["chargersCount"], item["driversCount"]) == (1, 0)
    shown = good(await send(api, "GET", VISITORS_PATH, key=manager), AccessGroupShape)
    assert (shown["chargers"], shown["drivers"]) == ([{"id": 4, "chargerId": "CIR-2"}], [])
    not_his = "access group 1 holds chargers that you do not see: someone who does can change it"
    for method, body in (("PATCH", {"name": "X"}), ("PATCH", {"chargerIds": []}), ("DELETE", None)):
        assert refused(await send(api, method, VISITORS_PATH, body, key=manager)) == (403, not_his)
    await send(api, "PATCH", VISITORS_PATH, {"chargerIds": ["OFF-1"]})
    assert names(good(await send(api, "GET", GROUPS, key=manager), Page[AccessGroupItem])) == []
    assert refused(await send(api, "GET", VISITORS_PATH, key=manager)) == (404, "no access group 1")
    await send(api, "PATCH", VISITORS_PATH, {"chargerIds": ["CIR-2"]})
    good(await send(api, "PATCH", VISITORS_PATH, {"name": "Mine"}, key=manager), AccessGroupShape)
    assert (await send(api, "DELETE", VISITORS_PATH, key=manager)).status_code == 204
    assert refused(await send(api, "GET", VISITORS_PATH))[0] == 404


async def test_a_site_manager_names_only_his_drivers_and_chargers(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    made = good(await send(api, "POST", GROUPS, NEW, key=manager), AccessGroupShape, 201)
    for method, path in (("POST", GROUPS), ("PATCH", f"{GROUPS}/{made['id']}")):
        for body, errors in (
            ({"driverIds": [BOB.id]}, {"driverIds": ["no driver 2"]}),
            ({"chargerIds": ["OFF-1"]}, {"chargerIds": ["no charger OFF-1"]}),
        ):
            assert refused(await send(api, method, path, NEW | body, key=manager)) == (400, errors)


async def test_drivers_whom_a_site_manager_does_not_see_keep_their_rights_on_his_group(fresh_api: Api) -> None:
    api = fresh_api
    manager = (await callers_of(api)).manager
    made = good(await send(api, "POST", GROUPS, NEW | {"driverIds": [DAN.id, JUDY.id]}), AccessGroupShape, 201)
    path = f"{GROUPS}/{made['id']}"
    mine = good(await send(api, "PATCH", path, {"driverIds": [CAROL.id]}, key=manager), AccessGroupShape)
    assert ids({"items": mine["drivers"]}) == [CAROL.id]
    whole = good(await send(api, "GET", path), AccessGroupShape)
    assert ids({"items": whole["drivers"]}) == [CAROL.id, JUDY.id]
    assert await who_may(api, "GF-1", "DAN", "CAROL", "JUDY") == ["CAROL", "JUDY"]


async def test_a_new_access_group_is_shown_by_every_process_and_decides_at_once(fresh_api: Api) -> None:
    other = fresh_api.beside()
    assert await who_may(other, "GF-1", "DAN", "ALICE") == ["ALICE"]
    answer = await send(fresh_api, "POST", GROUPS, NEW | {"driverIds": [DAN.id, ALICE.id, DAN.id]})
    made = good(answer, AccessGroupShape, 201)
    assert made == {
        "id": made["id"], "name": "Guests", "createdAt": "2026-06-03T09:00:00Z", "updatedAt": "2026-06-03T09:00:00Z",
        "drivers": [{"id": ALICE.id, "name": "Alice"}, {"id": DAN.id, "name": "Dan"}],
        "chargers": [{"id": 1, "chargerId": "DEP-1", "name": "Gate"}, {"id": 2, "chargerId": "GF-1"}],
    }  # fmt: skip
    assert answer.headers["location"] == f"{GROUPS}/{made['id']}"
    for process in (fresh_api, other):
        found = await send(process, "GET", answer.headers["location"])
        assert good(found, AccessGroupShape) == made
        assert found.headers["etag"] == answer.headers["etag"]
        assert await who_may(process, "GF-1", "DAN", "ALICE") == ["DAN", "ALICE"]
    await other.close()


async def test_a_group_may_be_empty_and_every_manager_sees_it_then(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    made = good(await send(api, "POST", GROUPS, {"name": " Empty "}), AccessGroupShape, 201)
    assert (made["name"], made["drivers"], made["chargers"]) == ("Empty", [], [])
    manager = (await callers_of(api)).manager
    good(await send(api, "PATCH", f"{GROUPS}/{made['id']}", NEW, key=manager), AccessGroupShape)


async def test_members_that_are_left_out_stay_and_lists_come_anew(fresh_api: Api) -> None:
    path = f"{GROUPS}/{good(await send(fresh_api, 'POST', GROUPS, NEW), AccessGroupShape, 201)['id']}"

    async def change(body: Any) -> tuple[str, list[int], list[str]]:
        shown = good(await send(fresh_api, "PATCH", path, body), AccessGroupShape)
        chargers = [each["chargerId"] for each in shown["chargers"]]
        return shown["name"], [each["id"] for each in shown["drivers"]], chargers

    assert await change({}) == ("Guests", [1, 4], ["DEP-1", "GF-1"])
    assert await change({"name": "Crew"}) == ("Crew", [1, 4], ["DEP-1", "GF-1"])
    assert await change({"chargerIds": ["GF-1", "OFF-1"]}) == ("Crew", [1, 4], ["GF-1", "OFF-1"])
    assert await change({"driverIds": [4, 2]}) == ("Crew", [2, 4], ["GF-1", "OFF-1"])
    assert await who_may(fresh_api, "OFF-1", "ALICE", "BOB", "DAN") == ["BOB", "DAN"]
    assert await change({"driverIds": [], "chargerIds": []}) == ("Crew", [], [])
    assert await who_may(fresh_api, "OFF-1", "ALICE", "BOB", "DAN") == []


async def test_drivers_who_stay_keep_their_rights_with_their_windows_and_all_are_shown(fresh_api: Api) -> None:
    windowed = {"driverId": DAN.id, "accessGroupId": VISITORS.id, "validFrom": TOMORROW.isoformat()}
    right = (await send(fresh_api, "POST", "/v2/rights", windowed)).json()["id"]
    body = {"driverIds": [DAN.id, GRACE.id]}
    shown = good(await send(fresh_api, "PATCH", VISITORS_PATH, body), AccessGroupShape)
    assert ids({"items": shown["drivers"]}) == [DAN.id, GRACE.id]
    kept = (await send(fresh_api, "GET", f"/v2/rights/{right}")).json()
    assert kept["validFrom"] == "2026-06-04T09:00:00Z"
    assert await who_may(fresh_api, "OFF-1", "DAN", "JUDY") == []


async def test_removing_a_group_takes_the_rights_on_it_and_nothing_else(fresh_api: Api) -> None:
    assert await who_may(fresh_api, "OFF-1", "JUDY") == ["JUDY"]
    assert (await send(fresh_api, "DELETE", VISITORS_PATH)).status_code == 204
    assert refused(await send(fresh_api, "GET", VISITORS_PATH))[0] == 404
    assert await who_may(fresh_api, "OFF-1", "JUDY") == []
    assert (await send(fresh_api, "GET", f"/v2/drivers/{JUDY.id}")).status_code == 200
    assert (await send(fresh_api, "GET", "/v2/chargers/OFF-1")).status_code == 200


async def test_a_change_from_an_old_answer_is_refused_whatever_of_the_group_has_changed(fresh_api: Api) -> None:
    for body in ({"name": "Changed"}, {"chargerIds": ["OFF-1"]}, {"driverIds": [BOB.id]}):
        first = {"if-match": (await send(fresh_api, "GET", VISITORS_PATH)).headers["etag"]}
        answer = await send(fresh_api, "PATCH", VISITORS_PATH, body, headers=first)
        good(answer, AccessGroupShape)
        for method, again in (("PATCH", {"driverIds": []}), ("DELETE", None)):
            assert refused(await send(fresh_api, method, VISITORS_PATH, again, headers=first))[0] == 412
        assert answer.headers["etag"] == (await send(fresh_api, "GET", VISITORS_PATH)).headers["etag"]
    right = {"driverId": DAN.id, "accessGroupId": VISITORS.id}
    first = {"if-match": (await send(fresh_api, "GET", VISITORS_PATH)).headers["etag"]}
    assert (await send(fresh_api, "POST", "/v2/rights", right)).status_code == 201
    assert refused(await send(fresh_api, "PATCH", VISITORS_PATH, {"driverIds": []}, headers=first))[0] == 412


async def test_a_group_is_added_once_under_one_idempotency_key(fresh_api: Api) -> None:
    key = {"idempotency-key": "k"}
    first = good(await send(fresh_api, "POST", GROUPS, NEW, headers=key), AccessGroupShape, 201)
    assert good(await send(fresh_api, "POST", GROUPS, NEW, headers=key), AccessGroupShape, 201) == first
    assert refused(await send(fresh_api, "POST", GROUPS, NEW | {"name": "Other"}, headers=key))[0] == 409
    assert good(await send(fresh_api, "GET", GROUPS), Page[AccessGroupItem])["totalRecords"] == 2


async def test_a_group_of_which_a_driver_goes_before_it_is_written_leaves_nothing_behind(fresh_api: Api) -> None:
    with pytest.raises(UnknownDriver):
        await fresh_api.change(revisions.make, fresh_api.us.id, OCCASION, access_groups.add, "G", ["DEP-1"], [404])
    assert names(good(await send(fresh_api, "GET", GROUPS), Page[AccessGroupItem])) == ["Visitors"]


async def test_groups_are_found_sorted_and_counted(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    for name, drivers in (("alpha", [ALICE.id]), ("Beta", []), ("beta guests", [ALICE.id, BOB.id])):
        await send(api, "POST", GROUPS, {"name": name, "driverIds": drivers, "chargerIds": ["DEP-1"]})
    for query, found in (
        ("", ["alpha", "Beta", "beta guests", "Visitors"]),
        ("search=BETA", ["Beta", "beta guests"]),
        ("search=%20", ["alpha", "Beta", "beta guests", "Visitors"]),
        ("search=nothing", []),
        ("sortKey=id", ["Visitors", "alpha", "Beta", "beta guests"]),
        ("sortDescending=true&limit=2", ["Visitors", "beta guests"]),
        ("limit=3&page=2", ["Visitors"]),
    ):
        page = good(await send(api, "GET", f"{GROUPS}?{query}"), Page[AccessGroupItem])
        assert names(page) == found, query
    items = good(await send(api, "GET", GROUPS), Page[AccessGroupItem])["items"]
    assert [(each["driversCount"], each["chargersCount"]) for each in items] == [(1, 1), (0, 1), (2, 1), (1, 2)]
    assert refused(await send(api, "GET", f"{GROUPS}?sortKey=driversCount"))[0] == 400


async def test_all_of_a_groups_many_drivers_come_and_go_with_it(fresh_api: Api) -> None:
    made = [(await send(fresh_api, "POST", "/v2/drivers", {"name": f"Newcomer {n}"})).json()["id"] for n in range(30)]
    body = {"name": "Many", "driverIds": made, "chargerIds": ["OFF-1"]}
    group = good(await send(fresh_api, "POST", GROUPS, body), AccessGroupShape, 201)
    assert ids({"items": group["drivers"]}) == made
    listed = (await send(fresh_api, "GET", "/v2/chargers/OFF-1/authorized-drivers?search=newcomer")).json()
    assert listed["totalRecords"] == 30
    path = f"{GROUPS}/{group['id']}"
    assert good(await send(fresh_api, "PATCH", path, {"driverIds": []}), AccessGroupShape)["drivers"] == []
