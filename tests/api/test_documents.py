"""The documents say what API.md says, hold together, and need nothing from the internet."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator
from pydantic import TypeAdapter, ValidationError

from chargerights import __version__
from chargerights.api import documents, reference, wire, wire_examples
from chargerights.api.additions import new_charger
from chargerights.api.descriptions import OPERATIONS
from chargerights.api.descriptions import operation as description
from chargerights.app import create_app
from chargerights.storage.database import Database

Json = dict[str, Any]
Get = Callable[[str], httpx.Response]

# API.md 1.2, member by member; `?` is nullable, [] a list.
MEMBERS = {
    "User": "id int64, name string, homeGroupId int64, homeGroupName string, externalId string, tags Tag[], "
    "chargerGroups ChargerGroup[], chargers Charger[], payerId int64?, integratedExternalIds ExternalId[]",
    "Tag": "id int64, idTag string, expiringDate date-time, startDate date-time?, lastUpdated date-time?, "
    "tokenName string, invoicable boolean",
    "ChargerGroup": "onlineSocket int32?, offlineSocket int32?, errorSocket int32?, subgroups ChargerGroup[], "
    "chargers Charger[], payerId int64?, costId string, costName string, paymentRecipientId int64?, id int64, "
    "groupName string, groupType int32, externalId string",
    "Charger": "id int64?, chargerId string, chargerName string, groupId int64, groupName string, "
    "firmwareVersion string?, publicGroupName string?, manufacturer string?, serialNumber string?, "
    "chargerModel string?, amountOfSockets int32, lastSeen date-time, lastMessage string?, "
    "activeConnection boolean, chargerStatus string, locationInfo LocationInfo, pushIntegrationEnabled boolean, "
    "chargerSpecificMessageStructure boolean, chargerConfigurations Configuration[]?, sockets Socket[]?, "
    "evseId string, splitEvseBySocket boolean, capabilities string[], physicalReference string, "
    "integrationRelays string[], iccid string, imsi string, meterSerialNumber string, meterType string, "
    "customProperties object?",
    "LocationInfo": "latitude double, longitude double, streetAddress string?, streetNumber string, "
    "houseLetter string?, postalNumber string, city string?, area string?, country string?",
    "Configuration": "configName string, configValue string, canBeChanged boolean",
    "Socket": "type string?, maxPower string?, status string, id int32, name string, deviceEvseId int32?, "
    "deviceConnectorId int32?, format string?, socketPowerType string?, maxWatts int32?, maxVoltage int32?, "
    "maxAmperage int32?, phaseRotation string?, termsAndConditions uri?, lastUpdated date-time, "
    "chargingStationEvseId int32?",
    "ExternalId": "referenceType int32, referenceId string, externalId string, effectiveFrom date-time?",
    "UserGroup": "id int64, groupName string, groupType int32, payerId int64?, costId string, costName string, "
    "paymentRecipientId int64?, externalId string, isSpare boolean, subgroups UserGroup[], users User[]",
    "HomeGroups": "userGroups UserGroup[], spareUsers User[]",
    "SiteDrivers": "groupId int64, users User[]",
    "BriefSiteDrivers": "groupId int64, users BriefUser[]",
    "BriefUser": "id int64, name string, homeGroupId int64, homeGroupName string",
    "BriefSite": "id int64, groupName string, groupType int32, subgroups BriefSite[]",
}

# API.md 1.1 and 1.3.
REQUESTS = {
    "getAuthorisedUsersForChargerGroups": ("POST /api/group/authorisedUsers", "200 400 401 404"),
    "getAuthorisedUsersForChargerGroup": ("GET /api/group/authorisedUsers/{groupId}", "200 400 401 404"),
    "getAuthorisedUsersForCharger": ("GET /api/charger/authorisedUsers/{chargerId}", "200 400 401"),
    "getAuthorisedUsersHomeGroup": ("GET /api/user/homeGroup/{groupId}", "200 400 401"),
    "getAuthorisedUsers": ("GET /api/user/homeGroups", "200 400 401"),
    "getChargerGroups": ("GET /api/groups", "200 400 401"),
    "getChargerGroupByExternalId": ("GET /api/group/external/{externalId}", "200 400 401 404"),
    "addChargerGroup": ("POST /api/group/add", "200 400 401"),
    "addNewCharger": ("POST /api/charger/add/{chargerId}/{groupId}", "200 400 401"),
}
BEYOND_API = {"304", "503"}

ANSWERS = {
    "SiteDrivers": wire.SiteDrivers,
    "BriefSiteDrivers": wire.BriefSiteDrivers,
    "User": wire.User,
    "UserGroup": wire.UserGroup,
    "HomeGroups": wire.HomeGroups,
    "ChargerGroup": wire.ChargerGroup,
    "BriefSite": wire.BriefSite,
}


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(Database("sqlite:///never-opened.db"))


@pytest.fixture(scope="module")
def get(app: FastAPI) -> Get:
    async def asked(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path="/prefix")
        async with httpx.AsyncClient(transport=transport, base_url="https://charging.example/prefix") as client:
            return await client.get(path)

    return lambda path: asyncio.run(asked(path))


@pytest.fixture(scope="module")
def openapi(get: Get) -> Json:
    return get("openapi.json").json()


@pytest.fixture(scope="module")
def swagger(get: Get) -> Json:
    return get("swagger.json").json()


def operations(document: Json, below: str = "/api/") -> Iterator[tuple[str, Json]]:
    """The operations of v1, or all below another path."""
    for path, item in document["paths"].items():
        if not path.startswith(below):
            continue
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def walk(node: Any) -> Iterator[Json]:
    """Every object within."""
    if isinstance(node, dict):
        yield node
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(each)


def valid(instance: Any, schema: Json, openapi: Json) -> bool:
    whole = {**schema, "components": openapi["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(instance)


def media(operation: Json) -> Iterator[tuple[str, Json]]:
    """Where an operation shows an example: its request body and its answers."""
    for media_type in operation.get("requestBody", {}).get("content", {}).values():
        yield "body", media_type
    for status, response in operation["responses"].items():
        for media_type in response.get("content", {}).values():
            yield status, media_type


def shown(media_type: Json) -> list[Any]:
    return [media_type["example"]] if "example" in media_type else [x["value"] for x in media_type["examples"].values()]


def test_the_openapi_document_is_valid(openapi: Json) -> None:
    OpenAPIV31SpecValidator(openapi).validate()
    assert openapi["info"]["title"] == "chargerights"
    assert openapi["info"]["version"] == __version__


def test_the_swagger_document_is_valid(swagger: Json) -> None:
    OpenAPIV2SpecValidator(swagger).validate()


def test_the_documents_hold_the_operations_of_the_wire_and_their_statuses(openapi: Json) -> None:
    found = {
        operation["operationId"]: (request, " ".join(sorted(operation["responses"].keys() - BEYOND_API)))
        for request, operation in operations(openapi)
    }
    assert found == REQUESTS
    assert {name: f"{each.method} {each.path}" for name, each in OPERATIONS.items()} == {
        name: request for name, (request, _) in REQUESTS.items()
    }


def test_every_operation_is_named_described_and_shown_first(openapi: Json) -> None:
    for _, operation in operations(openapi):
        assert operation["x-ms-visibility"] == "important"
        assert operation["tags"][0] in {tag["name"] for tag in openapi["tags"]}
        assert re.fullmatch(r"[^/]{3,79}\w", operation["summary"])
        assert operation["description"].endswith(".")
        assert all(each["description"] for each in operation["parameters"])


def test_every_operation_of_every_interface_has_an_id_a_summary_a_description_and_a_tag(openapi: Json) -> None:
    everything = dict(operations(openapi, "/"))
    assert len(everything) > len(REQUESTS)
    for request, operation in everything.items():
        assert all(operation.get(name) for name in ("operationId", "summary", "description", "tags")), request


def test_every_body_and_answer_has_examples_that_are_as_described(openapi: Json) -> None:
    for request, operation in operations(openapi):
        described = dict(media(operation))
        assert described.keys() | {"304"} >= operation["responses"].keys(), request
        for status, media_type in described.items():
            assert shown(media_type), f"{request}, {status}"
            for example in shown(media_type):
                assert valid(example, media_type["schema"], openapi), f"{request}, {status}"


@pytest.mark.parametrize("name", MEMBERS)
def test_every_object_has_an_example_that_is_as_described(name: str, openapi: Json) -> None:
    schema = openapi["components"]["schemas"][name]
    assert [valid(example, schema, openapi) for example in schema["examples"]] == [True]


def test_a_broken_example_would_be_noticed(openapi: Json) -> None:
    broken = deepcopy(wire_examples.SITE_DRIVERS)
    broken["users"][0]["chargerGroups"][0]["groupType"] = 5
    assert not valid(broken, {"$ref": "#/components/schemas/SiteDrivers"}, openapi)


@pytest.mark.parametrize("name", MEMBERS)
def test_the_types_of_every_member_are_those_of_the_wire(name: str, openapi: Json) -> None:
    members = openapi["components"]["schemas"][name]["properties"]
    assert sorted(f"{member} {type_of(schema)}" for member, schema in members.items()) == sorted(
        MEMBERS[name].split(", ")
    )


def type_of(schema: Json) -> str:
    if "anyOf" in schema:
        (inner,) = [each for each in schema["anyOf"] if each != {"type": "null"}]
        return type_of(inner) + "?"
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix("#/components/schemas/")
    if schema["type"] == "array":
        return type_of(schema["items"]) + "[]"
    return str(schema.get("format", schema["type"]))


@pytest.mark.parametrize("name", MEMBERS)
def test_every_member_is_described_and_a_nullable_one_is_always_there(name: str, openapi: Json) -> None:
    schema = openapi["components"]["schemas"][name]
    for member, each in schema["properties"].items():
        assert each["description"], member
        assert each["title"], member
        assert "anyOf" not in each or member in schema["required"], member


def test_the_wire_s_old_members_are_marked_deprecated(openapi: Json) -> None:
    old = {
        f"{name}.{member}"
        for name in MEMBERS
        for member, each in openapi["components"]["schemas"][name]["properties"].items()
        if each.get("deprecated")
    }
    assert old == {"Charger.amountOfSockets", "Socket.maxPower"}


def test_numbered_words_say_what_they_mean(openapi: Json) -> None:
    kinds = {
        member: [(each["value"], each["name"]) for each in schema["properties"][member]["x-ms-enum"]["values"]]
        for schema, member in (
            (openapi["components"]["schemas"]["ChargerGroup"], "groupType"),
            (openapi["components"]["schemas"]["ExternalId"], "referenceType"),
        )
    }
    assert kinds == {
        "groupType": [*enumerate(["SUB_CPO", "SITE", "SUB_SITE", "CIRCUIT", "OTHER"])],
        "referenceType": [*enumerate(["INTEGRATION", "OTHER"])],
    }


@pytest.mark.parametrize(("name", "model"), ANSWERS.items())
def test_the_models_take_the_examples_and_nothing_that_is_not_described(name: str, model: type, openapi: Json) -> None:
    adapter = TypeAdapter(model)
    (example,) = openapi["components"]["schemas"][name]["examples"]
    adapter.validate_json(json.dumps(example))
    for broken in (example | {"surprise": 1}, {name: value for name, value in example.items() if "s" not in name}):
        with pytest.raises(ValidationError):
            adapter.validate_json(json.dumps(broken))


def test_a_member_that_is_not_nullable_is_left_out_rather_than_null() -> None:
    wire.BriefUser.model_validate_json('{"id": 1, "name": "Jeff"}')
    with pytest.raises(ValidationError):
        wire.BriefUser.model_validate_json('{"id": 1, "name": "Jeff", "homeGroupId": null}')


def test_the_example_of_a_new_charger_is_one_that_is_taken() -> None:
    charger = new_charger("DEP-2", 7, wire_examples.NEW_CHARGER)
    assert (charger.name, charger.evse_id, charger.location.postal_code, len(charger.connectors)) == (
        "Depot, second bay",
        "FRA23E45B*78D",
        "00160",
        1,
    )


def test_v1_takes_the_key_in_any_of_three_ways(openapi: Json) -> None:
    schemes = openapi["components"]["securitySchemes"]
    for _, operation in operations(openapi):
        ways = [schemes[name] for each in operation["security"] for name in each]
        assert [len(each) for each in operation["security"]] == [1, 1, 1]
        assert {each.get("name", each.get("scheme")) for each in ways} == {"x-api-key", "bearer", "code"}


def test_the_framework_s_own_error_is_described_nowhere(openapi: Json) -> None:
    assert "422" not in {status for _, each in operations(openapi, "/") for status in each["responses"]}
    assert "ValidationError" not in json.dumps(openapi)


def test_a_parameter_that_a_route_declares_itself_is_described_once_and_in_our_words() -> None:
    app = FastAPI(docs_url=None, redoc_url=None)
    described = description("getAuthorisedUsersForChargerGroup")

    @app.get("/api/group/authorisedUsers/{groupId}", **described)
    async def route(groupId: int) -> None: ...  # noqa: N803

    documents.install(app)
    (found,) = [each for _, each in operations(app.openapi())]
    mine = [each for each in found["parameters"] if each["name"] == "groupId"]
    assert mine == [described["openapi_extra"]["parameters"][0]]
    assert "422" not in found["responses"]


def test_a_schema_of_the_same_name_as_one_of_v1_is_refused() -> None:
    with pytest.raises(ValueError, match="called Tag"):
        documents.complete({"paths": {}, "components": {"schemas": {"Tag": {"type": "string"}}}})


def test_completing_leaves_the_framework_s_document_as_it_was() -> None:
    written = {"paths": {}}
    documents.complete(written)
    assert written == {"paths": {}}


def test_an_app_whose_own_pages_need_the_internet_is_refused() -> None:
    with pytest.raises(ValueError, match="docs_url=None"):
        documents.install(FastAPI())


def test_the_page_and_its_files_come_from_here(get: Get) -> None:
    page = get("docs")
    addresses = re.findall(r'(?:href|src)="([^"]+)"|url: \'([^\']+)\'', page.text)
    files = [html or script for html, script in addresses]
    assert sorted(files) == [
        "docs/favicon-32x32.png",
        "docs/swagger-ui-bundle.js",
        "docs/swagger-ui.css",
        "openapi.json",
    ]
    assert "//" not in re.sub(r"<!--.*?-->", "", page.text).replace("window.location", "")
    assert [get(name).status_code for name in files] == [200] * 4


def test_the_page_s_program_reads_openapi_3_1(get: Get) -> None:
    program = get("docs/swagger-ui-bundle.js").text
    version = re.search(r'PACKAGE_VERSION:"(\d+)\.', program)
    assert version is not None
    assert int(version[1]) >= 5


def test_nothing_else_of_the_package_is_served(get: Get) -> None:
    assert get("docs/__init__.py").status_code == 404


def test_swagger_names_the_address_it_was_asked_at(swagger: Json) -> None:
    assert (swagger["schemes"], swagger["host"], swagger["basePath"]) == (["https"], "charging.example", "/prefix")


def test_swagger_has_one_way_to_authenticate_and_asks_for_no_other(swagger: Json) -> None:
    (scheme,) = swagger["securityDefinitions"].values()
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "x-api-key")
    for _, operation in operations(swagger):
        required = {each["name"] for each in operation["parameters"] if each["required"]}
        assert required <= {"groupId", "chargerId", "externalId", "body"}


def test_swagger_shows_every_operation_parameter_and_member_by_a_name_for_people(swagger: Json) -> None:
    assert [operation["operationId"] for _, operation in operations(swagger)] == [*OPERATIONS]
    for _, operation in operations(swagger):
        assert all(each["x-ms-summary"] for each in operation["parameters"])
        assert "schema" in operation["responses"]["200"]
        assert operation["responses"]["200"]["examples"]
    members = [each for schema in swagger["definitions"].values() for each in schema.get("properties", {}).values()]
    assert all(0 < len(each["x-ms-summary"]) <= 80 for each in members)


def test_swagger_says_what_is_nullable(swagger: Json) -> None:
    for name, members in MEMBERS.items():
        nullable = {
            member for member, each in swagger["definitions"][name]["properties"].items() if "x-nullable" in each
        }
        assert nullable == {each.split(" ")[0] for each in members.split(", ") if each.endswith("?")}


def test_swagger_holds_no_construct_of_openapi_3(swagger: Json) -> None:
    for node in walk({key: value for key, value in swagger.items() if key != "examples"}):
        assert not node.keys() & {
            "anyOf", "oneOf", "const", "prefixItems", "requestBody", "content", "components", "openapi", "servers",
            "nullable", "$defs",
        }  # fmt: skip
        assert not isinstance(node.get("type"), list)
    assert "#/components" not in json.dumps(swagger)


def test_docs_api_md_is_up_to_date() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    assert reference.rewritten(page) == page, "run: python -m chargerights.api.reference docs/api.md"
