"""/v2/drivers as its callers ask it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargerights.api.v2.drivers import DriverShape
from chargerights.api.v2.shapes import Page
from chargerights.rights.permissions import Permission
from tests.api.client import Api, our_world
from tests.api.v2.asking import NOT_A_MEMBER, good, ids, names, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.conftest import Databases
from tests.support.world import ALICE, BOB, DEPOT, FRANK, JUDY, MALLORY, OFFICE

DRIVERS = "/v2/drivers"
NEW = {"name": "Walter", "homeSiteId": DEPOT.id}

WRONG: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "no name": ({}, {"name": ["is missing"]}),
    "an empty name": ({"name": " "}, {"name": ["it is empty"]}),
    "a name with a line break": ({"name": "a\nb"}, {"name": ["it contains a character that cannot be shown: 'a\\nb'"]}),
    "a name that is no text": ({"name": 7}, {"name": ["must be a text, not 7"]}),
    "a name that is taken away": ({"name": None}, {"name": ["must be a text, not null"]}),
    "an unknown member": (NEW | {"colour": "red"}, {"colour": [NOT_A_MEMBER]}),
    "its id": (NEW | {"id": 7}, {"id": [NOT_A_MEMBER]}),
    "a home site that is not there": (NEW | {"homeSiteId": 404}, {"homeSiteId": ["no site 404"]}),
    "another customer's home site": (NEW | {"homeSiteId": 90}, {"homeSiteId": ["no site 90"]}),
    "a home site as text": (NEW | {"homeSiteId": "2"}, {"homeSiteId": ['must be a whole number, not "2"']}),
    "a tag twice": (
        NEW | {"tags": [{"idTag": "new"}, {"idTag": "NEW "}]},
        {"tags": ['"NEW" is the same tag as "new": give each once']},
    ),
    "a tag of somebody": (
        NEW | {"tags": [{"idTag": "alice"}]},
        {"tags": ['"alice" is already a tag of driver 1, written "ALICE" there']},
    ),
    "an empty tag": (
        NEW | {"tags": [{"idTag": ""}]},
        {"tags.0.idTag": ["a tag is empty: write what the card, app, plate or vehicle shows"]},
    ),
    "a tag that ends before it begins": (
        NEW
        | {
            "tags": [
                {"idTag": "04AA"},
                {"idTag": "04AB", "startDate": "2026-02-01T00:00Z", "expiringDate": "2026-01-01T00:00Z"},
            ]
        },
        {
            "tags.1.expiringDate": [
                "it ends 2026-01-01T00:00:00+00:00, which is not after its start 2026-02-01T00:00:00+00:00"
            ]
        },
    ),
    "a system without a name": (NEW | {"externalUserIds": [{"externalId": "7"}]},
        {"externalUserIds.0.referenceId": ["is missing"]}),
    "a list": ([], {"body": ["must be an object, not a list"]}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "errors"), WRONG.values(), ids=WRONG)
async def test_a_driver_that_cannot_be_is_refused_by_its_members(sqlite_api: Api, body: Any, errors: Any) -> None:
    status, told = refused(await send(sqlite_api, "POST", DRIVERS, body))
    assert status in (400, 409)
    assert told == errors
    assert "Walter" not in (await send(sqlite_api, "GET", f"{DRIVERS}?search=walter")).text


async def test_a_body_that_is_not_json_is_refused_with_the_place_of_its_fault(sqlite_api: Api) -> None:
    status, errors = refused(await sqlite_api.post(DRIVERS, b'{"name": x}'))
    assert (status, errors) == (400, {"body": ["it is not JSON: Expecting value, at character 10"]})
    status, errors = refused(await sqlite_api.post("/v2/webhooks/1/replay", b"{"))
    assert (status, [*errors]) == (400, ["body"])


@pytest.mark.parametrize("body", [b"\xff", b"\x1f\x8b\x08", b'{"name":' * 5_000], ids=["latin", "compressed", "deep"])
async def test_a_body_that_cannot_be_read_is_refused_in_words(sqlite_api: Api, body: bytes) -> None:
    status, errors = refused(await sqlite_api.post(DRIVERS, body))
    assert (status, errors) == (400, {"body": ["it is not JSON in UTF-8, or it is compressed or nested too deeply"]})


@pytest.mark.parametrize("driver_id", [404, 0, -1, MALLORY.id])
async def test_a_driver_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, driver_id: int) -> None:
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        answer = await send(sqlite_api, method, f"{DRIVERS}/{driver_id}", body)
        assert refused(answer) == (404, f"no driver {driver_id}"), method


async def test_who_may_not_write_writes_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    for method, path, body in (
        ("POST", DRIVERS, NEW),
        ("PATCH", f"{DRIVERS}/{ALICE.id}", {"name": "X"}),
        ("DELETE", f"{DRIVERS}/{ALICE.id}", None),
    ):
        for key, status in ((callers.reader, 403), (callers.idle, 403), (None, 401)):
            assert refused(await send(api, method, path, body, key=key))[0] == status
    assert refused(await send(api, "DELETE", f"{DRIVERS}/{ALICE.id}", key=callers.rival))[0] == 404
    found = good(await send(api, "GET", DRIVERS), Page[DriverShape])
    assert found["totalRecords"] == 13
    assert "Alice" in names(found)


async def test_who_may_not_read_reads_nothing(fresh_sqlite_api: Api) -> None:
    callers = await callers_of(fresh_sqlite_api)
    for path in (DRIVERS, f"{DRIVERS}/{ALICE.id}"):
        assert refused(await send(fresh_sqlite_api, "GET", path, key=callers.idle)) == (
            403,
            "this needs the permission ReadDrivers, which the key's operator lacks",
        )
    assert names(good(await send(fresh_sqlite_api, "GET", DRIVERS, key=callers.rival), Page[DriverShape])) == [
        "Mallory"
    ]


async def test_a_site_manager_sees_and_changes_the_drivers_of_his_sites_only(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    mine = names(good(await send(api, "GET", DRIVERS, key=manager), Page[DriverShape]))
    assert mine == ["Alice", "Carol", "Dan", "Erin", "Frank", "Grace"]
    for stranger in (BOB, JUDY):
        for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
            answer = await send(api, method, f"{DRIVERS}/{stranger.id}", body, key=manager)
            assert refused(answer)[0] == 404
    assert refused(await send(api, "POST", DRIVERS, {"name": "W"}, key=manager))[0] == 400
    assert refused(await send(api, "POST", DRIVERS, {"name": "W", "homeSiteId": OFFICE.id}, key=manager)) == (
        400,
        {"homeSiteId": ["no site 6"]},
    )
    away = {"homeSiteId": None}, {"homeSiteId": OFFICE.id}
    for body in away:
        assert refused(await send(api, "PATCH", f"{DRIVERS}/{ALICE.id}", body, key=manager))[0] == 400
    good(await send(api, "POST", DRIVERS, NEW, key=manager), DriverShape, 201)
    good(await send(api, "PATCH", f"{DRIVERS}/{ALICE.id}", {"name": "Alicia"}, key=manager), DriverShape)


async def test_tags_of_a_new_driver_need_the_permission_for_tags(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    key = await new_operator(api, {Permission.WRITE_DRIVERS})
    with_tag = NEW | {"tags": [{"idTag": "W1"}]}
    assert refused(await send(api, "POST", DRIVERS, with_tag, key=key))[0] == 403
    good(await send(api, "POST", DRIVERS, NEW, key=key), DriverShape, 201)


async def test_a_new_driver_is_shown_whole_and_found_again(fresh_api: Api) -> None:
    whole = NEW | {
        "externalId": "staff-7",
        "payerId": 11,
        "companyId": 12,
        "tags": [{"idTag": "04aB", "tokenName": "card", "startDate": "2026-01-01T00:00:00+02:00"}],
        "externalUserIds": [
            {"referenceType": "OTHER", "referenceId": "crm", "externalId": "A", "effectiveFrom": "2026-01-01T00:00:00Z"}
        ],
    }
    answer = await send(fresh_api, "POST", DRIVERS, whole)
    made = good(answer, DriverShape, 201)
    assert answer.headers["location"] == f"{DRIVERS}/{made['id']}"
    (tag,) = made.pop("tags")
    assert made == {
        "id": made["id"],
        "enabled": True,
        "homeSiteName": "Depot",
        **{name: value for name, value in whole.items() if name != "tags"},
    }
    assert (tag["idTag"], tag["startDate"], tag["tokenName"]) == ("04aB", "2025-12-31T22:00:00Z", "card")
    again = await send(fresh_api, "GET", answer.headers["location"])
    assert again.json() == made | {"tags": [tag]}
    assert again.headers["etag"] == answer.headers["etag"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=ALI", ["Alice"]),
        ("search=04AB", ["Walter"]),
        ("search=staff", ["Walter"]),
        ("search=stranger", []),
        ("tag=04ab", ["Walter"]),
        ("tag=04a", []),
        ("externalId=staff-7", ["Walter"]),
        ("externalId=STAFF-7", []),
        ("referenceId=crm", ["Walter"]),
        ("companyId=12", ["Walter"]),
        ("companyId=13", []),
        ("homeSiteId=6", ["Judy"]),
        ("homeSiteId=404", []),
        ("enabled=false", ["Frank"]),
        ("homeSiteId=2&enabled=false&search=fra", ["Frank"]),
        ("homeSiteId=2&search=bob", []),
        ("limit=2", ["Alice", "Bob"]),
        ("limit=2&page=7", ["Peggy", "Walter"]),
        ("limit=2&page=8", []),
        ("limit=2&sortDescending=true", ["Walter", "Peggy"]),
        ("limit=2&page=8&sortDescending=true", []),
        ("limit=3&page=5&sortDescending=true", ["Bob", "Alice"]),
        ("limit=1&sortKey=id&sortDescending=true", ["Walter"]),
    ],
)
async def test_drivers_are_found_by_what_is_asked(api_with_walter: Api, query: str, found: list[str]) -> None:
    assert names(good(await send(api_with_walter, "GET", f"{DRIVERS}?{query}"), Page[DriverShape])) == found


@pytest.fixture(scope="module")
async def api_with_walter(databases: Databases) -> AsyncIterator[Api]:
    body = NEW | {
        "externalId": "staff-7",
        "companyId": 12,
        "tags": [{"idTag": "04aB"}],
        "externalUserIds": [{"referenceId": "crm", "externalId": "A"}],
    }
    mine = our_world(databases.new("sqlite"))
    good(await send(mine, "POST", DRIVERS, body), DriverShape, 201)
    yield mine
    await mine.close()


@pytest.mark.parametrize(
    "query", ["page=0", "limit=0", "limit=101", "page=x", "sortKey=colour", "homeSiteId=depot", "enabled=maybe"]
)
async def test_a_page_that_cannot_be_is_refused(sqlite_api: Api, query: str) -> None:
    assert refused(await send(sqlite_api, "GET", f"{DRIVERS}?{query}"))[0] == 400


async def test_the_pages_of_a_list_are_the_list(sqlite_api: Api) -> None:
    whole = good(await send(sqlite_api, "GET", DRIVERS), Page[DriverShape])
    pages = [good(await send(sqlite_api, "GET", f"{DRIVERS}?limit=5&page={n}"), Page[DriverShape]) for n in (1, 2, 3)]
    assert [each for page in pages for each in page["items"]] == whole["items"]
    assert [page["hasNextPage"] for page in pages] == [True, True, False]
    assert [page["hasPreviousPage"] for page in pages] == [False, True, True]
    assert {page["totalRecords"] for page in pages} == {len(whole["items"])}


async def test_members_that_are_left_out_stay_and_null_takes_a_value_away(fresh_api: Api) -> None:
    path = f"{DRIVERS}/{ALICE.id}"
    good(await send(fresh_api, "PATCH", path, {"payerId": 5, "externalId": "x"}), DriverShape)
    changed = good(await send(fresh_api, "PATCH", path, {"payerId": None, "name": "Alicia"}), DriverShape)
    assert changed["name"] == "Alicia"
    assert changed["externalId"] == "x"
    assert "payerId" not in changed
    assert [tag["idTag"] for tag in changed["tags"]] == ["ALICE"]
    assert good(await send(fresh_api, "PATCH", path, {}), DriverShape) == changed


async def test_a_disabled_driver_is_listed_nowhere_and_stays_in_the_directory(fresh_api: Api) -> None:
    good(await send(fresh_api, "PATCH", f"{DRIVERS}/{ALICE.id}", {"enabled": False}), DriverShape)
    assert ALICE.id not in ids((await send(fresh_api, "GET", f"/v2/sites/{DEPOT.id}/authorized-drivers")).json())
    disabled = good(await send(fresh_api, "GET", f"{DRIVERS}?enabled=false"), Page[DriverShape])
    assert ids(disabled) == [ALICE.id, FRANK.id]


async def test_a_change_from_an_old_answer_is_refused_and_one_from_the_newest_is_made(fresh_api: Api) -> None:
    path = f"{DRIVERS}/{ALICE.id}"
    first = (await send(fresh_api, "GET", path)).headers["etag"]
    second = (await send(fresh_api, "PATCH", path, {"name": "B"}, headers={"if-match": first})).headers["etag"]
    assert first != second
    for method, body in (("PATCH", {"name": "C"}), ("DELETE", None)):
        assert refused(await send(fresh_api, method, path, body, headers={"if-match": first}))[0] == 412
    assert (await send(fresh_api, "GET", path)).json()["name"] == "B"
    assert (await send(fresh_api, "DELETE", path, headers={"if-match": f'"x", {second}'})).status_code == 204
    assert refused(await send(fresh_api, "GET", path))[0] == 404


async def test_a_new_driver_is_made_once_under_one_idempotency_key(fresh_api: Api) -> None:
    key = {"idempotency-key": "one"}
    first = good(await send(fresh_api, "POST", DRIVERS, NEW, headers=key), DriverShape, 201)
    assert good(await send(fresh_api.beside(), "POST", DRIVERS, NEW, headers=key), DriverShape, 201) == first
    assert refused(await send(fresh_api, "POST", DRIVERS, NEW | {"name": "V"}, headers=key))[0] == 409
    assert good(await send(fresh_api, "GET", f"{DRIVERS}?search=walter"), Page[DriverShape])["totalRecords"] == 1
