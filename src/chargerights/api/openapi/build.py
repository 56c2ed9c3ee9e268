"""Builds the published documents from the routes and from what FastAPI cannot know.

`make docs` writes them to the files that `pages` serves. A running server builds nothing.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ... import __version__
from ..common.errors import V1_PREFIX
from ..v1.contract.descriptions import IDS, OPERATIONS, TAGS
from ..v1.contract.descriptions import operation as described_operation
from ..v1.contract.wire import Json
from ..v1.contract.wire_bodies import schemas
from ..v2.impact import ImpactShape
from ..v2.shapes import PROBLEM_SCHEMA
from . import links, names
from .pages import TITLE
from .swagger2 import METHODS
from .tidying import add_impacts, describe_bodies, say_defaults, tidy

DESCRIPTION = (
    "Knows who may charge where. Lists the drivers who hold a right at sites and chargers, with their tags, sites"
    " and chargers, and decides for every charger from the same rights."
)
LICENSE = {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
SECURITY_SCHEMES: dict[str, Json] = {
    "header": {
        "type": "apiKey",
        "in": "header",
        "name": "x-api-key",
        "description": "A key of the customer. The way to prefer: headers do not end up in logs.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same key as `Authorization: Bearer …`."},
    "query": {
        "type": "apiKey",
        "in": "query",
        "name": "code",
        "description": "The same key in the address, for clients that can send no header. Only under /api.",
    },
}
ANY_HEADER: list[Json] = [{"header": []}, {"bearer": []}]
ANY_WAY: list[Json] = [*ANY_HEADER, {"query": []}]


def document(app: FastAPI) -> Json:
    """Builds the OpenAPI document of the app's routes."""
    return complete(
        get_openapi(title=TITLE, version=__version__, description=DESCRIPTION, license_info=LICENSE, routes=app.routes)
    )


def text(document: Json) -> str:
    """Formats a document, one member a line, so that a diff shows each change of the API."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def complete(openapi: Json) -> Json:
    """The document with what FastAPI cannot know: v1's schemas, the ways to authenticate, the words for tags
    and ids, the links.

    Takes out what FastAPI adds and no route of ours answers: its 422. Where a route declares a parameter that
    the table of operations describes, the table's words win. The argument is left as it was.
    """
    whole: Json = json.loads(json.dumps(openapi))  # no part of it twice in memory: parts are changed in place
    components = whole.setdefault("components", {})
    defined = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        defined.pop(name, None)
    defined["Problem"] = PROBLEM_SCHEMA
    v2 = {**whole, "paths": {path: item for path, item in whole["paths"].items() if not path.startswith(V1_PREFIX)}}
    add_impacts(v2, ImpactShape.model_json_schema(mode="serialization", ref_template=names.REFS + "{model}"))
    tidy(v2)
    names.publish(v2)
    defined = components["schemas"]
    for name, schema in schemas().items():
        say_defaults(schema)
        if defined.setdefault(name, schema) != schema:
            raise ValueError(f"a schema of another interface is called {name}, as one of v1: rename it")
    components["securitySchemes"] = SECURITY_SCHEMES
    whole["security"] = ANY_HEADER
    whole["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()] + whole.get("tags", [])
    for operation in (item[method] for item in whole["paths"].values() for method in METHODS if method in item):
        _complete_operation(operation)
    describe_bodies(whole)
    names.name_enumerations(whole)
    links.add(whole)
    components["schemas"] = dict(sorted(components["schemas"].items()))
    return whole


def _complete_operation(operation: Json) -> None:
    responses = operation["responses"]
    if _is_default_422(responses.get("422")):
        del responses["422"]
    if operation.get("operationId") in OPERATIONS:
        described = described_operation(operation["operationId"])
        # Once more: FastAPI leaves members that are null out of examples.
        responses.update({str(status): each for status, each in described["responses"].items()})
        operation.update(copy.deepcopy(described["openapi_extra"]) | {"parameters": operation["parameters"]})
        operation["parameters"] = [*{(each["in"], each["name"]): each for each in operation["parameters"]}.values()]
        operation["security"] = ANY_WAY
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in IDS:
            parameter.setdefault("description", IDS[parameter["name"]])


def _is_default_422(response: Any) -> bool:
    return response is not None and "HTTPValidationError" in str(response.get("content"))
