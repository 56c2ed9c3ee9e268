"""Checks operators' calls by the official schemas.

A charger is sent nothing that its version of OCPP cannot express.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson

from .ocpp_j import V16, V21, V201

_FILES = {V16: "v16/schemas/{}.json", V201: "v201/schemas/{}Request.json", V21: "v21/schemas/{}Request.json"}


class Unsayable(Exception):
    """A call that a version of OCPP cannot say."""


def require(version: str, action: str, payload: dict[str, Any]) -> None:
    """Raises Unsayable when the schema refuses the payload.

    The text holds no value, which may be secret.
    """
    schema, validator = _official(version, action)
    error = next(validator.iter_errors(payload), None)
    if error is not None:
        place = ".".join(map(str, error.instance_path)) or action
        raise Unsayable(f"OCPP {version.removeprefix('ocpp')}, in which {place} {_said(schema, error)}")


def _said(schema: dict[str, Any], error: jsonschema_rs.ValidationError) -> str:
    """The rule of the schema that is broken, in words."""
    *path, rule = error.schema_path
    part: Any = schema
    for step in path:
        part = part[step]
        if step == "$ref":
            part = schema["definitions"][str(part).rpartition("/")[2]]
    if rule == "enum":
        return f"must be one of {', '.join(part['enum'])}"
    if rule == "maxLength":
        return f"can have at most {part['maxLength']} characters"
    return f"must keep the rule {rule!r}"


@cache
def _official(version: str, action: str) -> tuple[dict[str, Any], jsonschema_rs.Validator]:
    file = files("ocpp") / _FILES[version].format(action)
    schema = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    return schema, jsonschema_rs.validator_for(schema)
