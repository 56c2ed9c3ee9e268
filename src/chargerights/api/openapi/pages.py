"""The documents of the HTTP interface and the page that shows them; all of it works without the internet.

| path            | what                                                                     |
|-----------------|--------------------------------------------------------------------------|
| `/openapi.json` | OpenAPI 3.1, as FastAPI writes it, completed by `complete`                |
| `/swagger.json` | the same as Swagger 2.0, which Power Automate and Logic Apps can import   |
| `/docs`         | Swagger UI over `/openapi.json`; its files come from an installed package |
| `/`             | leads to `/docs`                                                         |
"""

from __future__ import annotations

import copy
import re
from base64 import b64encode
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from ... import __version__
from ..v2 import impact
from . import links
from .descriptions import IDS, OPERATIONS, TAGS
from .descriptions import operation as described_operation
from .swagger2 import METHODS, swagger2
from .wire import Json
from .wire_bodies import schemas

TITLE = "chargerights"
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

ADDRESSES_KEPT = 16
UI_FILES = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}
UI_SETTINGS: Json = {
    "persistAuthorization": False,
    "displayRequestDuration": True,
    "validatorUrl": None,  # else the page asks a public service whether the document is valid
}

PAGE_POLICY = (
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Swagger UI writes styles into its page."""
_INLINE_SCRIPT = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

router = APIRouter(include_in_schema=False)


def install(app: FastAPI) -> None:
    """Gives the app its title, its completed document and the pages above.

    The app is to be made with `docs_url=None` and `redoc_url=None`: FastAPI's own pages need the internet.
    """
    if app.docs_url is not None or app.redoc_url is not None:
        raise ValueError("make the app with docs_url=None and redoc_url=None: its own pages need the internet")
    app.title, app.version, app.description, app.license_info = TITLE, __version__, DESCRIPTION, LICENSE
    written = app.openapi

    def completed() -> Json:
        if app.openapi_schema is None or "securitySchemes" not in app.openapi_schema.get("components", {}):
            app.openapi_schema = complete(written())
        return app.openapi_schema

    app.openapi = completed  # type: ignore[method-assign]
    app.state.swagger = {}
    app.include_router(router)


def complete(openapi: Json) -> Json:
    """The document with what FastAPI cannot know: v1's schemas, the ways to authenticate, the words for tags
    and ids, the links.

    Takes out what FastAPI adds and no route of ours answers: its 422. Where a route declares a parameter that
    the table of operations describes, the table's words win. The argument is left as it was.
    """
    whole = copy.deepcopy(openapi)
    components = whole.setdefault("components", {})
    defined = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        defined.pop(name, None)
    for name, schema in schemas().items():
        if defined.setdefault(name, schema) != schema:
            raise ValueError(f"a schema of another interface is called {name}, as one of v1: rename it")
    impact.document(whole)
    components["securitySchemes"] = SECURITY_SCHEMES
    whole["security"] = ANY_HEADER
    whole["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()] + whole.get("tags", [])
    whole.setdefault("servers", [{"url": "/"}])
    for operation in (item[method] for item in whole["paths"].values() for method in METHODS if method in item):
        _complete_operation(operation)
    links.add(whole)
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


@router.get("/swagger.json")
async def swagger_document(request: Request) -> Response:
    """Rendered once for each address the server is asked by, as far as those are few: anybody may ask."""
    rendered: dict[str, bytes] = request.app.state.swagger
    address = str(request.base_url)
    if address not in rendered:
        if len(rendered) >= ADDRESSES_KEPT:
            rendered.clear()
        rendered[address] = orjson.dumps(swagger2(request.app.openapi(), address))
    return Response(rendered[address], media_type="application/json")


@router.get("/")
async def start() -> RedirectResponse:
    return RedirectResponse("docs")


@router.get("/docs")
async def page() -> HTMLResponse:
    """Its only inline script is allowed by its hash."""
    found = get_swagger_ui_html(
        openapi_url="openapi.json",  # addresses are relative: they hold under any prefix
        title=TITLE,
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon-32x32.png",
        swagger_ui_parameters=UI_SETTINGS,
    )
    hashes = (sha256(each).digest() for each in _INLINE_SCRIPT.findall(bytes(found.body)))
    scripts = " ".join(f"'sha256-{b64encode(each).decode()}'" for each in hashes)
    found.headers.update(
        {
            "Content-Security-Policy": f"default-src 'none'; script-src 'self' {scripts}; {PAGE_POLICY}",
            "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
            "Referrer-Policy": "no-referrer",
        }
    )
    return found


@router.get("/docs/{name}")
async def page_file(name: str) -> FileResponse:
    if name not in UI_FILES:
        raise HTTPException(404)
    folder = Path(str(resources.files("fastapi_swagger.resources")))
    return FileResponse(folder / name, media_type=UI_FILES[name])
