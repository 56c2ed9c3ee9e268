"""Serves the API documents and the page that shows them, also offline.

| path            | answer                                                                   |
|-----------------|--------------------------------------------------------------------------|
| `/openapi.json` | OpenAPI 3.1: the file of this folder that `make docs` writes             |
| `/swagger.json` | the same as Swagger 2.0, which Power Automate and Logic Apps can import  |
| `/docs`         | Swagger UI over `/openapi.json`; its files come from an installed package |
| `/`             | a redirect to `/docs`                                                    |

The files hold everything but the address of the server. Each answer adds it before the first member.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import blake2b, sha256
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse

from ..common.headers import client_has

Json = dict[str, Any]

TITLE = "chargerights"
OPENAPI, SWAGGER = "openapi.json", "swagger.json"
FOLDER = Path(__file__).parent

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
    """Adds the pages above, and has `app.openapi()` return the committed document.

    The app must be made with `openapi_url=None`: FastAPI would build the document for the first client that asks.
    """
    if app.openapi_url is not None:
        raise ValueError("make the app with openapi_url=None: its documents are files")
    app.openapi = _committed  # type: ignore[method-assign]
    app.include_router(router)


def _committed() -> Json:
    return {"servers": [{"url": "/"}], **json.loads(_text(OPENAPI))}


@cache
def _text(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@router.get("/openapi.json")
async def openapi_document(request: Request) -> Response:
    root = request.scope.get("root_path", "").rstrip("/")
    return _document(request, OPENAPI, {"servers": [{"url": root or "/"}]})


@router.get("/swagger.json")
async def swagger_document(request: Request) -> Response:
    base = urlsplit(str(request.base_url))
    where = {"host": base.netloc, "basePath": base.path.rstrip("/") or "/", "schemes": [base.scheme]}
    return _document(request, SWAGGER, where)


def _document(request: Request, name: str, where: Json) -> Response:
    """Answers the file, completed with the members for the API's address."""
    members = json.dumps(where, indent=1).removeprefix("{").removesuffix("\n}").encode()
    text = _text(name).replace(b"{", b"{" + members + b",", 1)
    # Weak: compression changes the bytes, not the meaning.
    etag = f'W/"{blake2b(text, digest_size=12).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if client_has(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(text, media_type="application/json", headers=headers)


@router.get("/")
async def start() -> RedirectResponse:
    return RedirectResponse("docs")


@router.get("/docs")
async def page() -> HTMLResponse:
    """Shows Swagger UI. Its only inline script is allowed by its hash."""
    response = get_swagger_ui_html(
        openapi_url="openapi.json",  # addresses are relative: they hold under any prefix
        title=TITLE,
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon-32x32.png",
        swagger_ui_parameters=UI_SETTINGS,
    )
    hashes = (sha256(script).digest() for script in _INLINE_SCRIPT.findall(bytes(response.body)))
    scripts = " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in hashes)
    response.headers.update(
        {
            "Content-Security-Policy": f"default-src 'none'; script-src 'self' {scripts}; {PAGE_POLICY}",
            "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
            "Referrer-Policy": "no-referrer",
        }
    )
    return response


@router.get("/docs/{name}")
async def page_file(name: str) -> FileResponse:
    if name not in UI_FILES:
        raise HTTPException(404)
    folder = Path(str(resources.files("fastapi_swagger.resources")))
    return FileResponse(folder / name, media_type=UI_FILES[name])
