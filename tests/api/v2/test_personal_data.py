"""GET /v2/drivers/{id}/personal-data and POST /v2/drivers/{id}/erase."""

from __future__ import annotations

from typing import Any

import pytest

from chargerights.api.v2.decisions import AccessExplanation
from chargerights.api.v2.impact import ImpactShape
from chargerights.api.v2.personal_data import PersonalData
from chargerights.rights.permissions import Permission
from tests.api.client import Api, listed, problem
from tests.api.v2.asking import good
from tests.api.v2.callers import new_operator
from tests.storage.writing import everything
from tests.support.world import ALICE, BOB, DEPOT, JUDY, OFFICE

READING = (Permission.READ_DRIVERS, Permission.READ_TAGS, Permission.READ_AUDIT_LOGS)
WRITING = (Permission.WRITE_DRIVERS, Permission.WRITE_TAGS)
URSULA: dict[str, Any] = {
    "name": "Ursula Übermut",
    "homeSiteId": DEPOT.id,
    "externalId": "HR-4711",
    "tags": [{"idTag": "04URSULA"}],
}


async def add(api: Api) -> int:
    made = await api.post("/v2/drivers", URSULA)
    assert made.status_code == 201
    return int(made.json()["id"])


def path(driver_id: int) -> str:
    return f"/v2/drivers/{driver_id}/personal-data"


async def erase(api: Api, driver_id: int, **more: Any) -> Any:
    return await api.ask("POST", f"/v2/drivers/{driver_id}/erase", **more)


@pytest.mark.parametrize("lacking", READING)
async def test_who_lacks_a_permission_learns_nothing(fresh_sqlite_api: Api, lacking: Permission) -> None:
    key = await new_operator(fresh_sqlite_api, set(READING) - {lacking})
    assert problem(await fresh_sqlite_api.get(path(ALICE.id), key=key))[0] == 403


@pytest.mark.parametrize("lacking", WRITING)
async def test_who_lacks_a_permission_erases_nobody(fresh_sqlite_api: Api, lacking: Permission) -> None:
    key = await new_operator(fresh_sqlite_api, set(WRITING) - {lacking})
    assert problem(await erase(fresh_sqlite_api, ALICE.id, key=key))[0] == 403
    assert problem(await erase(fresh_sqlite_api, ALICE.id, key=None))[0] == 401
    assert (await fresh_sqlite_api.get(f"/v2/drivers/{ALICE.id}")).status_code == 200


async def test_a_driver_of_nobody_s_another_customer_s_or_another_site_is_not_there(fresh_api: Api) -> None:
    key = await new_operator(fresh_api, [*READING, *WRITING], [OFFICE.id])
    for caller, driver_id in (
        ("ours", 77),
        ("ours", 90),
        (fresh_api.rival.key, ALICE.id),
        (key, ALICE.id),
    ):
        assert problem(await fresh_api.get(path(driver_id), key=caller)) == (404, f"no driver {driver_id}")
        assert problem(await erase(fresh_api, driver_id, key=caller)) == (404, f"no driver {driver_id}")
    assert (await fresh_api.get(f"/v2/drivers/{ALICE.id}")).status_code == 200


async def test_all_that_is_kept_is_told(fresh_api: Api) -> None:
    driver_id = await add(fresh_api)
    changed = await fresh_api.ask("PATCH", f"/v2/drivers/{driver_id}", json={"name": "Ursula Unterm-Rad"})
    assert changed.status_code == 200
    told = good(await fresh_api.get(path(driver_id)), PersonalData)
    before = {"id": driver_id, "tags": [{"idTag": "04URSULA"}]} | {
        name: URSULA[name] for name in ("name", "homeSiteId", "externalId")
    }
    after = before | {"name": "Ursula Unterm-Rad"}
    assert told["driver"] == after
    assert [(each["action"], each.get("before"), each.get("after")) for each in told["history"]] == [
        ("driver.add", None, before),
        ("driver.change", before, after),
    ]
    assert told["history"][0]["operatorId"] == 1
    assert told["records"] == {"authorisations": [], "sessions": [], "setAside": [], "stoppedSessions": []}


async def test_an_erased_driver_is_nowhere_named_and_his_number_stays(fresh_api: Api) -> None:
    driver_id = await add(fresh_api)
    response = await erase(fresh_api, driver_id)
    assert (response.status_code, response.content) == (204, b"")
    assert problem(await fresh_api.get(f"/v2/drivers/{driver_id}"))[0] == 404
    stored = str(await fresh_api.change(everything))
    for word in ("Ursula", "4711", "04URSULA"):
        assert word not in stored
    told = good(await fresh_api.get(path(driver_id)), PersonalData)
    assert "driver" not in told
    assert [each["action"] for each in told["history"]] == ["driver.add", "driver.erase"]
    assert told["history"][0]["after"]["name"] == f"driver {driver_id}"


async def test_erasing_again_does_nothing_and_is_no_error(fresh_api: Api) -> None:
    driver_id = await add(fresh_api)
    assert (await erase(fresh_api, driver_id)).status_code == 204
    before = good(await fresh_api.get(path(driver_id)), PersonalData)
    assert (await erase(fresh_api, driver_id)).status_code == 204
    assert good(await fresh_api.get(path(driver_id)), PersonalData) == before


async def test_who_was_removed_can_still_be_erased_by_who_sees_all_sites(fresh_api: Api) -> None:
    driver_id = await add(fresh_api)
    assert (await fresh_api.ask("DELETE", f"/v2/drivers/{driver_id}")).status_code == 204
    key = await new_operator(fresh_api, [*READING, *WRITING], [DEPOT.id])
    assert problem(await erase(fresh_api, driver_id, key=key))[0] == 404
    assert (await erase(fresh_api, driver_id)).status_code == 204
    assert "Ursula" not in str(await fresh_api.change(everything))


async def test_an_erased_driver_s_access_goes_and_others_stay(fresh_api: Api) -> None:
    dry = good(await fresh_api.ask("POST", f"/v2/drivers/{BOB.id}/erase?dryRun=true"), ImpactShape)
    assert dry["drivers"]["losing"] == 1
    before = listed(await fresh_api.drivers_of([DEPOT.id]))[DEPOT.id]
    assert (await erase(fresh_api, BOB.id)).status_code == 204
    assert listed(await fresh_api.drivers_of([DEPOT.id]))[DEPOT.id] == [each for each in before if each != BOB.id]


async def test_the_past_does_not_name_him_any_more(fresh_api: Api) -> None:
    at = fresh_api.clock.at
    explain = f"/v2/access/explain?chargerId=OFF-1&driverId={JUDY.id}&at={at:%Y-%m-%dT%H:%M:%SZ}"
    fresh_api.clock.at = at.replace(hour=at.hour + 1)
    assert "Judy" in (await fresh_api.get(explain)).text
    assert (await erase(fresh_api, JUDY.id)).status_code == 204
    told = good(await fresh_api.get(explain), AccessExplanation)
    assert (told["allowed"], told["driver"]["name"]) == (True, f"driver {JUDY.id}")
    assert "Judy" not in str(told)
