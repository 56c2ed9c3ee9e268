"""GET /v2/audit-logs: who changed what, newest first, in a sentence and in full."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from chargerights.rights.model import Place, PlaceKind
from chargerights.rights.permissions import Permission
from chargerights.storage import schema
from chargerights.storage.audit import CHANGES_SHOWN
from chargerights.storage.changes import rights, sites
from chargerights.storage.charging_settings import set_one_session_per_tag
from chargerights.storage.journal import Actor
from chargerights.storage.revisions import revise
from tests.api.client import Api
from tests.api.v2.people import items, person, refused
from tests.support.world import ALICE, BOB, DEPOT, FACTS, NOW

LOG = "/v2/audit-logs"
STAMP = NOW.isoformat().replace("+00:00", "Z")
COMMANDS_SO_FAR = ["network.load", "key.add"]
"""Of our world, newest first."""


async def commands(api: Api, query: str = "", **more: Any) -> list[str]:
    return [each["command"] for each in items(await api.get(f"{LOG}?{query}", **more))]


async def sentence(api: Api) -> str:
    """Of the newest entry."""
    return str(items(await api.get(f"{LOG}?limit=1"))[0]["commandDetails"])


async def do(api: Api, action: str, work: Any, *args: Any, actor: Actor = Actor("cli"), **more: Any) -> Any:  # noqa: B008
    """A command that has no request here, as its own door would do it."""

    def write(connection: Any) -> Any:
        with revise(connection, api.us.id, at=api.clock.at, actor=actor, action=action) as revision:
            return work(revision, *args, **more)

    return await api.change(write)


async def test_an_entry_tells_who_did_what_and_what_was_before_and_after(fresh_api: Api) -> None:
    me = (await fresh_api.get("/v2/operators/me")).json()
    await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json={"companyId": 7})
    (entry,) = items(await fresh_api.get(f"{LOG}?limit=1"))
    (change,) = entry.pop("changes")
    assert entry == {
        "command": "driver.change", "commandDetails": "changed companyId of driver Alice (1)", "operatorId": me["id"],
        "isApiCall": True, "timestamp": STAMP, "successful": True, "revision": 3, "actor": f"key {me['apiKey']['id']}",
        "changesCount": 1,
    }  # fmt: skip
    before, after = change.pop("before"), change.pop("after")
    assert change == {"kind": "driver", "id": "1"}
    assert (before.get("companyId"), after.pop("companyId")) == (None, 7)
    assert before == after
    assert (before["name"], before["homeSiteId"], before["tags"][0]["idTag"]) == ("Alice", DEPOT.id, "ALICE")
    assert before["rights"] == [{"id": ALICE.rights[0].id, "siteId": DEPOT.id}]


async def test_newest_come_first_and_a_bulk_load_has_no_changes(fresh_api: Api) -> None:
    await fresh_api.post("/v2/drivers", {"name": "Zoe"})
    assert await commands(fresh_api) == ["driver.add", *COMMANDS_SO_FAR]
    load = items(await fresh_api.get(LOG))[1]
    assert (load["changes"], load["changesCount"], load["isApiCall"]) == ([], 0, False)
    assert load["commandDetails"] == "changed many things at once"
    assert "operatorId" not in load


async def test_what_was_refused_is_not_in_the_log(fresh_api: Api) -> None:
    assert (await fresh_api.post("/v2/tags", {"driverId": 1, "idTag": "bob"})).status_code == 409
    assert await commands(fresh_api) == COMMANDS_SO_FAR


async def test_entries_are_filtered_by_command_operator_door_and_time(fresh_api: Api) -> None:
    desk = await person(fresh_api, Permission.WRITE_DRIVERS)
    fresh_api.clock.at = NOW + timedelta(minutes=1)
    await fresh_api.post("/v2/drivers", {"name": "One"}, key=desk.key)
    fresh_api.clock.at = NOW + timedelta(minutes=2)
    two = (await fresh_api.post("/v2/drivers", {"name": "Two"})).json()["id"]
    await fresh_api.ask("DELETE", f"/v2/drivers/{two}")
    assert await commands(fresh_api, "command=driver.remove") == ["driver.remove"]
    assert await commands(fresh_api, f"operatorId={desk.id}") == ["driver.add"]
    assert await commands(fresh_api, "operatorId=99") == []
    assert await commands(fresh_api, "isApiCall=true") == ["driver.remove", "driver.add", "driver.add"]
    assert await commands(fresh_api, "isApiCall=false") == ["key.add", "operator.add", *COMMANDS_SO_FAR]
    minute = "startDate=2026-06-03T09:01:00Z&endDate=2026-06-03T09:02:00Z"
    assert await commands(fresh_api, minute) == ["driver.add"]
    assert await commands(fresh_api, "startDate=2026-06-03T12:02:00%2B03:00") == ["driver.remove", "driver.add"]
    assert await commands(fresh_api, "endDate=2026-06-03T09:00:00Z") == []
    assert await commands(fresh_api, f"{minute}&command=driver.add&operatorId={desk.id}&isApiCall=true") == [
        "driver.add"
    ]
    assert await commands(fresh_api, f"{minute}&command=driver.remove") == []


async def test_all_that_happened_to_one_driver_is_found(fresh_api: Api) -> None:
    await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json={"companyId": 7})
    await fresh_api.ask("PATCH", f"/v2/drivers/{BOB.id}", json={"companyId": 7})
    depot = Place(PlaceKind.SITE, DEPOT.id)
    await do(fresh_api, "right.revoke", rights.revoke_all, [each.id for each in FACTS.drivers], [depot])
    tag = await fresh_api.post("/v2/tags", {"driverId": ALICE.id, "idTag": "SPARE"})
    await fresh_api.ask("DELETE", f"/v2/drivers/{ALICE.id}")
    found = items(await fresh_api.get(f"{LOG}?kind=driver&entityId={ALICE.id}"))
    assert [each["command"] for each in found] == ["driver.remove", "tag.add", "right.revoke", "driver.change"]
    assert {change["id"] for each in found for change in each["changes"]} == {str(ALICE.id)}
    assert [each["changesCount"] for each in found] == [1, 1, 8, 1]
    assert tag.status_code == 201
    assert await commands(fresh_api, "kind=driver&entityId=99") == []
    assert await commands(fresh_api, "kind=site") == []
    assert len(await commands(fresh_api, "kind=driver")) == 5
    assert await commands(fresh_api, "kind=driver&command=tag.add") == ["tag.add"]


async def test_an_id_without_its_kind_names_nothing(api: Api) -> None:
    told = refused(await api.get(f"{LOG}?entityId=1"))
    assert told == (400, "kind: is missing: entityId needs it, as in kind=driver")


async def test_of_a_command_that_changed_many_things_the_first_are_shown(fresh_api: Api) -> None:
    everybody = [each.id for each in FACTS.drivers]
    many = CHANGES_SHOWN * 2
    names = [f"Extra {number}" for number in range(many - len(everybody))]
    everybody += [(await fresh_api.post("/v2/drivers", {"name": name})).json()["id"] for name in names]
    yard = Place(PlaceKind.SITE, DEPOT.id)
    await do(fresh_api, "right.revoke", rights.revoke_all, everybody, [yard])
    await do(fresh_api, "right.grant", rights.grant_all, everybody, [yard])
    (entry,) = items(await fresh_api.get(f"{LOG}?limit=1"))
    assert (entry["changesCount"], len(entry["changes"])) == (many, CHANGES_SHOWN)
    assert entry["commandDetails"].endswith(f", and made {many - 1} more changes")
    (mine,) = items(await fresh_api.get(f"{LOG}?command=right.grant&kind=driver&entityId={everybody[-1]}"))
    assert [each["id"] for each in mine["changes"]] == [str(everybody[-1])]


async def test_what_was_asked_for_is_shown_also_where_it_is_not_among_the_first(fresh_api: Api) -> None:
    desk = await person(fresh_api)
    for number in range(CHANGES_SHOWN + 1):
        await fresh_api.post("/v2/api-keys", {"name": f"Key {number}", "operatorId": desk.id})
    await fresh_api.ask("DELETE", f"/v2/operators/{desk.id}")
    (entry,) = items(await fresh_api.get(f"{LOG}?kind=operator&command=operator.remove"))
    assert entry["commandDetails"].startswith(f"disabled operator Person ({desk.id}), and made ")
    assert [each["kind"] for each in entry["changes"]] == ["operator"]


async def test_entries_are_paged_and_counted(fresh_api: Api) -> None:
    for number in range(5):
        await fresh_api.post("/v2/drivers", {"name": f"Driver {number}"})

    async def page(query: str) -> tuple[object, ...]:
        found = (await fresh_api.get(f"{LOG}?{query}")).json()
        names = [each["changes"][0]["after"]["name"] for each in found["items"] if each["changes"]]
        return names, found["totalRecords"], found["hasPreviousPage"], found["hasNextPage"]

    assert await page("limit=2") == (["Driver 4", "Driver 3"], 7, False, True)
    assert await page("limit=2&command=driver.add&page=2") == (["Driver 2", "Driver 1"], 5, True, True)
    assert await page("limit=2&command=driver.add&page=3") == (["Driver 0"], 5, True, False)
    assert await page("limit=2&kind=driver&page=3") == (["Driver 0"], 5, True, False)
    assert await page("limit=2&command=driver.add&page=9") == ([], 5, True, False)
    assert await page("limit=2&page=2147483648") == ([], 7, True, False)


async def test_of_an_erased_driver_the_log_tells_a_pseudonym(fresh_api: Api) -> None:
    await fresh_api.post("/v2/tags", {"driverId": ALICE.id, "idTag": "SPARE"})
    await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json={"companyId": 7, "externalId": "P-1"})
    await fresh_api.ask("PATCH", f"/v2/drivers/{ALICE.id}", json={"name": "Alicia"})
    personal = schema.journal_personal
    await fresh_api.change(lambda connection: connection.execute(delete(personal)))
    response = await fresh_api.get(f"{LOG}?kind=driver&entityId={ALICE.id}")
    for name in ("Alic", "ALICE", "SPARE", "P-1"):
        assert name not in response.text
    renamed, changed, tagged = items(response)
    assert renamed["commandDetails"] == "changed driver 1"
    assert changed["commandDetails"] == "changed driver 1"
    number = tagged["changes"][0]["after"]["tags"][1]["id"]
    assert tagged["commandDetails"] == f"gave driver 1 the tag {number}"
    assert changed["changes"][0]["after"]["name"] == "driver 1"


async def test_the_sentences_of_drivers_tags_and_rights(fresh_api: Api) -> None:
    depot, gate = Place(PlaceKind.SITE, DEPOT.id), Place(PlaceKind.CHARGER, "DEP-1")
    zoe = (await fresh_api.post("/v2/drivers", {"name": "Zoe"})).json()["id"]
    assert await sentence(fresh_api) == f"added driver Zoe ({zoe})"
    tag = (await fresh_api.post("/v2/tags", {"driverId": zoe, "idTag": "ZOE"})).json()["id"]
    assert await sentence(fresh_api) == f"gave driver Zoe ({zoe}) the tag ZOE"
    await fresh_api.ask("PATCH", f"/v2/tags/{tag}", json={"blocked": True})
    assert await sentence(fresh_api) == f"blocked the tag ZOE of driver Zoe ({zoe})"
    await fresh_api.ask("PATCH", f"/v2/tags/{tag}", json={"blocked": False})
    assert await sentence(fresh_api) == f"unblocked the tag ZOE of driver Zoe ({zoe})"
    await fresh_api.ask("PATCH", f"/v2/tags/{tag}", json={"tokenName": "blue"})
    assert await sentence(fresh_api) == f"changed the tag ZOE of driver Zoe ({zoe})"
    await fresh_api.ask("DELETE", f"/v2/tags/{tag}")
    assert await sentence(fresh_api) == f"took the tag ZOE from driver Zoe ({zoe})"
    granted = await do(fresh_api, "right.grant", rights.grant, zoe, depot)
    assert await sentence(fresh_api) == f"granted driver Zoe ({zoe}) a right on site Depot (2)"
    await do(fresh_api, "right.change", rights.change, granted.right.id, valid_until=NOW)
    assert await sentence(fresh_api) == f"changed a right of driver Zoe ({zoe}) on site Depot (2)"
    await do(fresh_api, "right.grant", rights.grant_all, [zoe], [gate, Place(PlaceKind.CHARGER, "GF-1")])
    assert await sentence(fresh_api) == (
        f"granted driver Zoe ({zoe}) 2 rights on charger Gate (DEP-1) and charger GF-1"
    )
    await do(fresh_api, "right.revoke", rights.revoke, zoe, gate)
    assert await sentence(fresh_api) == f"revoked a right of driver Zoe ({zoe}) on charger Gate (DEP-1)"
    await fresh_api.ask("PATCH", f"/v2/drivers/{zoe}", json={"enabled": False})
    assert await sentence(fresh_api) == f"disabled driver Zoe ({zoe})"
    await fresh_api.ask("PATCH", f"/v2/drivers/{zoe}", json={"enabled": True})
    assert await sentence(fresh_api) == f"enabled driver Zoe ({zoe})"
    members = {"name": "Zoë", "companyId": 1, "payerId": 2, "externalId": "z"}
    await fresh_api.ask("PATCH", f"/v2/drivers/{zoe}", json=members)
    assert await sentence(fresh_api) == f"changed companyId, externalId and 2 more of driver Zoë ({zoe})"
    await fresh_api.ask("DELETE", f"/v2/drivers/{zoe}")
    assert await sentence(fresh_api) == f"removed driver Zoë ({zoe})"


async def test_the_sentences_of_places_operators_and_keys(fresh_api: Api) -> None:
    site = await do(fresh_api, "site.add", sites.add, "Roof")
    assert await sentence(fresh_api) == f"added site Roof ({site.id})"
    await do(fresh_api, "right.grant", rights.grant, ALICE.id, Place(PlaceKind.SITE, site.id))
    await do(fresh_api, "right.revoke", rights.revoke, ALICE.id, Place(PlaceKind.SITE, site.id))
    await do(fresh_api, "site.remove", sites.remove, site.id)
    assert await sentence(fresh_api) == f"removed site Roof ({site.id})"
    revoked = items(await fresh_api.get(f"{LOG}?command=right.revoke"))[0]["commandDetails"]
    assert revoked == f"revoked a right of driver Alice (1) on site {site.id}"
    desk = (await fresh_api.post("/v2/operators", {"name": "Desk", "permissions": [], "siteIds": None})).json()["id"]
    assert await sentence(fresh_api) == f"added operator Desk ({desk})"
    await fresh_api.ask("PATCH", f"/v2/operators/{desk}", json={"siteIds": [DEPOT.id]})
    assert await sentence(fresh_api) == f"changed siteIds of operator Desk ({desk})"
    key = (await fresh_api.post("/v2/api-keys", {"name": "Portal", "operatorId": desk})).json()["id"]
    assert await sentence(fresh_api) == f"added API key Portal ({key})"
    await fresh_api.ask("DELETE", f"/v2/operators/{desk}")
    assert await sentence(fresh_api) == f"revoked API key Portal ({key}), and made 1 more change"


async def test_a_new_password_and_other_settings_of_charging_are_in_the_log_without_the_secret(fresh_api: Api) -> None:
    made = (await fresh_api.post("/v2/chargers/DEP-1/password")).json()
    answer = await fresh_api.get(f"{LOG}?kind=chargerPassword&entityId=DEP-1")
    (entry,) = items(answer)
    assert (entry["command"], entry["isApiCall"]) == ("charger.password", True)
    assert entry["commandDetails"] == "gave charger DEP-1 a new password"
    assert made["password"] not in answer.text
    for only_one in (True, True, False):
        await fresh_api.change(set_one_session_per_tag, fresh_api.us.id, only_one, NOW)
    found = items(await fresh_api.get(f"{LOG}?kind=chargingSettings"))
    assert [each["commandDetails"] for each in found] == ["changed oneSessionPerTag of charging settings 1"] * 2
    assert [each["isApiCall"] for each in found] == [False] * 2


async def test_the_log_is_for_those_who_may_read_it_and_see_all_sites(api: Api) -> None:
    assert (await api.get(LOG, key=None)).status_code == 401
    without = await person(api, *(set(Permission) - {Permission.READ_AUDIT_LOGS, Permission.GLOBAL_ADMIN}))
    told = refused(await api.get(LOG, key=without.key))
    assert told == (403, "this needs the permission ReadAuditLogs, which the key's operator lacks")
    limited = await person(api, Permission.GLOBAL_ADMIN, site_ids=[DEPOT.id])
    assert refused(await api.get(LOG, key=limited.key))[0] == 403
    auditor = await person(api, Permission.READ_AUDIT_LOGS, read_only=True)
    assert await commands(api, "command=network.load", key=auditor.key) == ["network.load"]
    rival = await person(api, Permission.READ_AUDIT_LOGS, customer_id=api.rival.id)
    assert "Alice" not in (await api.get(LOG, key=rival.key)).text


@pytest.mark.parametrize(
    "query",
    [
        "startDate=yesterday", "endDate=2026-06-03", "startDate=0001-01-01T00:00:00Z", "operatorId=x",
        f"operatorId={2**63}", "isApiCall=perhaps", "kind=tag", "limit=101", "limit=0", "page=0", "page=2147483649",
        "command=%00", "kind=driver&entityId=%00",
    ],
)  # fmt: skip
async def test_a_wrong_filter_is_refused(api: Api, query: str) -> None:
    assert refused(await api.get(f"{LOG}?{query}"))[0] == 400
