"""The mission: POST /api/group/authorisedUsers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import BAD, MISSING, MISSION, UNAUTHORISED, Api, listed, read, refusal
from tests.support.world import (
    ALICE,
    BOB,
    CIRCUIT_A,
    COMPANY,
    DEPOT,
    ERIN,
    GRACE,
    GROUND_FLOOR,
    HEIDI,
    IVAN,
    JUDY,
    NIAJ,
    OFFICE,
    OLIVIA,
    RIVAL_GARAGE,
    YARD,
)

DEEP = 900
INT64_MAX = 2**63 - 1

AT_DEPOT = [each.id for each in (ALICE, BOB, ERIN, GRACE, HEIDI, IVAN, JUDY, NIAJ)]

REFUSED_BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "the body is missing: send JSON"),
    "spaces": (b" \n ", "the body is missing: send JSON"),
    "no JSON": (b"groupIds=1", "the body is not JSON: "),
    "half of JSON": (b'{"groupIds": [1', "the body is not JSON: "),
    "two values": (b"[1][2]", "the body is not JSON: "),
    "broken UTF-8": (b'{"groupIds": [1], "\xff\xfe": 1}', "the body is not JSON: "),
    "NaN": (b'{"groupIds": [NaN]}', "the body is not JSON: "),
    "infinity": (b'{"groupIds": [1e999]}', "the body is not JSON: "),
    "too deep for any reader": (b"[" * 60_000, "the body is not JSON: "),
    "two megabytes": (b"[" + b"1," * 1_000_000 + b"1]", "the body holds more than 65536 bytes"),
    "null": (b"null", "groupIds is null: send an array of 1 to 20 site ids"),
    "a number": (b"1", "groupIds is "),
    "a text": (b'"1"', "groupIds is a text: send an array of 1 to 20 site ids"),
    "a boolean": (b"true", "groupIds is a boolean: send an array of 1 to 20 site ids"),
    "an object without groupIds": (b'{"ids": [1]}', 'groupIds is missing: send {"groupIds": [1, 2]}'),
    "an empty object": (b"{}", 'groupIds is missing: send {"groupIds": [1, 2]}'),
    "groupIds null": (b'{"groupIds": null}', "groupIds is null: send an array of 1 to 20 site ids"),
    "groupIds a number": (b'{"groupIds": 7}', "groupIds is a number: send an array of 1 to 20 site ids"),
    "groupIds an object": (b'{"groupIds": {"0": 1}}', "groupIds is an object: send an array of 1 to 20 site ids"),
    "groupIds empty": (b'{"groupIds": []}', "groupIds is empty: send 1 to 20 site ids"),
    "a bare empty array": (b"[]", "groupIds is empty: send 1 to 20 site ids"),
    "an id as text": (b'{"groupIds": [1, "2"]}', "groupIds[1] is a text: a site id is a whole number"),
    "an id with a fraction": (b"[1.5]", "groupIds[0] is a number with a fraction or beyond 64 bits: "),
    "a whole id written as a fraction": (b"[1.0]", "groupIds[0] is a number with a fraction or beyond 64 bits: "),
    "an id true": (b"[true]", "groupIds[0] is a boolean: a site id is a whole number"),
    "an id null": (b"[null]", "groupIds[0] is null: a site id is a whole number"),
    "an id beyond 64 bits": (b"[9223372036854775808]", "groupIds[0] is beyond 64 bits: a site id is a whole number"),
    "an id far beyond": (b"[1" + b"0" * 400 + b"]", "the body is not JSON: "),
    "an id below 64 bits": (b"[-9223372036854775809]", "groupIds[0] is "),
    "a nested list": (b"[[1, 2]]", "groupIds[0] is an array: a site id is a whole number"),
    "deep nesting": (b"[" * DEEP + b"]" * DEEP, "groupIds[0] is an array: a site id is a whole number"),
    "an object as id": (b'[{"id": 1}]', "groupIds[0] is an object: a site id is a whole number"),
    "21 ids": (b"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21]", "groupIds holds 21 ids, the limit is 20"),
}


@pytest.mark.parametrize(("body", "wrong"), REFUSED_BODIES.values(), ids=REFUSED_BODIES)
async def test_a_body_that_is_not_1_to_20_ids_is_refused_in_words(sqlite_api: Api, body: bytes, wrong: str) -> None:
    status, text = refusal(await sqlite_api.post(MISSION, body))
    assert status == 400
    assert text.startswith(f"{BAD}: {wrong}")
    assert len(text) < 300


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[1]"])
async def test_who_is_not_authorised_learns_nothing_about_his_body(api: Api, body: bytes) -> None:
    status, text = refusal(await api.post(MISSION, body, key=None))
    assert (status, text) == (401, f"{UNAUTHORISED}: send an API key in the header x-api-key")


@pytest.mark.parametrize("value", ["maybe", "", "2", "null"])
async def test_exclude_details_must_be_yes_or_no(sqlite_api: Api, value: str) -> None:
    status, text = refusal(await sqlite_api.post(f"{MISSION}?excludeDetails={value}", [1]))
    assert (status, text) == (400, f"{BAD}: excludeDetails is {value!r}: write true or false")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
async def test_another_method_is_refused_and_told_which_there_is(sqlite_api: Api, method: str) -> None:
    response = await sqlite_api.ask(method, MISSION)
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("site_ids", "named"),
    [
        ([77], "77"),
        ([DEPOT.id, 77, COMPANY.id, 76], "77, 76"),
        ([77, 77, 77], "77"),
        ([0, -1, -(2**63), INT64_MAX], f"0, -1, {-(2**63)}, {INT64_MAX}"),
        ([RIVAL_GARAGE.id], str(RIVAL_GARAGE.id)),
        ([RIVAL_GARAGE.id, DEPOT.id, 77], f"{RIVAL_GARAGE.id}, 77"),
    ],
)
async def test_an_unknown_site_anywhere_in_the_list_is_a_404_that_names_it(
    api: Api, site_ids: list[int], named: str
) -> None:
    assert refusal(await api.drivers_of(site_ids)) == (404, f"{MISSING}: {named}")
    assert refusal(await api.drivers_of(site_ids, brief=True)) == (404, f"{MISSING}: {named}")


async def test_another_customer_s_site_and_one_that_nobody_has_are_told_alike(api: Api) -> None:
    status, text = refusal(await api.drivers_of([RIVAL_GARAGE.id]))
    nobody_s_status, nobody_s = refusal(await api.drivers_of([RIVAL_GARAGE.id + 1]))
    assert nobody_s_status == status
    assert nobody_s == text.replace(str(RIVAL_GARAGE.id), str(RIVAL_GARAGE.id + 1))


async def test_each_customer_sees_his_own_and_not_the_other_s(api: Api) -> None:
    assert listed(await api.drivers_of([RIVAL_GARAGE.id], key=api.rival.key)) == {RIVAL_GARAGE.id: [90]}
    assert refusal(await api.drivers_of([DEPOT.id], key=api.rival.key))[0] == 404


async def test_known_sites_where_nobody_is_listed_are_a_404_together(fresh_api: Api) -> None:
    made = [int((await fresh_api.post("/api/group/add", {"name": name})).text) for name in ("Empty", "Void")]
    assert refusal(await fresh_api.drivers_of(made)) == (404, f"{MISSING}: {made[0]}, {made[1]}")
    answer = await fresh_api.drivers_of([made[0], DEPOT.id])
    assert listed(answer) == {made[0]: [], DEPOT.id: AT_DEPOT}
    assert answer.json()[0]["users"] == []


async def test_the_drivers_of_each_site_by_id_in_the_order_the_sites_were_asked(api: Api) -> None:
    answer = listed(await api.drivers_of([OFFICE.id, DEPOT.id, YARD.id]))
    assert list(answer) == [OFFICE.id, DEPOT.id, YARD.id]
    assert answer == {OFFICE.id: [JUDY.id], DEPOT.id: AT_DEPOT, YARD.id: [BOB.id, OLIVIA.id]}


async def test_rights_reach_down_and_up_the_tree(api: Api) -> None:
    answer = listed(await api.drivers_of([COMPANY.id, GROUND_FLOOR.id, CIRCUIT_A.id], brief=True))
    by_right_above = [each.id for each in (ALICE, BOB, ERIN, GRACE, HEIDI, IVAN)]
    assert answer == {
        COMPANY.id: [*AT_DEPOT, OLIVIA.id],
        GROUND_FLOOR.id: [*by_right_above, JUDY.id, NIAJ.id],
        CIRCUIT_A.id: [*by_right_above, JUDY.id],
    }


async def test_a_repeated_id_counts_once_where_it_stood_first(api: Api) -> None:
    twenty_sites = [6, 2, 6, 5, 2]
    assert list(listed(await api.drivers_of(twenty_sites))) == [6, 2, 5]


async def test_21_ids_of_which_one_is_repeated_are_20(sqlite_api: Api) -> None:
    unknown = [100 + n for n in range(19)]
    status, text = refusal(await sqlite_api.drivers_of([2, *unknown, 2]))
    assert (status, text) == (404, f"{MISSING}: {', '.join(map(str, unknown))}")


@pytest.mark.parametrize("body", [[2, 6], {"groupIds": [2, 6]}, {"groupIds": [2, 6], "more": "is not looked at"}])
async def test_an_object_and_a_bare_array_ask_the_same(sqlite_api: Api, body: Any) -> None:
    assert listed(await sqlite_api.post(MISSION, body)) == {2: AT_DEPOT, 6: [JUDY.id]}


async def test_of_duplicate_members_the_last_counts(sqlite_api: Api) -> None:
    assert list(listed(await sqlite_api.post(MISSION, b'{"groupIds": [2], "groupIds": [6]}'))) == [6]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "nonsense", ""])
async def test_the_body_is_json_whatever_its_content_type_says(sqlite_api: Api, content_type: str) -> None:
    response = await sqlite_api.post(MISSION, [6], headers={"content-type": content_type})
    assert listed(response) == {6: [JUDY.id]}


async def test_without_details_the_answer_has_exactly_the_form_of_the_page_s_example(api: Api) -> None:
    response = await api.drivers_of([OFFICE.id, YARD.id], brief=True)
    assert response.text == (
        '[{"groupId":6,"users":[{"id":10,"name":"Judy","homeGroupId":6,"homeGroupName":"Office"}]},'
        '{"groupId":5,"users":[{"id":2,"name":"Bob","homeGroupId":1,"homeGroupName":"Company"},'
        '{"id":12,"name":"Olivia"}]}]'
    )
    read(response, "BriefSiteDrivers[]")


@pytest.mark.parametrize("value", ["false", "0", "FALSE"])
async def test_details_come_unless_they_are_excluded(sqlite_api: Api, value: str) -> None:
    (site,) = read(await sqlite_api.post(f"{MISSION}?excludeDetails={value}", [6]), "SiteDrivers[]")
    assert site["users"][0]["tags"][0]["idTag"] == "JUDY"
