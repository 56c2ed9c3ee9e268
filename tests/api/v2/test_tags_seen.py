"""What drivers show is for operators with ReadTags, and who drivers are for operators who see them: at every door."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from chargerights.app import create_app
from chargerights.rights.live import ChargerConfiguration, LiveCharger, Reported
from chargerights.rights.permissions import Permission
from chargerights.storage.charging import charger_reports, live
from chargerights.storage.charging.charger_reports import ChargerReport
from chargerights.storage.database import Database
from tests.api.client import MISSION, Api
from tests.api.v2.crowd import crowded
from tests.api.v2.people import EVERYTHING, person, refused
from tests.api.v2.test_cursors import THERE
from tests.conftest import Databases
from tests.support.world import ALICE, DEPOT, NOW, OFFICE

P = Permission
TAGS = re.compile(r"(?i:card \d\d|label \d\d)|\"(ALICE|JUDY|DAN)\"")
"""Texts and labels of the crowd's tags, and of the cast's."""
SETTING = "of-its-configuration"
PATHS = {**THERE, "tagId": "2002", "rightId": "3002", "groupId": "6", "externalSiteId": "x", "operatorId": "1",
         "keyId": "2", "webhookId": "1", "importId": "9000", "externalId": "x"}  # fmt: skip
QUERIES = {
    "/v2/access/explain": "chargerId=OFF-1&driverId=201",
    "/v2/reports/high-rights": "chargers=1",
    "/v2/audit-logs": "kind=driver",
}


def questions() -> list[str]:
    """Every GET there is, of v1 and v2."""
    paths = create_app(Database("sqlite:///never-opened.db")).openapi()["paths"]
    return [path for path, item in paths.items() if "get" in item and path.startswith(("/api/", "/v2/"))]


@pytest.fixture(scope="module")
async def crowd(databases: Databases) -> AsyncIterator[Api]:
    api = await crowded(databases.new("sqlite"))
    settings = (ChargerConfiguration("Setting", SETTING, True),)
    state = LiveCharger("OFF-1", True, reported=Reported(configurations=settings))
    await api.change(live.record, api.us.id, [state], NOW)
    tag = {"driverId": 201, "idTag": "Card 99 new", "tokenName": "Label 99"}
    assert (await api.post("/v2/tags", tag)).status_code == 201
    yield api
    await api.close()


async def asked(api: Api, path: str, key: str) -> str:
    """Returns the text of the answer, which is a refusal only where the caller lacks a permission."""
    address = re.sub(r"\{(\w+)(?::path)?\}", lambda match: PATHS[match[1]], path)
    response = await api.get(f"{address}?{QUERIES.get(path, '')}", key=key)
    assert response.status_code in (200, 400, 401, 403, 404, 409), (path, response.text)
    return response.text


@pytest.mark.parametrize("path", questions())
async def test_without_read_tags_no_answer_has_a_tag(crowd: Api, path: str) -> None:
    other = await person(crowd, *(EVERYTHING - {P.READ_TAGS}))
    assert not TAGS.search(await asked(crowd, path, other.key))


async def test_with_read_tags_answers_have_them(crowd: Api) -> None:
    """So that the test above can fail."""
    able = await person(crowd, *EVERYTHING)
    found = {path for path in questions() if TAGS.search(await asked(crowd, path, able.key))}
    assert found >= {
        "/api/group/authorisedUsers/{groupId}", "/api/charger/authorisedUsers/{chargerId}", "/api/user/homeGroups",
        "/v2/drivers", "/v2/drivers/{driverId}", "/v2/sites/{siteId}/authorized-drivers", "/v2/tags",
        "/v2/tags/{tagId}",
        "/v2/reports/expiring", "/v2/reports/never-used", "/v2/reports/tags-of-disabled-drivers", "/v2/audit-logs",
        "/v2/authorisations", "/v2/sessions", "/v2/sessions.csv", "/v2/exports/drivers.csv",
        "/v2/chargers/{chargerId}/local-list/entries", "/v2/drivers/{driverId}/personal-data",
    }  # fmt: skip


@pytest.mark.parametrize("path", questions())
async def test_without_read_chargers_no_answer_has_a_configuration(crowd: Api, path: str) -> None:
    other = await person(crowd, *(EVERYTHING - {P.READ_CHARGERS}))
    assert SETTING not in await asked(crowd, path, other.key)


async def test_who_only_writes_chargers_is_not_shown_their_configuration(crowd: Api) -> None:
    path, other = "/v2/chargers/OFF-1", await person(crowd, P.WRITE_CHARGERS)
    assert SETTING in (await crowd.ask("PATCH", path, json={"name": "One"})).text
    changed = await crowd.ask("PATCH", path, json={"name": "Two"}, key=other.key)
    assert (changed.status_code, changed.json()["name"], SETTING in changed.text) == (200, "Two", False)


async def test_v1_leaves_out_what_the_caller_may_not_read_also_when_others_asked_before(crowd: Api) -> None:
    able, other = await person(crowd, *EVERYTHING), await person(crowd, P.READ_DRIVERS, P.READ_SITES)
    for _ in range(2):
        told, less = [await crowd.post(MISSION, {"groupIds": [OFFICE.id]}, key=each.key) for each in (able, other)]
        assert told.headers["etag"] != less.headers["etag"]
        assert TAGS.search(told.text)
        assert SETTING in told.text
        assert not TAGS.search(less.text)
        assert SETTING not in less.text
        assert less.json()[0]["users"][0]["tags"] == []
    same = {"if-none-match": told.headers["etag"]}
    assert (await crowd.post(MISSION, {"groupIds": [OFFICE.id]}, key=other.key, headers=same)).status_code == 200


@pytest.mark.parametrize("path", ["/v2/drivers", "/v2/sites/6/authorized-drivers"])
async def test_without_read_tags_no_driver_is_found_by_a_tag(crowd: Api, path: str) -> None:
    other = await person(crowd, P.READ_DRIVERS)
    for cursor in ("", "&cursor="):
        assert (await crowd.get(f"{path}?search=card 01{cursor}", key=other.key)).json()["items"] == []
        assert (await crowd.get(f"{path}?search=card 01{cursor}")).json()["items"] != []
    assert "tags" not in (await crowd.get(f"{path}?search=walker", key=other.key)).json()["items"][0]


async def test_without_read_tags_a_charger_s_texts_have_no_tag_that_is_known(crowd: Api) -> None:
    text = {"info": "token alice, not Stranger: unreadable", "value": "DAN"}
    report = ChargerReport(NOW, "DEP-1", "fault", "StatusNotification", "ReaderFailure", **text)
    await crowd.change(charger_reports.add, crowd.us.id, [report], NOW)
    other, path = await person(crowd, P.READ_CHARGERS), "/v2/chargers/DEP-1/reports"
    (masked,) = (await crowd.get(path, key=other.key)).json()["items"]
    assert (masked["info"], masked["value"]) == ("token …, not Stranger: unreadable", "…")
    (whole,) = (await crowd.get(path)).json()["items"]
    assert (whole["info"], whole["value"]) == tuple(text.values())


async def test_to_name_a_tag_as_a_filter_takes_read_tags(crowd: Api) -> None:
    other = await person(crowd, P.READ_DRIVERS)
    status, why = refused(await crowd.get("/v2/drivers?tag=Card 01 0", key=other.key))
    assert (status, "ReadTags" in why) == (403, True)


async def test_who_only_writes_tags_is_not_shown_any(crowd: Api) -> None:
    other = await person(crowd, P.WRITE_TAGS, P.READ_CHARGERS, P.WRITE_DRIVERS)
    changed = await crowd.ask("PATCH", "/v2/tags/2002", json={"blocked": True}, key=other.key)
    assert (changed.status_code, changed.json()["blocked"]) == (200, True)
    assert {"idTag", "tokenName"}.isdisjoint(changed.json())
    renamed = await crowd.ask("PATCH", "/v2/drivers/202", json={"companyId": 8}, key=other.key)
    assert renamed.status_code == 200
    assert "tags" not in renamed.json()


async def test_a_check_names_tag_and_driver_with_read_tags_only(crowd: Api) -> None:
    other = await person(crowd, P.READ_DRIVERS, P.READ_CHARGERS)
    question = {"chargerId": "OFF-1", "idTag": "card 04 0"}
    told = (await crowd.post("/v2/access/check", question, key=other.key)).json()
    assert (told["reason"], {"tag", "driver"} & told.keys()) == ("Accepted", set())
    assert (await crowd.post("/v2/access/check", question)).json()["tag"]["tokenName"] == "Label 04 0"


# -- drivers of others ----------------------------------------------------------------------------


async def test_whose_a_tag_is_learns_who_sees_the_driver_only(crowd: Api) -> None:
    """Of Alice, who is at home at the Depot, the Office's operator learns that her tag is in use, no more."""
    near = await person(crowd, *EVERYTHING, site_ids=[OFFICE.id])
    mine, hers = {"driverId": 201, "idTag": "card 02 0"}, {"driverId": 201, "idTag": "alice"}
    for query in ("", "?dryRun=true"):
        assert refused(await crowd.post(f"/v2/tags{query}", mine, key=near.key)) == (
            409, 'idTag: "card 02 0" is already a tag of driver 202, written "Card 02 0" there'
        )  # fmt: skip
        for path, body, member in (
            ("/v2/tags", hers, "idTag"),
            ("/v2/drivers", {"name": "New", "homeSiteId": OFFICE.id, "tags": [{"idTag": "alice"}]}, "tags"),
        ):
            status, why = refused(await crowd.post(f"{path}{query}", body, key=near.key))
            assert (status, why) == (409, f'{member}: "alice" is already in use: give another tag')


async def test_whose_a_tag_is_learns_no_one_who_may_not_read_tags(crowd: Api) -> None:
    writer = await person(crowd, Permission.WRITE_TAGS, Permission.READ_DRIVERS, Permission.WRITE_DRIVERS)
    for path, body, member in (
        ("/v2/tags", {"driverId": 201, "idTag": "card 02 0"}, "idTag"),
        ("/v2/drivers", {"name": "New", "tags": [{"idTag": "card 02 0"}]}, "tags"),
    ):
        status, why = refused(await crowd.post(path, body, key=writer.key))
        assert (status, why) == (409, f'{member}: "card 02 0" is already in use: give another tag')


@pytest.mark.parametrize("blocked", [False, True])
async def test_a_driver_whom_the_caller_does_not_see_is_as_unknown_as_one_who_is_not_there(
    crowd: Api, blocked: bool
) -> None:
    assert (await crowd.ask("PATCH", f"/v2/tags/{ALICE.id}", json={"blocked": blocked})).status_code == 200
    near = await person(crowd, *EVERYTHING, site_ids=[OFFICE.id])

    async def told(tag: str) -> list[Any]:
        question = {"chargerId": "OFF-1", "idTag": tag}
        answers = [
            await crowd.post("/v2/access/check", question, key=near.key),
            await crowd.post("/v2/access/checks", {"questions": [question]}, key=near.key),
            await crowd.get(f"/v2/access/explain?chargerId=OFF-1&idTag={tag}", key=near.key),
        ]
        return [(each.status_code, each.text.replace(tag, "it")) for each in answers]

    assert await told("ALICE") == await told("NOBODY")


async def test_of_drivers_from_elsewhere_only_the_name_is_searched(crowd: Api) -> None:
    """Walkers are at home at the Office and may charge at BAY-01's site: who sees that alone sees their names."""
    near = await person(crowd, *EVERYTHING, site_ids=[101])
    for text, number in (("walker", True), ("W-01", False), ("Card 01", False)):
        for cursor in ("", "&cursor="):
            found = await crowd.get(f"/v2/sites/101/authorized-drivers?search={text}{cursor}", key=near.key)
            assert bool(found.json()["items"]) is number, text
            assert "W-0" not in found.text
    assert DEPOT.id != OFFICE.id
