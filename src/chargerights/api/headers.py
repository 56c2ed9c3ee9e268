"""Headers that every answer has: what browsers and caches may do with it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE_METHODS = ("GET", "HEAD")
ALWAYS_ASK, NEVER_KEEP = "private, no-cache", "no-store"


class AnswerHeaders:
    """`nosniff` on all; `Cache-Control` on those of the API that do not say themselves.

    Keys are shown in headers that caches do not know. So an answer that has an ETag may be kept by its client, who asks
    whether it still counts; no other one by anyone. An answer to a change may hold a secret, ETag or not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                headers["x-content-type-options"] = "nosniff"
                if scope["path"].startswith(("/v2", "/api/")):
                    may_keep = scope["method"] in SAFE_METHODS and "etag" in headers
                    headers.setdefault("cache-control", ALWAYS_ASK if may_keep else NEVER_KEEP)
            await send(message)

        await self._app(scope, receive, completing)
