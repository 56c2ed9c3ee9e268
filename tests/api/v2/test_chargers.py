"""/v2/chargers as its callers ask it."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from chargerights.api.v2.charger_shapes import ChargerMembers, ChargerShape, SocketDraft, SocketShape
from chargerights.api.v2.shapes import Page
from chargerights.files.network_file.schema import ChargerEntry, LocationEntry, SocketEntry, members_of
from chargerights.rights.live import LiveCharger
from tests.api.client import Api
from tests.api.v2.asking import NOT_A_MEMBER, good, refused, send
from tests.api.v2.callers import callers_of
from tests.support.world import (
    CIR_2,
    CIRCUIT_A,
    DEP_1,
    DEPOT,
    GF_1,
    OFF_1,
    OFFICE,
    RIV_1,
    RIVAL_GARAGE,
    TOMORROW,
    YARD,
    YESTERDAY,
)

CHARGERS = "/v2/chargers"
NEW = {"chargerId": "NEW-1", "siteId": DEPOT.id}
SOCKET = {
    "id": 1, "name": "Left", "type": "IEC_62196_T2", "maxPower": "22 kW", "format": "SOCKET",
    "socketPowerType": "AC_3_PHASE", "maxWatts": 22_000, "maxVoltage": 400, "maxAmperage": 32, "phaseRotation": "RST",
    "termsAndConditions": "https://charging.example/terms", "deviceEvseId": 1, "deviceConnectorId": 2,
    "chargingStationEvseId": 3,
}  # fmt: skip
"""Every member."""
WHOLE = NEW | {
    "name": "Gate", "manufacturer": "Voltwerk", "model": "Duo", "serial": "S-1", "firmware": "1.0",
    "evseId": "FI*ABC*E1", "splitEvseBySocket": True, "pushIntegrationEnabled": True,
    "chargerSpecificMessageStructure": True, "capabilities": ["RFID_READER", "RESERVABLE"],
    "physicalReference": "Bay 7", "integrationRelays": ["one", "two"], "iccid": "8901", "imsi": "310",
    "meterSerialNumber": "M-1", "meterType": "MID", "freeToUse": False, "customProperties": {"colour": "red"},
    "latitude": 60.1, "longitude": -24.5, "streetAddress": "Depot road", "streetNumber": "1", "houseLetter": "B",
    "postalCode": "00100", "city": "Helsinki", "area": "Uusimaa", "country": "FI", "sockets": [SOCKET, {"id": 2}],
}  # fmt: skip
"""Every member."""
BARE = {
    "state": "Offline", "activeConnection": False, "splitEvseBySocket": False, "pushIntegrationEnabled": False,
    "chargerSpecificMessageStructure": False, "capabilities": [], "integrationRelays": [], "sockets": [],
}  # fmt: skip
"""What is shown of a charger of which nothing is entered and that has never connected."""
NO_SUCH_CHARGER = ["404", "dep-1", " DEP-1", RIV_1.charger_id, "%00", "x" * 300]

WRONG: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "nothing": ({}, {"chargerId": ["is missing"], "siteId": ["is missing"]}),
    "an id with a slash": (NEW | {"chargerId": "a/b"},
        {"chargerId": ["'a/b' is not a valid charger id: it must not contain '/' or ':'"]}),
    "an id with spaces": (NEW | {"chargerId": " a"},
        {"chargerId": ["' a' is not a valid charger id: it must not be empty or have spaces around it"]}),
    "an id that is too long": (NEW | {"chargerId": "x" * 49},
        {"chargerId": ["a charger id has 49 characters: use at most 48"]}),
    "an id that is a number": (NEW | {"chargerId": 7}, {"chargerId": ["must be a text, not 7"]}),
    "a site that is not there": (NEW | {"siteId": 404}, {"siteId": ["no site 404"]}),
    "another customer's site": (NEW | {"siteId": RIVAL_GARAGE.id}, {"siteId": ["no site 90"]}),
    "a site of null": (NEW | {"siteId": None}, {"siteId": ["must be a whole number, not null"]}),
    "a site as text": (NEW | {"siteId": "2"}, {"siteId": ['must be a whole number, not "2"']}),
    "an unknown member": (NEW | {"colour": "red"}, {"colour": [NOT_A_MEMBER]}),
    "its number": (NEW | {"id": 7}, {"id": [NOT_A_MEMBER]}),
    "its live state": (NEW | {"state": "Available"}, {"state": [NOT_A_MEMBER]}),
    "a text that is too long": (NEW | {"model": "x" * 501}, {"model": ["it has 501 characters: use at most 500"]}),
    "a text that cannot be shown": (NEW | {"name": "a\0"},
        {"name": ["it contains a character that cannot be shown: 'a\\x00'"]}),
    "a switch as text": (NEW | {"splitEvseBySocket": "yes"},
        {"splitEvseBySocket": ['must be true or false, not "yes"']}),
    "a relay without a name": (NEW | {"integrationRelays": [" "]}, {"integrationRelays.0": ["it is empty"]}),
    "a property that is a number": (NEW | {"customProperties": {"bay": 7}},
        {"customProperties.bay": ["must be a text, not 7"]}),
    "a socket twice": (NEW | {"sockets": [{"id": 1}, {"id": 2}, {"id": 1}]},
        {"sockets": ["socket 1 is given twice: give each once"]}),
    "the controller as socket": (NEW | {"sockets": [{"id": 0}]},
        {"sockets.0.id": ["must be 1 or more, not 0"]}),
    "a socket without its id": (NEW | {"sockets": [{}]}, {"sockets.0.id": ["is missing"]}),
    "a socket's unknown member": (NEW | {"sockets": [{"id": 1, "status": "Available"}]},
        {"sockets.0.status": [NOT_A_MEMBER]}),
    "terms that are no web address": (NEW | {"sockets": [{"id": 1, "termsAndConditions": "javascript:alert(1)"}]},
        {"sockets.0.termsAndConditions": [
            'must be a web address such as https://example.org/terms, not "javascript:alert(1)"']}),
    "sockets that are no list": (NEW | {"sockets": {"id": 1}}, {"sockets": ["must be a list, not an object"]}),
    "a latitude beyond the pole": (NEW | {"latitude": -91},
        {"latitude": ["must be -90.0 or more, not -91"]}),
    "a list": ([], {"body": ["must be an object, not a list"]}),
}  # fmt: skip


def charger_ids(page: Any) -> list[str]:
    return [each["chargerId"] for each in page["items"]]


def path_of(charger_id: str) -> str:
    return f"{CHARGERS}/{quote(charger_id, safe='%')}"


@pytest.mark.parametrize(("body", "errors"), WRONG.values(), ids=WRONG)
async def test_a_charger_that_cannot_be_is_refused_by_its_members(sqlite_api: Api, body: Any, errors: Any) -> None:
    assert refused(await send(sqlite_api, "POST", CHARGERS, body)) == (400, errors)
    assert good(await send(sqlite_api, "GET", CHARGERS), Page[ChargerShape])["totalRecords"] == 5


async def test_a_capability_that_ocpi_does_not_know_is_refused(sqlite_api: Api) -> None:
    status, errors = refused(await send(sqlite_api, "POST", CHARGERS, NEW | {"capabilities": ["FLYING"]}))
    assert (status, [*errors]) == (400, ["capabilities.0"])


@pytest.mark.parametrize("charger_id", [DEP_1.charger_id, RIV_1.charger_id])
async def test_an_id_that_anybody_has_is_taken_and_nobody_is_told_whose_it_is(api: Api, charger_id: str) -> None:
    answer = await send(api, "POST", CHARGERS, NEW | {"chargerId": charger_id})
    taken = f"charger id {charger_id} is taken: charger ids are unique across all customers"
    assert refused(answer) == (409, {"chargerId": [taken]})
    assert answer.json()["detail"] == f"chargerId: {taken}"


async def test_of_two_customers_who_add_one_id_at_once_one_is_refused(fresh_api: Api) -> None:
    theirs = NEW | {"siteId": RIVAL_GARAGE.id}
    answers = await asyncio.gather(
        send(fresh_api, "POST", CHARGERS, NEW), send(fresh_api, "POST", CHARGERS, theirs, key=fresh_api.rival.key)
    )
    assert sorted(each.status_code for each in answers) == [201, 409]


@pytest.mark.parametrize("charger_id", NO_SUCH_CHARGER)
async def test_a_charger_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, charger_id: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        status, detail = refused(await send(sqlite_api, method, path_of(charger_id), body))
        assert status == 404
        assert detail.startswith("no charger ")


@pytest.mark.parametrize("member", ["chargerId", "id", "createdAt"])
async def test_what_a_charger_is_cannot_be_changed(sqlite_api: Api, member: str) -> None:
    answer = await send(sqlite_api, "PATCH", path_of("DEP-1"), {member: "DEP-1"})
    assert refused(answer) == (400, {member: [NOT_A_MEMBER]})


@pytest.mark.parametrize(
    ("site_id", "wrong"), [(None, "must be a whole number, not null"), (404, "no site 404"), (90, "no site 90")]
)
async def test_a_charger_moves_only_to_a_site_that_is_there(sqlite_api: Api, site_id: int | None, wrong: str) -> None:
    answer = await send(sqlite_api, "PATCH", path_of("DEP-1"), {"siteId": site_id})
    assert refused(answer) == (400, {"siteId": [wrong]})


async def test_who_may_not_write_writes_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    before = (await send(api, "GET", CHARGERS)).text
    for method, path, body in (
        ("POST", CHARGERS, NEW),
        ("PATCH", path_of("GF-1"), {"name": "X"}),
        ("DELETE", path_of("CIR-1"), None),
    ):
        for key, status in ((callers.reader, 403), (callers.idle, 403), (None, 401)):
            assert refused(await send(api, method, path, body, key=key))[0] == status
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        assert refused(await send(api, method, path_of("CIR-1"), body, key=callers.rival))[0] == 404
    assert refused(await send(api, "POST", CHARGERS, NEW, key=callers.rival)) == (400, {"siteId": ["no site 2"]})
    assert (await send(api, "GET", CHARGERS)).text == before


async def test_who_may_not_read_reads_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    for path in (CHARGERS, path_of("DEP-1")):
        assert refused(await send(api, "GET", path, key=callers.idle))[0] == 403
        assert refused(await send(api, "GET", path, key=None))[0] == 401
    assert charger_ids(good(await send(api, "GET", CHARGERS, key=callers.rival), Page[ChargerShape])) == ["RIV-1"]
    assert len(charger_ids(good(await send(api, "GET", CHARGERS, key=callers.reader), Page[ChargerShape]))) == 5


async def test_a_site_manager_has_the_chargers_of_his_sites_only(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    for query, found in (
        ("", ["CIR-1", "CIR-2", "DEP-1", "GF-1"]),
        ("?siteId=1&includeSubsites=true", ["CIR-1", "CIR-2", "DEP-1", "GF-1"]),
        ("?siteId=6", []),
        ("?search=OFF-1", []),
    ):
        page = good(await send(api, "GET", f"{CHARGERS}{query}", key=manager), Page[ChargerShape])
        assert (sorted(charger_ids(page)), page["totalRecords"]) == (found, len(found))
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        assert refused(await send(api, method, path_of("OFF-1"), body, key=manager)) == (404, "no charger OFF-1")
    hidden = (400, {"siteId": ["no site 6"]})
    assert refused(await send(api, "POST", CHARGERS, NEW | {"siteId": OFFICE.id}, key=manager)) == hidden
    assert refused(await send(api, "PATCH", path_of("DEP-1"), {"siteId": OFFICE.id}, key=manager)) == hidden
    good(await send(api, "POST", CHARGERS, NEW, key=manager), ChargerShape, 201)
    good(await send(api, "PATCH", path_of("NEW-1"), {"siteId": CIRCUIT_A.id}, key=manager), ChargerShape)
    assert (await send(api, "DELETE", path_of("NEW-1"), key=manager)).status_code == 204


@pytest.mark.parametrize(
    ("charger", "needed_by"),
    [
        (CIR_2, "1 access group holds it; remove that first"),
        (OFF_1, "1 access group holds it; remove that first"),
        (GF_1, "1 right is on it; remove that first"),
    ],
)
async def test_a_charger_that_something_needs_is_not_removed(api: Api, charger: Any, needed_by: str) -> None:
    answer = await send(api, "DELETE", path_of(charger.charger_id))
    assert refused(answer) == (409, f"charger {charger.charger_id} cannot be removed: {needed_by}")


async def test_a_charger_that_is_removed_is_gone_with_its_state_and_its_id_is_free(fresh_api: Api) -> None:
    await fresh_api.report(LiveCharger("CIR-1", connected=True, status="Charging"))
    assert good(await send(fresh_api, "GET", path_of("CIR-1")), ChargerShape)["state"] == "Charging"
    assert (await send(fresh_api, "DELETE", path_of("CIR-1"))).status_code == 204
    assert refused(await send(fresh_api, "GET", path_of("CIR-1")))[0] == 404
    assert "CIR-1" not in charger_ids(good(await send(fresh_api, "GET", CHARGERS), Page[ChargerShape]))
    theirs = {"chargerId": "CIR-1", "siteId": RIVAL_GARAGE.id}
    made = good(await send(fresh_api, "POST", CHARGERS, theirs, key=fresh_api.rival.key), ChargerShape, 201)
    assert made["state"] == "Offline"
    assert refused(await send(fresh_api, "POST", CHARGERS, theirs | {"siteId": DEPOT.id}))[0] == 409


async def test_a_new_charger_is_shown_whole_by_every_process_and_found_again(fresh_api: Api) -> None:
    other = fresh_api.beside()
    good(await send(other, "GET", CHARGERS), Page[ChargerShape])
    answer = await send(fresh_api, "POST", CHARGERS, WHOLE | {"chargerId": "N€W 1%"})
    made = good(answer, ChargerShape, 201)
    sockets = [SOCKET | {"status": "Offline"}, {"id": 2, "name": "2", "status": "Offline"}]
    assert made == BARE | WHOLE | {
        "id": made["id"], "chargerId": "N€W 1%", "siteName": "Depot", "sockets": sockets,
        "createdAt": "2026-06-03T09:00:00Z", "updatedAt": "2026-06-03T09:00:00Z",
    }  # fmt: skip
    for process in (fresh_api, other):
        found = await send(process, "GET", answer.headers["location"])
        assert good(found, ChargerShape) == made
        assert found.headers["etag"] == answer.headers["etag"]
        assert charger_ids(good(await send(process, "GET", f"{CHARGERS}?search=w 1%25"), Page[ChargerShape])) == [
            "N€W 1%"
        ]
    await other.close()


async def test_every_member_of_a_charger_can_be_changed_and_every_value_taken_away(fresh_api: Api) -> None:
    bare = good(await send(fresh_api, "POST", CHARGERS, NEW), ChargerShape, 201)
    path = path_of("NEW-1")
    entered = {name: value for name, value in WHOLE.items() if name not in ("chargerId", "sockets")}
    body = entered | {"sockets": WHOLE["sockets"]}
    for each in (body, {}, {"sockets": WHOLE["sockets"]}):
        changed = good(await send(fresh_api, "PATCH", path, each), ChargerShape)
        assert changed.items() >= entered.items()
        assert [each["id"] for each in changed["sockets"]] == [1, 2]
    one = good(await send(fresh_api, "PATCH", path, {"city": "Turku", "sockets": [{"id": 3}]}), ChargerShape)
    assert one.items() >= (entered | {"city": "Turku"}).items()
    assert [each["id"] for each in one["sockets"]] == [3]
    nothing = dict.fromkeys(body.keys() - {"siteId"})
    assert good(await send(fresh_api, "PATCH", path, nothing), ChargerShape) == bare
    assert bare == BARE | NEW | {
        "id": bare["id"], "siteName": "Depot", "createdAt": bare["createdAt"], "updatedAt": bare["updatedAt"],
    }  # fmt: skip


async def test_a_change_is_dated_and_one_that_changes_nothing_is_not(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    api.clock.at = YESTERDAY
    good(await send(api, "POST", CHARGERS, NEW), ChargerShape, 201)
    api.clock.at = TOMORROW
    same = good(await send(api, "PATCH", path_of("NEW-1"), {"name": None}), ChargerShape)
    assert (same["createdAt"], same["updatedAt"]) == ("2026-06-02T09:00:00Z", "2026-06-02T09:00:00Z")
    named = good(await send(api, "PATCH", path_of("NEW-1"), {"name": "Gate"}), ChargerShape)
    assert (named["createdAt"], named["updatedAt"]) == ("2026-06-02T09:00:00Z", "2026-06-04T09:00:00Z")


async def test_a_charger_is_under_the_rights_that_reach_its_site_wherever_it_goes(fresh_api: Api) -> None:
    async def who_may(charger_id: str = "NEW-1") -> list[str]:
        them = ("ALICE", "BOB", "OLIVIA")
        asked = [{"chargerId": charger_id, "idTag": each} for each in them]
        answers = [(await send(fresh_api, "POST", "/v2/access/check", each)).json()["allowed"] for each in asked]
        return [each for each, allowed in zip(them, answers, strict=True) if allowed]

    good(await send(fresh_api, "POST", CHARGERS, NEW), ChargerShape, 201)
    assert await who_may() == ["ALICE", "BOB"]
    moved = good(await send(fresh_api, "PATCH", path_of("NEW-1"), {"siteId": YARD.id}), ChargerShape)
    assert (moved["siteId"], moved["siteName"]) == (YARD.id, "Yard")
    assert await who_may() == ["BOB", "OLIVIA"]


async def test_what_v1_has_added_is_seen_here_and_what_is_added_here_is_taken_there(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    await api.post("/api/charger/add/V1-1/2", {"chargerName": "By v1"})
    assert good(await send(api, "GET", path_of("V1-1")), ChargerShape)["name"] == "By v1"
    good(await send(api, "POST", CHARGERS, NEW), ChargerShape, 201)
    assert (await api.post("/api/charger/add/NEW-1/2", {})).status_code == 400


async def test_a_change_from_an_old_answer_is_refused_but_not_for_its_live_state(fresh_api: Api) -> None:
    path = path_of("CIR-1")
    first = {"if-match": (await send(fresh_api, "GET", path)).headers["etag"]}
    await fresh_api.report(LiveCharger("CIR-1", connected=True, status="Charging"))
    good(await send(fresh_api, "PATCH", path, {"name": "a"}, headers=first), ChargerShape)
    assert refused(await send(fresh_api, "PATCH", path, {"name": "b"}, headers=first))[0] == 412
    assert refused(await send(fresh_api, "DELETE", path, headers=first))[0] == 412
    assert good(await send(fresh_api, "GET", path), ChargerShape)["name"] == "a"


async def test_a_charger_is_added_once_under_one_idempotency_key(fresh_api: Api) -> None:
    key = {"idempotency-key": "k"}
    first = good(await send(fresh_api, "POST", CHARGERS, NEW, headers=key), ChargerShape, 201)
    assert good(await send(fresh_api, "POST", CHARGERS, NEW, headers=key), ChargerShape, 201) == first
    other = NEW | {"chargerId": "NEW-2"}
    assert refused(await send(fresh_api, "POST", CHARGERS, other, headers=key))[0] == 409
    assert refused(await send(fresh_api, "POST", CHARGERS, NEW))[0] == 409
    assert good(await send(fresh_api, "GET", CHARGERS), Page[ChargerShape])["totalRecords"] == 6


async def test_what_a_charger_reports_goes_before_what_was_entered(harbour_api: Api) -> None:
    shown = good(await send(harbour_api, "GET", path_of("HAR-1")), ChargerShape)
    assert shown.items() >= {
        "manufacturer": "Reported maker", "model": "Reported model", "serial": "reported serial",
        "firmware": "1.0", "iccid": "reported iccid", "imsi": "reported imsi", "meterType": "reported type",
        "meterSerialNumber": "reported meter", "evseId": "FRA23E45B*78C", "physicalReference": "Bay 7",
        "state": "Available", "activeConnection": True, "lastSeen": "2026-06-03T09:00:00Z",
        "lastMessage": "MeterValues", "customProperties": {"colour": "red"},
    }.items()  # fmt: skip
    assert shown["configurations"] == [
        {"configName": "HeartbeatInterval", "configValue": "300", "canBeChanged": True},
        {"configName": "NumberOfConnectors", "configValue": "2", "canBeChanged": False},
    ]
    assert [(each["id"], each["status"], each.get("lastUpdated")) for each in shown["sockets"]] == [
        (1, "Charging", "2026-06-03T09:00:00Z"),
        (2, "Booting", None),
        (7, "Error", "2026-06-02T09:00:00Z"),
    ]


async def test_live_state_is_as_v1_has_it(harbour_api: Api) -> None:
    (harbour, *_) = (await harbour_api.get("/api/groups")).json()
    v1 = {each["chargerId"]: each for each in (*harbour["chargers"], *harbour["subgroups"][0]["chargers"])}
    assert v1.keys() == {"HAR-1", "HAR-2", "PIE-1"}
    for charger_id, theirs in v1.items():
        ours = good(await send(harbour_api, "GET", path_of(charger_id)), ChargerShape)
        assert (ours["state"], ours["activeConnection"]) == (theirs["chargerStatus"], theirs["activeConnection"])
        states = [[(each["id"], each["status"]) for each in some["sockets"]] for some in (ours, theirs)]
        assert states[0] == states[1]


async def test_a_charger_without_a_place_of_its_own_is_where_its_site_is(harbour_api: Api) -> None:
    own = good(await send(harbour_api, "GET", path_of("HAR-1")), ChargerShape)
    assert (own["streetAddress"], own["postalCode"], own["city"]) == ("Crane lane", "00160", "Espoo")
    its_sites = good(await send(harbour_api, "GET", path_of("HAR-2")), ChargerShape)
    assert (its_sites["streetAddress"], its_sites["city"], its_sites["latitude"]) == ("Pier road", "Helsinki", 60.1)
    assert "city" not in good(await send(harbour_api, "GET", path_of("SHE-1")), ChargerShape)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["HAR-1", "HAR-2", "PIE-1", "SHE-1"]),
        ("siteId=10", ["HAR-1", "HAR-2"]),
        ("siteId=10&includeSubsites=true", ["HAR-1", "HAR-2", "PIE-1"]),
        ("siteId=99", []),
        ("includeSubsites=true", ["HAR-1", "HAR-2", "PIE-1", "SHE-1"]),
        ("externalSiteId=sites/harbour%201", ["HAR-1", "HAR-2"]),
        ("externalSiteId=sites/harbour%201&includeSubsites=true", ["HAR-1", "HAR-2", "PIE-1"]),
        ("externalSiteId=shed&siteId=10", []),
        ("externalSiteId=nothing", []),
        ("manufacturer=reported%20MAKER", ["HAR-1"]),
        ("manufacturer=entered%20maker", []),
        ("manufacturer=reported", []),
        ("model=Reported%20model&siteId=10", ["HAR-1"]),
        ("search=crane", ["HAR-1"]),
        ("search=har-", ["HAR-1", "HAR-2"]),
        ("search=%20", ["HAR-1", "HAR-2", "PIE-1", "SHE-1"]),
        ("search=REPORTED%20serial", ["HAR-1"]),
        ("search=entered%20serial", ["HAR-1"]),
        ("search=fra23e45b*", ["HAR-1"]),
        ("search=none", []),
        ("limit=2&page=2", ["PIE-1", "SHE-1"]),
        ("sortDescending=true&limit=1", ["SHE-1"]),
        ("sortKey=chargerId&sortDescending=true", ["SHE-1", "PIE-1", "HAR-2", "HAR-1"]),
        ("sortKey=id&limit=1", ["HAR-1"]),
        ("page=9", []),
    ],
)
async def test_chargers_are_found_by_what_is_asked(harbour_api: Api, query: str, found: list[str]) -> None:
    page = good(await send(harbour_api, "GET", f"{CHARGERS}?{query}"), Page[ChargerShape])
    assert sorted(charger_ids(page)) == sorted(found)
    if "sort" in query:
        assert charger_ids(page) == found


async def test_chargers_come_by_name_and_those_without_one_by_their_id(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    assert charger_ids(good(await send(api, "GET", CHARGERS), Page[ChargerShape])) == [
        "CIR-1", "CIR-2", "DEP-1", "GF-1", "OFF-1",
    ]  # fmt: skip
    good(await send(api, "PATCH", path_of("OFF-1"), {"name": "alpha"}), ChargerShape)
    good(await send(api, "PATCH", path_of("CIR-1"), {"name": "Zeta"}), ChargerShape)
    assert charger_ids(good(await send(api, "GET", CHARGERS), Page[ChargerShape])) == [
        "OFF-1", "CIR-2", "DEP-1", "GF-1", "CIR-1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "member"), [("siteId=x", "siteId"), ("includeSubsites=2", "includeSubsites"), ("limit=0", "limit")]
)
async def test_a_filter_that_is_not_of_its_type_is_named(sqlite_api: Api, query: str, member: str) -> None:
    status, errors = refused(await send(sqlite_api, "GET", f"{CHARGERS}?{query}"))
    assert (status, [*errors]) == (400, [member])


async def test_a_list_that_cannot_be_sorted_so_is_refused(sqlite_api: Api) -> None:
    assert refused(await send(sqlite_api, "GET", f"{CHARGERS}?sortKey=model")) == (
        400, {"sortKey": ['"model" is not a valid value; use one of name, chargerId, id']},
    )  # fmt: skip


def test_a_charger_has_every_member_that_it_has_in_a_network_file() -> None:
    """But for its block, which has commands of its own."""
    renamed = {
        "chargerModel": "model",
        "postalNumber": "postalCode",
        "serialNumber": "serial",
        "firmwareVersion": "firmware",
    }
    in_a_file = {*members_of(ChargerEntry), *members_of(LocationEntry)} - {"locationInfo", "blockedUntil"}
    expected = {renamed.get(name, name) for name in in_a_file}
    assert {*ChargerMembers.model_json_schema()["properties"], "chargerId"} == expected == WHOLE.keys()
    assert ChargerShape.model_json_schema()["properties"].keys() >= expected
    assert SocketDraft.model_json_schema()["properties"].keys() == members_of(SocketEntry).keys() == SOCKET.keys()
    assert SocketShape.model_json_schema()["properties"].keys() >= SOCKET.keys()


async def test_the_names_of_the_network_file_are_read_too(fresh_sqlite_api: Api) -> None:
    body = NEW | {"serialNumber": "S-9", "firmwareVersion": "2.0"}
    made = good(await send(fresh_sqlite_api, "POST", CHARGERS, body), ChargerShape, 201)
    assert (made["serial"], made["firmware"]) == ("S-9", "2.0")
    both = {"serial": "S-1", "serialNumber": "S-2"}
    status, errors = refused(await send(fresh_sqlite_api, "PATCH", path_of("NEW-1"), both))
    assert (status, [*errors]) == (400, ["serialNumber"])
