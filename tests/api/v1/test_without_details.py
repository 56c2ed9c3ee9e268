"""`excludeDetails` works on every GET of v1, and leaves out nothing but details."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import BAD, Api, read, refusal

SIBLINGS = {
    "/api/group/authorisedUsers/2": ("User[]", "BriefUser[]"),
    "/api/charger/authorisedUsers/CIR-2": ("User[]", "BriefUser[]"),
    "/api/user/homeGroup/2": ("UserGroup", "BriefUserGroup"),
    "/api/user/homeGroups": ("HomeGroups", "BriefHomeGroups"),
    "/api/groups": ("ChargerGroup[]", "BriefSite[]"),
    "/api/group/external/company": ("ChargerGroup", "BriefSite"),
    "/api/group/external/company?excludeSubgroups=true": ("ChargerGroup", "BriefSite"),
}
DETAILS = {"tags", "chargerGroups", "chargers", "payerId", "integratedExternalIds", "externalId"} | {
    *("costId", "costName", "paymentRecipientId", "onlineSocket", "offlineSocket", "errorSocket"),
}


def without_details(value: Any) -> Any:
    if isinstance(value, list):
        return [without_details(each) for each in value]
    if isinstance(value, dict):
        return {name: without_details(each) for name, each in value.items() if name not in DETAILS}
    return value


@pytest.fixture
async def named(fresh_api: Api) -> Api:
    """The company's site has an external id."""
    answer = await fresh_api.ask("PATCH", "/v2/sites/1", json={"externalId": "company"})
    assert answer.status_code == 200, answer.text
    return fresh_api


@pytest.mark.parametrize("path", SIBLINGS)
async def test_a_switch_that_is_none_is_refused(named: Api, path: str) -> None:
    sign = "&" if "?" in path else "?"
    told = refusal(await named.get(f"{path}{sign}excludeDetails=maybe"))
    assert told == (400, f"{BAD}: excludeDetails is 'maybe': write true or false")


async def test_nothing_but_details_is_left_out(named: Api) -> None:
    for path, (whole, brief) in SIBLINGS.items():
        sign = "&" if "?" in path else "?"
        answer = await named.get(f"{path}{sign}excludeDetails=true")
        expected = without_details(read(await named.get(f"{path}{sign}excludeDetails=false"), whole))
        assert read(answer, brief) == expected, path
        assert expected, path
        again = await named.get(f"{path}{sign}excludeDetails=true", headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304, path
