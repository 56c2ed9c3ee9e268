"""Adapts FastAPI's description of v2 to generators of clients.

* Titles that repeat the member's name go.
* Parameters cannot be null: the ones that may be left out are not required.
* Answers never hold null: members without a value are left out, so their types have no null.
* Defaults of members are words, for generators take a member with a `default` for one that must be given. In answers
  such members are always there.
* The member `dryRun` tells an impact, the answer to `dryRun=true`, from the answer to the change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .names import REFS, objects

Json = dict[str, Any]

NULL = {"type": "null"}
IMPACT = "ImpactShape"
UNDESCRIBED = "Successful Response"


def tidy(openapi: Json) -> None:
    """Adapts the document in place, before its schemas are renamed."""
    schemas = openapi["components"]["schemas"]
    taken = _reached(_parts(openapi, "requestBody"), schemas)
    for name, schema in schemas.items():
        for member in schema.get("properties", {}).values():
            member.pop("title", None)
        if name in taken:
            say_defaults(schema)
        else:
            _always_there(schema)
    for operation in (operation for item in openapi["paths"].values() for operation in item.values()):
        for parameter in operation.get("parameters", ()):
            parameter["schema"].pop("title", None)
            parameter["schema"].pop("description", None)
            _drop_null(parameter["schema"])


def describe_bodies(openapi: Json) -> None:
    """Gives bodies without a description that of their schema."""
    schemas = openapi["components"]["schemas"]
    for body in _parts(openapi, "requestBody"):
        for media in body["content"].values():
            name = media["schema"].get("$ref", "").removeprefix(REFS)
            if name in schemas:
                body.setdefault("description", schemas[name]["description"])


def describe_answers(openapi: Json) -> None:
    """Replaces FastAPI's placeholder with a description of the answer."""
    schemas = openapi["components"]["schemas"]
    for responses in _parts(openapi, "responses"):
        for response in responses.values():
            if response["description"] == UNDESCRIBED:
                media: Json = next(iter(response.get("content", {}).values()), {})
                first = media.get("schema", {}).get("oneOf", [media.get("schema", {})])[0]
                described = schemas.get(first.get("$ref", "").removeprefix(REFS), {}).get("description", "")
                dry = " With `dryRun=true`: the impact." if "oneOf" in media.get("schema", {}) else ""
                response["description"] = (
                    described.partition("\n\n")[0] or ("The answer." if media else "Done.")
                ) + dry


def add_impacts(openapi: Json, impact: Json) -> None:
    """Adds the impact and its parts as the answer to `dryRun=true`."""
    schemas = openapi["components"]["schemas"]
    schemas.update(impact.pop("$defs"))
    schemas[IMPACT] = impact
    shown = {"$ref": REFS + IMPACT}
    for operation in (operation for item in openapi["paths"].values() for operation in item.values()):
        if not any(parameter["name"] == "dryRun" for parameter in operation.get("parameters", ())):
            continue
        ok = operation["responses"].setdefault("200", {"description": "With `dryRun=true`: the impact.", "content": {}})
        content = ok["content"].setdefault("application/json", {})
        content["schema"] = {"oneOf": [content["schema"], {**shown}]} if "schema" in content else {**shown}


def _parts(openapi: Json, member: str) -> Iterator[Any]:
    for item in openapi["paths"].values():
        yield from (operation[member] for operation in item.values() if member in operation)


def _reached(roots: Iterator[Any], schemas: Json) -> set[str]:
    """Returns the names of all schemas that the roots refer to."""
    names: set[str] = set()
    waiting = [*roots]
    while waiting:
        for node in objects(waiting.pop()):
            name = str(node.get("$ref", "")).removeprefix(REFS)
            if name and name not in names:
                names.add(name)
                waiting.append(schemas[name])
    return names


def say_defaults(body: Json) -> None:
    """Moves the defaults of a body's members into their descriptions."""
    for member in body.get("properties", {}).values():
        default = member.pop("default", None)
        if default is not None:
            described = f"{member['description'].rstrip('.')}. " if "description" in member else ""
            member["description"] = f"{described}Default: {json.dumps(default)}"


def _always_there(answer: Json) -> None:
    """Makes members with a default required, and takes null out of the others.

    An answer always holds the former. It leaves out the latter when they have no value.
    """
    for name, member in answer.get("properties", {}).items():
        _drop_null(member)
        if "default" in member:
            del member["default"]
            answer.setdefault("required", []).append(name)


def _drop_null(schema: Json) -> None:
    """Takes null out of a schema, also as the default."""
    if NULL not in schema.get("anyOf", ()):
        return
    others = [other for other in schema.pop("anyOf") if other != NULL]
    if schema.get("default", ...) is None:
        del schema["default"]
    described = {**schema}
    schema.clear()
    schema.update(others[0] if len(others) == 1 else {"anyOf": others})
    schema.update(described)
