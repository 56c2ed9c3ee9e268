"""GET /api/charger/authorisedUsers/{chargerId}."""

from __future__ import annotations

import pytest

from tests.api.client import BAD, Api, read, refusal
from tests.support.world import ALICE, BOB, ERIN, GRACE, HEIDI, IVAN, JUDY, NIAJ

PATH = "/api/charger/authorisedUsers"
BY_SITE = [each.id for each in (ALICE, BOB, ERIN, GRACE, HEIDI, IVAN)]


@pytest.mark.parametrize("charger_id", ["NONE-1", "dep-1", "RIV-1", " DEP-1", "DEP-1 ", "1", "🔌", "x" * 3000])
async def test_a_charger_that_the_customer_has_not_is_a_400_as_documented(api: Api, charger_id: str) -> None:
    assert refusal(await api.get(f"{PATH}/{charger_id}")) == (400, f"{BAD}: no charger {charger_id}")


@pytest.mark.parametrize("encoded", ["%00", "%FF%FE", "DEP%0A1", "%F0%9F%94", "..", "%252F"])
async def test_bytes_that_no_charger_id_holds_get_a_clear_answer(sqlite_api: Api, encoded: str) -> None:
    response = await sqlite_api.get(f"{PATH}/{encoded}")
    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("charger_id", "drivers"),
    [
        ("DEP-1", BY_SITE),
        ("GF-1", [*BY_SITE, NIAJ.id]),
        ("CIR-1", BY_SITE),
        ("CIR-2", [*BY_SITE, JUDY.id]),
        ("OFF-1", [JUDY.id]),
    ],
)
async def test_the_drivers_whose_right_reaches_the_charger(api: Api, charger_id: str, drivers: list[int]) -> None:
    assert [user["id"] for user in read(await api.get(f"{PATH}/{charger_id}"), "User[]")] == drivers


async def test_a_charger_that_nobody_may_use_has_an_empty_list(fresh_sqlite_api: Api) -> None:
    site_id = (await fresh_sqlite_api.post("/api/group/add", {"name": "Empty"})).text
    assert (await fresh_sqlite_api.post(f"/api/charger/add/LONELY/{site_id}", {})).status_code == 200
    assert (await fresh_sqlite_api.get(f"{PATH}/LONELY")).text == "[]"
