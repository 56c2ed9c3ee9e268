"""POST, GET and DELETE /v2/api-keys: shown once, listed by name, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chargerights.rights.permissions import Permission
from tests.api.client import Api
from tests.api.v2.people import EVERYTHING, blamed, items, person, refused
from tests.support.world import DEPOT, GROUND_FLOOR, NOW, OFFICE

KEYS = "/v2/api-keys"
ADMIN = Permission.GLOBAL_ADMIN
STAMP = NOW.isoformat().replace("+00:00", "Z")


async def test_a_key_is_shown_once_works_and_is_refused_once_revoked(fresh_api: Api) -> None:
    desk = await person(fresh_api, Permission.READ_TAGS)
    made = await fresh_api.post(KEYS, {"name": " Portal ", "expiresAt": "2026-07-01T00:00:00+02:00"}, key=desk.key)
    assert made.status_code == 201
    body = made.json()
    secret = body.pop("key")
    assert body == {
        "id": body["id"], "name": "Portal", "operatorId": desk.id, "lastCharacters": secret[-4:], "readOnly": False,
        "createdAt": STAMP, "expiresAt": "2026-06-30T22:00:00Z",
    }  # fmt: skip
    path = made.headers["location"]
    assert path == f"{KEYS}/{body['id']}"
    shown = await fresh_api.get(path, key=desk.key)
    assert (shown.json(), shown.headers["etag"]) == (body, made.headers["etag"])
    assert (await fresh_api.get("/v2/tags", key=secret)).status_code == 200
    assert (await fresh_api.get("/v2/drivers", key=secret)).status_code == 403

    for _ in range(2):
        gone = await fresh_api.ask("DELETE", path, key=desk.key)
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await fresh_api.get("/v2/tags", key=secret)).status_code == 401
    assert (await fresh_api.get(path, key=desk.key)).json()["revokedAt"] == STAMP


async def test_lists_and_records_never_show_a_key(fresh_api: Api) -> None:
    secret = (await fresh_api.post(KEYS, {"name": "Portal"})).json()["key"]
    listed = await fresh_api.get(KEYS)
    assert [each["name"] for each in items(listed)] == ["Portal", "test"]
    audit = await fresh_api.get("/v2/audit-logs")
    for response in (listed, audit, await fresh_api.get(f"{KEYS}/{items(listed)[0]['id']}")):
        assert secret[-4:] in response.text
        assert secret[6:-4] not in response.text


async def test_a_key_works_until_it_expires(fresh_api: Api) -> None:
    secret = (await fresh_api.post(KEYS, {"name": "x", "expiresAt": "2026-06-03T09:00:01Z"})).json()["key"]
    assert (await fresh_api.get("/v2/tags", key=secret)).status_code == 200
    fresh_api.clock.at = NOW.replace(second=1)
    assert (await fresh_api.get("/v2/tags", key=secret)).status_code == 401


async def test_a_read_only_key_reads_and_makes_and_revokes_no_keys(fresh_api: Api) -> None:
    made = (await fresh_api.post(KEYS, {"name": "Report", "readOnly": True})).json()
    assert made["readOnly"] is True
    reading = made["key"]
    assert (await fresh_api.get("/v2/tags", key=reading)).status_code == 200
    may_not = (403, "this changes something: the API key may only read")
    assert refused(await fresh_api.post(KEYS, {"name": "x", "readOnly": True}, key=reading)) == may_not
    assert refused(await fresh_api.ask("DELETE", f"{KEYS}/{made['id']}", key=reading)) == may_not
    assert refused(await fresh_api.post("/v2/drivers", {"name": "x"}, key=reading))[0] == 403


async def test_an_operator_has_to_do_with_his_own_keys_alone(fresh_api: Api) -> None:
    mine, other = await person(fresh_api, *EVERYTHING), await person(fresh_api)
    assert [each["id"] for each in items(await fresh_api.get(KEYS, key=mine.key))] == [mine.key_id]
    assert items(await fresh_api.get(f"{KEYS}?operatorId={other.id}", key=mine.key)) == []
    response = await fresh_api.post(KEYS, {"name": "x", "operatorId": other.id}, key=mine.key)
    assert (refused(response)[0], blamed(response)) == (400, ["operatorId"])
    for method in ("GET", "DELETE"):
        told = refused(await fresh_api.ask(method, f"{KEYS}/{other.key_id}", key=mine.key))
        assert told == (404, f"no API key {other.key_id}")
    assert (await fresh_api.get(KEYS, key=other.key)).status_code == 200


async def test_an_administrator_has_to_do_with_the_keys_of_all_whom_he_sees(fresh_api: Api) -> None:
    admin = await person(fresh_api, ADMIN, site_ids=[DEPOT.id])
    below, beside = await person(fresh_api, site_ids=[GROUND_FLOOR.id]), await person(fresh_api, site_ids=[OFFICE.id])
    made = await fresh_api.post(KEYS, {"name": "theirs", "operatorId": below.id}, key=admin.key)
    assert made.json()["operatorId"] == below.id
    seen = [each["id"] for each in items(await fresh_api.get(f"{KEYS}?sortKey=id", key=admin.key))]
    assert seen == sorted([admin.key_id, below.key_id, made.json()["id"]])
    assert (await fresh_api.ask("DELETE", f"{KEYS}/{below.key_id}", key=admin.key)).status_code == 204
    assert (await fresh_api.get(KEYS, key=below.key)).status_code == 401
    assert (await fresh_api.post(KEYS, {"name": "x", "operatorId": beside.id}, key=admin.key)).status_code == 400
    assert (await fresh_api.ask("DELETE", f"{KEYS}/{beside.key_id}", key=admin.key)).status_code == 404


async def test_sent_again_the_request_makes_no_second_key_and_shows_none(fresh_api: Api) -> None:
    once = {"idempotency-key": "portal"}
    first = await fresh_api.post(KEYS, {"name": "Portal"}, headers=once)
    again = await fresh_api.post(KEYS, {"name": "Portal"}, headers=once)
    assert again.status_code == 201
    record = first.json()
    assert record.pop("key").startswith(f"crk_{fresh_api.us.id}_")
    told = again.json()
    assert told.pop("note") == (
        "The secret was shown in the first answer to this Idempotency-Key and is not shown again:"
        f" revoke API key {record['id']} and make another."
    )
    assert told == record
    assert [each["name"] for each in items(await fresh_api.get(KEYS))] == ["Portal", "test"]


async def test_an_operator_has_at_most_fifty_keys_that_can_be_used(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    made = [await api.post(KEYS, {"name": f"key {n}"}) for n in range(49)]
    assert {each.status_code for each in made} == {201}
    response = await api.post(KEYS, {"name": "one more"})
    assert (response.status_code, blamed(response)) == (409, ["operatorId"])
    assert "has 50 API keys, the most that an operator can have: revoke one" in response.text
    assert (await api.ask("DELETE", f"{KEYS}/{made[0].json()['id']}")).status_code == 204
    soon = {"name": "short", "expiresAt": (NOW + timedelta(hours=1)).isoformat()}
    assert (await api.post(KEYS, soon)).status_code == 201
    assert (await api.post(KEYS, {"name": "x"})).status_code == 409
    api.clock.at += timedelta(hours=2)
    assert (await api.post(KEYS, {"name": "in place of the expired one"})).status_code == 201
    other = await person(api)
    assert (await api.post(KEYS, {"name": "another's"}, key=other.key)).status_code == 201


async def test_what_is_kept_of_the_request_is_no_key(fresh_api: Api) -> None:
    secret = (await fresh_api.post(KEYS, {"name": "x"}, headers={"idempotency-key": "k"})).json()["key"]
    tables = ("api_keys", "idempotency_keys", "journal", "journal_changes", "journal_personal")
    for table in tables:
        query = f"SELECT * FROM {table}"
        rows = fresh_api.database.read_now(lambda connection, query=query: connection.exec_driver_sql(query).all())
        assert secret not in repr(rows), table


async def test_a_disabled_operator_gets_no_key(fresh_api: Api) -> None:
    desk = await person(fresh_api)
    await fresh_api.ask("DELETE", f"/v2/operators/{desk.id}")
    response = await fresh_api.post(KEYS, {"name": "x", "operatorId": desk.id})
    assert (refused(response)[0], blamed(response)) == (409, ["operatorId"])


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ({}, ["name"]),
        ({"name": ""}, ["name"]),
        ({"name": "x", "expiresAt": "2026-06-03T09:00:00Z"}, ["expiresAt"]),
        ({"name": "x", "expiresAt": "soon"}, ["expiresAt"]),
        ({"name": "x", "readOnly": "yes"}, ["readOnly"]),
        ({"name": "x", "operatorId": 99}, ["operatorId"]),
        ({"name": "x", "operatorId": "1"}, ["operatorId"]),
        ({"name": "x", "key": "crk_1_mine"}, ["key"]),
    ],
)
async def test_a_body_that_makes_no_key_is_refused_by_member(
    api: Api, body: dict[str, Any], members: list[str]
) -> None:
    response = await api.post(KEYS, body)
    assert (refused(response)[0], blamed(response)) == (400, members)


@pytest.mark.parametrize("key_id", ["0", "99", "x", str(2**63)])
async def test_a_key_that_there_is_not_is_not_found(api: Api, key_id: str) -> None:
    for method in ("GET", "DELETE"):
        status, _ = refused(await api.ask(method, f"{KEYS}/{key_id}"))
        assert status == (404 if key_id in ("0", "99") else 400)


async def test_another_customers_keys_are_not_there(api: Api) -> None:
    theirs = await person(api, ADMIN, customer_id=api.rival.id)
    ours = items(await api.get(KEYS))[0]
    assert theirs.key[-4:] not in [each["lastCharacters"] for each in items(await api.get(KEYS))]
    await api.ask("DELETE", f"{KEYS}/{ours['id']}", key=theirs.key)  # a key of that id may be theirs: ours stays
    assert (await api.get(KEYS)).status_code == 200


async def test_a_key_is_revoked_as_it_was_seen_whether_or_not_it_was_used_since(fresh_api: Api) -> None:
    desk = await person(fresh_api)
    path = f"{KEYS}/{desk.key_id}"
    seen = (await fresh_api.get(path)).headers["etag"]
    await fresh_api.get(KEYS, key=desk.key)
    await fresh_api.settle()
    assert "lastUsedAt" in (await fresh_api.get(path)).json()
    assert refused(await fresh_api.ask("DELETE", path, headers={"if-match": '"other"'}))[0] == 412
    assert (await fresh_api.ask("DELETE", path, headers={"if-match": seen})).status_code == 204
    assert refused(await fresh_api.ask("DELETE", path, headers={"if-match": seen}))[0] == 412


async def test_keys_are_searched_and_paged(fresh_api: Api) -> None:
    for name in ("beta", "Alpha"):
        await fresh_api.post(KEYS, {"name": name})
    page = (await fresh_api.get(f"{KEYS}?limit=2")).json()
    assert [each["name"] for each in page["items"]] == ["Alpha", "beta"]
    assert (page["totalRecords"], page["hasNextPage"], page["hasPreviousPage"]) == (3, True, False)
    assert [each["name"] for each in items(await fresh_api.get(f"{KEYS}?search=ALP"))] == ["Alpha"]
