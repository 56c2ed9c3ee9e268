"""JSON Schema 2020-12, as OpenAPI 3.1 has it, as the schemas of Swagger 2.0.

One table says what becomes of every keyword; a keyword that is not in it raises `CannotRender`.
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
    """The document holds something that Swagger 2.0, or this module, has no words for."""


def each_member(node: Json, where: str, known: Collection[str]) -> Json:
    """The node's extensions. Raises if it has members that are neither extensions nor known."""
    unknown = [name for name in node if name not in known and not name.startswith("x-")]
    if unknown:
        raise CannotRender(f"{where}: Swagger 2.0 is not written for {', '.join(unknown)}")
    return {name: value for name, value in node.items() if name.startswith("x-")}


def kept(node: Json, *names: str) -> Json:
    return {name: node[name] for name in names if name in node}


def schema(node: Any, where: str) -> Json:
    """The schema in Swagger 2.0."""
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
    """Returns the schema of an answer or body, and the extensions that belong to its owner.

    A connector reads a bare reference, so the extensions of one move outside.
    """
    rendered = schema(node, where)
    extensions = {name: value for name, value in rendered.items() if name.startswith("x-")}
    if rendered.keys() == {"allOf", *extensions} and len(rendered["allOf"]) == 1:
        return rendered["allOf"][0], extensions
    return rendered, {}


def with_enumerations_inside(openapi: Json) -> Json:
    """Returns the document with each enumeration where it is used: connectors offer only such values as a choice."""
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
        found = {name: inside(part) for name, part in node.items() if name != "$ref" or part not in enumerations}
        return found if len(found) == len(node) else {**enumerations[node["$ref"]], **found}

    whole: Json = inside(openapi)
    for reference in enumerations:
        del whole["components"]["schemas"][reference.removeprefix(OLD_REFS)]
    return whole


def plain_schema(node: Json, schemas: Mapping[str, Json], where: str) -> Json:
    """The schema of a parameter or header, which in Swagger 2.0 holds no reference and no object."""
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
    """The node with the schema it refers to, or may refer to, in the reference's place."""
    if "anyOf" in node:
        return {**node, "anyOf": [_resolved(each, schemas) for each in node["anyOf"]]}
    if isinstance(node.get("items"), dict):
        return {**node, "items": _resolved(node["items"], schemas)}
    if "$ref" in node:
        own = {name: value for name, value in node.items() if name != "$ref"}
        return {**_resolved(schemas[node["$ref"].removeprefix(OLD_REFS)], schemas), **own}
    return node


def _without_null(node: Json, where: str) -> tuple[Json, bool]:
    """The node without the null it may hold, and whether it held one."""
    if isinstance(node.get("type"), list):
        types = [each for each in node["type"] if each != "null"]
        if len(types) != 1:
            raise CannotRender(f"{where}: it has the types {node['type']}; Swagger 2.0 takes one")
        return {**node, "type": types[0]}, len(types) < len(node["type"])
    if node.get("type") == "null":
        raise CannotRender(f"{where}: nothing but null")
    for word in ("anyOf", "oneOf"):
        if NULL in node.get(word, ()):
            return {**node, word: [each for each in node[word] if each != NULL]}, True
    return node, False


def _render_values(node: Json, rendered: Json, where: str) -> None:
    """What a schema says of values rather than of other schemas."""
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
    """The schemas within."""
    if "$ref" in node:
        rendered["$ref"] = _ref(node["$ref"], where)
    if "properties" in node:
        rendered["properties"] = {
            name: _beside({**schema(each, f"{where}.{name}"), "x-ms-summary": words(name)})
            for name, each in node["properties"].items()
        }
    if "items" in node:
        rendered["items"] = schema(node["items"], f"{where}[]")
    if isinstance(node.get("additionalProperties"), dict):
        rendered["additionalProperties"] = schema(node["additionalProperties"], f"{where}.*")
    elif "additionalProperties" in node:
        rendered["additionalProperties"] = node["additionalProperties"]
    if "allOf" in node:
        rendered["allOf"] = [schema(each, where) for each in node["allOf"]]
    if "propertyNames" in node:
        rendered["x-property-names"] = schema(node["propertyNames"], where)
    if "prefixItems" in node:
        _render_tuple(node["prefixItems"], rendered, where)
    for word, extension in (("anyOf", "x-any-of"), ("oneOf", "x-one-of")):
        if word in node:
            _render_alternatives([schema(each, where) for each in node[word]], extension, rendered)


def _render_alternatives(alternatives: list[Json], extension: str, rendered: Json) -> None:
    """Swagger 2.0 has no alternatives: the first stands for all, or, of plain values, a value of any type."""
    first, *others = alternatives
    if others and all(each.get("type") in PLAIN for each in alternatives):
        rendered[extension] = alternatives
        return
    rendered.update({**first, **rendered})
    if others:
        rendered[extension] = others


def _render_tuple(parts: list[Json], rendered: Json, where: str) -> None:
    """Swagger 2.0 has no tuples: a list of that length, of the one kind of part or of anything."""
    kinds = [schema(each, where) for each in parts]
    rendered["items"] = kinds[0] if all(each == kinds[0] for each in kinds) else {}
    rendered["minItems"] = rendered["maxItems"] = len(parts)


def _ref(ref: str, where: str) -> str:
    if not ref.startswith(OLD_REFS):
        raise CannotRender(f"{where}: a reference to {ref}; only schemas can be referred to")
    return NEW_REFS + ref.removeprefix(OLD_REFS)
