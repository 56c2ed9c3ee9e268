"""WebSockets by uvicorn and websockets, with limits for pings and fragments.

Messages need no limit: a complete message stops the reading until the application has taken it.
"""

from __future__ import annotations

from asyncio.transports import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from .configuration import Config
from .limits import Gated, note_cut

FRAGMENTS_PER_MESSAGE = 4_096
"""Empty fragments never reach the limit of a message's bytes."""


class LimitedWebSocket(Gated, WebSocketsSansIOProtocol):
    """One connection, from its handshake on."""

    def __init__(self, config: Config, *given: Any, **named: Any) -> None:
        super().__init__(config, *given, **named)
        self._second, self._pings = 0, 0

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self._gate.enter(self, self._host)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gate.leave(self)
        super().connection_lost(exc)

    def start_keepalive(self) -> None:
        self._gate.admit(self)
        super().start_keepalive()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:  # headers it does not take
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def handle_ping(self) -> None:
        if self._may_go_on():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        if self._may_go_on():
            super().handle_pong(event)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < FRAGMENTS_PER_MESSAGE:
            super().handle_cont(event)
        elif not self.close_sent:
            self._cut("a message has too many fragments")

    def _may_go_on(self) -> bool:
        """Counts a ping or pong."""
        second = int(self.loop.time())
        if second != self._second:
            self._second, self._pings = second, 0
        self._pings += 1
        most = self._gate.limits.max_pings_per_second
        if most and self._pings > most and not self.close_sent:
            self._cut("too many pings")
        return not self.close_sent

    def _cut(self, cause: str) -> None:
        note_cut(self._host, cause)
        self.conn.fail(CloseCode.POLICY_VIOLATION, cause)
        self.handle_parser_exception()
