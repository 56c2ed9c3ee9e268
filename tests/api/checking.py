"""Whether a JSON value is as a schema of a document says."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]


def valid(instance: Any, schema: Json, schemas: Json) -> bool:
    """`schemas`: what the document has under components/schemas. Formats count."""
    whole = {**schema, "components": {"schemas": schemas}}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).is_valid(instance)
