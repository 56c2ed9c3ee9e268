"""Limits of what one client may use: how much, how long, on how many connections.

A `Gate` knows the open connections of its process. Once a second it checks those that speak HTTP, so that requests
need no timers. Authenticated chargers do not count towards the limit of their address: hundreds of them share one
behind the router of a garage or of a mobile network.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network
from typing import Any, Protocol

import structlog

from .. import metrics
from ..settings import Settings
from .proxies import Proxies, address_of

LOOK_SECONDS = 1.0
SUBSCRIBER = 64
"""Number of leading bits that the IPv6 addresses of one subscriber share."""

log = structlog.get_logger()


class Watched(Protocol):
    """A connection that is checked regularly."""

    def look(self, now: float) -> None:
        """Ends the connection if its client is too slow."""


class HasGate(Protocol):
    """The configuration of a process, as far as its connections need it."""

    gate: Gate


class Gated:
    """Mixin for connections of both protocols: the gate and the client."""

    def __init__(self, config: HasGate, *given: Any, **named: Any) -> None:
        super().__init__(config, *given, **named)  # type: ignore[call-arg]  # of uvicorn's protocol
        self._gate = config.gate
        self.client: tuple[str, int] | None

    @property
    def _host(self) -> str | None:
        return self.client[0] if self.client else None


class Gate:
    """The open connections of one process."""

    def __init__(self, limits: Settings, proxies: Proxies) -> None:
        self.limits = limits
        self._proxies = proxies
        self._open: dict[object, str | None] = {}
        self._by_address: Counter[str] = Counter()
        self._watched: set[Watched] = set()
        self._look: asyncio.TimerHandle | None = None

    def enter(self, connection: object, host: str | None) -> HTTPStatus | None:
        """Counts the connection. Returns None, or the status with which to reject it."""
        key = None if host in self._proxies else _subscriber(host)
        in_all, of_address = self.limits.max_connections, self.limits.max_connections_per_address
        refused = None
        if in_all and len(self._open) >= in_all:
            refused = HTTPStatus.SERVICE_UNAVAILABLE
        elif of_address and key and self._by_address[key] >= of_address:
            refused = HTTPStatus.TOO_MANY_REQUESTS
        self._open[connection] = key
        if key is not None:
            self._by_address[key] += 1
        return refused

    def admit(self, connection: object) -> None:
        """Stops counting the connection for its address, once its client is authenticated."""
        self._uncount(self._open.get(connection))
        if connection in self._open:
            self._open[connection] = None

    def leave(self, connection: object) -> None:
        self._uncount(self._open.pop(connection, None))

    def watch(self, connection: Watched) -> None:
        """Checks the connection once a second from now on, until `unwatch`."""
        self._watched.add(connection)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look_at_all)

    def unwatch(self, connection: Watched) -> None:
        self._watched.discard(connection)

    def _uncount(self, key: str | None) -> None:
        if key is not None:
            self._by_address[key] -= 1
            if not self._by_address[key]:
                del self._by_address[key]

    def _look_at_all(self) -> None:
        loop, watched = asyncio.get_running_loop(), [*self._watched]
        self._look = loop.call_later(LOOK_SECONDS, self._look_at_all) if watched else None
        now = loop.time()
        for connection in watched:
            connection.look(now)


def note_cut(host: str | None, cause: str) -> None:
    """Logs and counts a connection that was rejected or cut."""
    metrics.cut(cause)
    log.info("connection cut", client=host, cause=cause)


def _subscriber(host: str | None) -> str | None:
    address = address_of(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, SUBSCRIBER), strict=False))
    return str(address) if address else host
