"""The event loop that serves: uvloop's, with time limits for TLS that uvicorn does not set."""

from __future__ import annotations

from asyncio import AbstractServer
from typing import Any

import uvloop

HANDSHAKE_SECONDS, SHUTDOWN_SECONDS = 15.0, 10.0


class Loop(uvloop.Loop):
    async def create_server(self, *arguments: Any, **options: Any) -> AbstractServer:  # type: ignore[override]
        """Listens; a client that does not come to the end of a TLS handshake or shutdown is cut off."""
        if options.get("ssl") is not None:
            options |= {"ssl_handshake_timeout": HANDSHAKE_SECONDS, "ssl_shutdown_timeout": SHUTDOWN_SECONDS}
        return await super().create_server(*arguments, **options)
