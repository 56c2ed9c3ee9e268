"""Headers of every answer, for browsers and caches, and answers to HEAD."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = ("GET", "HEAD")
NO_GUESSING = (b"x-content-type-options", b"nosniff")
CACHE_CONTROL, ETAG = b"cache-control", b"etag"
ALWAYS_ASK, NEVER_KEEP = b"private, no-cache", b"no-store"


class AnswerHeaders:
    """`nosniff` on all.

    `Cache-Control` on those of the API that do not say themselves.

    Keys are shown in headers that caches do not know. So an answer that has an ETag may be kept by its client, who asks
    whether it still counts; no other one by anyone. An answer to a change may hold a secret, ETag or not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        is_api = scope["path"].startswith(("/v2", "/api/"))

        async def completing(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                more = [NO_GUESSING]
                if is_api:
                    names = {name for name, _ in given}
                    if CACHE_CONTROL not in names:
                        may_keep = ETAG in names and scope["method"] in SAFE_METHODS
                        more.append((CACHE_CONTROL, ALWAYS_ASK if may_keep else NEVER_KEEP))
                message["headers"] = [*given, *more]
            await send(message)

        await self._app(scope, receive, completing)


class HeadAsGet:
    """Answers HEAD wherever GET works, with its status and headers and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
            elif not message.get("more_body", False):
                await send({"type": "http.response.body"})

        as_get = {**scope, "method": "GET"}
        try:
            await self._app(as_get, receive, without_body)
        finally:
            scope["route"] = as_get.get("route")  # the access log counts requests by it


def client_has(request: Request, etag: str) -> bool:
    """Returns whether the client has the answer of that ETag.

    Compares weakly (RFC 9110 section 13.1.2).
    """
    names = {name.strip().removeprefix("W/") for name in request.headers.get("if-none-match", "").split(",")}
    return "*" in names or etag.removeprefix("W/") in names
