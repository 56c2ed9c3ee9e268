"""The documents say what API.md says, hold together, and need nothing from the internet."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from chargerights import __version__
from chargerights.api.openapi import build, pages, reference, v1
from chargerights.api.openapi.swagger2 import swagger2
from chargerights.api.v1 import routes
from chargerights.app import create_app
from chargerights.storage.database import Database
from tests.api.checking import Json, valid

Get = Callable[..., httpx.Response]

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


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return create_app(Database("sqlite:///never-opened.db"))


@pytest.fixture(scope="module")
def get(app: FastAPI) -> Get:
    async def asked(path: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path="/prefix")
        async with httpx.AsyncClient(transport=transport, base_url="https://charging.example/prefix") as client:
            return await client.get(path, headers=headers)

    return lambda path, headers=None: asyncio.run(asked(path, headers or {}))


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
        assert all(each["description"] for each in operation.get("parameters", ())), request
    described = {tag["name"] for tag in openapi["tags"] if tag["description"]}
    assert {name for operation in everything.values() for name in operation["tags"]} == described


def test_the_management_api_leaves_no_answer_of_success_open(openapi: Json) -> None:
    for request, operation in operations(openapi, "/v2/"):
        others = operation["responses"].keys() - {"4XX", "5XX"}
        assert len(operation["responses"]) - len(others) == 2, request
        assert all(re.fullmatch("2[0-9][0-9]", status) for status in others), request


def test_every_body_and_answer_has_examples_that_are_as_described(openapi: Json) -> None:
    for request, operation in operations(openapi):
        described = dict(media(operation))
        assert described.keys() | {"304"} >= operation["responses"].keys(), request
        for status, media_type in described.items():
            assert shown(media_type), f"{request}, {status}"
            for example in shown(media_type):
                assert valid(example, media_type["schema"], openapi["components"]["schemas"]), f"{request}, {status}"


def test_every_example_and_default_of_every_interface_is_as_its_schema_says(openapi: Json) -> None:
    schemas = openapi["components"]["schemas"]
    checked = 0
    for node in walk([openapi["paths"], schemas]):
        if isinstance(node.get("schema"), dict):  # a parameter, a header, a body
            schema, values = node["schema"], [each["value"] for each in node.get("examples", {}).values()]
            values += [node["example"]] if "example" in node else []
        elif isinstance(node.get("type"), str) or "anyOf" in node:
            schema, values = node, [*node.get("examples", [])]
            values += [node["default"]] if "default" in node else []
        else:
            continue
        checked += len(values)
        assert [each for each in values if not valid(each, schema, schemas)] == [], schema
    assert checked > 200


def test_v1_takes_the_key_in_any_of_three_ways(openapi: Json) -> None:
    schemes = openapi["components"]["securitySchemes"]
    for _, operation in operations(openapi):
        ways = [schemes[name] for each in operation["security"] for name in each]
        assert [len(each) for each in operation["security"]] == [1, 1, 1]
        assert {each.get("name", each.get("scheme")) for each in ways} == {"x-api-key", "bearer", "code"}


def test_the_framework_s_own_error_is_described_nowhere(openapi: Json) -> None:
    assert "422" not in {status for _, each in operations(openapi, "/") for status in each["responses"]}
    assert "ValidationError" not in json.dumps(openapi)


def test_the_contract_of_v1_describes_the_routes_of_v1() -> None:
    described = {(method, path, operation["operationId"]) for method, path, operation in v1.operations()}
    assert described == {
        (method, route.path_format, route.operation_id)
        for route in routes.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert len(described) == len(REQUESTS)


def test_an_app_that_would_build_its_document_for_a_client_is_refused() -> None:
    with pytest.raises(ValueError, match="openapi_url=None"):
        pages.install(FastAPI())


def test_the_committed_documents_describe_these_routes(app: FastAPI) -> None:
    built = build.document(app)
    for name, document in ((pages.OPENAPI, built), (pages.SWAGGER, swagger2(built))):
        assert (pages.FOLDER / name).read_text() == build.text(document), "run `make docs`"


@pytest.mark.parametrize("name", ["openapi.json", "swagger.json"])
def test_a_client_that_has_a_document_is_answered_304(get: Get, name: str) -> None:
    first = get(name)
    assert first.headers["cache-control"] == "no-cache"
    again = get(name, {"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(name, {"If-None-Match": 'W/"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["openapi.json", "swagger.json"])
def test_a_document_is_the_committed_one_with_the_address_it_was_asked_at(get: Get, name: str) -> None:
    committed = json.loads((pages.FOLDER / name).read_text())
    served = get(name).json()
    assert {member: served[member] for member in committed} == committed
    assert (
        served.keys() - committed.keys()
        == {
            "openapi.json": {"servers"},
            "swagger.json": {"host", "basePath", "schemes"},
        }[name]
    )


def test_openapi_names_the_path_below_which_it_was_asked(openapi: Json) -> None:
    assert openapi["servers"] == [{"url": "/prefix"}]


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
    assert [operation["operationId"] for _, operation in operations(swagger)] == [*REQUESTS]
    for _, operation in operations(swagger):
        assert all(each["x-ms-summary"] for each in operation["parameters"])
        assert "schema" in operation["responses"]["200"]
        assert operation["responses"]["200"]["examples"]
    members = [each for schema in swagger["definitions"].values() for each in schema.get("properties", {}).values()]
    assert all(0 < len(each["x-ms-summary"]) <= 80 for each in members)


def test_swagger_holds_no_construct_of_openapi_3(swagger: Json) -> None:
    for node in walk({key: value for key, value in swagger.items() if key != "examples"}):
        assert not node.keys() & {
            "anyOf", "oneOf", "const", "prefixItems", "requestBody", "content", "components", "openapi", "servers",
            "nullable", "$defs",
        }  # fmt: skip
        assert not isinstance(node.get("type"), list)
    assert "#/components" not in json.dumps(swagger)


def test_docs_api_md_is_up_to_date() -> None:
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    assert reference.rewritten(page) == page, "run: python -m chargerights.api.openapi.reference docs/api.md"
