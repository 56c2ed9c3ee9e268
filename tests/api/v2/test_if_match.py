"""If-Match: nothing is changed that is not as its caller saw it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.api.client import Api
from tests.api.v2.people import person, refused
from tests.support.world import ALICE

DRIVER = f"/v2/drivers/{ALICE.id}"
TAG = f"/v2/tags/{ALICE.tags[0].id}"
GONE = (412, "it has been changed since: ask for it again, and send the ETag of that answer as If-Match")


async def patch(api: Api, body: dict[str, Any], if_match: str, path: str = DRIVER) -> Any:
    return await api.ask("PATCH", path, json=body, headers={"if-match": if_match})


async def etag(api: Api, path: str = DRIVER) -> str:
    return str((await api.get(path)).headers["etag"])


async def test_what_is_as_it_was_seen_is_changed_once(fresh_api: Api) -> None:
    seen = await etag(fresh_api)
    changed = await patch(fresh_api, {"companyId": 1}, seen)
    assert changed.status_code == 200
    assert changed.headers["etag"] == await etag(fresh_api) != seen
    assert refused(await patch(fresh_api, {"companyId": 2}, seen)) == GONE
    assert (await patch(fresh_api, {"companyId": 2}, changed.headers["etag"])).status_code == 200


async def test_what_has_changed_since_is_not_removed(fresh_api: Api) -> None:
    operator = f"/v2/operators/{(await person(fresh_api)).id}"
    for path, body in ((TAG, {"blocked": True}), (DRIVER, {"companyId": 1}), (operator, {"name": "x"})):
        seen = await etag(fresh_api, path)
        await fresh_api.ask("PATCH", path, json=body)
        before = (await fresh_api.get(path)).content
        assert refused(await fresh_api.ask("DELETE", path, headers={"if-match": seen})) == GONE
        assert refused(await patch(fresh_api, body, seen, path)) == GONE
        assert (await fresh_api.get(path)).content == before
        gone = await fresh_api.ask("DELETE", path, headers={"if-match": await etag(fresh_api, path)})
        assert gone.status_code == 204


async def test_a_drivers_tags_and_rights_are_part_of_him_and_a_tag_is_itself_alone(fresh_api: Api) -> None:
    driver, tag = await etag(fresh_api), await etag(fresh_api, TAG)
    await fresh_api.post("/v2/tags", {"driverId": ALICE.id, "idTag": "SPARE"})
    assert refused(await patch(fresh_api, {"companyId": 1}, driver)) == GONE
    assert (await patch(fresh_api, {"blocked": True}, tag, TAG)).status_code == 200


async def test_of_many_at_once_who_saw_the_same_one_changes(fresh_api: Api) -> None:
    seen, other = await etag(fresh_api), fresh_api.beside()
    try:
        tries = [patch((fresh_api, other)[number % 2], {"companyId": number}, seen) for number in range(10)]
        statuses = sorted([each.status_code for each in await asyncio.gather(*tries)])
    finally:
        await other.close()
    assert statuses == [200, *[412] * 9]


async def test_one_of_several_that_fits_is_enough(fresh_api: Api) -> None:
    seen = await etag(fresh_api)
    assert (await patch(fresh_api, {}, f'"a", {seen} ,"b"')).status_code == 200
    assert (await patch(fresh_api, {}, f'"a",{seen}')).status_code == 200
    assert refused(await patch(fresh_api, {}, '"a", "b"')) == GONE


async def test_a_star_fits_whatever_there_is_and_nothing_that_there_is_not(fresh_api: Api) -> None:
    assert (await patch(fresh_api, {}, "*")).status_code == 200
    assert (await patch(fresh_api, {}, " * ")).status_code == 200
    assert refused(await patch(fresh_api, {}, "*", "/v2/drivers/99")) == (404, "no driver 99")


@pytest.mark.parametrize("form", ["W/{}", "{}x", "x{}", "", ",", '"*"', "**", "{0}{0}", "\xe9"])
async def test_what_is_weak_or_no_etag_fits_nothing(fresh_sqlite_api: Api, form: str) -> None:
    """RFC 9110 section 13.1.1: If-Match compares strongly."""
    seen = await etag(fresh_sqlite_api)
    headers = [(b"if-match", form.format(seen).encode("latin-1"))]
    secret = fresh_sqlite_api.us.key
    response = await fresh_sqlite_api.http.patch(DRIVER, json={}, headers=[(b"x-api-key", secret.encode()), *headers])
    assert refused(response) == GONE


async def test_an_etag_without_its_quotes_fits_nothing(fresh_sqlite_api: Api) -> None:
    seen = await etag(fresh_sqlite_api)
    assert refused(await patch(fresh_sqlite_api, {}, seen.strip('"'))) == GONE


async def test_the_etag_is_the_same_in_every_process_and_after_a_restart(fresh_api: Api) -> None:
    other = fresh_api.beside()
    try:
        assert await etag(other) == await etag(fresh_api)
    finally:
        await other.close()


async def test_without_if_match_the_last_to_write_wins(fresh_api: Api) -> None:
    for company in (1, 2):
        assert (await fresh_api.ask("PATCH", DRIVER, json={"companyId": company})).json()["companyId"] == company
