"""uvicorn's configuration, with the limits of a process."""

from __future__ import annotations

from typing import Any

import uvicorn

from ..settings import Settings
from .limits import Gate
from .proxies import Proxies

_OPTIONS: dict[str, Any] = {
    "loop": f"{__package__}.loop:Loop",
    "ws_ping_interval": 30.0,  # keeps links behind mobile networks' address translation open
    "ws_ping_timeout": 30.0,
    "ws_per_message_deflate": False,  # costs 40 KB a link
    "proxy_headers": False,  # `proxies.Believing` reads them
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "timeout_graceful_shutdown": 10,
}
"""Options with which uvicorn serves every application here."""


class Config(uvicorn.Config):
    """The configuration of a server.

    Each worker process has a copy with its own gate.
    """

    def __init__(self, app: Any, limits: Settings, proxies: Proxies, **options: Any) -> None:
        self.gate = Gate(limits, proxies)
        super().__init__(
            app,
            **_OPTIONS | options,
            http=f"{__package__}.http:LimitedHttp",
            ws=f"{__package__}.websockets:LimitedWebSocket",
            timeout_keep_alive=int(limits.keep_alive_seconds) + 1,  # the gate is first
        )
