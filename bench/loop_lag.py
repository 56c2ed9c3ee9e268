"""Measures from within how long a server's event loop is held.

A callback runs every millisecond. The processor time of the loop's thread between two calls is how long something kept
the others waiting. It is processor time, so that a busy machine does not count as ours. Only a benchmark's server has
it: `python -m bench.loop_lag PORT` serves chargerights' own application wrapped in it.
"""

from __future__ import annotations

import asyncio
import sys
from time import thread_time

import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chargerights import app as chargerights_app
from chargerights.serving.configuration import Config
from chargerights.serving.proxies import Proxies
from chargerights.settings import Settings

INTERVAL = 0.001


class LoopLag:
    """Middleware that answers `GET /_lag` with the longest hold in seconds.

    It is the longest since the last such request. All other requests go to the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._longest = self._last = 0.0
        self._running = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/_lag":
            await self._app(scope, receive, send)
            return
        if not self._running:
            self._running = True
            self._tick()
        longest, self._longest = self._longest, 0.0
        await PlainTextResponse(f"{longest:.6f}")(scope, receive, send)

    def _tick(self) -> None:
        now = thread_time()
        if self._last:
            self._longest = max(self._longest, now - self._last)
        self._last = now
        asyncio.get_running_loop().call_later(INTERVAL, self._tick)


def serve(app: ASGIApp, port: int) -> None:
    """Serves the application as `chargerights serve` does."""
    uvicorn.Server(Config(LoopLag(app), Settings(), Proxies(), port=port)).run()


if __name__ == "__main__":
    serve(chargerights_app.worker(), int(sys.argv[1]))
