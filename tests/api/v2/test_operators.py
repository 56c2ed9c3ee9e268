"""GET, POST, PATCH and DELETE /v2/operators, and who may."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.rights.permissions import Permission
from tests.api.client import Api
from tests.api.v2.people import EVERYTHING, blamed, items, person, refused
from tests.support.world import CIRCUIT_A, COMPANY, DEPOT, GROUND_FLOOR, NOW, OFFICE, YARD

OPERATORS = "/v2/operators"
ADMIN = Permission.GLOBAL_ADMIN
READER = {"name": "Reader", "permissions": ["ReadDrivers"], "siteIds": None}
STAMP = NOW.isoformat().replace("+00:00", "Z")


async def patch(api: Api, operator_id: int, body: dict[str, Any], **more: Any) -> Any:
    return await api.ask("PATCH", f"{OPERATORS}/{operator_id}", json=body, **more)


async def test_an_operator_is_added_shown_changed_and_removed(fresh_api: Api) -> None:
    body = {"name": "Desk", "permissions": ["ReadTags", "ReadDrivers"], "siteIds": [OFFICE.id, DEPOT.id]}
    added = await fresh_api.post(OPERATORS, body)
    assert added.status_code == 201
    desk = added.json()
    assert desk == {
        "id": desk["id"], "name": "Desk", "permissions": ["ReadDrivers", "ReadTags"], "siteIds": [DEPOT.id, OFFICE.id],
        "enabled": True, "createdAt": STAMP, "updatedAt": STAMP,
    }  # fmt: skip
    path = added.headers["location"]
    assert path == f"{OPERATORS}/{desk['id']}"
    shown = await fresh_api.get(path)
    assert (shown.json(), shown.headers["etag"]) == (desk, added.headers["etag"])

    changed = await patch(fresh_api, desk["id"], {"siteIds": None, "permissions": ["WriteTags"], "name": "Front desk"})
    assert changed.status_code == 200
    assert changed.json() == {
        "id": desk["id"], "name": "Front desk", "permissions": ["WriteTags"], "enabled": True,
        "createdAt": STAMP, "updatedAt": STAMP,
    }  # fmt: skip
    assert (await fresh_api.get(path)).json() == changed.json()

    gone = await fresh_api.ask("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await fresh_api.get(path)).json()["enabled"] is False


async def test_what_an_operator_may_counts_from_the_next_request_on(fresh_api: Api) -> None:
    desk = await person(fresh_api, Permission.READ_DRIVERS)
    assert (await fresh_api.get("/v2/drivers", key=desk.key)).status_code == 200
    await patch(fresh_api, desk.id, {"siteIds": [OFFICE.id]})
    assert [each["name"] for each in items(await fresh_api.get("/v2/drivers", key=desk.key))] == ["Judy"]
    await patch(fresh_api, desk.id, {"permissions": ["ReadTags"]})
    assert (await fresh_api.get("/v2/drivers", key=desk.key)).status_code == 403
    await patch(fresh_api, desk.id, {"enabled": False})
    assert (await fresh_api.get("/v2/tags", key=desk.key)).status_code == 401
    await patch(fresh_api, desk.id, {"enabled": True})
    assert (await fresh_api.get("/v2/tags", key=desk.key)).status_code == 200


async def test_a_removed_operators_keys_are_revoked_for_good(fresh_api: Api) -> None:
    desk = await person(fresh_api, Permission.READ_DRIVERS)
    assert (await fresh_api.ask("DELETE", f"{OPERATORS}/{desk.id}")).status_code == 204
    assert (await fresh_api.get("/v2/drivers", key=desk.key)).status_code == 401
    await patch(fresh_api, desk.id, {"enabled": True})
    assert (await fresh_api.get("/v2/drivers", key=desk.key)).status_code == 401
    assert (await fresh_api.ask("DELETE", f"{OPERATORS}/{desk.id}")).status_code == 204


async def test_the_caller_is_told_who_he_is(fresh_api: Api) -> None:
    desk = await person(fresh_api, Permission.READ_TAGS, site_ids=[DEPOT.id], read_only=True)
    me = await fresh_api.get(f"{OPERATORS}/me", key=desk.key)
    assert me.status_code == 200
    told = me.json()
    key = told.pop("apiKey")
    assert told == {
        "id": desk.id, "name": "Person", "permissions": ["ReadTags"], "siteIds": [DEPOT.id], "enabled": True,
        "createdAt": STAMP, "updatedAt": STAMP, "customer": {"id": fresh_api.us.id, "name": "Us"},
    }  # fmt: skip
    assert {**key, "lastUsedAt": None} == {
        "id": desk.key_id, "name": "key", "operatorId": desk.id, "lastCharacters": desk.key[-4:], "readOnly": True,
        "createdAt": STAMP, "lastUsedAt": None,
    }  # fmt: skip


async def test_without_global_admin_an_operator_sees_himself_alone(api: Api) -> None:
    mine, other = await person(api, *EVERYTHING), await person(api)
    assert [each["id"] for each in items(await api.get(OPERATORS, key=mine.key))] == [mine.id]
    assert (await api.get(f"{OPERATORS}/{mine.id}", key=mine.key)).json()["id"] == mine.id
    told = refused(await api.get(f"{OPERATORS}/{other.id}", key=mine.key))
    assert told == (404, f"no operator {other.id}")


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/{id}"), ("DELETE", "/{id}")])
async def test_without_global_admin_nobody_is_changed_not_even_oneself(api: Api, method: str, path: str) -> None:
    mine = await person(api, *EVERYTHING)
    body = {"json": READER if method == "POST" else {"permissions": ["GlobalAdmin"]}} if method != "DELETE" else {}
    told = refused(await api.ask(method, OPERATORS + path.format(id=mine.id), key=mine.key, **body))
    assert told == (403, "this needs the permission GlobalAdmin, which the key's operator lacks")
    assert (await api.get(f"{OPERATORS}/me", key=mine.key)).json()["permissions"] == sorted(EVERYTHING)


async def test_a_read_only_key_of_an_administrator_sees_all_and_changes_nothing(api: Api) -> None:
    admin = await person(api, ADMIN, read_only=True)
    assert len(items(await api.get(OPERATORS, key=admin.key))) > 1
    told = refused(await api.post(OPERATORS, READER, key=admin.key))
    assert told == (403, "the API key may only read")


async def test_an_administrator_of_some_sites_sees_and_gives_no_more_than_he_has(fresh_api: Api) -> None:
    api = fresh_api
    depot = await person(api, ADMIN, site_ids=[DEPOT.id])
    below = await person(api, Permission.READ_TAGS, site_ids=[GROUND_FLOOR.id, CIRCUIT_A.id])
    nowhere = await person(api, site_ids=[])
    beside = await person(api, site_ids=[YARD.id])
    partly = await person(api, site_ids=[DEPOT.id, OFFICE.id])
    above = await person(api, site_ids=[COMPANY.id])
    everywhere = await person(api)
    seen = [each["id"] for each in items(await api.get(f"{OPERATORS}?sortKey=id", key=depot.key))]
    assert seen == [depot.id, below.id, nowhere.id]
    for other in (beside, partly, above, everywhere):
        path = f"{OPERATORS}/{other.id}"
        assert refused(await api.get(path, key=depot.key)) == (404, f"no operator {other.id}")
        assert refused(await patch(api, other.id, {"name": "x"}, key=depot.key)) == (404, f"no operator {other.id}")
        assert refused(await api.ask("DELETE", path, key=depot.key)) == (404, f"no operator {other.id}")
    for too_much, status in (([OFFICE.id], 400), ([COMPANY.id], 400), ([DEPOT.id, YARD.id], 400), (None, 403)):
        response = await api.post(OPERATORS, {**READER, "siteIds": too_much}, key=depot.key)
        assert (response.status_code, blamed(response)) == (status, ["siteIds"])
        response = await patch(api, below.id, {"siteIds": too_much}, key=depot.key)
        assert (response.status_code, blamed(response)) == (status, ["siteIds"])
        response = await patch(api, depot.id, {"siteIds": too_much}, key=depot.key)
        assert (response.status_code, blamed(response)) == (status, ["siteIds"])
    made = await api.post(OPERATORS, {**READER, "siteIds": [CIRCUIT_A.id]}, key=depot.key)
    assert made.json()["siteIds"] == [CIRCUIT_A.id]


async def test_somebody_who_may_do_everything_everywhere_is_always_left(fresh_api: Api) -> None:
    (first,) = items(await fresh_api.get(OPERATORS))
    await person(fresh_api, ADMIN, site_ids=[DEPOT.id])
    for body in ({"permissions": ["ReadTags"]}, {"siteIds": [DEPOT.id]}, {"enabled": False}):
        status, why = refused(await patch(fresh_api, first["id"], body))
        assert (status, why[:39]) == (409, "no operator with all permissions would ")
    assert (await fresh_api.ask("DELETE", f"{OPERATORS}/{first['id']}")).status_code == 409
    assert (await fresh_api.get(f"{OPERATORS}/me")).json()["enabled"] is True
    second = await person(fresh_api, ADMIN)
    assert (await fresh_api.ask("DELETE", f"{OPERATORS}/{first['id']}")).status_code == 204
    assert (await fresh_api.get(OPERATORS)).status_code == 401
    assert (await fresh_api.get(OPERATORS, key=second.key)).status_code == 200


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ({}, ["name", "permissions", "siteIds"]),
        ({**READER, "name": " "}, ["name"]),
        ({**READER, "name": "x" * 501}, ["name"]),
        ({**READER, "name": 7}, ["name"]),
        ({**READER, "permissions": ["ReadEverything"]}, ["permissions.0"]),
        ({**READER, "permissions": ["readdrivers"]}, ["permissions.0"]),
        ({**READER, "permissions": "ReadDrivers"}, ["permissions"]),
        ({**READER, "permissions": None}, ["permissions"]),
        ({**READER, "siteIds": [77]}, ["siteIds"]),
        ({**READER, "siteIds": [0]}, ["siteIds.0"]),
        ({**READER, "siteIds": ["2"]}, ["siteIds.0"]),
        ({**READER, "siteIds": [True]}, ["siteIds.0"]),
        ({**READER, "siteIds": 2}, ["siteIds"]),
        ({**READER, "siteIds": [90]}, ["siteIds"]),
        ({**READER, "enabled": True}, ["enabled"]),
    ],
)
async def test_a_body_that_makes_no_operator_is_refused_by_member(
    api: Api, body: dict[str, Any], members: list[str]
) -> None:
    response = await api.post(OPERATORS, body)
    assert (refused(response)[0], blamed(response)) == (400, members)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "?"]
)
async def test_a_body_is_json_whatever_its_content_type_says(fresh_sqlite_api: Api, content_type: str) -> None:
    headers = {"content-type": content_type}
    assert (await fresh_sqlite_api.post(OPERATORS, READER, headers=headers)).status_code == 201
    assert (await fresh_sqlite_api.post(OPERATORS, b"name=Reader", headers=headers)).status_code == 400


async def test_a_change_of_nothing_leaves_an_operator_as_he_is_and_null_is_refused_where_there_must_be_something(
    fresh_api: Api,
) -> None:
    desk = await person(fresh_api, Permission.READ_TAGS, site_ids=[DEPOT.id])
    before = await fresh_api.get(f"{OPERATORS}/{desk.id}")
    for body in ({}, {"siteIds": [DEPOT.id, DEPOT.id]}):
        after = await patch(fresh_api, desk.id, body)
        assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])
    response = await patch(fresh_api, desk.id, {"name": None, "permissions": None, "enabled": None})
    assert (refused(response)[0], blamed(response)) == (400, ["enabled", "name", "permissions"])
    assert (await fresh_api.get(f"{OPERATORS}/{desk.id}")).headers["etag"] == before.headers["etag"]


@pytest.mark.parametrize("operator_id", ["0", "-1", "99", str(2**63), "x"])
async def test_an_operator_that_there_is_not_is_not_found(api: Api, operator_id: str) -> None:
    for method in ("GET", "PATCH", "DELETE"):
        body = {"json": {}} if method == "PATCH" else {}
        response = await api.ask(method, f"{OPERATORS}/{operator_id}", **body)
        assert refused(response)[0] == (400 if operator_id in ("x", str(2**63)) else 404)


async def test_another_customers_operators_are_not_there(api: Api) -> None:
    theirs = await person(api, customer_id=api.rival.id)
    assert theirs.id not in [each["id"] for each in items(await api.get(OPERATORS)) if each["name"] == "Rival"]
    me = (await api.get(f"{OPERATORS}/me", key=theirs.key)).json()
    assert me["customer"] == {"id": api.rival.id, "name": "Rival"}
    assert [each["id"] for each in items(await api.get(OPERATORS, key=theirs.key))] == [theirs.id]


async def test_operators_are_searched_filtered_sorted_and_paged(fresh_api: Api) -> None:
    for name in ("beta", "Alpha", "Gamma"):
        await fresh_api.post(OPERATORS, {**READER, "name": name})

    async def names(query: str) -> list[str]:
        return [each["name"] for each in items(await fresh_api.get(f"{OPERATORS}?{query}"))]

    assert await names("") == ["Administrator", "Alpha", "beta", "Gamma"]
    assert await names("sortDescending=true") == ["Gamma", "beta", "Alpha", "Administrator"]
    assert await names("sortKey=id") == ["Administrator", "beta", "Alpha", "Gamma"]
    assert await names("search=A") == ["Administrator", "Alpha", "beta", "Gamma"]
    assert await names("search=%20ALPH%20") == ["Alpha"]
    assert await names("limit=2&page=2") == ["beta", "Gamma"]
    assert await names("enabled=false") == []
    assert refused(await fresh_api.get(f"{OPERATORS}?sortKey=permissions"))[0] == 400
