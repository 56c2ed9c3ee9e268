"""No answer says whose a tag is to callers without ReadTags, or names a driver to callers who do not see them.

Every operation is asked, of v1 and v2, with and without the tag's text; requests are generated from the document.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import Connection

from chargerights.app import create_app
from chargerights.rights.live import ChargerConfiguration, ChargerFault, LiveCharger, Reported
from chargerights.rights.local_list import ListedTag
from chargerights.rights.model import Driver, ExternalId, Right, Tag
from chargerights.rights.permissions import Permission
from chargerights.storage.charging import charger_batches, charger_reports, live, local_lists
from chargerights.storage.charging.authorizations import Authorization
from chargerights.storage.charging.charger_batches import Batch
from chargerights.storage.charging.charger_reports import ChargerReport
from chargerights.storage.charging.local_lists import KeptList
from chargerights.storage.charging.session_notices import SessionNotice
from chargerights.storage.database import Database
from tests.api.client import Api, our_world
from tests.api.v2.people import EVERYTHING, Person, person
from tests.conftest import Databases
from tests.support.oracle import Facts
from tests.support.world import ALICE, DEPOT, FACTS, JUDY, NOW, OFFICE, On, place

P = Permission
Json = dict[str, Any]
TEXT, LABEL = "04 PLANT-7F:3A", "Label of the planted"
NUMBER = 990_071
PLANTED = Driver(
    NUMBER,
    "Planted Person",
    DEPOT.id,
    external_id="EXT-PLANTED",
    external_ids=(ExternalId("fleet", "FLEET-PLANTED"),),
    tags=(Tag(NUMBER + 1, NUMBER, TEXT, token_name=LABEL),),
    rights=(Right(NUMBER + 2, place(On(DEPOT).what)),),
)
"""Is at home at the Depot and may charge there; their card was once shown at the Office, too."""
SHOWS_TAG = re.compile(f"(?i:{TEXT}|{LABEL})")
NAMES_DRIVER = re.compile(rf"(?i:planted person|-planted|\b{NUMBER}\b)")
TEXT_PARAMETERS = {"idTag", "tag", "search"}
TEXT_MEMBERS = {"idTag", "rfidTag", "tags", "questions"}


class Operation(NamedTuple):
    method: str
    path: str
    parameters: frozenset[str]
    members: frozenset[str]

    @property
    def takes_text(self) -> bool:
        return bool(self.parameters & TEXT_PARAMETERS or self.members & TEXT_MEMBERS)


def operations() -> Iterator[Operation]:
    document = create_app(Database("sqlite:///never-opened.db")).openapi()
    for path, item in document["paths"].items():
        if path.startswith(("/api/", "/v2/")):
            for method, operation in item.items():
                body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
                yield Operation(
                    method.upper(),
                    path,
                    frozenset(each["name"] for each in operation.get("parameters", ())),
                    frozenset(_members(document, body.get("schema", {}))),
                )


def _members(document: Json, schema: Json) -> Iterator[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    yield from schema.get("properties", ())
    for part in chain(schema.get("anyOf", ()), schema.get("allOf", ())):
        yield from _members(document, part)


OPERATIONS = list(operations())


class Ids(NamedTuple):
    """What requests name besides the tag's text."""

    driver: Driver
    charger_id: str
    site_id: int

    def path(self, path: str) -> str:
        named: dict[str, Any] = {
            "chargerId": self.charger_id,
            "siteId": self.site_id,
            "groupId": self.site_id if path.startswith("/api/") else 1,
            "driverId": self.driver.id,
            "userId": self.driver.id,
            "tagId": self.driver.tags[0].id,
            "rightId": self.driver.rights[0].id,
        }
        return re.sub(r"\{(\w+)(?::path)?\}", lambda match: str(named.get(match[1], 1)), path)

    def body(self, members: frozenset[str], text: str | None) -> Json:
        values: Json = {
            "chargerId": self.charger_id,
            "siteId": self.site_id,
            "siteIds": [self.site_id],
            "groupIds": [self.site_id],
            "homeSiteId": self.site_id,
            "driverId": self.driver.id,
            "driverIds": [self.driver.id],
            "name": "New",
        }
        if "accessGroupId" in members:  # a right is on one place
            del values["chargerId"]
        if text is not None:
            questions = [{"chargerId": self.charger_id, "idTag": text}, {"chargerId": "OFF-1", "idTag": text}]
            values |= {"idTag": text, "rfidTag": text, "tags": [{"idTag": text}], "questions": questions}
        return {name: value for name, value in values.items() if name in members}


NEIGHBOUR = Ids(ALICE, "DEP-1", DEPOT.id)
THEMSELVES = Ids(PLANTED, "DEP-1", DEPOT.id)
AT_OFFICE = Ids(JUDY, "OFF-1", OFFICE.id)


@pytest.fixture(scope="module")
async def api(databases: Databases) -> AsyncIterator[Api]:
    facts = Facts(FACTS.sites, FACTS.chargers, FACTS.access_groups, (*FACTS.drivers, PLANTED))
    api = our_world(databases.new("sqlite"), facts)
    await api.change(record, api.us.id)
    yield api
    await api.close()


def record(connection: Connection, customer_id: int) -> None:
    """What chargers at the Depot and at the Office say, the tag's text wherever they may write one."""
    key, said = TEXT.upper(), f"card={TEXT}, unreadable"
    for charger_id, site_id in (("DEP-1", DEPOT.id), ("OFF-1", OFFICE.id)):
        decision = Authorization(
            NOW, charger_id, 1, None, TEXT, key, "Authorize", "Accepted", "rightStands", NUMBER, NUMBER + 2, "site", "2"
        )
        says = {"site_id": site_id, "id_tag": TEXT, "tag_key": key, "driver_id": NUMBER, "started_at": NOW}
        session = SessionNotice(charger_id, NOW, f"s {charger_id}", "1", None, says)
        lost = {"stopped_at": NOW, "stop_id_tag": TEXT, "site_id": site_id}
        stop = SessionNotice(charger_id, NOW, f"lost {charger_id}", says=lost)
        charger_batches.write(connection, customer_id, charger_id, Batch(1, NOW, messages=(decision, session, stop)))
        texts = {"vendor_id": TEXT, "vendor_error_code": TEXT, "info": said}
        report = ChargerReport(NOW, charger_id, "fault", "StatusNotification", "ReaderFailure", value=TEXT, **texts)
        charger_reports.add(connection, customer_id, [report], NOW)
        settings = (ChargerConfiguration("FreeVendTag", TEXT, True), ChargerConfiguration("Tags", f"X,{TEXT},Y", True))
        faults = (ChargerFault("ReaderFailure", NOW, **texts),)
        state = LiveCharger(charger_id, True, reported=Reported(configurations=settings), faults=faults)
        live.record(connection, customer_id, [state], NOW)
        kept = KeptList(charger_id, 7, wanted=1, reason=None, tags={key: ListedTag(TEXT, NUMBER, None)}, updated_at=NOW)
        local_lists.put(connection, customer_id, [kept])


async def ask(api: Api, operation: Operation, key: str, ids: Ids, text: str | None) -> httpx.Response:
    """Nothing is changed where an operation has a dry run, so that every operation finds all things."""
    query: Json = {}
    if operation.method == "GET":
        query = {"chargerId": ids.charger_id} if operation.path == "/v2/access/explain" else {}
        if text is None and query:
            query["driverId"] = ids.driver.id
    elif "dryRun" in operation.parameters and not _is_command(operation):
        query = {"dryRun": "true"}
    if text is not None:
        query |= dict.fromkeys(operation.parameters & TEXT_PARAMETERS, text)
    body = ids.body(operation.members, text) if operation.method in ("POST", "PUT", "PATCH", "DELETE") else {}
    response = await api.ask(
        operation.method,
        f"{ids.path(operation.path)}?{urlencode(query)}",
        key=key,
        **({"json": body} if body else {}),
    )
    assert response.status_code < 500, (operation, response.text)
    return response


def _is_command(operation: Operation) -> bool:
    """Whether it tells a charger something; no charger is connected here."""
    return "rfidTag" in operation.members


async def answers(api: Api, who: Person, ids: Ids, text: str | None, shows: re.Pattern[str]) -> dict[str, list[str]]:
    """By operation, what its answer shows of that."""
    found = {}
    for operation in OPERATIONS:
        if text is None or operation.takes_text:
            said = shows.findall((await ask(api, operation, who.key, ids, text)).text)
            if said:
                found[f"{operation.method} {operation.path}"] = said
    return found


async def test_without_read_tags_no_answer_has_the_tag(api: Api) -> None:
    other = await person(api, *(EVERYTHING - {P.READ_TAGS}))
    for ids in (NEIGHBOUR, THEMSELVES, AT_OFFICE):
        assert await answers(api, other, ids, None, SHOWS_TAG) == {}


async def test_without_read_tags_no_answer_to_a_tag_s_text_names_its_driver(api: Api) -> None:
    other = await person(api, *(EVERYTHING - {P.READ_TAGS}))
    for ids in (NEIGHBOUR, AT_OFFICE):
        for text in (TEXT, f" {TEXT.lower()} ", TEXT.replace(":", "")):
            assert await answers(api, other, ids, text, NAMES_DRIVER) == {}


async def test_no_answer_names_a_driver_to_callers_who_do_not_see_them(api: Api) -> None:
    """That their card was shown at the Office says nothing of who they are."""
    near = await person(api, *EVERYTHING, site_ids=[OFFICE.id])
    for text in (None, TEXT):
        assert await answers(api, near, AT_OFFICE, text, NAMES_DRIVER) == {}
    named = re.compile("(?i:planted person|-planted)")  # the number is theirs who ask by it
    for text in (None, TEXT):
        assert await answers(api, near, THEMSELVES, text, named) == {}


async def test_callers_who_may_are_told(api: Api) -> None:
    """So that the tests above can fail."""
    able = await person(api, *EVERYTHING)
    shown = await answers(api, able, NEIGHBOUR, None, SHOWS_TAG)
    assert shown.keys() >= {
        "GET /api/groups", "GET /v2/drivers", "GET /v2/tags", "GET /v2/sessions", "GET /v2/sessions.csv",
        "GET /v2/authorisations", "GET /v2/unmatched-stops", "GET /v2/chargers", "GET /v2/chargers/{chargerId}",
        "GET /v2/chargers/{chargerId}/reports", "GET /v2/chargers/{chargerId}/local-list/entries",
        "GET /v2/exports/drivers.csv", "POST /v2/authorisations/{authorisationId}/tag",
        "GET /v2/sites/{siteId}/authorized-drivers", "GET /v2/events", "POST /api/group/authorisedUsers",
    }  # fmt: skip
    named = await answers(api, able, NEIGHBOUR, TEXT, NAMES_DRIVER)
    assert named.keys() >= {
        "POST /v2/access/check", "POST /v2/access/checks", "GET /v2/access/explain", "POST /v2/tags",
        "POST /v2/drivers", "GET /v2/drivers", "GET /v2/tags", "GET /v2/sessions", "GET /v2/authorisations",
    }  # fmt: skip
    near = await person(api, *EVERYTHING, site_ids=[OFFICE.id])
    assert "GET /v2/sessions" in await answers(api, near, AT_OFFICE, TEXT, SHOWS_TAG)


async def test_callers_without_read_tags_get_the_answer_and_its_reason(api: Api) -> None:
    other = await person(api, P.READ_DRIVERS, P.READ_CHARGERS)
    for charger_id, reason, sentence in (
        ("DEP-1", "Accepted", f'Yes: tag "{TEXT}" may charge at charger DEP-1 at Depot.'),
        (
            "OFF-1",
            "NotAtThisLocation",
            f'No: tag "{TEXT}" may not charge at charger OFF-1 at Office: no right reaches it.',
        ),
    ):
        decision = (await api.post("/v2/access/check", {"chargerId": charger_id, "idTag": TEXT}, key=other.key)).json()
        assert (decision["reason"], decision["allowed"]) == (reason, reason == "Accepted")
        asked = urlencode({"chargerId": charger_id, "idTag": TEXT})
        told = (await api.get(f"/v2/access/explain?{asked}", key=other.key)).json()
        assert (told["reason"], told["sentence"], told["paths"], told["rights"]) == (reason, sentence, [], [])
        by_driver = await api.get(f"/v2/access/explain?chargerId={charger_id}&driverId={NUMBER}", key=other.key)
        assert by_driver.json()["driver"]["name"] == PLANTED.name


async def test_records_name_drivers_who_have_a_right_at_the_caller_s_sites(api: Api) -> None:
    """And filters by others find what filters by numbers that are not there find."""
    for site_id, named in ((OFFICE.id, False), (4, True)):
        near = await person(api, *EVERYTHING, site_ids=[site_id])
        for path in ("/v2/sessions", "/v2/authorisations"):
            status = (await api.get(f"{path}?driverId={NUMBER}", key=near.key)).status_code
            assert status == (200 if named else 404)
            assert (await api.get(f"{path}?driverId=987654", key=near.key)).status_code == 404
