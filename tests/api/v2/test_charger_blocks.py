"""POST /v2/chargers/{chargerId}/block and …/unblock: a block refuses all drivers and changes no right."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chargerights.api.v2.charger_blocks import ChargerBlock
from chargerights.rights.permissions import Permission
from tests.api.client import Api
from tests.api.v2.callers import ALL_BUT_ADMIN, Callers, callers_of, new_operator
from tests.api.v2.people import blamed, items, refused
from tests.support.world import DEPOT, OFFICE, TOMORROW

DEP_1, OFF_1, RIV_1 = "/v2/chargers/DEP-1", "/v2/chargers/OFF-1", "/v2/chargers/RIV-1"
UNTIL = {"until": "2026-06-04T09:00:00Z"}
BLOCKED = {"chargerId": "DEP-1", "blockedUntil": "2026-06-04T09:00:00Z"}
IN_USE = {"chargerId": "DEP-1"}


async def told(answer: httpx.Response) -> Any:
    """The 200's JSON; fails unless it is exactly of the shape that is documented."""
    assert answer.status_code == 200, answer.text
    ChargerBlock.model_validate_json(answer.content)
    return answer.json()


async def reason(api: Api, tag: str = "ALICE", charger: str = "DEP-1", at: str | None = None) -> tuple[str, str]:
    asked = {"idTag": tag, "chargerId": charger} | ({} if at is None else {"at": at})
    decision = (await api.post("/v2/access/check", asked)).json()
    assert decision["allowed"] == (decision["reason"] == "Accepted") == bool(decision["paths"])
    return decision["reason"], decision["cause"]


@pytest.fixture
async def them(fresh_sqlite_api: Api) -> Callers:
    return await callers_of(fresh_sqlite_api)


# -- who may not, and what is refused -------------------------------------------------------------


@pytest.mark.parametrize("command", ["block", "unblock"])
async def test_who_may_not_operate_chargers_blocks_none(fresh_sqlite_api: Api, command: str) -> None:
    api = fresh_sqlite_api
    them = await callers_of(api)
    lacking = await new_operator(api, ALL_BUT_ADMIN - {Permission.OPERATE_CHARGERS})
    for key, status in ((None, 401), ("crk_1_nonsense", 401), (them.reader, 403), (lacking, 403)):
        answer = await api.ask("POST", f"{DEP_1}/{command}", json=UNTIL, key=key)
        assert refused(answer)[0] == status
    assert await reason(api) == ("Accepted", "rightStands")


@pytest.mark.parametrize("command", ["block", "unblock"])
async def test_a_charger_that_the_caller_does_not_see_is_none(fresh_sqlite_api: Api, command: str) -> None:
    api = fresh_sqlite_api
    them = await callers_of(api)
    assert refused(await api.post(f"{OFF_1}/{command}", UNTIL, key=them.manager)) == (404, "no charger OFF-1")
    assert refused(await api.post(f"{DEP_1}/{command}", UNTIL, key=them.rival)) == (404, "no charger DEP-1")
    assert refused(await api.post(f"{RIV_1}/{command}", UNTIL)) == (404, "no charger RIV-1")
    assert refused(await api.post(f"/v2/chargers/NOPE/{command}", UNTIL)) == (404, "no charger NOPE")
    assert (await reason(api, "JUDY", "OFF-1"))[0] == (await reason(api))[0] == "Accepted"


@pytest.mark.parametrize("until", ["2026-06-02T09:00:00Z", "2026-06-03T09:00:00Z", "2026-06-03T10:00:00+02:00"])
async def test_a_block_that_has_ended_already_is_refused_and_says_what_would_be_right(api: Api, until: str) -> None:
    answer = await api.post(f"{DEP_1}/block", {"until": until})
    assert (refused(answer)[0], blamed(answer)) == (400, ["until"])
    said = answer.json()["errors"]["until"]
    assert said == ["it has passed: a block ends after now, which is 2026-06-03T09:00:00+00:00"]


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({}, "until"),
        ({"until": None}, "until"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2026-06-04T09:00:00"}, "until"),
        ({"until": 1780000000}, "until"),
        ({**UNTIL, "from": "2026-06-03T09:00:00Z"}, "from"),
    ],
)
async def test_a_block_that_says_not_until_when_is_refused(api: Api, body: Any, member: str) -> None:
    answer = await api.post(f"{DEP_1}/block", body)
    assert (refused(answer)[0], blamed(answer)) == (400, [member])


@pytest.mark.parametrize("command", ["block", "unblock"])
async def test_a_block_has_no_preview_for_it_takes_no_right(fresh_sqlite_api: Api, command: str) -> None:
    api = fresh_sqlite_api
    status, why = refused(await api.post(f"{DEP_1}/{command}?dryRun=true", UNTIL))
    assert (status, why) == (400, "dryRun: is not for blocks: a block gives and takes no right")
    assert await reason(api) == ("Accepted", "rightStands")


# -- what comes of it -----------------------------------------------------------------------------


async def test_at_a_blocked_charger_nobody_may_charge_until_then_and_afterwards_all_is_as_before(
    fresh_api: Api,
) -> None:
    before = (await fresh_api.get(DEP_1)).json()
    assert await told(await fresh_api.post(f"{DEP_1}/block", {"until": "2026-06-04T11:00:00+02:00"})) == BLOCKED
    for tag in ("ALICE", "BOB", "ERIN"):
        assert await reason(fresh_api, tag) == ("NotAtThisTime", "chargerBlocked")
    assert await reason(fresh_api, at="2026-06-04T08:59:59Z") == ("NotAtThisTime", "chargerBlocked")
    assert await reason(fresh_api, at="2026-06-04T09:00:00Z") == ("Accepted", "rightStands")
    assert await reason(fresh_api, charger="GF-1") == ("Accepted", "rightStands")
    other = fresh_api.beside()
    assert (await other.get(DEP_1)).json() == before | {"blockedUntil": BLOCKED["blockedUntil"]}
    await other.close()
    fresh_api.clock.at = TOMORROW
    assert (await fresh_api.get(DEP_1)).json() == before
    assert await reason(fresh_api) == ("Accepted", "rightStands")


async def test_a_block_is_replaced_by_another_and_ended_by_hand(fresh_api: Api) -> None:
    first = await fresh_api.post(f"{DEP_1}/block", UNTIL)
    sooner = await fresh_api.post(f"{DEP_1}/block", {"until": "2026-06-03T09:30:00Z"})
    assert (await told(first))["blockedUntil"] == UNTIL["until"]
    assert (await told(sooner))["blockedUntil"] == "2026-06-03T09:30:00Z"
    assert sooner.headers["etag"] == (await fresh_api.get(DEP_1)).headers["etag"] != first.headers["etag"]
    for _ in range(2):  # the second finds nothing to do
        assert await told(await fresh_api.post(f"{DEP_1}/unblock")) == IN_USE
        assert await reason(fresh_api) == ("Accepted", "rightStands")


async def test_the_manager_of_a_site_blocks_chargers_there(fresh_sqlite_api: Api, them: Callers) -> None:
    assert await told(await fresh_sqlite_api.post(f"{DEP_1}/block", UNTIL, key=them.manager)) == BLOCKED
    assert await told(await fresh_sqlite_api.post(f"{DEP_1}/unblock", key=them.idle)) == IN_USE


async def test_an_explanation_says_until_when(fresh_sqlite_api: Api) -> None:
    await fresh_sqlite_api.post(f"{DEP_1}/block", UNTIL)
    told = (await fresh_sqlite_api.get("/v2/access/explain?chargerId=DEP-1&idTag=ALICE")).json()
    assert told["sentence"] == (
        "No: Alice with tag ALICE may not charge at charger DEP-1 at Depot: "
        "the charger is blocked until 2026-06-04 09:00 UTC, for everyone."
    )
    assert [each["standing"] for each in told["rights"]] == ["stands"]
    assert told["paths"] == []


async def test_a_block_takes_nobody_from_any_list(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    lists = (
        "/api/charger/authorisedUsers/DEP-1",
        f"/v2/sites/{DEPOT.id}/authorized-drivers",
        "/v2/chargers/DEP-1/authorized-drivers",
        "/v2/drivers/1/chargers",
        "/v2/drivers/1/sites",
        "/api/groups",
    )
    before = [(await api.get(each)) for each in lists]
    assert {each.status_code for each in before} == {200}
    await api.post(f"{DEP_1}/block", UNTIL)
    after = [(await api.get(each)) for each in lists]
    assert [each.json() for each in after] == [each.json() for each in before]


async def test_whether_it_was_blocked_is_known_of_the_past(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    await api.post(f"{DEP_1}/block", UNTIL)
    api.clock.at = TOMORROW
    await api.post(f"{DEP_1}/unblock")
    assert await reason(api, at="2026-06-03T10:00:00Z") == ("NotAtThisTime", "chargerBlocked")
    assert await reason(api) == ("Accepted", "rightStands")


async def test_who_blocked_a_charger_and_who_ended_it_is_in_the_audit_log(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    await api.post(f"{DEP_1}/block", UNTIL)
    await api.post(f"{DEP_1}/unblock")
    await api.post(f"{DEP_1}/unblock")
    entries = items(await api.get("/v2/audit-logs?kind=charger&entityId=DEP-1"))
    assert [(each["command"], each["commandDetails"]) for each in entries] == [
        ("charger.unblock", "unblocked charger Gate (DEP-1)"),
        ("charger.block", "blocked charger Gate (DEP-1) until 2026-06-04T09:00:00Z"),
    ]
    (change,) = entries[1]["changes"]
    assert (change["before"].get("blockedUntil"), change["after"]["blockedUntil"]) == (None, UNTIL["until"])


async def test_sent_again_a_block_is_done_once_and_the_answer_shows_the_charger_as_it_is(fresh_api: Api) -> None:
    once = {"idempotency-key": "once"}
    assert await told(await fresh_api.post(f"{DEP_1}/block", UNTIL, headers=once)) == BLOCKED
    await fresh_api.post(f"{DEP_1}/unblock")
    assert await told(await fresh_api.post(f"{DEP_1}/block", UNTIL, headers=once)) == IN_USE
    assert await reason(fresh_api) == ("Accepted", "rightStands")
    other = await fresh_api.post(f"{DEP_1}/block", {"until": "2026-06-05T09:00:00Z"}, headers=once)
    assert refused(other)[0] == 409


async def test_a_block_is_not_put_or_taken_by_changing_a_charger(fresh_sqlite_api: Api) -> None:
    """For that, who may enter chargers is not asked, but who may operate them."""
    api = fresh_sqlite_api
    assert blamed(await api.ask("PATCH", DEP_1, json={"blockedUntil": UNTIL["until"]})) == ["blockedUntil"]
    await api.post(f"{DEP_1}/block", UNTIL)
    changed = await api.ask("PATCH", DEP_1, json={"name": "Gate 1", "siteId": OFFICE.id})
    assert changed.json()["blockedUntil"] == UNTIL["until"]
