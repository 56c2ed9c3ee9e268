"""Builds the published documents from the routes, v1's contract and texts.

`make docs` writes them to the files that `pages` serves. A running server builds nothing.
"""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ... import __version__
from ..v2.impact import ImpactShape
from ..v2.shapes import PROBLEM_SCHEMA
from . import links, names, texts, tidying, v1
from .pages import TITLE
from .swagger2 import METHODS

Json = dict[str, Any]


def document(app: FastAPI) -> Json:
    """Builds the OpenAPI document of the app.

    The operations of v1 come from its contract, those of v2 from the routes.
    """
    written = get_openapi(
        title=TITLE,
        version=__version__,
        description=texts.DESCRIPTION,
        license_info=texts.LICENSE,
        tags=[{"name": name, "description": text} for name, text in texts.TAGS.items()],
        routes=app.routes,
    )
    openapi: Json = json.loads(json.dumps(written))  # no part of it twice in memory: parts are changed in place
    _complete_v2(openapi)
    _add_v1(openapi)
    openapi["components"]["securitySchemes"] = texts.SECURITY_SCHEMES
    openapi["security"] = texts.ANY_HEADER
    tidying.describe_bodies(openapi)
    tidying.describe_answers(openapi)
    names.name_enumerations(openapi)
    links.add(openapi)
    openapi["components"]["schemas"] = dict(sorted(openapi["components"]["schemas"].items()))
    return openapi


def text(document: Json) -> str:
    """Formats a document with one member a line, for readable diffs."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _complete_v2(openapi: Json) -> None:
    """Adds impacts and descriptions of ids, removes FastAPI's unused 422."""
    schemas = openapi["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    for operation in (item[method] for item in openapi["paths"].values() for method in METHODS if method in item):
        if "HTTPValidationError" in str(operation["responses"].get("422")):
            del operation["responses"]["422"]
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in texts.IDS:
                parameter.setdefault("description", texts.IDS[parameter["name"]])
    impact = ImpactShape.model_json_schema(mode="serialization", ref_template=names.REFS + "{model}")
    tidying.add_impacts(openapi, impact)
    tidying.tidy(openapi)
    names.publish(openapi)


def _add_v1(openapi: Json) -> None:
    """Puts v1 first. Raises ValueError where both versions have a schema of one name."""
    paths, schemas = v1.paths(), v1.schemas()
    if twice := schemas.keys() & openapi["components"]["schemas"].keys():
        raise ValueError(f"v1 and v2 have a schema {min(twice)}: give v2's another name in names.NAMES")
    for operation in (operation for item in paths.values() for operation in item.values()):
        operation["security"] = texts.ANY_WAY
    openapi["paths"] = paths | openapi["paths"]
    openapi["components"]["schemas"] |= schemas
