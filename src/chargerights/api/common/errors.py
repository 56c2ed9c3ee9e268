"""Responses to errors: `text/plain` in v1, RFC 9457 problems in v2.

One table maps classes to statuses; a subclass without a row of its own has its parent's. v1 knows only
400, 401, 404, 429 and 503: a conflict is a 400 there, and a missing permission a 401.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ...operations.errors import Forbidden, InMember, PreconditionFailed
from ...operations.send_command import ChargerError, ChargerSilent
from ...rights.errors import Conflict, DomainError, InvalidInput, NotFound
from ...storage.database import DatabaseFault
from ...storage.events import EventsGone
from .rate_limit import TooManyRequests

V1_PREFIX = "/api/"
log = structlog.get_logger()


class NotAuthorised(DomainError):
    """A missing, unknown, revoked or expired key, or another customer's."""


class SitesNotFound(NotFound):
    """A 404 of v1: ids that are not the customer's sites, or sites without drivers."""

    what = "site"


STATUSES: dict[type[Exception], int] = {
    InvalidInput: 400,
    NotAuthorised: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    EventsGone: 410,
    PreconditionFailed: 412,
    InMember: 400,
    TooManyRequests: 429,
    DatabaseFault: 503,
    ChargerError: 502,
    ChargerSilent: 504,
}

V1_TEXTS = {
    400: "Errors in the route parameters",
    401: "Customer not found or not authorised",
    404: "Site(s) not found for the customer or the site(s) have no drivers to return",
    503: "The database cannot be reached; try again shortly",
}

CLIENT_LEFT = 499
"""In the log, as nginx writes it; never on the wire."""
UNREADABLE_BODY = "it is not JSON in UTF-8, or it is compressed or nested too deeply"
FRAMEWORK_DETAILS = {
    400: f"body: {UNREADABLE_BODY}",
    404: "nothing is at this path; see /docs",
    405: "this path takes another method",
}


def status_of(error: Exception) -> int:
    """The HTTP status of a domain or storage error."""
    if isinstance(error, InMember) and not isinstance(error.error, NotFound):
        return status_of(error.error)
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def answer(
    request: Request,
    status: int,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    extension: dict[str, Any] | None = None,
) -> Response:
    """The error on the wire of the path that was asked.

    `errors`: what is wrong, by member or parameter; `extension`: more members for programs.
    """
    if request.url.path.startswith(V1_PREFIX):
        status = {403: 401, 409: 400}.get(status, status)
        return _plain(V1_TEXTS.get(status, HTTPStatus(status).phrase), status, detail)
    title = HTTPStatus(status).phrase
    problem: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    problem["instance"] = request.url.path
    if errors:
        problem["errors"] = errors
    problem |= extension or {}
    return JSONResponse(problem, status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Makes the app answer every error in words."""

    async def domain(request: Request, error: Exception) -> Response:
        status = status_of(error)
        if isinstance(error, SitesNotFound):
            return answer(request, status, ", ".join(map(str, error.ids)))
        if isinstance(error, DatabaseFault):
            log.warning("database fault", path=request.url.path, fault=str(error), cause=repr(error.__cause__))
            return answer(request, status, "")
        response = answer(
            request, status, str(error), getattr(error, "errors", None), getattr(error, "extension", None)
        )
        response.headers.update(getattr(error, "headers", {}))
        return response

    async def framework(request: Request, error: Exception) -> Response:
        """Answers the framework's refusals: an unknown path or method, a bad body."""
        refused = cast("HTTPException", error)
        status, phrase = refused.status_code, HTTPStatus(refused.status_code).phrase
        detail = FRAMEWORK_DETAILS.get(status, "" if refused.detail == phrase else refused.detail)
        in_v1 = request.url.path.startswith(V1_PREFIX)  # whose text for 404 speaks of sites
        errors = {"body": [UNREADABLE_BODY]} if status == 400 else None
        response = _plain(phrase, status, detail) if in_v1 else answer(request, status, detail, errors)
        response.headers.update(refused.headers or {})
        if response.headers.get("allow") == "GET":
            response.headers["allow"] = "GET, HEAD"  # see HeadAsGet
        return response

    async def left(request: Request, error: Exception) -> Response:
        """Ends a request whose client has gone: no fault, and no one reads the answer."""
        return Response(status_code=CLIENT_LEFT)

    async def unexpected(request: Request, error: Exception) -> Response:
        log.error("unexpected", path=request.url.path, exc_info=error)
        return answer(request, 500, "an error of the server, which is logged")

    app.add_exception_handler(DomainError, domain)
    app.add_exception_handler(DatabaseFault, domain)
    app.add_exception_handler(HTTPException, framework)
    app.add_exception_handler(ClientDisconnect, left)
    app.add_exception_handler(Exception, unexpected)


def _plain(text: str, status: int, detail: str) -> Response:
    return PlainTextResponse(f"{text}: {detail}" if detail else text, status)
