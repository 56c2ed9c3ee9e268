"""uvloop's event loop, with time limits for TLS that uvicorn does not set."""

from __future__ import annotations

from asyncio import AbstractServer
from typing import Any

import uvloop

HANDSHAKE_SECONDS, SHUTDOWN_SECONDS = 15.0, 10.0


class Loop(uvloop.Loop):
    async def create_server(self, *arguments: Any, **options: Any) -> AbstractServer:  # type: ignore[override]
        """Listens. Cuts off clients that do not finish a TLS handshake or shutdown."""
        if options.get("ssl") is not None:
            options |= {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": SHUTDOWN_SECONDS}
        return await super().create_server(*arguments, **options)
