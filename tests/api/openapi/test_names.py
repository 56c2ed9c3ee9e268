"""The published names of schemas are for people, and say the same in every client that is generated from them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from chargerights.api.openapi import names, pages, tidying

Json = dict[str, Any]

DOCUMENT: Json = json.loads((pages.FOLDER / pages.OPENAPI).read_text())
SCHEMAS: Json = DOCUMENT["components"]["schemas"]


def operations() -> Iterator[tuple[str, Json]]:
    for path, item in DOCUMENT["paths"].items():
        yield from ((f"{method.upper()} {path}", operation) for method, operation in item.items())


def test_each_schema_has_one_short_name() -> None:
    wrong = [name for name in SCHEMAS if not re.fullmatch(r"(?!.*(Shape|Draft|Members)$)[A-Z][A-Za-z0-9]{2,29}", name)]
    assert wrong == []
    assert {name for name, schema in SCHEMAS.items() if schema.get("title", name) != name} == set()
    assert len({name.lower() for name in SCHEMAS}) == len(SCHEMAS)


def test_no_schema_is_left_that_nothing_refers_to() -> None:
    assert {node["$ref"].removeprefix(names.REFS) for node in names.objects(DOCUMENT) if "$ref" in node} == {*SCHEMAS}


def test_every_problem_is_the_same_schema() -> None:
    problems = [
        media["schema"]
        for _, operation in operations()
        for response in operation["responses"].values()
        for kind, media in response.get("content", {}).items()
        if kind == "application/problem+json"
    ]
    assert len(problems) > 200
    assert [schema for schema in problems if schema != {"$ref": names.REFS + "Problem"}] == []


def test_every_schema_has_a_description() -> None:
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


def test_every_answer_has_a_description_of_its_own() -> None:
    answers = [answer["description"] for _, operation in operations() for answer in operation["responses"].values()]
    assert len({*answers}) > 50
    assert tidying.UNDESCRIBED not in answers


def test_every_enumeration_is_a_schema_of_its_own() -> None:
    enumerations = {name for name, schema in SCHEMAS.items() if "enum" in schema}
    assert len(enumerations) > 20
    inside = [*DOCUMENT["paths"].values(), *(SCHEMAS[name] for name in SCHEMAS.keys() - enumerations)]
    assert [node for part in inside for node in names.objects(part) if isinstance(node.get("enum"), list)] == []


def test_no_member_has_a_default_which_generators_take_for_required() -> None:
    members = {
        f"{name}.{member}": part
        for name, schema in SCHEMAS.items()
        for member, part in schema.get("properties", {}).items()
    }
    assert [name for name, part in members.items() if "default" in part] == []
    assert members["AccessQuestion.withoutTag"]["description"].endswith("Default: false")


def test_a_dry_run_s_answer_is_told_apart_by_a_member_that_no_other_answer_has() -> None:
    impact = SCHEMAS["Impact"]
    assert impact["properties"]["dryRun"]["const"] is True
    assert "dryRun" in impact["required"]
    told_apart = 0
    for request, operation in operations():
        schema = operation["responses"].get("200", {}).get("content", {}).get("application/json", {}).get("schema", {})
        if {"$ref": names.REFS + "Impact"} in schema.get("oneOf", ()):
            (other,) = [part["$ref"] for part in schema["oneOf"] if part["$ref"] != names.REFS + "Impact"]
            assert "dryRun" not in SCHEMAS[other.removeprefix(names.REFS)]["properties"], request
            told_apart += 1
    assert told_apart > 20


def test_the_tables_of_exceptions_hold_nothing_that_is_not_used() -> None:
    assert names.NAMES.keys() & SCHEMAS.keys() == set()
    assert {*names.NAMES.values(), *names.ENUMS, *names.DESCRIPTIONS} <= SCHEMAS.keys()


def test_two_schemas_of_one_name_are_refused() -> None:
    document = {"paths": {}, "components": {"schemas": {"SiteShape": {}, "Site": {}}}}
    with pytest.raises(ValueError, match="published as Site:"):
        names.publish(document)


def test_an_enumeration_without_a_name_is_refused() -> None:
    inline = {"Site": {"properties": {"kind": {"type": "string", "enum": ["a", "b"]}}}}
    with pytest.raises(ValueError, match=r"\('a', 'b'\) has no name"):
        names.name_enumerations({"paths": {}, "components": {"schemas": inline}})


def test_null_stays_in_bodies_and_goes_from_answers() -> None:
    def member() -> Json:
        return {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None, "title": "Name", "description": "It"}

    body = {"content": {"application/json": {"schema": {"$ref": names.REFS + "SiteDraft"}}}}
    document = {
        "paths": {"/v2/sites": {"post": {"requestBody": body, "parameters": [{"name": "q", "schema": member()}]}}},
        "components": {
            "schemas": {"SiteShape": {"properties": {"a": member()}}, "SiteDraft": {"properties": {"a": member()}}}
        },
    }
    tidying.tidy(document)
    schemas = document["components"]["schemas"]
    assert schemas["SiteShape"]["properties"]["a"] == {"type": "string", "description": "It"}
    assert schemas["SiteDraft"]["properties"]["a"] == {"anyOf": member()["anyOf"], "description": "It"}
    (parameter,) = document["paths"]["/v2/sites"]["post"]["parameters"]
    assert parameter["schema"] == {"type": "string"}
