"""Whether a JSON value is as a schema of a document says."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator

from chargerights.api.openapi import v1

Json = dict[str, Any]


def valid(instance: Any, schema: Json, schemas: Json) -> bool:
    """`schemas`: what the document has under components/schemas. Formats count."""
    whole = {**schema, "components": {"schemas": schemas}}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(instance)


def require_exact(instance: Any, shape: str) -> None:
    """Fails unless the value is that object of v1, or with `[]` a list of them, without undocumented members."""
    _exact(shape).validate(instance)


@cache
def _exact(shape: str) -> jsonschema_rs.Validator:
    reference = {"$ref": f"#/components/schemas/{shape.removesuffix('[]')}"}
    whole = {"type": "array", "items": reference} if shape.endswith("[]") else reference
    schemas = {name: _strict(schema) for name, schema in v1.schemas().items()}
    return jsonschema_rs.Draft202012Validator({**whole, "components": {"schemas": schemas}}, validate_formats=True)


def _strict(schema: Any) -> Any:
    """The schema, taking no other members than its own and no number that its format cannot hold."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {name: _strict(part) for name, part in schema.items()}
    if isinstance(schema.get("properties"), dict):
        strict["additionalProperties"] = False
    if schema.get("format") in ("int32", "int64"):
        bits = int(schema["format"].removeprefix("int"))
        strict |= {"minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}
    return strict
