"""Every construct of OpenAPI 3.1 becomes one of Swagger 2.0 of the same meaning, or is refused by name."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, OpenAPIV31SpecValidator

from chargerights.api.openapi.swagger2 import swagger2
from chargerights.api.openapi.swagger2_schemas import CannotRender, plain_schema, schema

Json = dict[str, Any]

WRONG: Json = {"description": "Wrong"}
BODY = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Site"}}}, "required": True}
SMALL: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Small", "version": "1", "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
    "servers": [{"url": "/"}],
    "tags": [{"name": "Sites"}],
    "security": [{"key": []}, {"bearer": []}],
    "paths": {
        "/sites/{siteId}": {
            "parameters": [{"name": "siteId", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "put": {
                "operationId": "putSite",
                "summary": "Put a site",
                "x-ms-visibility": "important",
                "requestBody": BODY,
                "responses": {
                    "200": {
                        "description": "The site",
                        "headers": {"ETag": {"description": "Its state", "schema": {"type": "string"}}},
                        "content": {
                            "application/json": {
                                "schema": {"$ref": "#/components/schemas/Site"},
                                "examples": {"one": {"value": {"id": 7}}, "other": {"value": {"id": 8}}},
                            }
                        },
                    },
                    "400": {
                        "description": "Wrong",
                        "content": {"text/plain": {"schema": {"type": "string"}, "example": "no"}},
                    },
                },
            },
        }
    },
    "components": {
        "schemas": {
            "Site": {
                "type": "object",
                "properties": {
                    "id": {"type": "integer"},
                    "subsites": {"type": "array", "items": {"$ref": "#/components/schemas/Site"}},
                },
            },
            "Kind": {"type": "string", "enum": ["A", "B"]},
        },
        "securitySchemes": {
            "bearer": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        },
    },
}


def render(document: Json) -> Json:
    return swagger2(document)


def operation(document: Json) -> Json:
    return document["paths"]["/sites/{siteId}"]["put"]


def test_a_small_document_becomes_a_valid_one_and_is_left_as_it_was() -> None:
    before = deepcopy(SMALL)
    OpenAPIV31SpecValidator(SMALL).validate()
    rendered = render(SMALL)
    OpenAPIV2SpecValidator(rendered).validate()
    assert before == SMALL
    assert rendered["swagger"] == "2.0"
    license = {"name": "Apache-2.0", "url": "https://spdx.org/licenses/Apache-2.0.html"}
    assert rendered["info"] == {"title": "Small", "version": "1", "license": license}


def test_a_body_is_a_parameter_and_shared_parameters_are_each_operation_s() -> None:
    parameters = operation(render(SMALL))["parameters"]
    assert [(each["name"], each["in"], each["required"]) for each in parameters] == [
        ("siteId", "path", True),
        ("body", "body", True),
    ]
    assert (parameters[0]["type"], parameters[0]["x-ms-summary"]) == ("integer", "Site ID")
    assert parameters[1]["schema"] == {"$ref": "#/definitions/Site"}


def test_an_answer_has_one_schema_its_headers_and_the_first_example_of_a_media_type() -> None:
    found = operation(render(SMALL))
    assert found["produces"] == ["application/json", "text/plain"]
    assert found["responses"] == {
        "200": {
            "description": "The site",
            "headers": {"ETag": {"description": "Its state", "type": "string"}},
            "schema": {"$ref": "#/definitions/Site"},
            "examples": {"application/json": {"id": 7}},
        },
        "400": {"description": "Wrong", "schema": {"type": "string"}, "examples": {"text/plain": "no"}},
    }


def test_an_answer_of_two_shapes_has_a_bare_reference_and_names_the_other_beside_it() -> None:
    document = deepcopy(SMALL)
    shapes = {"oneOf": [{"$ref": "#/components/schemas/Site"}, {"type": "object"}]}
    operation(document)["responses"]["200"]["content"]["application/json"] = {"schema": shapes}
    rendered = render(document)
    OpenAPIV2SpecValidator(rendered).validate()
    answer = operation(rendered)["responses"]["200"]
    assert (answer["schema"], answer["x-one-of"]) == ({"$ref": "#/definitions/Site"}, [{"type": "object"}])


def test_an_enumeration_stands_where_it_is_used() -> None:
    document = deepcopy(SMALL)
    kind = {"$ref": "#/components/schemas/Kind", "description": "Which"}
    document["components"]["schemas"]["Site"]["properties"]["kind"] = kind
    definitions = render(document)["definitions"]
    assert definitions.keys() == {"Site"}
    assert definitions["Site"]["properties"]["kind"] == {
        "type": "string",
        "enum": ["A", "B"],
        "description": "Which",
        "x-ms-summary": "Kind",
    }


def test_extensions_are_kept() -> None:
    assert operation(render(SMALL))["x-ms-visibility"] == "important"


def test_a_schema_that_holds_itself_stays_a_reference() -> None:
    subsites = render(SMALL)["definitions"]["Site"]["properties"]["subsites"]
    assert subsites["items"] == {"$ref": "#/definitions/Site"}


def test_of_the_ways_to_authenticate_the_key_in_a_header_is_the_one() -> None:
    rendered = render(SMALL)
    assert rendered["securityDefinitions"] == {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    assert rendered["security"] == [{"key": []}]
    assert "security" not in operation(rendered)


def test_an_operation_without_authentication_stays_without() -> None:
    document = deepcopy(SMALL)
    operation(document)["security"] = []
    assert operation(render(document))["security"] == []


@pytest.mark.parametrize(
    ("node", "rendered"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "string", "x-nullable": True}),
        ({"type": ["integer", "null"], "default": None}, {"type": "integer", "x-nullable": True}),
        (
            {"anyOf": [{"$ref": "#/components/schemas/Site"}, {"type": "null"}], "description": "Where"},
            {
                "allOf": [{"$ref": "#/definitions/Site"}],
                "type": "object",
                "description": "Where",
                "x-nullable": True,
            },
        ),
        (
            {"anyOf": [{"$ref": "#/components/schemas/Site"}, {"type": "array", "items": {"type": "integer"}}]},
            {
                "allOf": [{"$ref": "#/definitions/Site"}],
                "x-any-of": [{"type": "array", "items": {"type": "integer"}}],
            },
        ),
        (
            {"oneOf": [{"type": "integer"}, {"type": "string"}]},
            {"x-one-of": [{"type": "integer"}, {"type": "string"}]},
        ),
        ({"const": "key"}, {"enum": ["key"]}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        ({"type": "number", "exclusiveMaximum": 9}, {"type": "number", "maximum": 9, "exclusiveMaximum": True}),
        (
            {"type": "array", "prefixItems": [{"type": "number"}, {"type": "number"}]},
            {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "number"}, {"type": "string"}]},
            {"type": "array", "items": {}, "minItems": 2, "maxItems": 2},
        ),
        ({"type": "string", "deprecated": True}, {"type": "string", "x-deprecated": True}),
        ({"type": "string", "writeOnly": True}, {"type": "string", "x-write-only": True}),
        ({"allOf": [{"$ref": "#/components/schemas/Site"}]}, {"allOf": [{"$ref": "#/definitions/Site"}]}),
        (
            {"type": "object", "additionalProperties": {"type": ["string", "null"]}, "propertyNames": {"minLength": 1}},
            {
                "type": "object",
                "additionalProperties": {"type": "string", "x-nullable": True},
                "x-property-names": {"minLength": 1},
            },
        ),
        ({"type": "object", "additionalProperties": False}, {"type": "object", "additionalProperties": False}),
        ({"type": "array", "items": True}, {"type": "array", "items": {}}),
        (
            {"properties": {"homeSiteId": {"type": "integer", "x-mine": 1}}},
            {"properties": {"homeSiteId": {"type": "integer", "x-mine": 1, "x-ms-summary": "Home Site ID"}}},
        ),
    ],
)
def test_a_schema_is_said_in_the_words_of_swagger(node: Json, rendered: Json) -> None:
    assert schema(node, "it") == rendered


@pytest.mark.parametrize(
    ("node", "named"),
    [
        ({"patternProperties": {"^x": {}}}, "patternProperties"),
        ({"not": {"type": "string"}}, "not"),
        ({"type": "object", "properties": {"a": {"if": {}}}}, r"it\.a: .*if"),
        ({"type": "array", "items": {"$defs": {}}}, r"it\[\]: .*defs"),
        ({"type": "null"}, "nothing but null"),
        ({"type": ["string", "integer"]}, "takes one"),
        ({"$ref": "#/components/responses/Wrong"}, "only schemas"),
        ({"items": False}, "a schema that is False"),
        ({"minimum": 1, "exclusiveMinimum": 0}, "takes one of them"),
    ],
)
def test_a_schema_that_swagger_has_no_words_for_is_refused_by_name(node: Json, named: str) -> None:
    with pytest.raises(CannotRender, match=named):
        schema(node, "it")


def test_a_parameter_s_schema_is_plain_whatever_it_refers_to() -> None:
    kinds = SMALL["components"]["schemas"]
    nullable = {"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}], "title": "Kind"}
    assert plain_schema({"$ref": "#/components/schemas/Kind"}, kinds, "it") == {"type": "string", "enum": ["A", "B"]}
    assert plain_schema(nullable, kinds, "it") == {"type": "string", "enum": ["A", "B"]}
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Kind"}}
    assert plain_schema(listed, kinds, "it")["items"] == {"type": "string", "enum": ["A", "B"]}
    site = {"$ref": "#/components/schemas/Site"}
    for refused in (site, {"type": "array", "items": site}):
        with pytest.raises(CannotRender, match="plain values"):
            plain_schema(refused, kinds, "it")


@pytest.mark.parametrize(("more", "format"), [({}, "multi"), ({"explode": False}, "csv")])
def test_a_list_in_the_query_says_how_it_is_written(more: Json, format: str) -> None:
    document = deepcopy(SMALL)
    listed = {"name": "ids", "in": "query", "schema": {"type": "array", "items": {"type": "integer"}}, **more}
    operation(document)["parameters"] = [{**listed, "example": [7], "deprecated": True}]
    rendered = render(document)
    OpenAPIV2SpecValidator(rendered).validate()
    found = operation(rendered)["parameters"][1]
    assert (found["collectionFormat"], found["x-example"], found["x-deprecated"]) == (format, [7], True)


def test_ranges_of_statuses_with_one_answer_are_its_default() -> None:
    document = deepcopy(SMALL)
    operation(document)["responses"] = {"200": {"description": "It"}, "4XX": WRONG, "5XX": WRONG}
    OpenAPIV31SpecValidator(document).validate()
    rendered = render(document)
    OpenAPIV2SpecValidator(rendered).validate()
    assert operation(rendered)["responses"] == {"200": {"description": "It"}, "default": WRONG}


def test_links_of_an_answer_are_left_out() -> None:
    document = deepcopy(SMALL)
    operation(document)["responses"]["200"]["links"] = {"again": {"operationId": "putSite"}}
    OpenAPIV31SpecValidator(document).validate()
    assert render(document) == render(SMALL)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda it: it.update(webhooks={}), "webhooks"),
        (lambda it: it["components"].update(responses={}), "components: .*responses"),
        (lambda it: it["info"].update(summary="short"), "summary"),
        (lambda it: it["components"]["securitySchemes"].pop("key"), "no security scheme"),
        (lambda it: it["paths"]["/sites/{siteId}"].update(trace={}), "trace"),
        (lambda it: operation(it).update(callbacks={}), "PUT /sites/.*callbacks"),
        (lambda it: operation(it).update(security=[{"bearer": []}]), "does not offer key"),
        (lambda it: operation(it).pop("operationId"), "operationId"),
        (
            lambda it: it["paths"].update({"/again": {"get": {**operation(it), "parameters": []}}}),
            "another operation's",
        ),
        (
            lambda it: operation(it).update(parameters=[{"name": "k", "in": "cookie", "schema": {"type": "string"}}]),
            "'cookie'",
        ),
        (lambda it: operation(it).update(requestBody={"content": {"multipart/form-data": {}}}), "multipart"),
        (
            lambda it: operation(it)["responses"]["200"]["content"].update(
                {"text/csv": {"schema": {"type": "string"}}}
            ),
            "different schemas",
        ),
        (lambda it: operation(it)["responses"]["200"].update(summary="It"), "200: .*summary"),
        (lambda it: operation(it)["responses"].update({"4XX": WRONG, "5XX": {"description": "Ours"}}), "ranges"),
        (lambda it: operation(it)["responses"].update({"4XX": WRONG, "default": WRONG}), "ranges"),
    ],
)
def test_what_swagger_cannot_say_is_refused_by_name(change: Any, named: str) -> None:
    document = deepcopy(SMALL)
    change(document)
    with pytest.raises(CannotRender, match=named):
        render(document)
