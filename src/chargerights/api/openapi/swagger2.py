"""Renders an OpenAPI 3.1 document as Swagger 2.0.

The result can be imported as a custom connector of Microsoft Power Platform. Such a connector takes Swagger 2.0 with
one way to authenticate, and shows `summary`, `description` and `x-ms-summary` to the people that build flows. What
2.0 cannot say becomes an extension of the same meaning (`x-nullable`, `x-any-of`). Any other unknown construct raises
`CannotRender`: a member dropped silently would be noticed only by callers of the API.

Schemas are rendered in swagger2_schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .names import words
from .swagger2_schemas import (
    CannotRender,
    Json,
    each_member,
    kept,
    plain_schema,
    schema,
    schema_with_extensions,
    with_enumerations_inside,
)

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
JSON, FILE = "application/json", "application/octet-stream"
COLLECTION_FORMATS = {True: "multi", False: "csv"}


def swagger2(openapi: Json) -> Json:
    """Returns the document in Swagger 2.0, without the API's address.

    The argument is left unchanged.
    """
    known = {"openapi", "info", "servers", "tags", "paths", "components", "security", "jsonSchemaDialect"}
    openapi = with_enumerations_inside(openapi)
    extensions = each_member(openapi, "the document", known)
    components = openapi.get("components", {})
    each_member(components, "components", {"schemas", "securitySchemes"})
    name, scheme = _the_scheme(components.get("securitySchemes", {}))
    return {
        "swagger": "2.0",
        "info": _info(openapi["info"]),
        "consumes": [JSON],
        "produces": [JSON],
        **kept(openapi, "tags"),
        "securityDefinitions": {name: scheme},
        "security": [{name: []}],
        "paths": _Paths(components.get("schemas", {}), name, openapi.get("security", [])).render(openapi["paths"]),
        "definitions": {key: schema(part, key) for key, part in components.get("schemas", {}).items()},
        **extensions,
    }


def _info(info: Json) -> Json:
    extensions = each_member(info, "info", {"title", "version", "description", "termsOfService", "contact", "license"})
    rendered = {**kept(info, "title", "version", "description", "termsOfService", "contact"), **extensions}
    if "license" in info:
        rendered["license"] = kept(info["license"], "name", "url")
        if "identifier" in info["license"]:  # which 2.0 does not have
            rendered["license"]["url"] = f"https://spdx.org/licenses/{info['license']['identifier']}.html"
    return rendered


def _the_scheme(schemes: Mapping[str, Json]) -> tuple[str, Json]:
    """Returns the way to authenticate of a connector: the first key in a header."""
    for name, scheme in schemes.items():
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            return name, kept(scheme, "type", "in", "name", "description")
    raise CannotRender("no security scheme is a key in a header: Swagger 2.0 is given that one")


class _Paths:
    """Renders the operations, and holds what all of them need."""

    def __init__(self, schemas: Mapping[str, Json], scheme: str, security: list[Json]) -> None:
        self._schemas = schemas
        self._scheme = scheme
        self._security = security
        self._seen: set[str] = set()

    def render(self, paths: Mapping[str, Json]) -> Json:
        rendered = {}
        for path, item in paths.items():
            extensions = each_member(item, path, {*METHODS, "parameters", "summary", "description"})
            operations = {
                method: self._operation(item[method], item.get("parameters", []), f"{method.upper()} {path}")
                for method in METHODS
                if method in item
            }
            rendered[path] = {**operations, **extensions}
        return rendered

    def _operation(self, operation: Json, shared: list[Json], where: str) -> Json:
        known = {
            "operationId", "summary", "description", "tags", "deprecated", "externalDocs",
            "parameters", "requestBody", "responses", "security",
        }  # fmt: skip
        extensions = each_member(operation, where, known)
        parameters = [self._parameter(part, where) for part in [*shared, *operation.get("parameters", [])]]
        rendered = {
            "operationId": self._operation_id(operation, where),
            **kept(operation, "summary", "description", "tags", "deprecated", "externalDocs"),
        }
        if "requestBody" in operation:
            parameters.append(self._body(operation["requestBody"], where))
            rendered |= _consumes(operation["requestBody"])
        media_types = _media_types(operation["responses"])
        if media_types:
            rendered["produces"] = media_types
        if parameters:
            rendered["parameters"] = parameters
        rendered["responses"] = {
            status: self._response(response, f"{where}, {status}")
            for status, response in _without_ranges(operation["responses"], where).items()
        }
        security = operation.get("security", self._security)
        if not security:
            rendered["security"] = []
        elif {self._scheme: []} not in security:
            raise CannotRender(f"{where}: its security does not offer {self._scheme}, the one a connector has")
        return {**rendered, **extensions}

    def _operation_id(self, operation: Json, where: str) -> str:
        operation_id: str = operation.get("operationId", "")
        if not operation_id or operation_id in self._seen:
            raise CannotRender(f"{where}: its operationId {operation_id!r} is missing or another operation's too")
        self._seen.add(operation_id)
        return operation_id

    def _parameter(self, parameter: Json, where: str) -> Json:
        where = f"{where}, parameter {parameter.get('name')}"
        known = {"name", "in", "required", "description", "deprecated", "schema", "explode", "example", "examples"}
        extensions = each_member(parameter, where, known)
        if parameter["in"] not in ("query", "path", "header"):
            raise CannotRender(f"{where}: it is in {parameter['in']!r}; Swagger 2.0 has query, path and header")
        plain = plain_schema(parameter["schema"], self._schemas, where)
        if plain["type"] == "array":
            plain["collectionFormat"] = COLLECTION_FORMATS[parameter.get("explode", parameter["in"] == "query")]
        rendered = {
            **kept(parameter, "name", "in", "description"),
            "required": parameter.get("required", False),
            "x-ms-summary": words(parameter["name"]),
            **plain,
        }
        for example in _examples(parameter)[:1]:
            rendered["x-example"] = example
        if parameter.get("deprecated"):
            rendered["x-deprecated"] = True
        return {**rendered, **extensions}

    def _body(self, body: Json, where: str) -> Json:
        where = f"{where}, body"
        extensions = each_member(body, where, {"description", "required", "content"})
        if [*body["content"]] not in ([JSON], [FILE]):
            raise CannotRender(f"{where}: it is {', '.join(body['content'])}; only {JSON} or {FILE} is rendered")
        (media,) = body["content"].values()
        each_member(media, where, {"schema", "example", "examples"})
        described, beside = schema_with_extensions(media["schema"], where)
        rendered = {
            "name": "body",
            "in": "body",
            **kept(body, "description"),
            "required": body.get("required", False),
            "x-ms-summary": "Body",
            "schema": described,
            **beside,
        }
        for example in _examples(media)[:1]:
            rendered["x-example"] = example
        return {**rendered, **extensions}

    def _response(self, response: Json, where: str) -> Json:
        known = {"description", "headers", "content", "links"}  # links lead on, but say nothing of this answer
        extensions = each_member(response, where, known)
        rendered = kept(response, "description")
        if headers := response.get("headers"):
            rendered["headers"] = {name: self._header(header, f"{where}, {name}") for name, header in headers.items()}
        content = response.get("content", {})
        for media in content.values():
            each_member(media, where, {"schema", "example", "examples"})
        described = [media["schema"] for media in content.values() if "schema" in media]
        if any(other != described[0] for other in described):
            raise CannotRender(f"{where}: its media types have different schemas; Swagger 2.0 has one per status")
        if described:
            rendered["schema"], beside = schema_with_extensions(described[0], where)
            rendered |= beside
        examples = {name: shown[0] for name, media in content.items() if (shown := _examples(media))}
        if examples:
            rendered["examples"] = examples
        return {**rendered, **extensions}

    def _header(self, header: Json, where: str) -> Json:
        extensions = each_member(header, where, {"description", "schema"})
        return {**kept(header, "description"), **plain_schema(header["schema"], self._schemas, where), **extensions}


def _consumes(body: Json) -> Json:
    """Returns the media types of a body that is not JSON."""
    return {} if JSON in body["content"] else {"consumes": [*body["content"]]}


def _without_ranges(responses: Mapping[str, Json], where: str) -> dict[str, Json]:
    """Replaces ranges of statuses such as 4XX, which 2.0 does not have.

    If all ranges have the same answer, it becomes the `default`.
    """
    ranges = [response for status, response in responses.items() if status.endswith("XX")]
    if not ranges:
        return dict(responses)
    if "default" in responses or any(other != ranges[0] for other in ranges):
        raise CannotRender(f"{where}: its ranges of statuses have different answers; Swagger 2.0 has one default")
    single = {status: response for status, response in responses.items() if not status.endswith("XX")}
    return single | {"default": ranges[0]}


def _media_types(responses: Mapping[str, Json]) -> list[str]:
    return list(dict.fromkeys(name for response in responses.values() for name in response.get("content", {})))


def _examples(shown: Json) -> list[Any]:
    """Returns the examples of a parameter or media type, bare or named."""
    bare = [shown["example"]] if "example" in shown else []
    return bare + [example["value"] for example in shown.get("examples", {}).values()]
