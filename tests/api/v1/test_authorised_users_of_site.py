"""GET /api/group/authorisedUsers/{groupId}."""

from __future__ import annotations

import pytest

from tests.api.client import BAD, MISSING, Api, read, refusal
from tests.support.world import JUDY, OFFICE, RIVAL_GARAGE

PATH = "/api/group/authorisedUsers"
NOT_INT64 = [
    "abc", "1.0", "1e3", "+1", "--1", "-", " 1", "0x1", "true", "null", "[1]", "1,2", "٣", "9223372036854775808",
    "-9223372036854775809", "9" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("site_id", NOT_INT64, ids=lambda text: text[:20])
async def test_what_is_no_whole_number_of_64_bits_is_refused(sqlite_api: Api, site_id: str) -> None:
    told = refusal(await sqlite_api.get(f"{PATH}/{site_id}"))
    assert told == (400, f"{BAD}: groupId is {site_id!r}: write a whole number up to 9223372036854775807")


@pytest.mark.parametrize("site_id", [77, 0, -1, 2**63 - 1, -(2**63), RIVAL_GARAGE.id])
async def test_a_site_that_the_customer_has_not_is_a_404_that_names_it(api: Api, site_id: int) -> None:
    assert refusal(await api.get(f"{PATH}/{site_id}")) == (404, f"{MISSING}: {site_id}")


async def test_a_site_where_nobody_is_listed_is_a_404_too(fresh_sqlite_api: Api) -> None:
    site_id = (await fresh_sqlite_api.post("/api/group/add", {"name": "Empty"})).text
    assert refusal(await fresh_sqlite_api.get(f"{PATH}/{site_id}")) == (404, f"{MISSING}: {site_id}")


async def test_the_drivers_are_those_of_the_question_for_several_sites(api: Api) -> None:
    (several,) = read(await api.drivers_of([2]), "SiteDrivers[]")
    users = read(await api.get(f"{PATH}/2"), "User[]")
    assert users == several["users"]
    assert [user["id"] for user in read(await api.get(f"{PATH}/{OFFICE.id}"), "User[]")] == [JUDY.id]


async def test_another_method_is_refused(sqlite_api: Api) -> None:
    response = await sqlite_api.post(f"{PATH}/2", [2])
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")
