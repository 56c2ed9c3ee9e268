"""Checks and explanations by operators who look after some sites only, or lack a permission."""

from __future__ import annotations

import pytest

from chargerights.rights.permissions import Permission
from tests.api.client import Api, problem, read
from tests.api.v2.callers import new_operator
from tests.support.world import ALICE, BOB, DAN, DEPOT, JUDY, OFFICE

CHECK, CHECKS, EXPLAIN = "/v2/access/check", "/v2/access/checks", "/v2/access/explain"
READING = (Permission.READ_TAGS, Permission.READ_CHARGERS, Permission.READ_DRIVERS)
AT_DEPOT = {"chargerId": "DEP-1", "idTag": "ALICE"}


@pytest.mark.parametrize("lacking", [Permission.READ_CHARGERS, Permission.READ_DRIVERS])
async def test_who_lacks_a_permission_is_told_which(fresh_sqlite_api: Api, lacking: Permission) -> None:
    key = await new_operator(fresh_sqlite_api, set(READING) - {lacking})
    for response in (
        await fresh_sqlite_api.post(CHECK, AT_DEPOT, key=key),
        await fresh_sqlite_api.post(CHECKS, {"questions": [AT_DEPOT]}, key=key),
        await fresh_sqlite_api.get(f"{EXPLAIN}?chargerId=DEP-1&idTag=ALICE", key=key),
    ):
        status, detail = problem(response)
        assert status == 403
        assert lacking in detail


async def test_a_charger_elsewhere_is_not_there(fresh_api: Api) -> None:
    key = await new_operator(fresh_api, READING, [OFFICE.id])
    assert problem(await fresh_api.post(CHECK, AT_DEPOT, key=key)) == (404, "no charger DEP-1")
    assert problem(await fresh_api.get(f"{EXPLAIN}?chargerId=DEP-1&driverId={JUDY.id}", key=key))[0] == 404
    told = read(await fresh_api.post(CHECKS, {"questions": [AT_DEPOT]}, key=key), "AccessDecisions")
    assert told["decisions"][0]["cause"] == "chargerUnknown"
    assert "driver" not in told["decisions"][0]


async def test_of_a_driver_from_elsewhere_he_learns_what_concerns_his_chargers(fresh_api: Api) -> None:
    key = await new_operator(fresh_api, READING, [DEPOT.id])
    told = read(await fresh_api.get(f"{EXPLAIN}?chargerId=CIR-2&driverId={BOB.id}", key=key), "AccessExplanation")
    assert (told["allowed"], told["driver"]["name"]) == (True, "Bob")  # at home at Company, with a right there
    judy = read(await fresh_api.get(f"{EXPLAIN}?chargerId=CIR-2&idTag=JUDY", key=key), "AccessExplanation")
    assert [each["name"] for each in judy["rights"]] == ["Visitors"]


async def test_a_driver_from_elsewhere_with_nothing_here_is_not_told_of(fresh_api: Api) -> None:
    key = await new_operator(fresh_api, READING, [OFFICE.id])
    told = read(await fresh_api.get(f"{EXPLAIN}?chargerId=OFF-1&idTag=ALICE", key=key), "AccessExplanation")
    unknown = read(await fresh_api.get(f"{EXPLAIN}?chargerId=OFF-1&idTag=NOBODY", key=key), "AccessExplanation")
    assert told == unknown | {"sentence": unknown["sentence"].replace("NOBODY", "ALICE")}
    assert (told["allowed"], told["cause"], told["rights"]) == (False, "tagUnknown", [])
    check = read(await fresh_api.post(CHECK, AT_DEPOT | {"chargerId": "OFF-1"}, key=key), "AccessDecision")
    assert (check["allowed"], check["cause"]) == (False, "tagUnknown")
    assert {"driver", "tag"}.isdisjoint(check)
    by_number = await fresh_api.get(f"{EXPLAIN}?chargerId=OFF-1&driverId={ALICE.id}", key=key)
    assert problem(by_number) == (404, f"no driver {ALICE.id}")


async def test_of_his_own_driver_he_sees_no_rights_elsewhere(fresh_api: Api) -> None:
    both = {"driverId": DAN.id, "siteId": OFFICE.id}
    assert (await fresh_api.post("/v2/rights", both)).status_code == 201
    key = await new_operator(fresh_api, READING, [DEPOT.id])
    told = read(await fresh_api.get(f"{EXPLAIN}?chargerId=DEP-1&driverId={DAN.id}", key=key), "AccessExplanation")
    assert (told["driver"]["name"], told["rights"]) == ("Dan", [])
    unlimited = read(await fresh_api.get(f"{EXPLAIN}?chargerId=DEP-1&driverId={DAN.id}"), "AccessExplanation")
    assert [each["name"] for each in unlimited["rights"]] == ["Office"]
