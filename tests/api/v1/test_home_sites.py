"""GET /api/user/homeGroup/{groupId} and GET /api/user/homeGroups."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import BAD, Api, read, refusal
from tests.api.v1.test_authorised_users_of_site import NOT_INT64
from tests.support.world import RIVAL_GARAGE

ONE, ALL = "/api/user/homeGroup", "/api/user/homeGroups"


@pytest.mark.parametrize("site_id", NOT_INT64, ids=lambda text: text[:20])
async def test_what_is_no_whole_number_of_64_bits_is_refused(sqlite_api: Api, site_id: str) -> None:
    told = refusal(await sqlite_api.get(f"{ONE}/{site_id}"))
    assert told == (400, f"{BAD}: groupId is {site_id!r}: write a whole number up to 9223372036854775807")


@pytest.mark.parametrize("site_id", [77, 0, -1, RIVAL_GARAGE.id])
async def test_a_site_that_the_customer_has_not_is_a_400_as_documented(api: Api, site_id: int) -> None:
    assert refusal(await api.get(f"{ONE}/{site_id}")) == (400, f"{BAD}: no site {site_id}")


def names(group: dict[str, Any]) -> dict[str, Any]:
    return {
        "site": group["groupName"],
        "users": [user["name"] for user in group["users"]],
        "below": [names(each) for each in group["subgroups"]],
    }


FLOORS = {"site": "Ground floor", "users": [], "below": [{"site": "Circuit A", "users": [], "below": []}]}
DEPOT = {"site": "Depot", "users": ["Alice", "Carol", "Dan", "Erin", "Grace"], "below": [FLOORS]}


async def test_one_home_site_with_its_enabled_drivers_whatever_their_rights(api: Api) -> None:
    assert names(read(await api.get(f"{ONE}/2"), "UserGroup")) == DEPOT


async def test_all_home_sites_and_the_drivers_without_one(api: Api) -> None:
    homes = read(await api.get(ALL), "HomeGroups")
    assert [names(each) for each in homes["userGroups"]] == [
        {"site": "Company", "users": ["Bob"], "below": [DEPOT, {"site": "Yard", "users": [], "below": []}]},
        {"site": "Office", "users": ["Judy"], "below": []},
    ]
    assert [user["name"] for user in homes["spareUsers"]] == ["Heidi", "Ivan", "Niaj", "Olivia", "Peggy"]
