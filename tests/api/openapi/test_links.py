"""Whatever makes something says in the document which requests take it, and says it truly."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chargerights.api.openapi import links
from chargerights.api.openapi.swagger2 import swagger2
from chargerights.app import create_app
from chargerights.storage.database import Database

Json = dict[str, Any]

MADE_BY_NO_REQUEST = {"authorisationId", "sessionId"}
"""What only chargers make."""


@pytest.fixture(scope="module")
def openapi() -> Json:
    return create_app(Database("sqlite:///never-opened.db")).openapi()


def operations(openapi: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in openapi["paths"].items():
        if path.startswith(links.PREFIX):
            yield from ((method, path, operation) for method, operation in item.items())


def members(openapi: Json, response: Json) -> Json:
    """Of the object that the answer is."""
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    properties: Json = openapi["components"]["schemas"].get(name, schema).get("properties", {})
    return properties


def linked(openapi: Json) -> Iterator[tuple[Json, Json, Json]]:
    """Each operation that has links, its answer that has them, and each of them."""
    for _, _, operation in operations(openapi):
        for response in operation["responses"].values():
            for link in response.get("links", {}).values():
                yield operation, response, link


def test_every_post_that_makes_something_with_an_id_leads_on(openapi: Json) -> None:
    makers = {
        operation["operationId"]: response.get("links", {})
        for method, _, operation in operations(openapi)
        for status, response in operation["responses"].items()
        if method == "post" and status in ("201", "202") and "id" in members(openapi, response)
    }
    assert makers.keys() == links.MADE.keys()
    assert [name for name, found in makers.items() if not found] == []


def test_whatever_a_path_takes_is_linked_to_from_what_makes_it(openapi: Json) -> None:
    targets = {link["operationId"] for _, _, link in linked(openapi)}
    forgotten = {
        f"{method.upper()} {path}"
        for method, path, operation in operations(openapi)
        if set(re.findall(r"\{(\w+)\}", path)) - MADE_BY_NO_REQUEST and operation["operationId"] not in targets
    }
    assert forgotten == set()


def test_every_link_names_an_operation_that_takes_what_the_answer_holds(openapi: Json) -> None:
    by_id = {operation["operationId"]: operation for _, _, operation in operations(openapi)}
    found = list(linked(openapi))
    for maker, response, link in found:
        target = by_id[link["operationId"]]
        ((name, expression),) = link["parameters"].items()
        (parameter,) = [each for each in target["parameters"] if each["name"] == name]
        member = members(openapi, response)[expression.removeprefix("$response.body#/")]
        assert types(parameter["schema"]) & types(member), (maker["operationId"], link)
    for maker, members_taken in links.MADE.items():
        for parameters in members_taken.values():
            for parameter in parameters:
                assert any(m["operationId"] == maker and parameter in link["parameters"] for m, _, link in found), maker


def types(schema: Json) -> set[str]:
    return {each["type"] for each in schema.get("anyOf", [schema])} - {"null"}


def test_an_answer_of_a_dry_run_has_no_links(openapi: Json) -> None:
    for method, _, operation in operations(openapi):
        if method != "get":
            assert "links" not in operation["responses"].get("200", {})


def test_every_list_leads_to_what_follows(openapi: Json) -> None:
    for _, _, operation in operations(openapi):
        if any(each["name"] == "cursor" for each in operation.get("parameters", ())):
            link = operation["responses"]["200"]["links"]["next"]
            assert link["operationId"] == operation["operationId"]


def test_swagger_2_which_has_no_links_is_the_same_without_them(openapi: Json) -> None:
    without = copy.deepcopy(openapi)
    for _, response, _ in list(linked(without)):
        response.pop("links", None)
    assert without != openapi
    assert swagger2(openapi) == swagger2(without)
