"""Who asks: every way to send a key, and every key that is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chargerights.storage import callers
from chargerights.storage.rows import keys
from tests.api.client import MISSION, UNAUTHORISED, Api, listed, problem, read, refusal
from tests.support.world import DEPOT, NOW, OFFICE

CHECK = "/v2/access/check"
QUESTION = {"chargerId": "DEP-1", "idTag": "ALICE"}
NO_KEY = f"{UNAUTHORISED}: send an API key in the header x-api-key"
NOT_VALID = f"{UNAUTHORISED}: the API key is unknown, revoked or expired"
OTHER_S = f"{UNAUTHORISED}: clientId is not the API key's customer"
READ_ONLY = f"{UNAUTHORISED}: the API key may only read"

READS = [
    "/api/group/authorisedUsers/2",
    "/api/charger/authorisedUsers/DEP-1",
    "/api/user/homeGroup/2",
    "/api/user/homeGroups",
    "/api/groups",
    "/api/group/external/depot",
    "/v2/access/explain?chargerId=DEP-1&idTag=ALICE",
]
POSTS = [MISSION, "/api/group/add", "/api/charger/add/NEW-1/2", CHECK]


@pytest.mark.parametrize("path", READS)
async def test_no_key_no_answer(sqlite_api: Api, path: str) -> None:
    response = await sqlite_api.get(path, key=None)
    assert response.status_code == 401
    assert "send an API key" in response.text


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b"[" * 5_000])
async def test_no_key_no_word_about_the_body(sqlite_api: Api, path: str, body: bytes) -> None:
    response = await sqlite_api.post(path, body, key=None, headers={"content-type": "application/json"})
    assert response.status_code == 401
    assert "send an API key" in response.text


@pytest.mark.parametrize("path", ["/api/group/authorisedUsers/abc", "/v2/access/explain?driverId=x&at=never"])
async def test_no_key_no_word_about_the_parameters(sqlite_api: Api, path: str) -> None:
    assert (await sqlite_api.get(path, key=None)).status_code == 401


def wrong_keys(api: Api) -> dict[str, str]:
    head, _, digits = api.us.key.rpartition("_")
    return {
        "that was never issued": f"{head}_{'0' * 64}",
        "of ours in another's name": f"crk_{api.rival.id}_{digits}",
        "of ours in an unknown customer's name": f"crk_987654_{digits}",
        "of a customer beyond 64 bits": f"crk_9999999999999999999_{digits}",
        "of customer 0": f"crk_0_{digits}",
        "without its last character": api.us.key[:-1],
        "with a character more": f"{api.us.key}0",
        "in capitals": api.us.key.upper(),
        "with a line break": f"{api.us.key}\n",
        "with a NUL": f"{api.us.key}\0",
        "only its prefix": "crk_",
        "not even in ASCII": "clé",
        "very long": "crk_" + "1" * 10_000,
    }


async def test_every_wrong_key_is_refused_in_the_same_words(api: Api) -> None:
    for name, key in wrong_keys(api).items():
        told = refusal(await api.http.post(MISSION, params={"code": key}, json=[2]))
        assert told == (401, NOT_VALID), name


async def test_a_key_that_was_revoked_is_refused_from_the_next_request_on(fresh_api: Api) -> None:
    key = await fresh_api.add_key()
    assert (await fresh_api.drivers_of([2], key=key)).status_code == 200
    (made,) = [
        each for _, each in fresh_api.database.read_now(keys.load_with_customers) if key.endswith(each.last_characters)
    ]
    await fresh_api.change(callers.revoke_key, fresh_api.us.id, made.id, NOW)
    assert refusal(await fresh_api.drivers_of([2], key=key)) == (401, NOT_VALID)
    assert (await fresh_api.drivers_of([2])).status_code == 200


async def test_a_key_ends_at_its_instant_and_not_before(fresh_api: Api) -> None:
    key = await fresh_api.add_key(expires_at=NOW)
    fresh_api.clock.at = NOW - timedelta(microseconds=1)
    assert (await fresh_api.drivers_of([2], key=key)).status_code == 200
    fresh_api.clock.at = NOW
    assert refusal(await fresh_api.drivers_of([2], key=key)) == (401, NOT_VALID)


async def test_a_read_only_key_reads_and_writes_nothing(fresh_api: Api) -> None:
    key = await fresh_api.add_key(read_only=True)
    before = (await fresh_api.get("/api/groups")).text
    assert listed(await fresh_api.drivers_of([OFFICE.id], key=key)) == {OFFICE.id: [10]}
    assert refusal(await fresh_api.post("/api/group/add", {"name": "x"}, key=key)) == (401, READ_ONLY)
    assert refusal(await fresh_api.post("/api/charger/add/NEW-1/2", {}, key=key)) == (401, READ_ONLY)
    assert refusal(await fresh_api.post("/api/group/add", b"nonsense", key=key)) == (401, READ_ONLY)
    assert (await fresh_api.get("/api/groups")).text == before


@pytest.mark.parametrize("client_id", ["2", "0", "-1", "abc", "", " 1", "1.0", "1e0", "01", "99999999999999999999"])
async def test_a_client_id_that_is_not_the_key_s_customer_is_refused(api: Api, client_id: str) -> None:
    assert str(api.us.id) == "1"
    for path in (MISSION, CHECK):
        response = await api.post(path, [2], params={"clientId": client_id})
        assert response.status_code == 401, path
    assert refusal(await api.post(MISSION, [2], params={"clientId": client_id})) == (401, OTHER_S)


async def test_the_other_customer_s_id_opens_nothing_with_our_key(api: Api) -> None:
    for path in READS:
        response = await api.get(path, params={"clientId": str(api.rival.id)})
        assert response.status_code == 401, path


def ways(api: Api) -> dict[str, dict[str, Any]]:
    return {
        "in the header": {"headers": {"x-api-key": api.us.key}},
        "as bearer": {"headers": {"authorization": f"Bearer {api.us.key}"}},
        "as bearer, in other letters and spaces": {"headers": {"authorization": f"bearer   {api.us.key} "}},
        "in the query": {"params": {"code": api.us.key}},
        "in the query, with the customer": {"params": {"code": api.us.key, "clientId": str(api.us.id)}},
    }


async def test_v1_takes_the_key_in_each_of_three_ways(api: Api) -> None:
    for name, way in ways(api).items():
        response = await api.post(MISSION, [OFFICE.id], key=None, **way)
        assert listed(response) == {OFFICE.id: [10]}, name


async def test_v2_takes_no_key_from_the_query(api: Api) -> None:
    told = problem(await api.post(CHECK, QUESTION, key=None, params={"code": api.us.key}))
    assert told == (401, "send an API key in the header x-api-key")
    response = await api.post(CHECK, QUESTION, key=None, headers={"authorization": f"Bearer {api.us.key}"})
    assert read(response, "AccessDecision")["allowed"] is True


async def test_other_schemes_are_no_key(sqlite_api: Api) -> None:
    basic = {"authorization": f"Basic {sqlite_api.us.key}"}
    assert refusal(await sqlite_api.post(MISSION, [2], key=None, headers=basic)) == (401, NO_KEY)
    bare = {"authorization": sqlite_api.us.key}
    assert refusal(await sqlite_api.post(MISSION, [2], key=None, headers=bare)) == (401, NO_KEY)


async def test_the_header_goes_before_the_query(sqlite_api: Api) -> None:
    told = refusal(await sqlite_api.post(MISSION, [2], key="crk_wrong", params={"code": sqlite_api.us.key}))
    assert told == (401, NOT_VALID)


async def test_each_customer_s_key_answers_of_that_customer_alone(api: Api) -> None:
    ours, theirs = [(await api.get("/api/groups", key=key)).text for key in (api.us.key, api.rival.key)]
    assert "Rival" not in ours
    assert "RIV-1" not in ours
    assert [site["groupName"] for site in read(await api.get("/api/groups", key=api.rival.key), "ChargerGroup[]")] == [
        "Rival garage"
    ]
    assert "Depot" not in theirs
    homes = (await api.get("/api/user/homeGroups", key=api.rival.key)).text
    assert "Mallory" in homes
    assert "Alice" not in homes


async def test_a_charger_of_another_customer_and_one_that_nobody_has_are_told_alike(api: Api) -> None:
    theirs = refusal(await api.get("/api/charger/authorisedUsers/RIV-1"))
    nobody_s = refusal(await api.get("/api/charger/authorisedUsers/RIV-2"))
    assert theirs[0] == nobody_s[0] == 400
    assert theirs[1].replace("RIV-1", "RIV-2") == nobody_s[1]
    theirs = problem(await api.post(CHECK, {"chargerId": "RIV-1", "idTag": "MALLORY"}))
    nobody_s = problem(await api.post(CHECK, {"chargerId": "RIV-2", "idTag": "MALLORY"}))
    assert (theirs[0], theirs[1].replace("RIV-1", "RIV-2")) == nobody_s


async def test_the_last_use_of_a_key_is_kept_to_about_a_minute(fresh_api: Api) -> None:
    async def last_use() -> object:
        await fresh_api.drivers_of([DEPOT.id])
        await fresh_api.settle()
        ((_, key), *_) = fresh_api.database.read_now(keys.load_with_customers, fresh_api.us.id)
        return key.last_used_at

    assert await last_use() == NOW
    fresh_api.clock.at = NOW + timedelta(seconds=59)
    assert await last_use() == NOW
    fresh_api.clock.at = NOW + timedelta(seconds=60)
    assert await last_use() == NOW + timedelta(seconds=60)
