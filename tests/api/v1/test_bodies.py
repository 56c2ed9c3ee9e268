"""POST /api/group/add and POST /api/charger/add/{chargerId}/{groupId}: every refusal, and what was added is seen."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from chargerights.api.openapi import v1
from tests.api.client import BAD, Api, read, refusal
from tests.api.v1.test_authorised_users_of_site import NOT_INT64
from tests.support.world import RIVAL_GARAGE

SITE, CHARGER = "/api/group/add", "/api/charger/add"

REFUSED_SITES: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "the body is missing: send JSON"),
    "no JSON": (b"name=Depot", "the body is not JSON: "),
    "broken UTF-8": (b'{"name": "\xff"}', "the body is not JSON: "),
    "half a character": (b'{"name": "\\ud800"}', "the body is not JSON: "),
    "a text": ("Depot", 'name is missing or no text: send {"name": "Depot"}'),
    "a list": (["Depot"], 'name is missing or no text: send {"name": "Depot"}'),
    "null": (None, 'name is missing or no text: send {"name": "Depot"}'),
    "no name": ({}, 'name is missing or no text: send {"name": "Depot"}'),
    "a name that is no text": ({"name": 7}, 'name is missing or no text: send {"name": "Depot"}'),
    "another member": ({"name": "x", "id": 3}, "id is not a member of a new site: send only its name"),
    "an empty name": ({"name": ""}, "name is empty"),
    "a name of spaces": ({"name": " \t "}, "name is empty"),
    "a name with a line break": ({"name": "a\nb"}, "name "),
    "a name with a NUL": ({"name": "a\0b"}, "name "),
    "a name that is too long": ({"name": "x" * 501}, "name has 501 characters: use at most 500"),
    "two megabytes": (b'{"name": "' + b"x" * 2_000_000 + b'"}', "the body holds more than 65536 bytes"),
    "deep nesting": (b'{"name":' + b"[" * 900 + b"]" * 900 + b"}", "name is missing or no text"),
}

REFUSED_CHARGERS: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "the body is missing: send JSON"),
    "no JSON": (b"{chargerName: 1}", "the body is not JSON: "),
    "a list": ([], 'the body is not an object: send {"chargerName": "Bay 1"}'),
    "null": (None, 'the body is not an object: send {"chargerName": "Bay 1"}'),
    "an unknown member": ({"colour": "red"}, "colour is not a member of a new charger"),
    "its id twice": ({"chargerId": "X"}, "chargerId is not a member of a new charger"),
    "its site twice": ({"siteId": 2}, "siteId is not a member of a new charger"),
    "the file's word for its name": ({"name": "Bay"}, "name is not a member of a new charger"),
    "a name that is no text": ({"chargerName": 5}, "chargerName: must be a text, not 5"),
    "an unknown capability": ({"capabilities": ["FLYING"]}, 'capabilities[0]: "FLYING" is not a valid value'),
    "a socket without id": ({"sockets": [{}]}, "sockets[0].id: is missing"),
    "the controller as socket": ({"sockets": [{"id": 0}]}, "sockets[0].id: "),
    "a socket twice": ({"sockets": [{"id": 1}, {"id": 1}]}, "sockets[1].id: "),
    "a socket's unknown member": ({"sockets": [{"id": 1, "colour": 1}]}, "sockets[0].colour: "),
    "too many volts": ({"sockets": [{"id": 1, "maxVoltage": 2**31}]}, "sockets[0].maxVoltage: "),
    "a place beyond the pole": ({"locationInfo": {"latitude": 91}}, "locationInfo.latitude: "),
    "a postal code twice": ({"locationInfo": {"postalCode": "1", "postalNumber": "1"}}, "locationInfo.postal"),
    "deep nesting": (b'{"customProperties":' + b"[" * 900 + b"]" * 900 + b"}", "the body is nested too deeply"),
    "deep nesting of objects": (b'{"customProperties":' + b'{"a":' * 900 + b"1" + b"}" * 901, "the body is nested"),
}


@pytest.mark.parametrize(("body", "wrong"), REFUSED_SITES.values(), ids=REFUSED_SITES)
async def test_a_body_that_describes_no_site_is_refused_in_words(sqlite_api: Api, body: Any, wrong: str) -> None:
    status, text = refusal(await sqlite_api.post(SITE, body))
    assert status == 400
    assert text.startswith(f"{BAD}: {wrong}")


@pytest.mark.parametrize(("body", "wrong"), REFUSED_CHARGERS.values(), ids=REFUSED_CHARGERS)
async def test_a_body_that_describes_no_charger_is_refused_in_words(sqlite_api: Api, body: Any, wrong: str) -> None:
    status, text = refusal(await sqlite_api.post(f"{CHARGER}/NEW-1/2", body))
    assert status == 400
    assert text.startswith(f"{BAD}: {wrong}")


async def test_every_error_of_a_charger_is_told_at_once(sqlite_api: Api) -> None:
    body = {"chargerName": 5, "capabilities": ["FLYING"]}
    _, text = refusal(await sqlite_api.post(f"{CHARGER}/NEW-1/2", body))
    assert "chargerName: " in text
    assert "capabilities[0]: " in text


@pytest.mark.parametrize("site_id", NOT_INT64, ids=lambda text: text[:20])
async def test_a_site_that_is_no_number_is_refused(sqlite_api: Api, site_id: str) -> None:
    told = refusal(await sqlite_api.post(f"{CHARGER}/NEW-1/{site_id}", {}))
    assert told == (400, f"{BAD}: groupId is {site_id!r}: write a whole number up to 9223372036854775807")


@pytest.mark.parametrize("site_id", [77, RIVAL_GARAGE.id, 2**63 - 1])
async def test_a_site_that_the_customer_has_not_is_refused(api: Api, site_id: int) -> None:
    assert refusal(await api.post(f"{CHARGER}/NEW-1/{site_id}", {})) == (400, f"{BAD}: no site {site_id}")


@pytest.mark.parametrize("site_id", [0, -1, -(2**63)])
async def test_a_site_id_that_no_site_can_have_is_refused(api: Api, site_id: int) -> None:
    status, text = refusal(await api.post(f"{CHARGER}/NEW-1/{site_id}", {}))
    assert status == 400
    assert text.startswith(f"{BAD}: ")
    assert str(site_id) in text


@pytest.mark.parametrize("charger_id", ["a:b", "%20DEP-9", "DEP-9%20", "x" * 49, "%00", "a%0Ab", "a%E2%80%8Eb"])
async def test_what_can_be_no_charger_id_is_refused(sqlite_api: Api, charger_id: str) -> None:
    status, text = refusal(await sqlite_api.post(f"{CHARGER}/{charger_id}/2", {}))
    assert status == 400
    assert text.startswith(f"{BAD}: ")


@pytest.mark.parametrize("charger_id", ["DEP-1", "RIV-1"])
async def test_a_charger_id_that_anybody_has_is_taken(api: Api, charger_id: str) -> None:
    assert refusal(await api.post(f"{CHARGER}/{charger_id}/2", {})) == (
        400,
        f"{BAD}: charger id {charger_id} is taken: charger ids are unique across all customers",
    )


async def test_a_refused_charger_leaves_nothing_behind(fresh_api: Api) -> None:
    before = await fresh_api.get("/api/groups")
    await fresh_api.post(f"{CHARGER}/NEW-1/77", {})
    await fresh_api.post(f"{CHARGER}/RIV-1/2", {})
    after = await fresh_api.get("/api/groups")
    assert (after.text, after.headers["etag"]) == (before.text, before.headers["etag"])


async def test_a_new_site_is_seen_by_the_next_question_of_this_and_of_another_process(fresh_api: Api) -> None:
    other = fresh_api.beside()
    await other.get("/api/groups")
    response = await fresh_api.post(SITE, {"name": "  Harbour "})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    for process in (fresh_api, other):
        *_, newest = read(await process.get("/api/groups"), "ChargerGroup[]")
        assert (newest["id"], newest["groupName"], newest["groupType"]) == (response.json(), "Harbour", 0)
    await other.close()


async def test_new_sites_get_ids_that_nothing_had(fresh_api: Api) -> None:
    made = [(await fresh_api.post(SITE, {"name": "Same name"})).json() for _ in range(3)]
    assert len({*made, 1, 2, 3, 4, 5, 6}) == 9


async def test_a_new_charger_with_all_its_members_is_seen_at_once_by_every_process(fresh_api: Api) -> None:
    other = fresh_api.beside()
    await other.get("/api/groups")
    response = await fresh_api.post(f"{CHARGER}/NEW%20🔌-1/6", v1.examples()["newCharger"])
    assert response.status_code == 200, response.text
    assert (response.headers["content-type"], response.text) == ("text/plain; charset=utf-8", "NEW 🔌-1")
    for process in (fresh_api, other):
        office = read(await process.get("/api/groups"), "ChargerGroup[]")[1]
        charger = next(each for each in office["chargers"] if each["chargerId"] == "NEW 🔌-1")
        for name in ("chargerName", "evseId", "capabilities", "splitEvseBySocket", "integrationRelays"):
            if name in v1.examples()["newCharger"]:
                assert charger[name] == v1.examples()["newCharger"][name], name
        location = v1.examples()["newCharger"]["locationInfo"]
        assert {name: charger["locationInfo"][name] for name in location} == location
        socket = v1.examples()["newCharger"]["sockets"][0]
        assert {name: charger["sockets"][0][name] for name in socket} == socket
    await other.close()


async def test_a_new_charger_is_under_the_rights_that_reach_its_site(fresh_api: Api) -> None:
    assert (await fresh_api.post(f"{CHARGER}/NEW-1/3", {})).text == "NEW-1"
    question = {"chargerId": "NEW-1", "idTag": "ALICE"}
    assert read(await fresh_api.post("/v2/access/check", question), "AccessDecision")["allowed"] is True


async def test_of_two_who_add_the_same_charger_at_once_one_is_told_that_it_is_taken(fresh_api: Api) -> None:
    mine = fresh_api.post(f"{CHARGER}/RACE-1/2", {})
    theirs = fresh_api.post(f"{CHARGER}/RACE-1/{RIVAL_GARAGE.id}", {}, key=fresh_api.rival.key)
    answers = await asyncio.gather(mine, theirs)
    assert sorted(each.status_code for each in answers) == [200, 400]
    (refused,) = [each.text for each in answers if each.status_code == 400]
    assert refused.startswith(f"{BAD}: ")
    assert "RACE-1" in refused


async def test_many_who_add_at_once_get_one_revision_each(fresh_api: Api) -> None:
    answers = await asyncio.gather(*(fresh_api.post(SITE, {"name": f"Site {n}"}) for n in range(10)))
    assert [each.status_code for each in answers] == [200] * 10
    assert len({each.json() for each in answers}) == 10
    (_, *new) = sorted(site["id"] for site in read(await fresh_api.get("/api/groups"), "ChargerGroup[]"))
    assert {each.json() for each in answers} <= set(new)
