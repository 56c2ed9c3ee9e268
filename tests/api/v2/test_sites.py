"""/v2/sites as its callers ask it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from chargerights.api.v2.shapes import Page
from chargerights.api.v2.sites import SiteMembers, SiteShape
from chargerights.files.network_file.schema import SiteEntry, members_of
from chargerights.rights.identifiers import MAX_SITE_DEPTH
from chargerights.rights.permissions import Permission
from chargerights.storage import revisions
from chargerights.storage.changes import sites as changes
from tests.api.client import Api
from tests.api.v2.asking import NOT_A_MEMBER, good, ids, names, refused, send
from tests.api.v2.callers import callers_of, new_operator
from tests.storage.writing import OCCASION
from tests.support.world import ALICE, CIRCUIT_A, COMPANY, DEPOT, GROUND_FLOOR, OFFICE, RIVAL_GARAGE, YARD

SITES = "/v2/sites"
NEW = {"name": "Roof", "parentSiteId": DEPOT.id}
WHOLE = NEW | {
    "groupType": "SUB_SITE", "publicName": "Roof charging", "externalId": "roof/1", "timezone": "Europe/Paris",
    "isPublicSite": False, "freeToUse": True,
    "payerId": -7, "costId": "C-7", "costName": "Roofs", "paymentRecipientId": 8,
    "latitude": 60, "longitude": 24.5, "streetAddress": "Depot road", "streetNumber": "1", "houseLetter": "B",
    "postalCode": "00100", "city": "Helsinki", "area": "Uusimaa", "country": "FI",
}  # fmt: skip
"""Every member."""
COUNTS = {"numberOfChargers": 0, "totalNumberOfChargers": 0, "numberOfSubsites": 0, "totalNumberOfSubsites": 0}
NO_SUCH_SITE = [404, 0, -1, RIVAL_GARAGE.id]

WRONG: dict[str, tuple[Any, dict[str, list[str]]]] = {
    "no name": ({}, {"name": ["is missing"]}),
    "a name of null": ({"name": None}, {"name": ["must be a text, not null"]}),
    "an empty name": ({"name": " "}, {"name": ["it is empty"]}),
    "a name with a line break": ({"name": "a\nb"}, {"name": ["it contains a character that cannot be shown: 'a\\nb'"]}),
    "a name that is too long": ({"name": "x" * 501}, {"name": ["it has 501 characters: use at most 500"]}),
    "a name that is no text": ({"name": 7}, {"name": ["must be a text, not 7"]}),
    "a text that is too long": (NEW | {"city": "x" * 501}, {"city": ["it has 501 characters: use at most 500"]}),
    "an unknown member": (NEW | {"colour": "red"}, {"colour": [NOT_A_MEMBER]}),
    "its id": (NEW | {"id": 7}, {"id": [NOT_A_MEMBER]}),
    "a count": (NEW | {"numberOfChargers": 7}, {"numberOfChargers": [NOT_A_MEMBER]}),
    "a member in another spelling": (NEW | {"public_name": "x"}, {"public_name": [NOT_A_MEMBER]}),
    "a parent that is not there": (NEW | {"parentSiteId": 404}, {"parentSiteId": ["no site 404"]}),
    "another customer's parent": (NEW | {"parentSiteId": 90}, {"parentSiteId": ["no site 90"]}),
    "a parent as text": (NEW | {"parentSiteId": "2"}, {"parentSiteId": ['must be a whole number, not "2"']}),
    "a parent beyond 64 bits": (
        NEW | {"parentSiteId": 2**63},
        {"parentSiteId": ["must be 9223372036854775807 or less, not 9223372036854775808"]}),
    "an unknown time zone": (NEW | {"timezone": "Europe/Atlantis"},
        {"timezone": ["'Europe/Atlantis' is not a valid time zone: use an IANA name such as Europe/Amsterdam or UTC"]}),
    "a time zone of another's folder": (NEW | {"timezone": "../../etc/passwd"},
        {"timezone": [
            "'../../etc/passwd' is not a valid time zone: use an IANA name such as Europe/Amsterdam or UTC"
        ]}),
    "a latitude beyond the pole": (NEW | {"latitude": 90.1},
        {"latitude": ["must be 90.0 or less, not 90.1"]}),
    "a longitude as text": (NEW | {"longitude": "24"}, {"longitude": ['must be a number, not "24"']}),
    "a switch as number": (NEW | {"isPublicSite": 1}, {"isPublicSite": ["must be true or false, not 1"]}),
    "a number in the type's place": (NEW | {"groupType": 1},
        {"groupType": ["1 is not a valid value; use one of SUB_CPO, SITE, SUB_SITE, CIRCUIT, OTHER"]}),
    "two at once": ({"name": "", "city": 7}, {"name": ["it is empty"], "city": ["must be a text, not 7"]}),
    "a list": ([], {"body": ["must be an object, not a list"]}),
}  # fmt: skip


@pytest.mark.parametrize(("body", "errors"), WRONG.values(), ids=WRONG)
async def test_a_site_that_cannot_be_is_refused_by_its_members(sqlite_api: Api, body: Any, errors: Any) -> None:
    assert refused(await send(sqlite_api, "POST", SITES, body)) == (400, errors)
    assert good(await send(sqlite_api, "GET", SITES), Page[SiteShape])["totalRecords"] == 6


@pytest.mark.parametrize("site_id", NO_SUCH_SITE)
async def test_a_site_that_there_is_not_is_a_404_for_every_request(sqlite_api: Api, site_id: int) -> None:
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        assert refused(await send(sqlite_api, method, f"{SITES}/{site_id}", body)) == (404, f"no site {site_id}")


@pytest.mark.parametrize("site_id", ["two", "2.5", "%00", "external"])
async def test_a_site_that_is_no_number_is_refused(sqlite_api: Api, site_id: str) -> None:
    for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
        status, errors = refused(await send(sqlite_api, method, f"{SITES}/{site_id}", body))
        assert (status, [*errors]) == (400, ["siteId"])


async def test_who_may_not_write_writes_nothing(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    callers = await callers_of(api)
    for method, path, body in (
        ("POST", SITES, NEW),
        ("PATCH", f"{SITES}/{OFFICE.id}", {"name": "X"}),
        ("DELETE", f"{SITES}/{OFFICE.id}", None),
    ):
        for key, status in ((callers.reader, 403), (callers.idle, 403), (None, 401)):
            assert refused(await send(api, method, path, body, key=key))[0] == status
    assert refused(await send(api, "PATCH", f"{SITES}/{OFFICE.id}", {"name": "X"}, key=callers.rival))[0] == 404
    assert refused(await send(api, "POST", SITES, NEW, key=callers.rival)) == (400, {"parentSiteId": ["no site 2"]})
    assert names(good(await send(api, "GET", SITES), Page[SiteShape])) == [
        "Circuit A", "Company", "Depot", "Ground floor", "Office", "Yard",
    ]  # fmt: skip


async def test_who_may_not_read_reads_nothing(fresh_sqlite_api: Api) -> None:
    callers = await callers_of(fresh_sqlite_api)
    for path in (SITES, f"{SITES}/{DEPOT.id}", f"{SITES}/external/x"):
        assert refused(await send(fresh_sqlite_api, "GET", path, key=callers.idle))[0] == 403
        assert refused(await send(fresh_sqlite_api, "GET", path, key=None))[0] == 401
    assert names(good(await send(fresh_sqlite_api, "GET", SITES, key=callers.rival), Page[SiteShape])) == [
        "Rival garage"
    ]
    assert len(names(good(await send(fresh_sqlite_api, "GET", SITES, key=callers.reader), Page[SiteShape]))) == 6


async def test_a_site_manager_sees_his_sites_and_nothing_above_or_beside(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    page = good(await send(api, "GET", f"{SITES}?sortKey=id", key=manager), Page[SiteShape])
    depot, floor, circuit = page["items"]
    assert ids(page) == [DEPOT.id, GROUND_FLOOR.id, CIRCUIT_A.id]
    assert "parentSiteId" not in depot
    assert "parentName" not in depot
    assert depot["sitePath"] == [{"siteId": 2, "siteName": "Depot"}]
    assert (floor["parentSiteId"], floor["parentName"]) == (2, "Depot")
    assert [each["siteId"] for each in circuit["sitePath"]] == [2, 3, 4]
    assert ids(good(await send(api, "GET", f"{SITES}?showOnlyRootSites=true", key=manager), Page[SiteShape])) == [2]
    assert ids(good(await send(api, "GET", f"{SITES}?siteIds=1,3,5", key=manager), Page[SiteShape])) == [3]
    assert ids(good(await send(api, "GET", f"{SITES}?parentSiteId=1", key=manager), Page[SiteShape])) == []
    for hidden in (COMPANY, YARD, OFFICE):
        for method, body in (("GET", None), ("PATCH", {"name": "X"}), ("DELETE", None)):
            answer = await send(api, method, f"{SITES}/{hidden.id}", body, key=manager)
            assert refused(answer) == (404, f"no site {hidden.id}")


async def test_a_site_manager_adds_moves_and_removes_sites_below_his_own_only(fresh_sqlite_api: Api) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    not_seen = {"parentSiteId": ["name one of your sites: you would not see a site at the top"]}
    assert refused(await send(api, "POST", SITES, {"name": "Top"}, key=manager)) == (400, not_seen)
    assert refused(await send(api, "POST", SITES, NEW | {"parentSiteId": COMPANY.id}, key=manager)) == (
        400, {"parentSiteId": ["no site 1"]},
    )  # fmt: skip
    roof = good(await send(api, "POST", SITES, NEW, key=manager), SiteShape, 201)["id"]
    for away, errors in ((None, not_seen), (YARD.id, {"parentSiteId": ["no site 5"]})):
        assert refused(await send(api, "PATCH", f"{SITES}/{roof}", {"parentSiteId": away}, key=manager)) == (
            400,
            errors,
        )
    moved = good(await send(api, "PATCH", f"{SITES}/{roof}", {"parentSiteId": CIRCUIT_A.id}, key=manager), SiteShape)
    assert moved["parentName"] == "Circuit A"
    assert (await send(api, "DELETE", f"{SITES}/{roof}", key=manager)).status_code == 204


async def test_a_site_manager_changes_the_topmost_of_his_sites_but_does_not_move_or_remove_it(
    fresh_sqlite_api: Api,
) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    path = f"{SITES}/{DEPOT.id}"
    for method, body in (
        ("PATCH", {"parentSiteId": None}),
        ("PATCH", {"parentSiteId": YARD.id}),
        ("PATCH", {"parentSiteId": GROUND_FLOOR.id}),
        ("DELETE", None),
    ):
        assert refused(await send(api, method, path, body, key=manager)) == (
            403,
            "site 2 is at the top of what you see: someone who sees more can move or remove it",
        )
    assert good(await send(api, "PATCH", path, {"name": "Depot 1"}, key=manager), SiteShape)["name"] == "Depot 1"
    assert good(await send(api, "GET", path), SiteShape)["parentSiteId"] == COMPANY.id


async def test_a_site_that_lies_below_another_of_the_managers_sites_is_no_top_of_his(fresh_sqlite_api: Api) -> None:
    key = await new_operator(fresh_sqlite_api, {Permission.WRITE_SITES}, [DEPOT.id, CIRCUIT_A.id])
    good(await send(fresh_sqlite_api, "PATCH", f"{SITES}/{CIRCUIT_A.id}", {"parentSiteId": 2}, key=key), SiteShape)


@pytest.mark.parametrize("below", [DEPOT, GROUND_FLOOR, CIRCUIT_A])
async def test_a_site_does_not_come_to_lie_below_itself(api: Api, below: Any) -> None:
    status, errors = refused(await send(api, "PATCH", f"{SITES}/{DEPOT.id}", {"parentSiteId": below.id}))
    assert (status, errors) == (
        409, {"parentSiteId": [f"site 2 cannot lie below site {below.id}: choose a parent that is not below it"]},
    )  # fmt: skip


async def test_sites_lie_only_so_deep(fresh_sqlite_api: Api) -> None:
    parent = CIRCUIT_A.id
    for _ in range(MAX_SITE_DEPTH - 4):
        body = {"name": "Deeper", "parentSiteId": parent}
        parent = good(await send(fresh_sqlite_api, "POST", SITES, body), SiteShape, 201)["id"]
    body = {"name": "Too deep", "parentSiteId": parent}
    status, errors = refused(await send(fresh_sqlite_api, "POST", SITES, body))
    assert (status, [*errors]) == (409, ["parentSiteId"])
    body = {"parentSiteId": OFFICE.id}
    good(await send(fresh_sqlite_api, "PATCH", f"{SITES}/{COMPANY.id}", {"name": "Same place"}), SiteShape)
    status, errors = refused(await send(fresh_sqlite_api, "PATCH", f"{SITES}/{COMPANY.id}", body))
    assert (status, [*errors]) == (409, ["parentSiteId"])


@pytest.mark.parametrize(
    ("site", "needed_by"),
    [(COMPANY, "2 subsites"), (CIRCUIT_A, "2 chargers"), (OFFICE, "1 charger"), (YARD, "1 right on it")],
)
async def test_a_site_that_something_needs_is_not_removed(api: Api, site: Any, needed_by: str) -> None:
    status, detail = refused(await send(api, "DELETE", f"{SITES}/{site.id}"))
    assert status == 409
    assert detail.startswith(f"site {site.id} cannot be removed: it has {needed_by}; ")


async def test_a_site_with_drivers_at_home_is_not_removed_before_they_are_gone(fresh_sqlite_api: Api) -> None:
    site = good(await send(fresh_sqlite_api, "POST", SITES, NEW), SiteShape, 201)["id"]
    driver = f"/v2/drivers/{ALICE.id}"
    await send(fresh_sqlite_api, "PATCH", driver, {"homeSiteId": site})
    status, detail = refused(await send(fresh_sqlite_api, "DELETE", f"{SITES}/{site}"))
    assert (status, detail) == (
        409, f"site {site} cannot be removed: it has 1 driver at home there; move or remove that first",
    )  # fmt: skip
    await send(fresh_sqlite_api, "PATCH", driver, {"homeSiteId": None})
    assert (await send(fresh_sqlite_api, "DELETE", f"{SITES}/{site}")).status_code == 204


async def test_a_new_site_is_shown_whole_by_every_process_and_found_again(fresh_api: Api) -> None:
    other = fresh_api.beside()
    good(await send(other, "GET", SITES), Page[SiteShape])
    answer = await send(fresh_api, "POST", SITES, WHOLE)
    made = good(answer, SiteShape, 201)
    path = [{"siteId": 1, "siteName": "Company"}, {"siteId": 2, "siteName": "Depot"}]
    path.append({"siteId": made["id"], "siteName": "Roof"})
    assert made == WHOLE | COUNTS | {"id": made["id"], "parentName": "Depot", "sitePath": path}
    assert answer.headers["location"] == f"{SITES}/{made['id']}"
    for process in (fresh_api, other):
        found = await send(process, "GET", f"{SITES}/{made['id']}")
        assert good(found, SiteShape) == made
        assert found.headers["etag"] == answer.headers["etag"]
        assert good(await send(process, "GET", f"{SITES}/external/roof/1"), SiteShape) == made
    await other.close()


async def test_a_site_without_parent_is_at_the_top_and_of_the_type_that_v1_gives(fresh_sqlite_api: Api) -> None:
    made = good(await send(fresh_sqlite_api, "POST", SITES, {"name": " Roof "}), SiteShape, 201)
    assert made == COUNTS | {
        "id": made["id"], "name": "Roof", "groupType": "SUB_CPO",
        "sitePath": [{"siteId": made["id"], "siteName": "Roof"}],
    }  # fmt: skip


async def test_every_member_of_a_site_can_be_changed_and_every_value_but_the_name_taken_away(fresh_api: Api) -> None:
    site = good(await send(fresh_api, "POST", SITES, {"name": "Roof"}), SiteShape, 201)
    path = f"{SITES}/{site['id']}"
    assert good(await send(fresh_api, "PATCH", path, WHOLE), SiteShape).items() >= WHOLE.items()
    assert good(await send(fresh_api, "PATCH", path, {}), SiteShape).items() >= WHOLE.items()
    one = good(await send(fresh_api, "PATCH", path, {"city": "Turku"}), SiteShape)
    assert one.items() >= (WHOLE | {"city": "Turku"}).items()
    bare = dict.fromkeys(WHOLE.keys() - {"name"})
    assert good(await send(fresh_api, "PATCH", path, bare), SiteShape) == site
    assert refused(await send(fresh_api, "PATCH", path, {"name": None})) == (
        400, {"name": ["must be a text, not null"]},
    )  # fmt: skip


async def test_a_site_that_moves_takes_what_is_below_it_under_the_rights_that_reach_there(fresh_api: Api) -> None:
    async def may_bob() -> bool:
        question = {"chargerId": "CIR-1", "idTag": "BOB"}
        return bool((await send(fresh_api, "POST", "/v2/access/check", question)).json()["allowed"])

    assert await may_bob()
    path = f"{SITES}/{GROUND_FLOOR.id}"
    moved = good(await send(fresh_api, "PATCH", path, {"parentSiteId": OFFICE.id}), SiteShape)
    assert [each["siteId"] for each in moved["sitePath"]] == [OFFICE.id, GROUND_FLOOR.id]
    assert not await may_bob()
    good(await send(fresh_api, "PATCH", path, {"parentSiteId": YARD.id}), SiteShape)
    assert await may_bob()


async def test_chargers_and_subsites_are_counted_at_the_site_and_with_all_below(fresh_sqlite_api: Api) -> None:
    async def counts() -> dict[int, tuple[int, ...]]:
        items = good(await send(fresh_sqlite_api, "GET", SITES), Page[SiteShape])["items"]
        return {each["id"]: tuple(each[name] for name in COUNTS) for each in items}

    before = await counts()
    assert before == {1: (0, 4, 2, 4), 2: (1, 4, 1, 2), 3: (1, 3, 1, 1), 4: (2, 2, 0, 0), 5: (0,) * 4, 6: (1, 1, 0, 0)}
    await send(fresh_sqlite_api, "PATCH", f"{SITES}/{GROUND_FLOOR.id}", {"parentSiteId": YARD.id})
    assert await counts() == before | {1: (0, 4, 2, 4), 2: (1, 1, 0, 0), 5: (0, 3, 1, 2)}


async def test_a_change_from_an_old_answer_is_refused(fresh_api: Api) -> None:
    path = f"{SITES}/{YARD.id}"
    first = {"if-match": (await send(fresh_api, "GET", path)).headers["etag"]}
    answer = await send(fresh_api, "PATCH", path, {"name": "Yard 1"}, headers=first)
    good(answer, SiteShape)
    assert refused(await send(fresh_api, "PATCH", path, {"name": "Yard 2"}, headers=first))[0] == 412
    assert refused(await send(fresh_api, "DELETE", path, headers=first))[0] == 412
    assert good(await send(fresh_api, "GET", path), SiteShape)["name"] == "Yard 1"
    second = {"if-match": answer.headers["etag"]}
    good(await send(fresh_api, "PATCH", path, {"name": "Yard 2"}, headers=second), SiteShape)


def remove_before_the_next_change(api: Api, monkeypatch: pytest.MonkeyPatch, site_id: int) -> None:
    """Somebody else removes the site after a request has seen it and before it writes."""
    write = api.database.write

    async def late(*work: Any) -> Any:
        await api.change(revisions.make, api.us.id, OCCASION, changes.remove, site_id)
        return await write(*work)

    monkeypatch.setattr(api.database, "write", late)


@pytest.mark.parametrize(("method", "path"), [("POST", SITES), ("PATCH", f"{SITES}/{OFFICE.id}")])
async def test_a_parent_that_goes_while_the_request_is_under_way_is_named(
    fresh_api: Api, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    parent = good(await send(fresh_api, "POST", SITES, {"name": "Roof"}), SiteShape, 201)["id"]
    remove_before_the_next_change(fresh_api, monkeypatch, parent)
    answer = await send(fresh_api, method, path, {"name": "Below", "parentSiteId": parent})
    assert refused(answer) == (400, {"parentSiteId": [f"no site {parent}"]})


async def test_a_site_that_goes_while_the_request_is_under_way_is_a_404(
    fresh_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = good(await send(fresh_api, "POST", SITES, {"name": "Roof"}), SiteShape, 201)["id"]
    remove_before_the_next_change(fresh_api, monkeypatch, site)
    answer = await send(fresh_api, "PATCH", f"{SITES}/{site}", {"parentSiteId": OFFICE.id})
    assert refused(answer) == (404, f"no site {site}")


async def test_a_site_is_added_once_under_one_idempotency_key(fresh_api: Api) -> None:
    key = {"idempotency-key": "k"}
    first = good(await send(fresh_api, "POST", SITES, NEW, headers=key), SiteShape, 201)
    assert good(await send(fresh_api, "POST", SITES, NEW, headers=key), SiteShape, 201) == first
    assert refused(await send(fresh_api, "POST", SITES, NEW | {"name": "Other"}, headers=key))[0] == 409
    assert good(await send(fresh_api, "GET", SITES), Page[SiteShape])["totalRecords"] == 7


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [10, 11, 12, 13]),
        ("country=fi", [10]),
        ("country=SE", []),
        ("city=%20HELSINKI%20", [10]),
        ("city=hel", []),
        ("costId=C-10", [10]),
        ("costId=c-10", []),
        ("externalId=shed", [12]),
        ("externalId=SHED", []),
        ("search=HARBOUR%20C", [10]),
        ("search=pier", [11]),
        ("search=%20", [10, 11, 12, 13]),
        ("search=sites/", [10]),
        ("search=nowhere", []),
        ("showOnlyRootSites=true", [10, 12, 13]),
        ("parentSiteId=10", [11]),
        ("parentSiteId=99", []),
        ("siteIds=13,11,11,99", [11, 13]),
        ("siteIds=13&siteIds=11,12", [11, 12, 13]),
        ("siteIds=13,11&search=yard", [13]),
        ("sortDescending=true&limit=1", [13]),
        ("sortKey=id&sortDescending=true", [13, 12, 11, 10]),
        ("limit=1&page=2", [11]),
        ("limit=3&page=2", [13]),
        ("page=9", []),
    ],
)
async def test_sites_are_found_by_what_is_asked(harbour_api: Api, query: str, found: list[int]) -> None:
    assert ids(good(await send(harbour_api, "GET", f"{SITES}?{query}"), Page[SiteShape])) == found


@pytest.mark.parametrize(
    ("query", "member"),
    [("siteIds=1,x", "siteIds.1"), ("siteIds=", "siteIds.0"), ("parentSiteId=x", "parentSiteId"),
     ("showOnlyRootSites=maybe", "showOnlyRootSites"), ("limit=101", "limit"), ("page=0", "page")],
)  # fmt: skip
async def test_a_filter_that_is_not_of_its_type_is_named(sqlite_api: Api, query: str, member: str) -> None:
    status, errors = refused(await send(sqlite_api, "GET", f"{SITES}?{query}"))
    assert (status, [*errors]) == (400, [member])


async def test_a_list_that_cannot_be_sorted_so_is_refused(sqlite_api: Api) -> None:
    assert refused(await send(sqlite_api, "GET", f"{SITES}?sortKey=city"))[0] == 400


async def test_the_pages_of_a_list_hold_every_site_once(harbour_api: Api) -> None:
    pages = [good(await send(harbour_api, "GET", f"{SITES}?limit=3&page={page}"), Page[SiteShape]) for page in (1, 2)]
    assert [each for page in pages for each in ids(page)] == [10, 11, 12, 13]
    assert [(page["hasPreviousPage"], page["hasNextPage"], page["totalRecords"]) for page in pages] == [
        (False, True, 4), (True, False, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("external_id", ["nothing", "SHED", "shed/"])
async def test_an_external_id_that_no_site_has_is_a_404(harbour_api: Api, external_id: str) -> None:
    answer = await send(harbour_api, "GET", f"{SITES}/external/{external_id}")
    assert refused(answer) == (404, f"no site {external_id}")


async def test_of_several_sites_with_one_external_id_the_first_that_the_caller_sees_is_shown(
    fresh_sqlite_api: Api,
) -> None:
    api = fresh_sqlite_api
    manager = (await callers_of(api)).manager
    for site in (COMPANY, DEPOT, CIRCUIT_A):
        await send(api, "PATCH", f"{SITES}/{site.id}", {"externalId": "authorized-drivers"})
    path = f"{SITES}/external/authorized-drivers"
    assert good(await send(api, "GET", path), SiteShape)["id"] == COMPANY.id
    assert good(await send(api, "GET", path, key=manager), SiteShape)["id"] == DEPOT.id
    await send(api, "PATCH", f"{SITES}/{DEPOT.id}", {"externalId": None})
    assert good(await send(api, "GET", path, key=manager), SiteShape)["id"] == CIRCUIT_A.id


async def test_a_whole_path_leads_from_the_top_down_to_the_site(harbour_api: Api) -> None:
    for site in good(await send(harbour_api, "GET", SITES), Page[SiteShape])["items"]:
        steps = [each["siteId"] for each in site["sitePath"]]
        assert steps[-1] == site["id"]
        for above, below in pairwise(steps):
            assert good(await send(harbour_api, "GET", f"{SITES}/{below}"), SiteShape)["parentSiteId"] == above


def test_a_site_has_every_member_that_it_has_in_a_network_file() -> None:
    renamed = {"parentId": "parentSiteId", "type": "groupType"}
    in_a_file = {renamed.get(name, name) for name in members_of(SiteEntry)} - {"id"}
    assert SiteMembers.model_json_schema()["properties"].keys() == in_a_file == WHOLE.keys()
    assert SiteShape.model_json_schema()["properties"].keys() >= in_a_file
