"""/v2/tags as its callers ask it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, event

from chargerights.api.v2.shapes import Page
from chargerights.api.v2.tags import TagShape
from tests.api.client import Api
from tests.api.v2.asking import NOT_A_MEMBER, good, refused, send
from tests.api.v2.callers import callers_of
from tests.support.world import ALICE, BOB, DEP_1, HEIDI, MALLORY

TAGS = "/v2/tags"
NEW = {"driverId": ALICE.id, "idTag": "04A1"}

WRONG: dict[str, tuple[Any, Any]] = {
    "no driver": ({"idTag": "X"}, {"driverId": ["is missing"]}),
    "no text": ({"driverId": 1}, {"idTag": ["is missing"]}),
    "an empty text": (NEW | {"idTag": " "},
        {"idTag": ["a tag is empty: write what the card, app, plate or vehicle shows"]}),
    "a text that is too long": (NEW | {"idTag": "x" * 256},
        {"idTag": ["a tag has 256 characters: use at most 255"]}),
    "a text that is a number": (NEW | {"idTag": 123}, {"idTag": ["must be a text, not 123"]}),
    "a driver that is not there": (NEW | {"driverId": 404}, {"driverId": ["no driver 404"]}),
    "another customer's driver": (NEW | {"driverId": MALLORY.id}, {"driverId": [f"no driver {MALLORY.id}"]}),
    "the same in another case": (NEW | {"idTag": " aLiCe "},
        {"idTag": ['"aLiCe" is already a tag of driver 1, written "ALICE" there']}),
    "an end before its start": (
        NEW | {"startDate": "2027-01-01T00:00:00Z", "expiringDate": "2026-01-01T00:00:00Z"},
        {"expiringDate": [
            "it ends 2026-01-01T00:00:00+00:00, which is not after its start 2027-01-01T00:00:00+00:00"]}),
    "a date without zone": (NEW | {"expiringDate": "2026-01-01T00:00:00"},
        {"expiringDate": [
            'must be a date, time and time zone such as 2026-01-31T08:00:00+02:00 or …Z, not "2026-01-01T00:00:00"']}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "errors"), WRONG.values(), ids=WRONG)
async def test_a_tag_that_cannot_be_is_refused_by_its_members(sqlite_api: Api, body: Any, errors: Any) -> None:
    status, told = refused(await send(sqlite_api, "POST", TAGS, body))
    assert status in (400, 409)
    assert told == errors


@pytest.mark.parametrize("member", ["idTag", "driverId", "id"])
async def test_what_a_tag_is_and_whose_cannot_be_changed(sqlite_api: Api, member: str) -> None:
    answer = await send(sqlite_api, "PATCH", f"{TAGS}/{ALICE.tags[0].id}", {member: 2})
    assert refused(answer) == (400, {member: [NOT_A_MEMBER]})


@pytest.mark.parametrize("tag_id", [404, 0, -1, MALLORY.tags[0].id])
async def test_a_tag_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, tag_id: int) -> None:
    for method, body in (("GET", None), ("PATCH", {"blocked": True}), ("DELETE", None)):
        assert refused(await send(sqlite_api, method, f"{TAGS}/{tag_id}", body)) == (404, f"no tag {tag_id}")


async def test_who_may_not_changes_no_tag(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    path = f"{TAGS}/{ALICE.tags[0].id}"
    for method, where, body in (("POST", TAGS, NEW), ("PATCH", path, {"blocked": True}), ("DELETE", path, None)):
        for key, status in ((callers.reader, 403), (callers.idle, 403), (None, 401)):
            assert refused(await send(api, method, where, body, key=key))[0] == status
    assert refused(await send(api, "DELETE", path, key=callers.rival))[0] == 404
    assert refused(await send(api, "GET", path, key=callers.idle))[0] == 403
    assert good(await send(api, "GET", path, key=callers.reader), TagShape)["blocked"] is False


async def test_a_site_manager_has_the_tags_of_his_drivers_only(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    found = good(await send(api, "GET", TAGS, key=manager), Page[TagShape])
    assert [each["idTag"] for each in found["items"]] == ["ALICE", "CAROL", "DAN", "ERIN", "FRANK", "GRACE"]
    assert refused(await send(api, "GET", f"{TAGS}?driverId={BOB.id}", key=manager))[0] == 404
    for method, body in (("GET", None), ("PATCH", {"blocked": True}), ("DELETE", None)):
        assert refused(await send(api, method, f"{TAGS}/{BOB.tags[0].id}", body, key=manager))[0] == 404
    assert refused(await send(api, "POST", TAGS, {"driverId": BOB.id, "idTag": "X"}, key=manager))[0] == 400


async def decision(api: Api, id_tag: str) -> str:
    answer = await send(api, "POST", "/v2/access/check", {"chargerId": DEP_1.charger_id, "idTag": id_tag})
    return str(answer.json()["reason"])


async def test_a_tag_that_is_blocked_removed_or_added_is_decided_so_at_once(fresh_api: Api) -> None:
    assert await decision(fresh_api, "04a1") == "Unknown"
    answer = await send(fresh_api, "POST", TAGS, NEW)
    made = good(answer, TagShape, 201)
    assert answer.headers["location"] == f"{TAGS}/{made['id']}"
    assert made == {
        "id": made["id"], "driverId": 1, "idTag": "04A1", "expiringDate": "9999-12-31T23:59:59Z",
        "lastUpdated": "2026-06-03T09:00:00Z", "invoicable": False, "blocked": False,
    }  # fmt: skip
    assert await decision(fresh_api, "04a1") == "Accepted"
    path = f"{TAGS}/{made['id']}"
    assert good(await send(fresh_api, "PATCH", path, {"blocked": True}), TagShape)["blocked"] is True
    assert await decision(fresh_api, "04a1") == "Blocked"
    good(await send(fresh_api, "PATCH", path, {"blocked": False}), TagShape)
    assert await decision(fresh_api, "04a1") == "Accepted"
    assert (await send(fresh_api, "DELETE", path)).status_code == 204
    assert await decision(fresh_api, "04a1") == "Unknown"


@pytest.mark.parametrize("never", [None, "9999-12-31T23:59:59Z"])
async def test_no_expiry_is_written_as_null_or_as_it_is_shown(fresh_sqlite_api: Api, never: str | None) -> None:
    path = f"{TAGS}/{HEIDI.tags[0].id}"
    assert await decision(fresh_sqlite_api, "HEIDI") == "Expired"
    changed = good(await send(fresh_sqlite_api, "PATCH", path, {"expiringDate": never}), TagShape)
    assert changed["expiringDate"] == "9999-12-31T23:59:59Z"
    assert await decision(fresh_sqlite_api, "HEIDI") == "Accepted"


async def test_a_change_from_an_old_answer_is_refused(fresh_api: Api) -> None:
    path = f"{TAGS}/{ALICE.tags[0].id}"
    first = {"if-match": (await send(fresh_api, "GET", path)).headers["etag"]}
    good(await send(fresh_api, "PATCH", path, {"tokenName": "a"}, headers=first), TagShape)
    assert refused(await send(fresh_api, "PATCH", path, {"tokenName": "b"}, headers=first))[0] == 412
    assert refused(await send(fresh_api, "DELETE", path, headers=first))[0] == 412
    assert good(await send(fresh_api, "GET", path), TagShape)["tokenName"] == "a"


async def test_a_tag_is_added_once_under_one_idempotency_key(fresh_api: Api) -> None:
    key = {"idempotency-key": "k"}
    first = good(await send(fresh_api, "POST", TAGS, NEW, headers=key), TagShape, 201)
    assert good(await send(fresh_api, "POST", TAGS, NEW, headers=key), TagShape, 201) == first
    assert refused(await send(fresh_api, "POST", TAGS, NEW))[0] == 409


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("search=al", ["ALICE"]),
        (f"driverId={BOB.id}", ["BOB"]),
        (f"driverId={BOB.id}&search=al", []),
        ("limit=2&sortDescending=true", ["PEGGY", "OLIVIA"]),
        ("limit=1&sortKey=idTag&page=2", ["BOB"]),
    ],
)
async def test_tags_are_found_by_what_is_asked(sqlite_api: Api, query: str, found: list[str]) -> None:
    page = good(await send(sqlite_api, "GET", f"{TAGS}?{query}"), Page[TagShape])
    assert [each["idTag"] for each in page["items"]] == found


async def test_a_page_of_tags_does_not_look_at_sessions(api: Api) -> None:
    """steve #1219: it took minutes, because it joined all transactions."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    await send(api, "GET", TAGS)  # the image is loaded
    await api.settle()  # the key's last use is kept
    event.listen(Engine, "before_cursor_execute", note)
    try:
        good(await send(api, "GET", f"{TAGS}?search=a&limit=2"), Page[TagShape])
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) == 1, "who asks, and at which revision"
    assert not any(table in asked[0] for table in ("sessions", "authorisations", "meter_values"))
