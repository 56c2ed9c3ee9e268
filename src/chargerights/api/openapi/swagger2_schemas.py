"""Renders JSON Schema 2020-12, as in OpenAPI 3.1, as schemas of Swagger 2.0.

`AS_IS` and `RENDERED` list the known keywords. Any other raises `CannotRender`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .names import words

Json = dict[str, Any]

OLD_REFS, NEW_REFS = "#/components/schemas/", "#/definitions/"

AS_IS = {
    "type", "format", "title", "description", "default", "enum", "required", "readOnly", "maxLength", "minLength",
    "pattern", "maxItems", "minItems", "uniqueItems", "maximum", "minimum", "multipleOf", "maxProperties",
    "minProperties", "example", "externalDocs", "xml",
}  # fmt: skip
RENDERED = {
    "$ref", "properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf", "const", "examples",
    "exclusiveMinimum", "exclusiveMaximum", "prefixItems", "propertyNames", "deprecated", "writeOnly", "$comment",
}  # fmt: skip
NULL = {"type": "null"}
PLAIN = {"string", "number", "integer", "boolean"}


class CannotRender(ValueError):
    """A construct that Swagger 2.0, or this module, cannot express."""


def each_member(node: Json, where: str, known: Collection[str]) -> Json:
    """Returns the node's extensions.

    Raises CannotRender for members that are neither extensions nor known.
    """
    unknown = [name for name in node if name not in known and not name.startswith("x-")]
    if unknown:
        raise CannotRender(f"{where}: Swagger 2.0 is not written for {', '.join(unknown)}")
    return {name: value for name, value in node.items() if name.startswith("x-")}


def kept(node: Json, *names: str) -> Json:
    return {name: node[name] for name in names if name in node}


def schema(node: Any, where: str) -> Json:
    """Returns the schema in Swagger 2.0."""
    if node is True:
        return {}
    if not isinstance(node, dict):
        raise CannotRender(f"{where}: a schema that is {node!r}")
    extensions = each_member(node, where, AS_IS | RENDERED)
    node, nullable = _without_null(node, where)
    rendered = {name: value for name, value in node.items() if name in AS_IS}
    if nullable:
        rendered["x-nullable"] = True
        if rendered.get("default", ...) is None:
            del rendered["default"]
    _render_values(node, rendered, where)
    _render_parts(node, rendered, where)
    return _beside({**rendered, **extensions})


def _beside(rendered: Json) -> Json:
    """Wraps a reference that has members beside it, which Swagger 2.0 does not allow.

    Enumerations stand where they are used, so that a reference is one to an object.
    """
    if "$ref" not in rendered or len(rendered) == 1:
        return rendered
    others = {name: value for name, value in rendered.items() if name != "$ref"}
    kind = {"type": "object"} if "x-nullable" in others else {}  # readers of x-nullable ask for a type
    return {"allOf": [{"$ref": rendered["$ref"]}], **kind, **others}


def schema_with_extensions(node: Json, where: str) -> tuple[Json, Json]:
    """Returns the schema of an answer or body, and extensions for its owner.

    Connectors need a bare reference, so extensions beside a reference move to the owner.
    """
    rendered = schema(node, where)
    extensions = {name: value for name, value in rendered.items() if name.startswith("x-")}
    if rendered.keys() == {"allOf", *extensions} and len(rendered["allOf"]) == 1:
        return rendered["allOf"][0], extensions
    return rendered, {}


def with_enumerations_inside(openapi: Json) -> Json:
    """Returns the document with enumerations inline.

    Connectors offer the values of inline enumerations as a choice.
    """
    schemas = openapi.get("components", {}).get("schemas", {})
    enumerations = {
        OLD_REFS + name: {key: value for key, value in schema.items() if key not in ("title", "description")}
        for name, schema in schemas.items()
        if "enum" in schema
    }

    def inside(node: Any) -> Any:
        if isinstance(node, list):
            return [inside(part) for part in node]
        if not isinstance(node, dict):
            return node
        copied = {name: inside(part) for name, part in node.items() if name != "$ref" or part not in enumerations}
        return copied if len(copied) == len(node) else {**enumerations[node["$ref"]], **copied}

    whole: Json = inside(openapi)
    for reference in enumerations:
        del whole["components"]["schemas"][reference.removeprefix(OLD_REFS)]
    return whole


def plain_schema(node: Json, schemas: Mapping[str, Json], where: str) -> Json:
    """Returns the schema of a parameter or header.

    In Swagger 2.0 it holds neither references nor objects.
    """
    return _plain(schema(_resolved(node, schemas), where), where)


def _plain(rendered: Json, where: str) -> Json:
    if rendered.get("type") not in {*PLAIN, "array"}:
        raise CannotRender(f"{where}: it has the type {rendered.get('type')!r}; Swagger 2.0 takes plain values here")
    for name in ("title", "description", "example", "x-nullable"):  # the parameter has its own, or is left out
        rendered.pop(name, None)
    if "items" in rendered:
        rendered["items"] = _plain(rendered["items"], f"{where}[]")
    return rendered


def _resolved(node: Json, schemas: Mapping[str, Json]) -> Json:
    """Returns the node with every reference replaced by its schema."""
    if "anyOf" in node:
        return {**node, "anyOf": [_resolved(part, schemas) for part in node["anyOf"]]}
    if isinstance(node.get("items"), dict):
        return {**node, "items": _resolved(node["items"], schemas)}
    if "$ref" in node:
        own = {name: value for name, value in node.items() if name != "$ref"}
        return {**_resolved(schemas[node["$ref"].removeprefix(OLD_REFS)], schemas), **own}
    return node


def _without_null(node: Json, where: str) -> tuple[Json, bool]:
    """Returns the node without null, and whether it allowed null."""
    if isinstance(node.get("type"), list):
        types = [kind for kind in node["type"] if kind != "null"]
        if len(types) != 1:
            raise CannotRender(f"{where}: it has the types {node['type']}; Swagger 2.0 takes one")
        return {**node, "type": types[0]}, len(types) < len(node["type"])
    if node.get("type") == "null":
        raise CannotRender(f"{where}: nothing but null")
    for word in ("anyOf", "oneOf"):
        if NULL in node.get(word, ()):
            return {**node, word: [part for part in node[word] if part != NULL]}, True
    return node, False


def _render_values(node: Json, rendered: Json, where: str) -> None:
    """Renders the keywords about values rather than about other schemas."""
    if "const" in node:
        rendered["enum"] = [node["const"]]
    if "examples" in node:
        rendered["example"] = node["examples"][0]
    if node.get("deprecated"):
        rendered["x-deprecated"] = True
    if node.get("writeOnly"):
        rendered["x-write-only"] = True
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if exclusive in node and bound in node:
            raise CannotRender(f"{where}: it has {bound} and {exclusive}; Swagger 2.0 takes one of them")
        if exclusive in node:
            rendered[bound], rendered[exclusive] = node[exclusive], True


def _render_parts(node: Json, rendered: Json, where: str) -> None:
    """Renders the schemas within."""
    if "$ref" in node:
        rendered["$ref"] = _ref(node["$ref"], where)
    if "properties" in node:
        rendered["properties"] = {
            name: _beside({**schema(part, f"{where}.{name}"), "x-ms-summary": words(name)})
            for name, part in node["properties"].items()
        }
    if "items" in node:
        rendered["items"] = schema(node["items"], f"{where}[]")
    if isinstance(node.get("additionalProperties"), dict):
        rendered["additionalProperties"] = schema(node["additionalProperties"], f"{where}.*")
    elif "additionalProperties" in node:
        rendered["additionalProperties"] = node["additionalProperties"]
    if "allOf" in node:
        rendered["allOf"] = [schema(part, where) for part in node["allOf"]]
    if "propertyNames" in node:
        rendered["x-property-names"] = schema(node["propertyNames"], where)
    if "prefixItems" in node:
        _render_tuple(node["prefixItems"], rendered, where)
    for word, extension in (("anyOf", "x-any-of"), ("oneOf", "x-one-of")):
        if word in node:
            _render_alternatives([schema(part, where) for part in node[word]], extension, rendered)


def _render_alternatives(alternatives: list[Json], extension: str, rendered: Json) -> None:
    """Renders the first of several alternatives, as 2.0 has none.

    Alternatives that are all plain values become a value of any type.
    """
    first, *others = alternatives
    if others and all(alternative.get("type") in PLAIN for alternative in alternatives):
        rendered[extension] = alternatives
        return
    rendered.update({**first, **rendered})
    if others:
        rendered[extension] = others


def _render_tuple(parts: list[Json], rendered: Json, where: str) -> None:
    """Renders a tuple, which 2.0 does not have, as a list of that length.

    Its items are of the one kind of all parts, or anything.
    """
    kinds = [schema(part, where) for part in parts]
    rendered["items"] = kinds[0] if all(kind == kinds[0] for kind in kinds) else {}
    rendered["minItems"] = rendered["maxItems"] = len(parts)


def _ref(ref: str, where: str) -> str:
    if not ref.startswith(OLD_REFS):
        raise CannotRender(f"{where}: a reference to {ref}; only schemas can be referred to")
    return NEW_REFS + ref.removeprefix(OLD_REFS)
